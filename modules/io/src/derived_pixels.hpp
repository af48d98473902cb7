/// @file Voxels as 16-bit integers with one slope.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isoscan/core/volume.hpp"

namespace isoscan::io {

struct StoredVoxels {
  std::vector<std::uint16_t> stored;  ///< in voxel order; two's complement where signed
  bool is_signed = false;
  std::string slope_text;  ///< DS: at most 16 characters
  double slope = 1.0;      ///< what the text says; value = slope x stored
  double largest_error = 0.0;
  double window_low = 0.0;  ///< what to show: the 1st and 99.5th percentile
  double window_high = 1.0;
};

/// The slope is the smallest power of two that holds the whole range, so that zero stays zero, and whole
/// numbers stay as they are as long as the range is below 32768. No voxel is off by more than slope / 2.
/// @throws Error(Numeric) where a voxel is not finite.
[[nodiscard]] StoredVoxels stored_voxels(const core::Volume& volume);

/// A number as DS (PS3.5 6.2): the shortest text that reads back the same, or the nearest one that has 16
/// characters.
[[nodiscard]] std::string ds_text(double value);

}  // namespace isoscan::io
