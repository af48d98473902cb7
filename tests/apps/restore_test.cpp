// --method restore: the reference's scans beside its package, and what happens where they are not there.
#include "isoscan/config/json.hpp"
#include "isoscan/core/files.hpp"

#include "program.hpp"

namespace isoscan {
namespace {

TEST_F(Program, RestoreLearnsFromTheScansBesideThePackage) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const test::TemporaryFolder folder;
  const std::string ours = (scans() / "new-hospital").string();
  const std::string package = (folder / "ours.isoref").string();
  const Finished learnt = isoscan_program("reference " + (scans() / "reference").string() +
                                          " --spacing 4 --cores 2 --out " + package);
  ASSERT_EQ(learnt.status, 0) << learnt.output;
  ASSERT_TRUE(fs::is_regular_file(folder / "ours.isoscans"));
  core::write_file(folder / "few.json", R"({"restore": {"people": 2, "scans": 2}})");
  const auto adapt = [&](const std::string& method, const std::string& reference, const std::string& to) {
    return isoscan_program("adapt " + ours + " --cores 2 --method " + method + " --reference " + reference +
                           " --out " + (folder / to).string());
  };
  const std::string quick = "restore --steps 20 --config " + (folder / "few.json").string();
  const Finished adapted = adapt(quick, package, "new.isosite");
  ASSERT_EQ(adapted.status, 0) << adapted.output;
  const Finished applied =
      isoscan_program("apply " + ours + " --cores 2 --site " + (folder / "new.isosite").string() + " --out " +
                      (folder / "out").string());
  ASSERT_EQ(applied.status, 0) << applied.output;
  EXPECT_TRUE(fs::exists(folder / "out/sub-new01/anat/sub-new01_desc-harmonized_T1w.nii.gz"));
  EXPECT_TRUE(fs::exists(folder / "out/sub-new03/anat/sub-new03_desc-harmonized_T1w.nii.gz"));
  EXPECT_EQ(config::read_json(folder / "out/manifest.json").at("config").at("method").as_string(), "restore");
  const std::string page = core::read_file(folder / "out/reports/sub-new01.html");
  EXPECT_TRUE(has(page, "as that scanner would have seen them"));
  // The report says how far voxels may be off; the map is written where it is asked for, and only there.
  EXPECT_TRUE(has(page, "How far voxels may be off"));
  EXPECT_TRUE(has(page, "Uncertainty, grey matter"));
  const fs::path anat = folder / "out/sub-new01/anat";
  const fs::path map = anat / "sub-new01_desc-harmonized_uncertainty.nii.gz";
  EXPECT_FALSE(fs::exists(map));
  const auto apply = [&](const std::string& flags) {
    return isoscan_program("apply " + ours + " --cores 2 --site " + (folder / "new.isosite").string() +
                           " --out " + (folder / "out").string() + flags);
  };
  const Finished asked = apply(" --uncertainty");
  ASSERT_EQ(asked.status, 0) << asked.output;
  ASSERT_TRUE(fs::is_regular_file(map));
  const config::Json beside = config::read_json(anat / "sub-new01_desc-harmonized_uncertainty.json");
  const config::Json of_scan = config::read_json(anat / "sub-new01_desc-harmonized_T1w.json");
  EXPECT_EQ(beside.at("Coverage").as_number(), 0.9);
  EXPECT_EQ(beside.at("WhiteMatterIntensity"), of_scan.at("WhiteMatterIntensity"));
  EXPECT_GE(beside.at("CalibrationScans").as_integer(), 2);
  const config::Json status = config::read_json(folder / "out/status/sub-new01.json");
  EXPECT_EQ(status.at("outputs").items().size(), 2U);
  EXPECT_EQ(asked.output.find("of an earlier run"), std::string::npos) << asked.output;
  EXPECT_TRUE(has(core::read_file(folder / "out/participants.tsv"), "sub-new01"));
  ASSERT_EQ(apply("").status, 0);
  EXPECT_FALSE(fs::exists(map));  // a map that was not asked for is none of this run's
  // Again, elsewhere: the same model.
  ASSERT_EQ(adapt(quick, package, "again.isosite").status, 0);
  EXPECT_EQ(core::sha256_file(folder / "again.isosite"), core::sha256_file(folder / "new.isosite"));

