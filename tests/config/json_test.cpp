#include "isoscan/config/json.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isoscan/core/files.hpp"
#include "isoscan/test/support.hpp"

namespace isoscan::config {
namespace {

using ::testing::HasSubstr;

std::string error_of(const std::string& text) {
  try {
    (void)Json::parse(text, "file.json");
  } catch (const core::Error& error) {
    EXPECT_EQ(error.kind(), core::ErrorKind::Config);
    return error.what();
  }
  return "no error";
}

TEST(Json, TextComesBackWithKeysSorted) {
  const Json value = Json::parse(R"({ "b": [1, -2.5, true, null, "x\n\u00e9"], "a": {} })", "test");
  EXPECT_EQ(value.dump(), "{\"a\":{},\"b\":[1,-2.5,true,null,\"x\\n\xc3\xa9\"]}");
  EXPECT_EQ(Json::parse(value.dump_pretty(), "test"), value);
}

TEST(Json, NumbersReadBackEqual) {
  for (const double number : {0.1, 1.0 / 3.0, 1e-300, 1.7976931348623157e308, -0.0, 5e-324}) {
    EXPECT_EQ(Json::parse(Json(number).dump(), "test").as_number(), number);
  }
  for (const std::int64_t number : {std::numeric_limits<std::int64_t>::min(), std::int64_t{0}, INT64_MAX}) {
    EXPECT_EQ(Json::parse(Json(number).dump(), "test").as_integer(), number);
  }
  EXPECT_TRUE(Json::parse("1", "test").is_integer());
  EXPECT_FALSE(Json::parse("1.0", "test").is_integer());
}

TEST(Json, HasNoNan) {
  EXPECT_TRUE(Json(std::numeric_limits<double>::quiet_NaN()).is_null());
  EXPECT_TRUE(Json(std::numeric_limits<double>::infinity()).is_null());
}

TEST(Json, RefusesIntegersThatDoNotFit) {
  EXPECT_THROW(Json(UINT64_MAX), core::Error);
  EXPECT_THAT(error_of("18446744073709551615"), HasSubstr("too large"));
  EXPECT_THAT(error_of("99999999999999999999999"), HasSubstr("too large"));
}

TEST(Json, IsBuiltByKeyAndByItem) {
  Json value;
  value["list"].push_back(1);
  value["list"].push_back("two");
  value["flag"] = true;
  EXPECT_EQ(value.dump(), R"({"flag":true,"list":[1,"two"]})");
  EXPECT_EQ(Json::array(std::vector<std::string>{"a", "b"}).dump(), R"(["a","b"])");
  EXPECT_EQ(value.find("nothing"), nullptr);
  EXPECT_TRUE(value.contains("flag"));
}

TEST(Json, SaysWhatIsNeeded) {
  try {
    (void)Json("text").as_number();
    FAIL();
  } catch (const core::Error& error) {
    EXPECT_STREQ(error.what(), "a number is needed, this is a string");
  }
  EXPECT_THROW((void)Json(Json::Object{}).at("x"), core::Error);
  EXPECT_THROW((void)Json(1.5).as_integer(), core::Error);
  EXPECT_THROW((void)Json(1).items(), core::Error);
}

TEST(Json, ParseErrorsNameFileLineAndColumn) {
  EXPECT_THAT(error_of("{\n  \"a\": 1,\n  oops\n}"),
              HasSubstr("file.json: not usable JSON: line 3, column 3: "));
  EXPECT_THAT(error_of(""), HasSubstr("line 1, column 1"));
  EXPECT_THAT(error_of("{} {}"), HasSubstr("line 1, column 4"));
}

TEST(Json, AKeyTwiceIsAnError) {
  EXPECT_THAT(error_of(R"({"seed": 1, "seed": 2})"), HasSubstr("the key 'seed' stands twice"));
  EXPECT_EQ(error_of(R"([{"seed": 1}, {"seed": 2}])"), "no error");
}

TEST(Json, DeepNestingIsRefusedNotACrash) {
  EXPECT_THAT(error_of(std::string(1'000'000, '[')), HasSubstr("nested more than 100 deep"));
  EXPECT_EQ(error_of(std::string(100, '[') + std::string(100, ']')), "no error");
}

TEST(Json, BytesThatAreNoTextDoNotStopWriting) {
  const Json value(std::string("\xff name"));
  EXPECT_EQ(value.dump(), "\"\xef\xbf\xbd name\"");
}

TEST(Json, FilesGoRound) {
  const test::TemporaryFolder folder;
  const Json value(Json::Object{{"a", 1}});
  write_json(folder / "x.json", value);
  EXPECT_EQ(read_json(folder / "x.json"), value);
  core::write_file(folder / "y.json", "{");
  try {
    (void)read_json(folder / "y.json", core::ErrorKind::Input);
    FAIL();
  } catch (const core::Error& error) {
    EXPECT_EQ(error.kind(), core::ErrorKind::Input);
    EXPECT_THAT(error.what(), HasSubstr("y.json"));
  }
  EXPECT_THROW((void)read_json(folder / "none.json"), core::Error);
}

}  // namespace
}  // namespace isoscan::config
