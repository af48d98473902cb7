/// @file The reference domain: what scans should look like. Holds no image, no name; it may leave the
/// hospital.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/domain/plausibility.hpp"
#include "isoscan/domain/scan_summary.hpp"
#include "isoscan/domain/shared_restorer.hpp"

namespace isoscan::domain {

/// How a measure varies over the reference's people (harmonize/measure_ranges.hpp), or a site's scans.
struct Range {
  double mean = 0.0;
  double sd = 0.0;
  double min = 0.0;
  double max = 0.0;
  int scans = 0;  ///< people or scans that it is of; 0 in files of earlier versions: not known
  bool operator==(const Range&) const = default;
};

struct ReferenceLevel {
  LevelSummary pooled;                  ///< the mean scan, with a random sample of rows of all
  std::vector<double> nyul_landmarks;   ///< standard scale of the percentiles 1, 10, 20 ... 90, 99
  std::map<std::string, Range> ranges;  ///< of domain::measures over the people, for reports
  /// Distances between random halves of the reference, rising, by name as in domain::distances: what "no
  /// difference" looks like. Empty with fewer than two scans.
  std::map<std::string, std::vector<double>> null_distances;
  /// Pointwise 5 % and 95 % quantiles of the scans' tissue histograms, laid out like them.
  std::vector<double> histogram_low;
  std::vector<double> histogram_high;
  bool operator==(const ReferenceLevel&) const = default;
};

struct ReferencePackage {
  std::string software;  ///< "isoscan 0.1.0"
  std::uint64_t seed = 0;
  int scans = 0;
  std::string source_digest;           ///< SHA-256 over the scans' summaries: what it was made from
  double spacing_mm = 0.0;             ///< the reference's own working spacing
  double alpha = 0.0;                  ///< of features::BandOptions
  std::vector<double> band_sd_mm;      ///< all Gaussians, before coarser levels leave some out
  std::vector<ReferenceLevel> levels;  ///< rising spacing, the first is the reference's own
  Plausibility plausibility;           ///< what a head looks like; empty in older packages
  preprocess::Atlas atlas;             ///< its brains by place; empty in older packages
  SharedRestorer shared;               ///< of all sites, at spacing_mm; empty where none was taught
  std::vector<std::string> warnings;

  /// The level of a working spacing (within 1 %). @throws Error(Input) naming the spacings there are.
  [[nodiscard]] const ReferenceLevel& level(double spacing_mm) const;
  bool operator==(const ReferencePackage&) const = default;
};

/// Distances of two pooled levels, white matter = 1: "intensity" (root mean square between quantile
/// functions, the 1-D Wasserstein-2 distance), "contrast" (largest tissue mean difference), "bands" (root
/// mean square difference of the log band SDs). 0 on equal input.
[[nodiscard]] std::map<std::string, double> distances(const LevelSummary& a, const LevelSummary& b);

/// Where a site works with a reference: the first step of the reference's ladder that is not finer than the
/// site's coarsest voxel edge (within 2 %); the coarsest step for sites coarser than all.
[[nodiscard]] double working_spacing_mm(const ReferencePackage& reference, double site_edge_mm);
/// A reference's own spacing and the coarser ones of 1, 1.25, 1.5, 2, 2.5, 3 mm.
[[nodiscard]] std::vector<double> spacing_ladder(double own_mm);
/// The longest voxel edge in mm: what limits a scan's detail.
[[nodiscard]] double coarsest_edge_mm(const core::Grid& grid);

[[nodiscard]] core::TensorFile to_tensors(const ReferencePackage& package);
/// @throws Error(Input) where it is no reference package, of a newer format, or incomplete; or, naming the
/// tensor or entry, where one has another type, shape or range than the method wants.
[[nodiscard]] ReferencePackage reference_package(const core::TensorFile& file);
/// SHA-256 of the package's bytes: its name in site models.
[[nodiscard]] std::string digest(const ReferencePackage& package);

/// Extension .isoref by convention. Writing is atomic and seals the content with its digest
/// (core::seal), which the reader checks. @throws Error(Io|Input) naming the file and the cure.
void save(const ReferencePackage& package, const boost::filesystem::path& file);
[[nodiscard]] ReferencePackage load_reference(const boost::filesystem::path& file);

}  // namespace isoscan::domain
