/// @file What a FittedMap is made of. Includes ATen: only for this module's torch sources.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "isoscan/core/error.hpp"
#include "isoscan/transport/conjugate_map.hpp"
#include "isoscan/transport/fitted_map.hpp"
#include "isoscan/transport/fitted_potential.hpp"
#include "isoscan/transport/nn/enot_step.hpp"
#include "isoscan/transport/nn/threads.hpp"

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

/// A trained potential. The network sees u(own(z)), own being a change of coordinates; value(z) =
/// unit * network(u) + what the cost loses by the change.
struct FittedPotential::Impl {
  PotentialSide side = PotentialSide::Target;
  double unit = 1.0;  ///< caller's cost / the network's
  /// Of the squared cost, one a moved column; empty where the cost is another.
  std::vector<double> cost_weights;
  /// Rows of this side on their way to the network's coordinates; nothing: as they are.
  std::optional<AffineMap> own;
  /// Rows of the other side on their way there: a composed start without `own`, a change of coordinates with
  /// it.
  std::optional<AffineMap> other;
  NeuralPart network;  ///< MapKind::Potential

  [[nodiscard]] std::int64_t dim() const { return network.dim(); }
  [[nodiscard]] std::int64_t moved() const { return network.dim() - network.context_dims; }
  [[nodiscard]] nn::Potential potential() const {
    return {network.network, moved(), network.factor, network.base};
  }
  /// c(x, y) = c'(x', y') + (a function of x) + (this function of y) in changed coordinates, constants apart:
  /// adds it and its gradient (moved columns) by y = z. Nothing without `own`.
  void add_change(const float* z, double& value, double* gradient) const;
  /// On one chunk, in the calling thread; `gradient` (count, dim) when not null.
  void evaluate(const Rows& rows, double* value, Rows* gradient) const;
};

/// T(x) = argmin_y c(x, y) - g(y), from start(x).
struct ConjugatePart {
  std::shared_ptr<const FittedPotential::Impl> potential;
  std::shared_ptr<const FittedMap::Impl> start;
  ConjugateOptions options;

  /// In place, on one chunk, in the calling thread.
  void apply(Rows& rows) const;
};

struct FittedMap::Impl {
  using Part = std::variant<AffineMap, NeuralPart, ColumnMaps, EntropicMap, ConjugatePart,
                            std::shared_ptr<const Impl>>;
  std::int64_t dim = 0;
  std::int64_t context_dims = 0;
  double strength = 1.0;
  std::vector<Part> parts;  ///< applied in order

  /// In place, on one chunk, in the calling thread.
  void apply(Rows& rows) const;
};

/// Rows that one thread works on at a time: their activations stay in the second-level cache, and a fixed
/// size keeps the bits free of the thread count.
inline constexpr std::int64_t kChunkRows = 1024;
/// Calls work(part, first) on every chunk of `rows`, in several threads, without gradients. @throws
/// Error(Internal) saying `what` where torch fails.
void over_chunks(const Rows& rows, int threads, const char* what,
                 const std::function<void(Rows& part, std::int64_t first)>& work);

/// What torch threw, as ours: its allocator's refusal is Resource, all else our bug.
[[nodiscard]] core::Error from_torch(const std::string& what, const c10::Error& error);

}  // namespace isoscan::transport
