#include "isoscan/preprocess/bias.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/preprocess/resample.hpp"
#include "isoscan/test/support.hpp"

#include "shell_brain.hpp"

namespace isoscan::preprocess {
namespace {

using test::difference;
using test::make_log_field;
using test::make_shell_brain;
using test::moments;
using test::times_exp;

TEST(Bias, RecoversAFieldThatIsNoPolynomial) {
  const auto head = make_shell_brain({});
  for (const double strength : {0.1, 0.25, 0.5}) {
    const core::Volume truth = make_log_field(head.image.grid, strength);
    const core::Volume found = estimate_log_bias(times_exp(head.image, truth), head.brain, {});
    const double spread = moments(truth, head.brain)[1];
    EXPECT_LT(moments(difference(found, truth), head.brain)[1], 0.01 + 0.08 * spread) << strength;
  }
}

TEST(Bias, FieldHasMeanZeroInTheBrain) {
  const auto head = make_shell_brain({});
  const core::Volume found =
      estimate_log_bias(times_exp(head.image, make_log_field(head.image.grid, 0.4)), head.brain, {});
  EXPECT_NEAR(moments(found, head.brain)[0], 0.0, 2e-3);
}

TEST(Bias, FlatImageGetsNearlyNoField) {
  const auto head = make_shell_brain({});
  EXPECT_LT(moments(estimate_log_bias(head.image, head.brain, {}), head.brain)[1], 0.01);
}

TEST(Bias, TheUnitOfTheScanDoesNotMatter) {
  const auto head = make_shell_brain({});
  core::Volume scan = times_exp(head.image, make_log_field(head.image.grid, 0.3));
  const core::Volume before = estimate_log_bias(scan, head.brain, {});
  for (float& v : scan.voxels) v *= 37.0F;
  EXPECT_LT(moments(difference(estimate_log_bias(scan, head.brain, {}), before), head.brain)[1], 1e-3);
}

TEST(Bias, MirroredScanGivesTheMirroredField) {
  const auto head = make_shell_brain({});
  const core::Volume scan = times_exp(head.image, make_log_field(head.image.grid, 0.3));
  const auto mirror = [](const auto& in) {
    auto out = in;
    const auto& size = in.grid.size;
    for (std::int64_t k = 0; k < size[2]; ++k) {
      for (std::int64_t j = 0; j < size[1]; ++j) {
        for (std::int64_t i = 0; i < size[0]; ++i) {
          out.voxels[in.grid.index(i, j, k)] = in.voxels[in.grid.index(size[0] - 1 - i, j, k)];
        }
      }
    }
    return out;
  };
  const core::Volume straight = estimate_log_bias(scan, head.brain, {});
  const core::Volume back = mirror(estimate_log_bias(mirror(scan), mirror(head.brain), {}));
  EXPECT_LT(moments(difference(straight, back), head.brain)[1], 3e-3);
}

TEST(Bias, StaysBoundedOutsideOfTheBrain) {
  const auto head = make_shell_brain({});
  const core::Volume found =
      estimate_log_bias(times_exp(head.image, make_log_field(head.image.grid, 0.5)), head.brain, {});
  float inside = 0.0F;
  float outside = 0.0F;
  for (std::size_t n = 0; n < found.voxels.size(); ++n) {
    float& most = head.brain.voxels[n] != 0 ? inside : outside;
    most = std::max(most, std::abs(found.voxels[n]));
  }
  EXPECT_GT(outside, 0.0F);
  EXPECT_LT(outside, 4.0F * inside);
}

TEST(Bias, ThreadsDoNotChangeTheBytes) {
  const auto head = make_shell_brain({});
  const core::Volume scan = times_exp(head.image, make_log_field(head.image.grid, 0.3));
  core::Context three;
  three.threads = 3;
  EXPECT_EQ(estimate_log_bias(scan, head.brain, {}).voxels,
            estimate_log_bias(scan, head.brain, three).voxels);
}

TEST(Bias, BrightRimInTheMaskDoesNotPullTheField) {
  const auto head = make_shell_brain({});
  core::Volume scan = head.image;
  const auto& size = scan.grid.size;
  // A cap of fat within the mask: 2 % of the brain at twice the white matter.
  std::size_t painted = 0;
  for (std::int64_t k = size[2] - 1; k >= 0 && painted < head.brain.count() / 50; --k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        if (head.brain.voxels[scan.grid.index(i, j, k)] == 0) continue;
        scan.at(i, j, k) = 200.0F;
        ++painted;
      }
    }
  }
  EXPECT_LT(moments(estimate_log_bias(scan, head.brain, {}), head.brain)[1], 0.03);
}

