#include "resolve.hpp"

#include <algorithm>
#include <set>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"

namespace isoscan::pipeline {

using config::Json;

KeyParts Resolver::parts_without_inputs(const GraphStep& step) const {
  const Stage& stage = *chain_[step.stage];
  const StageSpec& spec = stage.spec();
  KeyParts parts;
  parts.stage = spec.name;
  parts.version = spec.version;
  parts.libraries = spec.libraries;
  parts.options =
      Json::parse(stage.canonical_options(), "options of " + spec.name, core::ErrorKind::Internal);
  if (spec.uses_seed) parts.seed = seed_;
  return parts;
}

const Source* Resolver::source_of(const GraphPort& port, const Unit* unit) const {
  const auto& sources = unit == nullptr ? cohort_.shared : unit->sources;
  const auto found = sources.find(port.name.name);
  return found == sources.end() ? nullptr : &found->second;
}

InputItem Resolver::source_item(const GraphPort& port, const Unit* unit) {
  InputItem item;
  if (unit != nullptr) item.unit = unit->id;
  const Source* source = source_of(port, unit);
  if (source == nullptr) return item;
  item.files = source->files;
  item.text = source->text;
  const std::string name = port.name.text();
  {
    const std::lock_guard lock(mutex_);
    const auto& known = digests_[item.unit];
    if (const auto found = known.find(name); found != known.end()) item.digest = found->second;
  }
  if (item.digest.empty()) {
    item.digest = store_.digest(*source);
    const std::lock_guard lock(mutex_);
    digests_[item.unit][name] = item.digest;
  }
  return item;
}

InputItem Resolver::stage_item(const GraphPort& port, const GraphStep& from, const Outcome& outcome) const {
  const std::string& stage = chain_[from.stage]->spec().name;
  return {from.unit,
          {store_.output(stage, outcome.key, port.name.name)},
          "",
          outcome.outputs->at(port.name.name).sha256};
}

namespace {

Json digest_json(const InputItem& item) {
  return item.digest.empty() ? Json() : Json(item.digest);
}

Json list_json(const std::vector<InputItem>& items) {
  Json::Array list;
  for (const InputItem& item : items) {
    list.emplace_back(Json::Object{{"unit", item.unit}, {"sha256", digest_json(item)}});
  }
  return list;
}

std::string named(const std::vector<std::string>& units) {
  std::string text;
  for (std::size_t n = 0; n < units.size() && n < 5; ++n) text += (n == 0 ? "" : ", ") + units[n];
  if (units.size() > 5) text += " and " + std::to_string(units.size() - 5) + " more";
  return text;
}

}  // namespace

Resolved Resolver::resolve(const std::vector<GraphStep>& graph, const GraphStep& step,
                           const std::function<Outcome(std::size_t)>& outcome) {
  const StageSpec& spec = chain_[step.stage]->spec();
  Resolved resolved;
  resolved.parts = parts_without_inputs(step);

  // Single inputs first: without them nothing else matters.
  std::set<std::string> failed;  // units (or sites) that some list lacks
  for (const GraphPort& port : step.ports) {
    for (const std::size_t from : port.steps) {
      if (outcome(from).good) continue;
      if (!port.list) {
        resolved.blocked = "'" + port.name.from + "' failed for " + graph[from].unit;
        return resolved;
      }
      failed.insert(graph[from].unit);
    }
  }

  std::size_t longest = 0;
  bool any_list = false;
  for (const GraphPort& port : step.ports) {
    std::vector<InputItem>& items = resolved.inputs[port.name.text()];
    if (port.name.of_run()) {
      items.push_back(source_item(port, nullptr));
    } else if (port.name.of_source()) {
      for (const std::size_t unit : port.units) {
        if (!port.list || failed.count(cohort_.units[unit].id) == 0)
          items.push_back(source_item(port, &cohort_.units[unit]));
      }
    } else {
      for (const std::size_t from : port.steps) {
        if (!port.list || failed.count(graph[from].unit) == 0) {
          items.push_back(stage_item(port, graph[from], outcome(from)));
        }
      }
    }
    if (port.list) {
      any_list = true;
      longest = std::max(longest, items.size());
    }
    resolved.parts.inputs[port.name.text()] = port.list ? list_json(items) : digest_json(items.front());
  }
  resolved.left_out.assign(failed.begin(), failed.end());
  if (!failed.empty() && spec.failed_units == FailedUnits::Refuse) {
    throw core::Error(core::ErrorKind::Input, "'" + spec.name + "' needs every unit, and " +
                                                  std::to_string(failed.size()) +
                                                  " failed before it: " + named(resolved.left_out));
  }
  if (any_list && longest == 0) resolved.blocked = "every unit failed before it";
  return resolved;
}

void Resolver::check_sources(const GraphStep& step) {
  for (const GraphPort& port : step.ports) {
    if (!port.name.of_run() && !port.name.of_source()) continue;
    std::vector<const Unit*> units{nullptr};
    if (port.name.of_source()) {
      units.clear();
      for (const std::size_t unit : port.units) units.push_back(&cohort_.units[unit]);
    }
    for (const Unit* unit : units) {
      const Source* source = source_of(port, unit);
      if (source == nullptr || source->files.empty()) continue;
      const std::string digest = store_.digest(*source);
      const std::lock_guard lock(mutex_);
      const auto& known = digests_[unit == nullptr ? "" : unit->id];
      const auto found = known.find(port.name.text());
      if (found != known.end() && found->second != digest) {
        throw core::Error(core::ErrorKind::Io,
                          source->files.front().string() + ": changed during the run; run again");
      }
    }
  }
}

Digests Resolver::sources() const {
  const std::lock_guard lock(mutex_);
  return digests_;
}

}  // namespace isoscan::pipeline
