/// One restorer for all sites against one a site: isoscan_shared train OUT.isoref [WORD=...]
/// reference=FILE... teaches it (WORD: sites, held_out, rows, steps, threads, spacing, seed, work: a folder
/// that a training which was stopped goes on from) and writes the package and, beside it, its scans;
/// isoscan_shared test IN.isoref OUT.json [WORD=...] scanner=NAME... site=FILE... test=FILE... judges sites
/// that it never saw (NAME: a preset, a JSON file, or drawn:N, the N-th virtual site of another seed; WORD:
/// k=N,N,... scans of the site, per_site=1 for the restorer of its own beside it, rung=NAME... for rungs
/// above zero-shot, without their detail gain, prior=X of them, threads, seed).

#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <sstream>
#include <string>

#include <boost/filesystem.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/evaluate/travellers.hpp"
#include "isoscan/harmonize/shared_restorer.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/quality/fidelity.hpp"

#include "bench_main.hpp"

namespace {

using namespace isoscan;
namespace fs = boost::filesystem;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct Words {
  std::map<std::string, std::vector<std::string>> all;
  [[nodiscard]] std::int64_t whole(const std::string& key, std::int64_t otherwise) const {
    const auto found = all.find(key);
    return found == all.end() ? otherwise : bench::whole_of(key, found->second.back(), 0);
  }
  [[nodiscard]] std::vector<std::string> list(const std::string& key) const {
    const auto found = all.find(key);
    return found == all.end() ? std::vector<std::string>{} : found->second;
  }
};

std::string id_of(const std::string& file) {
  const std::string name = fs::path(file).filename().string();
  return name.substr(0, name.find('.'));
}

int train(const std::string& out, const Words& words) {
  core::Context context;
  context.seed = static_cast<std::uint64_t>(words.whole("seed", 1));
  context.threads = static_cast<int>(words.whole("threads", 2));
  const double spacing =
      words.list("spacing").empty() ? 1.5 : bench::number_of("spacing", words.list("spacing").back());
  const auto start = std::chrono::steady_clock::now();
  harmonize::FitOptions fit;
  std::vector<domain::ScanSummary> summaries;
  harmonize::ReferenceScans scans;
  for (const std::string& file : words.list("reference")) {
    const preprocess::Prepared truth = preprocess::prepare(io::read_nifti(file).volume, std::nullopt,
                                                           {.working_spacing_mm = spacing}, context);
    summaries.push_back(harmonize::summarize(truth, {spacing}, fit, context));
    scans.scans.push_back(harmonize::pack(truth));
  }
  domain::ReferencePackage package = harmonize::fit_reference(summaries, fit, context);
  scans.source_digest = package.source_digest;
  scans.spacing_mm = spacing;
  std::vector<preprocess::Prepared> people;
  for (const auto& scan : scans.scans) people.push_back(harmonize::unpack(scan));
  std::printf("reference: %.0f s\n", seconds_since(start));
  harmonize::SharedOptions options;
  options.sites = static_cast<int>(words.whole("sites", options.sites));
  options.held_out = static_cast<int>(words.whole("held_out", options.held_out));
  options.rows = static_cast<std::size_t>(words.whole("rows", static_cast<std::int64_t>(options.rows)));
  options.network.steps = static_cast<int>(words.whole("steps", options.network.steps));
  harmonize::SharedRun run;
  if (!words.list("work").empty()) {
    run.folder = words.list("work").back();
    fs::create_directories(run.folder);
  }
  const domain::SharedRestorerFit learnt = harmonize::train_shared_restorer(
      people, package.level(spacing).pooled, package.atlas, options, context, run);
  for (std::size_t n = 0; n < learnt.judged_steps.size(); ++n)
    std::printf("step %d: held out %.3f dB\n", learnt.judged_steps[n], learnt.held_out_db[n]);
  package.shared = learnt.restorer;
  domain::save(package, out);
  harmonize::save(scans, fs::path(out).replace_extension(".isoscans"));
  std::printf("%d sites, %zu numbers a site, best step %d, %.0f s in all\n", learnt.restorer.sites,
              learnt.restorer.numbers(), learnt.best_step, seconds_since(start));
  return 0;
}

phantom::VirtualScanner scanner_named(const std::string& name) {
  if (name.starts_with("drawn:"))
    return phantom::draw_site({}, 20261129,
                              static_cast<std::uint64_t>(bench::whole_of("scanner", name.substr(6), 0)));
  if (fs::path(name).extension() == ".json") return phantom::scanner_from_json(core::read_file(name));
  return phantom::preset(name);
}

evaluate::Person person_of(const std::string& file) {
  evaluate::Person person;
  person.id = id_of(file);
  person.load = [file] { return io::read_nifti(file).volume; };
  return person;
}

int test(const std::string& in, const std::string& out, const Words& words) {
  core::Context context;
  context.seed = static_cast<std::uint64_t>(words.whole("seed", 1));
  context.threads = static_cast<int>(words.whole("threads", 2));
  const domain::ReferencePackage package = domain::load_reference(in);
  const bool per_site = words.whole("per_site", 0) > 0;
  const std::vector<std::string> rungs = words.list("rung");
  std::optional<harmonize::ReferenceScans> scans;
  if (per_site || !rungs.empty())
    scans = harmonize::load_reference_scans(fs::path(in).replace_extension(".isoscans"));
  std::vector<std::size_t> ks;
  std::stringstream list(words.list("k").empty() ? "4" : words.list("k").back());
  for (std::string k; std::getline(list, k, ',');)
    ks.push_back(static_cast<std::size_t>(bench::whole_of("k", k)));
  harmonize::FitOptions fit;
  if (!words.list("prior").empty()) fit.restore.prior = bench::number_of("prior", words.list("prior").back());
  config::Json::Array rows;
  std::map<std::string, std::pair<double, int>> means;
  for (const std::string& name : words.list("scanner")) {
    const phantom::VirtualScanner scanner = scanner_named(name);
    core::Random seeds(context.seed, "shared bench " + name);
    const std::uint64_t scanner_seed = seeds.seed();
    std::vector<domain::ScanSummary> plain;
    std::vector<domain::ScanSummary> restore;
    const auto start = std::chrono::steady_clock::now();
    for (const std::string& file : words.list("site")) {
      const evaluate::Traveller t = evaluate::make_traveller(person_of(file), scanner, package.spacing_mm,
                                                             scanner_seed, seeds.seed(), context);
      plain.push_back(harmonize::summarize_for_site(t.seen, package, package.spacing_mm,
                                                    harmonize::Method::TwoPassHistogramMatch, fit, context));
      restore.push_back(harmonize::summarize_for_site(t.seen, package, package.spacing_mm,
                                                      harmonize::Method::Restore, fit, context));
    }
    std::vector<evaluate::Traveller> tests;
    for (const std::string& file : words.list("test"))
      tests.push_back(evaluate::make_traveller(person_of(file), scanner, package.spacing_mm, scanner_seed,
                                               seeds.seed(), context));
    std::printf("%s (%.0f s)", scanner.name.c_str(), seconds_since(start));
    const auto judge = [&](const std::string& method, std::size_t k,
                           const std::function<core::Volume(const evaluate::Traveller&)>& image_of) {
      double sum = 0.0;
      double judged = 0.0;
      for (const evaluate::Traveller& t : tests) {
        double psnr = 0.0;
        try {
          psnr = quality::measure_fidelity(image_of(t), t.truth.image, t.truth.brain, t.truth.tissue).psnr_db;
        } catch (const core::Error& error) {
          std::printf(" [%s]", error.what());
          continue;
        }
        sum += psnr;
        judged += 1.0;
        rows.emplace_back(config::Json::Object{{"test", "shared"},
                                               {"scanner", scanner.name},
                                               {"k", k},
                                               {"seed", context.seed},
                                               {"method", method},
                                               {"metric", "psnr_db"},
                                               {"person", t.id},
                                               {"value", psnr}});
      }
      if (judged == 0.0) return;
      std::printf("  %s k=%zu %.2f", method.c_str(), k, sum / judged);
      auto& total = means[method + " k=" + std::to_string(k)];
      total.first += sum / judged;
      total.second += 1;
    };
    const auto by = [&](const domain::SiteModel& model) {
      return
          [&](const evaluate::Traveller& t) { return harmonize::harmonized_image(t.seen, model, context); };
    };
    for (const std::size_t k : ks) {
      const auto first = [&](const std::vector<domain::ScanSummary>& all) {
        return std::vector<domain::ScanSummary>(
            all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(k, all.size())));
      };
      const domain::SiteModel two_pass =
          harmonize::fit_site(first(plain), package, harmonize::Method::TwoPassHistogramMatch, fit, context)
              .model;
      judge("two-pass", k, by(two_pass));
      std::vector<std::vector<double>> statistics;
      for (const domain::ScanSummary& scan : first(restore))
        statistics.push_back(harmonize::site_statistics(scan));
      domain::SiteModel model;
      model.method = harmonize::Method::Restore;
      model.spacing_mm = package.spacing_mm;
      model.reference = package.level(package.spacing_mm).pooled;
      model.atlas = package.atlas;
      const harmonize::SharedOptions shared;
      model.patch_ball = shared.patches.ball;
      model.patch_surroundings = shared.patches.surroundings;
      model.site_vector = domain::site_vector(package.shared, statistics);
      model.shared_restorer = domain::restorer_of(package.shared, model.site_vector);
      model.reference_restorer = domain::restorer_of(package.shared, {});
      const domain::SiteDistance distance = domain::site_distance(package.shared, statistics);
      std::printf("  [distance %.2f, %.0f %%]", distance.distance, 100.0 * distance.share_nearer);
      judge("zero-shot", k, by(model));
      for (const std::string& rung : rungs) {
        harmonize::FitOptions refine = fit;
        refine.restore.rung = domain::rung_named(rung);
        const auto begun = std::chrono::steady_clock::now();
        harmonize::SiteFit refined = harmonize::fit_site(first(restore), package, harmonize::Method::Restore,
                                                         refine, context, &*scans);
        std::printf("\n   %.0f s, %s\n   ", seconds_since(begun), refined.summary.ended.c_str());
        refined.model.null_surprise.clear();
        refined.model.made_ranges.clear();
        judge(rung + " with detail gain", k, by(refined.model));
        refined.model.detail_gain = 1.0;
        judge(rung, k, by(refined.model));
      }
      if (per_site) {
        domain::SiteModel own =
            harmonize::fit_site(first(restore), package, harmonize::Method::Restore, fit, context, &*scans)
                .model;
        own.null_surprise.clear();
        judge("per-site", k, by(own));
        for (const double share : {0.25, 0.5, 0.75}) {  // of zero-shot in the mean of both
          char arm[32];
          std::snprintf(arm, sizeof arm, "mean %.2f", share);
          judge(arm, k, [&](const evaluate::Traveller& t) {
            core::Volume image = harmonize::harmonized_image(t.seen, own, context);
            const core::Volume other = harmonize::harmonized_image(t.seen, model, context);
            for (std::size_t n = 0; n < image.voxels.size(); ++n)
              image.voxels[n] += static_cast<float>(share) * (other.voxels[n] - image.voxels[n]);
            return image;
          });
        }
      }
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  for (const auto& [name, total] : means)
    std::printf("mean %s: %.3f\n", name.c_str(), total.first / total.second);
  core::write_file(out, config::Json(std::move(rows)).dump());
  return 0;
}

int run(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  const int first = what == "train" ? 3 : 4;
  if ((what != "train" && what != "test") || argc <= first) {
    std::fprintf(stderr,
                 "usage: %s train OUT.isoref reference=FILE... | test IN.isoref OUT.json scanner=NAME... "
                 "site=FILE... test=FILE...\n",
                 argv[0]);
    return 2;
  }
  Words words;
  for (int n = first; n < argc; ++n) {
    const std::string word = argv[n];
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) throw core::Error(core::ErrorKind::Config, word + ": WORD=VALUE wanted");
    words.all[word.substr(0, equals)].push_back(word.substr(equals + 1));
  }
  return what == "train" ? train(argv[2], words) : test(argv[2], argv[3], words);
}

}  // namespace

int main(int argc, char** argv) {
  return isoscan::bench::guarded(argc, argv, run);
}
