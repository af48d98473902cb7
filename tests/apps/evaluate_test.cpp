// `isoscan evaluate travellers` as its user runs it: broken inputs are named and left out.
#include "isoscan/config/json.hpp"
#include "isoscan/config/schema.hpp"
#include "isoscan/core/files.hpp"

#include "program.hpp"

namespace isoscan {
namespace {

TEST_F(Program, EvaluateNamesBrokenInputsAndGoesOn) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const test::TemporaryFolder folder;
  const auto file = [&](const std::string& person) {
    return (scans() / "reference" / ("sub-" + person) / "anat" / ("sub-" + person + "_T1w.nii.gz")).string();
  };
  const std::string good = core::read_file(file("ref01"));
  core::write_file(folder / "cut.nii.gz", good.substr(0, good.size() / 2));
  const std::string head = "path\tsubject\trole\n";
  const std::string rest = "cut.nii.gz\tcut\treference\nmissing.nii.gz\tgone\ttest\n" + file("ref03") +
                           "\tc\tsite\n" + file("ref04") + "\td\ttest\n" + file("ref01") + "\ta\treference\n";
  core::write_file(folder / "enough.tsv", head + rest + file("ref02") + "\tb\treference\n");
  core::write_file(folder / "too-few.tsv", head + rest);
  core::write_file(folder / "options.json",
                   R"({"method": "histogram", "reference_spacing_mm": 3, "transport": {"batch": 64}})");
  const auto run = [&](const std::string& table) {
    return isoscan_program("evaluate travellers --scans " + (folder / table).string() + " --config " +
                           (folder / "options.json").string() + " --seed 3 --cores 2 --details " +
                           (folder / "table.json").string() + " --json " + (folder / "rows.json").string() +
                           " --page " + (folder / "page.html").string());
  };
  const Finished few = run("too-few.tsv");
  EXPECT_EQ(few.status, 3) << few.output;
  EXPECT_TRUE(has(few.output, "too few")) << few.output;
  EXPECT_FALSE(fs::exists(folder / "table.json"));
  EXPECT_FALSE(fs::exists(folder / "rows.json"));
  EXPECT_FALSE(fs::exists(folder / "page.html"));
  const Finished enough = run("enough.tsv");
  EXPECT_EQ(enough.status, 8) << enough.output;
  EXPECT_TRUE(has(enough.output, "missing.nii.gz")) << enough.output;
  EXPECT_TRUE(has(enough.output, "cut")) << enough.output;
  const std::string text = core::read_file(folder / "table.json");
  EXPECT_FALSE(has(text, folder.path().string())) << text;
  const config::Json json = config::Json::parse(text, "table");
  EXPECT_EQ(json.at("left_out").items().size(), 2U);
  // The file's options were honoured, and are told.
  ASSERT_EQ(json.at("rows").items().size(), 3U);
  EXPECT_EQ(json.at("rows").items().at(1).at("method").as_string(), "histogram");
  EXPECT_EQ(json.at("settings").at("spacing_mm").as_number(), 3.0);
  EXPECT_EQ(json.at("settings").at("seed").as_integer(), 3);
  EXPECT_EQ(json.at("settings").at("fit").at("enot").at("batch").as_integer(), 64);
  const config::Json rows = config::read_json(folder / "rows.json", config::Schema::Evaluation);
  EXPECT_EQ(rows.items().front().at("test").as_string(), "travellers");
  EXPECT_EQ(rows.items().front().at("k").as_integer(), 1);
  const std::string page = core::read_file(folder / "page.html");
  EXPECT_LT(page.size(), 2'000'000U);
  EXPECT_FALSE(has(page, folder.path().string())) << "no way to a file";
  EXPECT_FALSE(has(page, "enough.tsv"));
  const auto command = page.find("isoscan evaluate travellers --scans");
  ASSERT_NE(command, std::string::npos);
  EXPECT_EQ(page.substr(command, page.find('<', command) - command),
            "isoscan evaluate travellers --scans SCANS.tsv --json TABLE.json --details DETAILS.json "
            "--page PAGE.html --config CONFIG.json --seed 3 --cores 2");
  EXPECT_TRUE(has(page, "missing.nii.gz"));
  EXPECT_TRUE(has(page, "2 inputs could not be used"));
  EXPECT_TRUE(has(page, "Research use only"));
  for (const config::Json& row : rows.items()) {
    if (row.at("method").as_string() == "histogram" && row.at("people").as_integer() > 0) {
      EXPECT_TRUE(has(page, "histogram"));
      EXPECT_TRUE(has(page, row.at("metric").as_string())) << row.at("metric").as_string();
    }
  }
}

}  // namespace
}  // namespace isoscan
