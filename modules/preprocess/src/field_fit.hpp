/// @file The most probable smooth field under readings in blocks. Private to preprocess.
#pragma once

#include <vector>

#include "isoscan/preprocess/bias.hpp"

#include "bias_samples.hpp"
#include "smooth_field.hpp"

namespace isoscan::preprocess {

/// What the blocks say about the log field: summed weights, and summed weighted readings.
struct Evidence {
  std::vector<double> weight;
  std::vector<double> reading;
  explicit Evidence(std::size_t blocks) : weight(blocks, 0.0), reading(blocks, 0.0) {}
};

/// The terms of the field at the blocks that hold something, so that each fit need not evaluate them again.
struct Basis {
  std::vector<std::size_t> block;
  std::vector<double> value;  ///< terms of the first block, of the second, ...

  Basis(const SmoothField& field, const Blocks& blocks, const std::vector<bool>& filled);
};

/// Coefficients of the terms up to `order`. A weight of 1 counts as `unit` independent readings of SD
/// anatomy_sd, against the prior of the options. A constant is fitted beside them and dropped: a gain is no
/// field.
[[nodiscard]] std::vector<double> fit_field(const Basis& basis, const Evidence& evidence, int order,
                                            const BiasOptions& options, double unit);

/// Where to begin: white matter is the bright end of the intensities nearly everywhere in a brain, so the
/// upper quantile of coarse cells follows the field; second order, robust against cells without white matter
/// (Tukey weights).
void start_from_bright_end(SmoothField& field, const core::Grid& grid, const BrainSamples& samples,
                           const BiasOptions& options);

}  // namespace isoscan::preprocess
