// Forward and backward of the network on raw rows. A layer goes by blocks of rows, so that what a product
// leaves is still in the first cache when the activation reads it.
#include <algorithm>
#include <vector>

#include "isoscan/transport/nn/kernels.hpp"
#include "isoscan/transport/nn/network.hpp"

namespace isoscan::transport::nn {

namespace {

constexpr std::int64_t kBlockRows = 48;

/// A buffer of the wanted shape, kept when it already fits.
float* sized(at::Tensor& buffer, std::int64_t rows, std::int64_t columns) {
  if (!buffer.defined() || buffer.size(0) != rows || buffer.size(1) != columns)
    buffer = at::empty({rows, columns}, at::kFloat);
  return buffer.data_ptr<float>();
}

/// A buffer of at least `count` numbers, row by row as its user likes.
float* at_least(at::Tensor& buffer, std::int64_t count) {
  if (!buffer.defined() || buffer.numel() < count) buffer = at::empty({count}, at::kFloat);
  return buffer.data_ptr<float>();
}

/// What Pass::scratch holds.
enum Scratch : std::size_t {
  kWeight,
  kSkip,
  kQuadratic,
  kUpstream,  // by rows of the last layer
  kRoot,
  kAbove,               // two
  kDelta = kAbove + 2,  // two
  kScratches = kDelta + 2
};

/// work(first, rows) over blocks.
template <typename Work>
void by_blocks(std::int64_t rows, const Work& work) {
  for (std::int64_t first = 0; first < rows; first += kBlockRows)
    work(first, std::min(kBlockRows, rows - first));
}

/// Packs w (inner, columns) or, `turned`, the transpose of w (columns, inner).
float* packed(const Kernels& k, const float* w, std::int64_t inner, std::int64_t columns, bool turned,
              at::Tensor& buffer) {
  float* to = at_least(buffer, packed_size(k, inner, columns));
  k.pack(w, turned ? 1 : columns, turned ? inner : 1, inner, columns, nullptr, to, nullptr);
  return to;
}

}  // namespace

void Network::forward(const at::Tensor& x, Pass& pass) const {
  const Kernels& k = kernels();
  const std::int64_t rows = x.size(0);
  const std::size_t hidden = layers_.size() - 1;
  pass.linear.resize(hidden);
  pass.activated.resize(hidden);
  pass.hidden.resize(hidden);
  pass.root.resize(hidden);
  pass.scratch.resize(kScratches);
  const bool elu = options_.activation == Activation::Elu;
  const auto parameters = flat_.data_ptr<float>();

  float* input = sized(pass.input, rows, in_);
  {
    const at::Tensor plain = x.contiguous();
    const float* from = plain.data_ptr<float>();
    const float* scale = scale_.data_ptr<float>();
    const float* offset = offset_.data_ptr<float>();
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t d = 0; d < in_; ++d) input[i * in_ + d] = offset[d] + from[i * in_ + d] * scale[d];
  }
  const float* below = input;
  for (std::size_t l = 0; l < hidden; ++l) {
    const Layer& layer = layers_[l];
    const std::int64_t out = layer.out;
    float* activated = sized(pass.activated[l], rows, out);
    float* linear = elu ? activated : sized(pass.linear[l], rows, out);
    float* root = layer.quadratic >= 0 ? sized(pass.root[l], rows, out) : nullptr;
    if (!layer.residual) pass.hidden[l] = pass.activated[l];
    float* above = layer.residual ? sized(pass.hidden[l], rows, out) : activated;
    const float* bias = parameters + layer.bias;
    const float* weight = packed(k, parameters + layer.weight, layer.in, out, false, pass.scratch[kWeight]);
    const float* skip =
        layer.skip < 0 ? nullptr : packed(k, parameters + layer.skip, in_, out, false, pass.scratch[kSkip]);
    const float* quadratic =
        root == nullptr ? nullptr
                        : packed(k, parameters + layer.quadratic, in_, out, false, pass.scratch[kQuadratic]);
    by_blocks(rows, [&](std::int64_t first, std::int64_t count) {
      const std::int64_t place = first * out;
      const std::int64_t number = count * out;
      const LeftFactor inputs{input + first * in_, in_, 1};
      float* z = linear + place;
      k.product({below + first * layer.in, layer.in, 1}, count, layer.in, out, weight, bias, 0, z);
      if (skip != nullptr) k.product(inputs, count, in_, out, skip, z, out, z);
      if (root != nullptr) {
        k.product(inputs, count, in_, out, quadratic, nullptr, 0, root + place);
        k.add_product(number, z, 1.0F, root + place, root + place, z);
      }
      (elu ? k.elu : k.silu)(number, z, activated + place);
      if (layer.residual) k.add(number, below + place, activated + place, above + place);
    });
    below = above;
  }
  const Layer& last = layers_[hidden];
  float* output = sized(pass.output, rows, out_);
  if (out_ == 1) {
    k.row_dots(rows, last.in, below, parameters + last.weight, parameters[last.bias], output);
  } else {
    const float* weight = packed(k, parameters + last.weight, last.in, out_, false, pass.scratch[kWeight]);
    k.product({below, last.in, 1}, rows, last.in, out_, weight, parameters + last.bias, 0, output);
  }
}

