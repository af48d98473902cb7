// JSON text to config::Json. nlohmann's tokens, our tree: its own tree keeps the last of two equal keys
// without a word.
#include <algorithm>
#include <optional>

#include "isoscan/config/json.hpp"
#include "isoscan/core/printable.hpp"

#include "nlohmann.hpp"

namespace isoscan::config {

namespace {

constexpr std::size_t kMaxDepth = 100;  // a file of a million '[' must not end in a stack overflow

class TreeBuilder {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;

  bool null() { return put(Json()); }
  bool boolean(bool value) { return put(Json(value)); }
  bool number_integer(number_integer_t value) { return put(Json(value)); }
  bool number_unsigned(number_unsigned_t value) {
    if (!std::in_range<std::int64_t>(value))
      return fail("the integer " + std::to_string(value) + " is too large");
    return put(Json(value));
  }
  // nlohmann calls this for integers beyond 64 bits too; they would lose digits in silence.
  bool number_float(number_float_t value, const std::string& text) {
    if (text.find_first_of(".eE") == std::string::npos) return fail("the integer " + text + " is too large");
    return put(Json(value));
  }
  bool string(std::string& value) { return put(Json(std::move(value))); }
  bool binary(nlohmann::json::binary_t&) { return fail("binary values are not JSON"); }
  bool start_object(std::size_t) { return open(Json(Json::Object{})); }
  bool start_array(std::size_t) { return open(Json(Json::Array{})); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    if (open_.back()->contains(name)) return fail("the key '" + name + "' stands twice in one object");
    key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error ..." without its prefix
    const std::string text = error.what();
    const auto at = text.find(" at ");
    const auto colon = text.find(": ", at == std::string::npos ? 0 : at);
    position_ = position;
    return fail(colon == std::string::npos ? text : text.substr(colon + 2));
  }

  Json root;
  std::optional<std::string> problem;
  [[nodiscard]] std::optional<std::size_t> position() const { return position_; }

 private:
  bool fail(std::string message) {
    problem = std::move(message);
    return false;
  }

  Json* place(Json value) {
    if (open_.empty()) {
      root = std::move(value);
      return &root;
    }
    if (open_.back()->is_array()) {
      open_.back()->push_back(std::move(value));
      return &open_.back()->items().back();
    }
    return &((*open_.back())[key_] = std::move(value));
  }

  bool put(Json value) {
    place(std::move(value));
    return true;
  }
  // The pointers stay good: a container grows only while it is the innermost open one.
  bool open(Json container) {
    if (open_.size() >= kMaxDepth) return fail("nested more than " + std::to_string(kMaxDepth) + " deep");
    open_.push_back(place(std::move(container)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  std::vector<Json*> open_;
  std::string key_;
  std::optional<std::size_t> position_;
};

std::string line_and_column(std::string_view text, std::size_t position) {
  const auto before = text.substr(0, std::min(position == 0 ? 0 : position - 1, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto start = before.rfind('\n');
  const auto column = before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

}  // namespace

Json Json::parse(std::string_view text, const std::string& name, core::ErrorKind kind) {
  TreeBuilder builder;
  const bool good = nlohmann::json::sax_parse(text, &builder);
  if (good) return std::move(builder.root);
  std::string where;
  if (builder.position()) where = line_and_column(text, *builder.position()) + ": ";
  throw core::Error(
      kind, core::printable(name + ": not usable JSON: " + where + builder.problem.value_or("unreadable")));
}

}  // namespace isoscan::config
