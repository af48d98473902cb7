#include "isoscan/evaluate/travellers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/core/version.hpp"
#include "isoscan/domain/tone_curve.hpp"
#include "isoscan/evaluate/lesions.hpp"
#include "isoscan/harmonize/options_json.hpp"
#include "isoscan/preprocess/tissue.hpp"
#include "isoscan/quality/fidelity.hpp"
#include "isoscan/quality/interval.hpp"

#include "cohort.hpp"

namespace isoscan::evaluate {

namespace {

using core::Error;
using core::ErrorKind;
using harmonize::Method;

constexpr const char* kOracle = "two-pass, true bias";
constexpr const char* kPairOracle = "restore, true pairs";
/// Of rows that say how far their voxels may be off.
constexpr std::array<const char*, 6> kInterval{"coverage_90",    "coverage_90_csf",   "coverage_90_gm",
                                               "coverage_90_wm", "coverage_90_edges", "half_width_90"};

std::map<std::string, std::optional<double>> measured(const core::Volume& image, const Traveller& person) {
  const quality::Fidelity f =
      quality::measure_fidelity(image, person.truth.image, person.truth.brain, person.truth.tissue);
  std::map<std::string, std::optional<double>> out;
  out["psnr_db"] = f.psnr_db;
  out["ssim"] = f.ssim;
  out["mae"] = f.mean_absolute_error;
  out["gradient_correlation"] = f.gradient_correlation;
  out["gradient_energy"] = f.gradient_energy_ratio;
  out["gm_wm_error"] = f.contrast.grey_white_ratio_error;
  out["csf_error"] = f.contrast.mean_error[0];
  out["gm_error"] = f.contrast.mean_error[1];
  out["wm_error"] = f.contrast.mean_error[2];
  out["wm_sd"] = f.white_matter_sd;
  return out;
}

/// The same, and for a model that says how far its voxels may be off whether that is true.
std::map<std::string, std::optional<double>> measured(const core::Volume& image, const Traveller& person,
                                                      const domain::SiteModel& model,
                                                      const core::Context& context) {
  std::map<std::string, std::optional<double>> out = measured(image, person);
  if (model.method != Method::Restore) return out;
  for (const char* name : kInterval) out[name] = std::nullopt;
  if (!harmonize::has_uncertainty(model) || harmonize::nothing_to_do(model)) return out;
  const quality::IntervalCoverage c =
      quality::interval_coverage(image, harmonize::uncertainty(image, person.seen.brain, model, context),
                                 person.truth.image, person.truth.brain, person.truth.tissue);
  out["coverage_90"] = c.all;
  out["coverage_90_csf"] = c.tissue[0];
  out["coverage_90_gm"] = c.tissue[1];
  out["coverage_90_wm"] = c.tissue[2];
  out["coverage_90_edges"] = c.edges;
  out["half_width_90"] = c.half_width;
  return out;
}

/// The scan with the field that the simulator multiplied it by divided out again, then the site's curve: what
/// a perfect bias estimate is worth to two-pass matching.
core::Volume with_true_bias(const Traveller& person, const domain::SiteModel& two_pass) {
  const core::Mask& brain = person.seen.brain;
  core::Volume image = person.seen.image;
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    if (brain.voxels[n] == 0) continue;
    image.voxels[n] *= std::exp(person.seen.log_bias.voxels[n] - person.true_log_bias.voxels[n]);
  }
  const double white = preprocess::white_matter_level(image, person.seen.tissue);
  const domain::ToneCurve curve =
      domain::tone_curve(two_pass.site_corrected.quantiles, two_pass.reference.quantiles);
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    if (brain.voxels[n] == 0) continue;
    image.voxels[n] = static_cast<float>(curve(static_cast<double>(image.voxels[n]) / white));
  }
  return image;
}

