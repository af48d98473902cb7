#include "isoscan/harmonize/shared_restorer.hpp"

#include <algorithm>
#include <optional>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/domain/shared_training.hpp"
#include "isoscan/harmonize/harmonize.hpp"

#include "failures.hpp"
#include "kept_training.hpp"
#include "virtual_people.hpp"
#include "virtual_scan.hpp"

namespace isoscan::harmonize {

namespace {

using core::Error;
using core::ErrorKind;
namespace fs = boost::filesystem;

constexpr std::size_t kLeastPeople = 4;
constexpr std::size_t kPeopleHeldOut = 6;  // one in so many

}  // namespace

std::string SharedOptions::problem() const {
  for (const std::string& bad : {ranges.problem(), patches.problem(), network.problem()}) {
    if (!bad.empty()) return "shared restorer: " + bad;
  }
  if (sites < 1 || sites > 5000) return "shared_restorer.sites must lie in 1..5000";
  if (held_out < 1 || held_out > 5000) return "shared_restorer.held_out must lie in 1..5000";
  if (scans < 1 || scans > 100) return "shared_restorer.scans must lie in 1..100";
  if (rows < 100 || rows > 1'000'000) return "shared_restorer.rows must lie in 100..1000000";
  if (!(spot_rows >= 0.0 && spot_rows <= 10.0)) return "shared_restorer.spot_rows must lie in 0..10";
  if (!(spots_per_ml >= 0.0 && spots_per_ml <= 10.0)) return "shared_restorer.spots_per_ml must lie in 0..10";
  return {};
}

domain::SharedRestorerFit train_shared_restorer(const People& people, const domain::LevelSummary& reference,
                                                const preprocess::Atlas& atlas, const SharedOptions& options,
                                                const core::Context& context, const SharedRun& run) {
  if (const std::string problem = options.problem(); !problem.empty())
    throw Error(ErrorKind::Config, problem);
  if (people.size() < kLeastPeople)
    throw Error(ErrorKind::Input, "a shared restorer needs scans of at least " +
                                      std::to_string(kLeastPeople) + " people of the reference");
  const std::size_t apart = std::max<std::size_t>(1, people.size() / kPeopleHeldOut);
  const std::size_t learnt_people = people.size() - apart;
  const auto sites = static_cast<std::size_t>(options.sites + options.held_out);
  const auto each = static_cast<std::size_t>(options.scans);
  core::Context one = context;
  one.threads = 1;
  one.progress = {};
  const core::Context seeing = context.slice(0.0, 0.75, "virtual sites");
  std::vector<std::vector<double>> own(people.size());
  core::parallel_for(
      static_cast<std::int64_t>(people.size()), context.threads, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t n = begin; n < end; ++n) {
          context.check_stop();
          const auto p = static_cast<std::size_t>(n);
          own[p] =
              virtual_scan(*people[p], phantom::VirtualScanner{}, 0, core::Random(context.seed, "own").seed(),
                           reference, atlas, options, false, one)
                  .statistics;
        }
      });
  const auto see = [&](std::size_t place, Pair* kept) {
    const std::size_t site = place / each;
    const bool held_out = site >= static_cast<std::size_t>(options.sites);
    const std::size_t person = person_of_scan(place, held_out, learnt_people, apart);
    const std::uint64_t scanner_seed =
        core::Random(context.seed, "shared restorer.site " + std::to_string(site)).seed();
    const std::uint64_t scan_seed = core::Random(scanner_seed, std::to_string(place)).seed();
    domain::SharedScan scan =
        virtual_scan(*people[person], phantom::draw_site(options.ranges, context.seed, site), scanner_seed,
                     scan_seed, reference, atlas, options, true, one, kept);
    scan.site = site;
    scan.held_out = held_out;
    return scan;
  };
  std::vector<domain::SharedScan> scans(sites * each);
  Failures failures(scans.size());
  core::parallel_for(
      static_cast<std::int64_t>(scans.size()), context.threads, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t n = begin; n < end; ++n) {
          context.check_stop();
          const auto place = static_cast<std::size_t>(n);
          failures.run(place, [&] {
            const fs::path file = run.folder / ("scan-" + std::to_string(place) + ".safetensors");
            std::optional<domain::SharedScan> kept;
            if (!run.folder.empty()) kept = kept_scan(file);
            scans[place] = kept ? std::move(*kept) : see(place, nullptr);
            if (!run.folder.empty() && !kept) keep_scan(scans[place], file);
          });
          seeing.progress.report(static_cast<double>(n - begin + 1) / static_cast<double>(end - begin));
        }
      });
  failures.require_most("virtual scans cannot be used");
  std::erase_if(scans, [](const domain::SharedScan& scan) { return scan.targets.empty(); });
  const StatisticNames names = statistic_names(reference.band_sd_mm.size() + 1);
  const fs::path training = run.folder / "training.safetensors";
  domain::SharedRestorerRun keep;
  keep.watch = run.watch;
  std::optional<core::TensorFile> checkpoint;
  if (!run.folder.empty()) {
    checkpoint = kept_checkpoint(training);
    if (checkpoint) keep.resume = &*checkpoint;
    keep.save = [&](core::TensorFile file) {
      core::seal(file);
      core::write_tensor_file(training, file);
    };
  }
  domain::SharedRestorerFit fit =
      domain::fit_shared_restorer(scans, own, names.names, names.groups, options.patches.dims(),
                                  options.network, context.slice(0.75, 0.95, "shared restorer"), keep);
  scans.clear();
  // What restoring does where it is right: held-out sites, one scan each, seen again.
  struct Made {
    std::vector<double> statistics;
    RestorationCheck check;
  };
  std::vector<Made> made(static_cast<std::size_t>(options.held_out));
  Failures unusable(made.size());
  const core::Context checking = context.slice(0.95, 1.0, "check");
  core::parallel_for(options.held_out, context.threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) {
      context.check_stop();
      const auto place = static_cast<std::size_t>(n);
      unusable.run(place, [&] {
        Pair pair;
        const domain::SharedScan scan = see((static_cast<std::size_t>(options.sites) + place) * each, &pair);
        domain::SiteModel model;
        model.patch_ball = options.patches.ball;
        model.patch_surroundings = options.patches.surroundings;
        model.site_vector = domain::site_vector(fit.restorer, {scan.statistics});
        model.shared_restorer = domain::restorer_of(fit.restorer, model.site_vector);
        model.reference_restorer = domain::restorer_of(fit.restorer, {});
        const core::Volume image = restored(pair.corrected, pair.brain, model, one);
        made[place] = {scan.statistics, check_restoration(pair.corrected, image, pair.brain)};
      });
      checking.progress.report(static_cast<double>(n - begin + 1) / static_cast<double>(end - begin));
    }
  });
  unusable.require_most("virtual scans of held-out sites cannot be used");
  fit.restorer.made_people = static_cast<int>(std::min(apart, made.size()));
  fit.restorer.patch_ball = options.patches.ball;
  fit.restorer.patch_surroundings = options.patches.surroundings;
  for (const Made& m : made) {
    if (m.statistics.empty()) continue;
    for (const float v : domain::standardised_statistics(fit.restorer, m.statistics))
      fit.restorer.made_statistics.push_back(v);
    fit.restorer.made_gradient_correlation.push_back(m.check.gradient_correlation);
    fit.restorer.made_change.push_back(m.check.change_rms);
  }
  return fit;
}

}  // namespace isoscan::harmonize
