// The laws of a virtual scanner: each step does what it says, and nothing else, on heads simple enough to
// check.
#include "isoscan/phantom/virtual_scanner.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"

namespace isoscan::phantom {
namespace {

using core::Tissue;
using ::testing::HasSubstr;

/// A ball of tissue of radius 20 voxels in air: white inside, grey shell, CSF rim; image values 1, 0.7, 0.3.
struct Ball {
  core::Volume image;
  core::TissueMaps tissue;
  core::Mask brain;
};

Ball make_ball(core::Index3 size = {48, 48, 48}, double spacing = 2.0) {
  core::Grid grid;
  grid.size = size;
  grid.world_from_voxel.matrix = {spacing, 0, 0, 0, spacing, 0, 0, 0, spacing};
  grid.world_from_voxel.offset = {7.0, -11.0, 30.0};
  Ball ball;
  ball.image = core::Volume(grid);
  ball.brain = core::Mask(grid);
  for (auto& p : ball.tissue.posterior) p = core::Volume(grid);
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        const double x = static_cast<double>(i) - 0.5 * static_cast<double>(size[0] - 1);
        const double y = static_cast<double>(j) - 0.5 * static_cast<double>(size[1] - 1);
        const double z = static_cast<double>(k) - 0.5 * static_cast<double>(size[2] - 1);
        const double r = std::sqrt(x * x + y * y + z * z);
        if (r > 20.0) continue;
        const Tissue t = r < 12.0 ? Tissue::WhiteMatter : r < 17.0 ? Tissue::GreyMatter : Tissue::Csf;
        const std::size_t n = grid.index(i, j, k);
        ball.tissue[t].voxels[n] = 1.0F;
        ball.image.voxels[n] = t == Tissue::WhiteMatter ? 1.0F : t == Tissue::GreyMatter ? 0.7F : 0.3F;
        ball.brain.voxels[n] = 1;
      }
    }
  }
  return ball;
}

VirtualScan scan(const VirtualScanner& scanner, const Ball& ball, std::uint64_t scanner_seed = 1,
                 std::uint64_t person_seed = 2, int threads = 1) {
  core::Context context;
  context.threads = threads;
  return scan_with(scanner, ball.image, ball.brain, ball.tissue, scanner_seed, person_seed, context);
}

/// Value in units of the head.
double at(const VirtualScan& scan, std::int64_t i, std::int64_t j, std::int64_t k) {
  return scan.image.at(i, j, k) / scan.gain;
}

TEST(VirtualScanner, IdentityChangesNothingButGain) {
  const Ball ball = make_ball();
  const VirtualScan made = scan(preset("identity"), ball);
  EXPECT_EQ(made.image.grid, ball.image.grid);
  EXPECT_GT(made.gain, 50.0);
  EXPECT_LT(made.gain, 4000.0);
  for (std::size_t n = 0; n < ball.image.voxels.size(); ++n) {
    ASSERT_FLOAT_EQ(made.image.voxels[n], ball.image.voxels[n] * static_cast<float>(made.gain));
    ASSERT_EQ(made.log_bias.voxels[n], 0.0F);
  }
}

TEST(VirtualScanner, GainIsLogNormalAround400) {
  const Ball ball = make_ball({8, 8, 8});
  double sum = 0.0;
  double square = 0.0;
  constexpr int kScans = 2000;
  for (int s = 0; s < kScans; ++s) {
    const double l = std::log(scan({}, ball, 1, static_cast<std::uint64_t>(s)).gain / 400.0);
    sum += l;
    square += l * l;
  }
  EXPECT_NEAR(sum / kScans, 0.0, 0.03);
  EXPECT_NEAR(std::sqrt(square / kScans), 0.4, 0.03);
}