  // A package that travelled alone serves every other method.
  fs::create_directories(folder / "alone");
  fs::copy_file(package, folder / "alone/ours.isoref");
  const std::string alone = (folder / "alone/ours.isoref").string();
  const Finished lacking = adapt("restore", alone, "x.isosite");
  EXPECT_EQ(lacking.status, 4) << lacking.output;
  EXPECT_TRUE(has(lacking.output, "ours.isoscans")) << lacking.output;
  EXPECT_TRUE(has(lacking.output, "isoscan reference")) << lacking.output;
  EXPECT_FALSE(fs::exists(folder / "x.isosite"));
  const Finished harmonized = isoscan_program("harmonize " + ours + " --reference " + alone +
                                              " --method restore --out " + (folder / "h").string());
  EXPECT_EQ(harmonized.status, 4) << harmonized.output;
  EXPECT_EQ(adapt("two-pass", alone, "two.isosite").status, 0);
  // What a method does not tell cannot be asked for.
  const Finished none =
      isoscan_program("apply " + ours + " --uncertainty --site " + (folder / "two.isosite").string() +
                      " --out " + (folder / "n").string());
  EXPECT_EQ(none.status, 2) << none.output;
  EXPECT_TRUE(has(none.output, "two-pass")) << none.output;
  const Finished enot = isoscan_program("harmonize " + ours + " --uncertainty --method enot --reference " +
                                        alone + " --out " + (folder / "n").string());
  EXPECT_EQ(enot.status, 2) << enot.output;
  EXPECT_FALSE(fs::exists(folder / "n"));

  const std::string bytes = core::read_file(folder / "ours.isoscans");
  core::write_file(folder / "alone/ours.isoscans", bytes.substr(0, bytes.size() / 2));
  const Finished cut = adapt("restore", alone, "x.isosite");
  EXPECT_EQ(cut.status, 3) << cut.output;
  EXPECT_TRUE(has(cut.output, "ours.isoscans")) << cut.output;
}

/// Restoring needs two people. A reference of one, as a folder, cannot give it: the site's fit is refused in
/// words and the report stands; as a package, the usual method is another one.
TEST_F(Program, AReferenceOfOnePersonIsNotRestoredTo) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const test::TemporaryFolder folder;
  const std::string ours = (scans() / "new-hospital/sub-new01").string();
  const std::string one = (scans() / "reference/sub-ref01").string();
  const Finished run = isoscan_program("harmonize " + ours + " --cores 2 --reference " + one + " --out " +
                                       (folder / "out").string());
  EXPECT_EQ(run.status, 3) << run.output;
  EXPECT_TRUE(has(run.output, "at least 2 people")) << run.output;
  EXPECT_TRUE(fs::exists(folder / "out/reports/index.html")) << run.output;
  EXPECT_TRUE(fs::exists(folder / "out/manifest.json")) << run.output;

  const std::string package = (folder / "one.isoref").string();
  ASSERT_EQ(isoscan_program("reference " + one + " --spacing 4 --cores 2 --out " + package).status, 0);
  const Finished adapted = isoscan_program("adapt " + ours + " --steps 5 --cores 2 --reference " + package +
                                           " --out " + (folder / "s.isosite").string());
  EXPECT_EQ(adapted.status, 0) << adapted.output;
  EXPECT_TRUE(has(adapted.output, "method enot")) << adapted.output;
}

TEST_F(Program, AReferencesScansAreNeverWrittenOverAnotherFile) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const test::TemporaryFolder folder;
  core::write_file(folder / "ours.isoscans", "mine");
  const Finished run = isoscan_program("reference " + (scans() / "reference").string() + " --cores 2 --out " +
                                       (folder / "ours.isoref").string());
  EXPECT_EQ(run.status, 2) << run.output;
  EXPECT_EQ(core::read_file(folder / "ours.isoscans"), "mine");
  EXPECT_FALSE(fs::exists(folder / "ours.isoref"));
}

}  // namespace
}  // namespace isoscan
