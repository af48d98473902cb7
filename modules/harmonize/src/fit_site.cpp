#include "isoscan/core/error.hpp"
#include "isoscan/core/version.hpp"
#include "isoscan/harmonize/harmonize.hpp"
#include "isoscan/harmonize/plausibility.hpp"

#include "band_map.hpp"
#include "refine.hpp"
#include "scans_by_person.hpp"
#include "two_pass.hpp"
#include "zero_shot.hpp"

namespace isoscan::harmonize {

namespace {

using core::Error;
using core::ErrorKind;

constexpr double kNullShare = 0.95;          // of the reference's halves that lie nearer
constexpr std::size_t kComparedRows = 6000;  // of the site, held against made scans
constexpr std::size_t kBytesAVoxel = 22;     // of a prepared scan: five volumes and two masks
constexpr std::size_t kMostKeptBytes = 600'000'000;

/// True where every distance lies within what random halves of the reference show.
bool within_null(const std::map<std::string, double>& distance,
                 const std::map<std::string, std::vector<double>>& null) {
  if (null.empty()) return false;
  for (const auto& [name, value] : distance) {
    const auto found = null.find(name);
    if (found == null.end() || found->second.empty()) return false;
    const auto place = static_cast<std::size_t>(kNullShare * static_cast<double>(found->second.size() - 1));
    if (value > found->second[place]) return false;
  }
  return true;
}

/// The reference's people at a spacing: kept where they are small, else unpacked each time that one is
/// wanted.
/// @throws Error(Input) where they are missing or another reference's.
People people_at(const ReferenceScans* scans, const domain::ReferencePackage& reference, double spacing_mm,
                 int most, std::vector<preprocess::Prepared>& kept, const core::Context& context) {
  if (scans == nullptr) {
    throw Error(
        ErrorKind::Input,
        "the method \"restore\" learns from the reference's own scans (.isoscans, made beside the package): "
        "give them, or choose the method \"enot\"");
  }
  if (scans->source_digest != reference.source_digest) {
    throw Error(ErrorKind::Input,
                "the reference's scans were not made with this package: give the .isoscans file that was "
                "made with it");
  }
  const std::vector<std::size_t> chosen = kept_scans(scans->scans.size(), static_cast<std::size_t>(most));
  core::Context one = context;
  one.threads = 1;
  one.progress = {};
  const auto load = [=, &reference_scans = *scans](std::size_t n) {
    one.check_stop();
    return at_spacing(unpack(reference_scans.scans[chosen[n]]), spacing_mm, one);
  };
  for (std::size_t n = 0; n < chosen.size(); ++n) {
    kept.push_back(load(n));
    if (kBytesAVoxel * kept.front().image.voxels.size() * chosen.size() > kMostKeptBytes) {
      kept.clear();
      return {chosen.size(), load};
    }
  }
  return kept;
}

/// Said where some were scanned more than once.
std::string of_people(const domain::SiteModel& model) {
  if (model.people == model.scans) return {};
  return " of " + std::to_string(model.people) + (model.people == 1 ? " person" : " people");
}

domain::LevelSummary without_rows(domain::LevelSummary level) {
  level.rows.clear();
  return level;
}

/// Adds the shared restorer's answer to a model that gets one of its own. Where the package's does not know
/// the site, or reads other patches, the model says so and stays without.
void add_shared_answer(domain::SiteModel& model, const std::vector<domain::ScanSummary>& scans,
                       const domain::ReferencePackage& reference, const RestoreOptions& options,
                       const core::Context& context) {
  const auto leave_out = [&](const std::string& why) {
    model.warnings.push_back("the site has a restorer of its own alone: " + why);
  };
  const domain::SharedRestorer& shared = reference.shared;
  if (shared.patch_ball != options.patches.ball || shared.patch_surroundings != options.patches.surroundings)
    return leave_out("the package's shared restorer reads other patches");
  domain::SiteModel told = model;
  try {
    fit_zero_shot(told, scans, reference, context);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::Input) throw;
    const std::string said = error.what();  // "what: cure", and the cure is at work already
    return leave_out(said.substr(0, said.find(": ")));
  }
  model = std::move(told);
  model.shared_share = options.shared_share;
}

std::vector<domain::AcquisitionEvidence> evidence_of(const std::vector<domain::ScanSummary>& scans) {
  std::vector<domain::AcquisitionEvidence> evidence;
  for (const domain::ScanSummary& scan : scans) {
    if (scan.acquisition.size() != 1)
      throw Error(ErrorKind::Input,
                  "a scan was not summed up for the method \"restore\": run the site's scans again");
    evidence.push_back(scan.acquisition.front());
  }
  return evidence;
}

void say_distances(FitSummary& summary, const RestorationFit& fit) {
  summary.plain_distance = fit.plain_distance;
  summary.pure_csf_distance = fit.pure_csf_distance;
  summary.filter_distance = fit.filter_distance;
}

/// The parts of "restore".
void fit_rungs(SiteFit& fit, const std::vector<domain::ScanSummary>& scans,
               const std::vector<const domain::LevelSummary*>& corrected,
               const domain::ReferencePackage& reference, const ReferenceScans* people,
               const FitOptions& options, const core::Context& context) {
  domain::SiteModel& model = fit.model;
  const RestoreOptions& restore = options.restore;
  if (by_atlas(restore, reference)) model.atlas = reference.atlas;
  if (restore.rung == Rung::ZeroShot) {
    fit_zero_shot(model, scans, reference, context);
    fit.summary.ended = "told from the scans' statistics";
    return;
  }
  std::vector<preprocess::Prepared> kept;
  const auto heads = [&] {
    return people_at(people, reference, model.spacing_mm, restore.people, kept, context);
  };
  if (refines(restore.rung)) {
    fit_zero_shot(model, scans, reference, context);
    say_distances(fit.summary,
                  fit_refined(model, heads(), scans, domain::pool(corrected, kComparedRows, context.seed),
                              reference, restore, context));
    fit.summary.ended = kept_in_words(model);
    return;
  }
  if (restore.rung == Rung::Averaged && !reference.shared.empty())
    add_shared_answer(model, scans, reference, restore, context);
  const RestorationFit restoration = fit_restoration(
      model, heads(), evidence_of(scans), domain::pool(corrected, kComparedRows, context.seed),
      reference.level(model.spacing_mm).pooled, restore, context);
  say_distances(fit.summary, restoration);
  fit.summary.steps = restore.network.steps;
  fit.summary.ended = "all steps done";
  fit.summary.logged_steps.assign(restoration.logged_steps.begin(), restoration.logged_steps.end());
  fit.summary.loss = restoration.loss;
}

}  // namespace

