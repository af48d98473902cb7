#include <algorithm>
#include <string>

#include "isoscan/config/json.hpp"
#include "isoscan/config/schema.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/io/nifti.hpp"

#include "program.hpp"

namespace isoscan {
namespace {

config::Json status_of(const fs::path& out, const std::string& scan) {
  for (const auto& entry : fs::directory_iterator(out / "status")) {
    config::Json status = config::read_json(entry.path(), config::Schema::Status);
    if (status.at("scan").as_string() == scan) return status;
  }
  return {};
}

/// How a doubtful input is judged, as its user sees it.
class DoubtfulInputs : public Program {};

TEST_F(DoubtfulInputs, AreJudgedAloudAndNeverStopTheOthers) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const test::TemporaryFolder folder;
  const auto person = [&](const std::string& id) {
    return scans() / "new-hospital" / ("sub-" + id) / "anat" / ("sub-" + id + "_T1w.nii.gz");
  };
  fs::create_directories(folder / "in");
  fs::copy_file(person("new01"), folder / "in/good.nii.gz");
  io::write_nifti(folder / "in/later_copy.nii", io::read_nifti(person("new01")).volume);
  fs::copy_file(person("new02"), folder / "in/masked.nii.gz");
  core::Volume soft = io::read_nifti(person("new02")).volume;
  io::write_nifti(folder / "in/soft_mask.nii.gz", soft);
  io::write_nifti(folder / "in/holes.nii", io::read_nifti(person("new03")).volume);
  std::string holes = core::read_file(folder / "in/holes.nii");
  constexpr std::size_t kVoxels = 352;  // float32 from there on; all bits set is not a number
  holes.replace(kVoxels, 40 * sizeof(float), 40 * sizeof(float), '\xff');
  core::write_file(folder / "in/holes.nii", holes);
  core::write_file(folder / "in/good.json", R"({"Manufacturer": "GE", "ManufacturersModelName": "SIGNA"})");
  core::write_file(folder / "in/holes.json",
                   R"({"Manufacturer": "Philips", "ManufacturersModelName": "Intera"})");
  core::write_file(folder / "t.tsv",
                   "path\tsubject\tsite\tmask\n"
                   "in/good.nii.gz\tgood\tNorth\tn/a\nin/later_copy.nii\tlater\tNorth\tn/a\n"
                   "in/masked.nii.gz\tmasked\tNorth\tin/soft_mask.nii.gz\nin/holes.nii\tholes\tNorth\tn/a\n");
  const fs::path out = folder / "out";
  const Finished run = isoscan_program("harmonize " + (folder / "t.tsv").string() + " --reference " +
                                       (harmonized() / "reference.isoref").string() +
                                       " --method two-pass --cores 2 --out " + with_results(out).string());
  EXPECT_EQ(run.status, 8) << run.output;
  EXPECT_TRUE(has(run.output, "warning: scans that count as the site North")) << run.output;
  EXPECT_TRUE(has(core::read_file(out / "run.jsonl"), "GE-SIGNA: 1"));
  EXPECT_TRUE(has(core::read_file(out / "reports/index.html"), "GE-SIGNA: 1"));
  const config::Json copy = status_of(out, "in/later_copy.nii");
  EXPECT_EQ(copy.at("state").as_string(), "skipped");
  EXPECT_TRUE(has(copy.at("reason").as_string(), "in/good.nii.gz")) << copy.dump();
  const config::Json masked = status_of(out, "sub-masked");
  EXPECT_EQ(masked.at("state").as_string(), "refused");
  EXPECT_TRUE(has(masked.at("reason").as_string(), "soft_mask.nii.gz must hold 0 and one other value"))
      << masked.dump();
  const config::Json good = status_of(out, "sub-good");
  EXPECT_EQ(good.at("state").as_string(), "ok");
  EXPECT_TRUE(has(good.at("warnings").dump(), "Philips-Intera: 1")) << good.dump();
  const std::string of_holes = status_of(out, "sub-holes").at("warnings").dump();
  EXPECT_TRUE(has(of_holes, "40 voxels were not finite") && has(of_holes, "0 of them in the brain"))
      << of_holes;
}

TEST_F(DoubtfulInputs, AnUnknownOrientationIsSaidAndABrokenFileIsBadInput) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const test::TemporaryFolder folder;
  core::Volume small(core::Grid{{20, 20, 20}, {}}, 1.0F);
  io::write_nifti(folder / "a.nii", small);
  std::string bytes = core::read_file(folder / "a.nii");
  for (std::size_t at = 252; at < 256; ++at) bytes[at] = '\0';  // qform_code, sform_code
  core::write_file(folder / "a.nii", bytes);
  const Finished convert =
      isoscan_program("convert " + (folder / "a.nii").string() + " --out " + (folder / "out").string());
  EXPECT_EQ(convert.status, 0) << convert.output;
  EXPECT_TRUE(has(convert.output, "warning: sub-a: no usable sform or qform")) << convert.output;
  for (const std::string& damaged : {bytes.substr(0, 200), bytes.substr(0, 5000), std::string(3000, 'x')}) {
    core::write_file(folder / "b.nii", damaged);
    const Finished info = isoscan_program("info " + (folder / "b.nii").string());
    EXPECT_EQ(info.status, 3) << info.output;
    EXPECT_TRUE(has(info.output, "b.nii: ") && has(info.output, "copy")) << info.output;
    EXPECT_EQ(std::count(info.output.begin(), info.output.end(), '\n'), 1) << info.output;
  }
}

}  // namespace
}  // namespace isoscan
