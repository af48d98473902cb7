/// @file The program as its user runs it, and one made-up cohort for all tests.
#pragma once

#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include <boost/filesystem.hpp>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "isoscan/core/digest.hpp"
#include "isoscan/test/support.hpp"

namespace isoscan {

namespace fs = boost::filesystem;

struct Finished {
  int status = -1;
  std::string output;  ///< stdout and stderr
};

inline Finished isoscan_program(const std::string& arguments) {
  Finished finished;
  FILE* pipe = ::popen((std::string(ISOSCAN_PROGRAM) + " " + arguments + " 2>&1 </dev/null").c_str(), "r");
  if (pipe == nullptr) return finished;
  char block[4096];
  while (const std::size_t got = std::fread(block, 1, sizeof block, pipe)) finished.output.append(block, got);
  const int status = ::pclose(pipe);
  finished.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return finished;
}

/// Digest by relative path of all files but the run log, the work folder and what says when and where things
/// were made.
inline std::map<std::string, std::string> digests(const fs::path& folder) {
  std::map<std::string, std::string> found;
  for (fs::recursive_directory_iterator at(folder), end; at != end; ++at) {
    if (at->path().filename() == ".isoscan" || at->path().filename() == "provenance") {
      at.disable_recursion_pending();
      continue;
    }
    if (!fs::is_regular_file(at->path()) || at->path().filename() == "run.jsonl") continue;
    found[fs::relative(at->path(), folder).string()] = core::sha256_file(at->path());
  }
  return found;
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// One cohort for all tests; the closed-form method, as training is tested in its own module.
class Program : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (demo_ != nullptr) return;  // one for all suites of the process
    folder_ = std::make_unique<test::TemporaryFolder>();
    demo_ = std::make_unique<Finished>(
        isoscan_program("demo --size tiny --method two-pass --cores 2 --out " + out().string()));
  }

  static fs::path out() { return folder_->path() / "demo"; }
  static fs::path harmonized() { return out() / "harmonized"; }
  static fs::path scans() { return out() / "scans"; }
  static std::string harmonize(const fs::path& where) {
    return "harmonize " + (scans() / "new-hospital").string() + " --reference " +
           (scans() / "reference").string() + " --method two-pass --cores 2 --out " + where.string();
  }

  /// An output folder whose work folder has the demo's results already, for what is not about computing them.
  static fs::path with_results(const fs::path& where) {
    const fs::path store = harmonized() / ".isoscan";
    for (fs::recursive_directory_iterator at(store), end; at != end; ++at) {
      const fs::path inner = fs::relative(at->path(), store);
      if (inner == "cohorts" || inner == "outputs") at.disable_recursion_pending();
      if (!fs::is_regular_file(at->path()) || !inner.has_parent_path()) continue;
      fs::create_directories((where / ".isoscan" / inner).parent_path());
      fs::create_hard_link(at->path(), where / ".isoscan" / inner);
    }
    return where;
  }

  static inline std::unique_ptr<test::TemporaryFolder> folder_;
  static inline std::unique_ptr<Finished> demo_;
};

}  // namespace isoscan
