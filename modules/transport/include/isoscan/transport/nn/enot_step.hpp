/// @file One ENOT step, written out: values, expectile weights and gradients of both networks, by hand.
///
///   yhat = T(x);  g_t = g(y);  g_s = c(x, stop yhat) - g(stop yhat);  C = c(x_i, y_i)
///   d1 = stop(g_s - C) + g_t;  d2 = stop(g_t - C) + g_s;  w(d) = tau if d >= 0 else 1 - tau
///   loss = lambda (mean w(d1) d1^2 + mean w(d2) d2^2) - mean(g_t + g_s) + mean(c(x, yhat) - stop_g(g)(yhat))
///
/// T never sees the first two terms, g never the last. Coordinates are the solver's: moved columns first
/// (their cost is half_weight-scaled squared distance), context columns last.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <ATen/ATen.h>

#include "isoscan/transport/nn/network.hpp"

namespace isoscan::transport::nn {

/// An affine map T0 in the solver's coordinates: T0(x) = x_moved + x slope + shift.
struct AffineBase {
  at::Tensor slope;  ///< (n, p)
  at::Tensor shift;  ///< (p)
};

/// Cost of rows in the solver's coordinates: `value` (b), `gradient` with respect to the second argument
/// (b, p).
struct Cost {
  double factor = 1.0;  ///< c = factor |x - y|^2 when no function is given; 1/2 is the dot-product form
  std::function<void(const at::Tensor& x, const at::Tensor& y, at::Tensor& value, at::Tensor* gradient)>
      function;
};

/// A function of rows, zero network plus the quadratic of an affine map: gradient(x) = 2 factor (x - T0(x)) +
/// grad net.
class Potential {
 public:
  Potential(Network network, std::int64_t moved, double factor, std::optional<AffineBase> base);

  struct State {
    Pass pass;
    at::Tensor value;  ///< (b)
    at::Tensor ones;   ///< (b, 1)
  };
  /// x (b, n) -> state.value (b).
  void forward(const at::Tensor& x, State& state) const;
  /// gradient (flat) of sum_i row_weight_i value_i when defined; input_gradient (rows from first_row on, p)
  /// when not null.
  void backward(const at::Tensor& x, State& state, const at::Tensor& row_weight, const at::Tensor& gradient,
                at::Tensor* input_gradient, std::int64_t first_row) const;

  [[nodiscard]] Network& network() noexcept { return network_; }
  [[nodiscard]] const Network& network() const noexcept { return network_; }
  [[nodiscard]] std::int64_t moved() const noexcept { return moved_; }
  [[nodiscard]] double factor() const noexcept { return factor_; }
  [[nodiscard]] const std::optional<AffineBase>& base() const noexcept { return base_; }

 private:
  Network network_;
  std::int64_t moved_;
  double factor_;
  std::optional<AffineBase> base_;
  at::Tensor value_slope_;  ///< (n, p): [S; 2 S_context]
};

/// x (b, n) -> yhat (b, p).
class TransportMap {
 public:
  virtual ~TransportMap() = default;
  struct State {
    Pass pass;
    at::Tensor yhat;  ///< (b, p)
    at::Tensor scratch;
  };
  virtual void forward(const at::Tensor& x, State& state) const = 0;
  /// The gradient (flat, of `network()`) of sum_i <upstream_i, yhat_i>.
  virtual void backward(const at::Tensor& x, State& state, const at::Tensor& upstream,
                        const at::Tensor& gradient) const = 0;
  [[nodiscard]] virtual const Network& network() const = 0;
};

/// T(x) = T0(x) + scale * network(x).
class FreeMap final : public TransportMap {
 public:
  FreeMap(Network network, std::int64_t moved, std::optional<AffineBase> base, at::Tensor output_scale);
  void forward(const at::Tensor& x, State& state) const override;
  void backward(const at::Tensor& x, State& state, const at::Tensor& upstream,
                const at::Tensor& gradient) const override;
  [[nodiscard]] const Network& network() const override { return network_; }

 private:
  Network network_;
  std::int64_t moved_;
  std::optional<AffineBase> base_;
  at::Tensor output_scale_;  ///< (p)
};

/// T(x) = x - grad f(x) / (2 factor), f a source-side potential.
class PotentialMap final : public TransportMap {
 public:
  explicit PotentialMap(Potential potential);
  void forward(const at::Tensor& x, State& state) const override;
  void backward(const at::Tensor& x, State& state, const at::Tensor& upstream,
                const at::Tensor& gradient) const override;
  [[nodiscard]] const Network& network() const override { return potential_.network(); }

