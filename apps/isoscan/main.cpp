/// @file The program that a user starts. Commands that look at scans and runs and learn nothing run here;
/// every other is `isoscan-compute`'s, which lies beside this program and replaces it: LibTorch takes longer
/// to load, and more memory, than `convert` needs for a series (docs/decisions/2026-11-28-two-programs.md).
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <string_view>

#include <boost/filesystem.hpp>
#include <unistd.h>

#include "isoscan/core/error.hpp"

#include "processor_kernels.hpp"
#include "program.hpp"
#include "task_refusal.hpp"

namespace {

constexpr std::array<std::string_view, 10> kHere{"ingest", "convert", "report",     "review", "status",
                                                 "cancel", "verify",  "provenance", "gc",     "--version"};

int replace_by_compute(int argc, char** argv) {
  using namespace isoscan;
  try {
    app::set_kernels(argc, argv);
  } catch (const core::Error& error) {
    std::cerr << "isoscan: " << error.what() << '\n';
    // A node of a cluster: its tasks must find another.
    if (argc > 1 && argv[1] == std::string_view("task"))
      return app::run_program(argc, argv, {app::add_refusal});
    return core::exit_status(error.kind());
  }
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
  if (!here) return replace_by_compute(argc, argv);
  try {
    drop_kernels(argc, argv);
  } catch (const isoscan::core::Error& error) {
    std::cerr << "isoscan: " << error.what() << '\n';
    return isoscan::core::exit_status(error.kind());
  }
  return run_program(argc, argv,
                     {add_ingest, add_convert, add_report, add_review, add_status, add_cancel, add_verify,
                      add_provenance, add_gc});
}