/// What the fitted acquisition says, beside its chance SDs.
std::string acquisition_note(const domain::Acquisition& found) {
  std::string text = "restore: acquisition found";
  const auto add = [&](const char* what, double value, double sd) {
    std::array<char, 64> word{};
    std::snprintf(word.data(), word.size(), " %s %.3f (%.3f)", what, value, sd);
    text += word.data();
  };
  add("CSF", found.contrast[0].value, found.contrast[0].sd);
  add("GM", found.contrast[1].value, found.contrast[1].sd);
  add("WM", found.contrast[2].value, found.contrast[2].sd);
  for (std::size_t a = 0; a < 3; ++a) {
    static constexpr std::array<const char*, 3> kName{"blur x", "y", "z"};
    add(kName.at(a), found.blur[a].value, found.blur[a].sd);
  }
  add("noise variance x 1000", 1000.0 * found.noise_variance.value, 1000.0 * found.noise_variance.sd);
  if (!found.detail.empty())
    text += found.finer == std::array<double, 3>{} ? ", with a filter and coloured noise"
                                                   : ", with a filter, coloured noise and more resolution";
  return text;
}

std::string surprise_note(const domain::SiteModel& model) {
  std::array<char, 200> text{};
  const double null =
      model.null_surprise.empty() ? 0.0 : model.null_surprise[model.null_surprise.size() * 19 / 20];
  std::snprintf(
      text.data(), text.size(),
      "largest difference %.1f chance SDs (95 %% of parts of the reference: below %.1f)%s; detail gain %.3f",
      model.surprise, null, harmonize::nothing_to_do(model) ? ": left alone" : "", model.detail_gain);
  std::string words = text.data();
  if (!model.errors.empty()) {
    const auto [least, most] =
        std::minmax_element(model.errors.held_out.begin(), model.errors.held_out.end());
    std::snprintf(text.data(), text.size(),
                  "; the 90 %% interval holds %.1f to %.1f %% of made scans held out", 100.0 * *least,
                  100.0 * *most);
    words += text.data();
  }
  return words;
}

/// Which way of making scans came nearer to the site's.
std::string filter_note(const harmonize::FitSummary& fit) {
  std::array<char, 160> text{};
  std::snprintf(
      text.data(), text.size(),
      "restore: made scans are %.4f from the site's (energy distance) by point spread and noise, %.4f "
      "with a filter",
      fit.plain_distance, fit.filter_distance);
  return text.data();
}

/// The restorer learnt from true pairs: the reference's people seen by the scanner itself, each with draws of
/// its own.
domain::SiteModel pair_oracle(const harmonize::ReferenceScans& people,
                              const domain::ReferencePackage& reference, const domain::SiteModel& like,
                              const TravellersOptions& options, std::uint64_t scanner_seed,
                              const core::Context& context) {
  domain::SiteModel model = like;
  model.null_surprise.clear();  // it answers whether there is something to do or not
  const harmonize::RestoreOptions& restore = options.fit.restore;
  std::vector<preprocess::Prepared> truths;
  for (const std::size_t n :
       harmonize::kept_scans(people.scans.size(), static_cast<std::size_t>(restore.people)))
    truths.push_back(harmonize::unpack(people.scans[n]));
  const auto make = [&](std::size_t n, const core::Context& one) {
    const preprocess::Prepared& truth = truths[n % truths.size()];
    const std::uint64_t seed = core::Random(context.seed, "evaluate.pairs " + std::to_string(n)).seed();
    phantom::VirtualScan scan =
        phantom::scan_with(options.scanner, truth.image, truth.brain, truth.tissue, scanner_seed, seed, one);
    for (std::size_t v = 0; v < scan.image.voxels.size(); ++v) {
      if (truth.head.voxels[v] == 0) scan.image.voxels[v] = 0.0F;
    }
    const preprocess::Prepared seen = preprocess::prepare(scan.image, truth.brain, {}, one);
    return harmonize::Pair{
        truth.image,
        harmonize::corrected_image(seen, reference.level(options.spacing_mm).pooled, like.atlas, one),
        truth.brain,
        {}};
  };
  const std::size_t count = std::max(truths.size(), static_cast<std::size_t>(restore.scans));
  (void)harmonize::fit_restorer_to_pairs(model, count, make, restore, context);
  return model;
}

/// The traveller's truth through the scanner.
void see(Traveller& person, const phantom::VirtualScanner& scanner, std::uint64_t scanner_seed,
         std::uint64_t person_seed, const core::Context& context) {
  const preprocess::Prepared& truth = person.truth;
  phantom::VirtualScan scan =
      phantom::scan_with(scanner, truth.image, truth.brain, truth.tissue, scanner_seed, person_seed, context);
  if (truth.skull_stripped) {  // a scan of a stripped head is a stripped scan: noise in air says nothing
    for (std::size_t n = 0; n < scan.image.voxels.size(); ++n) {
      if (truth.head.voxels[n] == 0) scan.image.voxels[n] = 0.0F;
    }
  }
  person.seen = preprocess::prepare(scan.image, truth.brain, {}, context);
  person.true_log_bias = std::move(scan.log_bias);
}

