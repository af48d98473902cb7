#include "isoscan/evaluate/longitudinal.hpp"

#include <cmath>
#include <map>
#include <optional>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/preprocess/resample.hpp"
#include "isoscan/quality/anatomy.hpp"

#include "cohort.hpp"

namespace isoscan::evaluate {

namespace {

using core::Error;
using core::ErrorKind;
using Values = std::map<std::string, std::optional<double>>;

struct TimePoint {
  preprocess::Prepared scan;
  core::Mask lesions;  ///< on the working grid
  core::Mask around;   ///< white matter
};

TimePoint time_point(const LesionScan& lesion_scan, double spacing_mm, const core::Context& context) {
  TimePoint out;
  out.scan = prepared_scan(lesion_scan.scan, spacing_mm, context);
  const core::Grid native = lesion_scan.scan.load().grid;
  out.lesions = preprocess::resample_nearest(lesion_scan.load_lesions(native), out.scan.image.grid);
  if (out.lesions.count() == 0) {
    throw Error(ErrorKind::Input, "the lesions vanish at " + config::Json(spacing_mm).dump() +
                                      " mm; a finer --spacing keeps them");
  }
  constexpr float kMostlyWhite = 0.5F;
  out.around = core::above(out.scan.tissue[core::Tissue::WhiteMatter], kMostlyWhite);
  return out;
}

struct Seen {
  std::optional<double> contrast;
  std::optional<double> per_grey;  ///< contrast over that of grey matter against white
  std::optional<double> volume_ml;
};

/// Mean of a tissue, each voxel with its posterior: thick slices leave hardly a pure voxel.
double weighted_mean(const core::Volume& image, const core::Volume& posterior) {
  double sum = 0.0;
  double weight = 0.0;
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    const double p = posterior.voxels[n];
    sum += p * image.voxels[n];
    weight += p;
  }
  return weight > 0.0 ? sum / weight : 0.0;
}

Seen seen_in(const core::Volume& image, const TimePoint& point) {
  const auto found = quality::lesion_contrast(image, point.lesions, point.around);
  if (!found) return {};
  Seen seen{found->contrast, std::nullopt, found->volume_ml};
  const double white = weighted_mean(image, point.scan.tissue[core::Tissue::WhiteMatter]);
  const double grey = weighted_mean(image, point.scan.tissue[core::Tissue::GreyMatter]);
  constexpr double kLeastGrey = 0.01;
  if (white > 0.0 && 1.0 - grey / white > kLeastGrey) seen.per_grey = found->contrast / (1.0 - grey / white);
  return seen;
}

std::optional<double> ratio(const std::optional<double>& after, const std::optional<double>& before,
                            double least) {
  if (!after || !before || std::abs(*before) < least) return std::nullopt;
  return *after / *before;
}

std::optional<double> less(const std::optional<double>& a, const std::optional<double>& b) {
  if (!a || !b) return std::nullopt;
  return *a - *b;
}

}  // namespace

std::string LongitudinalOptions::problem() const {
  if (spacing_mm != 0.0 && !(spacing_mm >= 0.5 && spacing_mm <= 3.0)) return "spacing_mm must lie in 0.5..3";
  if (methods.empty()) return "no method to judge";
  return fit.problem();
}

OutcomeTable longitudinal(const std::vector<LesionCourse>& people, const std::vector<Person>& reference,
                          const LongitudinalOptions& options, const core::Context& context) {
  if (const std::string problem = options.problem(); !problem.empty())
    throw Error(ErrorKind::Config, problem);
  if (people.empty()) throw Error(ErrorKind::Input, "no person has two time points with lesions");
  const double spacing = common_spacing(options.spacing_mm, {&reference});
  OutcomeTable table;
  describe(table, "longitudinal", options.methods, options.fit, spacing, context.seed);
  table.scanner = "real";
  const Prepare plain = [spacing](const Person& person, const core::Context& part) {
    return prepared_scan(person, spacing, part);
  };
  const LearnedReference learned =
      learn_reference(reference, plain, spacing, options.fit, table, context.slice(0.0, 0.4, "reference"));
  const domain::ReferencePackage& package = learned.package;
  std::map<std::string, std::vector<Person>> by_site;
  for (const LesionCourse& person : people) {
    by_site[person.first.site].push_back(person.first.scan);
    by_site[person.second.site].push_back(person.second.scan);
  }
  std::map<std::string, std::vector<domain::SiteModel>> models;
  const core::Context learning = context.slice(0.4, 0.7, "sites");
  PeopleShare sites(learning, 0.0, 1.0, by_site.size());
  for (const auto& [site, scans] : by_site) {
    models[site] =
        learn_site(scans, plain, learned, options.methods, options.fit, table, sites.next("site " + site));
    table.k = std::max(table.k, static_cast<int>(scans.size()));
  }
  PeopleShare share(context, 0.7, 1.0, people.size());
  for (const LesionCourse& person : people) {
    const core::Context part = share.next("person " + person.id);
    with_one(person.id, table, [&] {
      const TimePoint first = time_point(person.first, spacing, part);
      const TimePoint second = time_point(person.second, spacing, part);
      const Seen before_1 = seen_in(first.scan.image, first);
      const Seen before_2 = seen_in(second.scan.image, second);
      std::vector<Values> values;
      for (std::size_t m = 0; m < options.methods.size(); ++m) {
        const Seen after_1 =
            seen_in(harmonize::harmonized_image(first.scan, models[person.first.site][m], part), first);
        const Seen after_2 =
            seen_in(harmonize::harmonized_image(second.scan, models[person.second.site][m], part), second);
        constexpr double kVisible = 0.01;
        constexpr double kSmallestMl = 0.05;
        const auto change_before = less(before_2.volume_ml, before_1.volume_ml);
        const auto change_after = less(after_2.volume_ml, after_1.volume_ml);
        values.push_back({{"contrast_ratio_1", ratio(after_1.contrast, before_1.contrast, kVisible)},
                          {"contrast_ratio_2", ratio(after_2.contrast, before_2.contrast, kVisible)},
                          {"per_grey_ratio_1", ratio(after_1.per_grey, before_1.per_grey, kVisible)},
                          {"per_grey_ratio_2", ratio(after_2.per_grey, before_2.per_grey, kVisible)},
                          {"volume_ratio_1", ratio(after_1.volume_ml, before_1.volume_ml, kSmallestMl)},
                          {"volume_ratio_2", ratio(after_2.volume_ml, before_2.volume_ml, kSmallestMl)},
                          {"change_before", change_before},
                          {"change_after", change_after},
                          {"kept", ratio(change_after, change_before, kSmallestMl)}});
      }
      table.people.push_back(person.id);
      for (std::size_t m = 0; m < options.methods.size(); ++m)
        add_values(table, std::string(domain::name(options.methods[m])), values[m]);
    });
  }
  require_left(table.people.size(), 1, "lesions", table);
  table.title = "longitudinal: " + std::to_string(table.people.size()) +
                " people with lesions at two times, " + std::to_string(by_site.size()) +
                (by_site.size() == 1 ? " protocol; " : " protocols; ") + std::to_string(package.scans) +
                " reference people, at " + config::Json(spacing).dump() + " mm";
  table.yardsticks = {std::string(domain::name(domain::Method::None))};  // compared with itself
  table.measures = {"per_grey_ratio_1", "per_grey_ratio_2", "contrast_ratio_1",
                    "contrast_ratio_2", "volume_ratio_1",   "volume_ratio_2",
                    "change_before",    "change_after",     "kept"};
  return table;
}

}  // namespace isoscan::evaluate
