#include "isoscan/engine/manifest.hpp"

#include <algorithm>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/version.hpp"

namespace isoscan::pipeline {

using config::Json;

OutputFile output_file(const boost::filesystem::path& out, const std::string& relative_path) {
  return {relative_path, core::sha256_file(out / relative_path), "", "", ""};
}

Json manifest_chain(const Chain& chain, const RunResult& result) {
  Json stages(Json::Array{});
  for (const auto& stage : chain) {
    const StageSpec& spec = stage->spec();
    stages.push_back(
        Json::Object{{"name", spec.name},
                     {"version", spec.version},
                     {"libraries", spec.libraries},
                     {"options", Json::parse(stage->canonical_options(), "options of " + spec.name)}});
  }
  Json inputs(Json::Object{});
  for (const auto& [unit, ports] : result.sources) {
    for (const auto& [port, digest] : ports) inputs[unit][port] = digest;
  }
  Json steps(Json::Array{});
  Json failures(Json::Array{});
  for (const StepResult& step : result.steps) {
    if (step.failure) {
      failures.push_back(Json::Object{{"stage", step.stage},
                                      {"unit", step.unit},
                                      {"kind", core::name(step.failure->kind)},
                                      {"message", step.failure->public_message}});
    }
    if (step.state != StepState::Done && step.state != StepState::Ran) continue;
    Json outputs(Json::Object{});
    for (const auto& [name, output] : step.outputs) outputs[name] = output.sha256;
    steps.push_back(
        Json::Object{{"stage", step.stage}, {"unit", step.unit}, {"key", step.key}, {"outputs", outputs}});
  }
  return Json::Object{{"name", result.name}, {"seed", result.seed}, {"stages", stages},
                      {"inputs", inputs},    {"steps", steps},      {"failures", failures}};
}

Json manifest(const Json& options, const std::vector<Json>& chains, std::vector<OutputFile> outputs) {
  std::sort(outputs.begin(), outputs.end(),
            [](const OutputFile& a, const OutputFile& b) { return a.path < b.path; });
  Json files(Json::Array{});
  for (const OutputFile& output : outputs) {
    Json file(Json::Object{{"path", output.path}, {"sha256", output.sha256}});
    if (!output.stage.empty()) {
      file["stage"] = output.stage;
      file["unit"] = output.unit;
      file["port"] = output.port;
    }
    files.push_back(std::move(file));
  }
  return Json::Object{{"format", "isoscan-manifest-1"},
                      {"isoscan", program_version()},
                      {"config", options},
                      {"chains", Json::array(chains)},
                      {"outputs", files}};
}

std::string program_version() {
  return core::version();
}

}  // namespace isoscan::pipeline
