// An output folder that holds results of an earlier run over other scans.
#include "isoscan/config/json.hpp"
#include "isoscan/core/files.hpp"

#include "program.hpp"

namespace isoscan {
namespace {

TEST_F(Program, ResultsOfAnEarlierRunStayAndAreNamed) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const test::TemporaryFolder folder;
  const auto add = [&](const std::string& id) {
    const std::string name = "sub-" + id + "_T1w.nii.gz";
    core::write_file(folder / ("in/" + name),
                     core::read_file(scans() / "new-hospital" / ("sub-" + id) / "anat" / name));
  };
  const auto run = [&](const std::string& method) {
    return isoscan_program("harmonize " + (folder / "in").string() + " --reference " +
                           (harmonized() / "reference.isoref").string() + " --method " + method +
                           " --cores 2 --out " + (folder / "out").string());
  };
  const auto info = [&] {
    return config::Json::parse(isoscan_program("info --json " + (folder / "out").string()).output, "info");
  };
  add("new01");
  add("new02");
  with_results(folder / "out");
  const Finished first = run("none");
  ASSERT_EQ(first.status, 0) << first.output;
  EXPECT_FALSE(has(first.output, "earlier run")) << first.output;
  EXPECT_EQ(info().at("volumes").at("of_the_last_run").as_integer(), 2);
  fs::remove(folder / "in/sub-new02_T1w.nii.gz");
  const Finished second = run("two-pass");
  EXPECT_EQ(second.status, 0) << second.output;
  const std::string warning =
      "1 scan of an earlier run is still in OUT and not part of this report: sub-new02;";
  EXPECT_TRUE(has(second.output, warning)) << second.output;
  EXPECT_TRUE(has(core::read_file(folder / "out/reports/index.html"), warning));
  EXPECT_TRUE(fs::exists(folder / "out/sub-new02/anat/sub-new02_desc-harmonized_T1w.nii.gz"));
  const config::Json about = info();
  EXPECT_EQ(about.at("volumes").at("of_the_last_run").as_integer(), 1);
  EXPECT_EQ(about.at("volumes").at("of_earlier_runs").as_integer(), 1);
  EXPECT_EQ(about.at("states").at("ok").as_integer(), 1);
  fs::remove_all(folder / "out/sub-new02");
  EXPECT_FALSE(has(run("two-pass").output, "earlier run"));
}

}  // namespace
}  // namespace isoscan
