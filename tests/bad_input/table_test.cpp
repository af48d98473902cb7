/// @file The readers against the table of damage, one case at a time.
#include "table.hpp"

#include <algorithm>
#include <map>

#include <boost/filesystem.hpp>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/test/support.hpp"

namespace isoscan::bad_input {
namespace {

namespace fs = boost::filesystem;

/// For root nothing is unreadable: as somebody else while it lives.
class AsNobody {
 public:
  explicit AsNobody(bool wanted) : changed_(wanted && ::geteuid() == 0 && ::seteuid(65534) == 0) {}
  ~AsNobody() {
    if (changed_ && ::seteuid(0) != 0) std::abort();
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  bool changed_;
};

struct Came {
  int scans = 0;
  std::string said, skipped, refused;  ///< notes and warnings, reasons, reasons; a line each
};

/// All that becomes of SCANS.
Came what_came_of(const fs::path& scans, const fs::path& folder) {
  Came came;
  const auto line = [&](std::string& to, const std::string& text) {
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    to += text + '\n';
  };
  try {
    const io::ScanList list = io::find_scans(scans, {});
    for (const io::SetAside& input : list.set_aside) {
      line(input.broken ? came.refused : came.skipped, input.reason);
      EXPECT_EQ(input.reason.find(folder.string()), std::string::npos)
          << "an absolute path: " << input.reason;
    }
    for (const std::string& warning : list.warnings) line(came.said, warning);
    if (list.scans.empty() && list.set_aside.empty()) line(came.refused, "holds no scan");
    for (const io::ScanSource& scan : list.scans) {
      try {
        const io::LoadedScan loaded = io::read_scan(scan);
        EXPECT_EQ(loaded.volume.voxels.size(), loaded.volume.grid.voxel_count());
        for (const std::string& note : loaded.notes) line(came.said, note);
        for (const std::string& warning : loaded.warnings) line(came.said, warning);
        ++came.scans;
      } catch (const core::Error& error) {
        EXPECT_NE(error.kind(), core::ErrorKind::Internal) << error.what();
        line(came.refused, error.what());
      }
    }
  } catch (const core::Error& error) {
    EXPECT_NE(error.kind(), core::ErrorKind::Internal) << error.what();
    line(came.refused, error.what());
  }
  return came;
}

void expect_outcome(const Came& came, const std::string& outcome, const std::string& words) {
  const std::string all = "said:\n" + came.said + "skipped:\n" + came.skipped + "refused:\n" + came.refused;
  const auto in = [&](const std::string& text) { return text.find(words) != std::string::npos; };
  if (outcome == "refused") {
    EXPECT_TRUE(in(came.refused)) << words << "\n" << all;
    return;
  }
  EXPECT_EQ(came.refused, "") << all;
  if (outcome == "skipped") {
    EXPECT_TRUE(in(came.skipped)) << words << "\n" << all;
  } else if (outcome == "repaired") {
    EXPECT_TRUE(in(came.said) || in(came.skipped)) << words << "\n" << all;
  } else {
    EXPECT_EQ(outcome, "read") << "no such outcome";
    EXPECT_TRUE(in(came.said)) << words << "\n" << all;
  }
}

/// Size, time of change and digest of each file below: what must not change.
std::map<std::string, std::string> state_of(const fs::path& folder) {
  std::map<std::string, std::string> state;
  for (fs::recursive_directory_iterator at(folder), end; at != end; ++at) {
    struct stat facts {};
    if (::lstat(at->path().c_str(), &facts) != 0) continue;
    std::string text = std::to_string(facts.st_mtim.tv_sec) + "." + std::to_string(facts.st_mtim.tv_nsec) +
                       " " + std::to_string(facts.st_size) + " " + std::to_string(facts.st_mode);
    if (S_ISREG(facts.st_mode) && facts.st_size < (1 << 26)) text += " " + core::sha256_file(at->path());
    state[at->path().string()] = text;
  }
  return state;
}

class Damage : public testing::TestWithParam<Case> {};

TEST_P(Damage, BecomesWhatTheTableSays) {
  const Case& row = GetParam();
  const test::TemporaryFolder folder;
  const fs::path scans = lay(row.damage, folder / "scans");
  const auto before = state_of(folder.path());
  const Came came = [&] {
    const AsNobody nobody(needs_another_user(row.damage));
    return what_came_of(scans, folder.path());
  }();
  EXPECT_EQ(came.scans, row.scans) << came.refused << came.skipped;
  expect_outcome(came, row.outcome, row.words);
  EXPECT_EQ(state_of(folder.path()), before) << "the originals were touched";
}

std::string test_name(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Table, Damage, testing::ValuesIn(cases()),
                         [](const testing::TestParamInfo<Case>& row) { return test_name(row.param.damage); });

class RealFile : public testing::TestWithParam<SharedFile> {};

TEST_P(RealFile, BecomesWhatTheTableSays) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const SharedFile& row = GetParam();
  const test::TemporaryFolder folder;
  fs::create_directories(folder / "scans");
  fs::copy_file(data / "bad" / row.file, folder / "scans" / row.file);
  const Came came = what_came_of(folder / "scans", folder.path());
  EXPECT_EQ(came.scans, row.outcome == "read" || row.outcome == "repaired" ? 1 : 0);
  expect_outcome(came, row.outcome, row.words);
}

INSTANTIATE_TEST_SUITE_P(Shared, RealFile, testing::ValuesIn(shared_files()),
                         [](const testing::TestParamInfo<SharedFile>& row) {
                           return test_name(row.param.file);
                         });

TEST(RealFiles, AreAllInTheTable) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const auto table = shared_files();
  for (const auto& entry : fs::directory_iterator(data / "bad")) {
    const std::string name = entry.path().filename().string();
    EXPECT_TRUE(std::any_of(table.begin(), table.end(), [&](const SharedFile& f) { return f.file == name; }))
        << name;
  }
}

/// docs/bad-input.md shows the same table to people.
TEST(Page, ShowsEveryLineOfTheTable) {
  const std::string page = core::read_file(ISOSCAN_SOURCE_DIR "/docs/bad-input.md");
  for (const Case& row : cases()) {
    const std::string line = "| " + row.what + " | " + row.outcome + " | " + row.words + " | " +
                             std::to_string(row.convert) + " |\n";
    EXPECT_NE(page.find(line), std::string::npos) << "missing: " << line;
  }
  for (const SharedFile& row : shared_files()) {
    const std::string line = "| `" + row.file + "` | " + row.outcome + " | " + row.words + " |\n";
    EXPECT_NE(page.find(line), std::string::npos) << "missing: " << line;
  }
}

}  // namespace
}  // namespace isoscan::bad_input
