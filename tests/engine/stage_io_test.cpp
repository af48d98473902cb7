#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/engine/stage.hpp"
#include "isoscan/test/support.hpp"

namespace isoscan::pipeline {
namespace {

class StageIoTest : public ::testing::Test {
 protected:
  isoscan::test::TemporaryFolder folder;
  StageIo io{{{"source/scan", {{"a", {"one.dcm", "two.dcm"}, "", "d1"}}},
              {"source/mask", {{"a", {}, "", ""}}},
              {"source/about", {{"a", {}, "{}", "d2"}}},
              {"fit/site", {{"X", {"site.bin"}, "", "d3"}}},
              {"prepare/image", {{"a", {"a.nii"}, "", "d4"}, {"b", {"b.nii"}, "", "d5"}}}},
             {"out.txt"},
             folder / "staging",
             folder / "checkpoint"};
};

std::string error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const core::Error& error) {
    EXPECT_EQ(error.kind(), core::ErrorKind::Internal);
    return error.what();
  }
  return "no error";
}

TEST_F(StageIoTest, GivesWhatIsThere) {
  EXPECT_EQ(io.files("source/scan").size(), 2U);
  EXPECT_TRUE(io.has("source/scan"));
  EXPECT_FALSE(io.has("source/mask"));
  EXPECT_EQ(io.text("source/about"), "{}");
  EXPECT_EQ(io.file("fit/site"), "site.bin");
  ASSERT_EQ(io.items("prepare/image").size(), 2U);
  EXPECT_EQ(io.items("prepare/image")[1].unit, "b");
  EXPECT_EQ(io.output("out.txt"), folder / "staging/out.txt");
  EXPECT_TRUE(boost::filesystem::is_directory(io.checkpoint()));
}

TEST_F(StageIoTest, WhatIsNotDeclaredIsOurBug) {
  EXPECT_EQ(error_of([&] { (void)io.file("source/scan"); }),
            "'source/scan' holds 2 files where one is needed");
  EXPECT_EQ(error_of([&] { (void)io.file("prepare/image"); }),
            "'prepare/image' holds 2 items; read it with items()");
  EXPECT_EQ(error_of([&] { (void)io.items("x/y"); }),
            "a stage asks for 'x/y', which its spec does not declare");
  EXPECT_EQ(error_of([&] { (void)io.output("x"); }), "a stage asks for 'x', which its spec does not declare");
}

}  // namespace
}  // namespace isoscan::pipeline
