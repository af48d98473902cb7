// The program as its user runs it: one made-up cohort, then what people do to it.
#include "program.hpp"

#include <csignal>
#include <cstdio>
#include <map>
#include <string>

#include <boost/filesystem.hpp>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "isoscan/config/json.hpp"
#include "isoscan/config/schema.hpp"
#include "isoscan/core/digest.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/version.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/test/support.hpp"

namespace isoscan {
namespace {

TEST_F(Program, DemoMakesVolumesSidecarsReportsAndAManifest) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  for (const char* person : {"new01", "new02", "new03"}) {
    const fs::path stem = harmonized() / ("sub-" + std::string(person)) / "anat";
    const fs::path volume = stem / ("sub-" + std::string(person) + "_desc-harmonized_T1w.nii.gz");
    ASSERT_TRUE(fs::exists(volume)) << volume;
    const core::Volume before = io::read_nifti(scans() / "new-hospital" / ("sub-" + std::string(person)) /
                                               "anat" / ("sub-" + std::string(person) + "_T1w.nii.gz"))
                                    .volume;
    const core::Volume after = io::read_nifti(volume).volume;
    EXPECT_TRUE(before.grid == after.grid);
    // The corner is air: as it was, bit for bit; and something in the head changed.
    EXPECT_EQ(before.voxels.front(), after.voxels.front());
    EXPECT_NE(before.voxels, after.voxels);
    const config::Json sidecar =
        config::read_json(stem / ("sub-" + std::string(person) + "_desc-harmonized_T1w.json"));
    EXPECT_EQ(sidecar.at("HarmonizationMethod").as_string(), "two-pass");
    EXPECT_EQ(sidecar.at("OutputSha256").as_string(), core::sha256_file(volume));
    EXPECT_TRUE(fs::exists(harmonized() / "reports" / ("sub-" + std::string(person) + ".html")));
    const config::Json status = config::read_json(
        harmonized() / "status" / ("sub-" + std::string(person) + ".json"), config::Schema::Status);
    EXPECT_EQ(status.at("state").as_string(), "ok");
  }
  EXPECT_TRUE(fs::exists(harmonized() / "reports" / "index.html"));
  const config::Json manifest = config::read_json(harmonized() / "manifest.json", config::Schema::Manifest);
  for (const config::Json& output : manifest.at("outputs").items()) {
    EXPECT_EQ(core::sha256_file(harmonized() / output.at("path").as_string()),
              output.at("sha256").as_string());
  }
  // No way to this machine's folders in anything that may travel.
  for (const auto& [path, digest] : digests(harmonized())) {
    if (has(path, ".nii.gz")) continue;
    EXPECT_FALSE(has(core::read_file(harmonized() / path), folder_->path().string())) << path;
  }
}

TEST_F(Program, RunningAgainDoesNothingAndSaysWhy) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const auto before = digests(harmonized());
  const Finished again = isoscan_program(harmonize(harmonized()));
  EXPECT_EQ(again.status, 0) << again.output;
  EXPECT_TRUE(has(again.output, "nothing to do")) << again.output;
  EXPECT_EQ(digests(harmonized()), before);
}

TEST_F(Program, TheSameRunElsewhereGivesTheSameBytes) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const Finished other = isoscan_program(harmonize(folder_->path() / "other"));
  ASSERT_EQ(other.status, 0) << other.output;
  EXPECT_EQ(digests(folder_->path() / "other"), digests(harmonized()));
}

TEST_F(Program, ChangingTheBoundRedoesOnlyWhatDependsOnIt) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const Finished plan = isoscan_program(harmonize(harmonized()) + " --bound 0.01 --dry-run");
  EXPECT_EQ(plan.status, 0);
  EXPECT_TRUE(has(plan.output, "bound 0.4 -> 0.01")) << plan.output;
  const fs::path where = with_results(folder_->path() / "bounded");
  ASSERT_EQ(isoscan_program(harmonize(where)).status, 0);
  const Finished run = isoscan_program(harmonize(where) + " --bound 0.01");
  ASSERT_EQ(run.status, 0) << run.output;
  // Three scans: apply, measure and page run again; nothing before them does.
  EXPECT_TRUE(has(run.output, "9 steps ran")) << run.output;
  const Finished explained = isoscan_program("explain " + where.string());
  EXPECT_EQ(explained.status, 0) << explained.output;
}

