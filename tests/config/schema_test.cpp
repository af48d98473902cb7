#include "isoscan/config/schema.hpp"

#include <map>

#include <boost/algorithm/string.hpp>
#include <boost/filesystem.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isoscan/core/files.hpp"

namespace isoscan::config {
namespace {

namespace fs = boost::filesystem;

const std::map<std::string, Schema> kSchemas{{"run", Schema::Run},
                                             {"manifest", Schema::Manifest},
                                             {"status", Schema::Status},
                                             {"record", Schema::Record},
                                             {"virtual_scanner", Schema::VirtualScanner},
                                             {"site_rule", Schema::SiteRule},
                                             {"study", Schema::Study},
                                             {"evaluation", Schema::Evaluation},
                                             {"scan_report", Schema::ScanReport},
                                             {"scan_figures", Schema::ScanFigures},
                                             {"run_report", Schema::RunReport},
                                             {"provenance", Schema::Provenance},
                                             {"proof", Schema::Proof},
                                             {"job", Schema::Job},
                                             {"progress", Schema::Progress}};

/// "run-empty.json" -> Run
Schema schema_of(const fs::path& example) {
  const std::string name = example.filename().string();
  return kSchemas.at(name.substr(0, name.find('-')));
}

std::vector<fs::path> examples(const std::string& kind) {
  std::vector<fs::path> files;
  for (const auto& entry :
       fs::directory_iterator(fs::path(ISOSCAN_SOURCE_DIR) / "data_schemas/examples" / kind)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  return files;
}

TEST(Schema, EachHasExamplesOfBothKinds) {
  for (const std::string kind : {"valid", "invalid"}) {
    std::map<Schema, int> count;
    for (const auto& file : examples(kind)) ++count[schema_of(file)];
    EXPECT_EQ(count.size(), kSchemas.size()) << kind;
  }
}

TEST(Schema, ValidExamplesPass) {
  for (const auto& file : examples("valid")) {
    EXPECT_THAT(problems(read_json(file), schema_of(file)), ::testing::IsEmpty()) << file;
  }
}

TEST(Schema, InvalidExamplesFailWithTheirMessage) {
  for (const auto& file : examples("invalid")) {
    fs::path text = file;
    const std::string message = boost::trim_copy(core::read_file(text.replace_extension(".txt")));
    try {
      validate(read_json(file), schema_of(file), "the file");
      ADD_FAILURE() << file << " passes";
    } catch (const core::Error& error) {
      EXPECT_EQ(error.what(), "the file: " + message) << file;
    }
  }
}

TEST(Schema, EverySchemaRefusesUnknownKeysAtTheTop) {
  for (const auto& [name, schema] : kSchemas) {
    bool found = false;
    const bool array = name == "evaluation";  // rows: the top is an array of objects
    const Json object(Json::Object{{"surplus_key", 1}});
    for (const Problem& problem : problems(array ? Json(Json::Array{object}) : object, schema)) {
      found = found || problem.pointer == (array ? "/0/surplus_key" : "/surplus_key");
    }
    EXPECT_TRUE(found) << name;
  }
}

TEST(Schema, DefaultsOfTheRunAreValidAndComplete) {
  const Json run = with_defaults(Json(Json::Object{{"bound", 0.2}}), Schema::Run);
  EXPECT_THAT(problems(run, Schema::Run), ::testing::IsEmpty());
  EXPECT_EQ(run.at("bound").as_number(), 0.2);
  EXPECT_EQ(run.at("method").as_string(), "restore");
  EXPECT_EQ(run.at("transport").at("batch").as_integer(), 512);
  const Json schema = Json::parse(schema_text(Schema::Run), "schema");
  for (const auto& [key, property] : schema.at("properties").members()) {
    EXPECT_TRUE(run.contains(key)) << key;
    EXPECT_TRUE(property.contains("description")) << key;
  }
}

TEST(Schema, KeywordsWithoutWordsOfOurOwnStillFail) {
  const Json schema = Json::parse(R"({"properties": {"a": {"multipleOf": 2}}})", "schema");
  const auto found = problems(Json(Json::Object{{"a", 3}}), schema);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.front().pointer, "/a");
}

TEST(Schema, PointersAreEscaped) {
  const Json schema = Json::parse(R"({"additionalProperties": false})", "schema");
  const auto found = problems(Json(Json::Object{{"a/b~c", 3}}), schema);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().pointer, "/a~1b~0c");
}

TEST(Nearest, FindsWhatWasMeant) {
  const std::vector<std::string> known{"bound", "method", "working_spacing_mm", "seed"};
  EXPECT_EQ(nearest("bond", known), "bound");
  EXPECT_EQ(nearest("sede", known), "seed");
  EXPECT_EQ(nearest("working_spacing", known), "working_spacing_mm");
  EXPECT_EQ(nearest("colour", known), "");
  EXPECT_EQ(nearest("", known), "");
}

/// Names of properties without a description, at any depth.
void add_undescribed(const Json& schema, const std::string& place, std::vector<std::string>& names) {
  if (schema.is_array()) {
    for (const Json& item : schema.items()) add_undescribed(item, place, names);
  } else if (schema.is_object()) {
    for (const auto& [key, member] : schema.members()) {
      if (key != "properties") {
        add_undescribed(member, place, names);
        continue;
      }
      for (const auto& [name, property] : member.members()) {
        const Json* words = property.find("description");
        if (words == nullptr || words->as_string().empty()) names.push_back(place + "/" + name);
        add_undescribed(property, place + "/" + name, names);
      }
    }
  }
}

TEST(Schemas, EachPropertySaysWhatItIs) {
  for (const auto& [name, schema] : kSchemas) {
    std::vector<std::string> names;
    add_undescribed(Json::parse(std::string(schema_text(schema)), name), name, names);
    EXPECT_THAT(names, ::testing::IsEmpty());
  }
}

}  // namespace
}  // namespace isoscan::config
