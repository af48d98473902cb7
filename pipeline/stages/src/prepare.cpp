#include "isoscan/preprocess/prepare.hpp"

#include <cstdio>
#include <limits>
#include <optional>

#include "isoscan/core/error.hpp"
#include "isoscan/core/tensor_file.hpp"
#include "isoscan/io/brain_mask.hpp"
#include "isoscan/io/libraries.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/preprocess/brain_mask.hpp"
#include "isoscan/stages/prepared_file.hpp"
#include "isoscan/stages/scan_unit.hpp"
#include "isoscan/stages/stages.hpp"

#include "function_stage.hpp"

namespace isoscan::stages {

using config::Json;

namespace {

core::Mask given_mask(const boost::filesystem::path& file, const core::Grid& scan) {
  core::Mask mask = io::read_brain_mask(file, scan);
  const double ml = mask.volume_ml();
  if (ml < preprocess::kSmallestBrainMl || ml > preprocess::kLargestBrainMl) {
    char line[200];
    std::snprintf(line, sizeof line,
                  " covers %.0f ml, a brain has %.0f to %.0f ml: give another, or leave it out", ml,
                  preprocess::kSmallestBrainMl, preprocess::kLargestBrainMl);
    throw core::Error(core::ErrorKind::Input,
                      file.string() + ": the brain mask " + file.filename().string() + line);
  }
  return mask;
}

}  // namespace

StagePtr prepare_stage() {
  pipeline::StageSpec spec;
  spec.name = "prepare";
  spec.version = 2;  // the contrast is judged otherwise; voxels without a number are counted
  spec.libraries = io::libraries();
  spec.inputs = {"source/scan", "source/mask?", "spacing/spacing.json"};
  spec.outputs = {"prepared.safetensors", "prepare.json"};
  spec.needs = {1, 1500, 0, 6.0};
  return make_stage(
      spec, Json(Json::Object{}), [](const pipeline::StageIo& io, const core::Context& context) {
        io::LoadedScan scan = io::read_scan(scan_at(io.items("source/scan").at(0)));
        std::optional<core::Mask> brain;
        if (io.has("source/mask")) brain = given_mask(io.file("source/mask"), scan.volume.grid);
        for (const std::size_t n : scan.not_finite)
          scan.volume.voxels[n] = std::numeric_limits<float>::quiet_NaN();
        preprocess::PrepareOptions options;
        options.working_spacing_mm =
            config::read_json(io.file("spacing/spacing.json")).at("spacing_mm").as_number();
        preprocess::Prepared prepared = preprocess::prepare(scan.volume, brain, options, context);
        prepared.warnings.insert(prepared.warnings.begin(), scan.warnings.begin(), scan.warnings.end());
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
