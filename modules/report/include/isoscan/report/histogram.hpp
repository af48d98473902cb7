/// @file Intensity distributions per tissue, and their drawing as inline SVG.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "isoscan/core/volume.hpp"

namespace isoscan::report {

/// Bins of a histogram over intensities, white matter = 1.
struct Bins {
  double low = 0.0;
  double high = 1.5;
  int count = 100;

  [[nodiscard]] double width() const { return (high - low) / count; }
  /// The first thing wrong, or empty.
  [[nodiscard]] std::string problem() const;
  bool operator==(const Bins&) const = default;
};

/// Share of the tissue's voxels per unit of intensity; sums to 1/width over all bins when nothing lies
/// outside.
struct Histogram {
  Bins bins;
  std::vector<double> density;  ///< bins.count values
};
using TissueHistograms = std::array<Histogram, core::kTissueCount>;  ///< by core::Tissue

/// What is usual at the reference: the pointwise range of its people's histograms.
struct HistogramBand {
  Bins bins;
  std::vector<double> low, high;  ///< bins.count values each
};
using TissueBands = std::array<HistogramBand, core::kTissueCount>;

/// Each voxel counts with its posterior, shared between the two nearest bins, so that intensities in whole
/// numbers make no comb; values outside the bins are left out of the drawing but count in the total. `tissue`
/// may lie on another grid (sampled, trilinear). @throws core::Error(Config) on bins; core::Error(Numeric)
/// where a tissue is absent.
[[nodiscard]] TissueHistograms tissue_histograms(const core::Volume& volume, const core::TissueMaps& tissue,
                                                 const Bins& bins = {});

/// Of volumes on one grid, in their order. @throws core::Error(Geometry) where their grids differ.
[[nodiscard]] std::vector<TissueHistograms> tissue_histograms(const std::vector<const core::Volume*>& volumes,
                                                              const core::TissueMaps& tissue,
                                                              const Bins& bins = {});

/// Pointwise q..1-q quantiles over people; with few people nearly their minimum and maximum.
/// @throws core::Error(Internal) when empty or when the bins differ.
[[nodiscard]] TissueBands histogram_bands(const std::vector<TissueHistograms>& people, double q = 0.05);

/// The mean over people of a site. @throws core::Error(Internal) when empty or when the bins differ.
[[nodiscard]] TissueHistograms mean_histograms(const std::vector<TissueHistograms>& people);

/// Curves of one figure; what is absent is not drawn and not in the legend.
struct HistogramFigure {
  std::optional<TissueHistograms> before;
  std::optional<TissueHistograms> after;
  std::optional<TissueBands> reference;
  int reference_people = 0;  ///< that the reference's band is of; 0: not known
};
/// A reference of fewer than `kFewestPeople` (scan_report.hpp) people has no band, and the legend says so.
/// Legend and three panels (CSF, grey matter, white matter) over one axis. HTML to embed as it is: inline SVG
/// whose colours come from the page's style; empty when there is no curve.
[[nodiscard]] std::string histogram_svg(const HistogramFigure& figure);

}  // namespace isoscan::report
