#include "brain_head.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "isoscan/core/error.hpp"
#include "isoscan/core/smooth.hpp"
#include "isoscan/preprocess/morphology.hpp"
#include "isoscan/preprocess/resample.hpp"

namespace isoscan::preprocess {

namespace {

using core::Vec3;

/// The box of the world that the grid's cells fill, at 2 mm.
core::Grid upright_grid(const core::Grid& native) {
  Vec3 low{1e30, 1e30, 1e30};
  Vec3 high{-1e30, -1e30, -1e30};
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 voxel{};
    for (std::size_t a = 0; a < 3; ++a) {
      voxel[a] = (corner >> a & 1) != 0 ? static_cast<double>(native.size[a]) - 0.5 : -0.5;
    }
    const Vec3 world = native.world_from_voxel(voxel);
    for (std::size_t a = 0; a < 3; ++a) {
      low[a] = std::min(low[a], world[a]);
      high[a] = std::max(high[a], world[a]);
    }
  }
  core::Grid grid;
  constexpr double kLargestMm = 1500.0;
  for (std::size_t a = 0; a < 3; ++a) {
    if (high[a] - low[a] > kLargestMm) refuse("the image is more than 1.5 m long");
    grid.size[a] = std::max<std::int64_t>(1, std::llround((high[a] - low[a]) / kHeadSpacingMm));
    grid.world_from_voxel.matrix[4 * a] = kHeadSpacingMm;
    grid.world_from_voxel.offset[a] =
        0.5 * (low[a] + high[a]) - 0.5 * kHeadSpacingMm * static_cast<double>(grid.size[a] - 1);
  }
  return grid;
}

core::Volume finite(const core::Volume& volume) {
  core::Volume out = volume;
  for (float& v : out.voxels) {
    if (!std::isfinite(v)) v = 0.0F;
  }
  return out;
}

void resample_upright(const core::Volume& volume, const core::Context& context, Head& head) {
  constexpr double kFwhmOfSd = 2.3548200450309493;
  const Vec3 old = volume.grid.spacing_mm();
  Vec3 sd_mm{};
  for (std::size_t a = 0; a < 3; ++a) {
    sd_mm[a] = std::sqrt(std::max(0.0, kHeadSpacingMm * kHeadSpacingMm - old[a] * old[a])) / kFwhmOfSd;
  }
  constexpr float kNowhere = -std::numeric_limits<float>::infinity();
  head.image = resample_linear(core::gaussian(finite(volume), sd_mm, context), upright_grid(volume.grid),
                               context, kNowhere);
  head.covered = core::Mask(head.image.grid);
  for (std::size_t n = 0; n < head.image.voxels.size(); ++n) {
    head.covered.voxels[n] = head.image.voxels[n] > kNowhere ? 1 : 0;
  }
}

/// Air, and the threshold above it: a tenth of the way to bright tissue (BET), but beyond the noise.
void find_levels(Head& head) {
  std::vector<float> values = core::values_in(head.image, head.covered);
  double mean = 0.0;
  for (const float v : values) mean += v;
  mean /= static_cast<double>(values.size());
  std::vector<float> bright;
  for (const float v : values) {
    if (v > mean) bright.push_back(v);
  }
  if (bright.empty()) refuse("the image is constant");
  const double high = core::quantile(bright, 0.9);
  head.air = core::quantile(values, 0.02);
  if (!(high > head.air)) refuse("the image is constant");
  head.threshold = head.air + 0.1 * (high - head.air);
  // Where noise fills the background, its spread lifts the threshold: air is what lies under half of the mean
  // of tissue.
  std::vector<float> dark;
  for (const float v : values) {
    if (v < head.air + 0.25 * (high - head.air)) dark.push_back(v);
  }
  if (dark.size() > values.size() / 20) {
    const double middle = core::quantile(dark, 0.5);
    const double spread = core::quantile(dark, 0.84) - middle;
    head.threshold = std::clamp(middle + 3.0 * spread, head.threshold, head.air + 0.2 * (high - head.air));
  }
  for (std::size_t n = 0; n < head.image.voxels.size(); ++n) {
    if (head.covered.voxels[n] == 0) head.image.voxels[n] = static_cast<float>(head.air);
  }
}

core::Mask opened(const core::Mask& mask, double radius_mm) {
  return dilate(erode(mask, radius_mm), radius_mm);
}
core::Mask closed(const core::Mask& mask, double radius_mm) {
  return erode(dilate(mask, radius_mm), radius_mm);
}

/// Holes of each axial slice: cavities that are open towards the neck end at the lower edge of the image.
void fill_slices(core::Mask& mask) {
  const auto& size = mask.grid.size;
  core::Mask slice;
  slice.grid = mask.grid;
  slice.grid.size[2] = 1;
  const auto area = static_cast<std::ptrdiff_t>(size[0] * size[1]);
  for (std::int64_t k = 0; k < size[2]; ++k) {
    const auto begin = mask.voxels.begin() + k * area;
    slice.voxels.assign(begin, begin + area);
    const core::Mask full = fill_holes(slice);
    std::copy(full.voxels.begin(), full.voxels.end(), begin);
  }
}

void find_tissue(Head& head, const core::Context& context) {
  const core::Volume smooth = core::gaussian(head.image, 0.75 * kHeadSpacingMm, context);
  core::Mask bright = core::above(smooth, static_cast<float>(head.threshold));
  for (std::size_t n = 0; n < bright.voxels.size(); ++n) bright.voxels[n] &= head.covered.voxels[n];
  head.tissue = largest_component(opened(bright, 4.0));
  head.solid = closed(head.tissue, 10.0);
  fill_slices(head.solid);
  for (std::size_t n = 0; n < bright.voxels.size(); ++n) head.solid.voxels[n] &= head.covered.voxels[n];
}

/// Height of the vertex, middle and size of the cranium.
void find_cranium(Head& head) {
  const core::Grid& grid = head.solid.grid;
  const double cell = kHeadSpacingMm * kHeadSpacingMm;
  std::vector<double> area(static_cast<std::size_t>(grid.size[2]), 0.0);
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        area[static_cast<std::size_t>(k)] += cell * head.solid.voxels[grid.index(i, j, k)];
      }
    }
  }
  constexpr double kVertexAreaMm2 = 400.0;
  std::int64_t top = -1;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    if (area[static_cast<std::size_t>(k)] > kVertexAreaMm2) top = k;
  }
  if (top < 0) refuse("nothing in the image is as large as a head");
  head.top_mm = static_cast<double>(top) * kHeadSpacingMm;

  // The widest part of a head lies 4 to 11 cm below the vertex, whatever the neck does farther down.
  Vec3 sum{0, 0, 0};
  double count = 0.0;
  double largest = 0.0;
  for (std::int64_t k = std::max<std::int64_t>(0, top - 55); k <= top; ++k) {
    largest = std::max(largest, area[static_cast<std::size_t>(k)]);
    if (top - k < 20 && k > 0) continue;
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        if (head.solid.voxels[grid.index(i, j, k)] == 0) continue;
        sum[0] += static_cast<double>(i);
        sum[1] += static_cast<double>(j);
        count += 1.0;
      }
    }
  }
  if (count == 0.0) refuse("the image is flatter than a head");
  head.radius_mm = std::sqrt(largest / std::numbers::pi);
  head.centre_mm = {sum[0] / count * kHeadSpacingMm, sum[1] / count * kHeadSpacingMm,
                    std::max(0.5 * head.top_mm, head.top_mm - 0.9 * head.radius_mm)};
}

