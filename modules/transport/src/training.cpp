#include "training.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "isoscan/core/error.hpp"
#include "isoscan/transport/nn/kernels.hpp"

#include "dense.hpp"

namespace isoscan::transport {

using core::Error;
using core::ErrorKind;

Average::Average(double decay, const at::Tensor& parameters) : decay_(decay), value_(parameters.clone()) {}

void Average::add(const at::Tensor& parameters) {
  ++count_;
  const double decay = std::min(decay_, (1.0 + count_) / (10.0 + count_));
  value_.lerp_(parameters, 1.0 - decay);
}

Rows Feed::rows(std::int64_t count) {
  Rows drawn = sampler_.draw(count);
  return first_ != nullptr ? first_->apply(drawn) : drawn;
}

void Feed::settle(const Coordinates& coordinates) {
  coordinates_ = coordinates;
  if (first_ == nullptr) return;
  const std::int64_t n = first_->dim;
  slope_ = at::zeros({n, n}, at::kFloat);
  shift_ = at::zeros({n}, at::kFloat);
  for (std::int64_t i = 0; i < n; ++i) {
    const auto r = static_cast<std::size_t>(i);
    const auto scale = static_cast<double>(coordinates.scale[r]);
    double constant = first_->mean_target[r] - static_cast<double>(coordinates.centre[r]);
    for (std::int64_t j = 0; j < n; ++j) {
      const double a = first_->matrix[static_cast<std::size_t>(i * n + j)];
      constant -= a * first_->mean_source[static_cast<std::size_t>(j)];
      slope_.data_ptr<float>()[j * n + i] = static_cast<float>(scale * a);
    }
    shift_.data_ptr<float>()[i] = static_cast<float>(scale * constant);
  }
}

void Feed::next(const at::Tensor& out) {
  if (buffer_.count != out.size(0)) buffer_ = Rows(out.size(0), sampler_.dim());
  sampler_.draw(buffer_);
  if (first_ == nullptr) {
    coordinates_.to_solver(buffer_, out);
    return;
  }
  at::Tensor target = out;
  at::addmm_out(target, shift_,
                at::from_blob(buffer_.values.data(), {buffer_.count, buffer_.dim}, at::kFloat), slope_);
}

SymmetricCoordinates symmetric_coordinates(const AffineMap& start, const std::vector<double>& cost_weights) {
  const auto n = static_cast<std::size_t>(start.dim);
  const std::size_t moved = n - static_cast<std::size_t>(start.context_dims);
  const auto root_weight = [&](std::size_t d) {
    return cost_weights.empty() ? 1.0 : std::sqrt(cost_weights[d]);
  };
  dense::Matrix block(moved * moved);
  double size = 0.0;
  double apart = 0.0;
  for (std::size_t i = 0; i < moved; ++i) {
    for (std::size_t j = 0; j < moved; ++j) {
      const double a = start.matrix[i * n + j] * root_weight(i) / root_weight(j);
      const double b = start.matrix[j * n + i] * root_weight(j) / root_weight(i);
      block[i * moved + j] = 0.5 * (a + b);
      size += a * a;
      apart += (a - b) * (a - b);
    }
  }
  const dense::Eigen eigen = dense::symmetric_eigen(block, moved);
  const double least = *std::min_element(eigen.values.begin(), eigen.values.end());
  if (apart > 1e-6 * size || !(least > 0.0))
    throw Error(
        ErrorKind::Config,
        "the start is not optimal for this cost (its matrix is not symmetric and positive in the cost's "
        "coordinates): fit it with the same cost_weights, or use start_kind Compose");
  const dense::Matrix q = dense::spectral(eigen, moved, [](double v) { return 1.0 / std::sqrt(v); });

  SymmetricCoordinates result;
  result.to_target = AffineMap::identity(start.dim, start.context_dims);
  result.to_source = start;
  for (std::size_t i = 0; i < moved; ++i) {
    for (std::size_t j = 0; j < moved; ++j)
      result.to_target.matrix[i * n + j] = q[i * moved + j] * root_weight(j);
    result.to_target.mean_source[i] = start.mean_target[i];
    result.to_target.mean_target[i] = 0.0;
    result.to_source.mean_target[i] = 0.0;
  }
  result.to_source.matrix = dense::multiply(result.to_target.matrix, start.matrix, n);
  result.from_target = result.to_target.inverse();
  result.from_source = result.to_source.inverse();
  return result;
}

Scaling scaling_of(const Rows& source, const Rows& target, const SolverOptions& options) {
  const Moments s = moments(source);
  const Moments t = moments(target);
  const auto n = static_cast<std::size_t>(s.dim);
  const std::size_t moved = n - static_cast<std::size_t>(options.context_dims);
  const auto weight = [&](std::size_t d) {
    return options.cost_weights.empty() ? 1.0 : options.cost_weights[d];
  };

  std::vector<double> centre(n);
  std::vector<double> sd(n);
  double unit = 0.0;
  for (std::size_t d = 0; d < n; ++d) {
    centre[d] = 0.5 * (s.mean[d] + t.mean[d]);
    sd[d] = std::sqrt(0.5 * (s.covariance[d * n + d] + t.covariance[d * n + d]));
    if (!(sd[d] > 0.0)) sd[d] = 1.0;  // a constant column: any scale will do
    if (d < moved) unit += weight(d) * sd[d] * sd[d] / static_cast<double>(moved);
  }
  if (options.cost) {
    unit = 0.0;
    const std::int64_t pairs = std::min(source.count, target.count);
    for (std::int64_t i = 0; i < pairs; ++i)
      unit += options.cost(source.row(i), target.row(i), static_cast<std::int64_t>(moved), nullptr);
    unit /= 2.0 * static_cast<double>(moved) * static_cast<double>(pairs);
    if (!(unit > 0.0) || !std::isfinite(unit))
      throw Error(ErrorKind::Input,
                  "the cost function gives no positive finite cost between source and target rows");
  }
  Scaling scaling;
  if (!options.standardise) unit = 1.0;
  scaling.cost_unit = unit;
  for (std::size_t d = 0; d < n; ++d) {
    double scale = 1.0;
    if (d >= moved) {
      scale = options.standardise ? 1.0 / sd[d] : 1.0;
    } else if (!options.cost) {
      scale = std::sqrt(weight(d) / unit);
    } else if (options.standardise) {
      scale = 1.0 / sd[d];
    }
    scaling.coordinates.centre.push_back(options.standardise ? static_cast<float>(centre[d]) : 0.0F);
    scaling.coordinates.scale.push_back(static_cast<float>(scale));
    scaling.input_scale.push_back(options.standardise ? static_cast<float>(1.0 / (sd[d] * scale)) : 1.0F);
    if (d < moved)
      scaling.output_scale.push_back(options.standardise ? static_cast<float>(sd[d] * scale) : 1.0F);
  }
  return scaling;
}

nn::AffineBase base_of(const AffineMap& map, const Coordinates& coordinates) {
  const std::int64_t n = map.dim;
  const std::int64_t moved = n - map.context_dims;
  nn::AffineBase base{at::zeros({n, moved}, at::kFloat), at::zeros({moved}, at::kFloat)};
  auto* slope = base.slope.data_ptr<float>();
  auto* shift = base.shift.data_ptr<float>();
  for (std::int64_t i = 0; i < moved; ++i) {
    const auto r = static_cast<std::size_t>(i);
    const auto scale = static_cast<double>(coordinates.scale[r]);
    double constant = map.mean_target[r] - map.mean_source[r];
    for (std::int64_t j = 0; j < n; ++j) {
      const auto c = static_cast<std::size_t>(j);
      const double a = map.matrix[static_cast<std::size_t>(i * n + j)] - (i == j ? 1.0 : 0.0);
      constant += a * (static_cast<double>(coordinates.centre[c]) - map.mean_source[c]);
      slope[j * moved + i] = static_cast<float>(scale * a / static_cast<double>(coordinates.scale[c]));
    }
    shift[i] = static_cast<float>(scale * constant);
  }
  return base;
}

void require_symmetric(nn::AffineBase& base, std::int64_t moved) {
  at::Tensor block = base.slope.narrow(0, 0, moved);
  const at::Tensor symmetric = (block + block.t()) * 0.5;
  const double apart = (block - symmetric).norm().item<double>();
  if (apart > 1e-3 * (1.0 + symmetric.norm().item<double>()))
    throw Error(
        ErrorKind::Config,
        "the start is not optimal for this cost (its matrix is not symmetric in the cost's coordinates): fit "
        "it with the same cost_weights, or use start_kind Compose");
  block.copy_(symmetric);
}

nn::Cost cost_of(const SolverOptions& options, const Coordinates& coordinates, double cost_unit) {
  nn::Cost cost;
  cost.factor = options.dot_product ? 0.5 : 1.0;
  if (!options.cost) return cost;
  const auto moved = static_cast<std::int64_t>(coordinates.centre.size()) - options.context_dims;
  cost.function = [moved, coordinates, cost_unit, f = options.cost](const at::Tensor& x, const at::Tensor& y,
                                                                    at::Tensor& value, at::Tensor* gradient) {
    std::vector<float> a(static_cast<std::size_t>(moved));
    std::vector<float> b(a.size());
    std::vector<float> by(a.size());
    const float* from = x.data_ptr<float>();
    const float* to = y.data_ptr<float>();
    auto* v = value.data_ptr<float>();
    auto* g = gradient != nullptr ? gradient->data_ptr<float>() : nullptr;
    for (std::int64_t i = 0; i < x.size(0); ++i) {
      for (std::int64_t d = 0; d < moved; ++d) {
        const auto k = static_cast<std::size_t>(d);
        a[k] = from[i * x.size(1) + d] / coordinates.scale[k] + coordinates.centre[k];
        b[k] = to[i * y.size(1) + d] / coordinates.scale[k] + coordinates.centre[k];
      }
      v[i] = static_cast<float>(f(a.data(), b.data(), moved, g != nullptr ? by.data() : nullptr) / cost_unit);
      for (std::int64_t d = 0; d < moved && g != nullptr; ++d) {
        const auto k = static_cast<std::size_t>(d);
        g[i * moved + d] = static_cast<float>(static_cast<double>(by[k]) /
                                              (static_cast<double>(coordinates.scale[k]) * cost_unit));
      }
    }
  };
  return cost;
}

}  // namespace isoscan::transport
