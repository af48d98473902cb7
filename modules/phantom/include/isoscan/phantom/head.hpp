/// @file Synthetic heads with known tissue, for demos and tests: no real person anywhere.
#pragma once

#include <cstdint>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::phantom {

struct HeadOptions {
  core::Grid grid;          ///< any grid; the head is centred in its box
  double age_years = 40.0;  ///< widens ventricles and sulci
  bool whole_head = true;   ///< skull, skin, eyes and neck too; false gives a skull-stripped brain
  double lesion_ml = 0.0;   ///< white matter lesions, dark in T1w
  double texture = 0.02;    ///< SD of tissue texture in units of white matter
};

struct SyntheticHead {
  core::Volume image;       ///< T1w by the MR signal model, no noise, no bias, white matter = 1
  core::TissueMaps tissue;  ///< truth, partial volumes
  core::Mask brain;         ///< tissue sum > 0.5
  core::Mask lesions;
};

/// Another person for each seed: size, folding, ventricles, asymmetry, head pose (a few degrees and mm).
[[nodiscard]] SyntheticHead make_head(const HeadOptions& options, std::uint64_t person_seed,
                                      const core::Context& context);

/// A grid of the given isotropic spacing that holds a head (LPS axes, centred at the world's origin).
[[nodiscard]] core::Grid head_grid(double spacing_mm);

}  // namespace isoscan::phantom