/// The person with lesions, seen by the same scanner.
PlantedLesions with_lesions(Traveller& person, const phantom::VirtualScanner& scanner,
                            std::uint64_t scanner_seed, std::uint64_t person_seed,
                            const core::Context& context) {
  PlantedLesions planted = plant_lesions(person.truth.image, person.truth.tissue[core::Tissue::WhiteMatter],
                                         LesionOptions{}, person_seed);
  see(person, scanner, scanner_seed, person_seed, context);
  return planted;
}

/// The next share of the progress, with a person's own seed.
core::Context next_of(PeopleShare& share, const std::string& label, std::uint64_t seed) {
  core::Context part = share.next(label);
  part.seed = seed;
  return part;
}

config::Json json_of(const harmonize::FitOptions& fit) {
  config::Json all = harmonize::to_json(fit);
  all["enot"] = harmonize::to_json(fit.enot);
  all["restore"] = harmonize::to_json(fit.restore);
  return all;
}

/// All that the table depends on but the people.
std::map<std::string, std::string> settings_of(const TravellersOptions& options,
                                               const std::vector<Person>& people, std::uint64_t seed) {
  using config::Json;
  Json::Array methods;
  for (const Method method : options.methods) methods.emplace_back(domain::name(method));
  const bool given = !people.empty() && people.front().role.has_value();
  std::map<std::string, std::string> settings{
      {"software", Json(core::software()).dump()},
      {"scanner", phantom::to_json(options.scanner)},
      {"seed", Json(seed).dump()},
      {"spacing_mm", Json(options.spacing_mm).dump()},
      {"methods", Json(std::move(methods)).dump()},
      {"bias_oracle", Json(options.bias_oracle).dump()},
      {"pair_oracle", Json(options.pair_oracle).dump()},
      {"lesions", Json(options.lesions).dump()},
      {"split", Json(given ? "given" : "drawn").dump()},
      {"judged", Json("in the brain, on the working grid, white matter = 1, before write-back: no bound on "
                      "the change and no intensity scale take part")
                     .dump()},
      {"fit", json_of(options.fit).dump()}};
  if (!given) {
    settings["people_site"] = Json(options.people_site).dump();
    settings["people_test"] = Json(options.people_test).dump();
  }
  return settings;
}

void add(TableRow& row, const std::map<std::string, std::optional<double>>& values) {
  for (const auto& [name, value] : values) row.measures[name].push_back(value);
}

}  // namespace

Role role_named(const std::string& name) {
  if (name == "reference") return Role::Reference;
  if (name == "site") return Role::Site;
  if (name == "test") return Role::Test;
  throw Error(ErrorKind::Config, "unknown role \"" + name + "\": choose one of reference, site, test");
}

std::string TravellersOptions::problem() const {
  if (std::string bad = scanner.problem(); !bad.empty()) return "scanner: " + bad;
  if (!(spacing_mm >= 0.5 && spacing_mm <= 3.0)) return "spacing_mm must lie in 0.5..3";
  if (people_site < 1) return "people_site must be at least 1";
  if (people_test < 1) return "people_test must be at least 1";
  if (methods.empty()) return "no method to judge";
  return fit.problem();
}

Traveller make_traveller(const Person& person, const phantom::VirtualScanner& scanner, double spacing_mm,
                         std::uint64_t scanner_seed, std::uint64_t person_seed,
                         const core::Context& context) {
  try {
    Traveller out;
    out.id = person.id;
    out.truth = prepared_scan(person, spacing_mm, context);
    see(out, scanner, scanner_seed, person_seed, context);
    return out;
  } catch (const Error& error) {
    throw error.within(person.id);
  }
}

