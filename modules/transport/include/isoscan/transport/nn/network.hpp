/// @file A small multilayer perceptron with hand-written derivatives: no autograd graph, own inner loops,
/// parameters in one flat tensor (so that Adam, averaging and saving are one operation each). Tests hold it
/// against autograd.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

#include "isoscan/core/random.hpp"
#include "isoscan/transport/solver.hpp"

namespace isoscan::transport::nn {

/// What one forward pass leaves for the backward passes. Reuse it: the buffers are kept between calls.
struct Pass {
  at::Tensor input;                   ///< (b, in), standardised
  std::vector<at::Tensor> root;       ///< (b, H) a layer: input A of its quadratic features
  std::vector<at::Tensor> linear;     ///< (b, H) a layer: before the activation (SiLU only)
  std::vector<at::Tensor> activated;  ///< (b, H) a layer: after it
  std::vector<at::Tensor> hidden;     ///< (b, H) a layer: what the next layer reads
  at::Tensor output;                  ///< (b, out)
  std::vector<at::Tensor> scratch;    ///< buffers, whatever they last held
};

/// Where a weight matrix stands in the flat parameters, row by row.
struct MatrixPlace {
  std::int64_t offset = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
};

/// A handle: copies share their parameters, as tensors do; `with_parameters` makes a network of its own.
class Network {
 public:
  /// Weights from `random` in a fixed order; the last layer is zero, so the network is the zero function.
  Network(std::int64_t in, std::int64_t out, const NetworkOptions& options, core::Random& random);

  [[nodiscard]] std::int64_t in() const noexcept { return in_; }
  [[nodiscard]] std::int64_t out() const noexcept { return out_; }
  [[nodiscard]] const NetworkOptions& options() const noexcept { return options_; }
  [[nodiscard]] std::int64_t parameter_count() const { return flat_.numel(); }
  /// (parameter_count), written in place by optimisers.
  [[nodiscard]] at::Tensor& parameters() noexcept { return flat_; }
  [[nodiscard]] const at::Tensor& parameters() const noexcept { return flat_; }
  /// All weight matrices; the rest are biases.
  [[nodiscard]] std::vector<MatrixPlace> matrices() const;
  /// Puts the weights of an input-convex network back where they may be; else does nothing.
  void project();
  /// The first layer reads x * scale + offset, both (in).
  void set_input_scale(const at::Tensor& scale, const at::Tensor& offset);
  [[nodiscard]] const at::Tensor& input_scale() const noexcept { return scale_; }
  [[nodiscard]] const at::Tensor& input_offset() const noexcept { return offset_; }
  /// A network of the same shape with other numbers (the averaged ones).
  [[nodiscard]] Network with_parameters(const at::Tensor& flat) const;

  /// x (b, in) -> pass.output (b, out).
  void forward(const at::Tensor& x, Pass& pass) const;

  /// After forward. With L = sum_i row_weight_i <upstream_i, out_i>: writes dL/dparameters to `gradient`
  /// (flat; skipped when undefined) and, without the row weights, d<upstream_i, out_i>/dx_i to
  /// `input_gradient` (skipped when null). Only rows from `first_row` on get an input gradient. row_weight
  /// (b) may be undefined: all 1.
  void backward(Pass& pass, const at::Tensor& upstream, const at::Tensor& row_weight,
                const at::Tensor& gradient, at::Tensor* input_gradient, std::int64_t first_row = 0) const;

  /// After forward of a network with one output: writes the gradient of sum_i <direction_i, d out_i / d x_i>
  /// with respect to the parameters (tangent pass forward, adjoint pass back: no double autograd).
  void directional_backward(Pass& pass, const at::Tensor& direction, const at::Tensor& gradient) const;

 private:
  struct Layer {
    std::int64_t in = 0;
    std::int64_t out = 0;
    std::int64_t weight = 0;  ///< offsets in the flat tensor
    std::int64_t bias = 0;
    bool residual = false;
    std::int64_t skip = -1;       ///< offset of the input's own weights (layers above the first)
    std::int64_t quadratic = -1;  ///< offset of A
  };
  struct Views {
    std::vector<at::Tensor> weight;  ///< (in, out)
    std::vector<at::Tensor> bias;
    std::vector<at::Tensor> skip;       ///< (inputs, out) or undefined
    std::vector<at::Tensor> quadratic;  ///< (inputs, out) or undefined
  };
  [[nodiscard]] Views views(const at::Tensor& flat) const;
  /// upstream * act'.
  void through_activation(const Pass& pass, std::size_t layer, const at::Tensor& upstream,
                          at::Tensor& out) const;
  [[nodiscard]] at::Tensor second_derivative(const Pass& pass, std::size_t layer) const;

  std::int64_t in_;
  std::int64_t out_;
  NetworkOptions options_;
  std::vector<Layer> layers_;
  at::Tensor flat_;
  Views views_;
  at::Tensor scale_;
  at::Tensor offset_;
};

}  // namespace isoscan::transport::nn
