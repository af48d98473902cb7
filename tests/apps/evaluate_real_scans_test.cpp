// The tests of `isoscan evaluate` that need no virtual scanner, as their user runs them on files.
#include <cmath>

#include "isoscan/config/json.hpp"
#include "isoscan/config/schema.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/io/nifti.hpp"

#include "program.hpp"

namespace isoscan {
namespace {

class EvaluateProgram : public Program {
 protected:
  static std::string file(const std::string& site, const std::string& person) {
    return (scans() / site / ("sub-" + person) / "anat" / ("sub-" + person + "_T1w.nii.gz")).string();
  }
  static fs::path page_of(const fs::path& json) { return json.parent_path() / "page.html"; }
  /// The page of a run that went well: whole, by itself, every measure with its definition.
  static void expect_page(const fs::path& json, const std::string& test) {
    const std::string page = core::read_file(page_of(json));
    EXPECT_TRUE(has(page, "isoscan evaluate " + test + " ")) << page.substr(0, 2000);
    EXPECT_TRUE(has(page, "</html>"));
    EXPECT_FALSE(has(page, json.parent_path().string()));
    EXPECT_FALSE(has(page, "src="));
    const config::Json rows = rows_of(json);
    for (const config::Json& row : rows.items())
      EXPECT_TRUE(has(page, row.at("metric").as_string())) << row.at("metric").as_string();
  }
  /// Two methods, 3 mm, two cores: seconds.
  static Finished evaluate(const std::string& words, const fs::path& json) {
    return isoscan_program("evaluate " + words +
                           " --method histogram --spacing 3 --seed 2 --cores 2 --json " + json.string() +
                           " --page " + page_of(json).string());
  }
  static double mean(const config::Json& rows, const std::string& method, const std::string& metric) {
    for (const config::Json& row : rows.items()) {
      if (row.at("method").as_string() == method && row.at("metric").as_string() == metric)
        return row.at("mean").as_number();
    }
    ADD_FAILURE() << "no row " << method << " " << metric;
    return 0.0;
  }
  static config::Json rows_of(const fs::path& json) {
    return config::read_json(json, config::Schema::Evaluation);
  }
  /// The scan with a field along x, noise, and a dark ball in the white matter.
  static void change(const std::string& from, const fs::path& to, double field, double noise, bool lesion,
                     const fs::path& mask = {}) {
    core::Volume image = io::read_nifti(from).volume;
    core::Mask lesions(image.grid);
    core::Random random(3);
    const core::Index3& size = image.grid.size;
    for (std::int64_t k = 0; k < size[2]; ++k) {
      for (std::int64_t j = 0; j < size[1]; ++j) {
        for (std::int64_t i = 0; i < size[0]; ++i) {
          const std::size_t n = image.grid.index(i, j, k);
          const core::Vec3 x = image.grid.world_from_voxel(
              {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
          const double distance = std::hypot(x[0] - 26.0, x[1] + 5.0, x[2] - 28.0);
          double factor = std::exp(field * x[0] / 70.0);
          if (lesion && distance < 5.0) {
            factor *= 0.7;
            lesions.voxels[n] = 1;
          }
          image.voxels[n] = static_cast<float>(image.voxels[n] * factor * (1.0 + noise * random.normal()));
        }
      }
    }
    io::write_nifti(to, image);
    if (!mask.empty()) io::write_nifti(mask, lesions);
  }

  const test::TemporaryFolder folder_of_test_;
  const fs::path json_ = folder_of_test_ / "rows.json";
};

TEST_F(EvaluateProgram, RescanFindsPairsByPersonAndSession) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  change(file("new-hospital", "new01"), folder_of_test_ / "again.nii.gz", 0.05, 0.02, false);
  core::write_file(folder_of_test_ / "scans.tsv", "path\tsubject\tsession\n" + file("new-hospital", "new01") +
                                                      "\ta\t1\nagain.nii.gz\ta\t2\n" +
                                                      file("new-hospital", "new02") + "\tb\t1\n" +
                                                      file("new-hospital", "new03") + "\tc\t1\n");
  const Finished done =
      evaluate("rescan --scans " + (folder_of_test_ / "scans.tsv").string() + " --reference " +
                   (scans() / "reference").string() + " --tsv " + (folder_of_test_ / "rows.tsv").string(),
               json_);
  ASSERT_EQ(done.status, 0) << done.output;
  EXPECT_TRUE(has(done.output, "1 people twice, real scans")) << done.output;
  EXPECT_GT(mean(rows_of(json_), "two-pass", "ratio"), 0.3);
  EXPECT_LT(mean(rows_of(json_), "histogram", "ratio"), 2.0);
  EXPECT_TRUE(has(core::read_file(folder_of_test_ / "rows.tsv"), "rescan\treal\t2\t2\thistogram\tratio\t"));
  expect_page(json_, "rescan");
  // Tables are written over, other files are not.
  core::write_file(folder_of_test_ / "notes.json", "{\"mine\": 1}");
  const Finished refused =
      evaluate("rescan --scans " + (scans() / "reference").string(), folder_of_test_ / "notes.json");
  EXPECT_EQ(refused.status, 2) << refused.output;
  // A page is written over an earlier page, not over other files, nor over a table of the same run.
  core::write_file(page_of(json_), "<!DOCTYPE html>\n<p>mine</p>\n");
  const Finished kept = evaluate("rescan --scans " + (scans() / "reference").string(), json_);
  EXPECT_EQ(kept.status, 2) << kept.output;
  EXPECT_TRUE(has(kept.output, "is no page of this command")) << kept.output;
  EXPECT_EQ(core::read_file(page_of(json_)), "<!DOCTYPE html>\n<p>mine</p>\n");
  fs::remove(page_of(json_));
  const Finished twice = evaluate("rescan --scans " + (scans() / "reference").string(), page_of(json_));
  EXPECT_EQ(twice.status, 2) << twice.output;
  EXPECT_TRUE(has(twice.output, "is the file of --json too")) << twice.output;
  const Finished none = evaluate("rescan --scans " + (scans() / "reference").string(), json_);
  EXPECT_EQ(none.status, 3) << none.output;
  EXPECT_TRUE(has(none.output, "two sessions")) << none.output;
}

TEST_F(EvaluateProgram, SitesLeavesOutWhatIsBroken) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  core::write_file(folder_of_test_ / "site.tsv",
                   "path\tsubject\nmissing.nii.gz\tgone\n" + file("new-hospital", "new01") + "\ta\n" +
                       file("new-hospital", "new02") + "\tb\n" + file("new-hospital", "new03") + "\tc\n");
  const std::string words = "sites --reference " + (scans() / "reference").string() + " --site " +
                            (folder_of_test_ / "site.tsv").string() + " --repeats 1 --people-site ";
  const Finished done = evaluate(words + "1", json_);
  ASSERT_EQ(done.status, 8) << done.output;
  EXPECT_TRUE(has(done.output, "missing.nii.gz")) << done.output;
  EXPECT_TRUE(has(done.output, "null: reference halves")) << done.output;
  EXPECT_GE(mean(rows_of(json_), "two-pass", "patch_auc"), 0.0);
  EXPECT_GT(mean(rows_of(json_), "two-pass", "patch_distance"), 0.0);
  expect_page(json_, "sites");
  const Finished few = evaluate(words + "4", json_);
  EXPECT_EQ(few.status, 3) << few.output;
  EXPECT_TRUE(has(few.output, "--people-site")) << few.output;
}

TEST_F(EvaluateProgram, ControlsCountRunsThatAreHeld) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const Finished done =
      evaluate("controls --scans " + (scans() / "reference").string() +
                   " --people-site 1 --repeats 1 --details " + (folder_of_test_ / "details.json").string(),
               json_);
  ASSERT_EQ(done.status, 0) << done.output;
  const config::Json rows = rows_of(json_);
  EXPECT_GT(mean(rows, "two-pass", "psnr_db"), 15.0);
  EXPECT_EQ(mean(rows, "two-pass", "unchanged"), 0.0);
  expect_page(json_, "controls");
  EXPECT_EQ(config::read_json(folder_of_test_ / "details.json").at("settings").at("held_db").as_number(),
            45.0);
}

TEST_F(EvaluateProgram, LongitudinalReadsLesionMasksOfATable) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const auto at = [&](const std::string& name) { return folder_of_test_ / name; };
  change(file("new-hospital", "new01"), at("one.nii.gz"), 0.0, 0.005, true, at("mask.nii.gz"));
  change(file("new-hospital", "new01"), at("two.nii.gz"), 0.05, 0.01, true);
  core::write_file(at("scans.tsv"),
                   "path\tsubject\tsession\tsite\tlesions\none.nii.gz\ta\t1\tx\tmask.nii.gz\n"
                   "two.nii.gz\ta\t2\tx\tmask.nii.gz\n");
  const std::string reference = " --reference " + (scans() / "reference").string();
  const Finished done = evaluate("longitudinal --scans " + at("scans.tsv").string() + reference, json_);
  ASSERT_EQ(done.status, 0) << done.output;
  EXPECT_NEAR(mean(rows_of(json_), "two-pass", "contrast_ratio_1"), 1.0, 0.5) << done.output;
  expect_page(json_, "longitudinal");
  const Finished bare =
      evaluate("longitudinal --scans " + (scans() / "new-hospital").string() + reference, json_);
  EXPECT_NE(bare.status, 0);
}

