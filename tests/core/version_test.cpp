#include "isoscan/core/version.hpp"

#include <regex>

#include <gtest/gtest.h>

#include "isoscan/core/files.hpp"

namespace isoscan::core {
namespace {

TEST(Version, IsThatOfTheTopCMakeFile) {
  const std::string cmake = read_file(ISOSCAN_SOURCE_DIR "/CMakeLists.txt");
  std::smatch found;
  ASSERT_TRUE(std::regex_search(cmake, found, std::regex(R"(project\(isoscan VERSION ([0-9.]+) )")));
  EXPECT_EQ(version(), found[1]);
  EXPECT_EQ(software(), "isoscan " + version());
}

}  // namespace
}  // namespace isoscan::core
