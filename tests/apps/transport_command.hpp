/// @file `isoscan transport` on two samples of the plane, as its user runs it.
#pragma once

#include <csignal>
#include <iterator>
#include <string>
#include <vector>

#include <unistd.h>

#include "isoscan/core/files.hpp"
#include "isoscan/core/npy.hpp"
#include "isoscan/core/random.hpp"

#include "program.hpp"

namespace isoscan {

/// Two samples of the plane and the truth between them: the target's law is the source's, shifted and
/// stretched.
class TransportCommand : public testing::Test {
 protected:
  static constexpr std::int64_t kRows = 600;

  void SetUp() override {
    core::Random random(5);
    std::vector<float> x(2 * kRows);
    std::vector<float> y(2 * kRows);
    std::vector<float> truth(2 * kRows);
    for (float& v : x) v = static_cast<float>(random.normal());
    for (float& v : y) v = static_cast<float>(random.normal());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float shift = i % 2 == 0 ? 4.0F : -1.0F;
      y[i] = shift + (i % 2 == 0 ? 2.0F : 0.5F) * y[i];
      truth[i] = shift + (i % 2 == 0 ? 2.0F : 0.5F) * x[i];
    }
    core::write_npy(folder_ / "x.npy", core::Tensor::of({kRows, 2}, x));
    core::write_npy(folder_ / "y.npy", core::Tensor::of({kRows, 2}, y));
    core::write_npy(folder_ / "truth.npy", core::Tensor::of({kRows, 2}, truth));
  }

  [[nodiscard]] std::string at(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] std::string pair() const { return " --source " + at("x.npy") + " --target " + at("y.npy"); }
  [[nodiscard]] Finished fit(const std::string& out, const std::string& more) const {
    return isoscan_program("transport fit" + pair() + " --out " + at(out) + " " + more);
  }
  /// stdout alone.
  [[nodiscard]] std::string data_of(const std::string& arguments) const {
    (void)isoscan_program(arguments + " > " + at("stdout") + " 2> " + at("stderr") + "; true");
    return core::read_file(folder_ / "stdout");
  }

  [[nodiscard]] std::string bytes(const std::string& name) const { return core::read_file(folder_ / name); }
  /// How many files and folders there are.
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()));
  }
  /// A table of `columns` columns, row after row.
  void write(const std::string& name, const std::vector<float>& values, std::int64_t columns) const {
    const auto rows = static_cast<std::int64_t>(values.size()) / columns;
    core::write_npy(folder_ / name, core::Tensor::of({rows, columns}, values));
  }
  /// Waits until a file is there; false after a minute without it.
  [[nodiscard]] static bool appears(const fs::path& file) {
    for (int i = 0; i < 6000 && !fs::exists(file); ++i) ::usleep(10'000);
    return fs::exists(file);
  }
  /// Starts the program and lets it run.
  [[nodiscard]] static pid_t start(const std::string& arguments) {
    const std::string command = "exec " + std::string(ISOSCAN_PROGRAM) + " " + arguments;
    const pid_t child = ::fork();
    if (child != 0) return child;
    (void)!std::freopen("/dev/null", "w", stderr);
    ::execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  /// Ctrl-C; the exit status, or -1.
  [[nodiscard]] static int interrupt(pid_t child) {
    int status = 0;
    ::kill(child, SIGINT);
    return ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  test::TemporaryFolder folder_;
};

}  // namespace isoscan
