#include "cohort.hpp"

#include <algorithm>
#include <utility>

#include "isoscan/config/json.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/core/version.hpp"
#include "isoscan/harmonize/options_json.hpp"
#include "isoscan/preprocess/tissue.hpp"

namespace isoscan::evaluate {

using core::Error;
using core::ErrorKind;

PeopleShare::PeopleShare(const core::Context& context, double from, double to, std::size_t count)
    : context_(context),
      from_(from),
      width_((to - from) / static_cast<double>(std::max<std::size_t>(1, count))) {}

core::Context PeopleShare::next(const std::string& label) {
  context_.check_stop();
  core::Context part = context_.slice(from_, std::min(1.0, from_ + width_), label);
  from_ += width_;
  return part;
}

void note_or_throw(const Error& error, const std::string& id, OutcomeTable& table) {
  if (error.kind() != ErrorKind::Input && error.kind() != ErrorKind::Io &&
      error.kind() != ErrorKind::Geometry && error.kind() != ErrorKind::Numeric) {
    throw error.within(id);
  }
  std::string reason = error.what();
  if (reason.starts_with(id + ": ")) reason.erase(0, id.size() + 2);
  for (const LeftOut& who : table.left_out) {
    if (who.id == id && who.reason == reason) return;  // seen in an earlier role or repeat
  }
  table.left_out.push_back({id, std::move(reason)});
}

void require_left(std::size_t count, std::size_t least, const std::string& role, const OutcomeTable& table) {
  if (count >= least) return;
  std::string text = "too few people are left for the " + role + ": " + std::to_string(count) +
                     ", at least " + std::to_string(least) + " are needed";
  for (const LeftOut& who : table.left_out) text += "; " + who.id + ": " + who.reason;
  throw Error(ErrorKind::Input, text);
}

preprocess::Prepared prepared_scan(const Person& person, double spacing_mm, const core::Context& context) {
  const core::Volume image = person.load();
  const std::optional<core::Mask> brain = person.load_brain ? person.load_brain(image.grid) : std::nullopt;
  return preprocess::prepare(image, brain, {.working_spacing_mm = spacing_mm}, context);
}

LearnedReference learn_reference(const std::vector<Person>& people, const Prepare& prepare, double spacing_mm,
                                 const harmonize::FitOptions& fit, OutcomeTable& table,
                                 const core::Context& context) {
  std::vector<domain::ScanSummary> scans;
  LearnedReference learned;
  PeopleShare share(context, 0.0, 0.95, people.size());
  for (const Person& person : people) {
    const core::Context part = share.next("reference " + person.id);
    with_one(person.id, table, [&] {
      const preprocess::Prepared scan = prepare(person, part);
      scans.push_back(harmonize::summarize(scan, {spacing_mm}, fit, part));
      if (learned.scans.scans.size() < harmonize::kMostKeptScans)
        learned.scans.scans.push_back(harmonize::pack(scan));
    });
  }
  require_left(scans.size(), 2, "reference", table);
  learned.package = harmonize::fit_reference(scans, fit, context.slice(0.95, 1.0, "reference"));
  learned.scans.spacing_mm = spacing_mm;
  learned.scans.source_digest = learned.package.source_digest;
  return learned;
}

SiteScans::SiteScans(const std::vector<harmonize::Method>& methods)
    : restores_(std::find(methods.begin(), methods.end(), harmonize::Method::Restore) != methods.end()) {}

void SiteScans::add(const preprocess::Prepared& scan, const domain::ReferencePackage& reference,
                    double spacing_mm, const harmonize::FitOptions& fit, const core::Context& context) {
  using harmonize::Method;
  domain::ScanSummary plain =
      harmonize::summarize_for_site(scan, reference, spacing_mm, Method::Enot, fit, context);
  if (restores_)
    restored_.push_back(
        harmonize::summarize_for_site(scan, reference, spacing_mm, Method::Restore, fit, context));
  plain_.push_back(std::move(plain));
}

const std::vector<domain::ScanSummary>& SiteScans::of(harmonize::Method method) const {
  return method == harmonize::Method::Restore ? restored_ : plain_;
}

std::vector<domain::SiteModel> learn_site(const std::vector<Person>& people, const Prepare& prepare,
                                          const LearnedReference& learned,
                                          const std::vector<harmonize::Method>& methods,
                                          const harmonize::FitOptions& fit, OutcomeTable& table,
                                          const core::Context& context) {
  const domain::ReferencePackage& reference = learned.package;
  SiteScans scans(methods);
  std::size_t left = 0;
  PeopleShare share(context, 0.0, 0.5, people.size());
  for (const Person& person : people) {
    const core::Context part = share.next("site " + person.id);
    with_one(person.id, table, [&] {
      scans.add(prepare(person, part), reference, reference.spacing_mm, fit, part);
      ++left;
    });
  }
  require_left(left, 1, "site", table);
  std::vector<domain::SiteModel> models;
  PeopleShare fits(context, 0.5, 1.0, methods.size());
  for (const harmonize::Method method : methods) {
    const core::Context part = fits.next("fit " + std::string(domain::name(method)));
    models.push_back(
        harmonize::fit_site(scans.of(method), reference, method, fit, part, &learned.scans).model);
  }
  return models;
}

preprocess::Prepared brought_over(const preprocess::Prepared& scan, const domain::SiteModel& model,
                                  const core::Context& context) {
  preprocess::Prepared out = scan;
  out.image = harmonize::harmonized_image(scan, model, context);
  out.tissue = preprocess::classify_tissue(out.image, out.brain, context).maps;
  return out;
}

double common_spacing(double spacing_mm, const std::vector<const std::vector<Person>*>& lists) {
  if (spacing_mm > 0.0) return spacing_mm;
  double edge = 0.0;
  for (const auto* list : lists) {
    for (const Person& person : *list) {
      try {
        edge = std::max(edge, domain::coarsest_edge_mm(person.load().grid));
        break;
      } catch (const Error&) {
        continue;  // said where the person's turn comes
      }
    }
  }
  constexpr double kNearlyEqual = 1.02;
  for (const double step : {1.0, 1.25, 1.5, 2.0, 2.5, 3.0}) {
    if (edge <= step * kNearlyEqual) return step;
  }
  throw Error(ErrorKind::Config,
              "these scans have voxel edges of " + std::to_string(edge) +
                  " mm; say at which spacing to compare them with --spacing (0.5 to 3 mm)");
}

std::vector<Person> shuffled(std::vector<Person> people, std::uint64_t seed, const std::string& stream) {
  core::Random random(seed, stream);
  for (std::size_t n = people.size(); n > 1; --n) std::swap(people[n - 1], people[random.below(n)]);
  return people;
}

void describe(OutcomeTable& table, const std::string& test, const std::vector<harmonize::Method>& methods,
              const harmonize::FitOptions& fit, double spacing_mm, std::uint64_t seed) {
  using config::Json;
  table.test = test;
  table.seed = seed;
  table.baseline = std::string(domain::name(harmonize::Method::TwoPassHistogramMatch));
  Json::Array names;
  for (const harmonize::Method method : methods) names.emplace_back(domain::name(method));
  Json fitted = harmonize::to_json(fit);
  fitted["enot"] = harmonize::to_json(fit.enot);
  table.settings["software"] = Json(core::software()).dump();
  table.settings["seed"] = Json(seed).dump();
  table.settings["spacing_mm"] = Json(spacing_mm).dump();
  table.settings["methods"] = Json(std::move(names)).dump();
  table.settings["fit"] = fitted.dump();
}

void add_values(OutcomeTable& table, const std::string& method,
                const std::map<std::string, std::optional<double>>& values) {
  auto row = std::find_if(table.rows.begin(), table.rows.end(),
                          [&](const TableRow& r) { return r.method == method; });
  if (row == table.rows.end()) {
    table.rows.push_back({method, {}});
    row = table.rows.end() - 1;
  }
  for (const auto& [name, value] : values) row->measures[name].push_back(value);
}

}  // namespace isoscan::evaluate
