#include "isoscan/preprocess/atlas_bias.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/preprocess/bias.hpp"

#include "atlas_brain.hpp"

namespace isoscan::preprocess {
namespace {

using test::difference;
using test::make_log_field;
using test::make_shell_brain;
using test::moments;
using test::person_of;
using test::times_exp;

/// A shell brain whose tissues grow brighter to the back: what no single image tells from a field.
core::Volume anatomy(const core::Grid& grid) {
  core::Volume out(grid);
  std::size_t n = 0;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i, ++n) {
        const double y = grid.world_from_voxel({0.0, static_cast<double>(j), 0.0})[1];
        out.voxels[n] = static_cast<float>(0.05 * std::sin(y / 50.0));
      }
    }
  }
  return out;
}

test::Person someone(const test::ShellOptions& options, std::uint64_t seed) {
  test::Person p = person_of(make_shell_brain(options, seed));
  p.image = times_exp(p.image, anatomy(p.image.grid));
  return p;
}

const Atlas& atlas() {
  static const Atlas of_three = [] {
    AtlasSums sums;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const test::Person p =
          someone({.ventricle_mm = 12.0 + 2.0 * static_cast<double>(seed), .unit = 1.0}, seed);
      add_to_atlas(sums, p.image, p.brain, p.tissue, {});
    }
    return finish_atlas(sums, {});
  }();
  return of_three;
}

const test::Person& patient() {
  static const test::Person one = someone({.unit = 1.0}, 9);
  return one;
}

core::Volume find(const core::Volume& scan, const core::Mask& brain) {
  return estimate_log_bias_against_atlas(scan, brain, atlas(), core::Volume(scan.grid), {});
}

TEST(AtlasBias, AFieldComesBackAndTheAnatomyStays) {
  for (const double strength : {0.1, 0.25}) {
    const core::Volume truth = make_log_field(patient().image.grid, strength);
    const core::Volume scan = times_exp(patient().image, truth);
    const double spread = moments(truth, patient().brain)[1];
    const core::Volume alone = estimate_log_bias(scan, patient().brain, {});
    const core::Volume found = estimate_log_bias_against_atlas(scan, patient().brain, atlas(), alone, {});
    const double error = moments(difference(found, truth), patient().brain)[1];
    EXPECT_LT(error, 0.004 + 0.04 * spread) << strength;
    EXPECT_LT(error, 0.5 * moments(difference(alone, truth), patient().brain)[1]) << strength;
  }
}

TEST(AtlasBias, NothingToFindGivesNearlyNothingWithMeanZero) {
  const core::Volume found = find(patient().image, patient().brain);
  EXPECT_LT(moments(found, patient().brain)[1], 0.004);
  EXPECT_NEAR(moments(found, patient().brain)[0], 0.0, 1e-5);
}

TEST(AtlasBias, AGainAndAContrastAreNoField) {
  const core::Volume before = find(patient().image, patient().brain);
  core::Volume gained = patient().image;
  for (float& v : gained.voxels) v *= 37.0F;
  EXPECT_LT(moments(difference(find(gained, patient().brain), before), patient().brain)[1], 5e-4);
  core::Volume contrast = patient().image;
  for (std::size_t n = 0; n < contrast.voxels.size(); ++n)
    contrast.voxels[n] *= 1.0F - 0.08F * patient().tissue.posterior[1].voxels[n];
  EXPECT_LT(moments(find(contrast, patient().brain), patient().brain)[1], 0.004);
}

TEST(AtlasBias, LargeVentriclesAndDarkLesionsDoNotPull) {
  test::Person old = someone({.ventricle_mm = 28.0, .sulci_mm = 5.0, .unit = 1.0}, 10);
  core::Grid& grid = old.image.grid;
  std::size_t n = 0;
  std::size_t dark = 0;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i, ++n) {
        const core::Vec3 x =
            grid.world_from_voxel({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        // Blobs of 7 mm in the white matter of one side.
        const bool blob = std::abs(std::remainder(x[1], 24.0)) < 5.0 &&
                          std::abs(std::remainder(x[2], 24.0)) < 5.0 && x[0] > 30.0 && x[0] < 42.0;
        if (!blob || old.tissue.posterior[2].voxels[n] == 0.0F) continue;
        old.image.voxels[n] *= 0.75F;
        ++dark;
      }
    }
  }
  EXPECT_GT(dark, 500U);
  EXPECT_LT(moments(find(old.image, old.brain), old.brain)[1], 0.01);
}

TEST(AtlasBias, TheStorageOrderOfTheScanDoesNotMatter) {
  const core::Volume scan = times_exp(patient().image, make_log_field(patient().image.grid, 0.2));
  const core::Volume straight = find(scan, patient().brain);
  const core::Volume found = find(test::turned(scan), test::turned(patient().brain));
  EXPECT_LT(moments(difference(test::turned(straight), found), test::turned(patient().brain))[1], 2e-3);
}

TEST(AtlasBias, ThreadsDoNotChangeTheBytes) {
  core::Context three;
  three.threads = 3;
  const core::Volume zero(patient().image.grid);
  EXPECT_EQ(estimate_log_bias_against_atlas(patient().image, patient().brain, atlas(), zero, three).voxels,
            find(patient().image, patient().brain).voxels);
}

TEST(AtlasBias, RefusesWhatItCannotUse) {
  const core::Volume zero(patient().image.grid);
  const auto attempt = [&](const Atlas& a, const core::Volume& start, const AtlasBiasOptions& options) {
    (void)estimate_log_bias_against_atlas(patient().image, patient().brain, a, start, {}, options);
  };
  EXPECT_THROW(attempt({}, zero, {}), core::Error);
  core::Grid other = zero.grid;
  other.world_from_voxel.offset[0] += 1.0;
  EXPECT_THROW(attempt(atlas(), core::Volume(other), {}), core::Error);
  AtlasBiasOptions options;
  EXPECT_EQ(options.problem(), "");
  options.tissue_weight = {0.0, 0.0, 0.0};
  EXPECT_NE(options.problem(), "");
  EXPECT_THROW(attempt(atlas(), zero, options), core::Error);
  options = {};
  options.anatomy_sd = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(options.problem(), "");
}

}  // namespace
}  // namespace isoscan::preprocess
