#include "isoscan/evaluate/sites.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"

#include "cohort.hpp"
#include "person_features.hpp"

namespace isoscan::evaluate {

namespace {

using core::Error;
using core::ErrorKind;
using Values = std::map<std::string, std::optional<double>>;
using Group = std::vector<PersonFeatures>;

constexpr const char* kNull = "null: reference halves";

quality::Samples pooled_patches(const Group& people) {
  quality::Samples all;
  for (const PersonFeatures& person : people) {
    all.dimensions = person.patches.dimensions;
    all.values.insert(all.values.end(), person.patches.values.begin(), person.patches.values.end());
  }
  return all;
}

std::vector<double> mean_quantiles(const Group& people) {
  std::vector<double> mean(people.front().quantiles.size(), 0.0);
  for (const PersonFeatures& person : people) {
    for (std::size_t n = 0; n < mean.size(); ++n)
      mean[n] += person.quantiles[n] / static_cast<double>(people.size());
  }
  return mean;
}

Values compared(const Group& reference, const Group& site, const SitesOptions& options, std::uint64_t seed,
                const core::Context& context) {
  std::array<std::vector<quality::Samples>, 2> bands;
  std::array<std::vector<std::vector<double>>, 2> image;
  for (const auto& [group, s] : {std::pair{&reference, 0U}, std::pair{&site, 1U}}) {
    for (const PersonFeatures& person : *group) {
      bands[s].push_back(person.bands);
      image[s].push_back(person.image);
    }
  }
  const Separation patch = separate_patches(bands[0], bands[1], options.forest, seed, context);
  const Separation whole = separate_people(image[0], image[1]);
  quality::SlicedOptions sliced;
  sliced.seed = seed;
  return {{"patch_accuracy", patch.accuracy},
          {"patch_auc", patch.auc},
          {"image_accuracy", whole.accuracy},
          {"image_auc", whole.auc},
          {"patch_distance",
           quality::sliced_wasserstein(pooled_patches(reference), pooled_patches(site), sliced)},
          {"quantile_distance", quantile_difference(mean_quantiles(reference), mean_quantiles(site))}};
}

/// `count` of the group, drawn; with `rest` given, as many others go there.
Group drawn(const Group& group, std::size_t count, core::Random& random, Group* rest = nullptr) {
  std::vector<std::size_t> order(group.size());
  for (std::size_t n = 0; n < order.size(); ++n) order[n] = n;
  for (std::size_t n = order.size(); n > 1; --n) std::swap(order[n - 1], order[random.below(n)]);
  Group out;
  for (std::size_t n = 0; n < count; ++n) out.push_back(group[order[n]]);
  for (std::size_t n = count; rest != nullptr && n < 2 * count; ++n) rest->push_back(group[order[n]]);
  return out;
}

/// Features of all who can be read.
Group group_of(const std::vector<Person>& people, double spacing_mm, const SitesOptions& options,
               OutcomeTable& table, const core::Context& context) {
  Group group;
  PeopleShare share(context, 0.0, 1.0, people.size());
  for (const Person& person : people) {
    const core::Context part = share.next("looking at " + person.id);
    with_one(person.id, table, [&] {
      group.push_back(features_of(person.id, prepared_scan(person, spacing_mm, part), spacing_mm, options.fit,
                                  options.rows_per_person, part));
    });
  }
  return group;
}

Values change_of_tissue(const PersonFeatures& after, const PersonFeatures& before) {
  Values out;
  for (const auto& [name, t] : {std::pair{"csf_points", 0U}, {"gm_points", 1U}, {"wm_points", 2U}})
    out[name] = 100.0 * (after.share[t] - before.share[t]);
  return out;
}

}  // namespace

std::string SitesOptions::problem() const {
  if (spacing_mm != 0.0 && !(spacing_mm >= 0.5 && spacing_mm <= 3.0)) return "spacing_mm must lie in 0.5..3";
  if (people_site < 1) return "people_site must be at least 1";
  if (people_judged < 2) return "people_judged must be at least 2";
  if (repeats < 1 || repeats > 1000) return "repeats must lie in 1..1000";
  if (rows_per_person < 100) return "rows_per_person must be at least 100";
  if (methods.empty()) return "no method to judge";
  if (std::string bad = forest.problem(); !bad.empty()) return "forest: " + bad;
  return fit.problem();
}

OutcomeTable sites(const std::vector<Person>& reference, const std::vector<Person>& site,
                   const SitesOptions& options, const core::Context& context) {
  if (const std::string problem = options.problem(); !problem.empty())
    throw Error(ErrorKind::Config, problem);
  const auto k = static_cast<std::size_t>(options.people_site);
  if (reference.size() < 4 || site.size() < k + 2) {
    throw Error(ErrorKind::Input, "at least 4 reference people and " + std::to_string(k + 2) +
                                      " of the site are needed, there are " +
                                      std::to_string(reference.size()) + " and " +
                                      std::to_string(site.size()) + "; --people-site learns from fewer");
  }
  const double spacing = common_spacing(options.spacing_mm, {&reference, &site});
  OutcomeTable table;
  describe(table, "sites", options.methods, options.fit, spacing, context.seed);
  table.scanner = "real";
  table.k = options.people_site;

  const std::vector<Person> refs = shuffled(reference, context.seed, "evaluate.sites.reference");
  const std::vector<Person> others = shuffled(site, context.seed, "evaluate.sites.site");
  const std::size_t judged =
      std::min({static_cast<std::size_t>(options.people_judged), refs.size() / 2, others.size() - k});
  const auto judged_refs = static_cast<std::ptrdiff_t>(judged);
  const auto learn_k = static_cast<std::ptrdiff_t>(k);
  const Prepare plain = [spacing](const Person& person, const core::Context& part) {
    return prepared_scan(person, spacing, part);
  };

  Group all_refs = group_of(refs, spacing, options, table, context.slice(0.0, 0.2, "reference"));
  require_left(all_refs.size(), 4, "reference", table);
  const LearnedReference learned = learn_reference({refs.begin() + judged_refs, refs.end()}, plain, spacing,
                                                   options.fit, table, context.slice(0.2, 0.35, "reference"));
  const domain::ReferencePackage& package = learned.package;
  const std::vector<domain::SiteModel> models =
      learn_site({others.begin(), others.begin() + learn_k}, plain, learned, options.methods, options.fit,
                 table, context.slice(0.35, 0.6, "site"));

  std::vector<Group> after(models.size());
  const core::Context judging = context.slice(0.6, 0.9, "judging");
  PeopleShare share(judging, 0.0, 1.0, judged);
  for (std::size_t n = k; n < k + judged; ++n) {
    const Person& person = others[n];
    const core::Context part = share.next("judging " + person.id);
    with_one(person.id, table, [&] {
      const preprocess::Prepared scan = prepared_scan(person, spacing, part);
      const PersonFeatures before =
          features_of(person.id, scan, spacing, options.fit, options.rows_per_person, part);
      std::vector<PersonFeatures> made;
      for (const domain::SiteModel& model : models) {
        made.push_back(features_of(person.id, brought_over(scan, model, part), spacing, options.fit,
                                   options.rows_per_person, part));
      }
      table.people.push_back(person.id);
      for (std::size_t m = 0; m < models.size(); ++m) {
        add_values(table, std::string(domain::name(models[m].method)), change_of_tissue(made[m], before));
        after[m].push_back(std::move(made[m]));
      }
    });
  }
  Group judged_people;
  for (const PersonFeatures& person : all_refs) {
    const auto end = refs.begin() + judged_refs;
    if (std::any_of(refs.begin(), end, [&](const Person& p) { return p.id == person.id; }))
      judged_people.push_back(person);
  }
  const std::size_t count = std::min({judged_people.size(), after.front().size(), all_refs.size() / 2});
  require_left(count, 2, "judging", table);

  core::Random seeds(context.seed, "evaluate.sites.repeats");
  for (int r = 0; r < options.repeats; ++r) {
    const double from = 0.9 + 0.1 * r / options.repeats;
    const core::Context part = context.slice(from, from + 0.1 / options.repeats, "comparing");
    const std::uint64_t seed = seeds.seed();
    for (std::size_t m = 0; m < models.size(); ++m) {
      core::Random random(seed, "people");  // the same people for every method
      const Group a = drawn(judged_people, count, random);
      add_values(table, std::string(domain::name(models[m].method)),
                 compared(a, drawn(after[m], count, random), options, seed, part));
    }
    core::Random random(seed, "halves");
    Group rest;
    const Group half = drawn(all_refs, count, random, &rest);
    add_values(table, kNull, compared(half, rest, options, seed, part));
  }
  table.title = "sites: " + std::to_string(package.scans) + " reference people learnt, site learnt from " +
                std::to_string(k) + "; " + std::to_string(count) + " people of each judged, at " +
                config::Json(spacing).dump() + " mm";
  table.measures = {"patch_accuracy",    "patch_auc",  "image_accuracy", "image_auc", "patch_distance",
                    "quantile_distance", "csf_points", "gm_points",      "wm_points"};
  table.by_repeat = {"patch_accuracy", "patch_auc",      "image_accuracy",
                     "image_auc",      "patch_distance", "quantile_distance"};
  table.yardsticks = {kNull};
  table.notes = {"by repeat (" + std::to_string(options.repeats) +
                 "): all but the points, which are by person; chance is 0.5; judge by the null"};
  return table;
}

}  // namespace isoscan::evaluate
