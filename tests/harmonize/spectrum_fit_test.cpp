#include "spectrum_fit.hpp"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "isoscan/features/fine_structure.hpp"

namespace isoscan::harmonize {
namespace {

constexpr int kReach = features::kFineStructureReach;

/// Autocovariance of white noise seen with a Gaussian point spread: a Gaussian of twice its variance.
std::vector<double> structure(const std::array<double, 3>& variance, double scale, double noise) {
  const std::vector<double> white = features::white_noise_structure().value;
  std::vector<double> out;
  for (int z = -kReach; z <= kReach; ++z) {
    for (int y = -kReach; y <= kReach; ++y) {
      for (int x = -kReach; x <= kReach; ++x) {
        const std::array<double, 3> lag{static_cast<double>(x), static_cast<double>(y),
                                        static_cast<double>(z)};
        double value = scale;
        for (std::size_t a = 0; a < 3; ++a)
          value *= std::exp(-0.25 * lag[a] * lag[a] / variance[a]) / std::sqrt(variance[a]);
        out.push_back(value + noise * white[out.size()]);
      }
    }
  }
  return out;
}

std::vector<double> even_weight() {
  return std::vector<double>(features::white_noise_structure().value.size(), 1e4);
}

/// What the filter does to a wave.
double transfer(const std::vector<double>& taps, double w) {
  const int reach = static_cast<int>(taps.size() / 2);
  double sum = 0.0;
  for (int m = -reach; m <= reach; ++m) sum += taps[static_cast<std::size_t>(m + reach)] * std::cos(w * m);
  return sum;
}

TEST(GaussianTaps, HaveTheTransferFunctionOfTheirVariance) {
  for (const double variance : {-0.25, -0.1, 0.0, 0.3, 0.5, 1.0, 2.0}) {
    const std::vector<double> taps = gaussian_taps(variance, 10);
    ASSERT_EQ(taps.size(), 21U);
    for (std::size_t n = 0; n < taps.size(); ++n) EXPECT_NEAR(taps[n], taps[20 - n], 1e-12);
    EXPECT_NEAR(transfer(taps, 0.0), 1.0, 1e-12);
    for (const double w : {0.5, 1.0, 2.0, 2.8})
      EXPECT_NEAR(transfer(taps, w), std::exp(-0.5 * variance * w * w), 0.03) << variance << ' ' << w;
  }
}

TEST(GaussianTaps, OfOppositeVarianceUndoEachOther) {
  constexpr int kTaps = 12;
  const std::vector<double> blur = gaussian_taps(0.25, kTaps);
  const std::vector<double> sharpen = gaussian_taps(-0.25, kTaps);
  for (int lag = -6; lag <= 6; ++lag) {
    double sum = 0.0;
    for (int m = -kTaps; m <= kTaps; ++m) {
      if (std::abs(lag - m) > kTaps) continue;
      sum += blur[static_cast<std::size_t>(m + kTaps)] * sharpen[static_cast<std::size_t>(lag - m + kTaps)];
    }
    EXPECT_NEAR(sum, lag == 0 ? 1.0 : 0.0, 0.02) << lag;
  }
}

TEST(SpectrumFit, FindsNothingBetweenEqualStructures) {
  const std::vector<double> from = structure({0.6, 0.8, 0.7}, 0.01, 0.0002);
  const SpectrumFit fit = fit_spectrum(from, from, even_weight());
  EXPECT_NEAR(fit.log_scale, 0.0, 1e-3);
  for (const double b : fit.blur) EXPECT_NEAR(b, 0.0, 1e-3);
  EXPECT_NEAR(fit.noise_variance, 0.0, 1e-6);
}

TEST(SpectrumFit, TellsPointSpreadByAxisScaleAndNoiseApart) {
  const std::array<double, 3> own{0.9, 1.1, 1.0};  // nothing is left at the voxel's limit
  const std::array<std::array<double, 3>, 4> blurs{
      {{0.3, 0.0, 0.0}, {0.0, 0.0, 0.8}, {0.5, 0.2, 1.0}, {-0.15, -0.1, 0.4}}};
  for (const auto& blur : blurs) {
    for (const double log_scale : {-0.2, 0.0, 0.3}) {
      for (const double noise : {0.0, 0.0009, 0.004}) {
        const std::vector<double> from = structure(own, 0.01, 0.0);
        // `structure` divides by the square root of each variance, which is what the point spread takes away.
        const std::vector<double> to = structure({own[0] + blur[0], own[1] + blur[1], own[2] + blur[2]},
                                                 0.01 * std::exp(log_scale), noise);
        const SpectrumFit fit = fit_spectrum(from, to, even_weight());
        SCOPED_TRACE(std::to_string(blur[0]) + ' ' + std::to_string(log_scale) + ' ' + std::to_string(noise));
        // What sharpens rings beyond the reach of the taps: the scale takes a share of it.
        EXPECT_NEAR(fit.log_scale, log_scale, blur[0] < 0.0 ? 0.1 : 0.03);
        for (std::size_t a = 0; a < 3; ++a) EXPECT_NEAR(fit.blur[a], blur[a], 0.03) << a;
        EXPECT_NEAR(fit.noise_variance, noise, 5e-5);
      }
    }
  }
}

TEST(SpectrumFit, DoesNotDependOnTheUnit) {
  const std::vector<double> from = structure({0.6, 0.8, 0.7}, 0.01, 0.0);
  const std::vector<double> to = structure({0.9, 0.8, 1.2}, 0.011, 0.001);
  std::vector<double> from_big = from;
  std::vector<double> to_big = to;
  for (double& v : from_big) v *= 4.0;
  for (double& v : to_big) v *= 4.0;
  const SpectrumFit a = fit_spectrum(from, to, even_weight());
  const SpectrumFit b = fit_spectrum(from_big, to_big, even_weight());
  for (std::size_t n = 0; n < 3; ++n) EXPECT_NEAR(a.blur[n], b.blur[n], 1e-3);
  EXPECT_NEAR(4.0 * a.noise_variance, b.noise_variance, 1e-5);
}

}  // namespace
}  // namespace isoscan::harmonize
