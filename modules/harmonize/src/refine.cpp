#include "refine.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/domain/shared_refinement.hpp"
#include "isoscan/harmonize/shared_restorer.hpp"

#include "failures.hpp"
#include "made_pairs.hpp"
#include "virtual_scan.hpp"

namespace isoscan::harmonize {

namespace {

constexpr std::size_t kPeopleHeldOut = 6;  // one in so many, as where the shared restorer was taught
constexpr std::size_t kHeldOutScans = 4;
constexpr std::size_t kRows = 10'000;  // of each made scan; the code is 32 numbers

domain::SiteRows joined(std::vector<Batch> batches) {
  domain::SiteRows out;
  for (Batch& batch : batches) {
    out.rows.insert(out.rows.end(), batch.rows.begin(), batch.rows.end());
    out.targets.insert(out.targets.end(), batch.targets.begin(), batch.targets.end());
    batch = {};
  }
  return out;
}

/// Virtual sites that lie nearest to the site, of some that are drawn anew and shown people in turn.
std::vector<domain::NearSite> near_sites(const domain::SharedRestorer& shared, const People& people,
                                         std::size_t learnt,
                                         const std::vector<std::vector<double>>& statistics,
                                         const domain::LevelSummary& reference,
                                         const preprocess::Atlas& atlas, const SharedOptions& options,
                                         std::size_t count, const core::Context& context) {
  struct Candidate {
    double distance = 0.0;
    domain::NearSite site;
  };
  std::vector<Candidate> candidates(count);
  Failures failures(count);
  core::Context one = context;
  one.threads = 1;
  one.progress = {};
  core::parallel_for(
      static_cast<std::int64_t>(count), context.threads, [&](std::int64_t begin, std::int64_t end) {
        for (auto n = static_cast<std::size_t>(begin); n < static_cast<std::size_t>(end); ++n) {
          context.check_stop();
          failures.run(n, [&] {
            core::Random random(context.seed, "refining among virtual sites " + std::to_string(n));
            const std::uint64_t scanner_seed = random.seed();
            domain::SharedScan scan = virtual_scan(
                *people[n % learnt], phantom::draw_site(options.ranges, scanner_seed, n), scanner_seed,
                core::Random(scanner_seed, "scan").seed(), reference, atlas, options, true, one);
            Candidate& c = candidates[n];
            c.distance = domain::distance_between(shared, {scan.statistics}, statistics);
            c.site.vector = domain::site_vector(shared, {scan.statistics});
            c.site.pairs = {std::move(scan.rows), std::move(scan.targets)};
          });
        }
      });
  failures.require_most("virtual scans cannot be used");
  std::erase_if(candidates, [](const Candidate& c) { return c.site.pairs.targets.empty(); });
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.distance < b.distance; });
  candidates.resize(std::min((count + 2) / 3, candidates.size()));
  std::vector<domain::NearSite> near;
  for (Candidate& c : candidates) near.push_back(std::move(c.site));
  return near;
}

std::string in_db(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f dB", value);
  return text.data();
}

}  // namespace

std::string kept_in_words(const domain::SiteModel& model) {
  const Rung kept = domain::rung_of(model);
  std::string tried;
  for (const Rung rung : {Rung::ZeroShot, Rung::Vector, Rung::Weights}) {
    const auto found = model.rung_evidence.find(std::string(name(rung)));
    if (found != model.rung_evidence.end())
      tried += (tried.empty() ? "" : ", ") + std::string(name(rung)) + " " + in_db(found->second);
  }
  return "rung " + std::string(name(kept)) +
         " kept; squared error on made scans of people held out: " + tried;
}

