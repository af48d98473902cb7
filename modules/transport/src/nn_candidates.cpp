#include <vector>

#include "isoscan/transport/nn/enot_step.hpp"

namespace isoscan::transport::nn {

Candidates best_candidates(const at::Tensor& x, const at::Tensor& y, const float* potential, double factor) {
  const std::int64_t rows = y.size(0);
  const at::Tensor g = at::from_blob(const_cast<float*>(potential), {rows}, at::kFloat);
  const at::Tensor offset = y.square().sum(1).mul_(factor).sub_(g);
  const at::Tensor all = at::addmm(offset, x, y.t(), 1.0, -2.0 * factor);
  auto [value, row] = all.min(1);
  return {value.add_(x.square().sum(1), factor), row};
}

void pull_to_candidates(const TransportMap& map, const at::Tensor& x, const at::Tensor& y, double factor,
                        const std::vector<std::int64_t>& from, const std::vector<std::int64_t>& to,
                        const StepSettings& settings, StepState& state, const at::Tensor& map_gradient) {
  if (from.empty()) return;
  const auto picked = [](const at::Tensor& all, const std::vector<std::int64_t>& rows) {
    return all.index_select(0, at::from_blob(const_cast<std::int64_t*>(rows.data()),
                                             {static_cast<std::int64_t>(rows.size())}, at::kLong));
  };
  const at::Tensor start = picked(x, from);
  map.forward(start, state.map_of_replaced);
  const at::Tensor upstream =
      (state.map_of_replaced.yhat - picked(y, to)).mul_(2.0 * factor / static_cast<double>(settings.batch));
  at::Tensor& gradient = state.replaced_gradient;
  if (!gradient.defined()) gradient = at::empty_like(map_gradient);
  map.backward(start, state.map_of_replaced, upstream, gradient);
  map_gradient.add_(gradient);
}

}  // namespace isoscan::transport::nn
