/// @file The slowly varying receive field.
#pragma once

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::preprocess {

/// Natural log of the receive field on the volume's grid, smooth, mean 0 in the brain, continued outside of it.
/// Sees one image alone. Divide the volume by exp(field).
[[nodiscard]] core::Volume estimate_log_bias(const core::Volume& volume, const core::Mask& brain,
                                             const core::Context& context);

/// volume / exp(log_bias).
[[nodiscard]] core::Volume divide_bias(const core::Volume& volume, const core::Volume& log_bias);

}  // namespace isoscan::preprocess
