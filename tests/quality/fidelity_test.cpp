// Laws of the fidelity measures, and SSIM against a reference that has no running sum in it.
#include "isoscan/quality/fidelity.hpp"

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/core/smooth.hpp"

namespace isoscan::quality {
namespace {

core::Grid cube(std::int64_t edge, double spacing = 1.0) {
  core::Grid grid;
  grid.size = {edge, edge, edge};
  grid.world_from_voxel.matrix = {spacing, 0, 0, 0, spacing, 0, 0, 0, spacing};
  return grid;
}

core::Volume smooth_noise(const core::Grid& grid, std::uint64_t seed, double sd_mm = 1.0) {
  core::Volume v(grid);
  core::Random random(seed);
  for (float& x : v.voxels) x = static_cast<float>(random.normal());
  v = core::gaussian(v, sd_mm, {});
  for (float& x : v.voxels) x = 0.7F + x;
  return v;
}

core::Mask ball(const core::Grid& grid, double radius) {
  core::Mask mask(grid);
  const double c = 0.5 * static_cast<double>(grid.size[0] - 1);
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        const double x = static_cast<double>(i) - c;
        const double y = static_cast<double>(j) - c;
        const double z = static_cast<double>(k) - c;
        mask.voxels[grid.index(i, j, k)] = x * x + y * y + z * z < radius * radius ? 1 : 0;
      }
    }
  }
  return mask;
}

core::Volume mapped(core::Volume v, const std::function<float(float)>& f) {
  for (float& x : v.voxels) x = f(x);
  return v;
}

TEST(Fidelity, EqualImagesArePerfect) {
  const core::Grid grid = cube(20);
  const core::Volume v = smooth_noise(grid, 1);
  const core::Mask mask = ball(grid, 8.0);
  EXPECT_EQ(psnr(v, v, mask), std::numeric_limits<double>::infinity());
  EXPECT_EQ(mean_absolute_error(v, v, mask), 0.0);
  EXPECT_NEAR(ssim(v, v, mask), 1.0, 1e-12);
  EXPECT_NEAR(gradient_correlation(v, v, mask).value(), 1.0, 1e-12);
  EXPECT_NEAR(gradient_energy_ratio(v, v, mask).value(), 1.0, 1e-12);
}

TEST(Fidelity, KnownShift) {
  const core::Grid grid = cube(20);
  const core::Volume v = smooth_noise(grid, 1);
  const core::Volume shifted = mapped(v, [](float x) { return x + 0.1F; });
  const core::Mask mask = ball(grid, 8.0);
  EXPECT_NEAR(psnr(shifted, v, mask), 20.0, 1e-4);
  EXPECT_NEAR(psnr(shifted, v, mask, 2.0), 20.0 + 20.0 * std::log10(2.0), 1e-4);
  EXPECT_NEAR(mean_absolute_error(shifted, v, mask), 0.1, 1e-6);
  EXPECT_NEAR(gradient_correlation(shifted, v, mask).value(), 1.0, 1e-6);
  EXPECT_NEAR(gradient_energy_ratio(shifted, v, mask).value(), 1.0, 1e-4);
}

TEST(Fidelity, LooksInsideTheMaskOnly) {
  const core::Grid grid = cube(20);
  const core::Volume truth = smooth_noise(grid, 1);
  core::Volume image = smooth_noise(grid, 2);
  const core::Mask mask = ball(grid, 7.0);
  const auto all = [&] {
    return std::array<double, 5>{psnr(image, truth, mask), mean_absolute_error(image, truth, mask),
                                 ssim(image, truth, mask), gradient_correlation(image, truth, mask).value(),
                                 gradient_energy_ratio(image, truth, mask).value()};
  };
  const auto before = all();
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] == 0) image.voxels[n] = 77.0F;
  }
  EXPECT_EQ(all(), before);
}

