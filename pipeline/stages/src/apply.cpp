#include "isoscan/core/tensor_file.hpp"
#include "isoscan/domain/site.hpp"
#include "isoscan/harmonize/harmonize.hpp"
#include "isoscan/harmonize/uncertainty.hpp"
#include "isoscan/harmonize/write_back.hpp"
#include "isoscan/io/libraries.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/stages/prepared_file.hpp"
#include "isoscan/stages/scan_unit.hpp"
#include "isoscan/stages/stages.hpp"
#include "isoscan/transport/libraries.hpp"

#include "function_stage.hpp"

namespace isoscan::stages {

using config::Json;

namespace {

/// The scan as it is: not even its receive field is divided out.
harmonize::WrittenBack passed_through(const core::Volume& native, const preprocess::Prepared& prepared,
                                      const harmonize::WriteBackOptions& options) {
  harmonize::WrittenBack out;
  out.volume = native;
  out.change = core::Volume(native.grid);
  if (options.scale == harmonize::IntensityScale::Source) return out;
  const auto unit = static_cast<float>(options.reference_white_matter / prepared.white_matter);
  for (float& v : out.volume.voxels) v *= unit;
  return out;
}

struct Applied {
  harmonize::WrittenBack written;
  core::Volume half_width;  ///< on the native grid, in the written volume's units; all 0 where none is stated
  Json uncertainty;         ///< how it was told; null where none is stated
};

Applied applied(const core::Volume& native, const preprocess::Prepared& prepared,
                const domain::SiteModel& model, const harmonize::WriteBackOptions& options,
                const core::Context& context) {
  Applied out;
  const bool passes = harmonize::nothing_to_do(model);
  if (passes || !harmonize::has_uncertainty(model)) {
    out.written = passes ? passed_through(native, prepared, options)
                         : harmonize::write_back(native, prepared,
                                                 harmonize::harmonized_image(prepared, model, context),
                                                 options, context);
    out.half_width = core::Volume(native.grid);
    return out;
  }
  const core::Volume image = harmonize::harmonized_image(prepared, model, context);
  out.written = harmonize::write_back(native, prepared, image, options, context);
  out.half_width =
      harmonize::written_uncertainty(harmonize::uncertainty(image, prepared.brain, model, context), prepared,
                                     image, out.written, options, context);
  out.uncertainty = Json(Json::Object{{"coverage", model.errors.coverage},
                                      {"made_scans", model.errors.held_out.size()},
                                      {"held_out", Json::array(model.errors.held_out)}});
  return out;
}

}  // namespace

StagePtr apply_stage(const RunOptions& options, const std::string& model_port) {
  pipeline::StageSpec spec;
  spec.name = "apply";
  spec.version = 3;  // how far each voxel may be off; gates that know how few made scans they rest on
  spec.libraries = io::libraries() + ", " + transport::libraries();
  spec.inputs = {"source/scan", "prepare/prepared.safetensors", model_port};
  if (options.plausibility) spec.inputs.emplace_back(kPlausiblePort);
  spec.outputs = {"harmonized.nii.gz", "change.nii.gz", "uncertainty.nii.gz", "apply.json"};
  spec.needs = {1, 2000, 0, 5.0};
  const harmonize::WriteBackOptions write_back = options.write_back;
  const bool source_scale = write_back.scale == harmonize::IntensityScale::Source;
  const Json settings(Json::Object{{"bound", write_back.bound},
                                   {"edge_mm", write_back.edge_mm},
                                   {"intensity_scale", source_scale ? "source" : "reference"},
                                   {"reference_white_matter", write_back.reference_white_matter}});
  return make_stage(
      spec, settings,
      [write_back, source_scale, model_port](const pipeline::StageIo& io, const core::Context& context) {
        const io::LoadedScan native = io::read_scan(scan_at(io.items("source/scan").at(0)));
        const auto prepared = prepared_scan(core::read_tensor_file(io.file("prepare/prepared.safetensors")));
        const auto model = domain::load_site(io.file(model_port));
        const auto [written, half_width, uncertainty] =
            applied(native.volume, prepared, model, write_back, context);
        io::write_nifti(io.output("harmonized.nii.gz"), written.volume);
        io::write_nifti(io.output("change.nii.gz"), written.change);
        io::write_nifti(io.output("uncertainty.nii.gz"), half_width);
        config::write_json(
            io.output("apply.json"),
            Json(Json::Object{
                {"method", domain::name(model.method)},
                {"max_change", written.max_change},
                {"share_at_bound", written.share_at_bound},
                {"white_matter", source_scale ? prepared.white_matter : write_back.reference_white_matter},
                {"reference_digest", model.reference_digest},
                {"site_scans", model.scans},
                {"no_change_needed", model.no_change_needed},
                {"passed_through", harmonize::nothing_to_do(model)},
                {"uncertainty", uncertainty},
                {"warnings", Json::array(model.warnings)}}));
      });
}

}  // namespace isoscan::stages
