/// @file The harmonized image back on the scan's own grid. Never moves a voxel: only the change is resampled.
#pragma once

#include <cstdint>
#include <string>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"
#include "isoscan/preprocess/prepare.hpp"

namespace isoscan::harmonize {

enum class IntensityScale : std::uint8_t {
  Source,     ///< "source": white matter keeps its source units; outside the head every voxel is bit-equal to
              ///< the input
  Reference,  ///< "reference": white matter becomes `reference_white_matter`, the whole image scaled
};

struct WriteBackOptions {
  double bound = 0.4;    ///< largest change of a voxel after bias correction, white matter = 1
  double edge_mm = 2.0;  ///< whole heads: the change fades to 0 over this much brain at its edge
  IntensityScale scale = IntensityScale::Source;
  double reference_white_matter = 1000.0;  ///< IntensityScale::Reference: output value of white matter

  [[nodiscard]] std::string problem() const;
};

struct WrittenBack {
  core::Volume volume;  ///< on the native grid: grid == native.grid
  core::Volume
      change;  ///< native grid, white matter = 1: what was added after bias correction, within the bound
  double share_at_bound = 0;  ///< of the brain's voxels
  double max_change = 0;      ///< largest |change|
};

/// output = native / exp(w bias) + change. The change is harmonized - prepared on the working grid, 0 outside
/// the brain, resampled to the native grid and clipped to the bound; w is 1 in the brain and falls to 0 at
/// the head's edge. In skull-stripped scans the brain's edge is the image's, so nothing fades there.
/// @param native      the scan as read
/// @param prepared    of that scan
/// @param harmonized  on prepared.image.grid (harmonized_image)
/// @throws Error(Geometry) where the grids do not fit, Error(Config) where the options have a problem.
[[nodiscard]] WrittenBack write_back(const core::Volume& native, const preprocess::Prepared& prepared,
                                     const core::Volume& harmonized, const WriteBackOptions& options,
                                     const core::Context& context);

}  // namespace isoscan::harmonize
