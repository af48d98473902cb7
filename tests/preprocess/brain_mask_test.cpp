#include "isoscan/preprocess/brain_mask.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>
#include <string>
#include <vector>

#include <boost/filesystem.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/preprocess/morphology.hpp"
#include "isoscan/preprocess/resample.hpp"
#include "isoscan/test/support.hpp"

namespace isoscan::preprocess {
namespace {

using core::Grid;
using core::Mask;
using core::Vec3;
using core::Volume;

Grid grid_of(core::Index3 size, double spacing) {
  Grid grid;
  grid.size = size;
  for (std::size_t a = 0; a < 3; ++a) {
    grid.world_from_voxel.matrix[4 * a] = spacing;
    grid.world_from_voxel.offset[a] = -0.5 * spacing * static_cast<double>(size[a] - 1);
  }
  return grid;
}

double ellipsoid(const Vec3& p, const Vec3& centre, const Vec3& half) {
  double sum = 0.0;
  for (std::size_t a = 0; a < 3; ++a) sum += (p[a] - centre[a]) * (p[a] - centre[a]) / (half[a] * half[a]);
  return std::sqrt(sum);
}

constexpr Vec3 kBrainCentre{0.0, 5.0, 40.0};
constexpr Vec3 kBrainHalf{66.0, 84.0, 62.0};

/// Intensity at a world point of a head of shells: air 0, scalp 90, bone 10, fluid 30, grey 70, white 100,
/// ventricle 25; a neck of muscle (65) hangs below, wide open towards the scalp.
double head_at(const Vec3& p) {
  const double r = ellipsoid(p, kBrainCentre, kBrainHalf);
  const double mm = (r - 1.0) * 70.0;  // about the distance from the brain's border
  if (mm > 16.0) {
    const bool neck = std::hypot(p[0], p[1] - 20.0) < 55.0 && p[2] < 0.0;
    return neck ? 65.0 : 0.0;
  }
  if (mm > 9.0) return 90.0;
  if (mm > 3.0) return 10.0;
  if (mm > 0.0) return 30.0;
  if (ellipsoid(p, {0, 5, 45}, {12, 30, 10}) < 1.0) return 25.0;
  return mm > -6.0 ? 70.0 : 100.0;
}

template <class Function>
void for_voxels(const Grid& grid, const Function& function) {
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        function(grid.index(i, j, k), grid.world_from_voxel({static_cast<double>(i), static_cast<double>(j),
                                                             static_cast<double>(k)}));
      }
    }
  }
}

Volume head_on(const Grid& grid) {
  Volume volume(grid);
  for_voxels(
      grid, [&](std::size_t n, const Vec3& world) { volume.voxels[n] = static_cast<float>(head_at(world)); });
  return volume;
}

Mask brain_on(const Grid& grid) {
  Mask mask(grid);
  for_voxels(grid, [&](std::size_t n, const Vec3& world) {
    mask.voxels[n] = ellipsoid(world, kBrainCentre, kBrainHalf) <= 1.0 ? 1 : 0;
  });
  return mask;
}

const Grid& head_grid() {
  static const Grid grid = grid_of({90, 110, 120}, 2.0);
  return grid;
}

Volume with_noise(Volume volume, double sd) {
  core::Random random(5);
  for (float& v : volume.voxels) {
    v = static_cast<float>(std::hypot(v + sd * random.normal(), sd * random.normal()));
  }
  return volume;
}

std::string refusal(const Volume& volume) {
  try {
    (void)estimate_brain_mask(volume, {});
  } catch (const core::Error& error) {
    EXPECT_EQ(error.kind(), core::ErrorKind::Input);
    return error.what();
  }
  return "none";
}

TEST(BrainMask, FindsTheBrainOfAHeadOfShells) {
  const Volume head = head_on(head_grid());
  const BrainMask found = estimate_brain_mask(head, {});
  EXPECT_FALSE(found.skull_stripped);
  EXPECT_EQ(found.brain.grid, head.grid);
  EXPECT_GT(dice(found.brain, brain_on(head.grid)), 0.96);
  for (std::size_t n = 0; n < head.voxels.size(); ++n) {
    ASSERT_LE(found.brain.voxels[n], found.head.voxels[n]) << "brain outside of the head at " << n;
  }
  EXPECT_EQ(fill_holes(found.brain).voxels, found.brain.voxels);
}

TEST(BrainMask, UnitsDoNotMatter) {
  const Volume head = head_on(head_grid());
  Volume other = head;
  for (float& v : other.voxels) v *= 16.0F;
  EXPECT_EQ(estimate_brain_mask(head, {}).brain.voxels, estimate_brain_mask(other, {}).brain.voxels);
}