std::vector<Role> roles_of(const std::vector<Person>& people, const TravellersOptions& options,
                           std::uint64_t seed) {
  std::vector<Role> roles(people.size(), Role::Reference);
  const auto given = static_cast<std::size_t>(
      std::count_if(people.begin(), people.end(), [](const Person& p) { return p.role.has_value(); }));
  if (given > 0 && given < people.size()) {
    throw Error(ErrorKind::Config, "some people have a role and others none: give all of them one, or none");
  }
  if (given > 0) {
    for (std::size_t n = 0; n < people.size(); ++n) roles[n] = *people[n].role;
  } else {
    std::vector<std::size_t> order(people.size());
    for (std::size_t n = 0; n < order.size(); ++n) order[n] = n;
    core::Random random(seed, "evaluate.split");
    for (std::size_t n = order.size(); n > 1; --n) std::swap(order[n - 1], order[random.below(n)]);
    const auto site = static_cast<std::size_t>(options.people_site);
    const auto test = static_cast<std::size_t>(options.people_test);
    for (std::size_t n = 0; n < order.size() && n < site + test; ++n) {
      roles[order[n]] = n < site ? Role::Site : Role::Test;
    }
  }
  const auto count = [&](Role role) { return std::count(roles.begin(), roles.end(), role); };
  if (count(Role::Reference) < 2 || count(Role::Site) < 1 || count(Role::Test) < 1) {
    throw Error(ErrorKind::Input,
                "at least 2 people for the reference, 1 for the site and 1 for the test are needed: " +
                    std::to_string(people.size()) + " people are not enough for this split");
  }
  return roles;
}

