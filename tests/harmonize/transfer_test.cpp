#include "transfer.hpp"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "isoscan/core/random.hpp"
#include "isoscan/features/fine_structure.hpp"

namespace isoscan::harmonize {
namespace {

constexpr std::size_t kLags = 13U * 13U * 13U;

double gain_of(const std::array<double, 3>& f) {
  return std::exp(-0.3 * f[0] * f[0] - 0.1 * f[1] * f[1]) * (1.0 + 0.5 * (1.0 - std::exp(-f[2] * f[2])));
}

Spectrum sampled_gain() {
  Spectrum out;
  for (std::size_t q = 0; q < kSpectrumSize; ++q) out.push_back(gain_of(frequency_of(q)));
  return out;
}

core::Volume noise_image(std::int64_t edge) {
  core::Grid grid;
  grid.size = {edge, edge, edge};
  core::Volume out(grid);
  core::Random random(3, "transfer");
  for (float& v : out.voxels) v = static_cast<float>(random.normal());
  return out;
}

TEST(Transfer, FrequenciesGoThroughNothingAndBothSigns) {
  EXPECT_EQ(length_of(frequency_of(0)), 0.0);
  EXPECT_DOUBLE_EQ(frequency_of(1)[0], std::numbers::pi / 8.0);
  EXPECT_DOUBLE_EQ(frequency_of(15)[0], -std::numbers::pi / 8.0);
  EXPECT_DOUBLE_EQ(std::abs(frequency_of(8U * 16U)[1]), std::numbers::pi);
  EXPECT_DOUBLE_EQ(frequency_of(2U * 256U)[2], std::numbers::pi / 4.0);
}

TEST(Transfer, OfWhiteNoiseTheSpectrumIsFlat) {
  std::vector<double> structure(kLags, 0.0);
  structure[kLags / 2] = 0.04;
  for (const double v : spectrum_of(structure)) ASSERT_NEAR(v, 0.04, 1e-12);
}

TEST(Transfer, TapsOfNothingToDoAreOne) {
  const std::vector<double> taps = taps_of(Spectrum(kSpectrumSize, 1.0));
  for (std::size_t n = 0; n < taps.size(); ++n) ASSERT_NEAR(taps[n], n == taps.size() / 2 ? 1.0 : 0.0, 1e-12);
  const core::Volume image = noise_image(14);
  EXPECT_EQ(filtered(image, taps, 1).voxels, image.voxels);
  EXPECT_EQ(filtered(image, {}, 1).voxels, image.voxels);
}

TEST(Transfer, TapsHaveTheTransferFunctionThatIsAskedFor) {
  const std::vector<double> taps = taps_of(sampled_gain());
  for (std::size_t q = 0; q < kSpectrumSize; q += 37)
    ASSERT_NEAR(transfer_at(taps, frequency_of(q)), gain_of(frequency_of(q)), 0.12);
}

TEST(Transfer, AWaveIsMultipliedByTheTransferFunction) {
  const std::vector<double> taps = taps_of(sampled_gain());
  const std::array<double, 3> f{0.9, -0.4, 1.7};
  core::Volume wave = noise_image(20);
  const auto value = [&](std::int64_t i, std::int64_t j, std::int64_t k) {
    return std::cos(f[0] * static_cast<double>(i) + f[1] * static_cast<double>(j) +
                    f[2] * static_cast<double>(k));
  };
  for (std::int64_t k = 0; k < 20; ++k) {
    for (std::int64_t j = 0; j < 20; ++j) {
      for (std::int64_t i = 0; i < 20; ++i) wave.at(i, j, k) = static_cast<float>(value(i, j, k));
    }
  }
  const core::Volume out = filtered(wave, taps, 1);
  const double gain = transfer_at(taps, f);
  EXPECT_GT(std::abs(gain - 1.0), 0.05);
  for (std::int64_t n = kTapReach; n < 20 - kTapReach; ++n)
    ASSERT_NEAR(out.at(n, 19 - n, n), gain * value(n, 19 - n, n), 2e-4);
  EXPECT_EQ(out.at(0, 9, 9), wave.at(0, 9, 9));  // the rim
}

TEST(Transfer, FilteringGivesTheSameBytesOnAnyThreads) {
  const core::Volume image = noise_image(18);
  const std::vector<double> taps = taps_of(sampled_gain());
  EXPECT_EQ(filtered(image, taps, 1).voxels, filtered(image, taps, 3).voxels);
}

TEST(Transfer, SmoothingKeepsWhatIsFlatAndTheSum) {
  for (const double v : smoothed(Spectrum(kSpectrumSize, 2.5), 1.0)) ASSERT_NEAR(v, 2.5, 1e-12);
  Spectrum one(kSpectrumSize, 0.0);
  one[0] = 1.0;
  double sum = 0.0;
  const Spectrum spread = smoothed(one, 1.0);
  for (const double v : spread) sum += v;
  EXPECT_NEAR(sum, 1.0, 1e-12);
  EXPECT_DOUBLE_EQ(spread[1], spread[15]);  // periodic
  EXPECT_LT(spread[0], 0.1);
}

}  // namespace
}  // namespace isoscan::harmonize
