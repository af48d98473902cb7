#include <algorithm>
#include <cmath>
#include <vector>

#include "isoscan/transport/nn/conjugate.hpp"

namespace isoscan::transport::nn {

namespace {

constexpr double kArmijo = 1e-4;
constexpr double kSmallestStep = 1e-3;
constexpr double kValueNoise = 1e-6;  ///< float32 values of a sum: a rise below this share is none

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// One row's search: where it stands, where it looks next, what it remembers.
class RowSearch {
 public:
  RowSearch(const float* start, std::size_t columns, double reach)
      : here_(start, start + columns), trial_(here_), reach_(reach) {}

  [[nodiscard]] const Vector& here() const { return here_; }
  [[nodiscard]] const Vector& trial() const { return trial_; }
  [[nodiscard]] bool done() const { return done_; }

  /// Value and gradient at `trial` are known: accept or shorten, and set the next trial.
  void seen(double value, const Vector& gradient, double small, int memory, double factor) {
    if (!begun_) {
      begun_ = true;
      value_ = value;
      gradient_ = gradient;
      return look(small, factor);
    }
    const bool lower =
        value <= value_ + kArmijo * step_ * slope_ + kValueNoise * std::max(std::abs(value_), 1.0);
    if (!std::isfinite(value) || !lower) {
      step_ *= 0.5;
      if (step_ < kSmallestStep) done_ = true;
      return place();
    }
    Vector moved(here_.size());
    Vector change(here_.size());
    for (std::size_t d = 0; d < here_.size(); ++d) {
      moved[d] = trial_[d] - here_[d];
      change[d] = gradient[d] - gradient_[d];
    }
    const double curvature = dot(moved, change);
    if (curvature > 1e-10 * dot(moved, moved) * factor) {
      if (static_cast<int>(moves_.size()) == memory) {
        moves_.erase(moves_.begin());
        changes_.erase(changes_.begin());
      }
      moves_.push_back(std::move(moved));
      changes_.push_back(std::move(change));
    }
    here_ = trial_;
    value_ = value;
    gradient_ = gradient;
    look(small, factor);
  }

 private:
  /// The two-loop recursion; without a history the scale of the cost itself.
  void look(double small, double factor) {
    if (dot(gradient_, gradient_) <= small * small) {
      done_ = true;
      return;
    }
    direction_ = gradient_;
    std::vector<double> alpha(moves_.size());
    for (std::size_t k = moves_.size(); k-- > 0;) {
      alpha[k] = dot(moves_[k], direction_) / dot(moves_[k], changes_[k]);
      for (std::size_t d = 0; d < direction_.size(); ++d) direction_[d] -= alpha[k] * changes_[k][d];
    }
    const double scale = moves_.empty()
                             ? 1.0 / (2.0 * factor)
                             : dot(moves_.back(), changes_.back()) / dot(changes_.back(), changes_.back());
    for (double& v : direction_) v *= scale;
    for (std::size_t k = 0; k < moves_.size(); ++k) {
      const double beta = dot(changes_[k], direction_) / dot(moves_[k], changes_[k]);
      for (std::size_t d = 0; d < direction_.size(); ++d) direction_[d] += (alpha[k] - beta) * moves_[k][d];
    }
    for (double& v : direction_) v = -v;
    slope_ = dot(direction_, gradient_);
    step_ = 1.0;
    // Outside the data the network means nothing: one step stays within the data's spread.
    const double length = std::sqrt(dot(direction_, direction_));
    if (length > reach_) step_ = reach_ / length;
    place();
  }
  void place() {
    for (std::size_t d = 0; d < here_.size(); ++d) trial_[d] = here_[d] + step_ * direction_[d];
  }

  Vector here_;
  Vector trial_;
  double reach_;
  Vector gradient_;
  Vector direction_;
  std::vector<Vector> moves_;
  std::vector<Vector> changes_;
  double value_ = 0.0;
  double slope_ = 0.0;
  double step_ = 1.0;
  bool begun_ = false;
  bool done_ = false;
};

}  // namespace

at::Tensor conjugate(const Potential& potential, const at::Tensor& x, const at::Tensor& start,
                     const ConjugateOptions& options) {
  const std::int64_t rows = x.size(0);
  const std::int64_t n = x.size(1);
  const std::int64_t moved = potential.moved();
  const double factor = potential.factor();
  const at::Tensor begin = start.contiguous();
  const double reach = std::sqrt(static_cast<double>(moved)) * 0.5 / std::sqrt(2.0 * factor);
  std::vector<RowSearch> searches;
  searches.reserve(static_cast<std::size_t>(rows));
  for (std::int64_t i = 0; i < rows; ++i)
    searches.emplace_back(begin.data_ptr<float>() + i * moved, static_cast<std::size_t>(moved), reach);

  std::vector<std::int64_t> open(static_cast<std::size_t>(rows));
  for (std::int64_t i = 0; i < rows; ++i) open[static_cast<std::size_t>(i)] = i;
  const float* from = x.data_ptr<float>();
  Vector gradient(static_cast<std::size_t>(moved));
  // One evaluation more than iterations: the first only sees the start.
  for (int k = 0; k <= options.iterations && !open.empty(); ++k) {
    const auto count = static_cast<std::int64_t>(open.size());
    const at::Tensor points = at::empty({count, n}, at::kFloat);
    auto* p = points.data_ptr<float>();
    for (std::int64_t j = 0; j < count; ++j) {
      const std::int64_t i = open[static_cast<std::size_t>(j)];
      const Vector& trial = searches[static_cast<std::size_t>(i)].trial();
      for (std::int64_t d = 0; d < moved; ++d)
        p[j * n + d] = static_cast<float>(trial[static_cast<std::size_t>(d)]);
      std::copy_n(from + i * n + moved, n - moved, p + j * n + moved);
    }
    Potential::State state;
    potential.forward(points, state);
    at::Tensor slope;
    potential.backward(points, state, {}, {}, &slope, 0);
    const at::Tensor values = state.value.contiguous();
    const at::Tensor slopes = slope.contiguous();
    std::vector<std::int64_t> still;
    for (std::int64_t j = 0; j < count; ++j) {
      const std::int64_t i = open[static_cast<std::size_t>(j)];
      RowSearch& search = searches[static_cast<std::size_t>(i)];
      double cost = 0.0;
      for (std::int64_t d = 0; d < moved; ++d) {
        const double e = search.trial()[static_cast<std::size_t>(d)] - static_cast<double>(from[i * n + d]);
        cost += factor * e * e;
        gradient[static_cast<std::size_t>(d)] =
            2.0 * factor * e - static_cast<double>(slopes.data_ptr<float>()[j * moved + d]);
      }
      search.seen(cost - static_cast<double>(values.data_ptr<float>()[j]), gradient,
                  2.0 * factor * options.tolerance, options.memory, factor);
      if (!search.done()) still.push_back(i);
    }
    open = std::move(still);
  }
  at::Tensor result = at::empty({rows, moved}, at::kFloat);
  auto* out = result.data_ptr<float>();
  for (std::int64_t i = 0; i < rows; ++i) {
    const Vector& here = searches[static_cast<std::size_t>(i)].here();
    for (std::int64_t d = 0; d < moved; ++d)
      out[i * moved + d] = static_cast<float>(here[static_cast<std::size_t>(d)]);
  }
  return result;
}

}  // namespace isoscan::transport::nn
