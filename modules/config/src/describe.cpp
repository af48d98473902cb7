#include "describe.hpp"

#include <algorithm>
#include <regex>

namespace isoscan::config {

namespace {

std::string escaped(const std::string& key) {
  std::string text;
  for (const char c : key) {
    if (c == '~')
      text += "~0";
    else if (c == '/')
      text += "~1";
    else
      text += c;
  }
  return text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// Long values are cut: the message is one line.
std::string shown(const Json& value) {
  std::string text = value.dump();
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

bool has_type(const Json& value, const std::string& type) {
  if (type == "null") return value.is_null();
  if (type == "boolean") return value.is_bool();
  if (type == "integer") return value.is_integer();
  if (type == "number") return value.is_number();
  if (type == "string") return value.is_string();
  if (type == "array") return value.is_array();
  return type == "object" && value.is_object();
}

std::vector<std::string> types_of(const Json& schema) {
  const Json* type = schema.find("type");
  if (type == nullptr) return {};
  if (type->is_string()) return {type->as_string()};
  std::vector<std::string> types;
  for (const Json& item : type->items()) types.push_back(item.as_string());
  return types;
}

/// "0 to 1", "at least 1", "above 0".
std::string range_of(const Json& schema) {
  const Json* least = schema.find("minimum");
  const Json* most = schema.find("maximum");
  const Json* above = schema.find("exclusiveMinimum");
  const Json* below = schema.find("exclusiveMaximum");
  if (least && most) return least->dump() + " to " + most->dump();
  std::vector<std::string> parts;
  if (least) parts.push_back("at least " + least->dump());
  if (above) parts.push_back("above " + above->dump());
  if (most) parts.push_back("at most " + most->dump());
  if (below) parts.push_back("below " + below->dump());
  return joined(parts);
}

bool out_of_range(const Json& schema, double value) {
  const auto limit = [&](std::string_view key, auto breaks) {
    const Json* bound = schema.find(key);
    return bound != nullptr && breaks(value, bound->as_number());
  };
  return limit("minimum", std::less<double>()) || limit("maximum", std::greater<double>()) ||
         limit("exclusiveMinimum", std::less_equal<double>()) ||
         limit("exclusiveMaximum", std::greater_equal<double>());
}

void describe_object(const Json& root, const Json& schema, const Json& value, const std::string& pointer,
                     std::vector<Problem>& found) {
  std::vector<std::string> known;
  const Json* properties = schema.find("properties");
  if (properties != nullptr) {
    for (const auto& [key, ignored] : properties->members()) known.push_back(key);
  }
  const Json* additional = schema.find("additionalProperties");
  for (const auto& [key, member] : value.members()) {
    const std::string place = pointer + "/" + escaped(key);
    const Json* property = properties == nullptr ? nullptr : properties->find(key);
    if (property != nullptr) {
      describe(root, *property, member, place, found);
    } else if (additional != nullptr && additional->is_object()) {
      describe(root, *additional, member, place, found);
    } else if (additional != nullptr && additional->is_bool() && !additional->as_bool()) {
      const std::string meant = nearest(key, known);
      found.push_back({place, "unknown key" + (meant.empty() ? "; known are " + joined(known)
                                                             : "; did you mean '" + meant + "'?")});
    }
  }
  if (const Json* names = schema.find("propertyNames"); names != nullptr) {
    for (const auto& [key, ignored] : value.members()) {
      describe(root, *names, Json(key), pointer + "/" + escaped(key), found);
    }
  }
  if (const Json* required = schema.find("required"); required != nullptr) {
    for (const Json& key : required->items()) {
      if (!value.contains(key.as_string()))
        found.push_back({pointer, "'" + key.as_string() + "' is missing"});
    }
  }
}

void describe_array(const Json& root, const Json& schema, const Json& value, const std::string& pointer,
                    std::vector<Problem>& found) {
  const auto count = static_cast<std::int64_t>(value.items().size());
  const Json* least = schema.find("minItems");
  const Json* most = schema.find("maxItems");
  if ((least && count < least->as_integer()) || (most && count > most->as_integer())) {
    std::string allowed;
    if (least) allowed += "at least " + least->dump();
    if (most) allowed += (allowed.empty() ? "" : " and ") + ("at most " + most->dump());
    found.push_back({pointer, "has " + std::to_string(count) + " items; allowed: " + allowed});
  }
  const Json* item_schema = schema.find("items");
  if (item_schema == nullptr || !item_schema->is_object()) return;
  std::size_t index = 0;
  for (const Json& item : value.items()) {
    describe(root, *item_schema, item, pointer + "/" + std::to_string(index++), found);
  }
}

}  // namespace

const Json& resolve(const Json& root, const Json& schema) {
  const Json* at = &schema;
  for (int hops = 0; hops < 100; ++hops) {
    const Json* reference = at->find("$ref");
    if (reference == nullptr) return *at;
    const std::string& path = reference->as_string();
    if (path.rfind("#/", 0) != 0) break;
    at = &root;
    std::size_t start = 2;
    while (at != nullptr && start <= path.size()) {
      const auto end = std::min(path.find('/', start), path.size());
      at = at->find(path.substr(start, end - start));
      start = end + 1;
    }
    if (at == nullptr) break;
  }
  throw core::Error(core::ErrorKind::Internal, "a schema refers to what is not there");
}

void describe(const Json& root, const Json& unresolved, const Json& value, const std::string& pointer,
              std::vector<Problem>& found) {
  const Json& schema = resolve(root, unresolved);
  if (!schema.is_object()) return;
  const auto types = types_of(schema);
  if (!types.empty() && std::none_of(types.begin(), types.end(),
                                     [&](const std::string& type) { return has_type(value, type); })) {
    std::string allowed;
    for (const std::string& type : types) allowed += (allowed.empty() ? "" : " or ") + type;
    const std::string range = range_of(schema);
    found.push_back({pointer, shown(value) + " is " + std::string(kind_of(value)) + "; allowed: " + allowed +
                                  (range.empty() ? "" : ", " + range)});
    return;
  }
  if (const Json* choices = schema.find("enum"); choices != nullptr) {
    const auto& items = choices->items();
    if (std::find(items.begin(), items.end(), value) == items.end()) {
      std::vector<std::string> words;
      std::vector<std::string> names;
      for (const Json& item : items) {
        words.push_back(item.dump());
        if (item.is_string()) names.push_back(item.as_string());
      }
      const std::string meant = value.is_string() ? nearest(value.as_string(), names) : "";
      found.push_back({pointer, shown(value) + " is not known; allowed: " + joined(words) +
                                    (meant.empty() ? "" : "; did you mean '" + meant + "'?")});
    }
  }
  if (const Json* constant = schema.find("const"); constant != nullptr && !(*constant == value)) {
    found.push_back({pointer, shown(value) + " is not allowed; it must be " + constant->dump()});
  }
  if (value.is_number() && out_of_range(schema, value.as_number())) {
    found.push_back({pointer, shown(value) + " is out of range; allowed: " + range_of(schema)});
  }
  if (value.is_string()) {
    const Json* pattern = schema.find("pattern");
    if (pattern != nullptr && !std::regex_search(value.as_string(), std::regex(pattern->as_string()))) {
      found.push_back({pointer, shown(value) + " does not have the form " + pattern->as_string()});
    }
    const Json* least = schema.find("minLength");
    if (least != nullptr && static_cast<std::int64_t>(value.as_string().size()) < least->as_integer()) {
      found.push_back({pointer, "is shorter than " + least->dump() + " characters"});
    }
    const Json* most = schema.find("maxLength");
    if (most != nullptr && static_cast<std::int64_t>(value.as_string().size()) > most->as_integer()) {
      found.push_back({pointer, "is longer than " + most->dump() + " characters"});
    }
  }
  if (value.is_object()) describe_object(root, schema, value, pointer, found);
  if (value.is_array()) describe_array(root, schema, value, pointer, found);
}

}  // namespace isoscan::config
