// The laws of synthetic heads: probabilities, reproducibility, agreement of grids, plausible numbers.
#include "isoscan/phantom/head.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"

namespace isoscan::phantom {
namespace {

using core::Tissue;

HeadOptions brain_options(double spacing_mm) {
  HeadOptions options;
  options.grid = brain_grid(spacing_mm);
  options.whole_head = false;
  return options;
}

double tissue_ml(const SyntheticHead& head, Tissue tissue) {
  double sum = 0.0;
  for (const float p : head.tissue[tissue].voxels) sum += p;
  return sum * head.image.grid.voxel_volume_mm3() / 1000.0;
}

double brain_ml(const SyntheticHead& head) {
  return tissue_ml(head, Tissue::Csf) + tissue_ml(head, Tissue::GreyMatter) +
         tissue_ml(head, Tissue::WhiteMatter);
}

void expect_probabilities(const SyntheticHead& head) {
  for (std::size_t n = 0; n < head.brain.voxels.size(); ++n) {
    float sum = 0.0F;
    for (const core::Volume& p : head.tissue.posterior) {
      ASSERT_GE(p.voxels[n], 0.0F);
      sum += p.voxels[n];
    }
    ASSERT_NEAR(sum, head.brain.voxels[n] != 0 ? 1.0F : 0.0F, 1e-5F);
    ASSERT_GE(head.image.voxels[n], 0.0F);
    ASSERT_LE(head.lesions.voxels[n], head.brain.voxels[n]);
  }
}

TEST(Head, PosteriorsSumToOneInTheBrain) {
  HeadOptions options;
  options.grid = head_grid(3.0);
  options.lesion_ml = 8.0;
  expect_probabilities(make_head(options, 1, {}));
  HeadOptions stripped = brain_options(3.0);
  const SyntheticHead brain = make_head(stripped, 2, {});
  expect_probabilities(brain);
  for (std::size_t n = 0; n < brain.brain.voxels.size(); ++n) {
    if (brain.brain.voxels[n] == 0) {
      ASSERT_EQ(brain.image.voxels[n], 0.0F);
    }
  }
}

TEST(Head, SameSeedSameBytesForEveryThreadCount) {
  const HeadOptions options = brain_options(3.0);
  core::Context four;
  four.threads = 4;
  const SyntheticHead a = make_head(options, 7, {});
  const SyntheticHead b = make_head(options, 7, four);
  EXPECT_EQ(a.image.voxels, b.image.voxels);
  EXPECT_EQ(a.brain.voxels, b.brain.voxels);
  for (std::size_t t = 0; t < 3; ++t) EXPECT_EQ(a.tissue.posterior[t].voxels, b.tissue.posterior[t].voxels);
}

TEST(Head, PersonsDiffer) {
  const HeadOptions options = brain_options(3.0);
  const SyntheticHead a = make_head(options, 1, {});
  const SyntheticHead b = make_head(options, 2, {});
  double difference = 0.0;
  double count = 0.0;
  for (std::size_t n = 0; n < a.image.voxels.size(); ++n) {
    if (a.brain.voxels[n] == 0 || b.brain.voxels[n] == 0) continue;
    difference += std::abs(a.image.voxels[n] - b.image.voxels[n]);
    count += 1.0;
  }
  EXPECT_GT(difference / count, 0.08);  // other folds, not other noise
  EXPECT_GT(std::abs(brain_ml(a) - brain_ml(b)), 5.0);
}

TEST(Head, HasTheTissueOfABrain) {
  double sum_ml = 0.0;
  constexpr int kPersons = 6;
  for (std::uint64_t seed = 1; seed <= kPersons; ++seed) {
    const SyntheticHead head = make_head(brain_options(2.0), seed, {});
    const double all = brain_ml(head);
    sum_ml += all;
    EXPECT_GT(all, 1050.0) << seed;
    EXPECT_LT(all, 1650.0) << seed;
    const double csf = tissue_ml(head, Tissue::Csf) / all;
    EXPECT_GT(csf, 0.10) << seed;
    EXPECT_LT(csf, 0.30) << seed;
    const double ratio = tissue_ml(head, Tissue::GreyMatter) / tissue_ml(head, Tissue::WhiteMatter);
    EXPECT_GT(ratio, 1.1) << seed;
    EXPECT_LT(ratio, 1.6) << seed;
    EXPECT_NEAR(head.brain.volume_ml(), all, 0.01 * all);
  }
  EXPECT_NEAR(sum_ml / kPersons, 1350.0, 120.0);
}

TEST(Head, AgeWidensFluid) {
  HeadOptions options = brain_options(2.0);
  double last = 0.0;
  for (const double age : {25.0, 50.0, 65.0, 80.0}) {
    options.age_years = age;
    const SyntheticHead head = make_head(options, 3, {});
    const double csf = tissue_ml(head, Tissue::Csf) / brain_ml(head);
    EXPECT_GT(csf, last) << age;
    last = csf;
  }
}

TEST(Head, WhiteMatterIsOneAndTissuesAreOrdered) {
  HeadOptions options = brain_options(1.5);
  const SyntheticHead head = make_head(options, 4, {});
  std::array<std::vector<float>, 3> pure;
  for (std::size_t t = 0; t < 3; ++t) {
    for (std::size_t n = 0; n < head.image.voxels.size(); ++n) {
      if (head.tissue.posterior[t].voxels[n] > 0.95F) pure[t].push_back(head.image.voxels[n]);
    }
    ASSERT_GT(pure[t].size(), 1000U) << t;
  }
  EXPECT_NEAR(core::quantile(pure[2], 0.5), 1.0, 0.01);
  EXPECT_NEAR(core::quantile(pure[1], 0.5), 0.65, 0.08);
  EXPECT_NEAR(core::quantile(pure[0], 0.5), 0.18, 0.05);
  const double spread = 0.5 * (core::quantile(pure[2], 0.84) - core::quantile(pure[2], 0.16));
  EXPECT_NEAR(spread, options.texture, 0.5 * options.texture);
}

/// A grid with the same centre, turned about an oblique axis.
core::Grid turned(const core::Grid& grid, double degrees) {
  const double t = degrees * M_PI / 180.0;
  core::Affine about_z;
  about_z.matrix = {std::cos(t), -std::sin(t), 0, std::sin(t), std::cos(t), 0, 0, 0, 1};
  core::Affine about_x;
  about_x.matrix = {1, 0, 0, 0, std::cos(t), -std::sin(t), 0, std::sin(t), std::cos(t)};
  core::Grid result = grid;
  result.world_from_voxel = about_x * about_z * grid.world_from_voxel;
  return result;
}

TEST(Head, GridsWithOneCentreShowOneHead) {
  // Odd sizes: the middle voxel of both grids is the same point of the world, and so is the line through it
  // along the turn.
  HeadOptions options;
  options.grid = head_grid(2.0);
  for (std::size_t a = 0; a < 3; ++a) {
    if (options.grid.size[a] % 2 == 0) ++options.grid.size[a];
    options.grid.world_from_voxel.offset[a] = -static_cast<double>(options.grid.size[a] - 1);
  }
  HeadOptions oblique = options;
  oblique.grid = turned(options.grid, 17.0);
  const SyntheticHead a = make_head(options, 5, {});
  const SyntheticHead b = make_head(oblique, 5, {});
  EXPECT_NEAR(brain_ml(a), brain_ml(b), 0.01 * brain_ml(a));
  EXPECT_NEAR(tissue_ml(a, Tissue::GreyMatter), tissue_ml(b, Tissue::GreyMatter),
              0.02 * tissue_ml(a, Tissue::GreyMatter));
  // Image values at the same world points: trilinear in the straight grid.
  const core::Affine straight_from_oblique =
      a.image.grid.world_from_voxel.inverse() * b.image.grid.world_from_voxel;
  double error = 0.0;
  double spread = 0.0;
  double count = 0.0;
  for (std::int64_t k = 20; k < 100; ++k) {
    for (std::int64_t j = 20; j < 90; ++j) {
      for (std::int64_t i = 20; i < 70; ++i) {
        if (b.brain.voxels[b.brain.grid.index(i, j, k)] == 0) continue;
        const core::Vec3 p =
            straight_from_oblique({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        const core::Index3 nearest{std::lround(p[0]), std::lround(p[1]), std::lround(p[2])};
        if (!a.image.grid.contains(nearest)) continue;
        const double off = std::abs(p[0] - static_cast<double>(nearest[0])) +
                           std::abs(p[1] - static_cast<double>(nearest[1])) +
                           std::abs(p[2] - static_cast<double>(nearest[2]));
        if (off > 0.25) continue;  // nearly the same point
        const double x = a.image.at(nearest[0], nearest[1], nearest[2]);
        const double y = b.image.at(i, j, k);
        error += std::abs(x - y);
        spread += std::abs(x - 0.7);
        count += 1.0;
      }
    }
  }
  ASSERT_GT(count, 300.0);
  EXPECT_LT(error, 0.2 * spread);
}

TEST(Head, CoarseAndThickVoxelsKeepTheVolumes) {
  const SyntheticHead fine = make_head(brain_options(1.5), 6, {});
  HeadOptions thick = brain_options(1.5);
  thick.grid.size = {104, 128, 28};
  thick.grid.world_from_voxel.matrix = {1.5, 0, 0, 0, 1.5, 0, 0, 0, 6.0};
  for (const HeadOptions& options : {brain_options(3.0), thick}) {
    const SyntheticHead other = make_head(options, 6, {});
    for (const Tissue t : {Tissue::Csf, Tissue::GreyMatter, Tissue::WhiteMatter}) {
      EXPECT_NEAR(tissue_ml(other, t), tissue_ml(fine, t), 0.04 * tissue_ml(fine, t));
    }
  }
}

TEST(Head, LesionsHaveTheirVolumeAndAreDark) {
  HeadOptions options = brain_options(1.0);
  options.age_years = 55.0;
  options.lesion_ml = 6.0;
  const SyntheticHead head = make_head(options, 9, {});
  EXPECT_NEAR(head.lesions.volume_ml(), 6.0, 1.0);
  options.lesion_ml = 0.0;
  const SyntheticHead healthy = make_head(options, 9, {});
  EXPECT_EQ(healthy.lesions.count(), 0U);
  double with = 0.0;
  double without = 0.0;
  for (std::size_t n = 0; n < head.image.voxels.size(); ++n) {
    if (head.lesions.voxels[n] == 0) continue;
    EXPECT_GT(head.tissue[Tissue::WhiteMatter].voxels[n], 0.5F);
    with += head.image.voxels[n];
    without += healthy.image.voxels[n];
  }
  EXPECT_LT(with, 0.8 * without);
  EXPECT_NEAR(brain_ml(head), brain_ml(healthy), 1e-3);  // the same person otherwise
}

TEST(Head, FitsIntoItsGrids) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const SyntheticHead head = make_head(brain_options(3.0), seed, {});
    const core::Grid& grid = head.brain.grid;
    for (std::int64_t k = 0; k < grid.size[2]; ++k) {
      for (std::int64_t j = 0; j < grid.size[1]; ++j) {
        for (std::int64_t i = 0; i < grid.size[0]; ++i) {
          const bool border = i == 0 || j == 0 || k == 0 || i + 1 == grid.size[0] || j + 1 == grid.size[1] ||
                              k + 1 == grid.size[2];
          ASSERT_FALSE(border && head.brain.voxels[grid.index(i, j, k)] != 0)
              << seed << ": " << i << " " << j << " " << k;
        }
      }
    }
  }
}

TEST(Head, RefusesWhatIsOutOfRange) {
  HeadOptions options = brain_options(4.0);
  options.age_years = 4.0;
  EXPECT_THROW((void)make_head(options, 1, {}), core::Error);
  options = brain_options(4.0);
  options.grid.size[0] = 0;
  EXPECT_THROW((void)make_head(options, 1, {}), core::Error);
  options = brain_options(4.0);
  options.lesion_ml = -1.0;
  EXPECT_THROW((void)make_head(options, 1, {}), core::Error);
}

}  // namespace
}  // namespace isoscan::phantom