/// Mean intensity above air by depth below the head's surface, in steps of 2 mm, around the vault.
std::vector<double> depth_profile(const Head& head) {
  const core::Grid& grid = head.solid.grid;
  core::Mask air = head.solid;
  for (std::size_t n = 0; n < air.voxels.size(); ++n) {
    air.voxels[n] = head.covered.voxels[n] != 0 && head.solid.voxels[n] == 0 ? 1 : 0;
  }
  const core::Volume depth = distance_to(air);
  constexpr std::size_t kSteps = 12;
  std::vector<double> sum(kSteps, 0.0);
  std::vector<double> count(kSteps, 0.0);
  const auto top = static_cast<std::int64_t>(head.top_mm / kHeadSpacingMm);
  for (std::int64_t k = std::max<std::int64_t>(0, top - 22); k <= top - 5; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        const std::size_t n = grid.index(i, j, k);
        if (head.solid.voxels[n] == 0) continue;
        const auto step = static_cast<std::size_t>(std::min(0.5F * depth.voxels[n], 1e6F));
        if (step >= kSteps) continue;
        sum[step] += head.image.voxels[n] - head.air;
        count[step] += 1.0;
      }
    }
  }
  for (std::size_t s = 0; s < kSteps; ++s) sum[s] /= std::max(count[s], 1.0);
  return sum;
}

/// Below the scalp of a whole head lies dark bone; below the border of a stripped brain it only gets
/// brighter.
bool looks_stripped(const Head& head) {
  constexpr double kLargestBrainMl = 2200.0;
  constexpr double kDip = 0.8;  // 0.14 to 0.85 in whole heads (0.85: a FLAIR), 1 in stripped ones
  double volume_mm3 = 0.0;
  for (const std::uint8_t v : head.solid.voxels) volume_mm3 += v * std::pow(kHeadSpacingMm, 3);
  if (volume_mm3 / 1000.0 > kLargestBrainMl) return false;
  const std::vector<double> profile = depth_profile(head);
  double brightest = 0.0;
  double deepest_dip = 1.0;
  for (std::size_t s = 1; s < profile.size(); ++s) {
    brightest = std::max(brightest, profile[s]);
    if (brightest > 0.0) deepest_dip = std::min(deepest_dip, profile[s] / brightest);
  }
  return deepest_dip > kDip;
}

/// @throws Error(Input) where no brain has room in the field of view.
void require_room(const core::Grid& grid) {
  constexpr double kThinnestMm = 60.0;
  const Vec3 spacing = grid.spacing_mm();
  for (std::size_t a = 0; a < 3; ++a) {
    const double mm = static_cast<double>(grid.size[a]) * spacing[a];
    if (mm < kThinnestMm)
      refuse("the image is a slab of " + std::to_string(std::llround(mm)) + " mm, a head is wanted");
  }
}

}  // namespace

void refuse(const std::string& reason) {
  throw core::Error(core::ErrorKind::Input, "no brain found: " + reason);
}

Head find_head(const core::Volume& volume, const core::Context& context) {
  if (volume.grid.problem()[0] != '\0') refuse(volume.grid.problem());
  require_room(volume.grid);
  Head head;
  resample_upright(volume, context, head);
  find_levels(head);
  find_tissue(head, context);
  find_cranium(head);
  head.skull_stripped = looks_stripped(head);
  return head;
}

}  // namespace isoscan::preprocess
