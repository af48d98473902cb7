#include "whitening.hpp"

#include <algorithm>

#include <c10/core/InferenceMode.h>

#include "isoscan/core/parallel.hpp"

namespace isoscan::domain {

namespace {

constexpr std::int64_t kWhiteningRows = 200'000;  // enough for a covariance of a hundred columns
constexpr double kWhiteningFloor = 1e-4;  // of a column's variance: finer directions are not blown up further
constexpr std::int64_t kBlock = 4096;

}  // namespace

Whitening whitening_of(const std::vector<at::Tensor>& parts) {
  std::int64_t count = 0;
  for (const at::Tensor& part : parts) count += part.size(0);
  const std::int64_t stride = std::max<std::int64_t>(1, count / kWhiteningRows);
  std::vector<at::Tensor> some;
  for (const at::Tensor& part : parts)
    some.push_back(part.index_select(0, at::arange(0, part.size(0), stride)).to(at::kDouble));
  const at::Tensor rows = at::cat(some);
  Whitening w;
  w.mean = rows.mean(0);
  const at::Tensor z = rows - w.mean;
  const at::Tensor covariance = z.t().matmul(z) / static_cast<double>(z.size(0));
  w.scale = covariance.diag().clamp_min(1e-12).rsqrt();
  const auto [values, vectors] = at::linalg_eigh(covariance * w.scale.unsqueeze(0) * w.scale.unsqueeze(1));
  w.matrix = vectors * (values.clamp_min(0.0) + kWhiteningFloor).rsqrt().unsqueeze(0);
  return w;
}

void whiten(at::Tensor rows, const Whitening& w, int threads) {
  const at::Tensor mean = w.mean.to(at::kFloat);
  const at::Tensor matrix = (w.scale.unsqueeze(1) * w.matrix).to(at::kFloat);
  const std::int64_t blocks = (rows.size(0) + kBlock - 1) / kBlock;
  core::parallel_for(blocks, threads, [&](std::int64_t begin, std::int64_t end) {
    const c10::InferenceMode no_graph;
    for (std::int64_t b = begin; b < end; ++b) {
      at::Tensor part = rows.narrow(0, b * kBlock, std::min(kBlock, rows.size(0) - b * kBlock));
      part.copy_((part - mean).matmul(matrix));
    }
  });
}

}  // namespace isoscan::domain
