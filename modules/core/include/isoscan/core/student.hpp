/// @file Student's t.
#pragma once

namespace isoscan::core {

/// The t that `tail` of the distribution lies beyond, 0 < tail < 0.5. @param freedom  1 or more
[[nodiscard]] double student_quantile(double tail, double freedom);

/// How far from the mean of n values of a normal law a further value may lie, in SDs of those n (the SD over
/// n - 1): beyond lies `share`, on both sides together. t sqrt(1 + 1/n). @param n  2 or more
[[nodiscard]] double prediction_reach(double share, double n);

}  // namespace isoscan::core
