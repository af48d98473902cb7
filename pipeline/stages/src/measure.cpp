#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>

#include "isoscan/core/tensor_file.hpp"
#include "isoscan/domain/site.hpp"
#include "isoscan/harmonize/harmonize.hpp"
#include "isoscan/io/libraries.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/quality/fidelity.hpp"
#include "isoscan/report/scan_record.hpp"
#include "isoscan/stages/prepared_file.hpp"
#include "isoscan/stages/stages.hpp"

#include "function_stage.hpp"
#include "quality_measures.hpp"

namespace isoscan::stages {

using config::Json;

namespace {

struct Explained {
  const char* name;  ///< of domain::measures
  const char* label;
  const char* text;
};

constexpr Explained kAgainstReference[] = {
    {"gm_wm", "Grey / white matter",
     "Contrast of pure grey to pure white matter; should lie where the reference's scans lie."},
    {"csf_wm", "CSF / white matter", "Brightness of pure cerebrospinal fluid, white matter = 1."},
    {"intensity_sd", "Spread in the brain", "SD of the brain's intensities, white matter = 1."},
    {"band0_sd", "Finest detail", "SD of the finest band: sharpness and noise together."},
    {"band1_sd", "Fine detail", "SD of the second band: folds and sulci."},
};

std::string printed(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

report::Measure plain(const std::string& name, double value, const std::string& unit,
                      const std::string& text) {
  report::Measure measure;
  measure.name = name;
  measure.value = value;
  measure.unit = unit;
  measure.explanation = text;
  return measure;
}

report::Measure optional(const std::string& name, std::optional<double> value, const std::string& absent,
                         const std::string& text) {
  report::Measure measure = plain(name, 0.0, "", text);
  measure.value = value;
  if (!value) measure.not_applicable = absent;
  return measure;
}

/// Mean of the half-width by tissue, white matter = 1.
void add_uncertainty(std::vector<report::Measure>& measures, const preprocess::Prepared& half_width,
                     double coverage) {
  static constexpr std::array<const char*, core::kTissueCount> kTissue{"CSF", "grey matter", "white matter"};
  const long share = std::lround(100.0 * coverage);
  for (std::size_t t = 0; t < kTissue.size(); ++t) {
    const core::Volume& posterior = half_width.tissue.posterior.at(t);
    double sum = 0.0;
    double weight = 0.0;
    for (std::size_t n = 0; n < posterior.voxels.size(); ++n) {
      const auto p = static_cast<double>(posterior.voxels[n]);
      sum += p * static_cast<double>(half_width.image.voxels[n]);
      weight += p;
    }
    report::Measure measure = plain(std::string("Uncertainty, ") + kTissue.at(t), 0.0, "WM",
                                    "Mean half-width of the interval that holds the truth in " +
                                        std::to_string(share) + " % of voxels, as made scans tell.");
    measure.value = weight > 0.0 ? std::optional(sum / weight) : std::nullopt;
    if (!measure.value) measure.not_applicable = "none of this tissue";
    measures.push_back(measure);
  }
}

}  // namespace

StagePtr measure_stage(const RunOptions& options, const std::string& model_port) {
  pipeline::StageSpec spec;
  spec.name = "measure";
  spec.version = 6;  // tissue found again in made scans; no warning that a scan which passes need not change
  spec.inputs = {"prepare/prepared.safetensors", "apply/harmonized.nii.gz", "apply/uncertainty.nii.gz",
                 "apply/apply.json", model_port};
  spec.libraries = io::libraries();
  spec.outputs = {"measures.json"};
  spec.needs = {1, 2000, 0, 4.0};
  return make_stage(
      spec, Json(Json::Object{}),
      [fit = options.fit, model_port, learnt_here = model_port.starts_with("fit-site/")](
          const pipeline::StageIo& io, const core::Context& context) {
        const auto prepared = prepared_scan(core::read_tensor_file(io.file("prepare/prepared.safetensors")));
        const auto model = domain::load_site(io.file(model_port));
        const Json applied = config::read_json(io.file("apply/apply.json"));
        const bool passes = applied.at("passed_through").as_bool();
        // The scan after bias correction, as the reference's were measured. One that passes keeps its receive
        // field in the output, and is held against the reference without it.
        const preprocess::Prepared& before = prepared;
        const preprocess::Prepared after =
            passes ? prepared
                   : with_image(prepared, io::read_nifti(io.file("apply/harmonized.nii.gz")).volume,
                                applied.at("white_matter").as_number(), model.spacing_mm, context);
        harmonize::FitOptions summary_options = fit;
        summary_options.bands.sd_mm = model.reference.band_sd_mm;
        summary_options.rows_per_scan = 100;  // the fewest; only the moments are read
        const std::vector<double> spacing{model.spacing_mm};
        const auto summary_before =
            harmonize::summarize(before, spacing, summary_options, context).levels.at(0);
        const auto summary_after =
            harmonize::summarize(after, spacing, summary_options, context).levels.at(0);
        const auto values_before = domain::measures(summary_before);
        const auto values_after = domain::measures(summary_after);

        const KnownScans known{model.reference_ranges, model.plausibility.people,
                               domain::load_site_ranges(io.file(model_port)), learnt_here};
        std::vector<report::Measure> measures;
        for (const Explained& entry : kAgainstReference) {
          const auto found = values_after.find(entry.name);
          if (found == values_after.end()) continue;
          report::Measure measure = plain(entry.label, found->second, "", entry.text);
          if (const auto old = values_before.find(entry.name); old != values_before.end())
            measure.before = old->second;
          compare(measure, entry.name, known);
          measure.direction = report::Direction::Near;
          measures.push_back(measure);
        }
        const auto distance = [&](const domain::LevelSummary& summary) {
          return domain::distances(summary, model.reference).at("intensity");
        };
        report::Measure to_reference = plain(
            "Distance to the reference", distance(summary_after), "WM",
            "Root mean square between the intensity quantiles of this scan and the reference's mean scan.");
        to_reference.before = distance(summary_before);
        to_reference.direction = report::Direction::Lower;
        measures.push_back(to_reference);
        report::Measure flat = optional(
            "White matter SD", quality::white_matter_sd(after.image, prepared.tissue), "no pure white matter",
            "Spread of white matter over its mean: what is left of the receive field, with the noise.");
        flat.direction = report::Direction::Lower;
        flat.before = quality::white_matter_sd(before.image, prepared.tissue);
        measures.push_back(flat);
        const OfMadeScans made(model, "gradient_correlation");
        const auto edges = quality::gradient_correlation(after.image, before.image, prepared.brain);
        measures.push_back(optional("Edges kept in place", edges, "the image has no edges",
                                    "Correlation of the gradients before and after; 1 means that no edge "
                                    "moved." +
                                        made.words()));
        measures.push_back(optional(
            "Edge strength", quality::gradient_energy_ratio(after.image, before.image, prepared.brain),
            "the image has no edges",
            "Gradient energy after over before at strong edges; below 1 is softer, above 1 sharper."));
        measures.push_back(
            plain("Largest change", applied.at("max_change").as_number(), "WM",
                  "Largest change of a voxel after bias correction, in units of white matter."));
        measures.push_back(plain("Voxels at the bound", 100.0 * applied.at("share_at_bound").as_number(), "%",
                                 "Share of the brain in which the change was cut at its bound."));
        if (const Json& stated = applied.at("uncertainty"); !stated.is_null()) {
          const auto half_width =
              with_image(prepared, io::read_nifti(io.file("apply/uncertainty.nii.gz")).volume,
                         applied.at("white_matter").as_number(), model.spacing_mm, context);
          add_uncertainty(measures, half_width, stated.at("coverage").as_number());
        }
        measures.push_back(plain("Brain volume", prepared.brain.volume_ml(), "ml", "Of the brain mask."));
        add_image_quality(measures, before, after, known);
        add_anatomy(measures, prepared, after, model, context);

        std::vector<std::string> warnings = prepared.warnings;
        constexpr double kBelow = 0.01;
        if (const auto least = made.least(kBelow); edges && !passes && least && *edges < *least)
          warnings.push_back("edges stay less in place (" + printed(*edges) +
                             ") than in 99 of 100 scans made for this site (" + printed(*least) +
                             " or more): compare folds before and after");
        for (const Json& warning : applied.at("warnings").items()) warnings.push_back(warning.as_string());
        if (applied.at("share_at_bound").as_number() > 0.01) {
          warnings.push_back(
              "more than 1 % of the brain was changed up to the bound: look at the change map");
        }
        if (!passes && applied.at("no_change_needed").as_bool()) {
          warnings.push_back(
              "the site already lies within the reference's own variation: harmonizing it may not be needed");
        }
        Json::Array list;
        for (const report::Measure& measure : measures) list.push_back(report::to_json(measure));
        config::write_json(
            io.output("measures.json"),
            Json(Json::Object{{"measures", Json(std::move(list))},
                              {"warnings", Json::array(warnings)},
                              {"histograms_after", Json::array(summary_after.tissue_histograms)},
                              {"histograms_before", Json::array(summary_before.tissue_histograms)}}));
      });
}

}  // namespace isoscan::stages
