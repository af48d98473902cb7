#include <optional>
#include <set>
#include <vector>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/scan_name.hpp"
#include "isoscan/core/tensor_file.hpp"
#include "isoscan/domain/reference.hpp"
#include "isoscan/domain/scan_summary.hpp"
#include "isoscan/domain/site.hpp"
#include "isoscan/domain/site_ranges.hpp"
#include "isoscan/harmonize/harmonize.hpp"
#include "isoscan/harmonize/measure_ranges.hpp"
#include "isoscan/harmonize/options_json.hpp"
#include "isoscan/harmonize/plausibility.hpp"
#include "isoscan/harmonize/shared_restorer.hpp"
#include "isoscan/report/training_page.hpp"
#include "isoscan/stages/prepared_file.hpp"
#include "isoscan/stages/stages.hpp"
#include "isoscan/transport/libraries.hpp"

#include "function_stage.hpp"
#include "quality_measures.hpp"
#include "scan_values.hpp"

namespace isoscan::stages {

using config::Json;

namespace {

double spacing_of(const pipeline::StageIo& io) {
  return config::read_json(io.file("spacing/spacing.json")).at("spacing_mm").as_number();
}

std::vector<domain::ScanSummary> summaries(const std::vector<pipeline::InputItem>& items) {
  std::vector<domain::ScanSummary> list;
  for (const auto& item : items)
    list.push_back(domain::scan_summary(core::read_tensor_file(item.files.at(0))));
  return list;
}

std::vector<std::string> people_of(const std::vector<pipeline::InputItem>& items) {
  std::vector<std::string> people;
  for (const auto& item : items) people.push_back(core::person_of_scan(item.unit));
  return people;
}

/// The first scan of each: images are kept, and restorers taught, as of so many people.
std::vector<pipeline::InputItem> one_a_person(const std::vector<pipeline::InputItem>& items) {
  std::set<std::string> seen;
  std::vector<pipeline::InputItem> first;
  for (const auto& item : items) {
    if (seen.insert(core::person_of_scan(item.unit)).second) first.push_back(item);
  }
  return first;
}

/// Of all scans, at one step of the ladder.
std::vector<ScanValues> values_at(const std::vector<pipeline::InputItem>& items, std::size_t level) {
  std::vector<ScanValues> list;
  for (const auto& item : items)
    list.push_back(level_values_of(config::read_json(item.files.at(0))).at(level).values);
  return list;
}

Json number_map(const std::map<std::string, double>& values) {
  Json::Object object;
  for (const auto& [key, value] : values) object[key] = value;
  return Json(std::move(object));
}

/// The measures that a page shows as "before": of the scan after bias correction, as the reference's are.
LevelValues before_harmonizing(const preprocess::Prepared& scan, const domain::LevelSummary& reference,
                               harmonize::FitOptions options, const core::Context& context) {
  core::Context quiet = context;
  quiet.progress = {};
  options.bands.sd_mm = reference.band_sd_mm;
  options.rows_per_scan = 100;  // the fewest; only the moments are read
  const auto level = harmonize::summarize(scan, {reference.spacing_mm}, options, quiet).levels.at(0);
  LevelValues values{reference.spacing_mm, domain::measures(level)};
  values.values.merge(image_quality_values(scan));
  return values;
}

}  // namespace

StagePtr summarize_reference_stage(const RunOptions& options) {
  pipeline::StageSpec spec;
  spec.name = "summarize-reference";
  spec.version = 5;  // image quality, for ranges
  spec.inputs = {"prepare/prepared.safetensors", "spacing/spacing.json"};
  spec.outputs = {"summary.safetensors", "quality.json"};
  spec.needs = {1, 1500, 0, 8.0};
  return make_stage(
      spec, harmonize::to_json(options.fit),
      [fit = options.fit](const pipeline::StageIo& io, const core::Context& context) {
        const auto prepared = prepared_scan(core::read_tensor_file(io.file("prepare/prepared.safetensors")));
        const auto ladder = domain::spacing_ladder(spacing_of(io));
        domain::ScanSummary summary =
            harmonize::summarize(prepared, ladder, fit, context.slice(0.0, 0.6, "levels"));
        summary.portraits = harmonize::take_portraits(prepared, {}, context.slice(0.6, 1.0, "portraits"));
        core::write_tensor_file(io.output("summary.safetensors"), domain::to_tensors(summary));
        std::vector<LevelValues> levels;
        for (const double spacing : ladder) {
          context.check_stop();
          core::Context quiet = context;
          quiet.progress = {};
          levels.push_back({spacing, image_quality_values(harmonize::at_spacing(prepared, spacing, quiet))});
        }
        config::write_json(io.output("quality.json"), to_json(levels));
      });
}

StagePtr fit_reference_stage(const RunOptions& options) {
  pipeline::StageSpec spec;
  spec.name = "fit-reference";
  spec.version = 8;  // sessions of one person count as one, and one of them is kept
  spec.scope = pipeline::Scope::Cohort;
  spec.inputs = {"summarize-reference/summary.safetensors", "summarize-reference/quality.json",
                 "prepare/prepared.safetensors"};
  spec.outputs = {"reference.isoref", "reference.isoscans"};
  spec.needs = {1, 2000, 0, 4.0};
  Json settings = harmonize::to_json(options.fit);
  const std::optional<harmonize::SharedOptions> shared = options.shared();
  if (shared) {
    spec.libraries = transport::libraries();
    // Rows of a virtual site: 1.8 MB; some 3 s of a core for each of its two scans at 1.5 mm.
    spec.needs = {0, 2000 + 2 * (shared->sites + shared->held_out), 0,
                  6.0 * static_cast<double>(shared->sites + shared->held_out)};
    settings["shared"] = harmonize::to_json(*shared);
  }
  return make_stage(
      spec, settings, [fit = options.fit, shared](const pipeline::StageIo& io, const core::Context& context) {
        const auto scans = summaries(io.items("summarize-reference/summary.safetensors"));
        const auto who = people_of(io.items("summarize-reference/summary.safetensors"));
        auto package =
            harmonize::fit_reference(scans, fit, context.slice(0.0, shared ? 0.02 : 1.0, "reference"), who);
        for (std::size_t n = 0; n < package.levels.size(); ++n) {
          const auto& quality = io.items("summarize-reference/quality.json");
          package.levels[n].ranges.merge(harmonize::ranges_of(values_at(quality, n), people_of(quality)));
        }
        harmonize::ReferenceScans people;
        people.source_digest = package.source_digest;
        people.spacing_mm = package.spacing_mm;
        const auto prepared = one_a_person(io.items("prepare/prepared.safetensors"));
        for (const std::size_t n : harmonize::kept_scans(prepared.size(), harmonize::kMostKeptScans)) {
          context.check_stop();
          people.scans.push_back(
              harmonize::pack(prepared_scan(core::read_tensor_file(prepared[n].files.at(0)))));
        }
        harmonize::save(people, io.output("reference.isoscans"));
        if (shared) {
          const harmonize::People heads(people.scans.size(),
                                        [&](std::size_t n) { return harmonize::unpack(people.scans[n]); });
          harmonize::SharedRun run;
          run.folder = io.checkpoint();
          run.watch = [&](const domain::SharedRestorerFit& so_far) {
            core::write_file(run.folder / "progress.html",
                             report::training_page({shared->network.steps, so_far.best_step,
                                                    so_far.judged_steps, so_far.held_out_db}));
          };
          package.shared =
              harmonize::train_shared_restorer(heads, package.level(package.spacing_mm).pooled, package.atlas,
                                               *shared, context.slice(0.02, 1.0, "restorer"), run)
                  .restorer;
        }
        domain::save(package, io.output("reference.isoref"));
      });
}

StagePtr summarize_site_stage(const RunOptions& options) {
  pipeline::StageSpec spec;
  spec.name = "summarize-site";
  spec.version = 7;  // measures of the scan after bias correction
  spec.inputs = {"prepare/prepared.safetensors", "spacing/spacing.json", "shared/reference"};
  if (options.plausibility) spec.inputs.emplace_back(kPlausiblePort);
  spec.outputs = {"summary.safetensors", "quality.json"};
  spec.needs = {1, 1500, 0, 6.0};
  Json settings = harmonize::to_json(options.fit);
  settings["method"] = domain::name(options.method);
  if (options.method == domain::Method::Restore)
    settings["atlas"] = options.fit.restore.atlas || options.fit.restore.rung != harmonize::Rung::PerSite;
  return make_stage(
      spec, settings,
      [fit = options.fit, method = options.method](const pipeline::StageIo& io,
                                                   const core::Context& context) {
        const auto prepared = prepared_scan(core::read_tensor_file(io.file("prepare/prepared.safetensors")));
        const auto reference = domain::load_reference(io.file("shared/reference"));
        const auto summary =
            harmonize::summarize_for_site(prepared, reference, spacing_of(io), method, fit, context);
        core::write_tensor_file(io.output("summary.safetensors"), domain::to_tensors(summary));
        config::write_json(
            io.output("quality.json"),
            to_json({before_harmonizing(prepared, reference.level(spacing_of(io)).pooled, fit, context)}));
      });
}

StagePtr fit_site_stage(const RunOptions& options) {
  pipeline::StageSpec spec;
  spec.name = "fit-site";
  spec.version = 11;  // the site's people are counted; rungs that refine the shared restorer's answer
  spec.scope = pipeline::Scope::Site;
  spec.libraries = transport::libraries();
  spec.inputs = {"summarize-site/summary.safetensors", "summarize-site/quality.json", "shared/reference"};
  spec.outputs = {"site.isosite", "complete.isosite", "fit.json"};
  spec.needs = {0, 2000, 0, 30.0};
  const bool restores = options.method == domain::Method::Restore;
  const bool learns_from_images = restores && options.fit.restore.rung != harmonize::Rung::ZeroShot;
  if (learns_from_images) {
    spec.inputs.emplace_back("shared/reference_scans");
    spec.needs = {0, 3000, 0, 180.0};  // 2365 MB with 8 people at 1 mm, without spots
  }
  Json settings = harmonize::to_json(options.fit);
  settings["method"] = domain::name(options.method);
  settings["enot"] = harmonize::to_json(options.fit.enot);
  if (restores) settings["restore"] = harmonize::to_json(options.fit.restore);
  return make_stage(
      spec, settings,
      [fit = options.fit, method = options.method, restores, learns_from_images](
          const pipeline::StageIo& io, const core::Context& context) {
        const auto scans = summaries(io.items("summarize-site/summary.safetensors"));
        const auto reference = domain::load_reference(io.file("shared/reference"));
        std::optional<harmonize::ReferenceScans> people;
        if (learns_from_images) people = harmonize::load_reference_scans(io.file("shared/reference_scans"));
        const harmonize::SiteFit site =
            harmonize::fit_site(scans, reference, method, fit, context, people ? &*people : nullptr,
                                people_of(io.items("summarize-site/summary.safetensors")));
        if (!site.summary.usable) {
          throw core::Error(core::ErrorKind::Numeric,
                            "the site's map could not be fitted: " + site.summary.ended);
        }
        const auto ranges = harmonize::ranges_of(values_at(io.items("summarize-site/quality.json"), 0));
        domain::save(site.model, ranges, io.output("site.isosite"), domain::SiteContent::SiteAlone);
        domain::save(site.model, ranges, io.output("complete.isosite"));
        config::write_json(
            io.output("fit.json"),
            Json(
                Json::Object{
                    {"ended", site.summary.ended},
                    {"steps", site.summary.steps},
                    {"scans", site.model.scans},
                    {"people", site.model.people},
                    {"shrinkage", site.summary.shrinkage},
                    {"logged_steps", Json::array(site.summary.logged_steps)},
                    {"dual", Json::array(site.summary.dual)},
                    {"map_cost", Json::array(site.summary.map_cost)},
                    {"loss", Json::array(site.summary.loss)},
                    {"held_out_db",
                     site.model.rung_evidence.empty() ? Json() : number_map(site.model.rung_evidence)},
                    {"rung", restores ? Json(domain::name(domain::rung_of(site.model))) : Json()},
                    {"acquisition", learns_from_images ? harmonize::to_json(site.model.acquisition) : Json()},
                    {"made_distance", site.summary.plain_distance},
                    {"made_distance_by_pure_csf", site.summary.pure_csf_distance},
                    {"made_distance_with_filter", site.summary.filter_distance},
                    {"warnings", Json::array(site.model.warnings)}}));
      });
}

StagePtr complete_site_stage() {
  pipeline::StageSpec spec;
  spec.name = "complete-site";
  spec.scope = pipeline::Scope::Cohort;
  spec.libraries = transport::libraries();
  spec.inputs = {"shared/site", "shared/reference?"};
  spec.outputs = {"complete.isosite"};
  spec.needs = {1, 300, 0, 0.5};
  spec.uses_seed = false;
  return make_stage(spec, Json(Json::Object{}), [](const pipeline::StageIo& io, const core::Context&) {
    domain::SiteModel model = domain::load_site(io.file("shared/site"));
    if (domain::lacks_package(model)) {
      if (!io.has("shared/reference"))
        throw core::Error(core::ErrorKind::Input,
                          "the site's reference package " + model.reference_digest + " was not given");
      domain::complete(model, domain::load_reference(io.file("shared/reference")));
    }
    domain::save(model, domain::load_site_ranges(io.file("shared/site")), io.output("complete.isosite"));
  });
}

}  // namespace isoscan::stages
