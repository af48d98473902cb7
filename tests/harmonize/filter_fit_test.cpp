#include "filter_fit.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/harmonize/acquisition.hpp"

#include "made_people.hpp"
#include "transfer.hpp"

namespace isoscan::harmonize {
namespace {

using domain::Acquisition;
using domain::AcquisitionEvidence;

const std::vector<preprocess::Prepared>& reference() {
  static const std::vector<preprocess::Prepared> all = test::made_persons(1, 6);
  return all;
}

const std::vector<preprocess::Prepared>& others() {
  static const std::vector<preprocess::Prepared> all = test::made_persons(101, 3);
  return all;
}

AcquisitionFit fit_of(const std::vector<preprocess::Prepared>& people,
                      const phantom::VirtualScanner& scanner) {
  std::vector<AcquisitionEvidence> site;
  std::uint64_t seed = 1;
  for (const preprocess::Prepared& person : others())
    site.push_back(acquisition_evidence(test::scan_of(person, scanner, seed++), person.brain, {}));
  return estimate_acquisition(people, site, {}, {});
}

/// Point spread and filter together.
double gain_at(const Acquisition& found, const std::array<double, 3>& f) {
  double exponent = 0.0;
  for (std::size_t a = 0; a < 3; ++a) exponent += found.blur.at(a).value * f.at(a) * f.at(a);
  return std::exp(-0.5 * exponent) * transfer_at(found.detail, f);
}

/// Three others of the same scanner: none, or one that hardly does anything.
TEST(FilterFit, OfOtherPeopleOfTheReferenceHardlyAnyFilterIsFound) {
  const AcquisitionFit fit = fit_of(reference(), {});
  if (!fit.with_filter) return;
  for (const double w : {0.8, 1.2, 1.6}) {
    for (std::size_t a = 0; a < 3; ++a) {
      std::array<double, 3> f{};
      f.at(a) = w;
      EXPECT_NEAR(gain_at(*fit.with_filter, f), 1.0, 0.1) << w << " along " << a;
    }
  }
}

TEST(FilterFit, AnUnsharpMaskIsFoundAndIsNoDetail) {
  phantom::VirtualScanner scanner;
  scanner.sharpening = 0.8;
  scanner.noise = 0.01;
  const AcquisitionFit fit = fit_of(reference(), scanner);
  ASSERT_TRUE(fit.with_filter.has_value());
  for (const double w : {1.2, 1.6}) {
    const double truth = 1.0 + 0.8 * (1.0 - std::exp(-0.5 * w * w));
    for (std::size_t a = 0; a < 3; ++a) {
      std::array<double, 3> f{};
      f.at(a) = w;
      EXPECT_NEAR(gain_at(*fit.with_filter, f), truth, 0.3) << w << " along " << a;
    }
  }
  EXPECT_EQ(fit.with_filter->finer, (std::array<double, 3>{}));
}

/// The reference's scanner blurs, the site's does not: that is resolution, whether a filter is found or not.
TEST(FilterFit, ASiteThatResolvesMoreKeepsItsDetail) {
  std::vector<preprocess::Prepared> blunt = reference();
  Acquisition blur;
  blur.blur = {{{0.2, 0.0}, {0.2, 0.0}, {0.2, 0.0}}};
  for (preprocess::Prepared& person : blunt) {
    person.image = seen_by(blur, person, 0.0, 3, {});
    const double white = preprocess::white_matter_level(person.image, person.tissue);
    for (float& v : person.image.voxels) v /= static_cast<float>(white);
  }
  const AcquisitionFit fit = fit_of(blunt, {});
  const auto roughness = [](const core::Volume& image) {
    double sum = 0.0;
    for (std::size_t n = 1; n < image.voxels.size(); ++n)
      sum += std::pow(static_cast<double>(image.voxels[n]) - static_cast<double>(image.voxels[n - 1]), 2.0);
    return sum;
  };
  const core::Volume& image = blunt[0].image;
  EXPECT_GT(roughness(sharpened_as(fit.found, image, 1)), 1.05 * roughness(image));
  if (fit.with_filter) {
    EXPECT_GT(roughness(sharpened_as(*fit.with_filter, image, 1)), 1.05 * roughness(image));
  }
}

TEST(FilterFit, TheNoisesColourIsFound) {
  phantom::VirtualScanner scanner;
  scanner.noise = 0.05;
  scanner.noise_correlation_voxels = 0.9;
  const AcquisitionFit fit = fit_of(reference(), scanner);
  ASSERT_TRUE(fit.with_filter.has_value());
  EXPECT_NEAR(std::sqrt(fit.with_filter->noise_variance.value), 0.05, 0.01);
  const std::vector<double>& colour = fit.with_filter->noise_colour;
  ASSERT_FALSE(colour.empty());
  const double low = transfer_at(colour, {0.8, 0.0, 0.0});
  const double high = transfer_at(colour, {2.4, 0.0, 0.0});
  EXPECT_GT(low / high, 4.0);  // exp(0.5 * 0.81 * (2.4^2 - 0.8^2)) = 7.9, through a window of lags
  EXPECT_LT(low / high, 16.0);
}

/// Fewer than four people cannot tell chance; threads do not change a byte.
TEST(FilterFit, FewPeopleGiveNoneAndThreadsGiveTheSame) {
  phantom::VirtualScanner scanner;
  scanner.sharpening = 0.8;
  const std::vector<preprocess::Prepared> three(reference().begin(), reference().begin() + 3);
  EXPECT_FALSE(fit_of(three, scanner).with_filter.has_value());
  std::vector<AcquisitionEvidence> site;
  for (const preprocess::Prepared& person : others())
    site.push_back(acquisition_evidence(test::scan_of(person, scanner, 1 + site.size()), person.brain, {}));
  AcquisitionOptions options;
  options.rounds = 1;
  options.filter_rounds = 1;
  core::Context threads;
  threads.threads = 3;
  const AcquisitionFit one = estimate_acquisition(reference(), site, options, {});
  ASSERT_TRUE(one.with_filter.has_value());
  EXPECT_EQ(*one.with_filter, *estimate_acquisition(reference(), site, options, threads).with_filter);
}

TEST(FilterFit, EvidenceOfAnotherMeasureIsRefused) {
  std::vector<AcquisitionEvidence> site{acquisition_evidence(others()[0].image, others()[0].brain, {})};
  site[0].edge_structure.clear();
  EXPECT_THROW((void)estimate_acquisition(reference(), site, {}, {}), core::Error);
}

}  // namespace
}  // namespace isoscan::harmonize
