#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/transport/nn/network.hpp"

namespace isoscan::transport::nn {

Network::Network(std::int64_t in, std::int64_t out, const NetworkOptions& options, core::Random& random)
    : in_(in), out_(out), options_(options) {
  std::int64_t count = 0;
  const auto take = [&](std::int64_t number) {
    const std::int64_t place = count;
    count += number;
    return place;
  };
  std::int64_t width = in;
  for (const std::int64_t next : options_.hidden) {
    Layer layer;
    layer.in = width;
    layer.out = next;
    layer.weight = take(width * next);
    layer.bias = take(next);
    layer.residual = options_.residual && width == next && !layers_.empty();
    layers_.push_back(layer);
    width = next;
  }
  Layer last;
  last.in = width;
  last.out = out;
  last.weight = take(width * out);
  last.bias = take(out);
  layers_.push_back(last);
  for (std::size_t l = 0; l + 1 < layers_.size(); ++l) {
    if (l > 0 && options_.skips) layers_[l].skip = take(in * layers_[l].out);
    if (options_.quadratic && (l == 0 || options_.skips)) layers_[l].quadratic = take(in * layers_[l].out);
  }
  flat_ = at::zeros({count}, at::kFloat);
  auto* values = flat_.data_ptr<float>();
  const auto fill = [&](std::int64_t from, std::int64_t number, double low, double high) {
    for (std::int64_t i = 0; i < number; ++i)
      values[from + i] = static_cast<float>(random.uniform(low, high));
  };
  // The last layer stays zero.
  for (std::size_t l = 0; l + 1 < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    const double fan = static_cast<double>(layer.in);
    if (options_.input_convex && l > 0) {
      fill(layer.weight, layer.in * layer.out, 0.0, 2.0 / fan);
    } else {
      fill(layer.weight, layer.in * layer.out, -std::sqrt(3.0 / fan), std::sqrt(3.0 / fan));
    }
    fill(layer.bias, layer.out, -1.0 / std::sqrt(fan), 1.0 / std::sqrt(fan));
  }
  const double inputs = static_cast<double>(in);
  for (const Layer& layer : layers_) {
    if (layer.skip >= 0) fill(layer.skip, in * layer.out, -std::sqrt(3.0 / inputs), std::sqrt(3.0 / inputs));
    if (layer.quadratic >= 0)
      fill(layer.quadratic, in * layer.out, -std::sqrt(1.0 / inputs), std::sqrt(1.0 / inputs));
  }
  views_ = views(flat_);
  scale_ = at::ones({in}, at::kFloat);
  offset_ = at::zeros({in}, at::kFloat);
}

Network::Views Network::views(const at::Tensor& flat) const {
  Views result;
  const auto inputs_to = [&](std::int64_t place, std::int64_t out) {
    return place < 0 ? at::Tensor() : flat.narrow(0, place, in_ * out).view({in_, out});
  };
  for (const Layer& layer : layers_) {
    result.weight.push_back(flat.narrow(0, layer.weight, layer.in * layer.out).view({layer.in, layer.out}));
    result.bias.push_back(flat.narrow(0, layer.bias, layer.out));
    result.skip.push_back(inputs_to(layer.skip, layer.out));
    result.quadratic.push_back(inputs_to(layer.quadratic, layer.out));
  }
  return result;
}

std::vector<MatrixPlace> Network::matrices() const {
  std::vector<MatrixPlace> result;
  for (const Layer& layer : layers_) {
    result.push_back({layer.weight, layer.in, layer.out});
    if (layer.skip >= 0) result.push_back({layer.skip, in_, layer.out});
    if (layer.quadratic >= 0) result.push_back({layer.quadratic, in_, layer.out});
  }
  return result;
}

void Network::project() {
  if (!options_.input_convex) return;
  for (std::size_t l = 1; l + 1 < layers_.size(); ++l) views_.weight[l].clamp_min_(0.0);
  views_.weight.back().clamp_max_(0.0);
}

void Network::set_input_scale(const at::Tensor& scale, const at::Tensor& offset) {
  scale_ = scale.to(at::kFloat).contiguous();
  offset_ = offset.to(at::kFloat).contiguous();
}

Network Network::with_parameters(const at::Tensor& flat) const {
  if (flat.numel() != flat_.numel())
    throw core::Error(core::ErrorKind::Input, "network: " + std::to_string(flat.numel()) +
                                                  " parameters where its shape has " +
                                                  std::to_string(flat_.numel()));
  Network result = *this;
  result.flat_ = flat.to(at::kFloat).clone();
  result.views_ = result.views(result.flat_);
  return result;
}

}  // namespace isoscan::transport::nn
