/// @file Images and masks: a grid and its voxels, x fastest. Images are float everywhere; io converts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "isoscan/core/grid.hpp"

namespace isoscan::core {

struct Volume {
  Grid grid;
  std::vector<float> voxels;  ///< grid.voxel_count() values

  Volume() = default;
  explicit Volume(const Grid& on, float value = 0.0F) : grid(on), voxels(on.voxel_count(), value) {}
  Volume(const Grid& on, std::vector<float> values);  ///< @throws Error(Internal) where the count is off

  [[nodiscard]] float& at(std::int64_t i, std::int64_t j, std::int64_t k) {
    return voxels[grid.index(i, j, k)];
  }
  [[nodiscard]] float at(std::int64_t i, std::int64_t j, std::int64_t k) const {
    return voxels[grid.index(i, j, k)];
  }
};

struct Mask {
  Grid grid;
  std::vector<std::uint8_t> voxels;  ///< 0 or 1

  Mask() = default;
  explicit Mask(const Grid& on, bool value = false) : grid(on), voxels(on.voxel_count(), value ? 1 : 0) {}

  [[nodiscard]] std::size_t count() const;
  [[nodiscard]] double volume_ml() const;
};

/// Tissue classes in the order of their brightness in T1w.
enum class Tissue : std::uint8_t { Csf = 0, GreyMatter = 1, WhiteMatter = 2 };
inline constexpr int kTissueCount = 3;

/// Posterior probabilities on one grid; in the brain they sum to one, outside they are zero.
struct TissueMaps {
  std::array<Volume, kTissueCount> posterior;

  [[nodiscard]] const Volume& operator[](Tissue t) const { return posterior[static_cast<std::size_t>(t)]; }
  [[nodiscard]] Volume& operator[](Tissue t) { return posterior[static_cast<std::size_t>(t)]; }
};

/// Voxels above a threshold.
[[nodiscard]] Mask above(const Volume& volume, float threshold);

/// The q-quantile (0..1, linear interpolation between order statistics) of values; they are reordered.
/// @throws Error(Numeric) when there are none.
[[nodiscard]] double quantile(std::vector<float>& values, double q);
/// Values inside the mask, in voxel order. @throws Error(Geometry) where the grids differ.
[[nodiscard]] std::vector<float> values_in(const Volume& volume, const Mask& mask);

/// @throws Error(Geometry) naming `what` where the grids differ.
void require_same_grid(const Grid& a, const Grid& b, const char* what);

}  // namespace isoscan::core
