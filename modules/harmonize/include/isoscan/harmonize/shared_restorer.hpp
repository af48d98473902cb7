/// @file Teach one restorer all sites, at the reference, once: its own people seen by hundreds of virtual
/// scanners (phantom/site_sampler.hpp), each prepared and corrected as a real scan is, with the statistics
/// that tell the site. A new site is then told from its scans in seconds, and no image of the reference is
/// needed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/context.hpp"
#include "isoscan/domain/scan_summary.hpp"
#include "isoscan/domain/shared_restorer.hpp"
#include "isoscan/features/patches.hpp"
#include "isoscan/harmonize/people.hpp"
#include "isoscan/phantom/site_sampler.hpp"
#include "isoscan/preprocess/atlas.hpp"

namespace isoscan::harmonize {

struct SharedOptions {
  phantom::SiteRanges ranges;
  int sites = 400;    ///< virtual ones to learn from,
  int held_out = 40;  ///< and more of them, of people whom the others do not show, that say when to stop
  int scans = 2;      ///< of each site, of different people
  std::size_t rows = 2000;     ///< voxels of each scan,
  double spot_rows = 0.25;     ///< and as many more as this share of them from its spots
  double spots_per_ml = 0.05;  ///< as RestoreOptions::spots_per_ml
  features::PatchSpace patches;
  domain::SharedRestorerOptions network;

  [[nodiscard]] std::string problem() const;
};

/// What tells a site, of one of its scans as summarize_for_site leaves it for the method "restore": tissue
/// contrast, fine structure deep in white matter and elsewhere, moments of the bands. Logarithms and ratios.
/// @throws Error(Input) where the summary was made for another method.
[[nodiscard]] std::vector<double> site_statistics(const domain::ScanSummary& scan);
/// Their names, in order, for a working spacing, and the number of the group that each belongs to.
struct StatisticNames {
  std::vector<std::string> names;
  std::vector<int> groups;
};
[[nodiscard]] StatisticNames statistic_names(std::size_t bands);

/// What a caller may watch and keep of a training.
struct SharedRun {
  /// A folder for virtual scans (0.9 MB each) and checkpoints, which a training of the same people, options
  /// and seed goes on from, with the same end, bit by bit; empty: nothing is kept.
  boost::filesystem::path folder;
  /// Called at each judged step.
  std::function<void(const domain::SharedRestorerFit& so_far)> watch;
};

/// @param people     of the reference, at one spacing; at least 4
/// @param reference  pooled level of that spacing, and the atlas (may be empty)
/// @throws Error(Input) with fewer people or where most virtual scans cannot be used;
/// Error(Io) where the folder cannot be written.
[[nodiscard]] domain::SharedRestorerFit train_shared_restorer(
    const People& people, const domain::LevelSummary& reference, const preprocess::Atlas& atlas,
    const SharedOptions& options, const core::Context& context, const SharedRun& run = {});

}  // namespace isoscan::harmonize
