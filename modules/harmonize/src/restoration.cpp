#include "isoscan/harmonize/restoration.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/core/smooth.hpp"
#include "isoscan/preprocess/tissue.hpp"
#include "isoscan/quality/anatomy.hpp"
#include "isoscan/quality/fidelity.hpp"

#include "failures.hpp"
#include "gates.hpp"
#include "kept_volume.hpp"
#include "made_range.hpp"
#include "nearness.hpp"
#include "pairs.hpp"
#include "sharper_site.hpp"

namespace isoscan::harmonize {

namespace {

using core::Error;
using core::ErrorKind;

constexpr std::int64_t kBlock = 4096;
constexpr double kDetailSd = 1.0;  // voxels of the local mean that detail is what is left over
constexpr double kMostGain = 1.5;
constexpr std::size_t kComparedScans = 8;  // made to see which acquisition is nearer
constexpr double kChanceDistance = 0.001;  // energy distance that true scans of other people show
constexpr double kClearlyNearer = 0.75;    // of the distance without a filter

features::PatchSpace patch_space(const domain::SiteModel& model) {
  features::PatchSpace space;
  space.ball = model.patch_ball;
  space.surroundings = model.patch_surroundings;
  if (const std::string problem = space.problem(); !problem.empty())  // of the file, not of an option
    throw Error(ErrorKind::Input, "the site model: " + problem + ": adapt the site again");
  return space;
}

/// The restored image's detail: what is left of it over its local mean.
core::Volume detail_of(const core::Volume& image, const core::Mask& brain, const core::Context& context) {
  const core::Vec3 spacing = image.grid.spacing_mm();
  core::Volume detail = core::gaussian_in(image, brain, kDetailSd * spacing[0], context);
  for (std::size_t n = 0; n < detail.voxels.size(); ++n)
    detail.voxels[n] = brain.voxels[n] != 0 ? image.voxels[n] - detail.voxels[n] : 0.0F;
  return detail;
}

/// Where there is no detail (outside of the brain) the image stays as it is.
void add_detail(core::Volume& image, const core::Volume& detail, double share) {
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    if (detail.voxels[n] == 0.0F) continue;
    image.voxels[n] = std::max(0.0F, image.voxels[n] + static_cast<float>(share) * detail.voxels[n]);
  }
}

/// What the model's restorers say that a voxel lacks: the site's own, the shared one (its answer less the
/// reference's), or their mean.
class Answer {
 public:
  Answer(const domain::SiteModel& model, int dims) {
    const auto share = static_cast<float>(model.shared_share);
    const bool shared = !model.site_vector.empty();
    if (!shared || !model.restorer.empty()) add(model.restorer, shared ? 1.0F - share : 1.0F, dims);
    if (!shared) return;
    add(model.shared_restorer, model.restorer.empty() ? 1.0F : share, dims);
    add(model.reference_restorer, -parts_.back().weight, dims);
  }

  /// Calls may come from several threads. @param rows  count x dims  @param out  at least count
  void operator()(const std::vector<float>& rows, std::size_t count, std::vector<float>& out) const {
    std::vector<float> one(count);
    std::fill_n(out.begin(), count, 0.0F);
    for (const Part& part : parts_) {
      part.function(rows.data(), static_cast<std::int64_t>(count), one.data());
      for (std::size_t r = 0; r < count; ++r) out[r] += part.weight * one[r];
    }
  }

 private:
  struct Part {
    domain::RestorerFunction function;
    float weight;
  };

  void add(const domain::Restorer& restorer, float weight, int dims) {
    if (restorer.dims != dims)
      throw Error(ErrorKind::Input, "the site model's restorer reads " + std::to_string(restorer.dims) +
                                        " numbers a voxel where this version of Isoscan makes " +
                                        std::to_string(dims) + ": adapt the site again");
    parts_.push_back({domain::RestorerFunction(restorer), weight});
  }

  std::vector<Part> parts_;
};

constexpr const char* kUnusable = "scans made as this site would have made them cannot be used";
constexpr const char* kTooFar =
    ": the site is too far from the reference; choose another reference, or --method enot";

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
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::Numeric) throw;
  }
}

/// Scans that were never learnt from: they set the detail gain, what restoring does where it is right, and
/// how far it is off.
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

