/// @file Where image quality is measured, and the statistics of a region.
#pragma once

#include <optional>
#include <string>

#include "isoscan/core/volume.hpp"

namespace isoscan::quality {

struct Statistics {
  double mean = 0.0;
  double sd = 0.0;
  double median = 0.0;
  double mad = 0.0;  ///< median absolute deviation, scaled to the SD of a normal distribution
  double p05 = 0.0;
  double p95 = 0.0;
  double count = 0.0;
};

/// None for fewer than 20 voxels.
[[nodiscard]] std::optional<Statistics> statistics(const core::Volume& image, const core::Mask& mask);

struct Region {
  core::Mask mask;
  bool eroded = true;  ///< false where erosion would have left too little
};

/// Posterior above 0.85, eroded by one voxel (18 neighbours) while 300 voxels are left.
[[nodiscard]] Region pure_region(const core::Volume& posterior);

struct Background {
  core::Mask air;         ///< outside the head, one voxel away from it
  bool stripped = false;  ///< the head is little more than the brain
  std::string reason;     ///< why the air holds no noise; empty when it does
};
[[nodiscard]] Background air_of(const core::Volume& image, const core::Mask& head, const core::Mask& brain);

}  // namespace isoscan::quality
