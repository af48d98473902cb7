/// @file Who is seen by which virtual site.
#pragma once

#include <cstddef>

namespace isoscan::harmonize {

/// The person of the n-th virtual scan: of sites to learn from, people below `learnt` in turn, so that all
/// are seen equally often and scans of one site show different ones; of held-out sites the `apart` people
/// after them.
[[nodiscard]] inline std::size_t person_of_scan(std::size_t n, bool held_out, std::size_t learnt,
                                                std::size_t apart) {
  return held_out ? learnt + n % apart : n % learnt;
}

}  // namespace isoscan::harmonize
