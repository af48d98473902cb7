/// @file The stages, each thin: read inputs, call one module, write outputs. What follows what stands in
/// chains.hpp.
#pragma once

#include <memory>

#include "isoscan/engine/stage.hpp"
#include "isoscan/stages/run_options.hpp"

namespace isoscan::stages {

using StagePtr = std::shared_ptr<const pipeline::Stage>;

/// Image: source/scan -> survey.json (size, spacing, stored type, notes). Proves that the scan can be read to
/// its end.
[[nodiscard]] StagePtr survey_stage();

/// Which spacing the scans are worked on at -> spacing.json.
/// Cohort: the reference's own, the coarsest voxel edge of its scans or the one asked for.
[[nodiscard]] StagePtr reference_spacing_stage(const RunOptions& options);
/// Site: the first step of the reference's ladder that the site's scans can hold (reads shared/reference).
[[nodiscard]] StagePtr site_spacing_stage();
/// Cohort: shared/site, shared/reference? -> complete.isosite: the site model with what its file leaves to
/// its reference package, which is not read where it leaves nothing.
[[nodiscard]] StagePtr complete_site_stage();
/// Cohort: the site model's (reads complete-site/complete.isosite).
[[nodiscard]] StagePtr model_spacing_stage();

/// Image: source/scan, source/mask?, spacing/spacing.json -> prepared.safetensors, prepare.json.
[[nodiscard]] StagePtr prepare_stage();

/// Image: prepare/prepared.safetensors, and the reference or the site model (`from_port`) -> plausible.json:
/// how far the scan is from what heads look like. Fails (Input) where it is no such head; whoever reads
/// kPlausiblePort does not run then.
[[nodiscard]] StagePtr plausible_stage(const std::string& from_port);
inline constexpr const char* kPlausiblePort = "plausible/plausible.json";

/// Image: prepare/prepared.safetensors, spacing/spacing.json -> summary.safetensors.
[[nodiscard]] StagePtr summarize_reference_stage(const RunOptions& options);
/// Cohort: summarize-reference/summary.safetensors -> reference.isoref, fit.json.
[[nodiscard]] StagePtr fit_reference_stage(const RunOptions& options);

/// Image: prepare/prepared.safetensors, spacing/spacing.json, shared/reference -> summary.safetensors.
[[nodiscard]] StagePtr summarize_site_stage(const RunOptions& options);
/// Site: summarize-site/summary.safetensors, shared/reference -> site.isosite (the site's own alone),
/// complete.isosite, fit.json.
[[nodiscard]] StagePtr fit_site_stage(const RunOptions& options);

/// Image: source/scan, prepare/prepared.safetensors, the model (`model_port`) -> harmonized.nii.gz,
/// change.nii.gz, uncertainty.nii.gz (half-width in the volume's units; all 0 where the method states none or
/// the scan passes through: apply.json has null then), apply.json.
[[nodiscard]] StagePtr apply_stage(const RunOptions& options, const std::string& model_port);

/// Image: source/scan, prepare/prepared.safetensors, apply/... and the model -> measures.json.
[[nodiscard]] StagePtr measure_stage(const RunOptions& options, const std::string& model_port);

/// Image: all of the above -> page.html, and what it is made of: facts.json, figures.json, thumbnail.png.
[[nodiscard]] StagePtr page_stage(const RunOptions& options, const std::string& model_port);

}  // namespace isoscan::stages
