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
  std::int64_t width = in;
  for (const std::int64_t next : options_.hidden) {
    Layer layer{width, next, count, count + width * next,
                options_.residual && width == next && !layers_.empty()};
    count = layer.bias + next;
    layers_.push_back(layer);
    width = next;
  }
  layers_.push_back({width, out, count, count + width * out, false});
  count += width * out + out;
  if (options_.quadratic) {
    quadratic_ = count;
    count += in * layers_.front().out;
  }
  flat_ = at::zeros({count}, at::kFloat);
  auto* values = flat_.data_ptr<float>();
  const auto fill = [&](std::int64_t from, std::int64_t number, double bound) {
    for (std::int64_t i = 0; i < number; ++i)
      values[from + i] = static_cast<float>(random.uniform(-bound, bound));
  };
  // The last layer stays zero.
  for (std::size_t l = 0; l + 1 < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    const double fan = static_cast<double>(layer.in);
    fill(layer.weight, layer.in * layer.out, std::sqrt(3.0 / fan));
    fill(layer.bias, layer.out, 1.0 / std::sqrt(fan));
  }
  if (quadratic_ >= 0) fill(quadratic_, in * layers_.front().out, std::sqrt(1.0 / static_cast<double>(in)));
  views_ = views(flat_);
  scale_ = at::ones({in}, at::kFloat);
  offset_ = at::zeros({in}, at::kFloat);
}

Network::Views Network::views(const at::Tensor& flat) const {
  Views result;
  for (const Layer& layer : layers_) {
    result.weight.push_back(flat.narrow(0, layer.weight, layer.in * layer.out).view({layer.in, layer.out}));
    result.bias.push_back(flat.narrow(0, layer.bias, layer.out));
  }
  if (quadratic_ >= 0) {
    const std::int64_t width = layers_.front().out;
    result.quadratic = flat.narrow(0, quadratic_, in_ * width).view({in_, width});
  }
  return result;
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
  at::addcmul_out(sized(pass.input, rows, in_), offset_, x, scale_);
  for (std::size_t l = 0; l < hidden; ++l) {
    const Layer& layer = layers_[l];
    const at::Tensor& below = l == 0 ? pass.input : pass.hidden[l - 1];
    at::Tensor& linear = sized(pass.linear[l], rows, layer.out);
    at::addmm_out(linear, views_.bias[l], below, views_.weight[l]);
    if (l == 0 && quadratic_ >= 0) {
      at::mm_out(sized(pass.root, rows, layer.out), pass.input, views_.quadratic);
      linear.addcmul_(pass.root, pass.root);
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
  const std::size_t hidden = layers_.size() - 1;
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
  pass.scratch.resize(4 * (hidden + 1));
  std::size_t next = 0;
  const auto buffer = [&](std::int64_t columns) -> at::Tensor& {
    return sized(pass.scratch[next++], rows, columns);
  };
  // delta: derivative of <upstream_i, out_i> at a layer's linear part, without the row weights.
  at::Tensor delta = upstream;
  at::Tensor above;  // derivative at hidden[l]
  for (std::size_t l = hidden; l-- > 0;) {
    const at::Tensor& input = pass.hidden[l];
    if (wanted) {
      at::Tensor scaled = delta;
      if (weighted) at::mul_out(scaled = buffer(layers_[l + 1].out), delta, weighted_column);
      at::mm_out(to.weight[l + 1], input.t(), scaled);
      at::mv_out(to.bias[l + 1], delta.t(), weights);
    }
    at::Tensor& down = buffer(layers_[l].out);
    if (l + 1 < hidden && layers_[l + 1].residual) {
      at::addmm_out(down, above, delta, views_.weight[l + 1].t());
    } else {
      at::mm_out(down, delta, views_.weight[l + 1].t());
    }
    above = down;
    at::Tensor& through = buffer(layers_[l].out);
    through_activation(pass, l, above, through);
    delta = through;
  }
  if (wanted) {
    at::Tensor scaled = delta;
    if (weighted) at::mul_out(scaled = buffer(layers_[0].out), delta, weighted_column);
    at::mm_out(to.weight[0], pass.input.t(), scaled);
    at::mv_out(to.bias[0], delta.t(), weights);
    if (quadratic_ >= 0) {
      const at::Tensor root = scaled * pass.root;
      at::mm_out(to.quadratic, pass.input.t(), root.mul_(2.0));
    }
  }
  if (input_gradient != nullptr) {
    const std::int64_t kept = rows - first_row;
    const at::Tensor part = delta.narrow(0, first_row, kept);
    at::Tensor result = at::mm(part, views_.weight[0].t());
    if (quadratic_ >= 0) {
      const at::Tensor root = part * pass.root.narrow(0, first_row, kept);
      result.addmm_(root, views_.quadratic.t(), 1.0, 2.0);
    }
    *input_gradient = result.mul_(scale_);
  }
}

void Network::directional_backward(Pass& pass, const at::Tensor& direction,
                                   const at::Tensor& gradient) const {
  const std::size_t hidden = layers_.size() - 1;
  Views to = views(gradient);
  // Tangents forward.
  const at::Tensor input_tangent = direction * scale_;
  at::Tensor root_tangent;
  std::vector<at::Tensor> linear_tangent(hidden);
  std::vector<at::Tensor> hidden_tangent(hidden);
  for (std::size_t l = 0; l < hidden; ++l) {
    const at::Tensor& below = l == 0 ? input_tangent : hidden_tangent[l - 1];
    linear_tangent[l] = at::mm(below, views_.weight[l]);
    if (l == 0 && quadratic_ >= 0) {
      root_tangent = at::mm(input_tangent, views_.quadratic);
      linear_tangent[l].addcmul_(pass.root, root_tangent, 2.0);
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
    if (l == 0) {
      if (quadratic_ >= 0) {
        at::Tensor root_adjoint =
            linear_adjoint.mul(pass.root).addcmul_(linear_tangent_adjoint, root_tangent);
        const at::Tensor root_tangent_adjoint = linear_tangent_adjoint.mul(pass.root);
        at::mm_out(to.quadratic, pass.input.t(), root_adjoint);
        to.quadratic.addmm_(input_tangent.t(), root_tangent_adjoint);
        to.quadratic.mul_(2.0);
      }
      break;
    }
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
