// Planted lesions: where they are asked, as deep as asked, and their loss is measured.
#include "isoscan/evaluate/lesions.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/core/smooth.hpp"

namespace isoscan::evaluate {
namespace {

/// All white matter, 1, with a little noise.
core::Volume white_block(std::int64_t edge = 64) {
  core::Grid grid;
  grid.size = {edge, edge, edge};
  grid.world_from_voxel.matrix = {1.5, 0, 0, 0, 1.5, 0, 0, 0, 1.5};
  core::Volume image(grid, 1.0F);
  core::Random random(1);
  for (float& v : image.voxels) v += static_cast<float>(0.01 * random.normal());
  return image;
}

core::Volume posterior(const core::Volume& image) {
  core::Volume white(image.grid);
  const auto n = image.grid.size[0];
  for (std::int64_t k = 3; k < n - 3; ++k) {
    for (std::int64_t j = 3; j < n - 3; ++j) {
      for (std::int64_t i = 3; i < n - 3; ++i) white.at(i, j, k) = 1.0F;
    }
  }
  return white;
}

TEST(Lesions, HaveTheirDepthAndKeepClearOfEachOther) {
  const core::Volume clean = white_block();
  core::Volume image = clean;
  const LesionOptions options;
  const PlantedLesions planted = plant_lesions(image, posterior(image), options, 3);
  ASSERT_EQ(planted.groups.size(), 9U);
  std::vector<int> times(image.voxels.size(), 0);
  for (const LesionGroup& group : planted.groups) {
    EXPECT_EQ(group.count, 3) << group.radius_voxels << " " << group.depth;
    double deepest = 0.0;
    for (std::size_t n = 0; n < image.voxels.size(); ++n) {
      if (group.lesions.voxels[n] == 0) continue;
      ++times[n];
      const double change = 1.0 - image.voxels[n] / clean.voxels[n];
      if (std::abs(change) > std::abs(deepest)) deepest = change;
    }
    EXPECT_NEAR(deepest, group.depth, 1e-4);
    // A ball of that radius, to the voxels that it has.
    const double volume = 4.0 / 3.0 * M_PI * std::pow(group.radius_voxels, 3.0);
    EXPECT_NEAR(static_cast<double>(group.lesions.count()) / (3.0 * volume), 1.0, 0.35);
  }
  for (const int t : times) ASSERT_LE(t, 1);
  // The same seed, the same bytes; another seed, other places.
  core::Volume again = clean;
  (void)plant_lesions(again, posterior(clean), options, 3);
  EXPECT_EQ(again.voxels, image.voxels);
  core::Volume other = clean;
  (void)plant_lesions(other, posterior(clean), options, 4);
  EXPECT_NE(other.voxels, image.voxels);
}

TEST(Lesions, KeptIsOneFlattenedIsLessAndGainDoesNotMatter) {
  core::Volume truth = white_block();
  const PlantedLesions planted = plant_lesions(truth, posterior(truth), {}, 5);
  const auto same = lesion_measures(truth, truth, planted);
  EXPECT_DOUBLE_EQ(*same.at("lesion_contrast_ratio"), 1.0);
  EXPECT_DOUBLE_EQ(*same.at("lesion_volume_ratio"), 1.0);
  for (const char* name : {"lesion_contrast_r1.2", "lesion_contrast_r1.9", "lesion_contrast_r2.6",
                           "lesion_contrast_dark", "lesion_contrast_bright"})
    EXPECT_DOUBLE_EQ(*same.at(name), 1.0) << name;
  core::Volume brighter = truth;
  for (float& v : brighter.voxels) v *= 1.7F;
  EXPECT_NEAR(*lesion_measures(brighter, truth, planted).at("lesion_contrast_ratio"), 1.0, 1e-4);
  core::Volume half = truth;
  for (float& v : half.voxels) v = 1.0F + 0.5F * (v - 1.0F);
  EXPECT_NEAR(*lesion_measures(half, truth, planted).at("lesion_contrast_ratio"), 0.5, 0.01);
  // Blur takes more from the small ones.
  const auto blurred = lesion_measures(core::gaussian(truth, 1.5, {}), truth, planted);
  EXPECT_LT(*blurred.at("lesion_contrast_r1.2"), *blurred.at("lesion_contrast_r2.6"));
  EXPECT_LT(*blurred.at("lesion_contrast_ratio"), 0.9);
}

TEST(Lesions, NoRoomAndBadOptionsAreSaid) {
  core::Volume image = white_block(16);
  const core::Volume none(image.grid);
  EXPECT_THROW((void)plant_lesions(image, none, {}, 1), core::Error);
  LesionOptions options;
  options.depth = {0.0};
  EXPECT_NE(options.problem().find("depth"), std::string::npos);
  EXPECT_THROW((void)plant_lesions(image, image, options, 1), core::Error);
  options = {};
  options.radius_voxels = {0.5};
  EXPECT_NE(options.problem().find("radius"), std::string::npos);
}

}  // namespace
}  // namespace isoscan::evaluate
