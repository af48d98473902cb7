#include "isoscan/core/tensor_file.hpp"
#include "isoscan/domain/site.hpp"
#include "isoscan/harmonize/harmonize.hpp"
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

}  // namespace

StagePtr apply_stage(const RunOptions& options, const std::string& model_port) {
  pipeline::StageSpec spec;
  spec.name = "apply";
  spec.version = 2;  // a site that needs nothing passes through
  spec.libraries = io::libraries() + ", " + transport::libraries();
  spec.inputs = {"source/scan", "prepare/prepared.safetensors", model_port};
  if (options.plausibility) spec.inputs.emplace_back(kPlausiblePort);
  spec.outputs = {"harmonized.nii.gz", "change.nii.gz", "apply.json"};
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
        const bool passes = harmonize::nothing_to_do(model);
        const auto written =
            passes ? passed_through(native.volume, prepared, write_back)
                   : harmonize::write_back(native.volume, prepared,
                                           harmonize::harmonized_image(prepared, model, context), write_back,
                                           context);
        io::write_nifti(io.output("harmonized.nii.gz"), written.volume);
        io::write_nifti(io.output("change.nii.gz"), written.change);
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
                {"passed_through", passes},
                {"warnings", Json::array(model.warnings)}}));
      });
}

}  // namespace isoscan::stages
