#include "isoscan/domain/error_table.hpp"

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"

#include "made_models.hpp"

namespace isoscan::domain {
namespace {

TEST(ErrorTable, AVoxelFallsIntoTheLeafThatItsEdgesSay) {
  const ErrorTable table = error_table();  // halves by the first feature, thirds of each by the second
  const auto leaf = [&](float first, float second) {
    const float features[] = {first, second};
    return table.leaf(features);
  };
  EXPECT_EQ(leaf(0.0F, 0.0F), 0U);
  EXPECT_EQ(leaf(0.0F, 1.0F), 1U);  // an edge belongs to what lies above it
  EXPECT_EQ(leaf(0.0F, 9.0F), 2U);
  EXPECT_EQ(leaf(0.5F, 0.0F), 3U);
  EXPECT_EQ(leaf(7.0F, 4.0F), 4U);
  EXPECT_EQ(leaf(7.0F, 6.0F), 5U);
  EXPECT_EQ(leaf(std::nanf(""), std::nanf("")), 0U);
}

TEST(ErrorTable, CountsItsNumbers) {
  EXPECT_EQ(edge_count({2, 3}), 1U + 2U * 2U);
  EXPECT_EQ(leaf_count({2, 3}), 6U);
  EXPECT_EQ(edge_count({8, 5, 4}), 7U + 8U * 4U + 40U * 3U);
  EXPECT_EQ(edge_count({1}), 0U);
}

TEST(ErrorTable, RoundTripIsExact) {
  core::TensorFile file;
  put(file, "errors", error_table());
  EXPECT_EQ(get_error_table(core::from_safetensors(core::to_safetensors(file)), "errors"), error_table());
  const SiteModel model = site_model(to_tensors(site(Method::Restore)));
  EXPECT_EQ(model.errors, error_table());
}

/// Models of earlier versions hold none, and are read.
TEST(ErrorTable, AModelWithoutOneIsRead) {
  core::TensorFile file = to_tensors(site(Method::Restore));
  std::erase_if(file.tensors, [](const auto& entry) { return entry.first.starts_with("errors/"); });
  const SiteModel model = site_model(file);
  EXPECT_TRUE(model.errors.empty());
  EXPECT_EQ(to_tensors(model).tensors.count("errors/half_width"), 0U);
}

TEST(MalformedErrorTable, IsRefusedByName) {
  const auto refused = [](const std::string& tensor, const std::vector<double>& values) {
    core::TensorFile file = to_tensors(site(Method::Restore));
    file.tensors["errors/" + tensor] = core::Tensor::of({static_cast<std::int64_t>(values.size())}, values);
    try {
      (void)site_model(file);
      ADD_FAILURE() << tensor << ": passes";
    } catch (const core::Error& error) {
      EXPECT_EQ(error.kind(), core::ErrorKind::Input);
      EXPECT_NE(std::string(error.what()).find("errors/" + tensor), std::string::npos) << error.what();
    }
  };
  refused("coverage", {1.5});
  refused("branches", {});
  refused("branches", {2.5, 3.0});
  refused("branches", {0.0, 3.0});
  refused("branches", {64, 64, 64, 64});  // 16 million leaves
  refused("branches", std::vector<double>(9, 1.0));
  refused("edges", {0.5});
  refused("half_width", {0.1, 0.1, 0.1, 0.1, 0.1});
  refused("half_width", {0.1, 0.1, 0.0, 0.1, 0.1, 0.1});
  refused("half_width", {0.1, 0.1, 1e9, 0.1, 0.1, 0.1});
  refused("held_out", {-0.1});
  // Of what is there in part, the rest must be there too.
  for (const char* tensor : {"coverage", "branches", "edges", "half_width", "held_out"}) {
    core::TensorFile file = to_tensors(site(Method::Restore));
    file.tensors.erase(std::string("errors/") + tensor);
    EXPECT_THROW((void)site_model(file), core::Error) << tensor;
  }
}

}  // namespace
}  // namespace isoscan::domain
