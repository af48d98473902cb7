/// @file What is kept of one scan: numbers enough to learn a reference or a site from, no image. A thousand
/// of them fit in memory where a thousand scans do not.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "isoscan/core/tensor_file.hpp"
#include "isoscan/core/volume.hpp"
#include "isoscan/domain/acquisition.hpp"
#include "isoscan/domain/plausibility.hpp"
#include "isoscan/preprocess/atlas.hpp"

namespace isoscan::domain {

/// Quantile functions are stored at the probabilities i / (kQuantileCount - 1).
inline constexpr std::size_t kQuantileCount = 1001;
/// Tissue histograms are densities over 0..kHistogramHigh in kHistogramBins bins, for reports.
inline constexpr std::size_t kHistogramBins = 100;
inline constexpr double kHistogramHigh = 1.5;
/// Nyul's landmarks: the percentiles 1, 10, 20 ... 90, 99.
inline constexpr std::size_t kLandmarkCount = 11;

/// A scan (or many, pooled) on one working grid. Intensities have white matter = 1.
struct LevelSummary {
  double spacing_mm = 0.0;        ///< of the working grid
  std::vector<double> quantiles;  ///< of the brain, kQuantileCount
  double mean = 0.0;              ///< of the brain
  double sd = 0.0;
  std::array<double, core::kTissueCount>
      tissue_mean{};  ///< weighted by the posteriors: CSF, grey, white matter
  std::array<double, core::kTissueCount> tissue_share{};  ///< of the brain's volume
  std::vector<double>
      tissue_histograms;             ///< kTissueCount x kHistogramBins; a voxel counts with its posterior
  std::vector<double> band_sd_mm;    ///< the Gaussians of the band space (features::BandSpace::sd_mm)
  std::vector<double> feature_mean;  ///< one a column, over the whole brain
  std::vector<double> feature_sd;
  std::vector<float> rows;  ///< a random sample of feature rows, n x feature_mean.size(), row-major

  [[nodiscard]] std::size_t dims() const { return feature_mean.size(); }
  [[nodiscard]] std::size_t row_count() const { return dims() == 0 ? 0 : rows.size() / dims(); }
  bool operator==(const LevelSummary&) const = default;
};

struct ScanSummary {
  std::string id;  ///< a pseudonym, or empty
  double brain_ml = 0.0;
  std::string reference_digest;  ///< a site's scan: the package it was matched to; empty for plain summaries
  std::vector<LevelSummary> levels;  ///< rising spacing; as prepared; a site's scan has one
  /// A site's scan, methods that match: the same level after the second bias pass, in the scan's own
  /// contrast. The method "restore" keeps feature rows of it, others none.
  std::vector<LevelSummary> corrected;
  /// The same, then matched to the reference by its own histogram: feature rows for the maps come from here.
  std::vector<LevelSummary> matched;
  /// A site's scan, the method "restore": one entry.
  std::vector<AcquisitionEvidence> acquisition;
  /// A reference's scan: its portrait, then those of its views (harmonize/plausibility.hpp).
  std::vector<Portrait> portraits;
  /// A reference's scan: where its tissues lie and how bright they are (some 3 MB, most of a summary). Else
  /// empty.
  preprocess::AtlasSums atlas;
  std::vector<std::string> warnings;

  bool operator==(const ScanSummary&) const = default;
};

[[nodiscard]] core::TensorFile to_tensors(const ScanSummary& summary);
/// @throws Error(Input) where something is missing or does not fit.
[[nodiscard]] ScanSummary scan_summary(const core::TensorFile& file);

/// Single numbers that describe a level, by name: "gm_wm", "csf_wm", "csf_share", "gm_share", "band0_sd" ...
/// (for reports).
[[nodiscard]] std::map<std::string, double> measures(const LevelSummary& level);

/// The mean scan: quantiles, tissue values and feature moments averaged over the scans (feature SDs as root
/// mean square about the common mean), up to `max_rows` rows drawn from all in equal shares by `seed`.
/// @throws Error(Input) where a scan lacks the spacing or the band spaces differ; Error(Input) without scans.
[[nodiscard]] LevelSummary pool(const std::vector<const LevelSummary*>& levels, std::size_t max_rows,
                                std::uint64_t seed);

}  // namespace isoscan::domain
