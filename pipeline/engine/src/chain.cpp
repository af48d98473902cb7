// What can be wrong with a chain, found before anything starts.
#include <algorithm>
#include <map>
#include <set>

#include "isoscan/config/json.hpp"
#include "isoscan/engine/stage.hpp"

#include "port.hpp"

namespace isoscan::pipeline {

namespace {

bool good_stage_name(const std::string& name) {
  return !name.empty() && name != "source" && name != "shared" && name[0] >= 'a' && name[0] <= 'z' &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

bool good_output_name(const std::string& name) {
  return !name.empty() && name[0] != '.' && name != "record.json" && name.back() != '?' &&
         name.find('/') == std::string::npos;
}

std::string problem_of_input(const std::string& text,
                             const std::map<std::string, const StageSpec*>& earlier) {
  const PortName port = port_name(text);
  if (port.from.empty()) return "input '" + text + "' is not of the form stage/port";
  if (port.of_source() || port.of_run()) return {};
  if (port.optional) return "input '" + text + "': only source/ and shared/ can be optional";
  const auto found = earlier.find(port.from);
  if (found == earlier.end()) return "input '" + text + "' is of no earlier stage";
  const auto& outputs = found->second->outputs;
  if (std::find(outputs.begin(), outputs.end(), port.name) == outputs.end()) {
    return "input '" + text + "' is no output of '" + port.from + "'";
  }
  return {};
}

std::string problem_of_stage(const Stage& stage, const std::map<std::string, const StageSpec*>& earlier) {
  const StageSpec& spec = stage.spec();
  if (!good_stage_name(spec.name)) return "the name must be lower-case letters, digits and '-'";
  if (earlier.count(spec.name) != 0) return "the name is there twice";
  if (spec.outputs.empty()) return "it has no output";
  std::set<std::string> names;
  for (const std::string& name : spec.outputs) {
    if (!good_output_name(name)) return "'" + name + "' is no usable output name";
    if (!names.insert(name).second) return "output '" + name + "' is there twice";
  }
  names.clear();
  for (const std::string& input : spec.inputs) {
    if (auto found = problem_of_input(input, earlier); !found.empty()) return found;
    if (!names.insert(port_name(input).text()).second) return "input '" + input + "' is there twice";
  }
  if (spec.needs.threads < 0 || spec.needs.memory_mb < 0 || spec.needs.gpus < 0)
    return "its needs are negative";
  try {
    if (!config::Json::parse(stage.canonical_options(), "options").is_object())
      return "its options are no JSON object";
  } catch (const core::Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace

std::string problem(const Chain& chain) {
  std::map<std::string, const StageSpec*> earlier;
  for (const auto& stage : chain) {
    if (!stage) return "the chain holds an empty stage";
    const StageSpec& spec = stage->spec();
    if (auto found = problem_of_stage(*stage, earlier); !found.empty())
      return "stage '" + spec.name + "': " + found;
    earlier[spec.name] = &spec;
  }
  return {};
}

}  // namespace isoscan::pipeline
