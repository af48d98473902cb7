#include "isoscan/core/tensor_file.hpp"
#include "isoscan/domain/reference.hpp"
#include "isoscan/domain/site.hpp"
#include "isoscan/harmonize/plausibility.hpp"
#include "isoscan/stages/prepared_file.hpp"
#include "isoscan/stages/stages.hpp"

#include "function_stage.hpp"

namespace isoscan::stages {

using config::Json;

StagePtr plausible_stage(const std::string& from_port) {
  pipeline::StageSpec spec;
  spec.name = "plausible";
  spec.inputs = {"prepare/prepared.safetensors", from_port};
  spec.outputs = {"plausible.json"};
  spec.needs = {1, 600, 0, 1.0};
  spec.uses_seed = false;
  const bool of_site = from_port.ends_with(".isosite");
  return make_stage(
      spec, Json(Json::Object{}),
      [from_port, of_site](const pipeline::StageIo& io, const core::Context& context) {
        const auto prepared = prepared_scan(core::read_tensor_file(io.file("prepare/prepared.safetensors")));
        const auto& file = io.file(from_port);
        const domain::Plausibility bounds =
            of_site ? domain::load_site(file).plausibility : domain::load_reference(file).plausibility;
        const auto verdict = harmonize::require_plausible(prepared, bounds, context);
        config::write_json(io.output("plausible.json"), Json(Json::Object{{"judged", !bounds.empty()},
                                                                          {"farthest", verdict.measure},
                                                                          {"distance", verdict.distance}}));
      });
}

}  // namespace isoscan::stages