TEST(Bias, KnownMeansRecoverWhatAFirstPassLeft) {
  const auto head = make_shell_brain({});
  for (const double strength : {0.03, 0.08}) {
    const core::Volume truth = make_log_field(head.image.grid, strength);
    const core::Volume found =
        estimate_log_bias_given_tissue(times_exp(head.image, truth), head.brain, {30.0, 70.0, 100.0}, {});
    const double spread = moments(truth, head.brain)[1];
    EXPECT_LT(moments(difference(found, truth), head.brain)[1], 0.005 + 0.15 * spread) << strength;
  }
}

TEST(Bias, ASecondPassOnAFlatImageDoesNearlyNothing) {
  const auto head = make_shell_brain({});
  const core::Volume found = estimate_log_bias_given_tissue(head.image, head.brain, {30.0, 70.0, 100.0}, {});
  EXPECT_LT(moments(found, head.brain)[1], 0.005);
}

TEST(Bias, RefusesWhatItCannotUse) {
  const auto head = make_shell_brain({});
  EXPECT_THROW((void)estimate_log_bias_given_tissue(head.image, head.brain, {100.0, 70.0, 30.0}, {}),
               core::Error);
  EXPECT_THROW((void)estimate_log_bias(head.image, core::Mask(head.image.grid), {}), core::Error);
  core::Grid other = head.image.grid;
  other.world_from_voxel.offset[0] += 1.0;
  EXPECT_THROW((void)estimate_log_bias(head.image, core::Mask(other, true), {}), core::Error);
  BiasOptions options;
  options.iterations = 0;
  EXPECT_NE(options.problem(), "");
  EXPECT_THROW((void)estimate_log_bias(head.image, head.brain, {}, options), core::Error);
  EXPECT_EQ(BiasOptions{}.problem(), "");
}

TEST(Bias, DividingUndoesTheField) {
  const auto head = make_shell_brain({});
  const core::Volume field = make_log_field(head.image.grid, 0.4);
  const core::Volume back = divide_bias(times_exp(head.image, field), field);
  for (std::size_t n = 0; n < back.voxels.size(); n += 997)
    EXPECT_NEAR(back.voxels[n], head.image.voxels[n], 1e-3);
}

TEST(BiasOnRealScans, AddedFieldComesBackAndASecondPassAddsLittle) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const auto native = io::read_nifti(data / "nifti/oasis1_siemens-vision-1.5t/MICCAI1113_T1w.nii.gz").volume;
  const core::Volume scan = to_working_grid(native, 2.0, {});
  const core::Mask brain = core::above(scan, 1.0F);
  const core::Volume own = estimate_log_bias(scan, brain, {});
  EXPECT_LT(moments(estimate_log_bias(divide_bias(scan, own), brain, {}), brain)[1], 0.025);
  core::Volume field = make_log_field(scan.grid, 0.3);
  core::Volume expected = field;
  for (std::size_t n = 0; n < expected.voxels.size(); ++n) expected.voxels[n] += own.voxels[n];
  const core::Volume both = estimate_log_bias(times_exp(scan, field), brain, {});
  EXPECT_LT(moments(difference(both, expected), brain)[1], 0.03);
}

}  // namespace
}  // namespace isoscan::preprocess
