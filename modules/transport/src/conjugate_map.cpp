#include "isoscan/transport/conjugate_map.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "isoscan/core/error.hpp"
#include "isoscan/transport/nn/conjugate.hpp"

#include "map_parts.hpp"

namespace isoscan::transport {

using core::Error;
using core::ErrorKind;

std::string ConjugateOptions::problem() const {
  if (iterations < 1 || iterations > 10000) return "iterations must lie in 1..10000";
  if (memory < 1 || memory > 1000) return "memory must lie in 1..1000";
  if (!(tolerance > 0.0) || !std::isfinite(tolerance)) return "tolerance must be positive";
  return {};
}

void ConjugatePart::apply(Rows& rows) const {
  const FittedPotential::Impl& g = *potential;
  const std::int64_t n = g.dim();
  const std::int64_t p = g.moved();
  Rows result = rows;
  start->apply(result);
  const at::Tensor x = at::empty({rows.count, n}, at::kFloat);
  const at::Tensor y = at::empty({rows.count, n}, at::kFloat);
  g.network.coordinates.to_solver(g.other ? g.other->apply(rows) : rows, x);
  g.network.coordinates.to_solver(g.own ? g.own->apply(result) : result, y);
  const at::Tensor from = y.narrow(1, 0, p).contiguous();
  const at::Tensor found = nn::conjugate(g.potential(), x, from, options).contiguous();
  const float* before = from.data_ptr<float>();
  const float* after = found.data_ptr<float>();
  // The move, not the point, goes back: a row that does not move keeps its bits.
  const std::optional<AffineMap> back = g.own ? std::optional(g.own->inverse()) : std::nullopt;
  std::vector<double> move(static_cast<std::size_t>(p));
  for (std::int64_t r = 0; r < rows.count; ++r) {
    for (std::int64_t i = 0; i < p; ++i)
      move[static_cast<std::size_t>(i)] =
          (static_cast<double>(after[r * p + i]) - static_cast<double>(before[r * p + i])) /
          static_cast<double>(g.network.coordinates.scale[static_cast<std::size_t>(i)]);
    float* to = result.row(r);
    for (std::int64_t i = 0; i < p; ++i) {
      double by = move[static_cast<std::size_t>(i)];
      if (back) {
        by = 0.0;
        for (std::int64_t j = 0; j < p; ++j)
          by += back->matrix[static_cast<std::size_t>(i * n + j)] * move[static_cast<std::size_t>(j)];
      }
      to[i] = static_cast<float>(static_cast<double>(to[i]) + by);
    }
  }
  rows = std::move(result);
}

FittedMap conjugate_map(const FittedPotential& potential, const FittedMap& start,
                        const ConjugateOptions& options) {
  if (const auto wrong = options.problem(); !wrong.empty())
    throw Error(ErrorKind::Config, "exact conjugate: " + wrong);
  if (potential.impl()->cost_weights.empty())
    throw Error(ErrorKind::Config, "exact conjugate: only potentials of the squared cost have one");
  if (start.dim() != potential.dim() || start.context_dims() < potential.context_dims())
    throw Error(ErrorKind::Input, "exact conjugate: the start moves " +
                                      std::to_string(start.dim() - start.context_dims()) + " of " +
                                      std::to_string(start.dim()) + " columns, the potential prices " +
                                      std::to_string(potential.dim() - potential.context_dims()) + " of " +
                                      std::to_string(potential.dim()));
  auto impl = std::make_shared<FittedMap::Impl>();
  impl->dim = potential.dim();
  impl->context_dims = potential.context_dims();
  impl->parts.emplace_back(
      ConjugatePart{potential.impl(), std::make_shared<const FittedMap::Impl>(start.impl()), options});
  return FittedMap(std::move(impl));
}

}  // namespace isoscan::transport