void Network::backward(Pass& pass, const at::Tensor& upstream, const at::Tensor& row_weight,
                       const at::Tensor& gradient, at::Tensor* input_gradient, std::int64_t first_row) const {
  const Kernels& k = kernels();
  const std::int64_t rows = upstream.size(0);
  const std::int64_t kept = rows - first_row;
  const bool elu = options_.activation == Activation::Elu;
  const float* parameters = flat_.data_ptr<float>();
  const float* input = pass.input.data_ptr<float>();
  const at::Tensor plain_weight = row_weight.defined() ? row_weight.contiguous() : at::Tensor();
  const float* weight_of_row = plain_weight.defined() ? plain_weight.data_ptr<float>() : nullptr;
  float* to = gradient.defined() ? gradient.data_ptr<float>() : nullptr;
  pass.scratch.resize(kScratches);

  float* at_input = nullptr;  // derivative by the standardised input, rows from first_row on
  if (input_gradient != nullptr) {
    *input_gradient = at::empty({kept, in_}, at::kFloat);
    at_input = input_gradient->data_ptr<float>();
  }
  bool begun = false;
  const auto to_input = [&](const float* part, const Layer& layer, std::int64_t place) {
    const float* weight = packed(k, parameters + place, layer.out, in_, true, pass.scratch[kWeight]);
    k.product({part + first_row * layer.out, layer.out, 1}, kept, layer.out, in_, weight,
              begun ? at_input : nullptr, in_, at_input);
    begun = true;
  };
  // The gradient of weights (inputs, layer.out) that read `from`, where `part` (rows, layer.out) is the
  // derivative at what they feed; the bias's too.
  const auto to_weights = [&](const float* from, std::int64_t inputs, const float* part, std::int64_t out,
                              float* weights, float* bias) {
    float* right = at_least(pass.scratch[kWeight], packed_size(k, rows, out));
    k.pack(part, out, 1, rows, out, weight_of_row, right, bias);
    k.product({from, 1, inputs}, inputs, rows, out, right, nullptr, 0, weights);
    return right;
  };

  // delta: derivative of <upstream_i, out_i> at a layer's linear part, without the row weights.
  const at::Tensor plain = upstream.contiguous();
  const float* delta = plain.data_ptr<float>();
  const float* above = nullptr;  // derivative at hidden[l]
  for (std::size_t l = layers_.size(); l-- > 0;) {
    const Layer& layer = layers_[l];
    const std::int64_t out = layer.out;
    const float* below = l == 0 ? input : pass.hidden[l - 1].data_ptr<float>();
    const float* twice_root = nullptr;  // delta * d(root^2)/d(root)
    if (layer.quadratic >= 0) {
      float* buffer = at_least(pass.scratch[kRoot], rows * out);
      k.add_product(rows * out, nullptr, 2.0F, delta, pass.root[l].data_ptr<float>(), buffer);
      twice_root = buffer;
    }
    if (to != nullptr && out == 1 && layer.skip < 0 && layer.quadratic < 0) {
      float* weighted = at_least(pass.scratch[kUpstream], rows);
      float sum = 0.0F;
      for (std::int64_t i = 0; i < rows; ++i) {
        weighted[i] = weight_of_row == nullptr ? delta[i] : weight_of_row[i] * delta[i];
        sum += weighted[i];
      }
      k.column_sums(rows, layer.in, below, weighted, to + layer.weight);
      to[layer.bias] = sum;
    } else if (to != nullptr) {
      const float* right = to_weights(below, layer.in, delta, out, to + layer.weight, to + layer.bias);
      if (layer.skip >= 0) k.product({input, 1, in_}, in_, rows, out, right, nullptr, 0, to + layer.skip);
      if (twice_root != nullptr) to_weights(input, in_, twice_root, out, to + layer.quadratic, nullptr);
    }
    if (at_input != nullptr) {
      if (l == 0) to_input(delta, layer, layer.weight);
      if (layer.skip >= 0) to_input(delta, layer, layer.skip);
      if (twice_root != nullptr) to_input(twice_root, layer, layer.quadratic);
    }
    if (l == 0) break;
    const std::int64_t in = layer.in;
    const float* weight = packed(k, parameters + layer.weight, out, in, true, pass.scratch[kWeight]);
    float* next_above = at_least(pass.scratch[kAbove + l % 2], rows * in);
    // Only a residual layer asks for `above` again.
    float* next_delta =
        layers_[l - 1].residual ? at_least(pass.scratch[kDelta + l % 2], rows * in) : next_above;
    const float* curve = (elu ? pass.activated : pass.linear)[l - 1].data_ptr<float>();
    by_blocks(rows, [&](std::int64_t first, std::int64_t count) {
      const std::int64_t place = first * in;
      k.product({delta + first * out, out, 1}, count, out, in, weight,
                layer.residual ? above + place : nullptr, in, next_above + place);
      (elu ? k.elu_back : k.silu_back)(count * in, next_above + place, curve + place, next_delta + place);
    });
    above = next_above;
    delta = next_delta;
  }
  if (at_input == nullptr) return;
  const float* scale = scale_.data_ptr<float>();
  for (std::int64_t i = 0; i < kept; ++i)
    for (std::int64_t d = 0; d < in_; ++d) at_input[i * in_ + d] *= scale[d];
}

}  // namespace isoscan::transport::nn
