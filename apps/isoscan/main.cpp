/// @file The program that a user starts. Commands that look at scans and learn nothing run here; every other
/// is `isoscan-compute`'s, which lies beside this program and replaces it: LibTorch takes longer to load, and
/// more memory, than `convert` needs for a series (docs/decisions/2026-11-28-two-programs.md).
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <string_view>

#include <boost/filesystem.hpp>
#include <unistd.h>

#include "program.hpp"

namespace {

constexpr std::array<std::string_view, 4> kHere{"ingest", "convert", "report", "review"};

int replace_by_compute(char** argv) {
  boost::system::error_code error;
  const auto own = boost::filesystem::read_symlink("/proc/self/exe", error);
  const auto compute = own.parent_path() / "isoscan-compute";
  execv(compute.c_str(), argv);
  std::cerr << "isoscan: " << compute.string() << ": cannot be started (" << std::strerror(errno)
            << "); it belongs beside isoscan, build or install both\n";
  return 4;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace isoscan::app;
  const bool here = argc > 1 && std::find(kHere.begin(), kHere.end(), argv[1]) != kHere.end();
  if (!here) return replace_by_compute(argv);
  return run_program(argc, argv, {add_ingest, add_convert, add_report, add_review});
}
