/// @file What a FittedMap is made of. Includes ATen: only for this module's torch sources.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "isoscan/transport/fitted_map.hpp"
#include "isoscan/transport/nn/enot_step.hpp"

namespace isoscan::transport {

/// u = (x - centre) * scale: the solver's coordinates, where the squared cost has no weights.
struct Coordinates {
  std::vector<float> centre;
  std::vector<float> scale;

  /// rows (count, n) into out, a contiguous float tensor of the same shape.
  void to_solver(const Rows& rows, const at::Tensor& out) const;
};

/// A trained network as a map: x' = x + displacement(u) / scale in the moved columns.
struct NeuralPart {
  Coordinates coordinates;
  std::int64_t context_dims = 0;
  MapKind kind = MapKind::Free;
  double factor = 1.0;
  std::optional<nn::AffineBase> base;
  at::Tensor output_scale;  ///< (p)
  nn::Network network;

  [[nodiscard]] std::int64_t dim() const { return static_cast<std::int64_t>(coordinates.centre.size()); }
  /// In place.
  void apply(Rows& rows) const;
};

struct FittedMap::Impl {
  using Part = std::variant<AffineMap, NeuralPart, ColumnMaps, EntropicMap, std::shared_ptr<const Impl>>;
  std::int64_t dim = 0;
  std::int64_t context_dims = 0;
  double strength = 1.0;
  std::vector<Part> parts;  ///< applied in order

  /// In place, on one chunk, in the calling thread.
  void apply(Rows& rows) const;
};

/// The one place for torch's thread count: one for ATen and one for its BLAS. The module's parallelism is
/// over rows, by core::parallel_for, which gives the same bits for every thread count.
void use_torch_threads();

}  // namespace isoscan::transport
