#include "isoscan/engine/plan.hpp"

#include <algorithm>
#include <map>

#include "graph.hpp"
#include "reason.hpp"
#include "resolve.hpp"

namespace isoscan::pipeline {

std::size_t Plan::count(Verdict verdict) const {
  return static_cast<std::size_t>(std::count_if(
      steps.begin(), steps.end(), [&](const PlannedStep& step) { return step.verdict == verdict; }));
}

namespace {

/// The stages that this step waits for, each once: "'prepare' and 'fit'".
std::string waited_for(const Chain& chain, const std::vector<GraphStep>& graph, const GraphStep& step,
                       const std::vector<PlannedStep>& planned) {
  std::vector<std::string> names;
  for (const std::size_t need : step.needs) {
    const std::string& name = chain[graph[need].stage]->spec().name;
    if (planned[need].verdict != Verdict::Done &&
        std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  }
  std::string text;
  for (std::size_t n = 0; n < names.size(); ++n) {
    text += (n == 0 ? "" : n + 1 == names.size() ? " and " : ", ") + ("'" + names[n] + "'");
  }
  return text;
}

/// What is known to have changed though the inputs are not known yet.
std::string certain_changes(const Last& last, KeyParts now) {
  now.inputs = last.parts.inputs;
  std::string text;
  for (const std::string& change : differences(last.parts, now)) text += (text.empty() ? "" : "; ") + change;
  return text;
}

}  // namespace

Plan plan(const Chain& chain, const Cohort& cohort, Store& store, std::uint64_t seed, bool check_outputs) {
  const auto graph = make_graph(chain, cohort);
  Resolver resolver(chain, cohort, store, seed);
  std::vector<Record> records(graph.size());
  Plan plan;
  for (std::size_t index = 0; index < graph.size(); ++index) {
    const GraphStep& step = graph[index];
    PlannedStep planned{chain[step.stage]->spec().name, step.unit, Verdict::Run, "", ""};
    const bool known = std::all_of(step.needs.begin(), step.needs.end(), [&](std::size_t need) {
      return plan.steps[need].verdict == Verdict::Done;
    });
    if (known) {
      try {
        const Resolved resolved = resolver.resolve(graph, step, [&](std::size_t need) {
          return Outcome{true, records[need].key, &records[need].outputs};
        });
        planned.key = key_of(resolved.parts);
        Lookup lookup = store.find(planned.stage, planned.key, check_outputs);
        if (lookup.record) {
          planned.verdict = Verdict::Done;
          planned.why = "its result is in the store";
          records[index] = std::move(*lookup.record);
        } else {
          planned.why =
              reason(lookup, last_of(store, planned.stage, planned.unit), resolved.parts, planned.key);
        }
      } catch (const core::Error& error) {
        planned.why = std::string("its input cannot be read: ") + error.what();
      }
    } else {
      const auto last = last_of(store, planned.stage, planned.unit);
      const std::string waits = waited_for(chain, graph, step, plan.steps);
      if (!last) {
        planned.why = "never ran; waits for " + waits;
      } else if (!last->failure.empty()) {
        planned.why = "failed before: " + last->failure;
      } else if (const std::string changes = certain_changes(*last, resolver.parts_without_inputs(step));
                 !changes.empty()) {
        planned.why = changes;
      } else {
        planned.verdict = Verdict::Waits;
        planned.why = "runs again only if " + waits + " come out with other bytes";
      }
    }
    plan.steps.push_back(std::move(planned));
  }
  return plan;
}

std::string explain(const Plan& plan) {
  struct Line {
    std::string stage;
    Verdict verdict;
    std::string why;
    std::vector<std::string> units;
  };
  // A line a stage, verdict and reason, in the order of their first step.
  std::vector<Line> lines;
  std::map<std::string, std::size_t> line_of;
  for (const PlannedStep& step : plan.steps) {
    const std::string group =
        step.stage + '\n' + std::to_string(static_cast<int>(step.verdict)) + '\n' + step.why;
    const auto [found, added] = line_of.emplace(group, lines.size());
    if (added) lines.push_back({step.stage, step.verdict, step.why, {}});
    lines[found->second].units.push_back(step.unit);
  }
  std::string text;
  for (const Line& line : lines) {
    const std::string verdict = line.verdict == Verdict::Done  ? "done"
                                : line.verdict == Verdict::Run ? "would run"
                                                               : "waits";
    text += line.stage + ": " + verdict + ": ";
    constexpr std::size_t kNamed = 3;
    if (line.units.size() <= kNamed) {
      for (std::size_t n = 0; n < line.units.size(); ++n) text += (n == 0 ? "" : ", ") + line.units[n];
    } else {
      text +=
          std::to_string(line.units.size()) + " units (" + line.units[0] + ", " + line.units[1] + ", ...)";
    }
    text += ": " + line.why + "\n";
  }
  const auto run = plan.count(Verdict::Run);
  const auto waits = plan.count(Verdict::Waits);
  if (run + waits == 0) {
    text += "Nothing to do: all " + std::to_string(plan.steps.size()) + " steps are done.\n";
  } else {
    text += std::to_string(plan.count(Verdict::Done)) + " of " + std::to_string(plan.steps.size()) +
            " steps are done, " + std::to_string(run) + " would run" +
            (waits == 0 ? "" : ", " + std::to_string(waits) + " more depending on what they give") + ".\n";
  }
  return text;
}

}  // namespace isoscan::pipeline