TEST_F(Program, StepsGiveTheSameAsTheOneCommand) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const fs::path where = folder_->path() / "steps";
  with_results(where);
  with_results(where / "package");
  // Not beside the site model: found where adapt read it.
  const fs::path package = where / "package" / "ours.isoref";
  ASSERT_EQ(isoscan_program("reference " + (scans() / "reference").string() + " --cores 2 --out " +
                            package.string())
                .status,
            0);
  ASSERT_EQ(isoscan_program("adapt " + (scans() / "new-hospital").string() +
                            " --cores 2 --method two-pass --reference " + package.string() + " --out " +
                            (where / "new.isosite").string())
                .status,
            0);
  const Finished applied =
      isoscan_program("apply " + (scans() / "new-hospital").string() + " --cores 2 --site " +
                      (where / "new.isosite").string() + " --out " + (where / "out").string());
  ASSERT_EQ(applied.status, 0) << applied.output;
  const std::string volume = "sub-new01/anat/sub-new01_desc-harmonized_T1w.nii.gz";
  // The method is the model's, whatever the command's default is; and what a first run left in a folder stays
  // there.
  const Finished later =
      isoscan_program("apply " + (scans() / "new-hospital" / "sub-new02").string() + " --cores 2 --site " +
                      (where / "new.isosite").string() + " --out " + (where / "out").string());
  ASSERT_EQ(later.status, 0) << later.output;
  EXPECT_EQ(config::read_json(where / "out" / "manifest.json").at("config").at("method").as_string(),
            "two-pass");
  EXPECT_TRUE(fs::exists(where / "out" / volume));
  EXPECT_EQ(core::sha256_file(where / "out" / volume), core::sha256_file(harmonized() / volume));
  for (const fs::path& file : {package, where / "new.isosite", where / "out", harmonized() / volume}) {
    const Finished info = isoscan_program("info " + file.string());
    EXPECT_EQ(info.status, 0) << info.output;
    EXPECT_TRUE(has(info.output, "kind: ")) << info.output;
  }
}

TEST_F(Program, ABrokenFileNeverStopsTheOthers) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const fs::path mixed = folder_->path() / "mixed";
  fs::create_directories(mixed);
  const fs::path good = scans() / "new-hospital" / "sub-new01" / "anat" / "sub-new01_T1w.nii.gz";
  const std::string bytes = core::read_file(good);
  core::write_file(mixed / "good_T1w.nii.gz", bytes);
  core::write_file(mixed / "cut_T1w.nii.gz", bytes.substr(0, bytes.size() / 2));
  core::write_file(mixed / "notes.txt", "no scan");
  const Finished run = isoscan_program(
      "harmonize " + mixed.string() + " --reference " + (harmonized() / "reference.isoref").string() +
      " --method two-pass --cores 2 --out " + (folder_->path() / "mixed-out").string());
  EXPECT_EQ(run.status, 8) << run.output;
  EXPECT_TRUE(has(run.output, "cut")) << run.output;
  EXPECT_TRUE(fs::exists(folder_->path() / "mixed-out" / "sub-good" / "anat" /
                         "sub-good_desc-harmonized_T1w.nii.gz"));
  bool failed = false;
  for (const auto& entry : fs::directory_iterator(folder_->path() / "mixed-out" / "status")) {
    const config::Json status = config::read_json(entry.path(), config::Schema::Status);
    if (status.at("state").as_string() == "failed")
      failed = failed || has(status.at("scan").as_string(), "cut");
  }
  EXPECT_TRUE(failed);
}

