/// @file One acquisition, reconstructed twice: with and without the scanner's own intensity normalisation.
/// The ratio of the two images is a receive field that no algorithm here had a hand in.
#pragma once

#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/evaluate/table.hpp"
#include "isoscan/evaluate/travellers.hpp"

namespace isoscan::evaluate {

struct ReconstructionPair {
  std::string id;
  Person raw;         ///< as the coils saw it
  Person normalised;  ///< prescan-normalised, or otherwise flattened by the scanner
};

struct BiasOptions {
  double spacing_mm = 0.0;  ///< working grid; 0: the scans' own grid
  double smooth_mm = 3.0;   ///< SD of the Gaussian over the log ratio: rounding of voxels is no field
  double least = 0.3;       ///< voxels darker than this in either image say nothing; white matter = 1

  [[nodiscard]] std::string problem() const;  ///< the first value out of range, in words; empty when usable
};

/// Fields are natural logarithms, compared in the brain without their means. By pair, row "first pass" (the
/// field that preprocess::prepare finds; row "none": no field at all):
///   left_sd      SD of log(raw / normalised) less the difference of the two found fields: what is left
///   explained    1 - left variance / variance of the ratio: 1 is perfect, 0 is none, below 0 is harm
///   correlation  of found and true field
///   truth_sd     SD of the log ratio itself
///   wm_sd_raw, wm_sd_normalised  white matter SD of the prepared images (quality::white_matter_sd)
/// @throws Error(Config) for options with a problem; Error(Input) where no pair is left.
[[nodiscard]] OutcomeTable bias(const std::vector<ReconstructionPair>& pairs, const BiasOptions& options,
                                const core::Context& context);

}  // namespace isoscan::evaluate
