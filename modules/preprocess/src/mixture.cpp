#include "mixture.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "isoscan/core/error.hpp"

#include "smooth_field.hpp"

namespace isoscan::preprocess {

namespace {

constexpr int kSteps = 5;                            // partial volume shares 1/6 .. 5/6
constexpr std::size_t kComponents = 3 + 2 * kSteps;  // pure first, then CSF-grey, then grey-white
constexpr double kOutlierWeight = 0.01;
constexpr double kVariancePrior = 0.05;  // in units of the whole: pulls the SDs together

/// Share of each tissue in each component.
struct Design {
  std::array<PerTissue, kComponents> share{};
  Design() {
    for (std::size_t k = 0; k < 3; ++k) share[k][k] = 1.0;
    for (std::size_t pair = 0; pair < 2; ++pair) {
      for (int s = 0; s < kSteps; ++s) {
        PerTissue& at = share[3 + pair * kSteps + static_cast<std::size_t>(s)];
        const double upper = (s + 1.0) / (kSteps + 1.0);
        at[pair] = 1.0 - upper;
        at[pair + 1] = upper;
      }
    }
  }
};
const Design kDesign;

double dot(const PerTissue& a, const PerTissue& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/// The components' Gaussians, prepared for many intensities.
struct Densities {
  std::array<double, kComponents> mean{};
  std::array<double, kComponents> precision{};  ///< 1 / (2 variance)
  std::array<double, kComponents> scale{};      ///< weight / (sqrt(2 pi) sd)
  std::array<double, kComponents> variance{};

  explicit Densities(const Mixture& m) {
    const PerTissue square{m.sd[0] * m.sd[0], m.sd[1] * m.sd[1], m.sd[2] * m.sd[2]};
    for (std::size_t c = 0; c < kComponents; ++c) {
      mean[c] = dot(kDesign.share[c], m.mean);
      variance[c] = dot(kDesign.share[c], square);
      precision[c] = 0.5 / variance[c];
      const double weight = c < 3 ? m.weight[c] : m.mixed_weight[(c - 3) / kSteps] / kSteps;
      scale[c] = weight / std::sqrt(2.0 * 3.141592653589793 * variance[c]);
    }
  }

  /// Unnormalised responsibilities; returns their sum.
  double at(double x, std::array<double, kComponents>& r) const {
    double sum = 0.0;
    for (std::size_t c = 0; c < kComponents; ++c) {
      const double d = x - mean[c];
      const double exponent = d * d * precision[c];
      r[c] = exponent < 40.0 ? scale[c] * std::exp(-exponent) : 0.0;
      sum += r[c];
    }
    return sum;
  }
};

/// The intensity below which the share q of the voxels lies.
double quantile_of(const IntensityCounts& counts, double q) {
  const double total = std::accumulate(counts.count.begin(), counts.count.end(), 0.0);
  double below = 0.0;
  for (std::size_t b = 0; b < counts.count.size(); ++b) {
    below += counts.count[b];
    if (below >= q * total) return counts.intensity[b];
  }
  return counts.intensity.back();
}

/// `factor` neighbouring bins as one.
IntensityCounts coarser(const IntensityCounts& counts, std::size_t factor) {
  IntensityCounts out;
  for (std::size_t b = 0; b < counts.count.size(); b += factor) {
    double count = 0.0;
    double sum = 0.0;
    const std::size_t end = std::min(counts.count.size(), b + factor);
    for (std::size_t n = b; n < end; ++n) {
      count += counts.count[n];
      sum += counts.count[n] * counts.intensity[n];
    }
    out.count.push_back(count);
    out.intensity.push_back(count > 0.0 ? sum / count : counts.intensity[b]);
  }
  return out;
}

/// In order, apart from each other by more than nothing, none empty.
bool usable(const Mixture& m) {
  for (std::size_t k = 0; k < 3; ++k) {
    if (!std::isfinite(m.mean[k]) || !(m.sd[k] > 0.0)) return false;
  }
  const double span = m.mean[2] - m.mean[0];
  const PerTissue share = m.volume_share();
  return m.mean[0] >= 0.0 && span > 0.1 * m.mean[2] && m.mean[1] - m.mean[0] > 0.15 * span &&
         m.mean[2] - m.mean[1] > 0.1 * span && share[1] > 0.05 && share[2] > 0.05;
}

}  // namespace

Mixture::Posterior Mixture::posterior(double intensity) const {
  const Densities densities(*this);
  std::array<double, kComponents> r{};
  const double sum = densities.at(intensity, r) + outlier_density;
  Posterior p;
  if (!(sum > 0.0)) return p;
  for (std::size_t c = 0; c < kComponents; ++c) {
    for (std::size_t k = 0; k < 3; ++k) p.share[k] += r[c] / sum * kDesign.share[c][k];
  }
  for (std::size_t k = 0; k < 3; ++k) p.pure[k] = r[k] / sum;
  return p;
}

PerTissue Mixture::volume_share() const {
  PerTissue share = weight;
  for (std::size_t pair = 0; pair < 2; ++pair) {
    share[pair] += 0.5 * mixed_weight[pair];
    share[pair + 1] += 0.5 * mixed_weight[pair];
  }
  return share;
}

void refine_mixture(Mixture& m, const IntensityCounts& counts, int steps, bool fixed_mean) {
  const double total = std::accumulate(counts.count.begin(), counts.count.end(), 0.0);
  if (!(total > 0.0)) throw core::Error(core::ErrorKind::Numeric, "the brain holds no positive intensity");
  std::array<double, kComponents> r{};
  for (int step = 0; step < steps; ++step) {
    const Densities densities(m);
    std::array<double, kComponents> sum{};
    PerTissue first{};
    PerTissue second{};
    std::vector<double> normal(9, 0.0);
    std::vector<double> right(3, 0.0);
    double likelihood = 0.0;
    for (std::size_t b = 0; b < counts.count.size(); ++b) {
      if (counts.count[b] <= 0.0) continue;
      const double x = counts.intensity[b];
      const double density = densities.at(x, r) + m.outlier_density;
      likelihood += counts.count[b] * std::log(density);
      const double unit = counts.count[b] / (density * total);
      for (std::size_t c = 0; c < kComponents; ++c) {
        const double w = r[c] * unit;
        sum[c] += w;
        if (c < 3) {
          first[c] += w * x;
          second[c] += w * x * x;
        }
        const double precise = w / densities.variance[c];
        for (std::size_t k = 0; k < 3; ++k) right[k] += precise * kDesign.share[c][k] * x;
      }
    }
    m.log_likelihood = likelihood / total;
    for (std::size_t c = 0; c < kComponents; ++c) {
      for (std::size_t k = 0; k < 9; ++k) {
        normal[k] += sum[c] / densities.variance[c] * kDesign.share[c][k / 3] * kDesign.share[c][k % 3];
      }
    }
    if (!fixed_mean) {
      // A faint pull to where the means are keeps the system solvable when a class is empty.
      for (std::size_t k = 0; k < 3; ++k) {
        const double hold = 1e-3 / (m.sd[k] * m.sd[k]);
        normal[4 * k] += hold;
        right[k] += hold * m.mean[k];
      }
      const std::vector<double> mean = solve_positive(normal, right);
      std::copy(mean.begin(), mean.end(), m.mean.begin());
    }
    PerTissue scatter{};
    double pooled = 0.0;
    double pure = 0.0;
    for (std::size_t k = 0; k < 3; ++k) {
      scatter[k] = std::max(0.0, second[k] - 2.0 * m.mean[k] * first[k] + m.mean[k] * m.mean[k] * sum[k]);
      // Grey and white matter tell the noise; CSF also holds vessels, membranes and flow.
      if (k > 0) {
        pooled += scatter[k];
        pure += sum[k];
      }
    }
    const double floor = 1e-4 * m.mean[2] * m.mean[2];
    pooled = std::max(floor, pure > 0.0 ? pooled / pure : floor);
    double all = 0.0;
    for (const double w : sum) all += w;
    for (std::size_t k = 0; k < 3; ++k) {
      const double variance = (scatter[k] + kVariancePrior * pooled) / (sum[k] + kVariancePrior);
      m.sd[k] = std::sqrt(std::clamp(variance, 0.25 * pooled, 4.0 * pooled));
      m.weight[k] = (1.0 - kOutlierWeight) * sum[k] / all;
    }
    for (std::size_t pair = 0; pair < 2; ++pair) {
      double mixed = 0.0;
      for (std::size_t s = 0; s < kSteps; ++s) mixed += sum[3 + pair * kSteps + s];
      m.mixed_weight[pair] = (1.0 - kOutlierWeight) * mixed / all;
    }
  }
}

Mixture fit_mixture(const IntensityCounts& all) {
  const IntensityCounts counts = coarser(all, 4);
  std::optional<Mixture> best;
  for (const double csf : {0.01, 0.03, 0.10, 0.20, 0.35}) {
    for (const double white : {0.35, 0.50}) {
      const double grey = 1.0 - csf - white;
      Mixture m;
      m.weight = {0.7 * csf, 0.7 * grey, 0.8 * white};
      m.mixed_weight = {0.1, 0.1};
      m.mean = {quantile_of(counts, 0.5 * csf), quantile_of(counts, csf + 0.5 * grey),
                quantile_of(counts, 1.0 - 0.5 * white)};
      // Hardly any CSF: its place is guessed, and kept where no voxel knows better.
      if (csf < 0.02) m.mean[0] = 0.5 * m.mean[1];
      const double sd = 0.12 * std::max(m.mean[2] - m.mean[0], 0.1 * m.mean[2]);
      m.sd = {sd, sd, sd};
      m.outlier_density = kOutlierWeight / std::max(1.5 * m.mean[2], 1e-6);
      try {
        refine_mixture(m, counts, 60, false);
      } catch (const core::Error&) {
        continue;
      }
      if (usable(m) && (!best || m.log_likelihood > best->log_likelihood)) best = m;
    }
  }
  if (!best)
    throw core::Error(core::ErrorKind::Numeric, "the brain does not show three classes of intensity");
  refine_mixture(*best, all, 10, false);
  return *best;
}

}  // namespace isoscan::preprocess
