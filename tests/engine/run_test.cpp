// As ninja's tests read: change this, run again, expect these steps.
#include "isoscan/engine/run.hpp"

#include <chrono>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes.hpp"

namespace isoscan::pipeline::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::vector<std::string> kAll{"apply a",   "apply b",   "apply c",   "fit Y",    "fit all",
                                    "index all", "prepare a", "prepare b", "prepare c"};

class Resume : public Fixture {
 protected:
  /// A fit over one unit is known by that unit's name.
  std::vector<std::string> took() {
    auto names = ran->take();
    for (auto& name : names) {
      if (name == "fit c") name = "fit Y";
    }
    std::sort(names.begin(), names.end());
    return names;
  }
};

TEST_F(Resume, FirstRunDoesAllAndTheSecondNothing) {
  const RunResult first = go();
  EXPECT_EQ(took(), kAll);
  EXPECT_EQ(first.count(StepState::Ran), 9U);
  EXPECT_EQ(first.exit_status(), 0);
  EXPECT_EQ(
      content(first, "apply", "a"),
      "scan a|+prepare{\"strength\":1}|scan a|+prepare{\"strength\":1}|scan b|+prepare{\"strength\":1}|+fit"
      "{\"strength\":1}|+apply{\"strength\":1}");
  const RunResult second = go();
  EXPECT_THAT(took(), IsEmpty());
  EXPECT_EQ(second.count(StepState::Done), 9U);
  EXPECT_EQ(second.find("apply", "a")->outputs.at("out.txt").sha256,
            first.find("apply", "a")->outputs.at("out.txt").sha256);
  EXPECT_EQ(staged(), 0);
}

TEST_F(Resume, AChangedScanRunsItsOwnLine) {
  (void)go();
  (void)took();
  write("c", "another c");
  (void)go();
  EXPECT_THAT(took(), ElementsAre("apply c", "fit Y", "index all", "prepare c"));
}