TEST(VirtualScanner, ContrastGoesByTissueAndDepth) {
  const Ball ball = make_ball();
  VirtualScanner scanner;
  scanner.contrast = {0.5, 1.2, 1.0, 1.0};
  const VirtualScan made = scan(scanner, ball);
  EXPECT_NEAR(at(made, 24, 24, 24), 1.0, 1e-6);
  EXPECT_NEAR(at(made, 24, 24, 24 + 18), 0.5 * 0.3, 1e-6);
  // Grey at r = 15 of a ball of radius 20: s = 20 / 3, weight of the deep factor exp(-(15 / 6.67)^2 / 2) =
  // 0.08.
  const double r = 15.0;
  const double deep = std::exp(-0.5 * (r / (20.0 / 3.0)) * (r / (20.0 / 3.0)));
  EXPECT_NEAR(at(made, 24, 24, 24 + 15), 0.7 * (deep * 1.0 + (1.0 - deep) * 1.2), 0.01);
  EXPECT_EQ(at(made, 0, 0, 0), 0.0);
}

TEST(VirtualScanner, ContrastFadesOutsideTheBrain) {
  Ball ball = make_ball();
  for (float& v : ball.image.voxels) v = 1.0F;  // bright all over, as a scalp
  VirtualScanner scanner;
  scanner.contrast = {2.0, 1.0, 1.0, 1.0};
  const VirtualScan made = scan(scanner, ball);
  EXPECT_NEAR(at(made, 24, 24, 24 + 19), 2.0, 1e-5);
  double before = 2.0;
  for (std::int64_t k = 24 + 20; k < 48; ++k) {
    const double now = at(made, 24, 24, k);
    EXPECT_LE(now, before + 1e-6);
    before = now;
  }
  EXPECT_NEAR(at(made, 0, 0, 0), 1.0, 1e-6);
}

TEST(VirtualScanner, GammaKeepsWhiteMatter) {
  const Ball ball = make_ball();
  VirtualScanner scanner;
  scanner.gamma = 0.8;
  const VirtualScan made = scan(scanner, ball);
  EXPECT_NEAR(at(made, 24, 24, 24), 1.0, 1e-6);
  EXPECT_NEAR(at(made, 24, 24, 24 + 15), std::pow(0.7, 0.8), 1e-6);
}

TEST(VirtualScanner, PointSpreadHasTheVarianceAsked) {
  Ball ball = make_ball();
  for (float& v : ball.image.voxels) v = 0.0F;
  ball.image.at(24, 24, 24) = 1.0F;
  VirtualScanner scanner;
  scanner.psf_sd_voxels = {1.0, 0.0, 2.0};
  const VirtualScan made = scan(scanner, ball);
  double sum = 0.0;
  double vx = 0.0;
  double vy = 0.0;
  double vz = 0.0;
  for (std::int64_t k = 0; k < 48; ++k) {
    for (std::int64_t j = 0; j < 48; ++j) {
      for (std::int64_t i = 0; i < 48; ++i) {
        const double v = at(made, i, j, k);
        sum += v;
        vx += v * static_cast<double>((i - 24) * (i - 24));
        vy += v * static_cast<double>((j - 24) * (j - 24));
        vz += v * static_cast<double>((k - 24) * (k - 24));
      }
    }
  }
  EXPECT_NEAR(sum, 1.0, 1e-4);
  EXPECT_NEAR(vx, 1.0, 0.01);
  EXPECT_NEAR(vy, 0.0, 1e-6);
  EXPECT_NEAR(vz, 4.0, 0.03);
}