TEST(Fidelity, InvertedImageCorrelatesNegatively) {
  const core::Grid grid = cube(20);
  const core::Volume v = smooth_noise(grid, 1);
  const core::Volume inverted = mapped(v, [](float x) { return 2.0F - 3.0F * x; });
  const core::Mask mask = ball(grid, 8.0);
  EXPECT_NEAR(gradient_correlation(inverted, v, mask).value(), -1.0, 1e-6);
  EXPECT_NEAR(gradient_energy_ratio(inverted, v, mask).value(), 9.0, 1e-3);
}

TEST(Fidelity, BlurLowersGradientEnergyAndNoiseRaisesIt) {
  const core::Grid grid = cube(32);
  const core::Volume v = smooth_noise(grid, 1, 1.5);
  const core::Mask mask = ball(grid, 14.0);
  double last = 1.0;
  for (const double sd : {0.5, 1.0, 2.0}) {
    const double now = gradient_energy_ratio(core::gaussian(v, sd, {}), v, mask).value();
    EXPECT_LT(now, last) << sd;
    last = now;
  }
  core::Random random(5);
  const core::Volume noisy =
      mapped(v, [&](float x) { return x + 0.2F * static_cast<float>(random.normal()); });
  EXPECT_GT(gradient_energy_ratio(noisy, v, mask).value(), 1.0);
}

TEST(Fidelity, FlatImagesHaveNoGradient) {
  const core::Grid grid = cube(12);
  const core::Volume flat(grid, 1.0F);
  const core::Mask mask = ball(grid, 5.0);
  EXPECT_FALSE(gradient_correlation(flat, flat, mask));
  EXPECT_FALSE(gradient_energy_ratio(flat, flat, mask));
  EXPECT_NEAR(ssim(flat, flat, mask), 1.0, 1e-12);
}

/// SSIM by its definition: every window gathered, means first, then central moments.
double reference_ssim(const core::Volume& image, const core::Volume& truth, const core::Mask& mask,
                      int window, double range) {
  const core::Grid& grid = mask.grid;
  const std::int64_t reach = window / 2;
  const double c1 = std::pow(0.01 * range, 2);
  const double c2 = std::pow(0.03 * range, 2);
  double total = 0.0;
  double count = 0.0;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        if (mask.voxels[grid.index(i, j, k)] == 0) continue;
        std::vector<double> x;
        std::vector<double> y;
        for (std::int64_t c = k - reach; c <= k + reach; ++c) {
          for (std::int64_t b = j - reach; b <= j + reach; ++b) {
            for (std::int64_t a = i - reach; a <= i + reach; ++a) {
              if (!grid.contains({a, b, c})) continue;
              const std::size_t n = grid.index(a, b, c);
              x.push_back(mask.voxels[n] != 0 ? image.voxels[n] : 0.0);
              y.push_back(mask.voxels[n] != 0 ? truth.voxels[n] : 0.0);
            }
          }
        }
        const auto size = static_cast<double>(x.size());
        double mx = 0.0;
        double my = 0.0;
        for (std::size_t n = 0; n < x.size(); ++n) {
          mx += x[n] / size;
          my += y[n] / size;
        }
        double xx = 0.0;
        double yy = 0.0;
        double xy = 0.0;
        for (std::size_t n = 0; n < x.size(); ++n) {
          xx += (x[n] - mx) * (x[n] - mx) / (size - 1.0);
          yy += (y[n] - my) * (y[n] - my) / (size - 1.0);
          xy += (x[n] - mx) * (y[n] - my) / (size - 1.0);
        }
        total += (2 * mx * my + c1) * (2 * xy + c2) / ((mx * mx + my * my + c1) * (xx + yy + c2));
        count += 1.0;
      }
    }
  }
  return total / count;
}

