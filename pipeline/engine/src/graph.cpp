#include "graph.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "isoscan/core/error.hpp"

namespace isoscan::pipeline {

namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// The steps of one stage: for Image by index of the unit (kNone where it takes no part), for Site by index
/// of the site, for Cohort just one.
struct StageSteps {
  Scope scope = Scope::Image;
  std::vector<std::size_t> steps;
};

class Builder {
 public:
  Builder(const Chain& chain, const Cohort& cohort) : chain_(chain), cohort_(cohort) {
    std::set<std::string> sites;
    for (const Unit& unit : cohort.units) sites.insert(unit.site);
    sites_.assign(sites.begin(), sites.end());
    for (const Unit& unit : cohort.units) {
      site_of_.push_back(static_cast<std::size_t>(std::lower_bound(sites_.begin(), sites_.end(), unit.site) -
                                                  sites_.begin()));
    }
    all_units_.resize(cohort.units.size());
    std::iota(all_units_.begin(), all_units_.end(), std::size_t{0});
    units_of_.resize(sites_.size());
    for (const std::size_t unit : all_units_) units_of_[site_of_[unit]].push_back(unit);
  }

  std::vector<GraphStep> build() {
    for (std::size_t stage = 0; stage < chain_.size(); ++stage) {
      const StageSpec& spec = chain_[stage]->spec();
      StageSteps& own = stages_[spec.name];
      own.scope = spec.scope;
      const std::size_t count = spec.scope == Scope::Image  ? all_units_.size()
                                : spec.scope == Scope::Site ? sites_.size()
                                                            : 1;
      for (std::size_t index = 0; index < count; ++index) {
        const bool part = spec.scope != Scope::Image || stage <= last_stage(cohort_.units[index]);
        own.steps.push_back(part ? steps_.size() : kNone);
        if (part) add(stage, spec, index);
      }
    }
    return std::move(steps_);
  }

 private:
  /// Place in the chain of the last stage that the unit takes part in.
  [[nodiscard]] std::size_t last_stage(const Unit& unit) const {
    for (std::size_t stage = 0; stage < chain_.size(); ++stage) {
      if (chain_[stage]->spec().name == unit.last_stage) return stage;
    }
    return chain_.size();
  }

  void add(std::size_t stage, const StageSpec& spec, std::size_t index) {
    GraphStep step;
    step.stage = stage;
    step.unit = spec.scope == Scope::Image  ? cohort_.units[index].id
                : spec.scope == Scope::Site ? sites_[index]
                                            : std::string(kCohortUnit);
    std::set<std::size_t> needs;
    for (const std::string& input : spec.inputs) {
      GraphPort port{port_name(input), false, {}, {}};
      if (port.name.of_run()) {
        if (!port.name.optional && cohort_.shared.count(port.name.name) == 0) missing("the run", port.name);
      } else if (port.name.of_source()) {
        port.list = spec.scope != Scope::Image;
        port.units = members(spec.scope, index);
        for (const std::size_t unit : port.units) {
          const Unit& one = cohort_.units[unit];
          if (!port.name.optional && one.sources.count(port.name.name) == 0)
            missing("unit '" + one.id + "'", port.name);
        }
      } else {
        connect(port, spec.scope, index);
        needs.insert(port.steps.begin(), port.steps.end());
      }
      step.ports.push_back(std::move(port));
    }
    step.needs.assign(needs.begin(), needs.end());
    steps_.push_back(std::move(step));
  }

  [[nodiscard]] std::vector<std::size_t> members(Scope scope, std::size_t index) const {
    if (scope == Scope::Image) return {index};
    return scope == Scope::Site ? units_of_[index] : all_units_;
  }

  void connect(GraphPort& port, Scope scope, std::size_t index) const {
    const StageSteps& from = stages_.at(port.name.from);
    const auto take = [&](std::size_t which) {
      if (from.steps[which] != kNone) port.steps.push_back(from.steps[which]);
    };
    if (from.scope == Scope::Cohort) {
      take(0);
    } else if (from.scope == Scope::Site) {
      port.list = scope == Scope::Cohort;
      if (scope == Scope::Image) take(site_of_[index]);
      if (scope == Scope::Site) take(index);
      if (scope == Scope::Cohort) {
        for (std::size_t site = 0; site < sites_.size(); ++site) take(site);
      }
    } else {
      port.list = scope != Scope::Image;
      for (const std::size_t unit : members(scope, index)) take(unit);
    }
  }

  [[noreturn]] static void missing(const std::string& who, const PortName& port) {
    throw core::Error(core::ErrorKind::Config, who + " brings no '" + port.text() + "'");
  }

  const Chain& chain_;
  const Cohort& cohort_;
  std::vector<std::string> sites_;
  std::vector<std::size_t> site_of_;
  std::vector<std::size_t> all_units_;
  std::vector<std::vector<std::size_t>> units_of_;
  std::map<std::string, StageSteps> stages_;
  std::vector<GraphStep> steps_;
};

}  // namespace

std::vector<GraphStep> make_graph(const Chain& chain, const Cohort& cohort) {
  if (const std::string wrong = problem(chain); !wrong.empty())
    throw core::Error(core::ErrorKind::Config, wrong);
  if (const std::string wrong = cohort.problem(); !wrong.empty())
    throw core::Error(core::ErrorKind::Config, wrong);
  for (const Unit& unit : cohort.units) {
    if (!unit.last_stage.empty() && std::none_of(chain.begin(), chain.end(), [&](const auto& stage) {
          return stage->spec().name == unit.last_stage;
        })) {
      throw core::Error(core::ErrorKind::Config, "unit '" + unit.id + "' ends at the stage '" +
                                                     unit.last_stage + "', which the chain lacks");
    }
  }
  return Builder(chain, cohort).build();
}

}  // namespace isoscan::pipeline