TEST_F(Resume, ATouchedScanRunsNothing) {
  (void)go();
  (void)took();
  fs::last_write_time(folder / "a.txt", 1'000'000'000);
  (void)go();
  EXPECT_THAT(took(), IsEmpty());
}

TEST_F(Resume, AChangedOptionRunsWhatDependsOnIt) {
  (void)go();
  (void)took();
  apply->options["strength"] = 2;
  const RunResult result = go();
  EXPECT_THAT(took(), ElementsAre("apply a", "apply b", "apply c", "index all"));
  EXPECT_EQ(result.find("apply", "a")->why, "options changed: strength 1 -> 2");
  apply->options["strength"] = 1;
  (void)go();
  EXPECT_THAT(took(), IsEmpty()) << "the earlier results are still there";
}

TEST_F(Resume, SameBytesStopTheWave) {
  prepare->change = [](const std::string& text) { return text.substr(0, 6); };
  (void)go();
  (void)took();
  prepare->options["strength"] = 2;  // written behind the sixth letter
  (void)go();
  EXPECT_THAT(took(), ElementsAre("prepare a", "prepare b", "prepare c"));
}

TEST_F(Resume, VersionLibrariesAndSeedAreInTheKey) {
  index->the_spec.uses_seed = false;
  (void)go();
  (void)took();
  index->the_spec.version = 2;
  EXPECT_EQ(go().find("index", "cohort")->why, "stage version 1 -> 2");
  EXPECT_THAT(took(), ElementsAre("index all"));
  index->the_spec.libraries = "itk 5.2.1";
  EXPECT_EQ(go().find("index", "cohort")->why, "libraries changed: '' -> 'itk 5.2.1'");
  (void)took();
  seed = 7;
  const RunResult result = go();
  EXPECT_EQ(result.find("prepare", "a")->why, "seed changed: 0 -> 7");
  EXPECT_EQ(took().size(), 8U) << "all but index, which draws no random number and gets the same bytes";
}

TEST_F(Resume, ThreadCountIsNotInTheKey) {
  (void)go({}, 1);
  (void)took();
  (void)go({}, 4);
  EXPECT_THAT(took(), IsEmpty());
}

TEST_F(Resume, ANewScanRunsItselfAndWhatLooksAtAll) {
  (void)go();
  (void)took();
  write("d", "scan d");
  cohort.units.push_back(unit("d", "Y"));
  const RunResult result = go();
  EXPECT_THAT(took(), ElementsAre("apply c", "apply d", "fit all", "index all", "prepare d"));
  EXPECT_EQ(result.find("fit", "Y")->why, "input prepare/out.txt: 1 unit more (d)");
}

TEST_F(Resume, AUnitThatOnlyHelpsToFitChangesNothingForTheOthers) {
  const RunResult all = go();
  (void)took();
  cohort.units[1].last_stage = "prepare";
  cohort.units[2].last_stage = "prepare";
  const RunResult some = go();
  EXPECT_THAT(took(), ElementsAre("index a")) << "which sees one unit now";
  EXPECT_EQ(some.find("fit", "X")->key, all.find("fit", "X")->key);
  EXPECT_EQ(some.find("apply", "a")->key, all.find("apply", "a")->key);
  EXPECT_EQ(some.find("apply", "b"), nullptr);
  EXPECT_EQ(some.find("apply", "c"), nullptr);
  EXPECT_EQ(some.exit_status(), 0);
  cohort.units[1].last_stage = "prepared";
  EXPECT_THROW((void)go(), core::Error);
}

TEST_F(Resume, IdenticalScansShareAResult) {
  write("b", "scan a");
  const RunResult result = go({}, 1);
  EXPECT_EQ(result.find("prepare", "a")->key, result.find("prepare", "b")->key);
  EXPECT_EQ(result.find("prepare", "b")->state, StepState::Done);
}

TEST_F(Resume, OneFailingUnitIsAValueAndTheRestGoesOn) {
  prepare->before = [](const StageIo& io, const core::Context&) {
    if (core::read_file(io.file("source/scan")) == "scan b") {
      throw core::Error(core::ErrorKind::Input, io.file("source/scan").string() + ": the file ends early");
    }
  };
  const RunResult result = go();
  EXPECT_EQ(result.exit_status(), 8);
  const StepResult& failed = *result.find("prepare", "b");
  ASSERT_EQ(failed.state, StepState::Failed);
  EXPECT_EQ(failed.failure->kind, core::ErrorKind::Input);
  EXPECT_THAT(failed.failure->message, HasSubstr("b.txt: the file ends early"));
  EXPECT_EQ(failed.failure->public_message, "the scan of b: the file ends early");
  EXPECT_EQ(result.find("apply", "b")->state, StepState::NotReached);
  EXPECT_EQ(result.find("apply", "b")->why, "'prepare' failed for b");
  EXPECT_EQ(result.find("apply", "a")->state, StepState::Ran);
  EXPECT_THAT(result.find("fit", "X")->left_out, ElementsAre("b"));
  EXPECT_THAT(result.find("index", "cohort")->left_out, ElementsAre("b"));
  EXPECT_EQ(result.failure_of(cohort.units[1]), &failed);
  EXPECT_EQ(result.failure_of(cohort.units[0]), nullptr);
}

TEST_F(Resume, AFailureIsNeverAResult) {
  bool broken = true;
  prepare->before = [&](const StageIo& io, const core::Context&) {
    if (broken && core::read_file(io.file("source/scan")) == "scan b") {
      core::write_file(io.output("out.txt"), "half");
      throw std::runtime_error("boom");
    }
  };
  EXPECT_EQ(go().find("prepare", "b")->failure->kind, core::ErrorKind::Internal);
  EXPECT_EQ(staged(), 0);
  (void)took();
  EXPECT_EQ(go().find("prepare", "b")->why, "failed before: boom");
  EXPECT_THAT(took(), ElementsAre("prepare b")) << "tried again, and nothing else";
  broken = false;
  const RunResult result = go();
  EXPECT_EQ(result.exit_status(), 0);
  EXPECT_THAT(took(), ElementsAre("apply a", "apply b", "fit all", "index all", "prepare b"));
}

TEST_F(Resume, AStageThatRefusesFailedUnitsSaysWhich) {
  fit->the_spec.failed_units = FailedUnits::Refuse;
  fs::remove(folder / "b.txt");
  const RunResult result = go();
  EXPECT_EQ(result.find("prepare", "b")->failure->kind, core::ErrorKind::Io);
  EXPECT_EQ(result.find("fit", "X")->failure->message, "'fit' needs every unit, and 1 failed before it: b");
  EXPECT_EQ(result.find("apply", "a")->state, StepState::NotReached);
  EXPECT_EQ(result.failure_of(cohort.units[0]), result.find("fit", "X"));
  EXPECT_EQ(result.find("apply", "c")->state, StepState::Ran);
  EXPECT_EQ(result.exit_status(), 8);
}

TEST_F(Resume, WhenEveryUnitFailsTheExitStatusIsThatOfTheFirst) {
  prepare->before = [](const StageIo&, const core::Context&) {
    throw core::Error(core::ErrorKind::Numeric, "NaN");
  };
  const RunResult result = go();
  EXPECT_EQ(result.exit_status(), 6);
  EXPECT_EQ(result.find("fit", "X")->why, "every unit failed before it");
}

TEST_F(Resume, AForgottenOutputIsOurBug) {
  prepare->the_spec.outputs = {"out.txt", "more.txt"};
  prepare->before = [](const StageIo& io, const core::Context&) {
    core::write_file(io.output("out.txt").parent_path() / "surplus.txt", "x");
  };
  EXPECT_THAT(go().find("prepare", "a")->failure->message,
              HasSubstr("wrote 'surplus.txt', which its spec does not declare"));
  prepare->before = [](const StageIo& io, const core::Context&) { (void)io.output("unknown.txt"); };
  EXPECT_THAT(go().find("prepare", "a")->failure->message,
              HasSubstr("'unknown.txt', which its spec does not declare"));
}

TEST_F(Resume, AnOptionalSourceCountsWhenItIsThere) {
  prepare->the_spec.inputs = {"source/scan", "source/mask?"};
  std::atomic<int> with_mask = 0;
  prepare->before = [&](const StageIo& io, const core::Context&) {
    with_mask += io.has("source/mask") ? 1 : 0;
  };
  (void)go();
  EXPECT_EQ(with_mask, 0);
  (void)took();
  cohort.units[2].sources["mask"] = Source{{}, "mask"};
  const RunResult result = go();
  EXPECT_EQ(with_mask, 1);
  EXPECT_EQ(result.find("prepare", "c")->why, "input source/mask was missing and is there now");
}

TEST_F(Resume, SharedSourcesReachEveryStage) {
  apply->the_spec.inputs.push_back("shared/reference");
  cohort.shared["reference"] = Source{{}, "R1"};
  const RunResult result = go();
  EXPECT_THAT(content(result, "apply", "a"), HasSubstr("R1+apply"));
  (void)took();
  cohort.shared["reference"].text = "R2";
  (void)go();
  EXPECT_THAT(took(), ElementsAre("apply a", "apply b", "apply c", "index all"));
  cohort.shared.clear();
  EXPECT_THROW((void)go(), core::Error);
}

TEST_F(Resume, NeedsLimitWhatRunsAtTheSameTime) {
  for (const bool by_memory : {false, true}) {
    std::atomic<int> now = 0;
    std::atomic<int> most = 0;
    prepare->options["round"] = by_memory;
    prepare->the_spec.needs.threads = by_memory ? 1 : 0;
    prepare->the_spec.needs.memory_mb = 600;
    prepare->before = [&](const StageIo&, const core::Context& context) {
      EXPECT_EQ(context.threads, by_memory ? 1 : 4);
      most = std::max(most.load(), ++now);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      --now;
    };
    RunOptions options;
    options.memory_mb = by_memory ? 1000 : 0;
    EXPECT_EQ(go(options, 4).exit_status(), 0);
    EXPECT_EQ(most, 1) << "by memory: " << by_memory;
  }
}

TEST_F(Resume, IndependentUnitsRunAtTheSameTime) {
  std::atomic<int> now = 0;
  std::atomic<bool> met = false;
  prepare->before = [&](const StageIo&, const core::Context&) {
    ++now;
    for (int wait = 0; wait < 500 && !met; ++wait) {
      if (now >= 2) met = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    --now;
  };
  EXPECT_EQ(go({}, 2).exit_status(), 0);
  EXPECT_TRUE(met);
}

TEST_F(Resume, AGpuThatIsNotThereIsSaid) {
  fit->the_spec.needs.gpus = 1;
  const RunResult result = go();
  EXPECT_EQ(result.find("fit", "X")->failure->kind, core::ErrorKind::Resource);
}

TEST_F(Resume, TheResultDoesNotDependOnTheNumberOfWorkers) {
  const RunResult one = go({}, 1);
  fs::remove_all(store_path());
  const RunResult four = go({}, 4);
  ASSERT_EQ(one.steps.size(), four.steps.size());
  for (std::size_t n = 0; n < one.steps.size(); ++n) {
    EXPECT_EQ(one.steps[n].key, four.steps[n].key);
    EXPECT_EQ(one.steps[n].outputs.at("out.txt").sha256, four.steps[n].outputs.at("out.txt").sha256);
  }
}

TEST_F(Resume, CancelLeavesNothingHalfAndTheNextRunGoesOn) {
  std::stop_source stop;
  prepare->before = [&](const StageIo& io, const core::Context& context) {
    if (core::read_file(io.file("source/scan")) != "scan b") return;
    core::write_file(io.output("out.txt"), "half");
    stop.request_stop();
    context.check_stop();
  };
  core::Context context;
  context.stop = stop.get_token();
  Store store(store_path());
  const RunResult stopped = pipeline::run(chain, cohort, store, {}, context);
  EXPECT_TRUE(stopped.stopped);
  EXPECT_EQ(stopped.exit_status(), 130);
  EXPECT_EQ(stopped.find("prepare", "b")->state, StepState::Stopped);
  EXPECT_EQ(stopped.count(StepState::Failed), 0U);
  EXPECT_EQ(staged(), 0);
  (void)took();

  prepare->before = {};
  const RunResult after = go();
  EXPECT_EQ(after.exit_status(), 0);
  EXPECT_EQ(after.find("prepare", "b")->why, "never ran");
  EXPECT_EQ(after.find("prepare", "a")->state,
            stopped.find("prepare", "a")->state == StepState::Ran ? StepState::Done : StepState::Ran);
}

TEST_F(Resume, ACheckpointOutlivesAFailureAndGoesWithSuccess) {
  int attempts = 0;
  chain = {index};
  index->the_spec.inputs = {"shared/x"};
  cohort.shared["x"] = Source{{}, "x"};
  index->before = [&](const StageIo& io, const core::Context&) {
    const fs::path file = io.checkpoint() / "step.txt";
    if (++attempts == 1) {
      core::write_file(file, "1000");
      throw core::Error(core::ErrorKind::Resource, "killed");
    }
    EXPECT_EQ(core::read_file(file), "1000");
  };
  EXPECT_EQ(go().exit_status(), 5);
  const RunResult result = go();
  EXPECT_EQ(result.exit_status(), 0);
  EXPECT_EQ(attempts, 2);
  EXPECT_FALSE(fs::exists(Store(store_path()).checkpoint("index", result.find("index", "cohort")->key)));
}

TEST_F(Resume, ASourceThatChangesDuringTheRunIsNoticed) {
  chain = {prepare};
  prepare->before = [&](const StageIo& io, const core::Context&) {
    if (core::read_file(io.file("source/scan")) == "scan a") write("a", "other");
  };
  EXPECT_THAT(go().find("prepare", "a")->failure->message, HasSubstr("changed during the run"));
}

TEST_F(Resume, ABrokenChainIsRefusedBeforeAnythingStarts) {
  EXPECT_EQ(problem(chain), "");
  apply->the_spec.inputs = {"prepare/image"};
  EXPECT_EQ(problem(chain), "stage 'apply': input 'prepare/image' is no output of 'prepare'");
  apply->the_spec.inputs = {"index/out.txt"};
  EXPECT_EQ(problem(chain), "stage 'apply': input 'index/out.txt' is of no earlier stage");
  apply->the_spec.inputs = {"prepare/out.txt"};
  apply->the_spec.name = "prepare";
  EXPECT_EQ(problem(chain), "stage 'prepare': the name is there twice");
  apply->the_spec.name = "Apply";
  EXPECT_THAT(problem(chain), HasSubstr("lower-case"));
  EXPECT_THROW((void)go(), core::Error);
  EXPECT_THAT(took(), IsEmpty());
  cohort.units.push_back(cohort.units[0]);
  EXPECT_EQ(cohort.problem(), "the unit 'a' is there twice");
}

}  // namespace
}  // namespace isoscan::pipeline::test