SiteFit fit_site(const std::vector<domain::ScanSummary>& scans, const domain::ReferencePackage& reference,
                 Method method, const FitOptions& options, const core::Context& context,
                 const ReferenceScans* people, const std::vector<std::string>& who) {
  if (const std::string problem = options.problem(); !problem.empty())
    throw Error(ErrorKind::Config, problem);
  if (scans.empty()) throw Error(ErrorKind::Input, "no scan to learn the site from");
  const bool matches = two_passes(method);
  SiteFit fit;
  domain::SiteModel& model = fit.model;
  model.software = core::software();
  model.method = method;
  model.reference_digest = domain::digest(reference);
  model.seed = context.seed;
  model.scans = static_cast<int>(scans.size());
  model.people = static_cast<int>(scans_by_person(scans.size(), who).size());

  std::vector<const domain::LevelSummary*> prepared;
  std::vector<const domain::LevelSummary*> corrected;
  std::vector<const domain::LevelSummary*> matched;
  for (const domain::ScanSummary& scan : scans) {
    if (scan.reference_digest != model.reference_digest) {
      throw Error(ErrorKind::Input, "a scan was summed up for another reference: run the site's scans again");
    }
    if (scan.levels.size() != 1 || (matches && (scan.matched.size() != 1 || scan.corrected.size() != 1))) {
      throw Error(ErrorKind::Input, "a scan was not summed up for the method \"" + std::string(name(method)) +
                                        "\": run the site's scans again");
    }
    prepared.push_back(scan.levels.data());
    if (!matches) continue;
    corrected.push_back(scan.corrected.data());
    matched.push_back(scan.matched.data());
  }
  model.site = domain::pool(prepared, 0, context.seed);
  model.look = domain::look_of(prepared);
  model.spacing_mm = model.site.spacing_mm;
  const domain::ReferenceLevel& level = reference.level(model.spacing_mm);
  model.reference = without_rows(level.pooled);
  model.reference_look = domain::look_of({&model.reference});
  model.reference_look.scans = reference.scans;
  model.nyul_landmarks = level.nyul_landmarks;
  model.reference_ranges = level.ranges;
  model.histogram_low = level.histogram_low;
  model.histogram_high = level.histogram_high;
  model.plausibility = reference.plausibility;
  model.distance_before = domain::distances(model.site, level.pooled);
  model.no_change_needed = within_null(model.distance_before, level.null_distances);
  fit.summary.ended = "closed form";
  if (matches) {
    model.site_corrected = domain::pool(corrected, 0, context.seed);
    model.site_matched = domain::pool(matched, 0, context.seed);
    model.distance_after = domain::distances(model.site_matched, level.pooled);
  }
  if (method == Method::Gaussian || method == Method::Enot) {
    fit_band_map(model, fit.summary, matched, reference, options, context);
  }
  if (method == Method::Restore) fit_rungs(fit, scans, corrected, reference, people, options, context);
  if (model.plausibility.empty()) model.warnings.emplace_back(kNotJudged);
  if (model.people < 4 && method != Method::None) {
    model.warnings.push_back("learnt from " + std::to_string(model.scans) + " scan" +
                             (model.scans == 1 ? "" : "s") + of_people(model) +
                             ": what these people have in common may be taken for the scanner");
  }
  return fit;
}

}  // namespace isoscan::harmonize
