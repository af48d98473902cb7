/// @file The program against the table of damage (tests/bad_input/damage.tsv), as its user runs it: one line
/// for each thing that is wrong, a status file, the exit status, bounded memory, nothing left over, originals
/// untouched.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "isoscan/config/json.hpp"
#include "isoscan/config/schema.hpp"
#include "isoscan/core/files.hpp"

#include "program.hpp"
#include "table.hpp"

namespace isoscan {
namespace {

using bad_input::Case;

// The program itself takes some 30 MB; the dearest case holds a deflated data set of 60 MB twice.
constexpr long kMostPeakMb = 200;

struct Ended {
  int status = -1;
  long peak_mb = 0;
  std::string output;
};

/// Runs the program alone in a child, so that its peak memory is its own; as nobody where asked for.
Ended run(const std::vector<std::string>& words, const fs::path& log, bool as_nobody) {
  const pid_t child = ::fork();
  if (child == 0) {
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    const int in = ::open("/dev/null", O_RDONLY);
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(out, 2);
    if (as_nobody && ::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(99);
    std::vector<char*> arguments{const_cast<char*>(ISOSCAN_PROGRAM)};
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv(ISOSCAN_PROGRAM, arguments.data());
    ::_exit(98);
  }
  int status = 0;
  struct rusage used {};
  ::wait4(child, &status, 0, &used);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), used.ru_maxrss / 1024,
          core::read_file(log)};
}

/// Times of change, sizes and modes of all files below.
std::map<std::string, std::string> state_of(const fs::path& folder) {
  std::map<std::string, std::string> state;
  for (fs::recursive_directory_iterator at(folder), end; at != end; ++at) {
    struct stat facts {};
    if (::lstat(at->path().c_str(), &facts) != 0) continue;
    state[at->path().string()] = std::to_string(facts.st_mtim.tv_sec) + "." +
                                 std::to_string(facts.st_mtim.tv_nsec) + " " + std::to_string(facts.st_size) +
                                 " " + std::to_string(facts.st_mode);
  }
  return state;
}

/// Names below OUT that a finished run may not leave.
std::set<std::string> left_over(const fs::path& out) {
  std::set<std::string> names;
  if (!fs::exists(out)) return names;
  for (const auto& entry : fs::recursive_directory_iterator(out)) {
    if (fs::is_directory(entry.path())) continue;
    const std::string name = entry.path().string().substr(out.string().size());
    if (name.find("partial") != std::string::npos || name.find("staging") != std::string::npos)
      names.insert(name);
  }
  return names;
}

struct Statuses {
  std::map<std::string, int> count;  ///< by state
  std::string reasons;
};

Statuses statuses(const fs::path& out) {
  Statuses all;
  if (!fs::is_directory(out / "status")) return all;
  for (const auto& entry : fs::directory_iterator(out / "status")) {
    const config::Json status = config::read_json(entry.path(), config::Schema::Status);
    ++all.count[status.at("state").as_string()];
    all.reasons += status.at("reason").as_string() + "\n";
  }
  return all;
}

/// Each line has letters enough to say something, and no control character.
void expect_lines(const std::string& output) {
  for (const char c : output) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << output;
}

class DamagedScans : public testing::TestWithParam<Case> {};

TEST_P(DamagedScans, AreConvertedRefusedOrSkippedAloud) {
  const Case& row = GetParam();
  const test::TemporaryFolder folder;
  ::chmod(folder.path().c_str(), 0777);
  const fs::path scans = bad_input::lay(row.damage, folder / "scans");
  const auto before = state_of(folder / "scans");
  const fs::path out = folder / "out";
  const Ended run_ = run({"convert", scans.string(), "--out", out.string(), "--cores", "1"}, folder / "log",
                         bad_input::needs_another_user(row.damage));
  EXPECT_EQ(run_.status, row.convert) << run_.output;
  EXPECT_LT(run_.peak_mb, kMostPeakMb) << run_.output;
  expect_lines(run_.output);
  EXPECT_EQ(state_of(folder / "scans"), before) << "the originals were touched";
  EXPECT_EQ(left_over(out), std::set<std::string>{});
  const Statuses told = statuses(out);
  EXPECT_EQ(told.count.count("ok") > 0 ? told.count.at("ok") : 0, row.scans) << run_.output;
  EXPECT_EQ(told.reasons.find(folder.path().string()), std::string::npos)
      << "an absolute path: " << told.reasons;
  if (row.outcome == "refused") {
    EXPECT_TRUE(has(run_.output, row.words)) << run_.output;
    EXPECT_TRUE(row.scans == 0 || has(told.reasons, row.words)) << told.reasons;
  } else if (row.outcome == "skipped") {
    EXPECT_TRUE(has(told.reasons, row.words)) << told.reasons;
  }
}

INSTANTIATE_TEST_SUITE_P(Table, DamagedScans, testing::ValuesIn(bad_input::cases()),
                         [](const testing::TestParamInfo<Case>& row) {
                           std::string name = row.param.damage;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

/// All damage in one tree, between good scans: the good ones come through.
class DamagedTree : public Program {};

TEST_F(DamagedTree, DoesNotKeepTheGoodScansFromBeingHarmonized) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const test::TemporaryFolder folder;
  ::chmod(folder.path().c_str(), 0777);
  int broken_cases = 0;
  for (const Case& row : bad_input::cases()) {
    if (row.damage.starts_with("table-") || row.damage == "nothing" ||
        bad_input::needs_another_user(row.damage))
      continue;
    (void)bad_input::lay(row.damage, folder / "scans" / row.damage);
    broken_cases += row.outcome == "refused" ? 1 : 0;
  }
  for (const char* id : {"new01", "new02"}) {
    const std::string person = std::string("sub-") + id;
    fs::create_directories(folder / "scans" / person / "anat");
    fs::copy_file(scans() / "new-hospital" / person / "anat" / (person + "_T1w.nii.gz"),
                  folder / "scans" / person / "anat" / (person + "_T1w.nii.gz"));
  }
  const auto before = state_of(folder / "scans");
  const Ended run_ = run(
      {"harmonize", (folder / "scans").string(), "--reference", (harmonized() / "reference.isoref").string(),
       "--method", "two-pass", "--cores", "1", "--out", with_results(folder / "out").string()},
      folder / "log", false);
  EXPECT_EQ(run_.status, 8) << run_.output;
  expect_lines(run_.output);
  EXPECT_LT(run_.peak_mb, 1500) << run_.output;
  EXPECT_EQ(state_of(folder / "scans"), before) << "the originals were touched";
  EXPECT_EQ(left_over(folder / "out"), std::set<std::string>{});
  Statuses told = statuses(folder / "out");
  EXPECT_EQ(told.count["ok"], 2) << run_.output;
  EXPECT_GE(told.count["failed"] + told.count["refused"], broken_cases) << told.reasons;
  EXPECT_EQ(told.reasons.find(folder.path().string()), std::string::npos) << told.reasons;
}

}  // namespace
}  // namespace isoscan
