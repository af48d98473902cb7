#include "isoscan/preprocess/prepare.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/preprocess/morphology.hpp"
#include "isoscan/preprocess/resample.hpp"
#include "isoscan/test/support.hpp"

#include "shell_brain.hpp"

namespace isoscan::preprocess {
namespace {

using test::make_log_field;
using test::make_shell_brain;
using test::moments;
using test::ShellBrain;
using test::ShellOptions;
using test::times_exp;

core::Mask brightest_tissue(const Prepared& prepared, core::Tissue tissue) {
  core::Mask mask(prepared.brain.grid);
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (prepared.brain.voxels[n] == 0) continue;
    const float own = prepared.tissue[tissue].voxels[n];
    bool most = true;
    for (const auto& posterior : prepared.tissue.posterior) most = most && own >= posterior.voxels[n];
    mask.voxels[n] = most ? 1 : 0;
  }
  return mask;
}

core::Mask with_labels(const core::Volume& labels, const core::Grid& grid,
                       std::initializer_list<int> wanted) {
  core::Mask mask(labels.grid);
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    const int label = static_cast<int>(labels.voxels[n]);
    mask.voxels[n] = std::find(wanted.begin(), wanted.end(), label) != wanted.end() ? 1 : 0;
  }
  return resample_nearest(mask, grid);
}

/// The message of the error that preparing throws; empty when it throws none.
std::string refusal(const core::Volume& native, const std::optional<core::Mask>& brain) {
  try {
    (void)prepare(native, brain, {}, {});
  } catch (const core::Error& error) {
    EXPECT_EQ(error.kind(), core::ErrorKind::Input) << error.what();
    return error.what();
  }
  return "";
}

TEST(Prepare, ImageTimesWhiteMatterTimesBiasIsTheSource) {
  const ShellBrain head = make_shell_brain({});
  const core::Volume source = times_exp(head.image, make_log_field(head.image.grid, 0.3));
  const Prepared prepared = prepare(source, head.brain, {}, {});
  EXPECT_EQ(prepared.image.grid, source.grid);
  for (std::size_t n = 0; n < source.voxels.size(); n += 101) {
    const double back =
        prepared.image.voxels[n] * prepared.white_matter * std::exp(prepared.log_bias.voxels[n]);
    ASSERT_NEAR(back, source.voxels[n], 1e-4 * prepared.white_matter);
  }
}

TEST(Prepare, WhiteMatterIsOneAndFlat) {
  const ShellBrain head = make_shell_brain({});
  const core::Volume source = times_exp(head.image, make_log_field(head.image.grid, 0.3));
  const Prepared prepared = prepare(source, head.brain, {}, {});
  const auto [mean, sd] = moments(prepared.image, head.white);
  EXPECT_NEAR(mean, 1.0, 0.01);
  EXPECT_LT(sd, 0.04);  // the noise alone is 0.03
  EXPECT_NEAR(moments(prepared.image, head.grey)[0], 0.7, 0.02);
  EXPECT_TRUE(prepared.skull_stripped);
  EXPECT_EQ(prepared.head.voxels, prepared.brain.voxels);
  EXPECT_TRUE(prepared.warnings.empty()) << prepared.warnings.front();
}

TEST(Prepare, GivenMaskInAWholeHeadKeepsTheHead) {
  ShellOptions options;
  options.scalp = true;
  const ShellBrain head = make_shell_brain(options);
  const Prepared prepared = prepare(head.image, head.brain, {}, {});
  EXPECT_FALSE(prepared.skull_stripped);
  EXPECT_EQ(prepared.brain.voxels, head.brain.voxels);
  EXPECT_GT(prepared.head.count(), prepared.brain.count() * 5 / 4);
}

TEST(Prepare, WorkingGridHasTheSpacingAskedFor) {
  const ShellBrain head = make_shell_brain({});
  PrepareOptions options;
  options.working_spacing_mm = 3.0;
  const Prepared prepared = prepare(head.image, head.brain, options, {});
  EXPECT_EQ(prepared.image.grid, core::with_spacing(head.image.grid, 3.0));
  EXPECT_EQ(prepared.tissue[core::Tissue::Csf].grid, prepared.image.grid);
  EXPECT_EQ(prepared.log_bias.grid, prepared.image.grid);
  EXPECT_NEAR(prepared.brain.volume_ml() / head.brain.volume_ml(), 1.0, 0.02);
}

TEST(Prepare, AnotherContrastIsRefused) {
  ShellOptions t2_like;
  t2_like.level = {1.0, 0.6, 0.35};
  const ShellBrain t2 = make_shell_brain(t2_like);
  EXPECT_THAT(refusal(t2.image, t2.brain), testing::HasSubstr("not T1w-like"));
  ShellOptions flair_like;
  flair_like.level = {0.2, 1.0, 0.75};
  const ShellBrain flair = make_shell_brain(flair_like);
  EXPECT_THAT(refusal(flair.image, flair.brain), testing::HasSubstr("not T1w-like"));
}

TEST(Prepare, WhatHoldsNoBrainIsRefused) {
  const ShellBrain head = make_shell_brain({});
  const core::Grid& grid = head.image.grid;
  EXPECT_NE(refusal(core::Volume(grid, 0.0F), std::nullopt), "");
  EXPECT_NE(refusal(core::Volume(grid, 7.0F), head.brain), "");
  EXPECT_NE(refusal(head.image, core::Mask(grid)), "");
  EXPECT_NE(refusal(head.image, core::Mask(grid, true)).find("ml"), std::string::npos);
  EXPECT_NE(refusal(head.image, erode(head.brain, 30.0)).find("ml"), std::string::npos);
}

