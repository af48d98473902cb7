#include "isoscan/harmonize/uncertainty.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"

#include "error_features.hpp"
#include "toy_site.hpp"

namespace isoscan::harmonize {
namespace {

constexpr std::size_t kCount = kErrorFeatures.size();

double sd_of(const float* features) {
  return 0.02 + 0.1 * static_cast<double>(features[0]) +
         0.03 * static_cast<double>(features[1] * features[1]);
}

/// Errors whose SD is known and differs from voxel to voxel; `scale`: of all of one scan.
ErrorRows noisy_scan(std::uint64_t seed, std::size_t count, double scale = 1.0) {
  core::Random random(seed, "errors");
  ErrorRows rows;
  for (std::size_t n = 0; n < count; ++n) {
    for (std::size_t f = 0; f < kCount; ++f) rows.features.push_back(static_cast<float>(random.uniform()));
    const double sd = sd_of(rows.features.data() + n * kCount);
    rows.error.push_back(static_cast<float>(std::abs(scale * sd * random.normal())));
  }
  return rows;
}

std::vector<ErrorRows> noisy_scans(std::size_t rows, const std::vector<double>& scales) {
  std::vector<ErrorRows> scans;
  for (std::size_t n = 0; n < scales.size(); ++n) scans.push_back(noisy_scan(n + 1, rows, scales[n]));
  return scans;
}

/// Share of the rows that `wanted` chooses whose error is within what the table says.
double covered(const domain::ErrorTable& table, const ErrorRows& rows,
               const std::function<bool(const float*)>& wanted) {
  double all = 0.0;
  double within = 0.0;
  for (std::size_t n = 0; n < rows.error.size(); ++n) {
    const float* features = rows.features.data() + n * kCount;
    if (!wanted(features)) continue;
    all += 1.0;
    within += static_cast<double>(rows.error[n]) <= table.half_width[table.leaf(features)] ? 1.0 : 0.0;
  }
  return within / all;
}

TEST(FitErrorTable, RecoversNoiseThatDiffersFromVoxelToVoxel) {
  const domain::ErrorTable table = fit_error_table(noisy_scans(40000, {1, 1, 1, 1}), {}, {});
  EXPECT_EQ(table.coverage, 0.9);
  const ErrorRows fresh = noisy_scan(99, 200000);
  EXPECT_NEAR(covered(table, fresh, [](const float*) { return true; }), 0.9, 0.01);
  for (std::size_t f = 0; f < kCount; ++f) {
    for (int bin = 0; bin < 10; ++bin) {
      const double share = covered(
          table, fresh, [&](const float* features) { return static_cast<int>(10.0F * features[f]) == bin; });
      EXPECT_GT(share, 0.88) << kErrorFeatures[f] << " " << bin;
      EXPECT_LT(share, 0.92) << kErrorFeatures[f] << " " << bin;
    }
  }
  // 90 % of normal errors lie within 1.645 SDs.
  const float middle[] = {0.5F, 0.5F, 0.5F};
  EXPECT_NEAR(table.half_width[table.leaf(middle)], 1.645 * sd_of(middle), 0.25 * sd_of(middle));
}

/// Where scans differ as a whole, the spread between them is in the width.
TEST(FitErrorTable, HoldsWhatOtherScansDoNotTell) {
  const domain::ErrorTable alike = fit_error_table(noisy_scans(20000, {1, 1, 1, 1}), {}, {});
  const std::vector<double> scales{0.7, 0.9, 1.1, 1.3};
  const domain::ErrorTable apart = fit_error_table(noisy_scans(20000, scales), {}, {});
  double mean = 0.0;
  for (const double share : apart.held_out) mean += share / static_cast<double>(scales.size());
  EXPECT_NEAR(mean, 0.9, 0.005);
  EXPECT_GT(apart.held_out.front(), 0.95);
  EXPECT_LT(apart.held_out.back(), 0.85);
  const float middle[] = {0.5F, 0.5F, 0.5F};
  EXPECT_GT(apart.half_width[apart.leaf(middle)], 1.02 * alike.half_width[alike.leaf(middle)]);
}

TEST(FitErrorTable, GivesTheSameNumbersForAnyThreadCount) {
  const std::vector<ErrorRows> scans = noisy_scans(10000, {1, 1, 1});
  core::Context three;
  three.threads = 3;
  EXPECT_EQ(fit_error_table(scans, {}, {}), fit_error_table(scans, {}, three));
}

TEST(FitErrorTable, IsEmptyWhereThereIsTooLittleToTell) {
  EXPECT_TRUE(fit_error_table({}, {}, {}).empty());
  EXPECT_TRUE(fit_error_table(noisy_scans(50000, {1}), {}, {}).empty());
  EXPECT_TRUE(fit_error_table(noisy_scans(100, {1, 1}), {}, {}).empty());
}

/// A restored image without any error, and features of one value, are no trouble.
TEST(FitErrorTable, NoErrorGivesAWidthAboveNothing) {
  std::vector<ErrorRows> scans = noisy_scans(10000, {0, 0});
  for (ErrorRows& scan : scans) std::fill(scan.features.begin(), scan.features.end(), 1.0F);
  const domain::ErrorTable table = fit_error_table(scans, {}, {});
  ASSERT_FALSE(table.empty());
  for (const double width : table.half_width) {
    EXPECT_GT(width, 0.0);
    EXPECT_LT(width, 1e-4);
  }
  scans[1].error[7] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW((void)fit_error_table(scans, {}, {}), core::Error);
}

/// A model whose table has two leaves: by the depth in the brain.
domain::SiteModel model_of_two_leaves() {
  domain::SiteModel model;
  model.method = Method::Restore;
  model.errors.coverage = 0.9;
  model.errors.branches = {1, 1, 2};
  model.errors.edges = {3.0};
  model.errors.half_width = {0.2, 0.05};
  return model;
}

TEST(Uncertainty, IsAboveNothingInTheBrainAndNothingOutside) {
  const test::Toy toy = test::toy_scan(4);
  const preprocess::Prepared& p = toy.prepared;
  const core::Volume map = uncertainty(p.image, p.brain, model_of_two_leaves(), {});
  EXPECT_TRUE(map.grid == p.image.grid);
  std::size_t wide = 0;
  for (std::size_t n = 0; n < map.voxels.size(); ++n) {
    if (p.brain.voxels[n] == 0) {
      ASSERT_EQ(map.voxels[n], 0.0F);
    } else {
      ASSERT_TRUE(map.voxels[n] == 0.2F || map.voxels[n] == 0.05F);
      wide += map.voxels[n] == 0.2F ? 1 : 0;
    }
  }
  EXPECT_GT(wide, 0U);
  EXPECT_LT(wide, p.brain.count() / 2);
  EXPECT_EQ(map.at(26, 28, 25), 0.05F);
  core::Context three;
  three.threads = 3;
  EXPECT_EQ(map.voxels, uncertainty(p.image, p.brain, model_of_two_leaves(), three).voxels);
}

/// What lies outside of the brain is not read.
TEST(Uncertainty, SkinAndAirTellNothing) {
  const test::Toy toy = test::toy_scan(4);
  core::Volume other = toy.prepared.image;
  for (std::size_t n = 0; n < other.voxels.size(); ++n) {
    if (toy.prepared.brain.voxels[n] == 0) other.voxels[n] = 5.0F;
  }
  const ErrorFeatures a(toy.prepared.image, toy.prepared.brain, {});
  const ErrorFeatures b(other, toy.prepared.brain, {});
  for (std::size_t n = 0; n < other.voxels.size(); n += 7) {
    if (toy.prepared.brain.voxels[n] == 0) continue;
    std::array<float, kCount> of_a{};
    std::array<float, kCount> of_b{};
    a.row(n, of_a.data());
    b.row(n, of_b.data());
    ASSERT_EQ(of_a, of_b);
  }
}

core::ErrorKind kind_of(const domain::SiteModel& model) {
  const test::Toy toy = test::toy_scan(4);
  try {
    (void)uncertainty(toy.prepared.image, toy.prepared.brain, model, {});
  } catch (const core::Error& error) {
    EXPECT_NE(std::string(error.what()).find("may be off"), std::string::npos) << error.what();
    return error.kind();
  }
  return core::ErrorKind::Internal;
}

TEST(Uncertainty, OtherMethodsAndEarlierModelsHaveNone) {
  domain::SiteModel model = model_of_two_leaves();
  EXPECT_TRUE(has_uncertainty(model));
  model.method = Method::Enot;
  EXPECT_FALSE(has_uncertainty(model));
  EXPECT_EQ(kind_of(model), core::ErrorKind::Config);
  model = model_of_two_leaves();
  model.errors = {};
  EXPECT_FALSE(has_uncertainty(model));
  EXPECT_EQ(kind_of(model), core::ErrorKind::Input);
  model = model_of_two_leaves();
  model.errors.branches = {1, 2};  // of other features
  EXPECT_EQ(kind_of(model), core::ErrorKind::Input);
}

TEST(WrittenUncertainty, HasTheScansGridAndUnits) {
  const test::Toy toy = test::toy_scan(4);
  const preprocess::Prepared& p = toy.prepared;
  core::Volume half(p.image.grid);
  for (std::size_t n = 0; n < half.voxels.size(); ++n) half.voxels[n] = p.brain.voxels[n] != 0 ? 0.1F : 0.0F;
  core::Grid fine = toy.native.grid;  // half the voxel edge
  for (auto& length : fine.size) length *= 2;
  for (double& v : fine.world_from_voxel.matrix) v *= 0.5;
  const core::Volume native = core::Volume(fine, 200.0F);
  for (const IntensityScale scale : {IntensityScale::Source, IntensityScale::Reference}) {
    WriteBackOptions options;
    options.scale = scale;
    const WrittenBack written = write_back(native, p, p.image, options, {});
    const core::Volume out = written_uncertainty(half, p, p.image, written, options, {});
    EXPECT_TRUE(out.grid == native.grid);
    const float wanted = scale == IntensityScale::Source ? 20.0F : 100.0F;
    std::size_t in = 0;
    for (const float v : out.voxels) {
      if (v == 0.0F) continue;
      ++in;
      ASSERT_NEAR(v, wanted, 1e-3F * wanted);  // up to the very edge
    }
    EXPECT_NEAR(static_cast<double>(in), 8.0 * static_cast<double>(p.brain.count()),
                0.05 * static_cast<double>(in));
  }
}

/// What the bound and the fading withhold may be an error.
TEST(WrittenUncertainty, AddsWhatWasWithheldOfTheChange) {
  test::Toy toy = test::toy_scan(4);
  const preprocess::Prepared& p = toy.prepared;
  core::Volume harmonized = p.image;
  for (float& v : harmonized.voxels) v += 0.5F;
  core::Volume half(p.image.grid);
  for (std::size_t n = 0; n < half.voxels.size(); ++n) half.voxels[n] = p.brain.voxels[n] != 0 ? 0.1F : 0.0F;
  WriteBackOptions options;
  options.bound = 0.4;
  options.edge_mm = 6.0;
  const WrittenBack written = write_back(toy.native, p, harmonized, options, {});
  const core::Volume out = written_uncertainty(half, p, harmonized, written, options, {});
  float largest = 0.0F;
  for (std::size_t n = 0; n < out.voxels.size(); ++n) {
    if (p.brain.voxels[n] == 0) {
      ASSERT_EQ(out.voxels[n], 0.0F);
      continue;
    }
    ASSERT_NEAR(out.voxels[n], 200.0F * (0.1F + 0.5F - written.change.voxels[n]), 0.01F);
    largest = std::max(largest, out.voxels[n]);
  }
  EXPECT_NEAR(out.at(26, 28, 25), 200.0F * 0.2F, 0.01F);  // a tenth was cut at the bound
  EXPECT_GT(largest, 200.0F * 0.35F);                     // and more withheld at the edge
}

TEST(UncertaintyOptions, SayWhatIsWrong) {
  EXPECT_EQ(UncertaintyOptions{}.problem(), "");
  const auto refused = [](const std::function<void(UncertaintyOptions&)>& change, const std::string& word) {
    UncertaintyOptions options;
    change(options);
    EXPECT_NE(options.problem().find(word), std::string::npos) << word;
  };
  refused([](UncertaintyOptions& o) { o.coverage = std::nan(""); }, "coverage");
  refused([](UncertaintyOptions& o) { o.coverage = 1.0; }, "coverage");
  refused([](UncertaintyOptions& o) { o.branches = {8, 5}; }, "branches");
  refused([](UncertaintyOptions& o) { o.branches = {8, 0, 4}; }, "branches");
  refused([](UncertaintyOptions& o) { o.rows = 999; }, "rows");
}

}  // namespace
}  // namespace isoscan::harmonize