TEST(BrainMask, ThreadsDoNotMatter) {
  core::Context three;
  three.threads = 3;
  const Volume head = head_on(head_grid());
  EXPECT_EQ(estimate_brain_mask(head, {}).brain.voxels, estimate_brain_mask(head, three).brain.voxels);
}

TEST(BrainMask, StorageOrderDoesNotMatter) {
  const Volume head = head_on(head_grid());
  const Mask expected = estimate_brain_mask(head, {}).brain;
  // Sagittal and coronal storage with flipped axes; the 48 orders are a law of the resampling that comes
  // first.
  for (const auto& [order, flips] : {std::pair{std::array{1, 2, 0}, 5}, std::pair{std::array{2, 0, 1}, 2}}) {
    core::Affine old_from_new;
    old_from_new.matrix.fill(0.0);
    Grid grid;
    for (std::size_t a = 0; a < 3; ++a) {
      const auto old = static_cast<std::size_t>(order[a]);
      const bool flip = (flips >> a & 1) != 0;
      grid.size[a] = head.grid.size[old];
      old_from_new.matrix[3 * old + a] = flip ? -1.0 : 1.0;
      old_from_new.offset[old] = flip ? static_cast<double>(grid.size[a] - 1) : 0.0;
    }
    grid.world_from_voxel = head.grid.world_from_voxel * old_from_new;
    const BrainMask found = estimate_brain_mask(resample_linear(head, grid, {}), {});
    EXPECT_GT(dice(resample_nearest(found.brain, head.grid), expected), 0.999);
  }
}

TEST(BrainMask, ObliqueSlicesAndOtherVoxelSizesGiveTheSameBrain) {
  for (const auto& [angle, spacing] : {std::pair{-0.35, 1.4}, std::pair{0.3, 3.0}}) {
    const auto voxels = [mm = spacing](double length_mm) {
      return static_cast<std::int64_t>(length_mm / mm);
    };
    Grid grid = grid_of({voxels(200), voxels(240), voxels(260)}, spacing);
    const double c = std::cos(angle);
    const double s = std::sin(angle);
    core::Affine turn;
    turn.matrix = {1, 0, 0, 0, c, -s, 0, s, c};
    grid.world_from_voxel = turn * grid.world_from_voxel;
    EXPECT_GT(dice(estimate_brain_mask(head_on(grid), {}).brain, brain_on(grid)), 0.95)
        << angle << " " << spacing;
  }
}

TEST(BrainMask, NoiseAndReceiveFieldMoveItLittle) {
  Volume head = head_on(head_grid());
  for_voxels(head.grid, [&](std::size_t n, const Vec3& p) {
    head.voxels[n] *=
        static_cast<float>(std::exp(0.4 * std::clamp((p[1] - p[0]) / 130.0 + p[2] / 200.0, -1.0, 1.0)));
  });
  EXPECT_GT(dice(estimate_brain_mask(with_noise(head, 5.0), {}).brain, brain_on(head.grid)), 0.95);
}

TEST(BrainMask, SkullStrippedBrainsKeepTheirSupport) {
  Volume stripped = head_on(head_grid());
  const Mask brain = brain_on(stripped.grid);
  for (std::size_t n = 0; n < brain.voxels.size(); ++n) {
    if (brain.voxels[n] == 0) stripped.voxels[n] = 0.0F;
  }
  const BrainMask exact = estimate_brain_mask(stripped, {});
  EXPECT_TRUE(exact.skull_stripped);
  EXPECT_EQ(exact.brain.voxels, exact.head.voxels);
  EXPECT_GT(dice(exact.brain, brain), 0.995);
  const BrainMask noisy = estimate_brain_mask(with_noise(stripped, 3.0), {});
  EXPECT_TRUE(noisy.skull_stripped);
  EXPECT_GT(dice(noisy.brain, brain), 0.97);
}

TEST(BrainMask, RefusesWhatHoldsNoBrain) {
  using testing::HasSubstr;
  EXPECT_THAT(refusal(Volume(head_grid(), 7.0F)), HasSubstr("constant"));
  EXPECT_THAT(refusal(head_on(grid_of({90, 110, 10}, 2.0))), HasSubstr("slab of 20 mm"));
  // A bottle of water: no skull, 4.2 l.
  Volume bottle(head_grid());
  for_voxels(bottle.grid, [&](std::size_t n, const Vec3& p) {
    bottle.voxels[n] = ellipsoid(p, {0, 0, 0}, {80, 100, 100}) < 1.0 ? 100.0F : 0.0F;
  });
  EXPECT_THAT(refusal(bottle), HasSubstr("no brain found"));
  // A head of the size of a doll's.
  Grid small = head_grid();
  for (double& m : small.world_from_voxel.matrix) m *= 0.6;
  Volume doll = head_on(head_grid());
  doll.grid = small;
  EXPECT_THAT(refusal(doll), HasSubstr("ml"));
}