/// Which of several acquisitions the site's scans show is seen on made scans: point spread and noise alone,
/// unless another comes clearly nearer.
void choose_nearest(domain::SiteModel& model, AcquisitionFit& fit, const domain::LevelSummary& corrected,
                    const std::function<double(const domain::Acquisition&, std::size_t)>& distance,
                    RestorationFit& distances) {
  domain::Acquisition& chosen = model.acquisition;
  if (corrected.row_count() == 0) return;
  const auto clearly_nearer = [](double one, double other) {
    return one < kClearlyNearer * other && other - one > kChanceDistance;
  };
  const bool pure = fit.with_pure_csf && is_known(*fit.with_pure_csf);
  const bool filter = fit.with_filter && is_known(*fit.with_filter);
  if (!pure && !filter) return;
  double nearest = distances.plain_distance = distance(chosen, kComparedScans);
  constexpr auto kCsf = static_cast<std::size_t>(core::Tissue::Csf);
  if (pure) {
    distances.pure_csf_distance = distance(*fit.with_pure_csf, kComparedScans);
    if (clearly_nearer(distances.pure_csf_distance, nearest)) {
      chosen = *fit.with_pure_csf;
      model.surprise = std::max(model.surprise, fit.pure_csf_surprise);
      nearest = distances.pure_csf_distance;
      if (filter) fit.with_filter->contrast[kCsf] = chosen.contrast[kCsf];
    }
  }
  if (!filter) return;
  distances.filter_distance = distance(*fit.with_filter, kComparedScans);
  if (clearly_nearer(distances.filter_distance, nearest)) chosen = *fit.with_filter;
}

}  // namespace

std::string RestoreOptions::problem() const {
  for (const std::string& bad :
       {acquisition.problem(), patches.problem(), network.problem(), uncertainty.problem()}) {
    if (!bad.empty()) return "restore: " + bad;
  }
  if (!(shared_share >= 0.0 && shared_share <= 1.0)) return "restore.shared_share must lie in 0..1";
  if (people < 2 || people > 1000) return "restore.people must lie in 2..1000";
  if (scans < 2 || scans > 10000) return "restore.scans must lie in 2..10000";
  if (rows < 100 || rows > 10'000'000) return "restore.rows must lie in 100..10000000";
  if (!(spot_rows >= 0.0 && spot_rows <= 10.0)) return "restore.spot_rows must lie in 0..10";
  if (!(jitter >= 0.0 && jitter <= 1.0)) return "restore.jitter must lie in 0..1";
  if (!(field >= 0.0 && field <= 2.0)) return "restore.field must lie in 0..2";
  if (!(edge_energy >= 0.0 && edge_energy <= 1.2)) return "restore.edge_energy must lie in 0..1.2";
  if (check_scans < 2 || check_scans > 1000) return "restore.check_scans must lie in 2..1000";
  if (!(spots_per_ml >= 0.0 && spots_per_ml <= 10.0)) return "restore.spots_per_ml must lie in 0..10";
  return {};
}

RestorationFit fit_restorer_to_pairs(domain::SiteModel& model, std::size_t count, const PairMaker& make,
                                     const RestoreOptions& options, const core::Context& context) {
  if (const std::string problem = options.problem(); !problem.empty())
    throw Error(ErrorKind::Config, problem);
  model.patch_ball = options.patches.ball;
  model.patch_surroundings = options.patches.surroundings;
  const core::Context making = context.slice(0.0, 0.4, "pairs");
  std::vector<Batch> batches(count);
  Failures failures(count);
  core::Context one = context;
  one.threads = 1;
  one.progress = {};
  core::parallel_for(
      static_cast<std::int64_t>(count), context.threads, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t n = begin; n < end; ++n) {
          context.check_stop();
          core::Random random(context.seed, "restoration rows " + std::to_string(n));
          const auto place = static_cast<std::size_t>(n);
          failures.run(place, [&] {
            batches[place] =
                sampled(make(place, one), options.patches, options.rows, options.spot_rows, random, one);
          });
          making.progress.report(static_cast<double>(n - begin + 1) / static_cast<double>(end - begin));
        }
      });
  failures.require_most(kUnusable, kTooFar);
  std::vector<float> rows;
  std::vector<float> targets;
  std::size_t numbers = 0;
  for (const Batch& batch : batches) numbers += batch.rows.size();
  rows.reserve(numbers);  // a third of a gigabyte: it must not grow by copies of itself
  for (Batch& batch : batches) {
    rows.insert(rows.end(), batch.rows.begin(), batch.rows.end());
    targets.insert(targets.end(), batch.targets.begin(), batch.targets.end());
    batch = {};
  }
  domain::RestorerFit fit = domain::fit_restorer(rows, targets, options.patches.dims(), options.network,
                                                 context.slice(0.4, 0.9, "restorer"));
  rows = {};
  model.restorer = std::move(fit.restorer);
  check_on_pairs(model, count, make, options, context.slice(0.9, 1.0, "check"));
  RestorationFit out;
  out.logged_steps = std::move(fit.logged_steps);
  out.loss = std::move(fit.loss);
  return out;
}

