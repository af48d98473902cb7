#include <cmath>
#include <numbers>

#include <c10/core/InferenceMode.h>

#include "isoscan/core/parallel.hpp"
#include "isoscan/transport/nn/adam.hpp"
#include "isoscan/transport/nn/kernels.hpp"

namespace isoscan::transport::nn {

namespace {

// A longer side is left as it is: its eigenvectors would cost more than they give.
constexpr std::int64_t kLongestSide = 1024;

at::Tensor view_of(const at::Tensor& flat, const MatrixPlace& place) {
  return flat.narrow(0, place.offset, place.rows * place.columns).view({place.rows, place.columns});
}

}  // namespace

Adam::Basis Adam::basis_of(std::int64_t side) {
  if (side < 2 || side > kLongestSide) return {};
  return {at::zeros({side, side}, at::kFloat), at::eye(side, at::kFloat)};
}

Adam::Adam(const AdamOptions& options, std::int64_t count, const std::vector<MatrixPlace>& matrices)
    : options_(options), mean_(at::zeros({count}, at::kFloat)), square_(at::zeros({count}, at::kFloat)) {
  if (options_.basis_every == 0) return;
  denominator_ = at::zeros({count}, at::kFloat);
  rotated_gradient_ = at::zeros({count}, at::kFloat);
  update_ = at::zeros({count}, at::kFloat);
  for (const MatrixPlace& place : matrices) {
    const Rotated matrix{place, basis_of(place.rows), basis_of(place.columns)};
    if (matrix.left.covariance.defined() || matrix.right.covariance.defined()) matrices_.push_back(matrix);
  }
}

template <typename Work>
void Adam::over_matrices(int threads, const Work& work) {
  core::parallel_for(static_cast<std::int64_t>(matrices_.size()), threads,
                     [&](std::int64_t begin, std::int64_t end) {
                       const c10::InferenceMode no_graph;
                       for (std::int64_t m = begin; m < end; ++m)
                         work(matrices_[static_cast<std::size_t>(m)]);
                     });
}

void Adam::follow_side(Basis& basis, const at::Tensor& product, bool refresh, const at::Tensor& squares,
                       std::int64_t axis) const {
  const double keep = count_ == 0 ? 0.0 : options_.basis_decay;
  basis.covariance.mul_(keep).add_(product, 1.0 - keep);
  // Gradients of 1e20 overflow when squared: then the old basis stays.
  if (!refresh || !at::isfinite(basis.covariance).all().item<bool>()) return;
  if (count_ == 0) {
    const auto [values, vectors] = at::linalg_eigh(basis.covariance);
    basis.vectors.copy_(vectors.flip({1}));
    return;
  }
  // One power iteration from the old vectors, in the order of their eigenvalues (algorithm 4 of the paper).
  const at::Tensor moved = at::mm(basis.covariance, basis.vectors);
  const at::Tensor order = (basis.vectors * moved).sum(0).argsort(true, 0, true);
  squares.copy_(squares.index_select(axis, order));
  basis.vectors.copy_(std::get<0>(at::linalg_qr(moved.index_select(1, order))));
}

void Adam::follow(Rotated& matrix, const at::Tensor& gradient, bool refresh) {
  const at::Tensor g = view_of(gradient, matrix.place);
  const at::Tensor squares = view_of(square_, matrix.place);
  if (matrix.left.covariance.defined()) follow_side(matrix.left, at::mm(g, g.t()), refresh, squares, 0);
  if (matrix.right.covariance.defined()) follow_side(matrix.right, at::mm(g.t(), g), refresh, squares, 1);
}

void Adam::step(at::Tensor& parameters, const at::Tensor& gradient, double progress, int threads) {
  const double cosine = 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
  const double rate = options_.rate * (options_.final_fraction + (1.0 - options_.final_fraction) * cosine);
  const bool rotates = !matrices_.empty();
  const auto turned = [](at::Tensor m, const Rotated& matrix) {
    if (matrix.left.vectors.defined()) m = at::mm(matrix.left.vectors.t(), m);
    return matrix.right.vectors.defined() ? at::mm(m, matrix.right.vectors) : m;
  };
  if (rotates && count_ == 0) {
    // The first gradient gives the first bases and no step: in its own basis it is diagonal, and Adam would
    // blow the rounding errors beside the diagonal up to full size.
    over_matrices(threads, [&](Rotated& matrix) { follow(matrix, gradient, true); });
    ++count_;
    return;
  }
  if (rotates) {
    rotated_gradient_.copy_(gradient);
    over_matrices(threads, [&](Rotated& matrix) {
      view_of(rotated_gradient_, matrix.place).copy_(turned(view_of(gradient, matrix.place), matrix));
    });
  }
  ++count_;
  const auto steps = static_cast<double>(rotates ? count_ - 1 : count_);
  const double power1 = std::pow(options_.beta1, steps);
  const double power2 = std::pow(options_.beta2, steps);
  const double size = rate / (1.0 - power1);
  const double widen = 1.0 / std::sqrt(1.0 - power2);
  if (!rotates) {
    const AdamNumbers numbers{static_cast<float>(options_.beta1), static_cast<float>(options_.beta2),
                              static_cast<float>(widen), static_cast<float>(options_.epsilon),
                              static_cast<float>(size)};
    kernels().adam(parameters.numel(), numbers, gradient.data_ptr<float>(), mean_.data_ptr<float>(),
                   square_.data_ptr<float>(), parameters.data_ptr<float>());
    return;
  }
  mean_.mul_(options_.beta1).add_(gradient, 1.0 - options_.beta1);
  square_.mul_(options_.beta2).addcmul_(rotated_gradient_, rotated_gradient_, 1.0 - options_.beta2);
  at::sqrt_out(denominator_, square_);
  denominator_.mul_(widen).add_(options_.epsilon);
  at::div_out(update_, mean_, denominator_);
  const bool refresh = count_ % options_.basis_every == 0;
  over_matrices(threads, [&](Rotated& matrix) {
    at::Tensor back = turned(view_of(mean_, matrix.place), matrix).div(view_of(denominator_, matrix.place));
    if (matrix.left.vectors.defined()) back = at::mm(matrix.left.vectors, back);
    if (matrix.right.vectors.defined()) back = at::mm(back, matrix.right.vectors.t());
    view_of(update_, matrix.place).copy_(back);
    follow(matrix, gradient, refresh);
  });
  parameters.add_(update_, -size);
}

std::vector<std::pair<std::string, at::Tensor>> Adam::state() const {
  std::vector<std::pair<std::string, at::Tensor>> result{{".mean", mean_}, {".square", square_}};
  for (std::size_t m = 0; m < matrices_.size(); ++m) {
    const std::string matrix = ".matrix" + std::to_string(m);
    for (const auto& [side, basis] :
         {std::pair{".left", &matrices_[m].left}, std::pair{".right", &matrices_[m].right}}) {
      if (!basis->covariance.defined()) continue;
      result.emplace_back(matrix + side + ".covariance", basis->covariance);
      result.emplace_back(matrix + side + ".vectors", basis->vectors);
    }
  }
  return result;
}

}  // namespace isoscan::transport::nn
