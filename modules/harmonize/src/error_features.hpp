/// @file What is known of a voxel when a scan is restored, and tells how far it may be off. Private to
/// harmonize.
#pragma once

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"
#include "isoscan/harmonize/uncertainty.hpp"

namespace isoscan::harmonize {

/// Maps of kErrorFeatures on one grid; lengths in voxels, brightness with white matter = 1.
class ErrorFeatures {
 public:
  /// @throws Error(Geometry) where the grids differ.
  ErrorFeatures(const core::Volume& image, const core::Mask& brain, const core::Context& context);
  /// Writes kErrorFeatures.size() numbers. @param voxel  place in the grid's voxel array, in the brain
  void row(std::size_t voxel, float* out) const;

 private:
  std::array<core::Volume, kErrorFeatures.size()> maps_;
};

}  // namespace isoscan::harmonize
