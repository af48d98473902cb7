#include "isoscan/preprocess/prepare.hpp"

#include <optional>

#include "isoscan/core/tensor_file.hpp"
#include "isoscan/io/libraries.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/stages/prepared_file.hpp"
#include "isoscan/stages/scan_unit.hpp"
#include "isoscan/stages/stages.hpp"

#include "function_stage.hpp"

namespace isoscan::stages {

using config::Json;

StagePtr prepare_stage() {
  pipeline::StageSpec spec;
  spec.name = "prepare";
  spec.libraries = io::libraries();
  spec.inputs = {"source/scan", "source/mask?", "spacing/spacing.json"};
  spec.outputs = {"prepared.safetensors", "prepare.json"};
  spec.needs = {1, 1500, 0, 6.0};
  return make_stage(
      spec, Json(Json::Object{}), [](const pipeline::StageIo& io, const core::Context& context) {
        const io::LoadedScan scan = io::read_scan(scan_at(io.items("source/scan").at(0)));
        std::optional<core::Mask> brain;
        if (io.has("source/mask")) brain = core::above(io::read_nifti(io.file("source/mask")).volume, 0.5F);
        preprocess::PrepareOptions options;
        options.working_spacing_mm =
            config::read_json(io.file("spacing/spacing.json")).at("spacing_mm").as_number();
        preprocess::Prepared prepared = preprocess::prepare(scan.volume, brain, options, context);
        core::write_tensor_file(io.output("prepared.safetensors"), to_tensors(prepared));
        config::write_json(io.output("prepare.json"),
                           Json(Json::Object{{"brain_ml", prepared.brain.volume_ml()},
                                             {"brain_mask", brain ? "given" : "estimated"},
                                             {"skull_stripped", prepared.skull_stripped},
                                             {"white_matter", prepared.white_matter},
                                             {"stored_as", scan.stored_as},
                                             {"notes", Json::array(scan.notes)},
                                             {"warnings", Json::array(prepared.warnings)}}));
      });
}

}  // namespace isoscan::stages
