/// @file Synthetic heads with known tissue, for demos and tests: no real person anywhere.
#pragma once

#include <cstdint>
#include <string>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::phantom {

struct HeadOptions {
  core::Grid grid;  ///< any grid; the head (stripped: the brain) is centred in its box, upright in LPS
  double age_years = 40.0;  ///< 18..100; widens ventricles and sulci
  bool whole_head = true;   ///< skull, skin, eyes and neck too; false: a skull-stripped brain, 0 outside
  double lesion_ml = 0.0;   ///< white matter lesions, dark in T1w
  double texture = 0.02;    ///< SD of tissue texture in units of white matter

  [[nodiscard]] std::string problem() const;  ///< the first value out of range, in words; empty when usable
};

struct SyntheticHead {
  core::Volume image;       ///< T1w by the MR signal model, no noise, no bias, white matter = 1
  core::TissueMaps tissue;  ///< truth, partial volumes; sum to one in the brain, zero outside
  core::Mask brain;         ///< tissue sum > 0.5
  core::Mask lesions;
};

/// Another person for each seed: size, folding, ventricles, asymmetry, head pose (a few degrees and mm). The
/// anatomy is a function of the place in the world, so grids with the same centre show the same head; partial
/// volumes come from the distance to each surface, and from several points in voxels longer than 1.5 mm.
/// Same options and seed, same bytes, for every thread count. About 1 s on one core for a whole head of 1.5
/// mm.
/// @throws Error(Config) for options out of range.
[[nodiscard]] SyntheticHead make_head(const HeadOptions& options, std::uint64_t person_seed,
                                      const core::Context& context);

/// A grid of the given isotropic spacing that holds a whole head (LPS axes, centred at the world's origin).
[[nodiscard]] core::Grid head_grid(double spacing_mm);
/// The same for a skull-stripped brain.
[[nodiscard]] core::Grid brain_grid(double spacing_mm);

}  // namespace isoscan::phantom
