// The effects beyond plain physics: each at strength 0 leaves every byte, and does what it says otherwise.
#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "isoscan/core/random.hpp"
#include "isoscan/core/smooth.hpp"
#include "isoscan/phantom/virtual_scanner.hpp"

namespace isoscan::phantom {
namespace {

/// A scan of a whole brain (the mask covers the image) of white matter, whose values `value` gives.
struct Box {
  core::Volume image;
  core::Mask brain;
  core::TissueMaps tissue;
};

using Value = std::function<double(std::int64_t, std::int64_t, std::int64_t)>;

Box make_box(const Value& value, core::Index3 size = {40, 36, 32}) {
  core::Grid grid;
  grid.size = size;
  grid.world_from_voxel.matrix = {2, 0, 0, 0, 2, 0, 0, 0, 2};
  Box box{core::Volume(grid), core::Mask(grid, true), {}};
  for (auto& p : box.tissue.posterior) p = core::Volume(grid);
  for (float& p : box.tissue[core::Tissue::WhiteMatter].voxels) p = 1.0F;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) box.image.at(i, j, k) = static_cast<float>(value(i, j, k));
    }
  }
  return box;
}

/// In units of the head.
core::Volume seen(const Box& box, const VirtualScanner& scanner, int threads = 1) {
  core::Context context;
  context.threads = threads;
  VirtualScan scan = scan_with(scanner, box.image, box.brain, box.tissue, 1, 2, context);
  for (float& v : scan.image.voxels) v /= static_cast<float>(scan.gain);
  return scan.image;
}

double sum(const core::Volume& image) {
  double total = 0.0;
  for (const float v : image.voxels) total += v;
  return total;
}

double waves(std::int64_t i, std::int64_t j, std::int64_t k) {
  return 1.0 + 0.3 * std::sin(0.9 * static_cast<double>(i)) * std::cos(0.5 * static_cast<double>(j)) +
         0.1 * std::sin(0.7 * static_cast<double>(k));
}

TEST(ScannerEffects, StrengthZeroIsTheSameBytesWhateverTheOtherParametersSay) {
  const Box box = make_box(waves);
  VirtualScanner plain = preset("medium");
  VirtualScanner off = plain;
  off.kspace_kept = 0.5;
  off.ghost_axis = 2;
  off.ghost_shift = 0.2;
  off.sharpening_sd_voxels = 3.0;
  EXPECT_EQ(seen(box, plain).voxels, seen(box, off).voxels);
}

TEST(ScannerEffects, RingingKeepsConstantsAndOvershootsAtAnEdge) {
  VirtualScanner scanner;
  scanner.ringing = {1.0, 0.5, 0.2};
  for (const float v : seen(make_box([](auto, auto, auto) { return 0.8; }), scanner).voxels)
    ASSERT_NEAR(v, 0.8, 1e-5);
  scanner.ringing = {1.0, 0.0, 0.0};
  const core::Volume edge = seen(make_box([](auto i, auto, auto) { return i < 20 ? 1.0 : 2.0; }), scanner);
  float highest = 0.0F;
  for (std::int64_t i = 20; i < 40; ++i) highest = std::max(highest, edge.at(i, 5, 5));
  EXPECT_NEAR(highest, 2.09, 0.04);  // Gibbs: 9 % of the step
  // What the truncation keeps passes, what it cuts does not. Away from the border, where edges are continued.
  scanner.kspace_kept = 0.5;
  const auto amplitude = [&](double cycles) {
    const core::Volume image = seen(
        make_box(
            [&](auto i, auto, auto) { return 2.0 + std::cos(2.0 * M_PI * cycles * static_cast<double>(i)); },
            {160, 4, 4}),
        scanner);
    float high = 0.0F;
    for (std::int64_t i = 50; i < 110; ++i) high = std::max(high, std::abs(image.at(i, 1, 1) - 2.0F));
    return high;
  };
  EXPECT_NEAR(amplitude(0.125), 1.0, 0.03);
  EXPECT_NEAR(amplitude(0.375), 0.0, 0.03);
}

