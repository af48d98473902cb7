/// @file Rows aside, and how far two samples are from each other before and after a map: what fit and score
/// say.
#pragma once

#include <cstdint>
#include <string>

#include "isoscan/core/context.hpp"
#include "isoscan/transport/fit_map.hpp"

namespace isoscan::app {

/// @throws Error(Config), Error(Input), Error(Io) as read_rows and read_weights say.
[[nodiscard]] transport::Sample read_sample(const std::string& place, const std::string& weights);
/// @throws Error(Input) naming both where `rows`, read from `name`, have not the `columns` of `other`.
void require_same_columns(const transport::Rows& rows, const std::string& name, std::int64_t columns,
                          const std::string& other);

struct HeldOut {
  transport::Sample fit;    ///< the other rows, in their order
  transport::Sample aside;  ///< `share` of the rows, rounded down, in their order
};
/// Which rows are set aside is drawn from seed and side ("source", "target").
[[nodiscard]] HeldOut hold_out(const transport::Sample& sample, double share, std::uint64_t seed,
                               const std::string& side);
/// Whether a sample can be judged on: two rows or more, and some weight.
[[nodiscard]] bool can_judge(const transport::Sample& sample);

/// Rows for the measures, which know no weights: drawn by weight where there are some.
[[nodiscard]] transport::Rows plain_rows(const transport::Sample& sample, std::uint64_t seed,
                                         const std::string& side);

/// A distance of the source and of the mapped source to the target.
struct BeforeAfter {
  double before = 0.0;
  double after = 0.0;
};
struct Distances {
  BeforeAfter energy;  ///< squared, unbiased
  BeforeAfter sliced;  ///< of order two, in the columns' units
};
[[nodiscard]] Distances distances(const transport::Rows& source, const transport::Rows& mapped,
                                  const transport::Rows& target, const core::Context& context);

/// Writes map_picture with the distances as captions; an empty name draws nothing.
void draw_map(const std::string& file, const transport::FittedMap& map, const transport::Rows& source,
              const transport::Rows& target, const Distances& how_far, int threads);

}  // namespace isoscan::app
