// The limits stand twice, for people in data_schemas/*.json and for the code in the structs' problem(): here
// one is held against the other, number by number, so that they cannot drift apart.
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/phantom/virtual_scanner.hpp"
#include "isoscan/stages/run_options.hpp"

namespace isoscan::stages {
namespace {

using config::Json;

/// A number of a schema: where it stands, its limits, and a document that holds a value there.
struct Number {
  std::string name;
  Json schema;
  std::function<Json(const Json&)> document;
};

void collect(const Json& schema, const std::string& name, const std::function<Json(const Json&)>& document,
             std::vector<Number>& numbers) {
  const Json* type = schema.find("type");
  if (type == nullptr || !type->is_string()) return;
  const std::string& word = type->as_string();
  if (word == "number" || word == "integer") numbers.push_back({name, schema, document});
  if (word == "object") {
    for (const auto& [key, property] : schema.at("properties").members()) {
      const std::string inner = key;
      collect(
          property, name + "/" + inner,
          [document, inner](const Json& value) {
            Json object{Json::Object{}};
            object[inner] = value;
            return document(object);
          },
          numbers);
    }
  }
  if (word == "array") {
    collect(
        schema.at("items"), name + "/0",
        [document, filled = schema.at("default")](const Json& value) {
          Json array = filled;
          array.items().at(0) = value;
          return document(array);
        },
        numbers);
  }
}

std::vector<Number> numbers_of(config::Schema which) {
  std::vector<Number> numbers;
  collect(
      Json::parse(config::schema_text(which), "schema"), "", [](const Json& value) { return value; },
      numbers);
  return numbers;
}

/// The limit itself, the nearest value below and the nearest above.
std::vector<Json> around(const Json& limit, bool whole) {
  if (whole) {
    const std::int64_t at = limit.as_integer();
    return {Json(at - 1), Json(at), Json(at + 1)};
  }
  const double at = limit.as_number();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return {Json(std::nextafter(at, -kInfinity)), Json(at), Json(std::nextafter(at, kInfinity))};
}

/// @param usable  what the code says of a document
void expect_same_limits(config::Schema which, const Json& needed, std::size_t expected_numbers,
                        const std::function<bool(const Json&)>& usable) {
  const std::vector<Number> numbers = numbers_of(which);
  EXPECT_GE(numbers.size(), expected_numbers);
  for (const Number& number : numbers) {
    const bool whole = number.schema.at("type").as_string() == "integer";
    int lows = 0;
    int highs = 0;
    int accepted = 0;
    int refused = 0;
    for (const char* keyword : {"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"}) {
      const Json* limit = number.schema.find(keyword);
      if (limit == nullptr) continue;
      ++(std::string(keyword).find("inimum") != std::string::npos ? lows : highs);
      for (const Json& value : around(*limit, whole)) {
        Json document = number.document(value);
        for (const auto& [key, member] : needed.members()) document[key] = member;
        const bool by_schema = config::problems(document, which).empty();
        EXPECT_EQ(usable(document), by_schema)
            << number.name << " = " << value.dump() << " (" << keyword << " " << limit->dump()
            << "): the schema " << (by_schema ? "allows" : "refuses") << " it, the code does not agree";
        ++(by_schema ? accepted : refused);
      }
    }
    EXPECT_EQ(lows, 1) << number.name << ": a number needs its least value in the schema";
    EXPECT_EQ(highs, 1) << number.name << ": a number needs its largest value in the schema";
    EXPECT_GE(accepted, 2) << number.name;
    EXPECT_GE(refused, 2) << number.name;
  }
}

TEST(OptionLimits, OfTheRunAreTheSameInSchemaAndCode) {
  expect_same_limits(config::Schema::Run, Json(Json::Object{}), 14,
                     [](const Json& document) { return unchecked_run_options(document).problem().empty(); });
}

TEST(OptionLimits, OfAVirtualScannerAreTheSameInSchemaAndCode) {
  expect_same_limits(config::Schema::VirtualScanner, Json(Json::Object{{"name", "x"}}), 6,
                     [](const Json& document) {
                       try {
                         (void)phantom::scanner_from_json(document.dump());
                         return true;
                       } catch (const core::Error& error) {
                         EXPECT_EQ(error.kind(), core::ErrorKind::Config);
                         return false;
                       }
                     });
}

TEST(OptionLimits, NotANumberIsRefused) {
  RunOptions options;
  EXPECT_EQ(options.problem(), "");
  options.reference_spacing_mm = std::nan("");
  EXPECT_NE(options.problem(), "");
  options = {};
  options.write_back.bound = std::nan("");
  EXPECT_NE(options.problem(), "");
}

}  // namespace
}  // namespace isoscan::stages
