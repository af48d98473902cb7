/// @file Adam on one flat tensor of parameters, each weight matrix optionally in the eigenbasis of its own
/// gradients: SOAP (Vyas et al. 2024, "SOAP: Improving and Stabilizing Shampoo using Adam", arXiv
/// 2409.11321).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include "isoscan/core/tensor_file.hpp"
#include "isoscan/transport/nn/network.hpp"
#include "isoscan/transport/solver.hpp"

namespace isoscan::transport::nn {

class Adam {
 public:
  /// @param matrices where the weight matrices stand in the flat tensor of `count` parameters; what lies
  /// between them (biases) is never rotated.
  Adam(const AdamOptions& options, std::int64_t count, const std::vector<MatrixPlace>& matrices);
  /// `progress` in 0..1 sets the place on the cosine. The same bits for every thread count.
  void step(at::Tensor& parameters, const at::Tensor& gradient, double progress, int threads = 1);
  /// All that the next step depends on. restore: @throws Error(Input) where the file does not fit.
  void save(const std::string& name, core::TensorFile& file) const;
  void restore(const std::string& name, const core::TensorFile& file);

 private:
  /// One side of a matrix: the running mean of G G' (or G' G), and its eigenvectors, columns by falling
  /// eigenvalue. Undefined where the side has one row or too many.
  struct Basis {
    at::Tensor covariance;
    at::Tensor vectors;
  };
  static Basis basis_of(std::int64_t side);
  struct Rotated {
    MatrixPlace place;
    Basis left;
    Basis right;
  };
  [[nodiscard]] std::vector<std::pair<std::string, at::Tensor>> state() const;
  void follow(Rotated& matrix, const at::Tensor& gradient, bool refresh);
  void follow_side(Basis& basis, const at::Tensor& product, bool refresh, const at::Tensor& squares,
                   std::int64_t axis) const;
  template <typename Work>
  void over_matrices(int threads, const Work& work);

  AdamOptions options_;
  at::Tensor mean_;
  at::Tensor square_;  ///< in the rotated coordinates
  at::Tensor denominator_;
  at::Tensor rotated_gradient_;
  at::Tensor update_;
  std::vector<Rotated> matrices_;
  std::int64_t count_ = 0;  ///< gradients seen
};

}  // namespace isoscan::transport::nn
