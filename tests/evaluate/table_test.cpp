#include "isoscan/evaluate/table.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/config/json.hpp"
#include "isoscan/config/schema.hpp"
#include "isoscan/core/error.hpp"

namespace isoscan::evaluate {
namespace {

OutcomeTable table() {
  OutcomeTable t;
  t.title = "a title";
  t.baseline = "two-pass";
  t.people = {"a", "b", "c", "d"};
  t.measures = {"psnr_db", "ssim"};
  t.rows = {{"two-pass", {{"psnr_db", {29.0, 30.0, 31.0, 32.0}}, {"ssim", {0.9, 0.9, 0.9, std::nullopt}}}},
            {"enot", {{"psnr_db", {29.5, 30.5, 31.5, 32.7}}, {"ssim", {0.95, 0.95, 0.95, 0.95}}}}};
  return t;
}

TEST(Statistic, MeanSdAndStudentsInterval) {
  const auto s = statistic({1.0, 2.0, 3.0, std::nullopt});
  ASSERT_TRUE(s.has_value());
  EXPECT_EQ(s->count, 3);
  EXPECT_DOUBLE_EQ(s->mean, 2.0);
  EXPECT_DOUBLE_EQ(s->sd, 1.0);
  EXPECT_NEAR(s->high - s->mean, 4.303 / std::sqrt(3.0), 1e-9);
  EXPECT_FALSE(statistic({std::nullopt}).has_value());
  const auto one = statistic({5.0});
  EXPECT_EQ(one->low, 5.0);
  EXPECT_EQ(one->high, 5.0);
}

TEST(PairedDifference, IsNarrowerThanTheSpreadOfPeople) {
  const OutcomeTable t = table();
  const auto d = paired_difference(t.rows[1].measures.at("psnr_db"), t.rows[0].measures.at("psnr_db"));
  ASSERT_TRUE(d.has_value());
  EXPECT_NEAR(d->mean, 0.55, 1e-12);
  EXPECT_GT(d->low, 0.0);
  EXPECT_EQ(paired_difference({1.0, std::nullopt}, {0.5, 1.0})->count, 1);
  EXPECT_THROW((void)paired_difference({1.0}, {1.0, 2.0}), core::Error);
}

TEST(Table, TextHasOneAlignedLineARow) {
  const std::string text = to_text(table());
  EXPECT_NE(text.find("a title"), std::string::npos);
  EXPECT_NE(text.find("30.50 +- 1.29"), std::string::npos) << text;
  EXPECT_NE(text.find("+0.55 ["), std::string::npos) << text;
}

TEST(Table, JsonHoldsEveryValue) {
  const config::Json json = config::Json::parse(to_json(table()), "table");
  const auto& rows = json.at("rows").items();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1].at("method").as_string(), "enot");
  const config::Json& psnr = rows[1].at("measures").at("psnr_db");
  EXPECT_EQ(psnr.at("values").items().size(), 4U);
  EXPECT_NEAR(psnr.at("less_baseline").at("mean").as_number(), 0.55, 1e-12);
  EXPECT_TRUE(rows[0].at("measures").at("ssim").at("values").items()[3].is_null());
  EXPECT_EQ(to_json(table()), to_json(table()));
}

TEST(Table, RowsAreOneObjectAMethodAndMetric) {
  OutcomeTable t = table();
  t.test = "travellers";
  t.scanner = "medium";
  t.k = 4;
  t.seed = 7;
  const config::Json rows = config::Json::parse(to_json_rows(t), "rows");
  ASSERT_TRUE(config::problems(rows, config::Schema::Evaluation).empty());
  const config::Json* found = nullptr;
  for (const config::Json& row : rows.items()) {
    if (row.at("method").as_string() == "enot" && row.at("metric").as_string() == "psnr_db") found = &row;
  }
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->at("seed").as_integer(), 7);
  EXPECT_EQ(found->at("people").as_integer(), 4);
  EXPECT_NEAR(found->at("less_baseline").at("mean").as_number(), 0.55, 1e-12);
  EXPECT_EQ(found->at("ids").items().size(), found->at("values").items().size());
  const std::string tsv = to_tsv(t);
  EXPECT_EQ(tsv.rfind("test\tscanner\tk\tseed\tmethod\tmetric\tmean\tsd\tpeople\t", 0), 0U) << tsv;
  EXPECT_NE(tsv.find("travellers\tmedium\t4\t7\tenot\tpsnr_db\t"), std::string::npos) << tsv;
  // A row over others (a null) is compared with nobody.
  t.rows.push_back({"null", {{"psnr_db", {30.0}}}});
  EXPECT_NE(to_text(t).find("null"), std::string::npos);
  EXPECT_NE(to_json_rows(t).find("\"over\": \"repeats\""), std::string::npos);
}

}  // namespace
}  // namespace isoscan::evaluate
