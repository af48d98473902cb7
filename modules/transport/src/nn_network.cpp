#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/transport/nn/network.hpp"

namespace isoscan::transport::nn {

namespace {

/// A buffer of the wanted shape, kept when it already fits.
at::Tensor& sized(at::Tensor& buffer, std::int64_t rows, std::int64_t columns) {
  if (!buffer.defined() || buffer.size(0) != rows || buffer.size(1) != columns)
    buffer = at::empty({rows, columns}, at::kFloat);
  return buffer;
}

}  // namespace

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

void Network::activate(const at::Tensor& linear, at::Tensor& activated) const {
  if (options_.activation == Activation::Elu) {
    at::elu_out(activated, linear);
  } else {
    at::silu_out(activated, linear);
  }
}

void Network::through_activation(const Pass& pass, std::size_t layer, const at::Tensor& upstream,
                                 at::Tensor& out) const {
  if (options_.activation == Activation::Elu) {
    at::elu_backward_out(out, upstream, 1.0, 1.0, 1.0, true, pass.activated[layer]);  // needs no exponential
  } else {
    at::silu_backward_out(out, upstream, pass.linear[layer]);
  }
}

at::Tensor Network::second_derivative(const Pass& pass, std::size_t layer) const {
  if (options_.activation == Activation::Elu) {
    const at::Tensor& a = pass.activated[layer];
    return at::where(a > 0, at::zeros({}, at::kFloat), a + 1.0);
  }
  const at::Tensor& z = pass.linear[layer];
  const at::Tensor s = at::sigmoid(z);
  return s * (1.0 - s) * (2.0 + z * (1.0 - 2.0 * s));
}

void Network::forward(const at::Tensor& x, Pass& pass) const {
  const std::int64_t rows = x.size(0);
  const std::size_t hidden = layers_.size() - 1;
  pass.linear.resize(hidden);
  pass.activated.resize(hidden);
  pass.hidden.resize(hidden);
  pass.root.resize(hidden);
  at::addcmul_out(sized(pass.input, rows, in_), offset_, x, scale_);
  for (std::size_t l = 0; l < hidden; ++l) {
    const Layer& layer = layers_[l];
    const at::Tensor& below = l == 0 ? pass.input : pass.hidden[l - 1];
    at::Tensor& linear = sized(pass.linear[l], rows, layer.out);
    at::addmm_out(linear, views_.bias[l], below, views_.weight[l]);
    if (layer.skip >= 0) linear.addmm_(pass.input, views_.skip[l]);
    if (layer.quadratic >= 0) {
      at::mm_out(sized(pass.root[l], rows, layer.out), pass.input, views_.quadratic[l]);
      linear.addcmul_(pass.root[l], pass.root[l]);
    }
    at::Tensor& activated = sized(pass.activated[l], rows, layer.out);
    activate(linear, activated);
    if (layer.residual) {
      at::add_out(sized(pass.hidden[l], rows, layer.out), below, activated);
    } else {
      pass.hidden[l] = activated;
    }
  }
  at::addmm_out(sized(pass.output, rows, out_), views_.bias[hidden], pass.hidden[hidden - 1],
                views_.weight[hidden]);
}

void Network::backward(Pass& pass, const at::Tensor& upstream, const at::Tensor& row_weight,
                       const at::Tensor& gradient, at::Tensor* input_gradient, std::int64_t first_row) const {
  const std::int64_t rows = upstream.size(0);
  const std::int64_t kept = rows - first_row;
  const bool wanted = gradient.defined();
  const bool weighted = row_weight.defined();
  Views to;
  at::Tensor weights;          // (b)
  at::Tensor weighted_column;  // (b, 1)
  if (wanted) {
    to = views(gradient);
    weights = weighted ? row_weight : at::ones({rows}, at::kFloat);
    weighted_column = weights.unsqueeze(1);
  }
  pass.scratch.resize(4 * layers_.size());
  std::size_t next = 0;
  const auto buffer = [&](std::int64_t columns) -> at::Tensor& {
    return sized(pass.scratch[next++], rows, columns);
  };
  at::Tensor at_input;  // derivative by the standardised input, rows from first_row on
  const auto to_input = [&](const at::Tensor& part, const at::Tensor& weight, double factor) {
    if (at_input.defined()) {
      at_input.addmm_(part, weight.t(), 1.0, factor);
    } else {
      at_input = at::mm(part, weight.t());
      if (factor != 1.0) at_input.mul_(factor);
    }
  };
  // delta: derivative of <upstream_i, out_i> at a layer's linear part, without the row weights.
  at::Tensor delta = upstream;
  at::Tensor above;  // derivative at hidden[l]
  for (std::size_t l = layers_.size(); l-- > 0;) {
    const Layer& layer = layers_[l];
    if (wanted) {
      at::Tensor scaled = delta;
      if (weighted) at::mul_out(scaled = buffer(layer.out), delta, weighted_column);
      const at::Tensor& below = l == 0 ? pass.input : pass.hidden[l - 1];
      at::mm_out(to.weight[l], below.t(), scaled);
      at::mv_out(to.bias[l], delta.t(), weights);
      if (layer.skip >= 0) at::mm_out(to.skip[l], pass.input.t(), scaled);
      if (layer.quadratic >= 0) {
        const at::Tensor root = scaled * pass.root[l];
        at::mm_out(to.quadratic[l], pass.input.t(), root.mul_(2.0));
      }
    }
    if (input_gradient != nullptr) {
      const at::Tensor part = delta.narrow(0, first_row, kept);
      if (l == 0) to_input(part, views_.weight[0], 1.0);
      if (layer.skip >= 0) to_input(part, views_.skip[l], 1.0);
      if (layer.quadratic >= 0)
        to_input(part * pass.root[l].narrow(0, first_row, kept), views_.quadratic[l], 2.0);
    }
    if (l == 0) break;
    at::Tensor& down = buffer(layers_[l - 1].out);
    if (layer.residual) {
      at::addmm_out(down, above, delta, views_.weight[l].t());
    } else {
      at::mm_out(down, delta, views_.weight[l].t());
    }
    above = down;
    at::Tensor& through = buffer(layers_[l - 1].out);
    through_activation(pass, l - 1, above, through);
    delta = through;
  }
  if (input_gradient != nullptr) *input_gradient = at_input.mul_(scale_);
}

void Network::directional_backward(Pass& pass, const at::Tensor& direction,
                                   const at::Tensor& gradient) const {
  const std::size_t hidden = layers_.size() - 1;
  Views to = views(gradient);
  // Tangents forward.
  const at::Tensor input_tangent = direction * scale_;
  std::vector<at::Tensor> root_tangent(hidden);
  std::vector<at::Tensor> linear_tangent(hidden);
  std::vector<at::Tensor> hidden_tangent(hidden);
  for (std::size_t l = 0; l < hidden; ++l) {
    const at::Tensor& below = l == 0 ? input_tangent : hidden_tangent[l - 1];
    linear_tangent[l] = at::mm(below, views_.weight[l]);
    if (layers_[l].skip >= 0) linear_tangent[l].addmm_(input_tangent, views_.skip[l]);
    if (layers_[l].quadratic >= 0) {
      root_tangent[l] = at::mm(input_tangent, views_.quadratic[l]);
      linear_tangent[l].addcmul_(pass.root[l], root_tangent[l], 2.0);
    }
    at::Tensor activated = at::empty_like(linear_tangent[l]);
    through_activation(pass, l, linear_tangent[l], activated);
    hidden_tangent[l] = layers_[l].residual ? activated.add_(below) : activated;
  }
  // Adjoints back: of the value (`value`) and of the tangent (`tangent`) at hidden[l].
  to.weight[hidden].copy_(at::sum(hidden_tangent[hidden - 1], {0}).unsqueeze(1));
  to.bias[hidden].zero_();
  at::Tensor tangent = views_.weight[hidden].t().expand({direction.size(0), layers_[hidden].in}).contiguous();
  at::Tensor value;  // undefined: zero
  for (std::size_t l = hidden; l-- > 0;) {
    at::Tensor linear_tangent_adjoint = at::empty_like(tangent);
    through_activation(pass, l, tangent, linear_tangent_adjoint);
    at::Tensor linear_adjoint = second_derivative(pass, l).mul_(linear_tangent[l]).mul_(tangent);
    if (value.defined()) {
      at::Tensor through = at::empty_like(value);
      through_activation(pass, l, value, through);
      linear_adjoint.add_(through);
    }
    const at::Tensor& below = l == 0 ? pass.input : pass.hidden[l - 1];
    const at::Tensor& below_tangent = l == 0 ? input_tangent : hidden_tangent[l - 1];
    at::mm_out(to.weight[l], below.t(), linear_adjoint);
    to.weight[l].addmm_(below_tangent.t(), linear_tangent_adjoint);
    at::sum_out(to.bias[l], linear_adjoint, {0});
    if (layers_[l].skip >= 0) {
      at::mm_out(to.skip[l], pass.input.t(), linear_adjoint);
      to.skip[l].addmm_(input_tangent.t(), linear_tangent_adjoint);
    }
    if (layers_[l].quadratic >= 0) {
      const at::Tensor root_adjoint =
          linear_adjoint.mul(pass.root[l]).addcmul_(linear_tangent_adjoint, root_tangent[l]);
      const at::Tensor root_tangent_adjoint = linear_tangent_adjoint.mul(pass.root[l]);
      at::mm_out(to.quadratic[l], pass.input.t(), root_adjoint);
      to.quadratic[l].addmm_(input_tangent.t(), root_tangent_adjoint);
      to.quadratic[l].mul_(2.0);
    }
    if (l == 0) break;
    at::Tensor next_value = at::mm(linear_adjoint, views_.weight[l].t());
    at::Tensor next_tangent = at::mm(linear_tangent_adjoint, views_.weight[l].t());
    if (layers_[l].residual) {
      if (value.defined()) next_value.add_(value);
      next_tangent.add_(tangent);
    }
    value = next_value;
    tangent = next_tangent;
  }
}

}  // namespace isoscan::transport::nn