OutcomeTable travellers(const std::vector<Person>& people, const TravellersOptions& options,
                        const core::Context& context) {
  if (const std::string problem = options.problem(); !problem.empty())
    throw Error(ErrorKind::Config, problem);
  const std::vector<Role> roles = roles_of(people, options, context.seed);
  core::Random seeds(context.seed, "evaluate.travellers");
  const std::uint64_t scanner_seed = seeds.seed();
  std::vector<std::uint64_t> person_seeds;
  for (std::size_t n = 0; n < people.size(); ++n) person_seeds.push_back(seeds.seed());
  const auto count = [&](Role role) { return std::count(roles.begin(), roles.end(), role); };

  OutcomeTable table;
  const bool restores = std::count(options.methods.begin(), options.methods.end(), Method::Restore) > 0;
  std::vector<domain::ScanSummary> reference_scans;
  harmonize::ReferenceScans people_of_reference;
  PeopleShare reference_share(context, 0.0, 0.25, static_cast<std::size_t>(count(Role::Reference)));
  for (std::size_t n = 0; n < people.size(); ++n) {
    if (roles[n] != Role::Reference) continue;
    const core::Context part = next_of(reference_share, "reference " + people[n].id, person_seeds[n]);
    with_one(people[n].id, table, [&] {
      const preprocess::Prepared truth = prepared_scan(people[n], options.spacing_mm, part);
      reference_scans.push_back(harmonize::summarize(truth, {options.spacing_mm}, options.fit, part));
      if (restores) people_of_reference.scans.push_back(harmonize::pack(truth));
    });
  }
  require_left(reference_scans.size(), 2, "reference", table);
  const domain::ReferencePackage reference =
      harmonize::fit_reference(reference_scans, options.fit, context.slice(0.25, 0.26, "reference"));
  reference_scans.clear();
  people_of_reference.spacing_mm = options.spacing_mm;
  people_of_reference.source_digest = reference.source_digest;

  SiteScans site_scans(options.methods);
  std::size_t site_people = 0;
  PeopleShare site_share(context, 0.26, 0.45, static_cast<std::size_t>(count(Role::Site)));
  for (std::size_t n = 0; n < people.size(); ++n) {
    if (roles[n] != Role::Site) continue;
    const core::Context part = next_of(site_share, "site " + people[n].id, person_seeds[n]);
    with_one(people[n].id, table, [&] {
      const Traveller person =
          make_traveller(people[n], options.scanner, options.spacing_mm, scanner_seed, person_seeds[n], part);
      site_scans.add(person.seen, reference, options.spacing_mm, options.fit, part);
      ++site_people;
    });
  }
  require_left(site_people, 1, "site", table);
  std::vector<domain::SiteModel> models;
  for (const Method method : options.methods) {
    const core::Context part = context.slice(0.45, 0.6, "fit " + std::string(domain::name(method)));
    harmonize::SiteFit fit = harmonize::fit_site(site_scans.of(method), reference, method, options.fit, part,
                                                 &people_of_reference);
    if (method == Method::Restore) {
      table.notes.push_back(acquisition_note(fit.model.acquisition));
      table.notes.push_back("restore: " + surprise_note(fit.model));
      if (fit.summary.filter_distance > 0.0) table.notes.push_back(filter_note(fit.summary));
    }
    if (method == Method::Enot) {
      table.notes.push_back("enot: " + fit.summary.ended + ", share of the displacement applied " +
                            std::to_string(fit.summary.shrinkage));
    }
    table.rows.push_back({std::string(domain::name(method)), {}});
    models.push_back(std::move(fit.model));
  }
  const domain::SiteModel two_pass =
      harmonize::fit_site(site_scans.of(Method::TwoPassHistogramMatch), reference,
                          Method::TwoPassHistogramMatch, options.fit, context)
          .model;
  if (options.bias_oracle) table.rows.push_back({kOracle, {}});
  std::optional<domain::SiteModel> true_pairs;
  if (restores && options.pair_oracle) {
    const auto like = std::find(options.methods.begin(), options.methods.end(), Method::Restore);
    true_pairs = pair_oracle(people_of_reference, reference,
                             models[static_cast<std::size_t>(like - options.methods.begin())], options,
                             scanner_seed, context.slice(0.6, 0.7, "true pairs"));
    table.rows.push_back({kPairOracle, {}});
  }

  PeopleShare test_share(context, 0.7, 1.0, static_cast<std::size_t>(count(Role::Test)));
  for (std::size_t n = 0; n < people.size(); ++n) {
    if (roles[n] != Role::Test) continue;
    const core::Context part = next_of(test_share, "test " + people[n].id, person_seeds[n]);
    with_one(people[n].id, table, [&] {
      const Traveller person =
          make_traveller(people[n], options.scanner, options.spacing_mm, scanner_seed, person_seeds[n], part);
      std::vector<std::map<std::string, std::optional<double>>> values;
      for (const domain::SiteModel& model : models)
        values.push_back(
            measured(harmonize::harmonized_image(person.seen, model, part), person, model, part));
      if (options.bias_oracle) values.push_back(measured(with_true_bias(person, two_pass), person));
      if (true_pairs)
        values.push_back(
            measured(harmonize::harmonized_image(person.seen, *true_pairs, part), person, *true_pairs, part));
      if (options.lesions) {
        Traveller ill = person;
        const PlantedLesions planted =
            with_lesions(ill, options.scanner, scanner_seed, person_seeds[n], part);
        const auto judge = [&](std::size_t row, const core::Volume& image) {
          for (const auto& [name, value] : lesion_measures(image, ill.truth.image, planted))
            values[row][name] = value;
        };
        for (std::size_t m = 0; m < models.size(); ++m)
          judge(m, harmonize::harmonized_image(ill.seen, models[m], part));
        std::size_t row = models.size();
        if (options.bias_oracle) judge(row++, with_true_bias(ill, two_pass));
        if (true_pairs) judge(row, harmonize::harmonized_image(ill.seen, *true_pairs, part));
      }
      table.people.push_back(person.id);
      for (std::size_t m = 0; m < values.size(); ++m) add(table.rows[m], values[m]);
    });
  }
  require_left(table.people.size(), 1, "test", table);
  table.title = "travellers: scanner " + options.scanner.name + ", " + std::to_string(reference.scans) +
                " reference, " + std::to_string(site_people) + " site and " +
                std::to_string(table.people.size()) + " test people";
  table.baseline = std::string(domain::name(Method::TwoPassHistogramMatch));
  table.yardsticks = {kOracle, kPairOracle};
  table.settings = settings_of(options, people, context.seed);
  table.measures = {"psnr_db",     "ssim",      "mae",      "gradient_energy", "gradient_correlation",
                    "gm_wm_error", "csf_error", "gm_error", "wm_error",        "wm_sd"};
  if (restores) table.measures.insert(table.measures.end(), kInterval.begin(), kInterval.end());
  if (options.lesions) {
    for (const char* name :
         {"lesion_contrast_ratio", "lesion_contrast_d0.30", "lesion_contrast_dark", "lesion_contrast_bright"})
      table.measures.emplace_back(name);
  }
  return table;
}

}  // namespace isoscan::evaluate