TEST_F(Program, StoppedInTheMiddleItGoesOnToTheSameBytes) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const fs::path where = folder_->path() / "stopped";
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    (void)!std::freopen("/dev/null", "w", stderr);
    ::execl("/bin/sh", "sh", "-c", ("exec " + std::string(ISOSCAN_PROGRAM) + " " + harmonize(where)).c_str(),
            static_cast<char*>(nullptr));
    ::_exit(127);
  }
  // Once the first result is in the store there is more to do: stop it there.
  const fs::path survey = where / ".isoscan" / "survey";
  for (int wait = 0; wait < 600 && !fs::exists(survey); ++wait) ::usleep(50'000);
  ::usleep(300'000);
  ::kill(child, SIGINT);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  EXPECT_FALSE(fs::exists(where / "manifest.json"));
  for (fs::recursive_directory_iterator at(where), end; at != end; ++at) {
    EXPECT_FALSE(has(at->path().filename().string(), ".partial-")) << at->path();
  }
  const Finished again = isoscan_program(harmonize(where));
  EXPECT_EQ(again.status, 0) << again.output;
  EXPECT_FALSE(has(again.output, " 0 were done before")) << again.output;
  EXPECT_EQ(digests(where), digests(harmonized()));
}

TEST_F(Program, OriginalsStayUntouched) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const fs::path ours = scans() / "new-hospital";
  const auto before = digests(ours);
  const std::string where = " --out " + ours.string();
  EXPECT_EQ(isoscan_program("convert " + ours.string() + where).status, 2);
  EXPECT_EQ(isoscan_program("harmonize " + ours.string() + " --reference " +
                            (scans() / "reference").string() + where)
                .status,
            2);
  // Nor does a package, a table or the store go where a scan is.
  const std::string reference = (scans() / "reference").string();
  const std::string scan = (ours / "sub-new01/anat/sub-new01_T1w.nii.gz").string();
  const std::string package = (harmonized() / "reference.isoref").string();
  const std::string kept = core::read_file(package);
  const std::string study = (folder_->path() / "study").string();
  ASSERT_EQ(isoscan_program("ingest " + ours.string() + " --out " + study).status, 0);
  const std::string table = (folder_->path() / "table.tsv").string();
  core::write_file(table, "path\n" + scan + "\n");
  const std::string text = (folder_->path() / "notes.isoref").string();
  core::write_file(text, "mine");
  for (const std::string& line :
       {"reference " + reference + " --out " + scan,
        "adapt " + ours.string() + " --reference " + package + " --out " + scan,
        "adapt " + ours.string() + " --reference " + package + " --out " + package,
        "evaluate travellers --scans " + ours.string() + " --json " + scan,
        "evaluate travellers --scans " + ours.string() + " --page " + scan,
        "harmonize " + ours.string() + " --reference " + reference + " --out " + reference,
        "harmonize " + ours.string() + " --reference " + package + " --out " + (ours / "out").string(),
        "convert " + ours.string() + " --out " + (ours / "out").string(),
        "convert " + study + " --out " + study,
        "convert " + study + " --out " + study + "/out",
        "convert " + study + " --out " + (ours / "out").string(),
        "harmonize " + study + " --reference " + package + " --out " + (ours / "out").string(),
        "harmonize " + study + " --reference " + package + " --dicom-out " + (ours / "out").string() +
            " --out " + (folder_->path() / "w").string(),
        "convert " + table + " --out " + (ours / "sub-new01").string(),
        "harmonize " + study + " --reference " + package + " --work " + (ours / "w").string() + " --out " +
            (folder_->path() / "w").string(),
        "harmonize " + table + " --reference " + package + " --work " + (ours / "sub-new01/anat").string() +
            " --out " + (folder_->path() / "w").string(),
        "reference " + ours.string() + " --out " + (ours / "x.isoref").string(),
        "reference " + ours.string() + " --out " + text,
        "harmonize " + scan + " --reference " + study + " --out " + (ours / "out").string(),
        "harmonize " + study + " --dry-run --reference " + package + " --out " + (ours / "out").string(),
        "harmonize " + ours.string() + " --reference " + package + " --out " +
            (folder_->path() / "w").string() + " --work " + (ours / "sub-new01/store").string(),
        "harmonize " + ours.string() + " --reference " +
            (harmonized() / "sites/new-hospital.isosite").string() + " --out " +
            (folder_->path() / "w").string()}) {
    const Finished run = isoscan_program(line);
    EXPECT_EQ(run.status, 2) << line << '\n' << run.output;
  }
  EXPECT_EQ(core::read_file(package), kept);
  EXPECT_EQ(digests(ours), before);
}

TEST_F(Program, FoldersOfDicomAreNotNamed) {
  const test::TemporaryFolder folder;
  core::write_file(folder / "in/DOE^JOHN/IM1.dcm",
                   std::string(128, '\0') + "DICM" + std::string(400, '\x7f'));
  const Finished run =
      isoscan_program("convert " + (folder / "in").string() + " --out " + (folder / "out").string());
  EXPECT_EQ(run.status, 3) << run.output;
  int seen = 0;
  for (const auto& entry : fs::directory_iterator(folder / "out/status")) {
    ++seen;
    EXPECT_FALSE(has(entry.path().string() + core::read_file(entry.path()), "DOE"));
  }
  EXPECT_EQ(seen, 1);
}