TEST(Prepare, BadVoxelsAndThickSlicesAreSaid) {
  ShellOptions options;
  ShellBrain head = make_shell_brain(options);
  head.image.voxels[0] = std::numeric_limits<float>::quiet_NaN();
  head.image.voxels[1] = std::numeric_limits<float>::infinity();
  core::Grid thick = head.image.grid;
  thick.size[2] /= 3;
  for (std::size_t row = 0; row < 3; ++row) thick.world_from_voxel.matrix[3 * row + 2] *= 3.0;
  thick.world_from_voxel.offset[2] += options.spacing_mm;
  const auto prepared = prepare(head.image, head.brain, {}, {});
  ASSERT_EQ(prepared.warnings.size(), 1U);
  EXPECT_NE(prepared.warnings[0].find("2 voxels were not finite"), std::string::npos);
  for (const float v : prepared.image.voxels) ASSERT_TRUE(std::isfinite(v));
  EXPECT_NE(prepared.warnings[0].find("0 of them in the brain"), std::string::npos);
  head.image.voxels[0] = head.image.voxels[1] = 0.0F;
  const auto sliced =
      prepare(resample_linear(head.image, thick, {}), resample_nearest(head.brain, thick), {}, {});
  ASSERT_FALSE(sliced.warnings.empty());
  EXPECT_NE(sliced.warnings[0].find("6.0 mm"), std::string::npos);
}

TEST(Prepare, ABrainWithoutNumbersIsRefusedABackgroundWithoutIsNot) {
  ShellBrain head = make_shell_brain({});
  const float nothing = std::numeric_limits<float>::quiet_NaN();
  core::Volume background = head.image;
  for (std::size_t n = 0; n < background.voxels.size(); ++n) {
    if (head.brain.voxels[n] == 0) background.voxels[n] = nothing;
  }
  const std::size_t outside = background.voxels.size() - head.brain.count();
  const auto prepared = prepare(background, head.brain, {}, {});
  ASSERT_EQ(prepared.warnings.size(), 1U);
  EXPECT_THAT(prepared.warnings[0], testing::HasSubstr(std::to_string(outside) + " voxels were not finite"));
  std::size_t seen = 0;
  for (std::size_t n = 0; n < head.image.voxels.size(); ++n) {
    if (head.brain.voxels[n] != 0 && ++seen % 50 == 0) head.image.voxels[n] = nothing;  // 2 %
  }
  EXPECT_THAT(refusal(head.image, head.brain), testing::HasSubstr("of the brain (2.0 %) are not finite"));
}

TEST(Prepare, ThreadsDoNotChangeTheBytes) {
  const ShellBrain head = make_shell_brain({});
  core::Context three;
  three.threads = 3;
  const Prepared a = prepare(head.image, head.brain, {}, {});
  const Prepared b = prepare(head.image, head.brain, {}, three);
  EXPECT_EQ(a.image.voxels, b.image.voxels);
  EXPECT_EQ(a.tissue[core::Tissue::GreyMatter].voxels, b.tissue[core::Tissue::GreyMatter].voxels);
}

TEST(PrepareOnRealScans, SkullStrippedScanAgreesWithItsLabels) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const auto folder = data / "nifti/oasis1_siemens-vision-1.5t";
  const core::Volume native = io::read_nifti(folder / "MICCAI1113_T1w.nii.gz").volume;
  const core::Volume labels = io::read_nifti(folder / "MICCAI1113_labels.nii.gz").volume;
  const Prepared prepared = prepare(native, std::nullopt, {}, {});
  EXPECT_TRUE(prepared.skull_stripped);
  const core::Mask white = with_labels(labels, native.grid, {40, 41, 44, 45});
  EXPECT_GT(dice(brightest_tissue(prepared, core::Tissue::WhiteMatter), white), 0.82);
  core::Mask ventricles = with_labels(labels, native.grid, {51, 52});
  ventricles = erode(ventricles, 1.0);
  const core::Mask csf = brightest_tissue(prepared, core::Tissue::Csf);
  std::size_t both = 0;
  for (std::size_t n = 0; n < csf.voxels.size(); ++n) both += csf.voxels[n] & ventricles.voxels[n];
  EXPECT_GT(static_cast<double>(both), 0.9 * static_cast<double>(ventricles.count()));
}

TEST(PrepareOnRealScans, WholeHeadIsPrepared) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const auto folder = data / "nifti/ixi-hh_philips-intera-3t";
  const Prepared prepared =
      prepare(io::read_nifti(folder / "IXI012-HH-1211_T1w.nii.gz").volume, std::nullopt, {}, {});
  EXPECT_FALSE(prepared.skull_stripped);
  EXPECT_GT(prepared.head.count(), prepared.brain.count() * 3 / 2);
  const core::Mask white = brightest_tissue(prepared, core::Tissue::WhiteMatter);
  EXPECT_NEAR(white.volume_ml() / prepared.brain.volume_ml(), 0.38, 0.12);
}

TEST(PrepareOnRealScans, FlairIsRefused) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const auto folder = data / "nifti/ljubljana-longitudinal_philips-1.5t";
  const core::Volume flair = io::read_nifti(folder / "patient01_study1_FLAIR.nii.gz").volume;
  EXPECT_NE(refusal(flair, std::nullopt), "");
}

}  // namespace
}  // namespace isoscan::preprocess
