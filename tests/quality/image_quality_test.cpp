// Image quality measures on a head of nested boxes with known noise.
#include "isoscan/quality/image_quality.hpp"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isoscan/core/random.hpp"

namespace isoscan::quality {
namespace {

using core::Tissue;
using ::testing::HasSubstr;

struct Scan {
  core::Volume image;
  core::Mask head;
  core::Mask brain;
  core::TissueMaps tissue;
};

constexpr double kWhite = 400.0;
constexpr double kGrey = 260.0;
constexpr double kCsf = 100.0;
constexpr double kScalp = 600.0;
constexpr double kNoise = 10.0;

/// Boxes: white inside 10, grey inside 16, CSF inside 20, scalp inside 24 of a cube of half edge 30.
Scan make_scan(double noise = kNoise, double gain = 1.0) {
  core::Grid grid;
  grid.size = {60, 60, 60};
  Scan s;
  s.image = core::Volume(grid);
  s.head = core::Mask(grid);
  s.brain = core::Mask(grid);
  for (auto& p : s.tissue.posterior) p = core::Volume(grid);
  core::Random random(3);
  for (std::int64_t k = 0; k < 60; ++k) {
    for (std::int64_t j = 0; j < 60; ++j) {
      for (std::int64_t i = 0; i < 60; ++i) {
        const double r = std::max({std::abs(i - 29.5), std::abs(j - 29.5), std::abs(k - 29.5)});
        const std::size_t n = grid.index(i, j, k);
        double v = 0.0;
        if (r < 20.0) {
          const Tissue t = r < 10.0 ? Tissue::WhiteMatter : r < 16.0 ? Tissue::GreyMatter : Tissue::Csf;
          s.tissue[t].voxels[n] = 0.99F;
          s.tissue[t == Tissue::GreyMatter ? Tissue::Csf : Tissue::GreyMatter].voxels[n] = 0.01F;
          v = t == Tissue::WhiteMatter ? kWhite : t == Tissue::GreyMatter ? kGrey : kCsf;
          s.brain.voxels[n] = 1;
        }
        if (r < 24.0) {
          s.head.voxels[n] = 1;
          if (r >= 20.0) v = kScalp;
        }
        const double real = v + noise * random.normal();
        const double imaginary = noise * random.normal();
        s.image.voxels[n] = static_cast<float>(gain * std::sqrt(real * real + imaginary * imaginary));
      }
    }
  }
  return s;
}

ImageQuality measure(const Scan& s) {
  return measure_image_quality(s.image, s.head, s.brain, s.tissue);
}

double value(const ImageQuality& q, const std::string& name) {
  const Measure* m = q.find(name);
  EXPECT_NE(m, nullptr) << name;
  EXPECT_TRUE(m != nullptr && m->value.has_value()) << name << ": " << (m != nullptr ? m->reason : "");
  return m != nullptr ? m->value.value_or(NAN) : NAN;
}

TEST(ImageQuality, AgreesWithClosedForms) {
  const ImageQuality q = measure(make_scan());
  const double air_sd = kNoise * std::sqrt(2.0 - M_PI / 2.0);  // Rayleigh
  const double scale = 1000.0 / kWhite;
  EXPECT_NEAR(value(q, "cjv"), 2.0 * kNoise / (kWhite - kGrey), 0.005);
  EXPECT_NEAR(value(q, "cnr"), (kWhite - kGrey) / std::sqrt(2.0 * kNoise * kNoise + air_sd * air_sd), 0.2);
  EXPECT_NEAR(value(q, "cnr_tissue"), (kWhite - kGrey) / (std::sqrt(2.0) * kNoise), 0.2);
  EXPECT_NEAR(value(q, "snr_wm"), kWhite / kNoise, 1.0);
  EXPECT_NEAR(value(q, "snr_total"), (value(q, "snr_csf") + value(q, "snr_gm") + value(q, "snr_wm")) / 3.0,
              1e-9);
  EXPECT_NEAR(value(q, "snrd_wm"), kWhite / kNoise, 2.0);  // Dietrich's factor undoes the Rayleigh shape
  EXPECT_NEAR(value(q, "summary_wm_median"), 1000.0, 1e-2);
  EXPECT_NEAR(value(q, "summary_gm_median"), kGrey * scale, 2.0);
  EXPECT_NEAR(value(q, "summary_csf_p05"), (kCsf - 1.645 * kNoise) * scale, 3.0);
  EXPECT_NEAR(value(q, "summary_bg_stdv"), air_sd * scale, 0.3);
  EXPECT_NEAR(value(q, "wm2max"), kWhite / (kScalp + 3.3 * kNoise), 0.02);
  EXPECT_GT(value(q, "fber"), 100.0);
  EXPECT_NEAR(value(q, "icvs_wm"), 0.99 * std::pow(20.0 / 40.0, 3), 0.001);
  EXPECT_NEAR(value(q, "icvs_csf") + value(q, "icvs_gm") + value(q, "icvs_wm"), 1.0, 1e-9);
  EXPECT_NEAR(value(q, "rpve_wm"), 0.99, 1e-3);
}

TEST(ImageQuality, DoesNotDependOnGain) {
  const ImageQuality one = measure(make_scan());
  const ImageQuality other = measure(make_scan(kNoise, 7.0));
  for (const Measure& m : one.measures) {
    const Measure* same = other.find(m.name);
    ASSERT_NE(same, nullptr);
    ASSERT_EQ(m.value.has_value(), same->value.has_value()) << m.name;
    if (m.value) {
      EXPECT_NEAR(*same->value, *m.value, 1e-3 * std::abs(*m.value) + 1e-9) << m.name;
    }
  }
}

TEST(ImageQuality, NoiseMakesItWorse) {
  const ImageQuality good = measure(make_scan(5.0));
  const ImageQuality bad = measure(make_scan(25.0));
  EXPECT_GT(value(bad, "cjv"), value(good, "cjv"));
  EXPECT_GT(value(bad, "efc"), value(good, "efc"));
  for (const char* name : {"cnr", "cnr_tissue", "snr_total", "snrd_total", "fber"}) {
    EXPECT_LT(value(bad, name), value(good, name)) << name;
  }
}

TEST(ImageQuality, EntropyHasItsEnds) {
  Scan s = make_scan();
  const Scan noisy = s;
  // All voxels alike is the maximum, 1; the head must not be the constant patch that turns the measure off.
  for (std::size_t n = 0; n < s.image.voxels.size(); ++n) s.image.voxels[n] = n % 2 == 0 ? 1.0F : 1.001F;
  EXPECT_NEAR(value(measure(s), "efc"), 1.0, 1e-3);
  EXPECT_LT(value(measure(noisy), "efc"), 0.9);
}

TEST(ImageQuality, SkullStrippedAndDefacedSayWhy) {
  Scan stripped = make_scan();
  stripped.head = stripped.brain;
  for (std::size_t n = 0; n < stripped.image.voxels.size(); ++n) {
    if (stripped.brain.voxels[n] == 0) stripped.image.voxels[n] = 0.0F;
  }
  const ImageQuality q = measure(stripped);
  for (const char* name : {"cnr", "snrd_wm", "snrd_total", "efc", "fber", "wm2max", "summary_bg_mean"}) {
    ASSERT_FALSE(q.find(name)->value) << name;
    EXPECT_THAT(q.find(name)->reason, HasSubstr("skull-stripped")) << name;
  }
  for (const char* name : {"cjv", "cnr_tissue", "snr_total", "icvs_gm", "rpve_gm", "summary_wm_p95"}) {
    EXPECT_TRUE(q.find(name)->value) << name;
  }
  EXPECT_EQ(q.measures.size(), measure(make_scan()).measures.size());

  Scan defaced = make_scan();
  for (std::int64_t k = 0; k < 60; ++k) {
    for (std::int64_t j = 0; j < 8; ++j) {
      for (std::int64_t i = 0; i < 60; ++i) defaced.image.at(i, j, k) = 0.0F;
    }
  }
  EXPECT_FALSE(measure(defaced).find("fber")->value);
  EXPECT_THAT(measure(defaced).find("fber")->reason, HasSubstr("defaced"));
  EXPECT_TRUE(measure(defaced).find("wm2max")->value);
}

/// A cube of n^3 voxels of nothing.
Scan empty_scan(std::int64_t n) {
  core::Grid grid;
  grid.size = {n, n, n};
  Scan s;
  s.image = core::Volume(grid);
  s.head = core::Mask(grid);
  s.brain = core::Mask(grid);
  for (auto& p : s.tissue.posterior) p = core::Volume(grid);
  return s;
}

// 4 x 4 x 4 voxels: 50 of white matter with p = 0.51, 0.518 ... 0.902 and the rest grey, 14 of pure CSF. The
// least and the most lie outside of the 2nd and the 98th percentile; the other 48 sum to 33.888.
TEST(ImageQuality, PartialVolumesByHand) {
  Scan s = empty_scan(4);
  for (std::size_t n = 0; n < 64; ++n) {
    s.brain.voxels[n] = s.head.voxels[n] = 1;
    const double p = 0.51 + 0.008 * static_cast<double>(n);
    s.tissue[Tissue::WhiteMatter].voxels[n] = n < 50 ? static_cast<float>(p) : 0.0F;
    s.tissue[Tissue::GreyMatter].voxels[n] = n < 50 ? static_cast<float>(1.0 - p) : 0.0F;
    s.tissue[Tissue::Csf].voxels[n] = n < 50 ? 0.0F : 1.0F;
  }
  const ImageQuality q = measure(s);
  EXPECT_NEAR(value(q, "icvs_wm"), 35.3 / 64, 1e-6);
  EXPECT_NEAR(value(q, "icvs_gm"), 14.7 / 64, 1e-6);
  EXPECT_NEAR(value(q, "icvs_csf"), 14.0 / 64, 1e-6);
  EXPECT_NEAR(value(q, "rpve_wm"), 33.888 / 50, 1e-6);
  EXPECT_FALSE(q.find("rpve_csf")->value.has_value()) << "pure";
  EXPECT_FALSE(q.find("rpve_gm")->value.has_value()) << "nowhere the likeliest";
}

// A head of 4 x 4 x 4 voxels at 10 in air of 1, 2, 3 in turn. Energies: 100 in the head, 4 the median of 1, 4
// and 9 in air. EFC by MRIQC's formula (sum x/b ln x/b over its maximum) computed apart.
TEST(ImageQuality, EntropyAndEnergiesByHand) {
  Scan s = empty_scan(12);
  std::size_t n = 0;
  for (std::int64_t k = 0; k < 12; ++k) {
    for (std::int64_t j = 0; j < 12; ++j) {
      for (std::int64_t i = 0; i < 12; ++i, ++n) {
        const auto within = [](std::int64_t a) { return a >= 4 && a < 8; };
        s.image.voxels[n] = static_cast<float>((i + j + k) % 3 + 1);
        if (!within(i) || !within(j) || !within(k)) continue;
        s.image.voxels[n] = 10.0F;
        s.head.voxels[n] = 1;
        s.brain.voxels[n] = k < 7 ? 1 : 0;
      }
    }
  }
  const ImageQuality q = measure(s);
  EXPECT_NEAR(value(q, "fber"), 25.0, 1e-9);
  EXPECT_NEAR(value(q, "efc"), 0.8077232057, 1e-6);
}

// MRIQC's measures of T1w scans, as its documentation lists them: each is there, or left out by name.
TEST(ImageQuality, NamesAreThoseOfMriqc) {
  const std::vector<std::string> left_out{
      "fwhm_avg",      "fwhm_x",       "fwhm_y",          "fwhm_z",         "inu_med",        "inu_range",
      "qi_1",          "qi_2",         "size_x",          "size_y",         "size_z",         "spacing_x",
      "spacing_y",     "spacing_z",    "tpm_overlap_csf", "tpm_overlap_gm", "tpm_overlap_wm", "summary_bg_k",
      "summary_csf_k", "summary_gm_k", "summary_wm_k"};
  std::vector<std::string> published{"cjv",     "cnr",     "efc",        "fber",      "icvs_csf",
                                     "icvs_gm", "icvs_wm", "rpve_csf",   "rpve_gm",   "rpve_wm",
                                     "snr_csf", "snr_gm",  "snr_wm",     "snr_total", "snrd_csf",
                                     "snrd_gm", "snrd_wm", "snrd_total", "wm2max"};
  for (const char* region : {"bg", "csf", "gm", "wm"}) {
    for (const char* what : {"mean", "stdv", "median", "mad", "p05", "p95", "n", "k"})
      published.push_back(std::string("summary_") + region + "_" + what);
  }
  published.insert(published.end(), left_out.begin(), left_out.end() - 4);  // the kurtoses are there already
  EXPECT_EQ(published.size(), 68U);
  std::vector<std::string> expected{"cnr_tissue"};  // ours alone
  for (const std::string& name : published) {
    if (std::find(left_out.begin(), left_out.end(), name) == left_out.end()) expected.push_back(name);
  }
  std::vector<std::string> found;
  for (const Measure& each : measure(make_scan()).measures) found.push_back(each.name);
  EXPECT_THAT(found, ::testing::UnorderedElementsAreArray(expected));
}

TEST(ImageQuality, AnEmptyBrainHasReasonsAndNoNumbers) {
  Scan s = make_scan();
  s.brain = core::Mask(s.image.grid);
  for (auto& p : s.tissue.posterior) p = core::Volume(s.image.grid);
  const ImageQuality q = measure(s);
  for (const char* name : {"cjv", "cnr", "snr_total", "wm2max", "rpve_gm", "icvs_gm", "summary_wm_mean"}) {
    EXPECT_FALSE(q.find(name)->value) << name;
    EXPECT_FALSE(q.find(name)->reason.empty()) << name;
  }
  EXPECT_EQ(q.find("no such measure"), nullptr);
}

}  // namespace
}  // namespace isoscan::quality
