/// @file Networks, optimisers and batches of one fit, and the step that moves them. The run around it
/// (records, stop rules, checkpoints) is solver.cpp.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "training.hpp"

namespace isoscan::transport {

class Trainer {
 public:
  /// `source` is the side that the map network maps from. The options' potential side is already settled: a
  /// caller that wants the potential on the source swaps the samplers.
  Trainer(const Sampler& source, const Sampler& target, const SolverOptions& options,
          const core::Context& context);

  /// Step `index` of the run: map_steps updates of the map, one of the potential. Sums over the batch.
  nn::StepSums step(int index);

  /// The caller's cost / the solver's cost (1/2 more in the dot-product form).
  [[nodiscard]] double cost_unit() const { return scaling_.cost_unit; }
  [[nodiscard]] double record_unit() const { return scaling_.cost_unit / cost_.factor; }
  [[nodiscard]] bool finite() const;

  [[nodiscard]] FittedMap map() const;               ///< the map network's (averaged) map
  [[nodiscard]] FittedMap map_of_potential() const;  ///< the other way: the potential's gradient
  /// The potentials on this trainer's sides: of the potential network, and of a map network that is one.
  /// `name`: how the caller calls that side.
  [[nodiscard]] FittedPotential target_potential(PotentialSide name) const;
  [[nodiscard]] std::optional<FittedPotential> source_potential(PotentialSide name) const;
  [[nodiscard]] FittedMap identity() const;  ///< of this fit's columns

  void save(core::TensorFile& file) const;
  void restore(const core::TensorFile& file);

 private:
  /// One side: its network, optimiser and averaged weights.
  struct Side {
    std::string name;
    nn::Network network;
    nn::Adam adam;
    Average average;
    Side(std::string side, nn::Network net, const AdamOptions& options, double decay);
  };
  /// A direction of transport: the map being fitted, the potential it is fitted against.
  struct Direction {
    std::unique_ptr<nn::TransportMap> map;
    nn::Potential potential;
    Side* map_side;
    Side* potential_side;
  };
  /// Rows of the batch that one thread works on at a time.
  struct Part {
    std::int64_t first;
    std::int64_t rows;
    nn::StepState state;
    nn::StepSums sums;
    at::Tensor source_gradient;
    at::Tensor target_gradient;
  };

  void build_bases();
  void build_sides();
  void build_parts();
  [[nodiscard]] at::Tensor& gradient_of(Part& part, const Side* side) const;
  template <typename Work>
  nn::StepSums over_parts(const Work& work);
  void update(Side& side, double progress);
  void map_step(Direction& direction, Feed& from, double progress);
  nn::StepSums joint_step(Direction& direction, Feed& from, Feed& to, double progress);
  [[nodiscard]] nn::StepSettings settings(double progress) const;
  [[nodiscard]] FittedPotential potential_of(const Side& side, const std::optional<nn::AffineBase>& base,
                                             bool on_target, PotentialSide name) const;
  [[nodiscard]] NeuralPart network_of(const Side& side, const std::optional<nn::AffineBase>& base,
                                      MapKind kind) const;
  [[nodiscard]] FittedMap map_of(const Side& side, const std::optional<nn::AffineBase>& base, MapKind kind,
                                 bool forward) const;

  const std::optional<SymmetricCoordinates> symmetric_;
  const std::vector<double> cost_weights_;  ///< of the caller's squared cost, one a moved column; else empty
  const SolverOptions options_;
  int threads_;
  std::uint64_t seed_;
  bool composed_;
  Feed source_;
  Feed target_;
  Scaling scaling_;
  std::int64_t dim_ = 0;
  std::int64_t moved_ = 0;
  nn::Cost cost_;
  double correction_limit_ = 0.0;
  at::Tensor output_scale_;
  std::optional<nn::AffineBase> forward_base_;
  std::optional<nn::AffineBase> inverse_base_;
  std::unique_ptr<Side> source_side_;
  std::unique_ptr<Side> target_side_;
  std::optional<Direction> directions_[2];
  std::vector<Part> parts_;
  at::Tensor x_;
  at::Tensor y_;
};

}  // namespace isoscan::transport
