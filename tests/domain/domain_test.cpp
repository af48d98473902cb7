#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/domain/reference.hpp"
#include "isoscan/domain/scan_summary.hpp"
#include "isoscan/domain/site.hpp"
#include "isoscan/domain/tone_curve.hpp"
#include "isoscan/test/support.hpp"

#include "made_models.hpp"

namespace isoscan::domain {
namespace {

TEST(ToneCurve, EqualKnotsGiveEveryValueBackBitForBit) {
  const std::vector<double> knots{0.0, 0.1, 0.35, 0.8, 1.3};
  const ToneCurve curve = tone_curve(knots, knots);
  for (double x = -0.5; x < 2.0; x += 0.0137) EXPECT_EQ(curve(x), x);
}

TEST(ToneCurve, RunsThroughItsKnotsAndOnInParallel) {
  const ToneCurve curve = tone_curve({0.0, 1.0, 2.0}, {0.5, 1.0, 4.0});
  EXPECT_DOUBLE_EQ(curve(1.0), 1.0);
  EXPECT_DOUBLE_EQ(curve(1.5), 2.5);
  EXPECT_DOUBLE_EQ(curve(3.0), 5.0);
  EXPECT_DOUBLE_EQ(curve(-1.0), -0.5);
}

TEST(ToneCurve, TiesAreMergedAndNothingFalls) {
  const ToneCurve curve = tone_curve({0.0, 0.0, 0.0, 1.0, 1.0}, {0.0, 0.3, 0.6, 0.5, 0.1});
  ASSERT_EQ(curve.from.size(), 2U);
  EXPECT_DOUBLE_EQ(curve.to[0], 0.3);
  EXPECT_GE(curve.to[1], curve.to[0]);
  EXPECT_THROW((void)tone_curve({1.0, 1.0}, {0.0, 1.0}), core::Error);
  EXPECT_THROW((void)tone_curve({0.0, NAN}, {0.0, 1.0}), core::Error);
}

TEST(ScanSummary, RoundTripIsExact) {
  ScanSummary s;
  s.id = "sub-01";
  s.brain_ml = 1234.5678901234567;
  s.reference_digest = "0123";
  s.levels = {level(1.0, 1), level(1.5, 2)};
  s.corrected = {level(1.5, 4, 0)};
  s.matched = {level(1.5, 5)};
  s.acquisition = {evidence()};
  s.portraits = {portrait(), portrait()};
  s.atlas = atlas_sums();
  s.warnings = {"dark", "small"};
  EXPECT_EQ(scan_summary(core::from_safetensors(core::to_safetensors(to_tensors(s)))), s);
}

TEST(Pool, OfOneScanIsThatScan) {
  const LevelSummary one = level(1.5, 1);
  LevelSummary pooled = pool({&one}, 1000, 7);
  EXPECT_EQ(pooled.row_count(), one.row_count());
  pooled.rows = one.rows;
  EXPECT_EQ(pooled, one);
}

TEST(Pool, AveragesAndDrawsEqualShares) {
  LevelSummary a = level(1.5, 1);
  LevelSummary b = level(1.5, 2);
  a.mean = 0.0;
  b.mean = 2.0;
  a.sd = b.sd = 1.0;
  for (float& v : a.rows) v = -1.0F;
  for (float& v : b.rows) v = 1.0F;
  const LevelSummary pooled = pool({&a, &b}, 20, 7);
  EXPECT_DOUBLE_EQ(pooled.mean, 1.0);
  EXPECT_NEAR(pooled.sd, std::sqrt(2.0), 1e-12);  // within and between the scans
  EXPECT_DOUBLE_EQ(pooled.quantiles[500], 0.5 * (a.quantiles[500] + b.quantiles[500]));
  ASSERT_EQ(pooled.row_count(), 20U);
  double sum = 0.0;
  for (const float v : pooled.rows) sum += static_cast<double>(v);
  EXPECT_EQ(sum, 0.0);
  const LevelSummary coarse = level(2.0, 3);
  EXPECT_THROW((void)pool({&a, &coarse}, 20, 7), core::Error);
  EXPECT_THROW((void)pool({}, 20, 7), core::Error);
}

TEST(Distances, AreZeroOnEqualInputAndSeeChanges) {
  const LevelSummary a = level(1.5, 1);
  for (const auto& [name, value] : distances(a, a)) EXPECT_EQ(value, 0.0) << name;
  LevelSummary b = a;
  for (double& q : b.quantiles) q += 0.1;
  b.tissue_mean[1] += 0.05;
  for (double& s : b.feature_sd) s *= std::exp(0.2);
  const auto d = distances(a, b);
  EXPECT_NEAR(d.at("intensity"), 0.1, 1e-12);
  EXPECT_NEAR(d.at("contrast"), 0.05, 1e-12);
  EXPECT_NEAR(d.at("bands"), 0.2, 1e-12);
}

TEST(Reference, SaveAndLoadAreBitIdentical) {
  const test::TemporaryFolder folder;
  const ReferencePackage p = package();
  save(p, folder / "a.isoref");
  const ReferencePackage back = load_reference(folder / "a.isoref");
  EXPECT_EQ(back, p);
  save(back, folder / "b.isoref");
  EXPECT_EQ(core::read_file(folder / "a.isoref"), core::read_file(folder / "b.isoref"));
  EXPECT_EQ(digest(back), digest(p));
}

TEST(Reference, APackageOfBeforePlausibilityIsReadAndJudgesNothing) {
  core::TensorFile old = to_tensors(package());
  std::erase_if(old.tensors, [](const auto& entry) { return entry.first.starts_with("plausibility/"); });
  std::erase_if(old.metadata, [](const auto& entry) { return entry.first.starts_with("plausibility/"); });
  EXPECT_TRUE(reference_package(old).plausibility.empty());
  EXPECT_FALSE(reference_package(to_tensors(package())).plausibility.empty());
}

TEST(Reference, OtherFilesAreRefusedByName) {
  const test::TemporaryFolder folder;
  save(site(Method::ZScore), folder / "x.isosite");
  try {
    (void)load_reference(folder / "x.isosite");
    FAIL() << "a site model was taken for a reference";
  } catch (const core::Error& error) {
    EXPECT_EQ(error.kind(), core::ErrorKind::Input);
    EXPECT_NE(std::string(error.what()).find("x.isosite"), std::string::npos);
  }
  core::TensorFile newer = to_tensors(package());
  newer.metadata["format_version"] = "99";
  EXPECT_THROW((void)reference_package(newer), core::Error);
  core::TensorFile lacking = to_tensors(package());
  lacking.tensors.erase("level1/pooled/quantiles");
  EXPECT_THROW((void)reference_package(lacking), core::Error);
}

TEST(Reference, SitesWorkAtTheCoarserSpacing) {
  const ReferencePackage p = package();
  EXPECT_EQ(working_spacing_mm(p, 1.0), 1.25);
  EXPECT_EQ(working_spacing_mm(p, 1.26), 1.25);
  EXPECT_EQ(working_spacing_mm(p, 1.3), 1.5);
  EXPECT_EQ(working_spacing_mm(p, 9.0), 2.0);
  EXPECT_EQ(p.level(1.5).pooled.spacing_mm, 1.5);
  EXPECT_THROW((void)p.level(1.75), core::Error);
  EXPECT_EQ(spacing_ladder(1.25), (std::vector<double>{1.25, 1.5, 2.0, 2.5, 3.0}));
  EXPECT_EQ(spacing_ladder(0.94), (std::vector<double>{0.94, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0}));
}

TEST(Site, SaveAndLoadAreBitIdentical) {
  const test::TemporaryFolder folder;
  const SiteModel m = site(Method::Gaussian);
  save(m, folder / "a.isosite");
  const SiteModel back = load_site(folder / "a.isosite");
  EXPECT_EQ(core::to_safetensors(to_tensors(back)), core::to_safetensors(to_tensors(m)));
  EXPECT_EQ(back.map.metadata, m.map.metadata);
  EXPECT_EQ(back.site_corrected, m.site_corrected);
  core::TensorFile lacking = to_tensors(m);
  lacking.tensors.erase("map/0.matrix");
  EXPECT_THROW((void)site_model(lacking), core::Error);
}

/// What comes of loading these bytes: nothing when they load, else the error's message; only Input may come.
template <class Load>
std::string loading(const std::string& bytes, const boost::filesystem::path& file, const Load& load) {
  core::write_file(file, bytes);
  try {
    (void)load(file);
    return {};
  } catch (const core::Error& error) {
    EXPECT_EQ(error.kind(), core::ErrorKind::Input) << error.what();
    return error.what();
  }
}

template <class Load>
void expect_flips_are_found(const boost::filesystem::path& sound, const Load& load) {
  const std::string good = core::read_file(sound);
  const boost::filesystem::path damaged = sound.parent_path() / ("damaged" + sound.extension().string());
  EXPECT_EQ(loading(good, damaged, load), "");
  core::Random random(3);
  const std::size_t header = 8 + static_cast<std::size_t>(static_cast<unsigned char>(good[0])) +
                             256 * static_cast<std::size_t>(static_cast<unsigned char>(good[1]));
  for (int trial = 0; trial < 60; ++trial) {
    std::string bytes = good;
    // Half of them in the numbers, where nothing but the digest can tell.
    const std::size_t first = trial % 2 == 0 ? header : 0;
    const std::size_t at = first + random.below(good.size() - 8 - first);
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
    const std::string said = loading(bytes, damaged, load);
    EXPECT_NE(said.find(damaged.filename().string()), std::string::npos) << "byte " << at << ": " << said;
    if (at >= header) {
      EXPECT_NE(said.find("damaged"), std::string::npos) << said;
      EXPECT_NE(said.find("copy it again"), std::string::npos) << said;
    }
  }
}

TEST(Reference, FlippedBitsAreFound) {
  const test::TemporaryFolder folder;
  save(package(), folder / "a.isoref");
  expect_flips_are_found(folder / "a.isoref",
                         [](const boost::filesystem::path& f) { return load_reference(f); });
  core::write_tensor_file(folder / "bare.isoref", to_tensors(package()));
  EXPECT_THROW((void)load_reference(folder / "bare.isoref"), core::Error);
}

TEST(Site, FlippedBitsAreFound) {
  const test::TemporaryFolder folder;
  SiteModel m = site(Method::Gaussian);
  save(m, folder / "a.isosite");
  expect_flips_are_found(folder / "a.isosite", [](const boost::filesystem::path& f) { return load_site(f); });
  core::write_tensor_file(folder / "bare.isosite", to_tensors(m));
  EXPECT_THROW((void)load_site(folder / "bare.isosite"), core::Error);
}

TEST(Method, NamesRoundTripAndOthersAreRefused) {
  for (const Method method : kMethods) EXPECT_EQ(method_named(name(method)), method);
  EXPECT_THROW((void)method_named("combat"), core::Error);
}

}  // namespace
}  // namespace isoscan::domain
