/// @file Is this T1-weighted? By where the bright tissue lies, without tissue classes.
#pragma once

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::preprocess {

/// White matter lies deep, cortex lies beside CSF and the brain's surface. In T1w white matter is the
/// brightest tissue; in FLAIR, T2w and proton density grey matter is. Two figures tell the two apart:
struct ContrastOrder {
  /// Mean distance to CSF or the surface of the brightest tenth of the brain's tissue, over that of all of
  /// it. T1w: 1.2 to 1.4. 1 or less: the brightest tissue is not the deep one.
  double depth_of_brightest = 1.0;
  /// Upper quartile of the tissue 2 to 5 mm from CSF or surface over that of the deep tissue near it (from 6
  /// mm on). T1w: 0.80 to 0.95. 1 or more: tissue beside CSF is no darker than the deep one.
  double shallow_over_deep = 1.0;
  bool known = false;  ///< false: there is too little deep tissue to tell; the figures say nothing

  /// Whether both figures speak against T1w: the brightest tenth lies less than 10 % deeper than tissue at
  /// large, and shallow tissue reaches 97 % of the deep one. Both must, as a refused T1w is worse than
  /// another contrast that passes: what blurs one figure (noise the first, a receive field that rises to the
  /// surface the second) leaves the other.
  [[nodiscard]] bool against_t1w() const;
};

/// On an isotropic grid of 1.5 mm. Darkness that is CSF or hole is what lies below 0.6 of the mean of its
/// surroundings (Gaussian of 15 mm in the brain); a voxel is measured against the deep tissue around it
/// (Gaussian of 8 mm), so neither units nor the receive field matter. Partial volume with dark CSF, which
/// thick slices are full of, darkens shallow tissue and so hides grey matter that is bright: that is why the
/// brightest tissue is asked where it lies, and not the mean of a class.
/// @param volume  any unit, any grid, finite  @param brain  on any grid
/// @throws Error(Geometry) where a grid is unusable, Error(Cancelled).
[[nodiscard]] ContrastOrder contrast_order(const core::Volume& volume, const core::Mask& brain,
                                           const core::Context& context);

}  // namespace isoscan::preprocess