TEST(VirtualScanner, ThickSlicesKeepARampAndAverageInPairs) {
  Ball ball = make_ball({8, 8, 11});  // 11 slices in groups of 2: the last group has one
  for (std::int64_t k = 0; k < 11; ++k) {
    for (std::int64_t j = 0; j < 8; ++j) {
      for (std::int64_t i = 0; i < 8; ++i) ball.image.at(i, j, k) = static_cast<float>(k);
    }
  }
  VirtualScanner scanner;
  scanner.thick_slices = 2;
  const VirtualScan made = scan(scanner, ball);
  EXPECT_NEAR(at(made, 3, 3, 0), 0.5, 1e-5);  // the end is held
  for (std::int64_t k = 1; k < 10; ++k) EXPECT_NEAR(at(made, 3, 3, k), static_cast<double>(k), 1e-5);
  EXPECT_NEAR(at(made, 3, 3, 10), 10.0, 1e-5);

  for (std::int64_t k = 0; k < 11; ++k) ball.image.at(3, 3, k) = k % 2 == 0 ? 1.0F : 0.0F;
  const VirtualScan flat = scan(scanner, ball);
  for (std::int64_t k = 0; k < 8; ++k) EXPECT_NEAR(at(flat, 3, 3, k), 0.5, 1e-6) << k;
}

TEST(VirtualScanner, FieldHasItsPercentileAndIsMostlyTheScanners) {
  const Ball ball = make_ball();
  VirtualScanner scanner;
  scanner.bias = 0.3;
  const VirtualScan made = scan(scanner, ball);
  std::vector<float> size = core::values_in(made.log_bias, ball.brain);
  for (float& v : size) v = std::abs(v);
  EXPECT_NEAR(core::quantile(size, 0.98), 0.3, 1e-5);
  for (std::size_t n = 0; n < ball.image.voxels.size(); ++n) {
    const double expected = ball.image.voxels[n] * std::exp(made.log_bias.voxels[n]) * made.gain;
    ASSERT_NEAR(made.image.voxels[n], expected, 1e-3);
  }
  // Correlation of fields: people of one scanner share 0.36 / 0.61 of the variance; two scanners share
  // nothing.
  const auto mean_correlation = [&](bool same_scanner) {
    double sum = 0.0;
    constexpr int kPairs = 60;
    for (std::uint64_t s = 0; s < kPairs; ++s) {
      const auto a = core::values_in(scan(scanner, ball, 100 + s, 3 * s).log_bias, ball.brain);
      const auto b = core::values_in(
          scan(scanner, ball, same_scanner ? 100 + s : 900 + s, 3 * s + 1).log_bias, ball.brain);
      double ab = 0.0;
      double aa = 0.0;
      double bb = 0.0;
      for (std::size_t n = 0; n < a.size(); ++n) {
        ab += a[n] * b[n];
        aa += a[n] * a[n];
        bb += b[n] * b[n];
      }
      sum += ab / std::sqrt(aa * bb);
    }
    return sum / kPairs;
  };
  EXPECT_NEAR(mean_correlation(true), 0.59, 0.15);
  EXPECT_NEAR(mean_correlation(false), 0.0, 0.2);
}

TEST(VirtualScanner, NoiseIsRician) {
  Ball ball = make_ball();
  for (std::size_t n = 0; n < ball.image.voxels.size(); ++n) ball.image.voxels[n] = ball.brain.voxels[n];
  VirtualScanner scanner;
  scanner.noise = 0.05;
  const VirtualScan made = scan(scanner, ball);
  double inside = 0.0;
  double inside_square = 0.0;
  double outside = 0.0;
  double count_in = 0.0;
  double count_out = 0.0;
  for (std::size_t n = 0; n < ball.image.voxels.size(); ++n) {
    const double v = made.image.voxels[n] / made.gain;
    ASSERT_GE(v, 0.0);
    if (ball.brain.voxels[n] != 0) {
      inside += v;
      inside_square += v * v;
      count_in += 1.0;
    } else {
      outside += v;
      count_out += 1.0;
    }
  }
  const double mean = inside / count_in;
  EXPECT_NEAR(mean, 1.0 + 0.5 * 0.05 * 0.05, 0.001);
  EXPECT_NEAR(std::sqrt(inside_square / count_in - mean * mean), 0.05, 0.001);
  EXPECT_NEAR(outside / count_out, 0.05 * std::sqrt(M_PI / 2.0), 0.001);  // Rayleigh in air
}

