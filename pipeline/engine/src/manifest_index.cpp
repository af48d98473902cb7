#include "manifest_index.hpp"

#include <algorithm>

namespace isoscan::pipeline {

using config::Json;

ManifestIndex::ManifestIndex(const Json& manifest) {
  for (const Json& chain : manifest.at("chains").items()) {
    const std::string& name = chain.at("name").as_string();
    for (const Json& step : chain.at("steps").items()) {
      ManifestStep made{
          name, step.at("stage").as_string(), step.at("unit").as_string(), step.at("key").as_string(), {}};
      for (const auto& [port, digest] : step.at("outputs").members()) {
        made.outputs[port] = digest.as_string();
        made_.insert({name, made.stage + "/" + port, digest.as_string()});
      }
      step_of_[{name, made.stage, made.unit}] = steps_.size();
      units_.insert({name, made.unit});
      steps_.push_back(std::move(made));
    }
    for (const auto& [unit, ports] : chain.at("inputs").members()) {
      for (const auto& [port, digest] : ports.members()) inputs_[name][unit][port] = digest.as_string();
    }
  }
}

const ManifestStep* ManifestIndex::step(const std::string& chain, const std::string& stage,
                                        const std::string& unit) const {
  const auto found = step_of_.find({chain, stage, unit});
  return found == step_of_.end() ? nullptr : &steps_[found->second];
}

bool ManifestIndex::made(const std::string& stage, const std::string& unit, const std::string& port,
                         const std::string& digest) const {
  return std::any_of(inputs_.begin(), inputs_.end(), [&](const auto& chain) {
    const ManifestStep* one = step(chain.first, stage, unit);
    if (one == nullptr) return false;
    const auto found = one->outputs.find(port);
    return found != one->outputs.end() && found->second == digest;
  });
}

bool ManifestIndex::explains(const std::string& chain, const std::string& unit, const PortName& port,
                             const std::string& digest) const {
  if (!port.of_source() && !port.of_run()) return made_.count({chain, port.text(), digest}) > 0;
  const auto of_chain = inputs_.find(chain);
  if (of_chain == inputs_.end()) return false;
  const auto of_unit = of_chain->second.find(port.of_run() ? std::string() : unit);
  if (of_unit == of_chain->second.end()) return false;
  const auto found = of_unit->second.find(port.text());
  return found != of_unit->second.end() && found->second == digest;
}

}  // namespace isoscan::pipeline