 private:
  Potential potential_;
};

struct StepSettings {
  double expectile = 0.99;
  double expectile_weight = 0.1;
  double context_cost = 0.0;  ///< weight of squared context differences in C
  double unbalanced = 0.0;    ///< rho of both marginals; 0 is balanced
  std::int64_t batch =
      0;  ///< rows of the whole batch that means are taken over; this call may see a part of it
  /// When positive: T(x) is corrected once by its chord before the potential sees it, and a row's correction
  /// of its argument is cut to this length, each moved column in units of `correction_scale` (p).
  double correction_limit = 0.0;
  at::Tensor correction_scale;
  /// Target rows of this part stand in for T(x) where they solve the inner problem better. Squared costs
  /// without context.
  bool candidates = false;
  Cost cost;
};

/// Sums over the rows seen, each to be divided by the batch.
struct StepSums {
  double dual = 0.0;
  double map_cost = 0.0;
  double expectile = 0.0;  ///< w(d1) d1^2 + w(d2) d2^2, without lambda
  double violations = 0.0;
  double replaced = 0.0;  ///< rows for which a target row of the batch was better than T(x)
};

/// Derivatives of the loss by g_t and g_s of one row (times the batch), d = g_t + g_s - C:
/// -m(g) + 2 lambda w(d) d. The first comes from d1 alone, the second from d2 alone. m is the mass that the
/// row keeps: 1, or exp(-g / rho) (at most kMostMass) when mass may differ.
struct RowGradient {
  float by_target = 0.0F;
  float by_source = 0.0F;
};
[[nodiscard]] RowGradient row_gradient(float g_t, float g_s, float pair_cost, double expectile, double weight,
                                       double unbalanced = 0.0);
inline constexpr float kMostMass = 20.0F;

/// For each row x_i (b, p) the target row y_j (b, p) of least c(x_i, y_j) - g(y_j), c = factor |x - y|^2.
struct Candidates {
  at::Tensor value;  ///< (b) c(x_i, y_j) - g(y_j)
  at::Tensor row;    ///< (b) j, int64
};
[[nodiscard]] Candidates best_candidates(const at::Tensor& x, const at::Tensor& y, const float* potential,
                                         double factor);

/// Buffers of one worker.
struct StepState {
  TransportMap::State map;
  TransportMap::State map_of_corrected;
  TransportMap::State map_of_replaced;
  at::Tensor replaced_gradient;
  at::Tensor shifted;  ///< (b, n): x moved by the correction
  Potential::State potential;
  Potential::State potential_of_map;
  at::Tensor stacked;     ///< (2b, n): y rows, then (yhat, context of x)
  at::Tensor mapped;      ///< (b, n)
  at::Tensor slope;       ///< (b, p): the potential's gradient at T(x), left by map_gradients
  at::Tensor row_weight;  ///< (2b)
  at::Tensor cost;        ///< (b): c(x, yhat)
  at::Tensor pair;        ///< (b): c(x, y)
  at::Tensor upstream;    ///< (b, p)
};

/// Adds the pull of the map from rows `from` of x towards rows `to` of y: the gradient of
/// sum factor |T(x_from) - y_to|^2 / batch by the map's network.
void pull_to_candidates(const TransportMap& map, const at::Tensor& x, const at::Tensor& y, double factor,
                        const std::vector<std::int64_t>& from, const std::vector<std::int64_t>& to,
                        const StepSettings& settings, StepState& state, const at::Tensor& map_gradient);

/// The joint step on rows x, y (b, n): writes the gradients of the map's network and of the potential's
/// network (flat).
StepSums enot_gradients(const TransportMap& map, const Potential& potential, const at::Tensor& x,
                        const at::Tensor& y, const StepSettings& settings, StepState& state,
                        const at::Tensor& map_gradient, const at::Tensor& potential_gradient);

/// The map's part alone: the gradient of mean( c(x, yhat) - g(yhat) ) by the map's network.
StepSums map_gradients(const TransportMap& map, const Potential& potential, const at::Tensor& x,
                       const StepSettings& settings, StepState& state, const at::Tensor& map_gradient);

}  // namespace isoscan::transport::nn