TEST_F(EvaluateProgram, BiasComparesTwoReconstructions) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  fs::create_directories(folder_of_test_ / "raw");
  fs::create_directories(folder_of_test_ / "flat");
  const std::string name = "sub-a_T1w.nii.gz";
  change(file("reference", "ref01"), folder_of_test_ / "raw" / name, 0.3, 0.0, false);
  change(file("reference", "ref01"), folder_of_test_ / "flat" / name, 0.0, 0.0, false);
  const Finished done =
      isoscan_program("evaluate bias --raw " + (folder_of_test_ / "raw").string() + " --normalised " +
                      (folder_of_test_ / "flat").string() + " --spacing 3 --cores 2 --json " +
                      json_.string() + " --page " + page_of(json_).string());
  ASSERT_EQ(done.status, 0) << done.output;
  EXPECT_GT(mean(rows_of(json_), "first pass", "explained"), 0.8);
  EXPECT_GT(mean(rows_of(json_), "none", "truth_sd"), 0.05);
  expect_page(json_, "bias");
}

TEST_F(EvaluateProgram, EveryHelpHasAnExample) {
  for (const char* name : {"travellers", "rescan", "sites", "controls", "longitudinal", "bias"}) {
    const Finished help = isoscan_program(std::string("evaluate ") + name + " --help");
    EXPECT_EQ(help.status, 0);
    EXPECT_TRUE(has(help.output, std::string("isoscan evaluate ") + name)) << help.output;
    for (const char* flag : {"--json", "--tsv", "--page", "--seed"})
      EXPECT_TRUE(has(help.output, flag)) << name << flag;
  }
}

}  // namespace
}  // namespace isoscan
