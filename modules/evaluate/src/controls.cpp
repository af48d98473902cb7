#include "isoscan/evaluate/controls.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/quality/fidelity.hpp"

#include "cohort.hpp"

namespace isoscan::evaluate {

namespace {

using core::Error;
using core::ErrorKind;
using Values = std::map<std::string, std::optional<double>>;

Values change_of(const core::Volume& after, const preprocess::Prepared& before, double held_db) {
  constexpr double kNoChange = 100.0;
  const double psnr = std::min(kNoChange, quality::psnr(after, before.image, before.brain));
  const bool unchanged = after.voxels == before.image.voxels;
  return {{"psnr_db", psnr},
          {"unchanged", unchanged ? 1.0 : 0.0},
          {"held", unchanged || psnr >= held_db ? 1.0 : 0.0},
          {"change", quality::mean_absolute_error(after, before.image, before.brain)}};
}

}  // namespace

std::string ControlsOptions::problem() const {
  if (spacing_mm != 0.0 && !(spacing_mm >= 0.5 && spacing_mm <= 3.0)) return "spacing_mm must lie in 0.5..3";
  if (people_site < 1) return "people_site must be at least 1";
  if (people_judged < 1) return "people_judged must be at least 1";
  if (repeats < 1 || repeats > 1000) return "repeats must lie in 1..1000";
  if (!(held_db >= 10.0 && held_db <= 90.0)) return "held_db must lie in 10..90";
  if (methods.empty()) return "no method to judge";
  return fit.problem();
}

OutcomeTable controls(const std::vector<Person>& people, const std::vector<Person>& second,
                      const ControlsOptions& options, const core::Context& context) {
  if (const std::string problem = options.problem(); !problem.empty())
    throw Error(ErrorKind::Config, problem);
  std::vector<Person> all = people;
  all.insert(all.end(), second.begin(), second.end());
  const auto k = static_cast<std::ptrdiff_t>(options.people_site);
  if (static_cast<std::ptrdiff_t>(all.size()) < k + 3) {
    throw Error(ErrorKind::Input, "at least " + std::to_string(k + 3) +
                                      " people are needed (2 for the reference, " + std::to_string(k) +
                                      " for the site, 1 to judge), there are " + std::to_string(all.size()) +
                                      "; --people-site learns from fewer");
  }
  const double spacing = common_spacing(options.spacing_mm, {&people, &second});
  OutcomeTable table;
  describe(table, "controls", options.methods, options.fit, spacing, context.seed);
  table.scanner = "real";
  table.k = options.people_site;
  const Prepare plain = [spacing](const Person& person, const core::Context& part) {
    return prepared_scan(person, spacing, part);
  };
  const auto left = static_cast<std::ptrdiff_t>(all.size()) - k;
  const auto judged = std::min<std::ptrdiff_t>(options.people_judged, left - 2);
  int references = 0;
  for (int r = 0; r < options.repeats; ++r) {
    const core::Context part = context.slice(static_cast<double>(r) / options.repeats,
                                             static_cast<double>(r + 1) / options.repeats, "controls");
    const std::vector<Person> order = shuffled(all, context.seed, "evaluate.controls." + std::to_string(r));
    const auto begin = order.begin();
    const LearnedReference learned = learn_reference({begin + k + judged, order.end()}, plain, spacing,
                                                     options.fit, table, part.slice(0.0, 0.4, "reference"));
    const domain::ReferencePackage& package = learned.package;
    references = package.scans;
    const std::vector<domain::SiteModel> models =
        learn_site({begin, begin + k}, plain, learned, options.methods, options.fit, table,
                   part.slice(0.4, 0.8, "site"));
    PeopleShare share(part, 0.8, 1.0, static_cast<std::size_t>(judged));
    for (std::ptrdiff_t n = k; n < k + judged; ++n) {
      const Person& person = order[static_cast<std::size_t>(n)];
      const core::Context own = share.next("control " + person.id);
      with_one(person.id, table, [&] {
        const preprocess::Prepared scan = plain(person, own);
        std::vector<Values> values;
        for (const domain::SiteModel& model : models)
          values.push_back(change_of(harmonize::harmonized_image(scan, model, own), scan, options.held_db));
        table.people.push_back(options.repeats > 1 ? person.id + " (" + std::to_string(r + 1) + ")"
                                                   : person.id);
        for (std::size_t m = 0; m < models.size(); ++m)
          add_values(table, std::string(domain::name(models[m].method)), values[m]);
      });
    }
  }
  require_left(table.people.size(), 1, "judging", table);
  table.title = std::string("controls: ") +
                (second.empty() ? "site = reference" : "two scanners with shuffled site labels") + "; " +
                std::to_string(references) + " reference people, site learnt from " + std::to_string(k) +
                ", " + std::to_string(options.repeats) + " draws, " + std::to_string(table.people.size()) +
                " runs, at " + config::Json(spacing).dump() + " mm";
  table.yardsticks = {std::string(domain::name(domain::Method::None))};  // compared with itself
  table.measures = {"psnr_db", "unchanged", "held", "change"};
  table.settings["held_db"] = config::Json(options.held_db).dump();
  table.settings["labels"] = config::Json(second.empty() ? "one scanner" : "shuffled").dump();
  table.notes = {"held: unchanged, or within " + config::Json(options.held_db).dump() + " dB"};
  return table;
}

}  // namespace isoscan::evaluate
