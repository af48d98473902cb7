#include "isoscan/transport/fitted_potential.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "isoscan/core/error.hpp"

#include "map_parts.hpp"

namespace isoscan::transport {

using core::Error;
using core::ErrorKind;

namespace {

void require_columns(const FittedPotential::Impl& impl, const Rows& rows) {
  if (rows.dim != impl.dim())
    throw Error(ErrorKind::Input, "potential of " + std::to_string(impl.dim()) + " columns, rows have " +
                                      std::to_string(rows.dim));
}

/// Row i of an affine map at z, in double.
double component(const AffineMap& map, std::int64_t i, const double* z) {
  double sum = map.mean_target[static_cast<std::size_t>(i)];
  for (std::int64_t j = 0; j < map.dim; ++j)
    sum += map.matrix[static_cast<std::size_t>(i * map.dim + j)] *
           (z[j] - map.mean_source[static_cast<std::size_t>(j)]);
  return sum;
}

double mean(const std::vector<double>& values, const char* what) {
  if (values.empty()) throw Error(ErrorKind::Input, std::string("dual value: no ") + what + " rows");
  double sum = 0.0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

}  // namespace

void FittedPotential::Impl::add_change(const float* z, double& value, double* gradient) const {
  if (!own) return;
  // Changed coordinates have <x', y'> = <x - mx, y - my>_w + <r(context), y'>, so c(x, y) - |x' - y'|^2 is a
  // function of x plus one of y. Any x of this context shows the latter: take the one at the other side's
  // mean, and add |x'|^2, which depends on x (and the context) alone.
  const std::int64_t n = dim();
  const std::int64_t p = moved();
  std::vector<double> here(z, z + n);
  std::vector<double> there(here);
  std::copy_n(other->mean_source.begin(), p, there.begin());
  std::vector<double> apart(static_cast<std::size_t>(p));  // z' - x'
  for (std::int64_t i = 0; i < p; ++i) {
    const auto k = static_cast<std::size_t>(i);
    const double image = component(*other, i, there.data());
    apart[k] = component(*own, i, here.data()) - image;
    const double e = here[k] - there[k];
    value += cost_weights[k] * e * e - apart[k] * apart[k] + image * image;
  }
  for (std::int64_t j = 0; j < p && gradient != nullptr; ++j) {
    const auto k = static_cast<std::size_t>(j);
    double slope = cost_weights[k] * (here[k] - there[k]);
    for (std::int64_t i = 0; i < p; ++i)
      slope -= own->matrix[static_cast<std::size_t>(i * n + j)] * apart[static_cast<std::size_t>(i)];
    gradient[j] += 2.0 * slope;
  }
}

void FittedPotential::Impl::evaluate(const Rows& rows, double* value, Rows* gradient) const {
  const std::int64_t n = dim();
  const std::int64_t p = moved();
  const at::Tensor u = at::empty({rows.count, n}, at::kFloat);
  network.coordinates.to_solver(own ? own->apply(rows) : rows, u);
  const nn::Potential net = potential();
  nn::Potential::State state;
  net.forward(u, state);
  at::Tensor slope;
  if (gradient != nullptr) {
    net.backward(u, state, {}, {}, &slope, 0);
    slope = slope.contiguous();
  }
  const at::Tensor values = state.value.contiguous();
  std::vector<double> by(static_cast<std::size_t>(p));
  std::vector<double> by_own(by);
  for (std::int64_t r = 0; r < rows.count; ++r) {
    double total = unit * static_cast<double>(values.data_ptr<float>()[r]);
    for (std::int64_t i = 0; i < p && gradient != nullptr; ++i) {
      const auto k = static_cast<std::size_t>(i);
      by[k] = unit * static_cast<double>(network.coordinates.scale[k]) *
              static_cast<double>(slope.data_ptr<float>()[r * p + i]);
    }
    if (own && gradient != nullptr) {
      by_own.swap(by);
      for (std::int64_t j = 0; j < p; ++j) {
        double sum = 0.0;
        for (std::int64_t i = 0; i < p; ++i)
          sum += own->matrix[static_cast<std::size_t>(i * n + j)] * by_own[static_cast<std::size_t>(i)];
        by[static_cast<std::size_t>(j)] = sum;
      }
    }
    add_change(rows.row(r), total, gradient != nullptr ? by.data() : nullptr);
    value[r] = total;
    for (std::int64_t i = 0; i < p && gradient != nullptr; ++i)
      gradient->row(r)[i] = static_cast<float>(by[static_cast<std::size_t>(i)]);
  }
}

std::int64_t FittedPotential::dim() const {
  return impl_->dim();
}
std::int64_t FittedPotential::context_dims() const {
  return impl_->network.context_dims;
}
PotentialSide FittedPotential::side() const {
  return impl_->side;
}

std::vector<double> FittedPotential::value(const Rows& rows, int threads) const {
  require_columns(*impl_, rows);
  std::vector<double> result(static_cast<std::size_t>(rows.count));
  over_chunks(rows, threads, "evaluating a potential",
              [&](Rows& part, std::int64_t first) { impl_->evaluate(part, result.data() + first, nullptr); });
  return result;
}

Rows FittedPotential::gradient(const Rows& rows, int threads) const {
  require_columns(*impl_, rows);
  Rows result(rows.count, rows.dim);
  over_chunks(rows, threads, "evaluating a potential", [&](Rows& part, std::int64_t first) {
    std::vector<double> unused(static_cast<std::size_t>(part.count));
    Rows slope(part.count, part.dim);
    impl_->evaluate(part, unused.data(), &slope);
    std::copy(slope.values.begin(), slope.values.end(), result.row(first));
  });
  return result;
}

std::vector<double> FittedPotential::transform(const Rows& rows, const FittedMap& map, int threads) const {
  const Impl& impl = *impl_;
  require_columns(impl, rows);
  if (impl.cost_weights.empty())
    throw Error(
        ErrorKind::Config,
        "potential: its cost is not the squared one; compute c(x, T(x)) - value(T(x)) with your own cost");
  const Rows mapped = map.apply(rows, threads);
  const Rows from = impl.other && !impl.own ? impl.other->apply(rows, threads) : rows;
  std::vector<double> result = value(mapped, threads);
  for (std::int64_t r = 0; r < rows.count; ++r) {
    double cost = 0.0;
    for (std::size_t d = 0; d < impl.cost_weights.size(); ++d) {
      const double e = static_cast<double>(mapped.row(r)[d]) - static_cast<double>(from.row(r)[d]);
      cost += impl.cost_weights[d] * e * e;
    }
    double& v = result[static_cast<std::size_t>(r)];
    v = cost - v;
  }
  return result;
}

double dual_value(const FittedPotential& potential, const FittedMap& map, const Rows& other, const Rows& own,
                  int threads) {
  const double transformed = mean(potential.transform(other, map, threads), "other");
  return transformed + mean(potential.value(own, threads), "own");
}

}  // namespace isoscan::transport
