/// @file Student's t.
#pragma once

namespace isoscan::harmonize {

/// The t that `tail` of the distribution lies beyond, 0 < tail < 0.5. @param freedom  1 or more
[[nodiscard]] double student_quantile(double tail, double freedom);

}  // namespace isoscan::harmonize
