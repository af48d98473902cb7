#include "isoscan/core/append_file.hpp"

#include <fstream>
#include <thread>

#include <boost/filesystem.hpp>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/test/support.hpp"

namespace isoscan::core {
namespace {

unsigned mode_of(const boost::filesystem::path& path) {
  struct stat about {};
  EXPECT_EQ(::stat(path.c_str(), &about), 0);
  return about.st_mode & 0777U;
}

TEST(AppendFile, GrowsIsCutAndReadAgain) {
  const test::TemporaryFolder folder;
  make_private_folder(folder / "a/private");
  EXPECT_EQ(mode_of(folder / "a/private"), 0700U);
  {
    AppendFile file(folder / "a/private/log");
    file.append("hello ");
    file.append("world");
    file.cut(8);
    EXPECT_EQ(file.size(), 8U);
    char bytes[20];
    EXPECT_EQ(file.read(4, bytes, sizeof bytes), 4U);
    EXPECT_EQ(std::string(bytes, 4), "o wo");
  }
  EXPECT_EQ(mode_of(folder / "a/private/log"), 0600U);
  AppendFile(folder / "a/private/log").append("!");
  EXPECT_EQ(read_file(folder / "a/private/log"), "hello wo!");
}

TEST(AppendFile, OneHoldsItAtATime) {
  const test::TemporaryFolder folder;
  const AppendFile first(folder / "log");
  try {
    const AppendFile second(folder / "log");
    FAIL() << "two hold it";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Config);
  }
}

// Between opening a file and locking it another may have taken its name; what was appended there would be
// lost.
TEST(AppendFile, WhatIsAppendedWhileTheFileIsReplacedIsInTheNewOne) {
  const test::TemporaryFolder folder;
  const auto file = folder / "log";
  const auto held = [&](const auto& work) {
    for (;;) {
      try {
        AppendFile opened(file);
        work(opened);
        return;
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::Config) throw;
      }
    }
  };
  constexpr std::size_t kTimes = 10000;
  std::jthread replacer([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      held([&](AppendFile& opened) {
        std::string all(opened.size(), '\0');
        opened.read(0, all.data(), all.size());
        std::ofstream((folder / "other").c_str()) << all;
        boost::filesystem::rename(folder / "other", file);
      });
    }
  });
  for (std::size_t n = 0; n < kTimes; ++n) held([](AppendFile& opened) { opened.append("x"); });
  replacer.request_stop();
  replacer.join();
  EXPECT_EQ(read_file(file).size(), kTimes);
}

}  // namespace
}  // namespace isoscan::core
