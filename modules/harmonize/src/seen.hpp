/// @file How far a point spread is undone.
#pragma once

namespace isoscan::harmonize {

/// Variance in voxels squared that is still undone: more would blow up what is not there.
inline constexpr double kSharpestPointSpread = -0.25;

}  // namespace isoscan::harmonize