TEST_F(Program, ABrokenReferenceScanIsTold) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const test::TemporaryFolder folder;
  for (const char* person : {"ref01", "ref02"}) {
    const std::string name = "sub-" + std::string(person) + "_T1w.nii.gz";
    core::write_file(folder / ("reference/" + name),
                     core::read_file(scans() / "reference" / ("sub-" + std::string(person)) / "anat" / name));
  }
  const std::string good = core::read_file(folder / "reference/sub-ref01_T1w.nii.gz");
  core::write_file(folder / "reference/sub-cut_T1w.nii.gz", good.substr(0, good.size() / 2));
  const Finished run = isoscan_program("harmonize " + (scans() / "new-hospital" / "sub-new01").string() +
                                       " --reference " + (folder / "reference").string() +
                                       " --method none --cores 2 --out " + (folder / "out").string());
  EXPECT_EQ(run.status, 8) << run.output;
  EXPECT_TRUE(has(core::read_file(folder / "out/reports/index.html"), "sub-cut"));
}

TEST_F(Program, ConvertKeepsVoxelsAndPlaces) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const fs::path converted = folder_->path() / "converted";
  const Finished run =
      isoscan_program("convert " + (scans() / "new-hospital").string() + " --out " + converted.string());
  ASSERT_EQ(run.status, 0) << run.output;
  const core::Volume before =
      io::read_nifti(scans() / "new-hospital" / "sub-new02" / "anat" / "sub-new02_T1w.nii.gz").volume;
  const core::Volume after = io::read_nifti(converted / "sub-new02" / "anat" / "sub-new02_T1w.nii.gz").volume;
  EXPECT_TRUE(before.grid == after.grid);
  EXPECT_EQ(before.voxels, after.voxels);
}

TEST(Usage, MistakesGiveOneLineAndTheDocumentedStatus) {
  EXPECT_EQ(isoscan_program("--help").status, 0);
  EXPECT_EQ(isoscan_program("harmonize --help").status, 0);
  const Finished version = isoscan_program("--version");
  EXPECT_EQ(version.status, 0);
  EXPECT_TRUE(has(version.output, core::software())) << version.output;
  EXPECT_EQ(isoscan_program("").status, 2);
  EXPECT_EQ(isoscan_program("harmonize").status, 2);
  const Finished unknown = isoscan_program("harmonise x");
  EXPECT_EQ(unknown.status, 2);
  EXPECT_TRUE(has(unknown.output, "no command \"harmonise\"; there are demo, ")) << unknown.output;
  const Finished nameless = isoscan_program("convert /tmp --out ''");
  EXPECT_EQ(nameless.status, 2);
  EXPECT_TRUE(has(nameless.output, "--out: is empty")) << nameless.output;
  const test::TemporaryFolder folder;
  const Finished missing = isoscan_program("convert /no/such/folder --out " + (folder / "o").string());
  EXPECT_EQ(missing.status, 4) << missing.output;
  EXPECT_TRUE(has(missing.output, "/no/such/folder")) << missing.output;
  core::write_file(folder / "bad.json", "{\"bond\": 0.3}");
  const Finished bad =
      isoscan_program("harmonize " + folder.path().string() + " --reference x.isoref --out " +
                      (folder / "o").string() + " --config " + (folder / "bad.json").string());
  EXPECT_EQ(bad.status, 2) << bad.output;
  EXPECT_TRUE(has(bad.output, "did you mean 'bound'")) << bad.output;
  const Finished method =
      isoscan_program("harmonize " + folder.path().string() + " --reference x.isoref --out " +
                      (folder / "o").string() + " --method enott");
  EXPECT_EQ(method.status, 2) << method.output;
  fs::create_directories(folder / "empty");
  const Finished empty =
      isoscan_program("convert " + (folder / "empty").string() + " --out " + (folder / "o").string());
  EXPECT_EQ(empty.status, 3) << empty.output;
}

}  // namespace
}  // namespace isoscan