RestorationFit fit_restoration(domain::SiteModel& model, const People& people,
                               const std::vector<domain::AcquisitionEvidence>& site,
                               const domain::LevelSummary& corrected, const domain::LevelSummary& reference,
                               const RestoreOptions& options, const core::Context& context) {
  if (people.size() < 2)
    throw Error(ErrorKind::Input,
                "restoration needs scans of at least 2 people of the reference; take more, or --method enot");
  AcquisitionFit acquisition =
      estimate_acquisition(people, site, options.acquisition, context.slice(0.0, 0.25, "acquisition"));
  model.acquisition = acquisition.found;
  model.surprise = acquisition.surprise;
  model.null_surprise = std::move(acquisition.null_surprise);
  require_known(model.acquisition);
  const auto maker = [&](const domain::Acquisition& seen, const RestoreOptions& how) {
    return [&](std::size_t n, const core::Context& one) {
      core::Random random(context.seed, "restoration pair " + std::to_string(n));
      return make_pair(people[n % people.size()], seen, reference, model.atlas, how, random.seed(), one);
    };
  };
  RestorationFit distances;
  choose_nearest(
      model, acquisition, corrected,
      [&](const domain::Acquisition& seen, std::size_t scans) {
        RestoreOptions healthy = options;
        healthy.spots_per_ml = 0.0;
        return distance_to_site(corrected, std::min(scans, people.size()), maker(seen, healthy),
                                context.slice(0.25, 0.3, "nearness"));
      },
      distances);
  if (!options.match_resolution) keep_detail_of_sharper(model);
  const std::size_t count = std::max(people.size(), static_cast<std::size_t>(options.scans));
  RestorationFit fit = fit_restorer_to_pairs(model, count, maker(model.acquisition, options), options,
                                             context.slice(0.3, 1.0, "restoration"));
  model.made_people = std::min(model.made_people, static_cast<int>(people.size()));
  fit.plain_distance = distances.plain_distance;
  fit.pure_csf_distance = distances.pure_csf_distance;
  fit.filter_distance = distances.filter_distance;
  return fit;
}

core::Volume restored(const core::Volume& corrected, const core::Mask& brain, const domain::SiteModel& model,
                      const core::Context& context) {
  const features::PatchRows patches(corrected, brain, patch_space(model), context);
  const Answer answer_of(model, patches.dims());
  const std::vector<std::size_t>& voxels = patches.voxels();
  core::Volume out = corrected;
  const auto blocks = (static_cast<std::int64_t>(voxels.size()) + kBlock - 1) / kBlock;
  core::parallel_for(blocks, context.threads, [&](std::int64_t begin, std::int64_t end) {
    const auto dims = static_cast<std::size_t>(patches.dims());
    std::vector<float> rows(static_cast<std::size_t>(kBlock) * dims);
    std::vector<float> answer(static_cast<std::size_t>(kBlock));
    for (std::int64_t b = begin; b < end; ++b) {
      context.check_stop();
      const auto first = static_cast<std::size_t>(b * kBlock);
      const std::size_t count = std::min(static_cast<std::size_t>(kBlock), voxels.size() - first);
      for (std::size_t r = 0; r < count; ++r) patches.row(voxels[first + r], rows.data() + r * dims);
      answer_of(rows, count, answer);
      for (std::size_t r = 0; r < count; ++r)
        out.voxels[voxels[first + r]] = std::max(0.0F, out.voxels[voxels[first + r]] + answer[r]);
    }
  });
  if (model.detail_gain != 1.0) add_detail(out, detail_of(out, brain, context), model.detail_gain - 1.0);
  return out;
}

}  // namespace isoscan::harmonize
