/// @file Reading our own HTML in tests: tags and attributes, by hand.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace isoscan::test {

struct Tag {
  std::string name;  ///< "img", "/div"
  std::map<std::string, std::string> attributes;
};

/// All tags of a page in order; what stands inside <style> and <script> is skipped.
inline std::vector<Tag> tags(std::string_view html) {
  std::vector<Tag> found;
  std::size_t at = 0;
  while ((at = html.find('<', at)) != std::string_view::npos) {
    std::size_t here = at + 1;
    Tag tag;
    while (here < html.size() && html[here] != '>' && html[here] != ' ') tag.name += html[here++];
    while (here < html.size() && html[here] != '>') {
      if (html[here] == ' ') {
        ++here;
        continue;
      }
      std::string name;
      while (here < html.size() && html[here] != '=' && html[here] != '>' && html[here] != ' ')
        name += html[here++];
      std::string value;
      if (html[here] == '=') {
        const std::size_t end = html.find('"', here + 2);
        value = html.substr(here + 2, end - here - 2);
        here = end + 1;
      }
      tag.attributes[name] = value;
    }
    at = here;
    if (tag.name == "style" || tag.name == "script") at = html.find("</" + tag.name, at);
    found.push_back(std::move(tag));
  }
  return found;
}

inline std::size_t occurrences(std::string_view text, std::string_view word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

/// What lies between two marks, without them; empty when they are not there.
inline std::string between(std::string_view text, std::string_view from, std::string_view to) {
  const std::size_t start = text.find(from);
  if (start == std::string_view::npos) return {};
  const std::size_t end = text.find(to, start + from.size());
  return std::string(text.substr(start + from.size(), end - start - from.size()));
}

}  // namespace isoscan::test
