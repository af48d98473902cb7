/// @file Stages of a few letters: what they read, joined, with a word added. They count how often they ran.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "isoscan/config/json.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/engine/plan.hpp"
#include "isoscan/engine/run.hpp"
#include "isoscan/test/support.hpp"

namespace isoscan::pipeline::test {

namespace fs = boost::filesystem;

/// What ran, in the order of ending: "prepare a".
class Ran {
 public:
  void add(const std::string& name) {
    const std::lock_guard lock(mutex_);
    names_.push_back(name);
  }
  /// Sorted, and forgotten.
  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    auto names = std::move(names_);
    names_.clear();
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> names_;
};

/// Writes to each output "<inputs joined>+<word>".
struct FakeStage final : Stage {
  StageSpec the_spec;
  config::Json options{config::Json::Object{}};
  std::shared_ptr<Ran> ran = std::make_shared<Ran>();
  std::function<void(const StageIo&, const core::Context&)> before;  ///< throws to fail
  std::function<std::string(std::string)> change;                    ///< of the text that is written

  [[nodiscard]] const StageSpec& spec() const noexcept override { return the_spec; }
  [[nodiscard]] std::string canonical_options() const override { return options.dump(); }
  void run(const StageIo& io, const core::Context& context) const override {
    std::string text;
    std::string who;
    for (std::string input : the_spec.inputs) {
      if (input.back() == '?') input.pop_back();
      for (const InputItem& item : io.items(input)) {
        for (const auto& file : item.files) text += core::read_file(file) + "|";
        text += item.text;
        if (who.empty()) who = io.items(input).size() == 1 ? item.unit : "all";
      }
    }
    ran->add(the_spec.name + " " + who);
    if (before) before(io, context);
    text += "+" + the_spec.name + options.dump();
    if (change) text = change(text);
    for (const auto& name : the_spec.outputs) core::write_file(io.output(name), text);
  }
};

inline std::shared_ptr<FakeStage> fake(const std::string& name, std::vector<std::string> inputs,
                                       Scope scope = Scope::Image) {
  auto stage = std::make_shared<FakeStage>();
  stage->the_spec.name = name;
  stage->the_spec.inputs = std::move(inputs);
  stage->the_spec.outputs = {"out.txt"};
  stage->the_spec.scope = scope;
  return stage;
}

/// Three scans of two sites, through prepare (scan), fit (site), apply (scan), index (cohort).
class Fixture : public ::testing::Test {
 protected:
  Fixture() {
    for (const std::string id : {"a", "b", "c"}) write(id, "scan " + id);
    cohort.units = {unit("a", "X"), unit("b", "X"), unit("c", "Y")};
    prepare = fake("prepare", {"source/scan"});
    fit = fake("fit", {"prepare/out.txt"}, Scope::Site);
    apply = fake("apply", {"prepare/out.txt", "fit/out.txt"});
    index = fake("index", {"apply/out.txt"}, Scope::Cohort);
    for (const auto& stage : {prepare, fit, apply, index}) {
      stage->ran = ran;
      stage->options["strength"] = 1;
      chain.push_back(stage);
    }
  }

  void write(const std::string& id, const std::string& text) const {
    core::write_file(folder / (id + ".txt"), text);
  }
  [[nodiscard]] Unit unit(const std::string& id, const std::string& site) const {
    return {id, site, {{"scan", Source{{folder / (id + ".txt")}, ""}}}};
  }
  [[nodiscard]] fs::path store_path() const { return folder / "store"; }

  RunResult go(const RunOptions& options = {}, int threads = 2) const {
    Store store(store_path());
    core::Context context;
    context.threads = threads;
    context.seed = seed;
    return pipeline::run(chain, cohort, store, options, context);
  }
  [[nodiscard]] std::string explained() const {
    Store store(store_path());
    return explain(plan(chain, cohort, store, seed));
  }
  [[nodiscard]] std::string content(const RunResult& result, const std::string& stage,
                                    const std::string& of) const {
    const StepResult* step = result.find(stage, of);
    if (step == nullptr || step->outputs.empty()) return "nothing";
    return core::read_file(Store(store_path()).output(stage, step->key, "out.txt"));
  }
  /// Folders and files of work under way.
  [[nodiscard]] int staged() const {
    int count = 0;
    for (const auto& stage : chain) {
      const fs::path staging = store_path() / stage->spec().name / "staging";
      if (!fs::exists(staging)) continue;
      for (const auto& entry : fs::directory_iterator(staging)) {
        (void)entry;
        ++count;
      }
    }
    return count;
  }

  isoscan::test::TemporaryFolder folder;
  Cohort cohort;
  Chain chain;
  std::shared_ptr<Ran> ran = std::make_shared<Ran>();
  std::shared_ptr<FakeStage> prepare, fit, apply, index;
  std::uint64_t seed = 0;
};

}  // namespace isoscan::pipeline::test
