#include "isoscan/preprocess/tissue.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/preprocess/morphology.hpp"

#include "shell_brain.hpp"

namespace isoscan::preprocess {
namespace {

using test::make_shell_brain;
using test::ShellBrain;
using test::ShellOptions;

core::Mask labelled(const TissueFit& fit, const core::Mask& brain, std::size_t tissue) {
  core::Mask mask(brain.grid);
  for (std::size_t n = 0; n < brain.voxels.size(); ++n) {
    if (brain.voxels[n] == 0) continue;
    std::size_t best = 0;
    for (std::size_t k = 1; k < 3; ++k) {
      if (fit.maps.posterior[k].voxels[n] > fit.maps.posterior[best].voxels[n]) best = k;
    }
    mask.voxels[n] = best == tissue ? 1 : 0;
  }
  return mask;
}

void expect_tissue(const ShellBrain& head, const ShellOptions& options, double least_dice) {
  const TissueFit fit = classify_tissue(head.image, head.brain, {});
  const std::array<const core::Mask*, 3> truth{&head.csf, &head.grey, &head.white};
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_GT(dice(labelled(fit, head.brain, k), *truth[k]), least_dice) << "tissue " << k;
    EXPECT_NEAR(fit.mean[k], options.unit * options.level[k], 0.05 * options.unit) << "tissue " << k;
  }
}

TEST(Tissue, FindsTheShells) {
  const ShellOptions options;
  expect_tissue(make_shell_brain(options), options, 0.95);
}

TEST(Tissue, HoldsUnderNoise) {
  ShellOptions options;
  options.noise = 0.05;
  expect_tissue(make_shell_brain(options), options, 0.93);
}

TEST(Tissue, HoldsUnderWeakContrastAndNoise) {
  ShellOptions options;
  options.level = {0.45, 0.84, 1.0};
  options.noise = 0.045;
  expect_tissue(make_shell_brain(options), options, 0.88);
}

TEST(Tissue, HoldsFromHardlyAnyToMuchCsf) {
  for (const auto& [ventricle, sulci] : {std::pair{22.0, 0.0}, std::pair{14.0, 2.0}, std::pair{35.0, 6.0}}) {
    ShellOptions options;
    options.ventricle_mm = ventricle;
    options.sulci_mm = sulci;
    const ShellBrain head = make_shell_brain(options);
    SCOPED_TRACE(static_cast<double>(head.csf.count()) / static_cast<double>(head.brain.count()));
    expect_tissue(head, options, 0.93);
  }
}

TEST(Tissue, BrightFatInTheMaskIsNoClassOfItsOwn) {
  const ShellOptions options;
  ShellBrain head = make_shell_brain(options);
  std::size_t seen = 0;
  for (std::size_t n = 0; n < head.brain.voxels.size(); ++n) {
    if (head.csf.voxels[n] == 0 || ++seen % 5 != 0) continue;
    head.image.voxels[n] = 190.0F;
    head.csf.voxels[n] = 0;
    head.white.voxels[n] = 1;  // brighter than white matter counts as white matter
  }
  expect_tissue(head, options, 0.9);
}

TEST(Tissue, PosteriorsSumToOneInTheBrainAndVanishOutside) {
  const ShellBrain head = make_shell_brain({});
  const TissueFit fit = classify_tissue(head.image, head.brain, {});
  for (std::size_t n = 0; n < head.brain.voxels.size(); ++n) {
    float sum = 0.0F;
    for (const auto& posterior : fit.maps.posterior) {
      ASSERT_GE(posterior.voxels[n], 0.0F);
      sum += posterior.voxels[n];
    }
    ASSERT_NEAR(sum, head.brain.voxels[n] != 0 ? 1.0F : 0.0F, 1e-5F);
  }
  EXPECT_NEAR(fit.weight[0] + fit.weight[1] + fit.weight[2], 1.0, 0.02);
}

TEST(Tissue, WhiteMatterLevelIsTheUnit) {
  for (const double unit : {1.0, 100.0, 4000.0}) {
    ShellOptions options;
    options.unit = unit;
    const ShellBrain head = make_shell_brain(options);
    EXPECT_NEAR(white_matter_level(head.image, classify_tissue(head.image, head.brain, {}).maps) / unit, 1.0,
                0.01);
  }
}

TEST(Tissue, TheSurestWhiteMatterServesWhereNoneIsSure) {
  const ShellBrain head = make_shell_brain({});
  core::TissueMaps maps = classify_tissue(head.image, head.brain, {}).maps;
  const double sure = white_matter_level(head.image, maps);
  for (float& share : maps.posterior[2].voxels) share *= 0.78F;
  EXPECT_NEAR(white_matter_level(head.image, maps) / sure, 1.0, 0.02);
}

TEST(Tissue, RefusesABrainWithoutThreeClasses) {
  const ShellBrain head = make_shell_brain({});
  EXPECT_THROW((void)classify_tissue(core::Volume(head.image.grid, 5.0F), head.brain, {}), core::Error);
  EXPECT_THROW((void)classify_tissue(core::Volume(head.image.grid), head.brain, {}), core::Error);
  core::TissueMaps nothing;
  for (auto& posterior : nothing.posterior) posterior = core::Volume(head.image.grid);
  EXPECT_THROW((void)white_matter_level(head.image, nothing), core::Error);
}

}  // namespace
}  // namespace isoscan::preprocess
