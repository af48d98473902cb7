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

/// The bytes of this step are known, or it is known that there will be none.
bool settled(Verdict verdict) {
  return verdict != Verdict::Run && verdict != Verdict::Waits;
}

/// The step that failed and without which this one cannot run, in words; empty where there is none.
std::string dead_input(const Chain& chain, const std::vector<GraphStep>& graph, const GraphStep& step,
                       const std::vector<PlannedStep>& planned) {
  for (const GraphPort& port : step.ports) {
    if (port.list) continue;
    for (const std::size_t from : port.steps) {
      if (settled(planned[from].verdict) && planned[from].verdict != Verdict::Done)
        return "'" + chain[graph[from].stage]->spec().name + "' failed for " + graph[from].unit;
    }
  }
  return {};
}

/// The stages that this step waits for, each once: "'prepare' and 'fit'".
std::string waited_for(const Chain& chain, const std::vector<GraphStep>& graph, const GraphStep& step,
                       const std::vector<PlannedStep>& planned) {
  std::vector<std::string> names;
  for (const std::size_t need : step.needs) {
    const std::string& name = chain[graph[need].stage]->spec().name;
    if (!settled(planned[need].verdict) && std::find(names.begin(), names.end(), name) == names.end()) {
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
    const bool known = std::all_of(step.needs.begin(), step.needs.end(),
                                   [&](std::size_t need) { return settled(plan.steps[need].verdict); });
    const auto last = last_of(store, planned.stage, planned.unit);
    if (std::string dead = dead_input(chain, graph, step, plan.steps); !dead.empty()) {
      planned.verdict = Verdict::NotReached;
      planned.why = std::move(dead);
    } else if (known) {
      try {
        const Resolved resolved = resolver.resolve(graph, step, [&](std::size_t need) {
          return Outcome{plan.steps[need].verdict == Verdict::Done, records[need].key,
                         &records[need].outputs};
        });
        if (!resolved.blocked.empty()) {
          planned.verdict = Verdict::NotReached;
          planned.why = resolved.blocked;
        } else {
          planned.key = key_of(resolved.parts);
          Lookup lookup = store.find(planned.stage, planned.key, check_outputs);
          if (lookup.record) {
            planned.verdict = Verdict::Done;
            planned.why = "its result is in the store";
            records[index] = std::move(*lookup.record);
          } else if (lookup.trouble.empty() && last && last->key == planned.key && !last->failure.empty()) {
            planned.verdict = Verdict::Failed;
            planned.why = last->failure;
          } else {
            planned.why = reason(lookup, last, resolved.parts, planned.key);
          }
        }
      } catch (const core::Error& error) {
        planned.verdict = Verdict::WouldFail;
        planned.why = error.kind() == core::ErrorKind::Io
                          ? std::string("its input cannot be read: ") + error.what()
                          : error.what();
      }
    } else {
      const std::string waits = waited_for(chain, graph, step, plan.steps);
      if (!last) {
        planned.why = "never ran; waits for " + waits;
      } else if (const std::string changes = certain_changes(*last, resolver.parts_without_inputs(step));
                 !changes.empty()) {
        planned.why = changes;
      } else if (!last->failure.empty()) {
        planned.why = "failed before: " + last->failure;
      } else {
        planned.verdict = Verdict::Waits;
        planned.why = "runs again only if " + waits + " come out with other bytes";
      }
    }
    plan.steps.push_back(std::move(planned));
  }
  return plan;
}

namespace {

std::string words_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Done:
      return "done";
    case Verdict::Run:
      return "would run";
    case Verdict::Waits:
      return "waits";
    case Verdict::Failed:
      return "failed, would be tried again";
    case Verdict::WouldFail:
      return "would fail";
    case Verdict::NotReached:
      return "not reached";
  }
  return {};
}

/// "a, b", or "12 units (a, b, ...)". Who failed is named, every one of them.
std::string named(const std::vector<std::string>& units, bool all) {
  constexpr std::size_t kNamed = 3;
  if (!all && units.size() > kNamed)
    return std::to_string(units.size()) + " units (" + units[0] + ", " + units[1] + ", ...)";
  std::string text;
  for (std::size_t n = 0; n < units.size(); ++n) text += (n == 0 ? "" : ", ") + units[n];
  return text;
}

/// "5 of 9 steps are done, 2 would run, 1 failed and would be tried again."
std::string sum_of(const Plan& plan) {
  std::string text = std::to_string(plan.count(Verdict::Done)) + " of " + std::to_string(plan.steps.size()) +
                     " steps are done";
  const auto add = [&](std::size_t count, const std::string& what) {
    if (count > 0) text += ", " + std::to_string(count) + " " + what;
  };
  const std::size_t run = plan.count(Verdict::Run);
  const std::size_t waits = plan.count(Verdict::Waits);
  const std::size_t failed = plan.count(Verdict::Failed);
  add(run, "would run");
  add(waits, "more depending on what they give");
  add(failed, "failed before and would be tried again");
  add(plan.count(Verdict::WouldFail), "would fail");
  add(plan.count(Verdict::NotReached), "not reached because of these");
  return text + ".\n";
}

}  // namespace

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
    const bool failure = line.verdict == Verdict::Failed || line.verdict == Verdict::WouldFail;
    text += line.stage + ": " + words_of(line.verdict) + ": " + named(line.units, failure) + ": " + line.why +
            "\n";
  }
  if (plan.count(Verdict::Done) == plan.steps.size())
    return text + "Nothing to do: all " + std::to_string(plan.steps.size()) + " steps are done.\n";
  return text + sum_of(plan);
}

}  // namespace isoscan::pipeline