TEST(BrainMask, StopsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  core::Context context;
  context.stop = stop.get_token();
  try {
    (void)estimate_brain_mask(head_on(head_grid()), context);
    FAIL() << "went on";
  } catch (const core::Error& error) {
    EXPECT_EQ(error.kind(), core::ErrorKind::Cancelled);
  }
}

struct Agreement {
  std::string name;
  double dice = 0.0;
  bool skull_stripped = false;
};

/// Dice against "label > 0, holes filled" of every T1w in the folder that has a label file beside it.
std::vector<Agreement> agreements(const boost::filesystem::path& folder, const std::string& label_suffix) {
  const std::string suffix = "_T1w.nii.gz";
  std::vector<Agreement> all;
  for (const auto& entry : boost::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.size() > suffix.size() && name.ends_with(suffix))
      all.push_back({name.substr(0, name.size() - suffix.size())});
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  core::parallel_for(static_cast<std::int64_t>(all.size()), 2, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) {
      Agreement& one = all[static_cast<std::size_t>(n)];
      const Volume image = io::read_nifti(folder / (one.name + suffix)).volume;
      const Volume label = io::read_nifti(folder / (one.name + label_suffix)).volume;
      const BrainMask found = estimate_brain_mask(image, {});
      one.dice = dice(found.brain, resample_nearest(fill_holes(core::above(label, 0.5F)), image.grid));
      one.skull_stripped = found.skull_stripped;
    }
  });
  return all;
}

void print_figures(const std::string& title, const std::vector<Agreement>& all, double& mean, double& least) {
  double sum = 0.0;
  double squares = 0.0;
  least = 1.0;
  for (const Agreement& one : all) {
    sum += one.dice;
    squares += one.dice * one.dice;
    least = std::min(least, one.dice);
  }
  mean = sum / static_cast<double>(all.size());
  const double sd = std::sqrt(std::max(0.0, squares / static_cast<double>(all.size()) - mean * mean));
  std::cout << title << ": " << all.size() << " images, Dice mean " << mean << ", SD " << sd << ", least "
            << least << "\n";
}

TEST(BrainMaskOnRealData, WholeHeadsAgreeWithTheirLabels) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const auto all = agreements(data / "nifti" / "ixi-hh_philips-intera-3t", "_dlmuse-seg.nii.gz");
  ASSERT_EQ(all.size(), 40U);
  double mean = 0.0;
  double least = 0.0;
  print_figures("whole heads", all, mean, least);
  EXPECT_GE(mean, 0.95);
  EXPECT_GE(least, 0.90);
  for (const Agreement& one : all) EXPECT_FALSE(one.skull_stripped) << one.name;
}

TEST(BrainMaskOnRealData, SkullStrippedHeadsAgreeWithTheirLabels) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const auto all = agreements(data / "nifti" / "oasis1_siemens-vision-1.5t", "_labels.nii.gz");
  ASSERT_EQ(all.size(), 22U);
  double mean = 0.0;
  double least = 0.0;
  print_figures("skull-stripped", all, mean, least);
  EXPECT_GE(mean, 0.95);
  EXPECT_GE(least, 0.90);
  for (const Agreement& one : all) EXPECT_TRUE(one.skull_stripped) << one.name;
}

TEST(BrainMaskOnRealData, OtherScannersGiveABrainAndKidneysARefusal) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  for (const std::string name :
       {"spm-moae_siemens-vision-2t/MoAE_T1w.nii.gz", "uih_umr770-3t/volunteerA_T1w_1p6mm.nii.gz",
        "brainix_philips-achieva-1.5t/BRAINIX_T1w_inplane1mm.nii.gz",
        "ljubljana-longitudinal_philips-1.5t/patient01_study1_T1W.nii.gz",
        "ljubljana-longitudinal_philips-1.5t/patient01_study2_T1W.nii.gz"}) {
    const BrainMask found = estimate_brain_mask(io::read_nifti(data / "nifti" / name).volume, {});
    std::cout << name << ": " << found.brain.volume_ml() << " ml\n";
    EXPECT_FALSE(found.skull_stripped) << name;
    EXPECT_GT(found.brain.volume_ml(), 1000.0) << name;
    EXPECT_LT(found.brain.volume_ml(), 1900.0) << name;
  }
  EXPECT_THAT(
      refusal(io::read_nifti(data / "nifti/travelling-kidney_3vendors/sub-02_siemens_echo1.nii.gz").volume),
      testing::HasSubstr("slab"));
}

}  // namespace
}  // namespace isoscan::preprocess
