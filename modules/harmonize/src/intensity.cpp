#include "intensity.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/domain/scan_summary.hpp"

namespace isoscan::harmonize {

namespace {

/// A stored quantile function at any probability.
double at_probability(const std::vector<double>& quantiles, double p) {
  const double place = p * static_cast<double>(quantiles.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(place), quantiles.size() - 2);
  const double t = place - static_cast<double>(below);
  return (1.0 - t) * quantiles[below] + t * quantiles[below + 1];
}

}  // namespace

std::vector<double> brain_quantiles(const core::Volume& image, const core::Mask& brain) {
  std::vector<float> values = core::values_in(image, brain);
  if (values.empty())
    throw core::Error(core::ErrorKind::Numeric, "the brain mask is empty: no intensities to sum up");
  std::sort(values.begin(), values.end());
  std::vector<double> quantiles;
  quantiles.reserve(domain::kQuantileCount);
  for (std::size_t n = 0; n < domain::kQuantileCount; ++n) {
    const double place = static_cast<double>(n) * static_cast<double>(values.size() - 1) /
                         static_cast<double>(domain::kQuantileCount - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    const double t = place - static_cast<double>(below);
    quantiles.push_back((1.0 - t) * static_cast<double>(values[below]) +
                        t * static_cast<double>(values[above]));
  }
  return quantiles;
}

Spread spread(const core::Volume& image, const core::Mask& brain) {
  core::require_same_grid(image.grid, brain.grid, "brain mask");
  double sum = 0.0;
  double count = 0.0;
  for (std::size_t n = 0; n < brain.voxels.size(); ++n) {
    if (brain.voxels[n] == 0) continue;
    sum += static_cast<double>(image.voxels[n]);
    count += 1.0;
  }
  if (count == 0.0)
    throw core::Error(core::ErrorKind::Numeric, "the brain mask is empty: no intensities to sum up");
  Spread out{sum / count, 0.0};
  double squares = 0.0;
  for (std::size_t n = 0; n < brain.voxels.size(); ++n) {
    if (brain.voxels[n] == 0) continue;
    const double z = static_cast<double>(image.voxels[n]) - out.mean;
    squares += z * z;
  }
  out.sd = std::sqrt(squares / count);
  return out;
}

domain::ToneCurve match_quantiles(const std::vector<double>& from, const std::vector<double>& to) {
  constexpr std::size_t kLeftOut = 2;  // of 1000 steps, at each end
  const auto inner = [](const std::vector<double>& q) {
    return std::vector<double>(q.begin() + kLeftOut, q.end() - kLeftOut);
  };
  return domain::tone_curve(inner(from), inner(to));
}

std::vector<double> nyul_landmarks(const std::vector<double>& quantiles) {
  std::vector<double> landmarks{at_probability(quantiles, 0.01)};
  for (int decile = 1; decile <= 9; ++decile) landmarks.push_back(at_probability(quantiles, 0.1 * decile));
  landmarks.push_back(at_probability(quantiles, 0.99));
  return landmarks;
}

std::vector<double> nyul_standard(const std::vector<std::vector<double>>& landmarks) {
  double low = 0.0;
  double high = 0.0;
  for (const auto& scan : landmarks) {
    low += scan.front() / static_cast<double>(landmarks.size());
    high += scan.back() / static_cast<double>(landmarks.size());
  }
  std::vector<double> standard(landmarks.front().size(), 0.0);
  for (const auto& scan : landmarks) {
    const double stretch = (high - low) / std::max(1e-9, scan.back() - scan.front());
    for (std::size_t n = 0; n < standard.size(); ++n) {
      standard[n] += (low + stretch * (scan[n] - scan.front())) / static_cast<double>(landmarks.size());
    }
  }
  return standard;
}

void match_spread(core::Volume& image, const core::Mask& brain, const Spread& from, const Spread& to) {
  const double slope = to.sd / std::max(1e-9, from.sd);
  for (std::size_t n = 0; n < brain.voxels.size(); ++n) {
    if (brain.voxels[n] == 0) continue;
    const double z = static_cast<double>(image.voxels[n]) - from.mean;
    image.voxels[n] = static_cast<float>(to.mean + slope * z);
  }
}

void apply_curve(core::Volume& image, const core::Mask& brain, const domain::ToneCurve& curve) {
  core::require_same_grid(image.grid, brain.grid, "brain mask");
  if (curve.identity()) return;
  for (std::size_t n = 0; n < brain.voxels.size(); ++n) {
    if (brain.voxels[n] != 0)
      image.voxels[n] = static_cast<float>(curve(static_cast<double>(image.voxels[n])));
  }
}

}  // namespace isoscan::harmonize
