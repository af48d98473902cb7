/// @file The shared network, the hypernetwork and what turns one into the other, on one flat tensor of
/// parameters: all functions are differentiable by it.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

#include "isoscan/core/random.hpp"
#include "isoscan/domain/shared_restorer.hpp"
#include "isoscan/transport/nn/network.hpp"

namespace isoscan::domain {

/// A multilayer perceptron on a stretch of a flat tensor, laid out as transport::nn::Network does: weights
/// (in, out), biases, layer by layer. SiLU; residual between equal widths, if asked.
struct Perceptron {
  std::vector<std::int64_t> widths;  ///< in, hidden ..., out
  std::int64_t first = 0;            ///< place of its first parameter
  bool residual = true;

  [[nodiscard]] std::int64_t count() const;
  [[nodiscard]] std::vector<transport::nn::MatrixPlace> matrices() const;
  void start(at::Tensor& flat, core::Random& random) const;
};

class SharedNetwork {
 public:
  SharedNetwork(int dims, const std::vector<int>& hidden, int statistics,
                const std::vector<int>& hyper_hidden, int bottleneck);
  [[nodiscard]] at::Tensor start(core::Random& random, double size) const;
  [[nodiscard]] std::vector<transport::nn::MatrixPlace> matrices() const;
  /// Of f alone, which stands first.
  [[nodiscard]] std::vector<transport::nn::MatrixPlace> restorer_matrices() const {
    return restorer_.matrices();
  }

  /// H(e) - H(0). @param statistics (sites, s), standardised  @return (sites, bottleneck); exactly 0 for
  /// statistics of 0.
  [[nodiscard]] at::Tensor codes(const at::Tensor& flat, const at::Tensor& statistics) const;
  /// @param statistics (sites, s), standardised  @return (sites, numbers): scales and shifts of the first
  /// layer's channels, then the next's ...; exactly 0 for statistics of 0.
  [[nodiscard]] at::Tensor site_vectors(const at::Tensor& flat, const at::Tensor& statistics) const;
  /// f(z; d) - f(z; 0). @param rows (sites * each, dims), turned  @return (sites * each)
  [[nodiscard]] at::Tensor answers(const at::Tensor& flat, const at::Tensor& rows, const at::Tensor& vectors,
                                   std::int64_t each) const;
  /// f(z; d) of one site, with its derivatives by d. Not differentiable.
  /// @param vector (numbers), or undefined for the reference  @param slope  gets (rows, numbers); null: none
  [[nodiscard]] at::Tensor f_and_slope(const at::Tensor& flat, const at::Tensor& rows,
                                       const at::Tensor& vector, at::Tensor* slope) const;
  void take_apart(const at::Tensor& flat, SharedRestorer& to) const;
  /// The flat tensor of a fitted one.
  [[nodiscard]] at::Tensor put_together(const SharedRestorer& from) const;

 private:
  [[nodiscard]] at::Tensor f(const at::Tensor& flat, const at::Tensor& rows, const at::Tensor& vectors,
                             std::int64_t each) const;
  Perceptron restorer_, hyper_;
  std::int64_t directions_ = 0;  ///< place of U (bottleneck, numbers)
  std::int64_t bottleneck_ = 0;
  std::int64_t numbers_ = 0;
};

/// Of a fitted one's layers. Sets LibTorch's threads.
[[nodiscard]] SharedNetwork network_of(const SharedRestorer& shared);

/// (s), less the reference's, in units of the spread, within 5 of them.
[[nodiscard]] at::Tensor standardised(const SharedRestorer& shared, const std::vector<double>& statistics);

}  // namespace isoscan::domain
