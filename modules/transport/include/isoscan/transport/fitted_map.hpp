/// @file A map that is ready to use: neural, affine, column by column, entropic, or a chain of them. Opaque,
/// cheap to copy, immutable, thread-safe. All solvers end here (fit_map.hpp).
#pragma once

#include <cstdint>
#include <memory>

#include "isoscan/core/tensor_file.hpp"
#include "isoscan/transport/gaussian.hpp"
#include "isoscan/transport/matrix.hpp"
#include "isoscan/transport/one_dimensional.hpp"
#include "isoscan/transport/sinkhorn.hpp"

namespace isoscan::transport {

class FittedMap {
 public:
  /// The identity of `dim` columns.
  explicit FittedMap(std::int64_t dim = 0);
  /// An affine map as a FittedMap.
  explicit FittedMap(const AffineMap& affine);
  /// Monotone maps of the leading columns, of rows of `dim` columns; the others are context.
  /// @throws Error(Input) where there are more maps than columns, or none.
  FittedMap(const ColumnMaps& columns, std::int64_t dim);
  explicit FittedMap(const EntropicMap& entropic);

  [[nodiscard]] std::int64_t dim() const;
  [[nodiscard]] std::int64_t context_dims() const;  ///< trailing columns that come back bit for bit

  /// T(x), row by row. Batched float32 without gradients; the same bits for every thread count.
  /// @throws Error(Input) where the columns do not fit.
  [[nodiscard]] Rows apply(const Rows& rows, int threads = 1) const;
  /// T(x) - x; zero in context columns.
  [[nodiscard]] Rows displacement(const Rows& rows, int threads = 1) const;

  /// x + strength (T(x) - x): 0 is the identity, 1 the map itself. For shrinkage by agreement (metrics.hpp).
  [[nodiscard]] FittedMap with_strength(double strength) const;
  /// Columns must agree. (outer after inner)(x) = outer(inner(x)). @throws Error(Input).
  [[nodiscard]] static FittedMap compose(const FittedMap& outer, const FittedMap& inner);

  /// Everything that `from_tensors` needs; saved and loaded maps give identical bits.
  [[nodiscard]] core::TensorFile to_tensors() const;
  /// Every type, shape and word is checked before it is used. @throws Error(Input) naming the tensor or entry
  /// that is missing or does not fit.
  [[nodiscard]] static FittedMap from_tensors(const core::TensorFile& file);

  struct Impl;  ///< src/map_parts.hpp
  explicit FittedMap(std::shared_ptr<const Impl> impl);
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  std::shared_ptr<const Impl> impl_;
};

}  // namespace isoscan::transport
