/// @file A prepared scan between two stages: one safetensors file.
#pragma once

#include <boost/filesystem/path.hpp>

#include "isoscan/core/tensor_file.hpp"
#include "isoscan/preprocess/prepare.hpp"

namespace isoscan::stages {

/// Tensors: image, log_bias (float), brain, head, csf, grey_matter, white_matter (bytes: posteriors in steps
/// of 1/255, which is finer than they are known), grid (double: size 3, matrix 9, offset 3),
/// white_matter_level; metadata: warnings as JSON.
[[nodiscard]] core::TensorFile to_tensors(const preprocess::Prepared& prepared);
/// @throws Error(Input) where something is missing or does not fit.
[[nodiscard]] preprocess::Prepared prepared_scan(const core::TensorFile& file);

/// The posteriors as a later stage will read them: rounding happens once, when a scan is prepared.
void round_posteriors(core::TissueMaps& tissue);

}  // namespace isoscan::stages
