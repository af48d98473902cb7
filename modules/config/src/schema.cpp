#include "isoscan/config/schema.hpp"

#include <exception>

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "isoscan/core/printable.hpp"

#include "describe.hpp"
#include "embedded_schemas.hpp"
#include "nlohmann.hpp"

namespace isoscan::config {

namespace {

Json parsed(Schema schema) {
  return Json::parse(schema_text(schema), "the embedded schema", core::ErrorKind::Internal);
}

/// valijson's path of `<root>`, `["key"]`, `[0]` as a JSON pointer.
std::string pointer_of(const std::vector<std::string>& context) {
  std::string pointer;
  for (std::size_t n = 1; n < context.size(); ++n) {
    std::string part = context[n];
    if (part.size() >= 2 && part.front() == '[') part = part.substr(1, part.size() - 2);
    if (part.size() >= 2 && part.front() == '"') part = part.substr(1, part.size() - 2);
    pointer += "/" + part;
  }
  return pointer;
}

}  // namespace

std::string_view schema_text(Schema schema) {
  return embedded_schemas().at(static_cast<std::size_t>(schema));
}

std::vector<Problem> problems(const Json& value, const Json& schema) {
  valijson::ValidationResults results;
  bool valid = false;
  try {
    const nlohmann::json schema_document = to_nlohmann(schema);
    const nlohmann::json value_document = to_nlohmann(value);
    valijson::Schema rules;
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_document), rules);
    valijson::Validator validator;
    valid = validator.validate(rules, valijson::adapters::NlohmannJsonAdapter(value_document), &results);
  } catch (const std::exception& error) {
    throw core::Error(core::ErrorKind::Internal, std::string("a schema cannot be used: ") + error.what());
  }
  if (valid) return {};

  std::vector<Problem> found;
  describe(schema, schema, value, "", found);
  // A keyword that `describe` has no words for: the validator's own, innermost first.
  if (found.empty()) {
    for (const auto& error : results) found.push_back({pointer_of(error.context), error.description});
  }
  if (found.empty()) found.push_back({"", "breaks its schema"});
  return found;
}

std::vector<Problem> problems(const Json& value, Schema schema) {
  return problems(value, parsed(schema));
}

void validate(const Json& value, Schema schema, const std::string& name, core::ErrorKind kind) {
  const auto found = problems(value, schema);
  if (found.empty()) return;
  std::string message = name + ": ";
  if (!found.front().pointer.empty()) message += found.front().pointer + ": ";
  message += found.front().message;
  if (found.size() > 1) message += " (and " + std::to_string(found.size() - 1) + " more)";
  throw core::Error(kind, core::printable(message));
}

Json read_json(const boost::filesystem::path& file, Schema schema, core::ErrorKind kind) {
  Json value = read_json(file, kind);
  validate(value, schema, file.string(), kind);
  return value;
}

namespace {

Json filled(const Json& root, const Json& unresolved, Json value) {
  const Json& schema = resolve(root, unresolved);
  const Json* properties = schema.find("properties");
  if (properties != nullptr && value.is_object()) {
    for (const auto& [key, property] : properties->members()) {
      const Json* standard = property.find("default");
      if (!value.contains(key) && standard != nullptr) value[key] = *standard;
      if (value.contains(key)) value[key] = filled(root, property, value[key]);
    }
  }
  const Json* item_schema = schema.find("items");
  if (item_schema != nullptr && item_schema->is_object() && value.is_array()) {
    for (Json& item : value.items()) item = filled(root, *item_schema, std::move(item));
  }
  return value;
}

}  // namespace

Json with_defaults(const Json& value, const Json& schema) {
  return filled(schema, schema, value);
}
Json with_defaults(const Json& value, Schema schema) {
  return with_defaults(value, parsed(schema));
}

}  // namespace isoscan::config
