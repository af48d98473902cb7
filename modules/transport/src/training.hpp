/// @file Pieces of the solver: optimiser, averaged weights, the feed of batches in the solver's coordinates.
#pragma once

#include <optional>
#include <string>

#include <ATen/ATen.h>

#include "isoscan/core/tensor_file.hpp"
#include "isoscan/transport/solver.hpp"

#include "map_parts.hpp"

namespace isoscan::transport {

/// A float tensor under a name in a checkpoint, and back in place. @throws Error(Input) where it does not
/// fit.
void save_tensor(const std::string& name, const at::Tensor& tensor, core::TensorFile& file);
void restore_tensor(const std::string& name, const at::Tensor& into, const core::TensorFile& file);

/// Adam on one flat tensor.
class Adam {
 public:
  Adam(const AdamOptions& options, std::int64_t count);
  /// `progress` in 0..1 sets the place on the cosine.
  void step(at::Tensor& parameters, const at::Tensor& gradient, double progress);
  /// "<name>.mean", ".square", ".powers": all that the next step depends on.
  void save(const std::string& name, core::TensorFile& file) const;
  void restore(const std::string& name, const core::TensorFile& file);

 private:
  AdamOptions options_;
  at::Tensor mean_;
  at::Tensor square_;
  double power1_ = 1.0;
  double power2_ = 1.0;
};

/// Exponential average of parameters with a warm start: the first steps forget fast.
class Average {
 public:
  Average(double decay, const at::Tensor& parameters);
  void add(const at::Tensor& parameters);
  [[nodiscard]] const at::Tensor& value() const { return value_; }
  void save(const std::string& name, core::TensorFile& file) const;
  void restore(const std::string& name, const core::TensorFile& file);

 private:
  double decay_;
  int count_ = 0;
  at::Tensor value_;
};

/// Batches of one side, as tensors in the solver's coordinates.
class Feed {
 public:
  /// @param first applied to every drawn row (a composed start, a change of coordinates), or null.
  Feed(const Sampler& sampler, const AffineMap* first) : sampler_(sampler), first_(first) {}
  [[nodiscard]] Rows rows(std::int64_t count);
  /// From now on `next` goes to these coordinates, by one matrix product where there is a first map.
  void settle(const Coordinates& coordinates);
  void next(const at::Tensor& out);
  void save(const std::string& name, core::TensorFile& file) const;
  void restore(const std::string& name, const core::TensorFile& file);

 private:
  Sampler sampler_;
  const AffineMap* first_;
  Rows buffer_;
  Coordinates coordinates_;
  at::Tensor slope_;  ///< (n, n) of the first map and the coordinates together
  at::Tensor shift_;  ///< (n)
};

/// Coordinates in which an affine start is the identity: x' = Q T0(x), y' = Q y with Q'Q the inverse of the
/// start's matrix in the metric of the cost. |x' - y'|^2 is then the cost but for a function of x and one of
/// y, so the optimal map is the same.
struct SymmetricCoordinates {
  AffineMap to_source;
  AffineMap from_source;
  AffineMap to_target;
  AffineMap from_target;
};
/// @throws Error(Config) where the start is not the gradient of a convex function for this cost.
[[nodiscard]] SymmetricCoordinates symmetric_coordinates(const AffineMap& start,
                                                         const std::vector<double>& cost_weights);

/// How the caller's units become the solver's.
struct Scaling {
  Coordinates coordinates;
  double cost_unit = 1.0;           ///< caller's cost / solver's cost
  std::vector<float> input_scale;   ///< of the networks' first layers
  std::vector<float> output_scale;  ///< of a free map's last layer, moved columns
};
/// From drawn rows of both sides, one scaling for both: a displacement of zero must mean "stay".
[[nodiscard]] Scaling scaling_of(const Rows& source, const Rows& target, const SolverOptions& options);

/// An affine map in the solver's coordinates.
[[nodiscard]] nn::AffineBase base_of(const AffineMap& map, const Coordinates& coordinates);
/// @throws Error(Config) where the moved block is not symmetric: such a map is no gradient, so no potential
/// belongs to it.
void require_symmetric(nn::AffineBase& base, std::int64_t moved);

/// The caller's cost function in the solver's coordinates; the default squared cost when there is none.
[[nodiscard]] nn::Cost cost_of(const SolverOptions& options, const Coordinates& coordinates,
                               double cost_unit);

}  // namespace isoscan::transport
