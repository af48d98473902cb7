#include "spectrum_fit.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "isoscan/features/fine_structure.hpp"

namespace isoscan::harmonize {

namespace {

constexpr int kReach = features::kFineStructureReach;
constexpr int kEdge = 2 * kReach + 1;
constexpr int kLags = 3;      // that are compared
constexpr int kSpread = 4;    // reach of a point spread's autocorrelation
constexpr int kUnknowns = 5;  // log scale, three variances, noise
constexpr double kSharpest = -0.3;
constexpr double kBluntest = 3.0;
using Unknowns = std::array<double, kUnknowns>;
using Structure = std::vector<double>;

std::size_t place(int x, int y, int z) {
  return static_cast<std::size_t>(((z + kReach) * kEdge + (y + kReach)) * kEdge + (x + kReach));
}

/// Convolution along one axis; beyond the reach there is nothing. Only lags within `kept` are made.
Structure along_axis(const Structure& from, const std::vector<double>& taps, int axis,
                     const std::array<int, 3>& kept) {
  Structure out(from.size(), 0.0);
  for (int z = -kept[2]; z <= kept[2]; ++z) {
    for (int y = -kept[1]; y <= kept[1]; ++y) {
      for (int x = -kept[0]; x <= kept[0]; ++x) {
        double sum = 0.0;
        for (int m = -kSpread; m <= kSpread; ++m) {
          std::array<int, 3> at{x, y, z};
          at[static_cast<std::size_t>(axis)] -= m;
          if (std::abs(at[static_cast<std::size_t>(axis)]) > kReach) continue;
          sum += taps[static_cast<std::size_t>(m + kSpread)] * from[place(at[0], at[1], at[2])];
        }
        out[place(x, y, z)] = sum;
      }
    }
  }
  return out;
}

class Model {
 public:
  Model(const Structure& from, const Structure& to, const Structure& weight)
      : from_(from), noise_(features::white_noise_structure().value) {
    for (int z = 0; z <= kLags; ++z) {
      for (int y = -kLags; y <= kLags; ++y) {
        for (int x = -kLags; x <= kLags; ++x) {
          if (!(z > 0 || y > 0 || (y == 0 && x >= 0)) || x * x + y * y + z * z > kLags * kLags) continue;
          places_.push_back(place(x, y, z));
          to_.push_back(to[places_.back()]);
          weight_.push_back(weight[places_.back()]);
        }
      }
    }
  }

  [[nodiscard]] std::vector<double> at(const Unknowns& u) const {
    // An axis that is done with needs no lags beyond those compared.
    Structure s = along_axis(from_, gaussian_taps(2.0 * u[1], kSpread), 0, {kLags, kReach, kReach});
    s = along_axis(s, gaussian_taps(2.0 * u[2], kSpread), 1, {kLags, kLags, kReach});
    s = along_axis(s, gaussian_taps(2.0 * u[3], kSpread), 2, {kLags, kLags, kLags});
    std::vector<double> values;
    for (const std::size_t p : places_) values.push_back(std::exp(u[0]) * s[p] + u[4] * noise_[p]);
    return values;
  }

  [[nodiscard]] double cost(const std::vector<double>& values) const {
    double sum = 0.0;
    for (std::size_t n = 0; n < values.size(); ++n)
      sum += weight_[n] * (to_[n] - values[n]) * (to_[n] - values[n]);
    return sum;
  }

