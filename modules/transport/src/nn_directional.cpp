#include "isoscan/transport/nn/network.hpp"

namespace isoscan::transport::nn {

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
