/// @file How good a map is. Plain arithmetic in double; sums in row order, so results do not depend on the
/// machine's mood.
#pragma once

#include <cstdint>

#include "isoscan/transport/matrix.hpp"

namespace isoscan::transport {

/// Sum of the variances of the columns.
[[nodiscard]] double total_variance(const Rows& rows);

/// 100 mean |mapped - truth|^2 / variance_target, in percent (Korotin et al. 2021). @throws Error(Input).
[[nodiscard]] double l2_uvp(const Rows& mapped, const Rows& truth, double variance_target);

/// Cosine between displacements: <T - x, T* - x> / (|T - x| |T* - x|), both over all rows. 1 where both are
/// zero.
[[nodiscard]] double displacement_cosine(const Rows& x, const Rows& mapped, const Rows& truth);

/// Root of the mean squared one-dimensional Wasserstein-2 distance over random directions. Unequal counts are
/// compared by quantiles. @throws Error(Input).
[[nodiscard]] double sliced_wasserstein2(const Rows& a, const Rows& b, int directions = 128,
                                         std::uint64_t seed = 0);

/// Squared energy distance 2 E|a-b| - E|a-a'| - E|b-b'| (unbiased; can be slightly negative), over at most
/// `limit` rows a side, taken at equal steps. @throws Error(Input) on fewer than two rows.
[[nodiscard]] double energy_distance(const Rows& a, const Rows& b, std::int64_t limit = 4096);

/// Root mean square of |x - back| / root of the total variance of x, where back = inverse(map(x)).
[[nodiscard]] double round_trip_error(const Rows& x, const Rows& back);

/// How far two displacement fields, fitted on disjoint halves of the units, agree: <d1, d2> / <m, m> with m
/// their mean, cut to 0..1. What two halves do not agree on is not a property of the site; scale the map by
/// it.
[[nodiscard]] double agreement(const Rows& d1, const Rows& d2);

}  // namespace isoscan::transport
