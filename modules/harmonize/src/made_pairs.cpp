// Scans that were never learnt from, held against what restoring makes of them.
#include "made_pairs.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/smooth.hpp"
#include "isoscan/preprocess/tissue.hpp"
#include "isoscan/quality/anatomy.hpp"
#include "isoscan/quality/fidelity.hpp"

#include "failures.hpp"
#include "gates.hpp"
#include "kept_volume.hpp"
#include "made_range.hpp"

namespace isoscan::harmonize {

namespace {

constexpr double kDetailSd = 1.0;  // voxels of the local mean that detail is what is left over
constexpr double kMostGain = 1.5;

struct Checked {
  KeptVolume truth, corrected, restored, detail;
  core::Mask brain;
  std::vector<std::int8_t> classes;
};

/// Gradient energy at strong edges over the truth's, mean over the scans.
double edge_energy(const std::vector<Checked>& scans, double gain) {
  double sum = 0.0;
  double count = 0.0;
  for (const Checked& scan : scans) {
    core::Volume image = scan.restored.whole();
    add_detail(image, scan.detail.whole(), gain - 1.0);
    const auto ratio = quality::gradient_energy_ratio(image, scan.truth.whole(), scan.brain);
    if (!ratio) continue;
    sum += *ratio;
    count += 1.0;
  }
  return count > 0.0 ? sum / count : 1.0;
}

/// The gain that brings the energy to the wanted one, by bisection; 1 where it has it already.
double detail_gain(const std::vector<Checked>& scans, double wanted) {
  if (wanted <= 0.0 || edge_energy(scans, 1.0) >= wanted) return 1.0;
  double low = 1.0;
  double high = kMostGain;
  for (int step = 0; step < 8; ++step) {
    const double middle = 0.5 * (low + high);
    (edge_energy(scans, middle) < wanted ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

/// How well the tissue of a made scan is found again in what was restored of it; nothing where that does not
/// show three tissues.
void add_dice(const core::Volume& image, const Checked& scan,
              std::array<std::vector<double>, core::kTissueCount>& dice, const core::Context& context) {
  if (scan.classes.empty()) return;
  core::Context quiet = context;
  quiet.progress = {};
  try {
    const auto found = quality::tissue_dice(
        quality::tissue_classes(preprocess::classify_tissue(image, scan.brain, quiet).maps), scan.classes);
    for (std::size_t t = 0; t < dice.size(); ++t) {
      if (found.at(t)) dice.at(t).push_back(*found.at(t));
    }
  } catch (const core::Error& error) {
    if (error.kind() != core::ErrorKind::Numeric) throw;
  }
}

}  // namespace

core::Volume detail_of(const core::Volume& image, const core::Mask& brain, const core::Context& context) {
  const core::Vec3 spacing = image.grid.spacing_mm();
  core::Volume detail = core::gaussian_in(image, brain, kDetailSd * spacing[0], context);
  for (std::size_t n = 0; n < detail.voxels.size(); ++n)
    detail.voxels[n] = brain.voxels[n] != 0 ? image.voxels[n] - detail.voxels[n] : 0.0F;
  return detail;
}

void add_detail(core::Volume& image, const core::Volume& detail, double share) {
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    if (detail.voxels[n] == 0.0F) continue;
    image.voxels[n] = std::max(0.0F, image.voxels[n] + static_cast<float>(share) * detail.voxels[n]);
  }
}

void check_on_pairs(domain::SiteModel& model, std::size_t first, const PairMaker& make,
                    const RestoreOptions& options, const core::Context& context) {
  model.detail_gain = 1.0;
  std::vector<Checked> scans(static_cast<std::size_t>(options.check_scans));
  core::Context one = context;
  one.threads = 1;
  one.progress = {};
  Failures failures(scans.size());
  core::parallel_for(options.check_scans, context.threads, [&](std::int64_t begin, std::int64_t end) {
    for (auto n = static_cast<std::size_t>(begin); n < static_cast<std::size_t>(end); ++n) {
      context.check_stop();
      failures.run(n, [&] {
        Pair pair = make(first + n, one);
        Checked& scan = scans[n];
        scan.truth = KeptVolume(std::exchange(pair.truth, {}));
        const core::Volume image = restored(pair.corrected, pair.brain, model, one);
        scan.corrected = KeptVolume(std::exchange(pair.corrected, {}));
        scan.restored = KeptVolume(image);
        scan.detail = KeptVolume(detail_of(image, pair.brain, one));
        scan.brain = std::move(pair.brain);
        scan.classes = std::move(pair.classes);
      });
    }
  });
  failures.require_most(kUnusable, kTooFar);
  std::erase_if(scans, [](const Checked& scan) { return scan.brain.voxels.empty(); });
  model.detail_gain = detail_gain(scans, options.edge_energy);
  std::vector<double> correlation;
  std::vector<double> change;
  std::vector<ErrorRows> errors;
  std::array<std::vector<double>, core::kTissueCount> dice;
  for (const Checked& scan : scans) {
    core::Volume image = scan.restored.whole();
    add_detail(image, scan.detail.whole(), model.detail_gain - 1.0);
    const RestorationCheck check = check_restoration(scan.corrected.whole(), image, scan.brain);
    correlation.push_back(check.gradient_correlation);
    change.push_back(check.change_rms);
    errors.push_back(error_rows(image, scan.truth.whole(), scan.brain, options.uncertainty, context));
    add_dice(image, scan, dice, context);
  }
  model.errors = fit_error_table(errors, options.uncertainty, context);
  model.made_ranges["gradient_correlation"] = range_of(correlation);
  model.made_ranges["change_rms"] = range_of(change);
  for (std::size_t t = 0; t < dice.size(); ++t) {
    if (dice.at(t).size() == scans.size()) model.made_ranges[domain::kMadeDice.at(t)] = range_of(dice.at(t));
  }
  model.made_people = static_cast<int>(scans.size());
}

}  // namespace isoscan::harmonize