  /// Normal equations of the step from u, whose values are known.
  void normal(const Unknowns& u, const std::vector<double>& values, std::array<Unknowns, kUnknowns>& matrix,
              Unknowns& right) const {
    static constexpr Unknowns kStep{1e-3, 1e-3, 1e-3, 1e-3, 1e-6};
    std::array<std::vector<double>, kUnknowns> slope;
    for (std::size_t p = 0; p < kUnknowns; ++p) {
      Unknowns moved = u;
      moved[p] += kStep[p];
      slope[p] = at(moved);
      for (std::size_t n = 0; n < values.size(); ++n) slope[p][n] = (slope[p][n] - values[n]) / kStep[p];
    }
    for (std::size_t p = 0; p < kUnknowns; ++p) {
      right[p] = 0.0;
      for (std::size_t n = 0; n < values.size(); ++n)
        right[p] += weight_[n] * slope[p][n] * (to_[n] - values[n]);
      for (std::size_t q = 0; q < kUnknowns; ++q) {
        matrix[p][q] = 0.0;
        for (std::size_t n = 0; n < values.size(); ++n)
          matrix[p][q] += weight_[n] * slope[p][n] * slope[q][n];
      }
    }
  }

 private:
  const Structure& from_;
  Structure noise_;
  std::vector<std::size_t> places_;
  std::vector<double> to_, weight_;
};

/// Elimination without pivoting: the matrix is positive definite.
Unknowns solved(std::array<Unknowns, kUnknowns> m, Unknowns x) {
  for (std::size_t p = 0; p < kUnknowns; ++p) {
    for (std::size_t r = p + 1; r < kUnknowns; ++r) {
      const double factor = m[r][p] / m[p][p];
      for (std::size_t q = p; q < kUnknowns; ++q) m[r][q] -= factor * m[p][q];
      x[r] -= factor * x[p];
    }
  }
  for (std::size_t p = kUnknowns; p-- > 0;) {
    for (std::size_t q = p + 1; q < kUnknowns; ++q) x[p] -= m[p][q] * x[q];
    x[p] /= m[p][p];
  }
  return x;
}

}  // namespace

std::vector<double> gaussian_taps(double variance, int reach) {
  constexpr int kFrequencies = 64;
  std::vector<double> taps;
  double total = 0.0;
  for (int m = -reach; m <= reach; ++m) {
    double sum = 0.0;
    for (int f = 0; f < kFrequencies; ++f) {
      const double w = 2.0 * std::numbers::pi * (f - 0.5 * (kFrequencies - 1)) / kFrequencies;
      sum += std::exp(-0.5 * variance * w * w) * std::cos(w * m);
    }
    taps.push_back(sum / kFrequencies);
    total += taps.back();
  }
  for (double& t : taps) t /= total;
  return taps;
}

SpectrumFit fit_spectrum(const std::vector<double>& from, const std::vector<double>& to,
                         const std::vector<double>& weight) {
  const Model model(from, to, weight);
  Unknowns u{0.0, 0.05, 0.05, 0.05, 1e-4};
  std::vector<double> values = model.at(u);
  double cost = model.cost(values);
  double damping = 1e-3;
  for (int iteration = 0; iteration < 40; ++iteration) {
    std::array<Unknowns, kUnknowns> matrix{};
    Unknowns right{};
    model.normal(u, values, matrix, right);
    bool better = false;
    double gain = 0.0;
    for (int attempt = 0; attempt < 8 && !better; ++attempt) {
      std::array<Unknowns, kUnknowns> damped = matrix;
      for (std::size_t p = 0; p < kUnknowns; ++p) damped[p][p] = damped[p][p] * (1.0 + damping) + 1e-30;
      const Unknowns step = solved(damped, right);
      Unknowns next = u;
      for (std::size_t p = 0; p < kUnknowns; ++p) next[p] += step[p];
      for (std::size_t p = 1; p <= 3; ++p) next[p] = std::clamp(next[p], kSharpest, kBluntest);
      std::vector<double> moved = model.at(next);
      const double now = model.cost(moved);
      better = now < cost;
      if (!better) {
        damping *= 5.0;
        continue;
      }
      gain = cost - now;
      u = next;
      values = std::move(moved);
      cost = now;
      damping = std::max(1e-6, 0.3 * damping);
    }
    if (!better || gain < 1e-9 * cost) break;
  }
  return {u[0], {u[1], u[2], u[3]}, u[4]};
}

}  // namespace isoscan::harmonize
