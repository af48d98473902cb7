// A second, unchanged run touches nothing but its log.
#include <sys/stat.h>

#include "program.hpp"

namespace isoscan {
namespace {

/// Nanoseconds of the last change by relative path, of all but the log, the work folder's folders (staging
/// comes and goes) and its memory of source digests, which may learn of files that were too fresh before.
std::map<std::string, std::int64_t> times(const fs::path& folder) {
  std::map<std::string, std::int64_t> found;
  for (fs::recursive_directory_iterator at(folder), end; at != end; ++at) {
    const std::string name = fs::relative(at->path(), folder).string();
    const bool in_work = name.starts_with(".isoscan");
    if (name == "run.jsonl" || name == ".isoscan/source-digests.txt") continue;
    if (in_work && fs::is_directory(at->path())) continue;
    struct stat status {};
    if (::lstat(at->path().c_str(), &status) != 0) continue;
    found[name] = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
  }
  return found;
}

TEST_F(Program, ASecondRunLeavesTimesAlone) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const fs::path where = with_results(folder_->path() / "twice");
  ASSERT_EQ(isoscan_program(harmonize(where)).status, 0);
  const auto before = times(where);
  EXPECT_GT(before.size(), 20U);
  ASSERT_EQ(isoscan_program(harmonize(where)).status, 0);
  EXPECT_EQ(times(where), before);
  // And a change is written: the report and manifest of another bound are others.
  ASSERT_EQ(isoscan_program(harmonize(where) + " --bound 0.01").status, 0);
  const auto after = times(where);
  EXPECT_NE(after.at("manifest.json"), before.at("manifest.json"));
  EXPECT_NE(after.at("reports/index.html"), before.at("reports/index.html"));
  EXPECT_EQ(after.at("reference.isoref"), before.at("reference.isoref"));
}

TEST_F(Program, LearningTwiceLeavesTheModelAlone) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const test::TemporaryFolder folder;
  const std::string learn = "adapt " + (scans() / "new-hospital").string() + " --reference " +
                            (harmonized() / "reference.isoref").string() +
                            " --method two-pass --cores 2 --out " + (folder / "new.isosite").string();
  ASSERT_EQ(isoscan_program(learn).status, 0);
  struct stat before {};
  ASSERT_EQ(::stat((folder / "new.isosite").c_str(), &before), 0);
  ASSERT_EQ(isoscan_program(learn).status, 0);
  struct stat after {};
  ASSERT_EQ(::stat((folder / "new.isosite").c_str(), &after), 0);
  EXPECT_EQ(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
  EXPECT_EQ(after.st_ino, before.st_ino);
}

}  // namespace
}  // namespace isoscan
