#include "isoscan/report/histogram.hpp"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"

#include "html.hpp"
#include "made_scan.hpp"

namespace isoscan::report {
namespace {

core::Grid coarse_grid() {
  return test::grid_of({0, 1, 2}, {false, false, false}, {150, 190, 140}, {3, 3, 3});
}

double integral(const Histogram& histogram) {
  return histogram.bins.width() * std::accumulate(histogram.density.begin(), histogram.density.end(), 0.0);
}

double mean_of(const Histogram& histogram) {
  double sum = 0.0;
  for (std::size_t n = 0; n < histogram.density.size(); ++n) {
    sum += histogram.density[n] * histogram.bins.width() *
           (histogram.bins.low + (static_cast<double>(n) + 0.5) * histogram.bins.width());
  }
  return sum;
}

TEST(Histogram, HoldsEachTissuesLevelAndSumsToOne) {
  const ScanImages images = test::made_images(coarse_grid());
  const TissueHistograms histograms = tissue_histograms(images.before, *images.tissue);
  const std::array<double, 3> level{0.25, 0.65, 1.0};
  for (std::size_t t = 0; t < 3; ++t) {
    EXPECT_NEAR(integral(histograms[t]), 1.0, 1e-9);
    EXPECT_NEAR(mean_of(histograms[t]), level[t], 0.01);
  }
}

TEST(Histogram, CountsByPosterior) {
  core::Grid grid;
  grid.size = {2, 1, 1};
  const core::Volume volume(grid, std::vector<float>{0.25F, 0.85F});
  core::TissueMaps tissue;
  for (core::Volume& posterior : tissue.posterior)
    posterior = core::Volume(grid, std::vector<float>{0.75F, 0.25F});
  const Histogram histogram = tissue_histograms(volume, tissue, {0.0, 1.0, 10})[0];
  EXPECT_NEAR(histogram.density[2], 7.5, 1e-6);
  EXPECT_NEAR(histogram.density[8], 2.5, 1e-6);
}

/// Stored in whole numbers, five of which fall into four bins: as smooth as what was scanned.
TEST(Histogram, WholeNumbersMakeNoComb) {
  core::Grid grid;
  grid.size = {80, 50, 1};
  core::Volume volume(grid);
  for (std::size_t n = 0; n < volume.voxels.size(); ++n)
    volume.voxels[n] = 0.0125F * static_cast<float>(n % 80);  // 0 to 0.9875, each alike
  core::TissueMaps tissue;
  for (core::Volume& posterior : tissue.posterior) posterior = core::Volume(grid, 1.0F);
  const Histogram histogram = tissue_histograms(volume, tissue, {0.0, 1.5, 96})[0];
  EXPECT_NEAR(integral(histogram), 1.0, 1e-9);
  for (std::size_t n = 1; n < 62; ++n) EXPECT_NEAR(histogram.density[n], 1.0, 0.1) << n;
  EXPECT_NEAR(mean_of(histogram), 0.49375, 0.001) << "the shares keep the mean";
}

TEST(Histogram, ValuesBeyondTheBinsCountInTheTotalOnly) {
  core::Grid grid;
  grid.size = {4, 1, 1};
  const core::Volume volume(grid, std::vector<float>{0.5F, 0.5F, 7.0F, -3.0F});
  core::TissueMaps tissue;
  for (core::Volume& posterior : tissue.posterior) posterior = core::Volume(grid, 1.0F);
  EXPECT_NEAR(integral(tissue_histograms(volume, tissue)[1]), 0.5, 1e-9);
}

TEST(Histogram, TissueMapsMayLieOnAnotherGrid) {
  const ScanImages images = test::made_images(coarse_grid(), 0.0);
  const core::Grid other = test::grid_of({2, 0, 1}, {true, false, true}, {150, 190, 140}, {5, 5, 5});
  const ScanImages there = test::made_images(other, 0.0);
  const TissueHistograms histograms = tissue_histograms(images.before, *there.tissue);
  EXPECT_NEAR(mean_of(histograms[2]), 1.0, 0.03);
  // Five-millimetre maps blur small structures, not the order of the tissues.
  EXPECT_LT(mean_of(histograms[0]), mean_of(histograms[1]));
  EXPECT_LT(mean_of(histograms[1]), mean_of(histograms[2]));
}

TEST(Histogram, BandsHoldThePeopleTheyWereMadeFrom) {
  const ScanImages images = test::made_images(coarse_grid());
  std::vector<TissueHistograms> people;
  for (const float gain : {0.97F, 1.0F, 1.03F}) {
    core::Volume person = images.before;
    for (float& value : person.voxels) value *= gain;
    people.push_back(tissue_histograms(person, *images.tissue));
  }
  const TissueBands bands = histogram_bands(people, 0.0);
  for (const TissueHistograms& person : people) {
    for (std::size_t bin = 0; bin < 100; ++bin) {
      EXPECT_LE(bands[2].low[bin], person[2].density[bin] + 1e-5);
      EXPECT_GE(bands[2].high[bin], person[2].density[bin] - 1e-5);
    }
  }
  EXPECT_NEAR(integral(mean_histograms(people)[2]), 1.0, 1e-9);
  EXPECT_THROW((void)histogram_bands({}), core::Error);
  people.push_back(tissue_histograms(images.before, *images.tissue, {0.0, 2.0, 100}));
  EXPECT_THROW((void)mean_histograms(people), core::Error);
}

TEST(Histogram, AnAbsentTissueIsAnErrorNotAFlatLine) {
  core::Grid grid;
  grid.size = {4, 4, 4};
  core::TissueMaps tissue;
  for (core::Volume& posterior : tissue.posterior) posterior = core::Volume(grid);
  EXPECT_THROW((void)tissue_histograms(core::Volume(grid, 1.0F), tissue), core::Error);
}

TEST(HistogramSvg, ABandSaysOfHowManyPeopleAndFewHaveNone) {
  HistogramFigure figure;
  HistogramBand band;
  band.low.assign(static_cast<std::size_t>(band.bins.count), 0.1);
  band.high.assign(static_cast<std::size_t>(band.bins.count), 0.2);
  figure.reference.emplace();
  figure.reference->fill(band);
  figure.before.emplace();
  for (Histogram& each : *figure.before) each.density = band.low;
  const auto svg = [&](int people) {
    figure.reference_people = people;
    return histogram_svg(figure);
  };
  EXPECT_NE(svg(0).find("how many is not known"), std::string::npos);
  EXPECT_NE(svg(8).find("5 to 95 % of its 8 people"), std::string::npos);
  EXPECT_NE(svg(8).find("<polygon"), std::string::npos);
  EXPECT_NE(svg(7).find("reference of 7 people: too few"), std::string::npos);
  EXPECT_EQ(svg(7).find("<polygon"), std::string::npos);
  EXPECT_EQ(svg(7).find("key band"), std::string::npos);
}

TEST(HistogramSvg, DrawsOnlyWhatThereIs) {
  const ScanImages images = test::made_images(coarse_grid());
  HistogramFigure figure;
  EXPECT_EQ(histogram_svg(figure), "");
  figure.before = tissue_histograms(images.before, *images.tissue);
  std::string svg = histogram_svg(figure);
  EXPECT_EQ(test::occurrences(svg, "<polyline class=\"before\""), 3U);
  EXPECT_EQ(test::occurrences(svg, "<polyline class=\"after\""), 0U);
  EXPECT_EQ(test::occurrences(svg, "key after"), 0U);
  EXPECT_EQ(test::occurrences(svg, "intensity (white matter = 1)"), 3U);
  figure.after = figure.before;
  figure.reference = histogram_bands({*figure.before});
  svg = histogram_svg(figure);
  EXPECT_EQ(test::occurrences(svg, "<polyline class=\"after\""), 3U);
  EXPECT_EQ(test::occurrences(svg, "<polygon class=\"band\""), 3U);
  EXPECT_EQ(test::occurrences(svg, "nan"), 0U);
}

}  // namespace
}  // namespace isoscan::report
