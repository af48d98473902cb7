#include "isoscan/engine/key.hpp"

#include <set>

#include "isoscan/core/digest.hpp"

namespace isoscan::pipeline {

using config::Json;

Json to_json(const KeyParts& parts) {
  Json json;
  json["stage"] = parts.stage;
  json["version"] = parts.version;
  json["libraries"] = parts.libraries;
  json["options"] = parts.options;
  json["seed"] = parts.seed ? Json(*parts.seed) : Json();
  json["inputs"] = Json(Json::Object(parts.inputs.begin(), parts.inputs.end()));
  return json;
}

KeyParts key_parts(const Json& json) {
  KeyParts parts;
  parts.stage = json.at("stage").as_string();
  parts.version = static_cast<int>(json.at("version").as_integer());
  parts.libraries = json.at("libraries").as_string();
  parts.options = json.at("options");
  if (!json.at("seed").is_null()) parts.seed = static_cast<std::uint64_t>(json.at("seed").as_integer());
  for (const auto& [port, digest] : json.at("inputs").members()) parts.inputs[port] = digest;
  return parts;
}

std::string key_of(const KeyParts& parts) {
  return core::sha256(to_json(parts).dump());
}

namespace {

/// "a, b, c and 4 more"
std::string listed(const std::vector<std::string>& words) {
  constexpr std::size_t kShown = 3;
  std::string text;
  for (std::size_t n = 0; n < words.size() && n < kShown; ++n) text += (n == 0 ? "" : ", ") + words[n];
  if (words.size() > kShown) text += " and " + std::to_string(words.size() - kShown) + " more";
  return text;
}

void compare_options(const Json& before, const Json& now, const std::string& path,
                     std::vector<std::string>& changes) {
  if (before == now) return;
  if (!before.is_object() || !now.is_object()) {
    changes.push_back(path + " " + before.dump() + " -> " + now.dump());
    return;
  }
  std::set<std::string> keys;
  for (const auto& [key, ignored] : before.members()) keys.insert(key);
  for (const auto& [key, ignored] : now.members()) keys.insert(key);
  for (const std::string& key : keys) {
    const std::string place = path.empty() ? key : path + "." + key;
    const Json* old_value = before.find(key);
    const Json* new_value = now.find(key);
    if (old_value == nullptr) {
      changes.push_back(place + " is new (" + new_value->dump() + ")");
    } else if (new_value == nullptr) {
      changes.push_back(place + " is gone (was " + old_value->dump() + ")");
    } else {
      compare_options(*old_value, *new_value, place, changes);
    }
  }
}

std::map<std::string, std::string> by_unit(const Json& list) {
  std::map<std::string, std::string> digests;
  for (const Json& item : list.items()) digests[item.at("unit").as_string()] = item.at("sha256").dump();
  return digests;
}

/// "1 unit more (sub-07), 2 units less (sub-01, sub-02), 1 unit with other bytes (sub-03)"
std::string compare_lists(const Json& before, const Json& now) {
  const auto old_units = by_unit(before);
  const auto new_units = by_unit(now);
  std::vector<std::string> more;
  std::vector<std::string> less;
  std::vector<std::string> other;
  for (const auto& [unit, digest] : new_units) {
    const auto found = old_units.find(unit);
    if (found == old_units.end()) {
      more.push_back(unit);
    } else if (found->second != digest) {
      other.push_back(unit);
    }
  }
  for (const auto& [unit, digest] : old_units) {
    if (new_units.count(unit) == 0) less.push_back(unit);
  }
  std::string text;
  const auto add = [&](const std::vector<std::string>& units, const std::string& what) {
    if (units.empty()) return;
    text += (text.empty() ? "" : ", ") + std::to_string(units.size()) +
            (units.size() == 1 ? " unit " : " units ") + what + " (" + listed(units) + ")";
  };
  add(more, "more");
  add(less, "less");
  add(other, "with other bytes");
  return text.empty() ? "the order of units changed" : text;
}

void compare_inputs(const KeyParts& before, const KeyParts& now, std::vector<std::string>& words) {
  std::vector<std::string> changed;
  for (const auto& [port, digest] : now.inputs) {
    const auto found = before.inputs.find(port);
    if (found == before.inputs.end()) {
      words.push_back("input " + port + " is new");
    } else if (found->second == digest) {
      continue;
    } else if (digest.is_array() && found->second.is_array()) {
      words.push_back("input " + port + ": " + compare_lists(found->second, digest));
    } else if (found->second.is_null()) {
      words.push_back("input " + port + " was missing and is there now");
    } else if (digest.is_null()) {
      words.push_back("input " + port + " was there and is missing now");
    } else {
      changed.push_back(port);
    }
  }
  for (const auto& [port, digest] : before.inputs) {
    if (now.inputs.count(port) == 0) words.push_back("input " + port + " is gone");
  }
  if (!changed.empty()) words.push_back("input bytes changed: " + listed(changed));
}

}  // namespace

std::vector<std::string> differences(const KeyParts& before, const KeyParts& now) {
  std::vector<std::string> words;
  if (before.version != now.version) {
    words.push_back("stage version " + std::to_string(before.version) + " -> " + std::to_string(now.version));
  }
  if (before.libraries != now.libraries) {
    words.push_back("libraries changed: '" + before.libraries + "' -> '" + now.libraries + "'");
  }
  std::vector<std::string> options;
  compare_options(before.options, now.options, "", options);
  if (!options.empty()) words.push_back("options changed: " + listed(options));
  if (before.seed != now.seed) {
    const auto text = [](const std::optional<std::uint64_t>& seed) {
      return seed ? std::to_string(*seed) : std::string("none");
    };
    words.push_back("seed changed: " + text(before.seed) + " -> " + text(now.seed));
  }
  compare_inputs(before, now, words);
  return words;
}

}  // namespace isoscan::pipeline