TEST(Fidelity, SsimAgreesWithItsDefinition) {
  core::Grid grid = cube(13);
  grid.size = {13, 11, 9};
  const core::Volume a = smooth_noise(grid, 1);
  const core::Volume b = smooth_noise(grid, 2);
  core::Volume near = a;
  for (std::size_t n = 0; n < near.voxels.size(); ++n) near.voxels[n] += 0.2F * (b.voxels[n] - 0.7F);
  for (const core::Mask& mask : {ball(grid, 5.5), core::Mask(grid, true)}) {
    for (const int window : {3, 7}) {
      SsimOptions options;
      options.window = window;
      EXPECT_NEAR(ssim(a, b, mask, options), reference_ssim(a, b, mask, window, 1.2), 1e-10);
      EXPECT_NEAR(ssim(near, a, mask, options), reference_ssim(near, a, mask, window, 1.2), 1e-10);
    }
  }
  EXPECT_GT(ssim(near, a, core::Mask(grid, true)), ssim(b, a, core::Mask(grid, true)));
}

TEST(Fidelity, SsimOfOppositeStructureIsNegative) {
  const core::Grid grid = cube(20);
  const core::Volume v = smooth_noise(grid, 1);
  const core::Volume inverted =
      mapped(v, [](float x) { return 1.4F - x; });  // the same mean, opposite detail
  EXPECT_LT(ssim(inverted, v, core::Mask(grid, true)), 0.0);
}

TEST(Fidelity, SsimRefusesBadOptionsAndEmptyMasks) {
  const core::Grid grid = cube(8);
  const core::Volume v(grid, 1.0F);
  SsimOptions even;
  even.window = 6;
  EXPECT_THROW((void)ssim(v, v, core::Mask(grid, true), even), core::Error);
  EXPECT_THROW((void)ssim(v, v, core::Mask(grid)), core::Error);
  EXPECT_THROW((void)psnr(v, v, core::Mask(grid)), core::Error);
  EXPECT_THROW((void)mean_absolute_error(v, v, core::Mask(grid)), core::Error);
  EXPECT_THROW((void)psnr(v, core::Volume(cube(9)), core::Mask(grid, true)), core::Error);
}

TEST(Fidelity, TissueContrastAndWhiteMatterSd) {
  const core::Grid grid = cube(12);
  core::TissueMaps tissue;
  for (auto& p : tissue.posterior) p = core::Volume(grid);
  core::Volume truth(grid);
  for (std::size_t n = 0; n < truth.voxels.size(); ++n) {
    const std::size_t t = n % 3;
    tissue.posterior[t].voxels[n] = n % 2 == 0 ? 1.0F : 0.8F;  // what is not pure must not count
    truth.voxels[n] = n % 2 == 0 ? 0.25F + 0.35F * static_cast<float>(t) : 9.0F;
  }
  core::Volume image = truth;
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    if (n % 3 == 1) image.voxels[n] += 0.057F;
    if (n % 3 == 2) image.voxels[n] += n % 4 == 0 ? 0.1F : -0.1F;
  }
  const TissueContrast contrast = tissue_contrast_error(image, truth, tissue);
  EXPECT_NEAR(contrast.mean_error[0].value(), 0.0, 1e-6);
  EXPECT_NEAR(contrast.mean_error[1].value(), 0.057, 1e-6);
  EXPECT_NEAR(contrast.mean_error[2].value(), 0.0, 1e-3);
  EXPECT_NEAR(contrast.grey_white_ratio_error.value(), 0.057 / 0.95, 1e-3);
  EXPECT_NEAR(white_matter_sd(image, tissue).value(), 0.1 / 0.95, 1e-3);
  EXPECT_NEAR(white_matter_sd(truth, tissue).value(), 0.0, 1e-5);

  for (float& p : tissue[core::Tissue::GreyMatter].voxels) p = 0.0F;
  const TissueContrast none = tissue_contrast_error(image, truth, tissue);
  EXPECT_FALSE(none.mean_error[1]);
  EXPECT_FALSE(none.grey_white_ratio_error);
}

}  // namespace
}  // namespace isoscan::quality
