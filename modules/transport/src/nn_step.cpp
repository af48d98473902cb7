#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "isoscan/transport/nn/enot_step.hpp"
#include "isoscan/transport/nn/kernels.hpp"

namespace isoscan::transport::nn {

namespace {

at::Tensor moved_part(const at::Tensor& x, std::int64_t moved) {
  return x.size(1) == moved ? x : x.narrow(1, 0, moved);
}

at::Tensor& sized(at::Tensor& buffer, at::IntArrayRef shape) {
  if (!buffer.defined() || buffer.sizes() != shape) buffer = at::empty(shape, at::kFloat);
  return buffer;
}

/// c(x, yhat) into `value` (b) and its derivative by yhat into `gradient` (b, p).
void cost_and_gradient(const Cost& cost, const at::Tensor& x, const at::Tensor& yhat, at::Tensor& value,
                       at::Tensor& gradient) {
  if (cost.function) {
    cost.function(x, yhat, value, &gradient);
    return;
  }
  kernels().squared_distances(yhat.size(0), yhat.size(1), x.data_ptr<float>(), x.size(1),
                              yhat.data_ptr<float>(), yhat.size(1), static_cast<float>(cost.factor),
                              value.data_ptr<float>(), gradient.data_ptr<float>());
}

/// C_i = c(x_i, y_i), with the context's share.
void pair_cost(const StepSettings& settings, const at::Tensor& x, const at::Tensor& y, std::int64_t moved,
               at::Tensor& value) {
  const std::int64_t rows = x.size(0);
  const std::int64_t stride = x.size(1);
  const float* from = x.data_ptr<float>();
  const float* to = y.data_ptr<float>();
  auto* v = value.data_ptr<float>();
  if (settings.cost.function) {
    settings.cost.function(x, y, value, nullptr);
  } else {
    kernels().squared_distances(rows, moved, from, stride, to, stride,
                                static_cast<float>(settings.cost.factor), v, nullptr);
  }
  if (moved == stride) return;
  const auto context = static_cast<float>(settings.context_cost * settings.cost.factor);
  for (std::int64_t i = 0; i < rows; ++i) {
    float apart = 0.0F;
    for (std::int64_t d = moved; d < stride; ++d) {
      const float e = to[i * stride + d] - from[i * stride + d];
      apart += e * e;
    }
    v[i] += context * apart;
  }
}

/// (yhat, context of x) as rows of the potential's input.
void put_mapped(const at::Tensor& yhat, const at::Tensor& x, const at::Tensor& out) {
  const std::int64_t moved = yhat.size(1);
  const std::int64_t n = x.size(1);
  const float* to = yhat.data_ptr<float>();
  const float* from = x.data_ptr<float>();
  auto* o = out.data_ptr<float>();
  for (std::int64_t i = 0; i < x.size(0); ++i) {
    std::copy_n(to + i * moved, moved, o + i * n);
    std::copy_n(from + i * n + moved, n - moved, o + i * n + moved);
  }
}

/// upstream = (dc/dyhat - dg/dyhat) / batch.
void finish_upstream(at::Tensor& upstream, const at::Tensor& potential_gradient, std::int64_t batch) {
  const auto share = static_cast<float>(1.0 / static_cast<double>(batch));
  const std::int64_t columns = upstream.size(1);
  const std::int64_t stride = potential_gradient.stride(0);
  const float* by = potential_gradient.data_ptr<float>();
  auto* to = upstream.data_ptr<float>();
  for (std::int64_t i = 0; i < upstream.size(0); ++i)
    for (std::int64_t d = 0; d < columns; ++d)
      to[i * columns + d] = (to[i * columns + d] - by[i * stride + d]) * share;
}

/// out = x + r, r = x - (yhat - slope / (2 factor)) cut to length `limit`, each column in units of its
/// `scale` (columns may differ in scale by orders); context columns as in x.
void shift_by_residual(const at::Tensor& x, const at::Tensor& yhat, const at::Tensor& slope, double factor,
                       double limit, const at::Tensor& scale, const at::Tensor& out) {
  const std::int64_t n = x.size(1);
  const std::int64_t moved = yhat.size(1);
  const at::Tensor flat = slope.contiguous();
  const float* from = x.data_ptr<float>();
  const float* to = yhat.data_ptr<float>();
  const float* by = flat.data_ptr<float>();
  const float* unit = scale.data_ptr<float>();
  auto* o = out.data_ptr<float>();
  const auto half = static_cast<float>(1.0 / (2.0 * factor));
  const auto most = static_cast<float>(limit * limit);
  for (std::int64_t i = 0; i < x.size(0); ++i) {
    float sum = 0.0F;
    for (std::int64_t d = 0; d < moved; ++d) {
      const float r = from[i * n + d] - to[i * moved + d] + half * by[i * moved + d];
      o[i * n + d] = r;
      const float u = r / unit[d];
      sum += u * u;
    }
    const float cut = sum > most ? std::sqrt(most / sum) : 1.0F;
    for (std::int64_t d = 0; d < moved; ++d) o[i * n + d] = from[i * n + d] + cut * o[i * n + d];
    std::copy_n(from + i * n + moved, n - moved, o + i * n + moved);
  }
}

}  // namespace

Potential::Potential(Network network, std::int64_t moved, double factor, std::optional<AffineBase> base)
    : network_(std::move(network)), moved_(moved), factor_(factor), base_(std::move(base)) {
  if (base_) {
    value_slope_ = base_->slope.clone();
    if (value_slope_.size(0) > moved_)
      value_slope_.narrow(0, moved_, value_slope_.size(0) - moved_).mul_(2.0);
  }
}

void Potential::forward(const at::Tensor& x, State& state) const {
  network_.forward(x, state.pass);
  state.value = state.pass.output.view({-1});
  if (base_) {
    // -factor <y, y S + 2 (c S_c + shift)>, whose gradient is -2 factor (T0(y) - y) for symmetric S.
    const at::Tensor inner = at::addmm(base_->shift * 2.0, x, value_slope_);
    state.value = state.value - (inner * moved_part(x, moved_)).sum(1).mul_(factor_);
  }
}

void Potential::backward(const at::Tensor& x, State& state, const at::Tensor& row_weight,
                         const at::Tensor& gradient, at::Tensor* input_gradient,
                         std::int64_t first_row) const {
  const std::int64_t rows = x.size(0);
  if (!state.ones.defined() || state.ones.size(0) != rows) state.ones = at::ones({rows, 1}, at::kFloat);
  network_.backward(state.pass, state.ones, row_weight, gradient, input_gradient, first_row);
  if (input_gradient == nullptr) return;
  if (input_gradient->size(1) != moved_) *input_gradient = input_gradient->narrow(1, 0, moved_);
  if (base_) {
    const at::Tensor part = x.narrow(0, first_row, rows - first_row);
    *input_gradient = input_gradient->sub(at::addmm(base_->shift, part, base_->slope), 2.0 * factor_);
  }
}

FreeMap::FreeMap(Network network, std::int64_t moved, std::optional<AffineBase> base, at::Tensor output_scale)
    : network_(std::move(network)),
      moved_(moved),
      base_(std::move(base)),
      output_scale_(std::move(output_scale)) {}

void FreeMap::forward(const at::Tensor& x, State& state) const {
  network_.forward(x, state.pass);
  sized(state.yhat, {x.size(0), moved_});
  at::addcmul_out(state.yhat, moved_part(x, moved_), state.pass.output, output_scale_);
  if (base_) state.yhat.add_(base_->shift).addmm_(x, base_->slope);
}

void FreeMap::backward(const at::Tensor& /*x*/, State& state, const at::Tensor& upstream,
                       const at::Tensor& gradient) const {
  at::mul_out(sized(state.scratch, upstream.sizes()), upstream, output_scale_);
  network_.backward(state.pass, state.scratch, {}, gradient, nullptr);
}

PotentialMap::PotentialMap(Potential potential) : potential_(std::move(potential)) {}

void PotentialMap::forward(const at::Tensor& x, State& state) const {
  Potential::State inner;
  inner.pass = std::move(state.pass);
  inner.ones = state.scratch;
  potential_.network().forward(x, inner.pass);
  at::Tensor slope;
  potential_.backward(x, inner, {}, {}, &slope, 0);
  state.yhat = at::sub(moved_part(x, potential_.moved()), slope, 1.0 / (2.0 * potential_.factor()));
  state.pass = std::move(inner.pass);
  state.scratch = inner.ones;
}

void PotentialMap::backward(const at::Tensor& x, State& state, const at::Tensor& upstream,
                            const at::Tensor& gradient) const {
  at::Tensor direction = upstream * (-1.0 / (2.0 * potential_.factor()));
  if (x.size(1) > potential_.moved())
    direction = at::constant_pad_nd(direction, {0, x.size(1) - potential_.moved()});
  potential_.network().directional_backward(state.pass, direction, gradient);
}

RowGradient row_gradient(float g_t, float g_s, float pair_cost, double expectile, double weight,
                         double unbalanced) {
  const float d1 = (g_s - pair_cost) + g_t;
  const float d2 = (g_t - pair_cost) + g_s;
  const auto slope = [&](float d) {
    return static_cast<float>(2.0 * weight * (d >= 0.0F ? expectile : 1.0 - expectile)) * d;
  };
  const auto mass = [&](float g) {
    return unbalanced > 0.0 ? std::min(std::exp(-g / static_cast<float>(unbalanced)), kMostMass) : 1.0F;
  };
  return {slope(d1) - mass(g_t), slope(d2) - mass(g_s)};
}

StepSums enot_gradients(const TransportMap& map, const Potential& potential, const at::Tensor& x,
                        const at::Tensor& y, const StepSettings& settings, StepState& state,
                        const at::Tensor& map_gradient, const at::Tensor& potential_gradient) {
  const std::int64_t rows = x.size(0);
  const std::int64_t n = x.size(1);
  const std::int64_t moved = potential.moved();
  const float share = 1.0F / static_cast<float>(settings.batch);

  const bool corrected = settings.correction_limit > 0.0;
  if (corrected) {
    map_gradients(map, potential, x, settings, state, map_gradient);
    at::Tensor& shifted = sized(state.shifted, {rows, n});
    shift_by_residual(x, state.map.yhat, state.slope, potential.factor(), settings.correction_limit,
                      settings.correction_scale, shifted);
    map.forward(shifted, state.map_of_corrected);
  } else {
    map.forward(x, state.map);
  }
  const at::Tensor& yhat = corrected ? state.map_of_corrected.yhat : state.map.yhat;
  at::Tensor& stacked = sized(state.stacked, {2 * rows, n});
  std::copy_n(y.data_ptr<float>(), rows * n, stacked.data_ptr<float>());
  put_mapped(yhat, x, stacked.narrow(0, rows, rows));
  potential.forward(stacked, state.potential);

  at::Tensor& cost = sized(state.cost, {rows});
  at::Tensor& pair = sized(state.pair, {rows});
  at::Tensor& upstream = sized(state.upstream, {rows, moved});
  cost_and_gradient(settings.cost, x, yhat, cost, upstream);
  pair_cost(settings, x, y, moved, pair);

  at::Tensor& row_weight = sized(state.row_weight, {2 * rows});
  const float* value = state.potential.value.data_ptr<float>();
  const float* c = cost.data_ptr<float>();
  const float* pairs = pair.data_ptr<float>();
  auto* r = row_weight.data_ptr<float>();
  StepSums sums;
  Candidates best;
  const float* best_value = nullptr;
  std::vector<std::int64_t> replaced_from;
  std::vector<std::int64_t> replaced_to;
  if (settings.candidates) {
    best = best_candidates(x, y, value, settings.cost.factor);
    best_value = best.value.data_ptr<float>();
    for (std::int64_t i = 0; i < rows; ++i) r[i] = 0.0F;
  }
  for (std::int64_t i = 0; i < rows; ++i) {
    const float g_t = value[i];
    float g_s = c[i] - value[rows + i];
    const bool replaced = best_value != nullptr && best_value[i] < g_s;
    if (replaced) g_s = best_value[i];
    const RowGradient by =
        row_gradient(g_t, g_s, pairs[i], settings.expectile, settings.expectile_weight, settings.unbalanced);
    r[i] = (best_value != nullptr ? r[i] : 0.0F) + by.by_target * share;
    // g_s = c - g(yhat), or c - g(the better row)
    r[rows + i] = replaced ? 0.0F : -by.by_source * share;
    if (replaced) {
      r[best.row.data_ptr<std::int64_t>()[i]] -= by.by_source * share;
      sums.replaced += 1.0;
      replaced_from.push_back(i);
      replaced_to.push_back(best.row.data_ptr<std::int64_t>()[i]);
    }
    const double d = static_cast<double>(g_t) + static_cast<double>(g_s) - static_cast<double>(pairs[i]);
    sums.dual += static_cast<double>(g_t) + static_cast<double>(g_s);
    sums.map_cost += static_cast<double>(c[i]);
    sums.expectile += 2.0 * (d >= 0.0 ? settings.expectile : 1.0 - settings.expectile) * d * d;
    sums.violations += d > 0.0 ? 1.0 : 0.0;
  }

  if (corrected) {
    potential.backward(stacked, state.potential, row_weight, potential_gradient, nullptr, rows);
    pull_to_candidates(map, x, y, potential.factor(), replaced_from, replaced_to, settings, state,
                       map_gradient);
    return sums;
  }
  at::Tensor slope;
  potential.backward(stacked, state.potential, row_weight, potential_gradient, &slope, rows);
  finish_upstream(upstream, slope, settings.batch);
  map.backward(x, state.map, upstream, map_gradient);
  pull_to_candidates(map, x, y, potential.factor(), replaced_from, replaced_to, settings, state,
                     map_gradient);
  return sums;
}

StepSums map_gradients(const TransportMap& map, const Potential& potential, const at::Tensor& x,
                       const StepSettings& settings, StepState& state, const at::Tensor& map_gradient) {
  const std::int64_t rows = x.size(0);
  map.forward(x, state.map);
  at::Tensor& mapped = sized(state.mapped, {rows, x.size(1)});
  put_mapped(state.map.yhat, x, mapped);
  potential.network().forward(mapped, state.potential_of_map.pass);
  at::Tensor& slope = state.slope;
  potential.backward(mapped, state.potential_of_map, {}, {}, &slope, 0);
  at::Tensor& cost = sized(state.cost, {rows});
  at::Tensor& upstream = sized(state.upstream, {rows, potential.moved()});
  cost_and_gradient(settings.cost, x, state.map.yhat, cost, upstream);
  StepSums sums;
  const float* c = cost.data_ptr<float>();
  for (std::int64_t i = 0; i < rows; ++i) sums.map_cost += static_cast<double>(c[i]);
  finish_upstream(upstream, slope, settings.batch);
  map.backward(x, state.map, upstream, map_gradient);
  return sums;
}

}  // namespace isoscan::transport::nn
