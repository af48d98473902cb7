#include "ratings_file.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <optional>
#include <set>
#include <thread>

#include <boost/filesystem.hpp>
#include <unistd.h>

#include "isoscan/core/append_file.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;

namespace {

/// The file for this thread alone, waiting for others who append a line.
void open_alone(std::optional<core::AppendFile>& opened, const fs::path& file) {
  using namespace std::chrono_literals;
  constexpr int kTries = 1000;
  for (int n = 1;; ++n) {
    try {
      opened.emplace(file);
      return;
    } catch (const core::Error& error) {
      if (error.kind() != core::ErrorKind::Config || n == kTries) throw;
    }
    std::this_thread::sleep_for(10ms);
  }
}

/// As open to others as its folder: several people may judge under names of their own.
void share_as_folder(const fs::path& file) {
  constexpr unsigned kReadAndWrite = 0666;
  boost::system::error_code ignored;
  const fs::path folder = fs::absolute(file).parent_path();
  fs::permissions(file, fs::perms(fs::status(folder, ignored).permissions() & fs::perms(kReadAndWrite)),
                  ignored);
}

/// The table, held alone, ready for a line at its end: one that a power cut tore is moved aside, one that
/// only lacks its end gets it with the next.
class HeldTable {
 public:
  explicit HeldTable(const fs::path& file) {
    open_alone(opened_, file);
    std::string table(static_cast<std::size_t>(opened_->size()), '\0');
    table.resize(opened_->read(0, table.data(), table.size()));
    const std::size_t whole = table.rfind('\n') + 1;  // 0 where there is none
    ratings_ = report::read_ratings(table, file.string());
    if (table.empty()) share_as_folder(file);
    if (whole < table.size()) {
      const auto ended = report::read_ratings(std::string_view(table).substr(0, whole), file.string());
      if (ratings_.size() > ended.size()) {
        begin_ = "\n";
      } else {
        torn_ = table.substr(whole);
        core::AppendFile aside(file.string() + ".torn");
        aside.append(torn_ + "\n");
        aside.flush();
        opened_->cut(whole);
      }
    }
    if (whole == 0 && begin_.empty()) begin_ = report::kRatingsHeader;
  }

  [[nodiscard]] const std::vector<report::Rating>& ratings() const { return ratings_; }
  [[nodiscard]] const std::string& torn() const { return torn_; }

  void append(const std::string& lines) {
    opened_->append(begin_ + lines);
    opened_->flush();
    begin_.clear();
  }

 private:
  std::optional<core::AppendFile> opened_;
  std::vector<report::Rating> ratings_;
  std::string begin_;
  std::string torn_;
};

}  // namespace

std::vector<report::Rating> read_ratings_file(const fs::path& file) {
  if (!fs::exists(file)) return {};
  return report::read_ratings(core::read_file(file), file.string());
}

std::string upgrade_ratings_file(const fs::path& file) {
  const auto earlier = [&] { return fs::exists(file) && report::has_earlier_form(core::read_file(file)); };
  if (!earlier()) return {};
  const HeldTable held(file);
  if (!earlier()) return held.torn();  // another server was first
  std::string table(report::kRatingsHeader);
  for (const report::Rating& rating : held.ratings()) table += report::ratings_line(rating);
  core::write_file(file, table);
  share_as_folder(file);
  return held.torn();
}

std::string append_rating(const fs::path& file, report::Rating rating) {
  HeldTable held(file);
  for (const report::Rating& before : held.ratings()) {
    if (before.scan == rating.scan && report::person_of(before.rater) == report::person_of(rating.rater))
      rating.time = std::max(rating.time, before.time);
  }
  held.append(report::ratings_line(rating));
  return held.torn();
}

Imported import_ratings(const fs::path& file, const std::vector<report::Rating>& ratings) {
  HeldTable held(file);
  // Whoever changes a mind twice within a second has said the same line twice, and the last word counts.
  std::multiset<std::string> there;
  for (const report::Rating& rating : held.ratings()) there.insert(report::ratings_line(rating));
  std::string lines;
  Imported imported{0, held.torn()};
  for (const report::Rating& rating : ratings) {
    const std::string line = report::ratings_line(rating);
    if (const auto same = there.find(line); same != there.end()) {
      there.erase(same);
      continue;
    }
    lines += line;
    ++imported.added;
  }
  if (imported.added > 0) held.append(lines);
  return imported;
}

std::string torn_line_words(const fs::path& file) {
  return "a torn line of " + file.string() + " was moved to " + file.filename().string() + ".torn\n";
}

void require_writable(const fs::path& file) {
  const auto refuse = [](const fs::path& asked, const std::string& what) {
    throw core::Error(core::ErrorKind::Io, asked.string() + ": " + what);
  };
  if (fs::is_symlink(file) || (fs::exists(file) && !fs::is_regular_file(file)))
    refuse(file, "is a link or no file, so no judgement could be kept; move it away");
  const fs::path asked = fs::exists(file) ? file : fs::absolute(file).parent_path();
  if (::access(asked.c_str(), W_OK) != 0)
    refuse(asked, "cannot be written, so no judgement could be kept; ask for the right to, or copy OUT");
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  (void)std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

}  // namespace isoscan::app
