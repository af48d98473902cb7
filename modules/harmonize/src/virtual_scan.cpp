#include "virtual_scan.hpp"

#include "isoscan/core/random.hpp"
#include "isoscan/features/bands.hpp"
#include "isoscan/harmonize/harmonize.hpp"

#include "pairs.hpp"
#include "site_statistics.hpp"

namespace isoscan::harmonize {

std::vector<double> statistics_of(const core::Volume& corrected, const core::Mask& brain,
                                  const domain::LevelSummary& reference, const core::Context& context) {
  features::BandOptions bands;
  bands.sd_mm = reference.band_sd_mm;
  const features::BandSpace space = features::band_space(bands, reference.spacing_mm);
  const features::BandRows rows = features::encode(corrected, brain, space, context);
  const features::ColumnScale scale = features::fit_scale(rows.values, rows.dims);
  return statistics_from(acquisition_evidence(corrected, brain, context),
                         static_cast<std::size_t>(space.bands()), scale.mean, scale.sd);
}

domain::SharedScan virtual_scan(const preprocess::Prepared& person, const phantom::VirtualScanner& scanner,
                                std::uint64_t scanner_seed, std::uint64_t scan_seed,
                                const domain::LevelSummary& reference, const preprocess::Atlas& atlas,
                                const SharedOptions& options, bool with_rows, const core::Context& context,
                                Pair* kept) {
  core::Random random(scan_seed, "shared restorer.scan");
  preprocess::Prepared truth = person;
  Pair pair;
  if (with_rows)
    pair.spots = add_spots(truth.image, truth.brain, truth.tissue[core::Tissue::WhiteMatter],
                           options.spots_per_ml, random);
  core::Volume image = phantom::scan_with(scanner, truth.image, truth.brain, truth.tissue, scanner_seed,
                                          random.seed(), context)
                           .image;
  if (truth.skull_stripped) {
    for (std::size_t v = 0; v < image.voxels.size(); ++v) {
      if (truth.head.voxels[v] == 0) image.voxels[v] = 0.0F;
    }
  }
  const preprocess::Prepared prepared = preprocess::prepare(image, truth.brain, {}, context);
  pair.corrected = corrected_image(prepared, reference, atlas, context);
  domain::SharedScan scan;
  scan.statistics = statistics_of(pair.corrected, truth.brain, reference, context);
  if (!with_rows) return scan;
  pair.truth = std::move(truth.image);
  pair.brain = std::move(truth.brain);
  Batch batch = sampled(pair, options.patches, options.rows, options.spot_rows, random, context);
  scan.rows = std::move(batch.rows);
  scan.targets = std::move(batch.targets);
  if (kept != nullptr) *kept = std::move(pair);
  return scan;
}

}  // namespace isoscan::harmonize