TEST(VirtualScanner, SameSeedsSameBytesForEveryThreadCount) {
  const Ball ball = make_ball();
  const VirtualScanner hard = preset("hard");
  const VirtualScan one = scan(hard, ball, 5, 6, 1);
  const VirtualScan four = scan(hard, ball, 5, 6, 4);
  EXPECT_EQ(one.image.voxels, four.image.voxels);
  EXPECT_EQ(one.gain, four.gain);
  EXPECT_NE(one.image.voxels, scan(hard, ball, 5, 7).image.voxels);
  EXPECT_NE(one.log_bias.voxels, scan(hard, ball, 4, 6).log_bias.voxels);
}

TEST(VirtualScanner, PresetsAreTheTable) {
  const VirtualScanner hard = preset("hard");
  EXPECT_EQ(hard.contrast, (std::array<double, 4>{1.35, 1.14, 1.00, 1.03}));
  EXPECT_EQ(hard.gamma, 0.85);
  EXPECT_EQ(hard.bias, 0.40);
  EXPECT_EQ(hard.psf_sd_voxels, (std::array<double, 3>{0.45, 0.45, 0.45}));
  EXPECT_EQ(hard.thick_slices, 2);
  EXPECT_EQ(hard.noise, 0.05);
  for (const char* name : {"identity", "mild", "medium", "hard", "ringing", "ghosts", "gaps"})
    EXPECT_EQ(preset(name).problem(), "");
  EXPECT_THROW((void)preset("harsh"), core::Error);
}

TEST(VirtualScanner, JsonComesBackAndUnknownKeysAreNamed) {
  for (const char* name : {"identity", "mild", "medium", "hard", "ringing", "ghosts", "gaps"}) {
    EXPECT_EQ(scanner_from_json(to_json(preset(name))), preset(name));
  }
  const VirtualScanner partial =
      scanner_from_json(R"({"name": "x", "noise": 0.07, "contrast": [1, 1.1, 1, 1]})");
  EXPECT_EQ(partial.noise, 0.07);
  EXPECT_EQ(partial.contrast, (std::array<double, 4>{1, 1.1, 1, 1}));

  const auto message = [](const std::string& text) -> std::string {
    try {
      (void)scanner_from_json(text);
    } catch (const core::Error& error) {
      EXPECT_EQ(error.kind(), core::ErrorKind::Config);
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(message(R"({"nois": 0.1})"), HasSubstr("\"nois\""));
  EXPECT_THAT(message(R"({"noise": 0.1})"), HasSubstr("name"));
  EXPECT_THAT(message(R"({"name": "x", "noise": "much"})"), HasSubstr("noise"));
  EXPECT_THAT(message(R"({"name": "x", "noise": 7})"), HasSubstr("noise"));
  EXPECT_THAT(message(R"({"name": "x", "thick_slices": 1.5})"), HasSubstr("thick_slices"));
  EXPECT_THAT(message(R"({"name": "x", "psf_sd_voxels": [1, 2]})"), HasSubstr("psf_sd_voxels"));
  EXPECT_THAT(message("[]"), HasSubstr("object"));
  EXPECT_THAT(message("{"), HasSubstr("JSON"));
}

TEST(VirtualScanner, RefusesWhatItCannotUse) {
  const Ball ball = make_ball({8, 8, 8});
  VirtualScanner broken;
  broken.gamma = -1.0;
  EXPECT_THROW((void)scan(broken, ball), core::Error);
  Ball empty = ball;
  empty.brain = core::Mask(ball.image.grid);
  EXPECT_THROW((void)scan({}, empty), core::Error);
  Ball other = ball;
  other.brain.grid.world_from_voxel.offset[0] += 1.0;
  EXPECT_THROW((void)scan({}, other), core::Error);
}

}  // namespace
}  // namespace isoscan::phantom