TEST(ScannerEffects, GapsMeasureOnlyTheirSlices) {
  // Slices of 1 voxel, each followed by one that nobody measures: odd voxels say nothing.
  VirtualScanner scanner;
  scanner.slice_gap_voxels = 1.0;
  const core::Volume even =
      seen(make_box([](auto, auto, auto k) { return k % 2 == 0 ? 1.0 : 9.0; }), scanner);
  for (const float v : even.voxels) ASSERT_NEAR(v, 1.0, 1e-5);
  // A ramp stays a ramp between the first centre and the last.
  scanner.thick_slices = 2;
  scanner.slice_gap_voxels = 0.5;
  const core::Volume ramp =
      seen(make_box([](auto, auto, auto k) { return static_cast<double>(k); }), scanner);
  for (std::int64_t k = 1; k < 29; ++k) EXPECT_NEAR(ramp.at(3, 3, k), static_cast<double>(k), 2e-2) << k;
  // No gap is the mean of pairs that thick slices were before.
  scanner.slice_gap_voxels = 0.0;
  VirtualScanner touching = scanner;
  touching.slice_gap_voxels = 1e-9;
  const Box box = make_box(waves);
  const core::Volume a = seen(box, scanner);
  const core::Volume b = seen(box, touching);
  for (std::size_t n = 0; n < a.voxels.size(); ++n) ASSERT_NEAR(a.voxels[n], b.voxels[n], 1e-5);
}

TEST(ScannerEffects, GhostAddsItsShareOfTheImageShifted) {
  VirtualScanner scanner;
  scanner.ghost = 0.25;
  scanner.ghost_axis = 1;
  scanner.ghost_shift = 0.5;
  const Box box = make_box([](auto i, auto j, auto k) { return i == 4 && j == 5 && k == 6 ? 1.0 : 0.0; });
  const core::Volume point = seen(box, scanner);
  EXPECT_NEAR(point.at(4, 5, 6), 1.0, 1e-6);
  EXPECT_NEAR(point.at(4, 5 + 18, 6), 0.25, 1e-6);
  EXPECT_NEAR(sum(point), 1.25, 1e-5);
  double energy = 0.0;
  for (const float v : point.voxels) energy += v * v;
  EXPECT_NEAR(energy, 1.0 + 0.25 * 0.25, 1e-5);
  EXPECT_NEAR(sum(seen(make_box(waves), scanner)), 1.25 * sum(make_box(waves).image), 1.0);
}

TEST(ScannerEffects, SharpeningKeepsTheMeanAndRaisesEdges) {
  VirtualScanner scanner;
  scanner.sharpening = 0.8;
  // Flat near the border, where edge values are continued.
  const Box box = make_box([](auto i, auto j, auto k) {
    const bool inner = i > 8 && i < 30 && j > 8 && j < 26 && k > 8 && k < 22;
    return inner ? 2.0 : 1.0;
  });
  const core::Volume sharp = seen(box, scanner);
  EXPECT_NEAR(sum(sharp) / sum(box.image), 1.0, 1e-5);
  EXPECT_GT(sharp.at(9, 16, 16), 2.1F);
  EXPECT_LT(sharp.at(8, 16, 16), 0.9F);
  EXPECT_NEAR(sharp.at(20, 16, 16), 2.0, 1e-3);
}

TEST(ScannerEffects, MedianTakesASpikeAwayAndKeepsARamp) {
  VirtualScanner scanner;
  scanner.median_radius = 1;
  Box box = make_box([](auto i, auto, auto) { return 0.1 * static_cast<double>(i); });
  box.image.at(10, 10, 10) = 50.0F;
  const core::Volume smooth = seen(box, scanner);
  for (std::int64_t i = 1; i < 39; ++i)
    EXPECT_NEAR(smooth.at(i, 10, 10), 0.1 * static_cast<double>(i), 0.101);
  EXPECT_NEAR(smooth.at(20, 20, 20), 2.0, 1e-5);
}

