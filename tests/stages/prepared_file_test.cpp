#include "isoscan/stages/prepared_file.hpp"

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"

namespace isoscan::stages {
namespace {

preprocess::Prepared sample() {
  core::Grid grid;
  grid.size = {3, 4, 5};
  grid.world_from_voxel.matrix = {0.9, -0.1, 0, 0.2, 1.1, 0, 0, 0.3, 2};
  grid.world_from_voxel.offset = {-1.5, 2.25, 1e-7};
  core::Random random(3);
  preprocess::Prepared prepared;
  prepared.image = core::Volume(grid);
  prepared.log_bias = core::Volume(grid);
  prepared.brain = core::Mask(grid);
  prepared.head = core::Mask(grid, true);
  for (auto& posterior : prepared.tissue.posterior) posterior = core::Volume(grid);
  for (std::size_t n = 0; n < grid.voxel_count(); ++n) {
    prepared.image.voxels[n] = static_cast<float>(random.normal());
    prepared.log_bias.voxels[n] = static_cast<float>(random.normal());
    prepared.brain.voxels[n] = random.below(2) == 0 ? 0 : 1;
    for (auto& posterior : prepared.tissue.posterior)
      posterior.voxels[n] = static_cast<float>(random.uniform());
  }
  prepared.white_matter = 123.456;
  prepared.skull_stripped = true;
  prepared.warnings = {"thick slices", "quote \" and \\ stay"};
  return prepared;
}

TEST(PreparedFile, RoundTripKeepsAllButTheRoundingOfPosteriors) {
  const preprocess::Prepared before = sample();
  const preprocess::Prepared after =
      prepared_scan(core::from_safetensors(core::to_safetensors(to_tensors(before))));
  EXPECT_TRUE(after.image.grid == before.image.grid);
  EXPECT_EQ(after.image.voxels, before.image.voxels);
  EXPECT_EQ(after.log_bias.voxels, before.log_bias.voxels);
  EXPECT_EQ(after.brain.voxels, before.brain.voxels);
  EXPECT_EQ(after.head.voxels, before.head.voxels);
  EXPECT_EQ(after.white_matter, before.white_matter);
  EXPECT_EQ(after.skull_stripped, before.skull_stripped);
  EXPECT_EQ(after.warnings, before.warnings);
  for (std::size_t t = 0; t < core::kTissueCount; ++t) {
    for (std::size_t n = 0; n < before.image.voxels.size(); ++n) {
      EXPECT_NEAR(after.tissue.posterior[t].voxels[n], before.tissue.posterior[t].voxels[n],
                  0.5 / 255.0 + 1e-6);
    }
  }
  // Rounded once, it stays.
  EXPECT_EQ(core::to_safetensors(to_tensors(after)),
            core::to_safetensors(to_tensors(prepared_scan(to_tensors(after)))));
}

TEST(PreparedFile, WhatDoesNotFitIsRefused) {
  core::TensorFile file = to_tensors(sample());
  file.tensors.erase("log_bias");
  EXPECT_THROW((void)prepared_scan(file), core::Error);
  file = to_tensors(sample());
  file.tensors["image"] = core::Tensor::of({2}, std::vector<float>{1, 2});
  EXPECT_THROW((void)prepared_scan(file), core::Error);
  file = to_tensors(sample());
  std::vector<double> grid = file.at("grid").doubles();
  grid[0] = 1e9;
  file.tensors["grid"] = core::Tensor::of({15}, grid);
  EXPECT_THROW((void)prepared_scan(file), core::Error);
}

}  // namespace
}  // namespace isoscan::stages
