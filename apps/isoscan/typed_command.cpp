#include "typed_command.hpp"

#include <algorithm>
#include <cctype>
#include <set>

namespace isoscan::app {

namespace {

/// --shuffle-with: SHUFFLE_WITH; a file keeps what kind of file it is.
std::string word_for(const std::string& flag, const std::string& value) {
  std::string word = flag == "--json" || flag == "--tsv" ? "TABLE" : flag.substr(flag.find_first_not_of('-'));
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return c == '-' ? '_' : static_cast<char>(std::toupper(c)); });
  for (const char* kind : {".json", ".tsv", ".html"}) {
    if (value.ends_with(kind)) return word + kind;
  }
  return word;
}

bool is_plain(const std::string& value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '+';
  });
}

/// A value as it may be seen, or a word in its place.
std::string shown(const std::string& flag, const std::string& value) {
  static const std::set<std::string> kSeen{"--method",        "--spacing", "--steps",       "--seed",
                                           "--cores",         "--scanner", "--people-site", "--people-test",
                                           "--people-judged", "--repeats"};
  const bool seen = kSeen.count(flag) > 0 && is_plain(value) && !value.ends_with(".json");
  return seen ? value : word_for(flag, value);
}

}  // namespace

std::string typed_command(const CLI::App& command, std::uint64_t seed) {
  std::string text = "isoscan evaluate " + command.get_name();
  for (const CLI::Option* option : command.get_options()) {
    const std::string flag = option->get_name();
    if (option->count() == 0) continue;
    text += " " + flag;
    if (option->get_items_expected_max() == 0) continue;  // a flag without a value
    for (const std::string& value : option->results()) text += " " + shown(flag, value);
  }
  if (command.count("--seed") == 0) text += " --seed " + std::to_string(seed);
  return text;
}

}  // namespace isoscan::app