RestorationFit fit_refined(domain::SiteModel& model, const People& people,
                           const std::vector<domain::ScanSummary>& scans,
                           const domain::LevelSummary& corrected, const domain::ReferencePackage& reference,
                           const RestoreOptions& given, const core::Context& context) {
  RestoreOptions options = given;
  options.patches.ball = model.patch_ball;
  options.patches.surroundings = model.patch_surroundings;
  RestoreOptions sampling = options;
  sampling.rows = std::min(sampling.rows, kRows);
  const domain::LevelSummary& level = reference.level(model.spacing_mm).pooled;
  std::vector<domain::AcquisitionEvidence> evidence;
  std::vector<std::vector<double>> statistics;
  for (const domain::ScanSummary& scan : scans) {
    evidence.push_back(scan.acquisition.front());
    statistics.push_back(site_statistics(scan));
  }
  // How the site lies to the reference stays what the shared restorer says.
  const double surprise = model.surprise;
  const std::vector<double> null_surprise = model.null_surprise;
  RestorationFit fit;
  const SitePairMaker make = pairs_of_site(model, people, evidence, corrected, level, options, fit,
                                           context.slice(0.0, 0.3, "acquisition"));
  model.surprise = surprise;
  model.null_surprise = null_surprise;

  // The last people are those whom the shared restorer was not taught either, where they are the package's.
  const std::size_t apart = std::max<std::size_t>(1, people.size() / kPeopleHeldOut);
  const std::size_t learnt = people.size() - apart;
  const std::size_t count = std::max(learnt, static_cast<std::size_t>(options.scans));
  const domain::SiteRows pairs = joined(sampled_pairs(
      count, [&](std::size_t n, const core::Context& one) { return make(n, n % learnt, one); }, sampling,
      context.slice(0.3, 0.6, "pairs")));
  const domain::SiteRows held_out = joined(sampled_pairs(
      kHeldOutScans,
      [&](std::size_t n, const core::Context& one) { return make(count + n, learnt + n % apart, one); },
      sampling, context.slice(0.6, 0.65, "held-out pairs")));

  const Rung asked = options.rung;
  const auto keeps = [&](Rung rung, double before, double after) {
    model.rung_evidence[std::string(name(rung))] = after;
    if (asked == Rung::Ladder) return after < before;
    if (!(after < before))
      model.warnings.push_back("the rung " + std::string(name(rung)) +
                               " was asked for and is no better than zero-shot on made scans of people held "
                               "out");
    return true;
  };
  // The ladder keeps what it has where a further rung cannot be tried.
  const auto attempt = [&](Rung rung, const auto& work) {
    try {
      work();
    } catch (const core::Error& error) {
      const bool of_rung = error.kind() == core::ErrorKind::Input || error.kind() == core::ErrorKind::Numeric;
      if (asked != Rung::Ladder || !of_rung) throw;
      model.warnings.push_back("the rung " + std::string(name(rung)) + " could not be tried for this site");
    }
  };
  const double told = domain::error_db(reference.shared, model.site_vector, held_out);
  double least = told;
  model.rung_evidence[std::string(name(Rung::ZeroShot))] = told;
  const auto by_vector = [&] {
    const std::vector<float> code =
        domain::refined_code(reference.shared, model.site_code, pairs, options.prior / model.scans,
                             context.slice(0.65, 0.75, "site's code"));
    const std::vector<float> vector = domain::vector_of_code(reference.shared, code);
    const double refined = domain::error_db(reference.shared, vector, held_out);
    if (keeps(Rung::Vector, told, refined)) {
      model.kept_rung = Rung::Vector;
      model.site_code = code;
      model.site_vector = vector;
      model.shared_restorer = domain::restorer_of(reference.shared, vector);
      least = refined;
    }
  };
  const auto by_weights = [&] {
    SharedOptions virtual_options;
    virtual_options.patches = options.patches;
    virtual_options.spots_per_ml = options.spots_per_ml;
    const std::vector<domain::NearSite> near = near_sites(
        reference.shared, people, learnt, statistics, level, model.atlas, virtual_options,
        static_cast<std::size_t>(3 * options.weights.sites / 4), context.slice(0.75, 0.8, "virtual sites"));
    domain::SharedRestorer copy = reference.shared;
    copy.parameters = domain::refined_weights(reference.shared, model.site_vector, pairs, near,
                                              options.weights, context.slice(0.8, 0.9, "weights"));
    const double refined = domain::error_db(copy, model.site_vector, held_out);
    if (keeps(Rung::Weights, least, refined)) {
      model.kept_rung = Rung::Weights;
      model.shared_parameters = copy.parameters;
      model.shared_restorer = domain::restorer_of(copy, model.site_vector);
      model.reference_restorer = domain::restorer_of(copy, {});
    }
  };
  if (asked != Rung::Weights) attempt(Rung::Vector, by_vector);
  if (asked != Rung::Vector) attempt(Rung::Weights, by_weights);
  check_on_pairs(
      model, count + kHeldOutScans,
      [&](std::size_t n, const core::Context& one) { return make(n, n % people.size(), one); }, options,
      context.slice(0.9, 1.0, "check"));
  model.made_people = std::min(model.made_people, static_cast<int>(people.size()));
  return fit;
}

}  // namespace isoscan::harmonize