TEST(ScannerEffects, ColouredNoiseHasItsSdEverywhereAndItsCorrelation) {
  VirtualScanner scanner;
  scanner.noise = 0.02;
  scanner.noise_correlation_voxels = 1.0;
  const core::Volume noisy = seen(make_box([](auto, auto, auto) { return 1.0; }, {96, 96, 96}), scanner, 2);
  const auto sd_of_plane = [&](std::int64_t i) {
    double square = 0.0;
    for (std::int64_t k = 0; k < 96; ++k) {
      for (std::int64_t j = 0; j < 96; ++j) square += std::pow(noisy.at(i, j, k) - 1.0, 2.0);
    }
    return std::sqrt(square / (96.0 * 96.0));
  };
  EXPECT_NEAR(sd_of_plane(0), 0.02, 0.0015);  // the border too
  double square = 0.0;
  double lag1 = 0.0;
  double lag2 = 0.0;
  for (std::int64_t k = 8; k < 86; ++k) {
    for (std::int64_t j = 8; j < 86; ++j) {
      for (std::int64_t i = 8; i < 86; ++i) {
        const double v = noisy.at(i, j, k) - 1.0;
        square += v * v;
        lag1 += v * (noisy.at(i + 1, j, k) - 1.0);
        lag2 += v * (noisy.at(i, j + 2, k) - 1.0);
      }
    }
  }
  EXPECT_NEAR(std::sqrt(square / (78.0 * 78.0 * 78.0)), 0.02, 5e-4);
  // White noise after a Gaussian of SD s correlates by exp(-d^2 / 4 s^2).
  EXPECT_NEAR(lag1 / square, std::exp(-0.25), 0.02);
  EXPECT_NEAR(lag2 / square, std::exp(-1.0), 0.02);
}

TEST(ScannerEffects, CoilsGiveAFieldOfTheirOwn) {
  const Box box = make_box([](auto, auto, auto) { return 1.0; });
  VirtualScanner scanner;
  scanner.bias = 0.3;
  scanner.bias_kind = BiasKind::Coils;
  const auto field = [&](std::uint64_t site, std::uint64_t person) {
    return scan_with(scanner, box.image, box.brain, box.tissue, site, person, {}).log_bias;
  };
  core::Volume one = field(1, 2);
  std::vector<float> size = one.voxels;
  for (float& v : size) v = std::abs(v);
  EXPECT_NEAR(core::quantile(size, 0.98), 0.3, 1e-5);
  EXPECT_NEAR(sum(one) / static_cast<double>(one.voxels.size()), 0.0, 1e-4);
  EXPECT_NE(one.voxels, field(1, 3).voxels);
  EXPECT_NE(one.voxels, field(2, 2).voxels);
  // Brighter near the coils than in the middle.
  EXPECT_GT(one.at(1, 1, 30), one.at(20, 18, 16));
}

TEST(ScannerEffects, SameBytesForEveryThreadCount) {
  const Box box = make_box(waves);
  for (const char* name : {"ringing", "ghosts", "gaps"}) {
    VirtualScanner scanner = preset(name);
    scanner.bias_kind = BiasKind::Coils;
    EXPECT_EQ(seen(box, scanner, 1).voxels, seen(box, scanner, 3).voxels) << name;
    EXPECT_NE(seen(box, scanner).voxels, seen(box, preset("identity")).voxels) << name;
  }
}

TEST(ScannerEffects, OutOfRangeIsSaidAndJsonKeepsAll) {
  VirtualScanner scanner = preset("ghosts");
  scanner.bias_kind = BiasKind::Coils;
  scanner.ghost_axis = 2;
  EXPECT_EQ(scanner_from_json(to_json(scanner)), scanner);
  // Presets of the plain physics are written as they always were.
  EXPECT_EQ(to_json(preset("hard")).find("ghost"), std::string::npos);
  scanner.ghost_axis = 3;
  EXPECT_NE(scanner.problem().find("ghost_axis"), std::string::npos);
  scanner = {};
  scanner.ringing[1] = 1.5;
  EXPECT_NE(scanner.problem().find("ringing"), std::string::npos);
  scanner = {};
  scanner.kspace_kept = std::nan("");
  EXPECT_NE(scanner.problem().find("kspace_kept"), std::string::npos);
}

}  // namespace
}  // namespace isoscan::phantom
