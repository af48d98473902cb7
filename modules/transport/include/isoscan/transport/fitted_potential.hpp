/// @file The dual's answer, ready to use: the price that a fit found for one side, as a function of rows in
/// the caller's coordinates and the caller's cost. Opaque, cheap to copy, immutable, thread-safe.
///
/// With g on the target, g^c(x) = min_y c(x, y) - g(y) and T(x) the y that reaches it, the transport cost is
/// E g^c(x) + E g(y) (Kantorovich duality; Villani, Topics in Optimal Transportation, 2003, chapter 1). A
/// potential on the source is the same with the sides exchanged. Every potential is known up to one constant,
/// which cancels in that sum. With context columns the constant may differ between contexts as well: they are
/// not moved, so both sides have one law of contexts, and it cancels again.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "isoscan/core/tensor_file.hpp"
#include "isoscan/transport/fitted_map.hpp"
#include "isoscan/transport/matrix.hpp"

namespace isoscan::transport {

enum class PotentialSide : std::uint8_t {
  Target,  ///< the potential prices the target; the map network is the map itself
  Source,  ///< the potential lives on the source; its gradient is the map, and the map network is the way
           ///< back. Squared costs only. The better half where the map is the gradient of something smooth:
           ///< the map that is returned carries no error of the network that solves the inner problem.
};

class FittedPotential {
 public:
  [[nodiscard]] std::int64_t dim() const;
  [[nodiscard]] std::int64_t context_dims() const;  ///< trailing columns that are read, and have no gradient
  /// The side whose rows it reads.
  [[nodiscard]] PotentialSide side() const;

  /// One value a row, in units of the caller's cost. A float32 network, summed with the rest in double; the
  /// same bits for every thread count. @throws Error(Input) where the columns do not fit.
  [[nodiscard]] std::vector<double> value(const Rows& rows, int threads = 1) const;
  /// (count, dim): derivatives of the value by the moved columns, zero in context columns. For the squared
  /// cost with weights w, x - gradient / (2 w) is the optimal map away from this side. @throws Error(Input).
  [[nodiscard]] Rows gradient(const Rows& rows, int threads = 1) const;

  /// c(x, T(x)) - value(T(x)) for rows x of the other side, T = `map` from there to this one: never below the
  /// exact transform min_y c(x, y) - value(y), and equal to it where T(x) is the minimiser
  /// (conjugate_map.hpp). Where the fit's start was composed, x in the cost is start(x): that is the problem
  /// this potential solves.
  /// @throws Error(Config) where the fit's cost was not the squared one; Error(Input).
  [[nodiscard]] std::vector<double> transform(const Rows& rows, const FittedMap& map, int threads = 1) const;

  /// Everything that `from_tensors` needs; saved and loaded potentials give identical bits.
  [[nodiscard]] core::TensorFile to_tensors() const;
  /// @throws Error(Input) naming the tensor or entry that is missing or does not fit.
  [[nodiscard]] static FittedPotential from_tensors(const core::TensorFile& file);

  struct Impl;  ///< src/map_parts.hpp
  explicit FittedPotential(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  [[nodiscard]] const std::shared_ptr<const Impl>& impl() const { return impl_; }

 private:
  std::shared_ptr<const Impl> impl_;
};

/// mean transform(other) + mean value(own): the transport cost once solved, in units of the caller's cost.
/// `own`: rows of the potential's side; `other`: of the other side, which `map` leads here. With an exact
/// conjugate as the map no potential gives more than the true cost, but for the draw of the rows.
/// @throws as transform and value; Error(Input) on no rows.
[[nodiscard]] double dual_value(const FittedPotential& potential, const FittedMap& map, const Rows& other,
                                const Rows& own, int threads = 1);

}  // namespace isoscan::transport
