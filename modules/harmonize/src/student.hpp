/// @file Student's t.
#pragma once

namespace isoscan::harmonize {

/// Share of the distribution beyond t (one side), t >= 0. @param freedom  1 or more
[[nodiscard]] double student_tail(double t, int freedom);
/// The t that `tail` of the distribution lies beyond, 0 < tail < 0.5.
[[nodiscard]] double student_quantile(double tail, int freedom);

}  // namespace isoscan::harmonize
