#include "isoscan/evaluate/rescan.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"

#include "cohort.hpp"
#include "person_features.hpp"
#include "rigid.hpp"

namespace isoscan::evaluate {

namespace {

using core::Error;
using core::ErrorKind;
using Values = std::map<std::string, std::optional<double>>;

/// How two sessions differ.
struct Difference {
  double rms = 0.0;
  double in_sd = 0.0;  ///< rms in units of the brain's SD
  double correlation = 0.0;
  double quantiles = 0.0;
};

std::vector<double> quantiles_of(const core::Volume& image, const core::Mask& brain) {
  std::vector<float> values = core::values_in(image, brain);
  std::sort(values.begin(), values.end());
  std::vector<double> out;
  constexpr int kSteps = 200;
  for (int n = 0; n <= kSteps; ++n) {
    const double at = 0.01 + 0.98 * n / kSteps;  // without the outermost hundredths: they are the mask's
    out.push_back(values[static_cast<std::size_t>(at * static_cast<double>(values.size() - 1))]);
  }
  return out;
}

Difference difference_of(const core::Volume& first, const core::Mask& first_brain, const core::Volume& second,
                         const core::Mask& second_brain, const core::Affine& motion,
                         const core::Context& context) {
  const core::Volume moved = moved_to(second, motion, first.grid, context);
  const core::Mask moved_brain = moved_to(second_brain, motion, first.grid);
  double n = 0.0;
  double a = 0.0;
  double b = 0.0;
  double aa = 0.0;
  double bb = 0.0;
  double ab = 0.0;
  for (std::size_t v = 0; v < first.voxels.size(); ++v) {
    if (first_brain.voxels[v] == 0 || moved_brain.voxels[v] == 0) continue;
    const double x = first.voxels[v];
    const double y = moved.voxels[v];
    n += 1.0;
    a += x;
    b += y;
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  if (n < 1000.0) throw Error(ErrorKind::Numeric, "the brains of the two sessions hardly overlap");
  const double va = aa / n - a / n * (a / n);
  const double vb = bb / n - b / n * (b / n);
  Difference d;
  d.rms = std::sqrt(std::max(0.0, (aa - 2.0 * ab + bb) / n));
  d.in_sd = d.rms / std::sqrt(std::max(1e-12, 0.5 * (va + vb)));
  d.correlation = (ab / n - a / n * (b / n)) / std::sqrt(std::max(1e-24, va * vb));
  d.quantiles = quantile_difference(quantiles_of(first, first_brain), quantiles_of(second, second_brain));
  return d;
}

std::optional<double> ratio(double after, double before) {
  return before > 0.0 ? std::optional<double>(after / before) : std::nullopt;
}

}  // namespace

std::string RescanOptions::problem() const {
  if (spacing_mm != 0.0 && !(spacing_mm >= 0.5 && spacing_mm <= 3.0)) return "spacing_mm must lie in 0.5..3";
  if (people_site < 1) return "people_site must be at least 1";
  if (methods.empty()) return "no method to judge";
  if (scanner) {
    if (std::string bad = scanner->problem(); !bad.empty()) return "scanner: " + bad;
  }
  return fit.problem();
}

OutcomeTable rescan(const std::vector<ScanPair>& pairs, const std::vector<Person>& site,
                    const std::vector<Person>& reference, const RescanOptions& options,
                    const core::Context& context) {
  if (const std::string problem = options.problem(); !problem.empty())
    throw Error(ErrorKind::Config, problem);
  if (pairs.empty()) {
    throw Error(
        ErrorKind::Input,
        "no person has two sessions here; name them ses-1 and ses-2, or give a table with the columns "
        "path, subject and session");
  }
  const auto k = std::min(site.size(), static_cast<std::size_t>(options.people_site));
  std::vector<Person> learnt = shuffled(site, context.seed, "evaluate.rescan");
  std::vector<Person> model = reference;
  if (options.scanner && model.empty())
    model.assign(learnt.begin() + static_cast<std::ptrdiff_t>(k), learnt.end());
  learnt.resize(k);
  if (learnt.empty() || model.size() < 2) {
    throw Error(ErrorKind::Input, "beside the pairs, " + std::to_string(site.size()) +
                                      " people of one session are there to learn the site from, and " +
                                      std::to_string(model.size()) +
                                      " for the reference; at least 1 and 2 are needed");
  }
  std::vector<Person> firsts;
  for (const ScanPair& pair : pairs) firsts.push_back(pair.first);
  const double spacing = common_spacing(options.spacing_mm, {&firsts, &learnt, &model});

  OutcomeTable table;
  describe(table, "rescan", options.methods, options.fit, spacing, context.seed);
  table.scanner = options.scanner ? options.scanner->name : "real";
  table.k = static_cast<int>(k);
  if (options.scanner) table.settings["scanner"] = phantom::to_json(*options.scanner);
  core::Random seeds(context.seed, "evaluate.rescan.scanner");
  const std::uint64_t scanner_seed = seeds.seed();
  const Prepare plain = [&](const Person& person, const core::Context& part) {
    return prepared_scan(person, spacing, part);
  };
  const Prepare seen = [&](const Person& person, const core::Context& part) {
    if (!options.scanner) return prepared_scan(person, spacing, part);
    core::Random own(context.seed, "evaluate.rescan." + person.id);
    return make_traveller(person, *options.scanner, spacing, scanner_seed, own.seed(), part).seen;
  };
  const LearnedReference learned =
      learn_reference(model, plain, spacing, options.fit, table, context.slice(0.0, 0.3, "reference"));
  const domain::ReferencePackage& package = learned.package;
  const std::vector<domain::SiteModel> models =
      learn_site(learnt, seen, learned, options.methods, options.fit, table, context.slice(0.3, 0.6, "site"));
  PeopleShare share(context, 0.6, 1.0, pairs.size());
  for (const ScanPair& pair : pairs) {
    const core::Context part = share.next("rescan " + pair.id);
    with_one(pair.id, table, [&] {
      const preprocess::Prepared first = seen(pair.first, part);
      const preprocess::Prepared second = seen(pair.second, part);
      const core::Affine motion = rigid_motion(first.image, first.brain, second.image, second.brain, part);
      const Difference before =
          difference_of(first.image, first.brain, second.image, second.brain, motion, part);
      std::vector<Values> values;
      for (const domain::SiteModel& m : models) {
        const Difference after =
            difference_of(harmonize::harmonized_image(first, m, part), first.brain,
                          harmonize::harmonized_image(second, m, part), second.brain, motion, part);
        values.push_back({{"ratio", ratio(after.rms, before.rms)},
                          {"contrast_ratio", ratio(after.in_sd, before.in_sd)},
                          {"difference", after.rms},
                          {"correlation", after.correlation},
                          {"quantile_ratio", ratio(after.quantiles, before.quantiles)}});
      }
      table.people.push_back(pair.id);
      for (std::size_t m = 0; m < models.size(); ++m)
        add_values(table, std::string(domain::name(models[m].method)), values[m]);
    });
  }
  require_left(table.people.size(), 1, "rescan pairs", table);
  table.title = "rescan: " + std::to_string(table.people.size()) + " people twice, " +
                (options.scanner ? "seen through " + options.scanner->name : "real scans") + "; " +
                std::to_string(package.scans) + " reference people, site learnt from " + std::to_string(k) +
                ", at " + config::Json(spacing).dump() + " mm";
  table.yardsticks = {std::string(domain::name(domain::Method::None))};  // compared with itself
  table.measures = {"ratio", "contrast_ratio", "difference", "correlation", "quantile_ratio"};
  table.notes = {"the second session was brought to the first by a rigid motion found before harmonizing"};
  return table;
}

}  // namespace isoscan::evaluate
