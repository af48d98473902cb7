/// @file How a scan is seen by another scanner, and how far a point spread is undone.
#pragma once

#include <cstdint>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"
#include "isoscan/domain/acquisition.hpp"
#include "isoscan/preprocess/prepare.hpp"

namespace isoscan::harmonize {

/// Variance in voxels squared that is still undone: more would blow up what is not there.
inline constexpr double kSharpestPointSpread = -0.25;

/// seen_by of an image that stands in for the person's own.
[[nodiscard]] core::Volume seen_image(const domain::Acquisition& acquisition, core::Volume image,
                                      const preprocess::Prepared& person, double field, std::uint64_t seed,
                                      const core::Context& context);

}  // namespace isoscan::harmonize
