// Laws of the anatomy measures on blocks whose numbers are known.
#include "isoscan/quality/anatomy.hpp"

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"

namespace isoscan::quality {
namespace {

using core::Tissue;

core::Grid grid_of(std::int64_t edge, core::Vec3 spacing = {1, 1, 1}) {
  core::Grid grid;
  grid.size = {edge, edge, edge};
  grid.world_from_voxel.matrix = {spacing[0], 0, 0, 0, spacing[1], 0, 0, 0, spacing[2]};
  return grid;
}

/// Slabs along x: CSF below `a`, grey matter below `b`, white matter above.
core::TissueMaps slabs(const core::Grid& grid, std::int64_t a, std::int64_t b) {
  core::TissueMaps tissue;
  for (auto& p : tissue.posterior) p = core::Volume(grid);
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        const Tissue t = i < a ? Tissue::Csf : i < b ? Tissue::GreyMatter : Tissue::WhiteMatter;
        tissue[t].at(i, j, k) = 1.0F;
      }
    }
  }
  return tissue;
}

TEST(Anatomy, EqualTissueAgreesAndDisjointTissueDoesNot) {
  const core::Grid grid = grid_of(12);
  const TissueAgreement same = tissue_agreement(slabs(grid, 4, 8), slabs(grid, 4, 8));
  for (const auto& d : same.dice) EXPECT_EQ(d.value(), 1.0);
  EXPECT_EQ(same.csf_volume_error.value(), 0.0);

  const TissueAgreement none = tissue_agreement(slabs(grid, 12, 12), slabs(grid, 0, 12));
  EXPECT_EQ(none.dice[0].value(), 0.0);
  EXPECT_EQ(none.dice[1].value(), 0.0);
  EXPECT_FALSE(none.dice[2]);
  EXPECT_FALSE(none.csf_volume_error);  // the truth has no CSF
}

TEST(Anatomy, ShiftedBorderHasItsDiceAndVolumeError) {
  const core::Grid grid = grid_of(12, {1, 2, 3});
  const TissueAgreement moved = tissue_agreement(slabs(grid, 5, 8), slabs(grid, 4, 8));
  EXPECT_NEAR(moved.dice[0].value(), 2.0 * 4 / (5 + 4), 1e-12);
  EXPECT_NEAR(moved.dice[1].value(), 2.0 * 3 / (3 + 4), 1e-12);
  EXPECT_EQ(moved.dice[2].value(), 1.0);
  EXPECT_NEAR(moved.csf_volume_error.value(), 0.25, 1e-9);
  EXPECT_NEAR(moved.truth_volume_ml[0], 4 * 12 * 12 * 6 / 1000.0, 1e-9);
}

struct LesionCase {
  core::Volume image;
  core::Mask lesions;
  core::Mask white;
};

/// A cube of edge 4 with value `inside` in a background of 1.
LesionCase lesion_case(float inside, core::Vec3 spacing = {1, 1, 1}) {
  const core::Grid grid = grid_of(24, spacing);
  LesionCase c{core::Volume(grid, 1.0F), core::Mask(grid), core::Mask(grid, true)};
  for (std::int64_t k = 10; k < 14; ++k) {
    for (std::int64_t j = 10; j < 14; ++j) {
      for (std::int64_t i = 10; i < 14; ++i) {
        c.image.at(i, j, k) = inside;
        c.lesions.voxels[grid.index(i, j, k)] = 1;
      }
    }
  }
  return c;
}

TEST(Anatomy, LesionContrastAndVolumeAreKnown) {
  for (const core::Vec3 spacing : {core::Vec3{1, 1, 1}, core::Vec3{0.8, 1.2, 2.0}}) {
    const LesionCase c = lesion_case(0.6F, spacing);
    const auto found = lesion_contrast(c.image, c.lesions, c.white);
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->contrast, 0.4, 1e-6);
    EXPECT_NEAR(found->volume_ml, c.lesions.volume_ml(), 1e-9);
    const LesionCase faint = lesion_case(0.8F, spacing);
    EXPECT_NEAR(lesion_contrast_ratio(faint.image, c.image, c.lesions, c.white).value(), 0.5, 1e-6);
    EXPECT_NEAR(lesion_contrast_ratio(c.image, c.image, c.lesions, c.white).value(), 1.0, 1e-12);
    const LesionCase bright = lesion_case(1.2F, spacing);
    EXPECT_LT(lesion_contrast_ratio(bright.image, c.image, c.lesions, c.white).value(), 0.0);
    EXPECT_NEAR(lesion_contrast(bright.image, c.lesions, c.white)->volume_ml, c.lesions.volume_ml(), 1e-9);
  }
}

TEST(Anatomy, ContrastDoesNotDependOnGain) {
  LesionCase c = lesion_case(0.6F);
  for (float& v : c.image.voxels) v *= 400.0F;
  EXPECT_NEAR(lesion_contrast(c.image, c.lesions, c.white)->contrast, 0.4, 1e-6);
}

TEST(Anatomy, SlowChangesOfIntensityDoNotCount) {
  // Two lesions of contrast 0.4 under a steep ramp, with noise: contrast and volume stay.
  LesionCase c = lesion_case(0.6F);
  core::Random random(2);
  for (std::int64_t k = 0; k < 24; ++k) {
    for (std::int64_t j = 0; j < 24; ++j) {
      for (std::int64_t i = 0; i < 24; ++i) {
        if (i >= 3 && i < 6 && j >= 3 && j < 6 && k >= 3 && k < 6) {
          c.image.at(i, j, k) = 0.6F;
          c.lesions.voxels[c.image.grid.index(i, j, k)] = 1;
        }
        c.image.at(i, j, k) *=
            static_cast<float>((1.0 + 0.04 * static_cast<double>(i)) * (1.0 + 0.05 * random.normal()));
      }
    }
  }
  const auto found = lesion_contrast(c.image, c.lesions, c.white);
  EXPECT_NEAR(found->contrast, 0.4, 0.03);
  EXPECT_NEAR(found->volume_ml, c.lesions.volume_ml(), 0.1 * c.lesions.volume_ml());
}

TEST(Anatomy, RingStaysInsideWhiteMatter) {
  LesionCase c = lesion_case(0.6F);
  for (std::int64_t k = 0; k < 24; ++k) {
    for (std::int64_t j = 0; j < 24; ++j) {
      for (std::int64_t i = 15; i < 24; ++i) {
        c.image.at(i, j, k) = 0.1F;  // a ventricle beside it
        c.white.voxels[c.white.grid.index(i, j, k)] = 0;
      }
    }
  }
  const auto found = lesion_contrast(c.image, c.lesions, c.white);
  EXPECT_NEAR(found->contrast, 0.4, 1e-6);
  EXPECT_NEAR(found->volume_ml, c.lesions.volume_ml(), 1e-9);
}

TEST(Anatomy, NothingToMeasureIsNoValue) {
  const LesionCase c = lesion_case(0.6F);
  EXPECT_FALSE(lesion_contrast(c.image, core::Mask(c.image.grid), c.white));
  EXPECT_FALSE(lesion_contrast(c.image, c.lesions, core::Mask(c.image.grid)));
  const LesionCase flat = lesion_case(1.0F);
  EXPECT_FALSE(lesion_contrast_ratio(c.image, flat.image, c.lesions, c.white));
  LesionOptions bad;
  bad.gap_mm = 9.0;
  EXPECT_THROW((void)lesion_contrast(c.image, c.lesions, c.white, bad), core::Error);
}

}  // namespace
}  // namespace isoscan::quality
