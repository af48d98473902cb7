#include "isoscan/harmonize/acquisition.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"

#include "made_people.hpp"

namespace isoscan::harmonize {
namespace {

using domain::Acquisition;
using domain::AcquisitionEvidence;
using domain::Estimate;

/// The reference's people, one for all tests.
const std::vector<preprocess::Prepared>& reference() {
  static const std::vector<preprocess::Prepared> all = test::made_persons(1, 6);
  return all;
}

/// Other people: those of the site.
const std::vector<preprocess::Prepared>& others() {
  static const std::vector<preprocess::Prepared> all = test::made_persons(101, 3);
  return all;
}

/// They are seen by another scanner: the phantom's, which is not the one that the estimate simulates.
std::vector<AcquisitionEvidence> site_of(const phantom::VirtualScanner& scanner) {
  std::vector<AcquisitionEvidence> all;
  std::uint64_t seed = 1;
  for (const preprocess::Prepared& person : others())
    all.push_back(acquisition_evidence(test::scan_of(person, scanner, seed++), person.brain, {}));
  return all;
}

AcquisitionOptions plain() {
  AcquisitionOptions options;
  options.shrink = false;
  options.filter_rounds = 0;  // filter_fit_test.cpp
  return options;
}

/// What was found is within `sds` of its own SDs of the truth, and within a tolerance.
void expect_found(const char* what, const Estimate& found, double truth, double sds, double tolerance) {
  EXPECT_GT(found.sd, 0.0) << what;
  EXPECT_LT(std::abs(found.value - truth), sds * found.sd) << what;
  EXPECT_LT(std::abs(found.value - truth), tolerance) << what;
}

TEST(Acquisition, OfTheReferenceItselfIsAboutNothing) {
  const std::vector<AcquisitionEvidence> site = site_of({});
  const Acquisition found = estimate_acquisition(reference(), site, plain(), {}).found;
  for (const Estimate& e : found.contrast) expect_found("contrast", e, 1.0, 4.0, 0.12);
  for (const Estimate& e : found.blur) expect_found("blur", e, 0.0, 4.0, 0.1);
  expect_found("noise", found.noise_variance, 0.0, 4.0, 0.0015);
}

TEST(Acquisition, OfAKnownScannerIsFoundOnOtherPeople) {
  phantom::VirtualScanner scanner;
  scanner.contrast = {1.25, 0.92, 1.0, 0.92};
  scanner.psf_sd_voxels = {0.7, 0.6, 0.9};
  scanner.noise = 0.03;
  const Acquisition found = estimate_acquisition(reference(), site_of(scanner), plain(), {}).found;
  for (std::size_t a = 0; a < 3; ++a) {
    const double truth = scanner.psf_sd_voxels[a] * scanner.psf_sd_voxels[a];
    expect_found("blur", found.blur[a], truth, 4.0, 0.1);
  }
  expect_found("noise", found.noise_variance, scanner.noise * scanner.noise, 4.0, 5e-4);
  for (std::size_t t = 0; t < 3; ++t)
    expect_found("contrast", found.contrast[t], scanner.contrast[t], 4.0, 0.1);
}

/// Against parts of the reference itself a scanner stands out, and other people of the same scanner do not.
TEST(Acquisition, SurpriseTellsAScannerFromOtherPeople) {
  AcquisitionOptions options = plain();
  options.rounds = 2;
  const AcquisitionFit same = estimate_acquisition(reference(), site_of({}), options, {});
  phantom::VirtualScanner scanner;
  scanner.noise = 0.04;
  const AcquisitionFit other = estimate_acquisition(reference(), site_of(scanner), options, {});
  ASSERT_EQ(same.null_surprise.size(), other.null_surprise.size());
  ASSERT_FALSE(same.null_surprise.empty());
  EXPECT_TRUE(std::is_sorted(same.null_surprise.begin(), same.null_surprise.end()));
  EXPECT_LT(same.surprise, same.null_surprise[same.null_surprise.size() * 19 / 20]);
  EXPECT_GT(other.surprise, same.surprise + 1.0);
}

/// Evidence is relative to white matter, so that a common factor on all tissues cannot be seen: left where
/// the first comparison put it, it would scale brain and noise of every made scan.
TEST(Acquisition, WhiteMattersFactorIsOne) {
  Acquisition blunt;
  blunt.blur = {{{0.8, 0.0}, {0.8, 0.0}, {0.8, 0.0}}};
  std::vector<AcquisitionEvidence> site;
  for (const preprocess::Prepared& person : others())
    site.push_back(acquisition_evidence(seen_by(blunt, person, 0.0, 3, {}), person.brain, {}));
  AcquisitionOptions options = plain();
  for (const int rounds : {1, 2}) {
    options.rounds = rounds;
    EXPECT_EQ(estimate_acquisition(reference(), site, options, {}).found.contrast[2].value, 1.0);
  }
}

TEST(Acquisition, ItsOwnSimulationIsFoundToo) {
  Acquisition truth;
  truth.contrast = {{{0.8, 0.0}, {1.06, 0.0}, {1.0, 0.0}}};
  truth.blur = {{{0.3, 0.0}, {0.3, 0.0}, {0.0, 0.0}}};
  truth.noise_variance = {0.0004, 0.0};
  std::vector<AcquisitionEvidence> site;
  for (const preprocess::Prepared& person : others())
    site.push_back(acquisition_evidence(seen_by(truth, person, 0.0, site.size(), {}), person.brain, {}));
  const Acquisition found = estimate_acquisition(reference(), site, plain(), {}).found;
  for (std::size_t a = 0; a < 3; ++a) expect_found("blur", found.blur[a], truth.blur[a].value, 4.0, 0.1);
  expect_found("noise", found.noise_variance, 0.0004, 4.0, 5e-4);
  for (std::size_t t = 0; t < 3; ++t)
    expect_found("contrast", found.contrast[t], truth.contrast[t].value, 4.0, 0.1);
}

/// The same for every thread count; surer with more scans; and shrinking gives back what chance alone would
/// show: never more, never another sign.
TEST(Acquisition, ThreadsScansAndShrinking) {
  AcquisitionOptions options = plain();
  options.rounds = 1;
  const std::vector<preprocess::Prepared> few(reference().begin(), reference().begin() + 3);
  std::vector<AcquisitionEvidence> site{acquisition_evidence(others()[0].image, others()[0].brain, {})};
  const Acquisition one = estimate_acquisition(few, site, options, {}).found;
  core::Context three;
  three.threads = 3;
  EXPECT_EQ(one, estimate_acquisition(few, site, options, three).found);
  options.shrink = true;
  const Acquisition shrunk = estimate_acquisition(few, site, options, {}).found;
  options.shrink = false;
  site.assign(6, site.front());
  const Acquisition six = estimate_acquisition(few, site, options, {}).found;
  EXPECT_LT(six.noise_variance.sd, one.noise_variance.sd);
  for (std::size_t a = 0; a < 3; ++a) {
    EXPECT_NEAR(six.blur[a].sd / one.blur[a].sd, std::sqrt((1.0 / 6 + 1.0 / 3) / (1.0 + 1.0 / 3)), 1e-9);
    EXPECT_LE(std::abs(shrunk.blur[a].value), std::abs(one.blur[a].value));
    EXPECT_GE(shrunk.blur[a].value * one.blur[a].value, 0.0);
    EXPECT_LE(std::abs(std::log(shrunk.contrast[a].value)),
              std::abs(std::log(one.contrast[a].value)) + 1e-12);
  }
}

TEST(Acquisition, EvidenceDoesNotDependOnTheUnit) {
  const preprocess::Prepared& person = reference()[0];
  core::Volume image = person.image;
  for (float& v : image.voxels) v *= 512.0F;
  const AcquisitionEvidence a = acquisition_evidence(person.image, person.brain, {});
  const AcquisitionEvidence b = acquisition_evidence(image, person.brain, {});
  for (std::size_t t = 0; t < 3; ++t) EXPECT_NEAR(a.tissue_mean[t], b.tissue_mean[t], 1e-4);
  for (std::size_t n = 0; n < a.fine_structure.size(); ++n)
    ASSERT_NEAR(a.fine_structure[n], b.fine_structure[n], 1e-6);
  EXPECT_NEAR(a.tissue_mean[2], 1.0, 0.05);
  EXPECT_NEAR(a.pure_csf, b.pure_csf, 1e-4);
}

/// The brightness of pure CSF follows CSF's factor, and is not the mean of its class.
TEST(Acquisition, PureCsfFollowsItsFactor) {
  const preprocess::Prepared& person = reference()[0];
  const AcquisitionEvidence usual = acquisition_evidence(person.image, person.brain, {});
  EXPECT_LT(usual.pure_csf, usual.tissue_mean[0]);
  Acquisition dark;
  dark.contrast[0].value = 0.6;
  const AcquisitionEvidence seen = acquisition_evidence(seen_by(dark, person, 0.0, 1, {}), person.brain, {});
  EXPECT_NEAR(seen.pure_csf / usual.pure_csf, 0.6, 0.12);
}

TEST(Acquisition, TooLittleOrOtherEvidenceIsRefused) {
  const auto kind_of = [](const std::function<void()>& work) {
    try {
      work();
    } catch (const core::Error& error) {
      EXPECT_GT(std::string(error.what()).size(), 20U);
      return error.kind();
    }
    return core::ErrorKind::Internal;
  };
  const std::vector<preprocess::Prepared> one(reference().begin(), reference().begin() + 1);
  const std::vector<preprocess::Prepared> two(reference().begin(), reference().begin() + 2);
  const AcquisitionEvidence good = acquisition_evidence(one[0].image, one[0].brain, {});
  AcquisitionEvidence other = good;
  other.fine_structure.resize(27);
  const auto estimate = [](const auto& people, const std::vector<AcquisitionEvidence>& site, int rounds) {
    AcquisitionOptions options;
    options.rounds = rounds;
    (void)estimate_acquisition(people, site, options, {});
  };
  EXPECT_EQ(kind_of([&] { estimate(one, {good}, 1); }), core::ErrorKind::Input);
  EXPECT_EQ(kind_of([&] { estimate(two, {}, 1); }), core::ErrorKind::Input);
  EXPECT_EQ(kind_of([&] { estimate(two, {other}, 1); }), core::ErrorKind::Input);
  EXPECT_EQ(kind_of([&] { estimate(two, {good, other}, 1); }), core::ErrorKind::Input);
  EXPECT_EQ(kind_of([&] { estimate(two, {good}, 0); }), core::ErrorKind::Config);
}

TEST(SeenBy, TheReferencesOwnAcquisitionOnlyChangesTheGain) {
  const preprocess::Prepared& person = reference()[0];
  const core::Volume seen = seen_by({}, person, 0.0, 7, {});
  double gain = 0.0;
  for (std::size_t n = 0; n < seen.voxels.size(); ++n) {
    if (person.head.voxels[n] == 0) {
      ASSERT_EQ(seen.voxels[n], 0.0F);  // skull-stripped before, and after
      continue;
    }
    if (person.image.voxels[n] < 0.2F) continue;
    const double here = static_cast<double>(seen.voxels[n]) / static_cast<double>(person.image.voxels[n]);
    if (gain == 0.0) gain = here;
    ASSERT_NEAR(here / gain, 1.0, 1e-5);
  }
  EXPECT_GT(gain, 1.0);
}

TEST(SeenBy, IsAFunctionOfItsSeed) {
  const preprocess::Prepared& person = reference()[1];
  Acquisition noisy;
  noisy.noise_variance.value = 0.001;
  core::Context three;
  three.threads = 3;
  const core::Volume once = seen_by(noisy, person, 0.3, 7, {});
  EXPECT_EQ(once.voxels, seen_by(noisy, person, 0.3, 7, three).voxels);
  EXPECT_NE(once.voxels, seen_by(noisy, person, 0.3, 8, {}).voxels);
}

/// Grey matter by its factor, white matter as it is.
TEST(SeenBy, ContrastGoesToItsTissue) {
  const preprocess::Prepared& person = reference()[2];
  Acquisition dark;
  dark.contrast[1].value = 0.8;
  const core::Volume plain = seen_by({}, person, 0.0, 7, {});
  const core::Volume seen = seen_by(dark, person, 0.0, 7, {});
  for (std::size_t n = 0; n < seen.voxels.size(); ++n) {
    if (person.brain.voxels[n] == 0 || plain.voxels[n] <= 0.0F) continue;
    const double factor = 1.0 - 0.2 * static_cast<double>(person.tissue.posterior[1].voxels[n]);
    ASSERT_NEAR(seen.voxels[n], factor * plain.voxels[n], 1e-4 * plain.voxels[n]);
  }
}

/// Blur along world x is blur along whatever voxel axis runs along it.
TEST(SeenBy, BlurFollowsTheWorldsAxes) {
  const preprocess::Prepared& person = reference()[0];
  Acquisition blunt;
  blunt.blur[0].value = 0.8;
  const core::Volume straight = seen_by(blunt, person, 0.0, 7, {});
  const core::Grid& grid = person.image.grid;
  preprocess::Prepared turned;  // x and z swapped
  core::Grid other;
  other.size = {grid.size[2], grid.size[1], grid.size[0]};
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t a = 0; a < 3; ++a)
      other.world_from_voxel.matrix[3 * row + a] = grid.world_from_voxel.matrix[3 * row + 2 - a];
  }
  other.world_from_voxel.offset = grid.world_from_voxel.offset;
  const auto swapped = [&](const auto& from, auto to) {
    for (std::int64_t k = 0; k < grid.size[2]; ++k) {
      for (std::int64_t j = 0; j < grid.size[1]; ++j) {
        for (std::int64_t i = 0; i < grid.size[0]; ++i)
          to.voxels[other.index(k, j, i)] = from.voxels[grid.index(i, j, k)];
      }
    }
    return to;
  };
  turned.image = swapped(person.image, core::Volume(other));
  turned.brain = swapped(person.brain, core::Mask(other));
  turned.head = turned.brain;
  for (std::size_t t = 0; t < 3; ++t)
    turned.tissue.posterior[t] = swapped(person.tissue.posterior[t], core::Volume(other));
  turned.log_bias = core::Volume(other);
  turned.skull_stripped = true;
  const core::Volume seen = seen_by(blunt, turned, 0.0, 7, {});
  const core::Volume expected = swapped(straight, core::Volume(other));
  for (std::size_t n = 0; n < seen.voxels.size(); ++n)
    ASSERT_NEAR(seen.voxels[n], expected.voxels[n], 1e-4 * std::max(1.0F, expected.voxels[n]));
}

}  // namespace
}  // namespace isoscan::harmonize
