#include "isoscan/core/append_file.hpp"

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

}  // namespace
}  // namespace isoscan::core
