#include "isoscan/engine/batch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isoscan/engine/history.hpp"

#include "fakes.hpp"

namespace isoscan::pipeline::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class BatchTest : public Fixture {
 protected:
  [[nodiscard]] std::vector<Segment> segments(const BatchOptions& options = {}) const {
    Store store(store_path());
    return segments_of(chain, plan(chain, cohort, store, seed), store, "run", 1, options);
  }
  RunResult task(const Segment& segment, std::size_t number) const {
    Store store(store_path());
    core::Context context;
    context.seed = seed;
    return run_task(chain, cohort, store, segment, segment.tasks.at(number), {}, context);
  }
  void all_tasks() const {
    for (const Segment& segment : segments()) {
      for (std::size_t n = 0; n < segment.tasks.size(); ++n) (void)task(segment, n);
    }
  }
};

TEST_F(BatchTest, NeighboursOfOneScopeAreOneSegment) {
  auto look = fake("look", {"source/scan"});
  chain.insert(chain.begin(), look);
  const auto found = segments();
  ASSERT_EQ(found.size(), 4U);
  EXPECT_THAT(found[0].stages, ElementsAre("look", "prepare"));
  EXPECT_THAT(found[1].stages, ElementsAre("fit"));
  EXPECT_THAT(found[2].stages, ElementsAre("apply"));
  EXPECT_THAT(found[3].stages, ElementsAre("index"));
  EXPECT_EQ(found[1].name, "2-fit");
  EXPECT_THAT(found[0].tasks, ElementsAre(ElementsAre("a"), ElementsAre("b"), ElementsAre("c")));
  EXPECT_THAT(found[1].tasks, ElementsAre(ElementsAre("X"), ElementsAre("Y")));
  EXPECT_THAT(found[3].tasks, ElementsAre(ElementsAre(kCohortUnit)));
}

TEST_F(BatchTest, ScansArePackedEvenlyByTimeAndByNumber) {
  cohort.units.clear();
  for (int n = 0; n < 100; ++n) {
    const std::string id = "s" + std::to_string(n);
    write(id, id);
    cohort.units.push_back(unit(id, "X"));
  }
  prepare->the_spec.needs.seconds = 10.0;
  BatchOptions options;
  options.task_seconds = 100.0;
  EXPECT_EQ(segments(options).front().tasks.size(), 10U);
  options.workers = 8;  // each should have four tasks
  EXPECT_EQ(segments(options).front().tasks.size(), 34U);
  options.max_tasks = 7;
  const auto few = segments(options).front();
  EXPECT_EQ(few.tasks.size(), 7U);
  for (const auto& one : few.tasks) EXPECT_NEAR(static_cast<double>(one.size()), 100.0 / 7.0, 1.0);
  EXPECT_DOUBLE_EQ(few.seconds, 150.0);  // the largest has 15
}

TEST_F(BatchTest, TasksOneByOneGiveTheBytesOfOneRun) {
  all_tasks();
  EXPECT_THAT(ran->take(), ElementsAre("apply a", "apply b", "apply c", "fit all", "fit c", "index all",
                                       "prepare a", "prepare b", "prepare c"));
  EXPECT_THAT(segments(), IsEmpty());
  const auto digests = [](const RunResult& result) {
    std::map<std::string, std::string> found;
    for (const StepResult& step : result.steps)
      found[step.stage + " " + step.unit] = step.key + step.outputs.at("out.txt").sha256;
    return found;
  };
  const auto by_tasks = go();
  EXPECT_EQ(by_tasks.count(StepState::Done), by_tasks.steps.size());
  fs::remove_all(store_path());
  EXPECT_EQ(digests(go()), digests(by_tasks));
}

TEST_F(BatchTest, ATaskDoesItsOwnUnitsAndNothingElse) {
  const auto all = segments();
  const RunResult first = task(all[0], 1);
  EXPECT_THAT(ran->take(), ElementsAre("prepare b"));
  EXPECT_EQ(first.exit_status(), 0);
  (void)task(all[0], 0);
  (void)task(all[0], 2);
  (void)ran->take();
  (void)task(all[1], 0);
  EXPECT_THAT(ran->take(), ElementsAre("fit all"));
}

TEST_F(BatchTest, WhatFailedBeforeIsTheReasonAndWhatWasLostIsToldApart) {
  prepare->before = [](const StageIo& io, const core::Context&) {
    if (core::read_file(io.file("source/scan")) == "scan b")
      throw core::Error(core::ErrorKind::Geometry, "not a brain");
  };
  const auto all = segments();
  (void)task(all[0], 1);  // b fails; a never starts
  (void)task(all[0], 2);
  (void)ran->take();
  const RunResult fitted = task(all[1], 0);
  EXPECT_THAT(ran->take(), IsEmpty());  // every scan of the site is missing
  const StepResult* failed = fitted.find("prepare", "b");
  ASSERT_TRUE(failed->failure);
  EXPECT_EQ(failed->failure->kind, core::ErrorKind::Geometry);
  EXPECT_EQ(failed->failure->message, "not a brain");
  const StepResult* lost = fitted.find("prepare", "a");
  ASSERT_TRUE(lost->failure);
  EXPECT_EQ(lost->failure->kind, core::ErrorKind::Resource);
  EXPECT_EQ(lost->failure->message, kLostStep);
}

TEST_F(BatchTest, HistoryIsWhatRecordsMeasured) {
  Store store(store_path());
  EXPECT_EQ(taken_before(store, *prepare).records, 0U);
  prepare->the_spec.needs = {1, 1234, 0, 17.0};
  EXPECT_EQ(taken_before(store, *prepare).memory_mb, 1234);
  EXPECT_EQ(taken_before(store, *prepare).seconds, 17.0);
  (void)go({}, 1);
  const Taken taken = taken_before(store, *prepare);
  EXPECT_EQ(taken.records, 3U);
  EXPECT_LT(taken.seconds, 5.0);
  EXPECT_EQ(taken.slow_seconds, 3.0 * 17.0);  // never less than the guess allows
  EXPECT_GT(taken.memory_mb, 1);
  // Another version, or other options, may take a hundred times as long.
  prepare->the_spec.version += 1;
  EXPECT_EQ(taken_before(store, *prepare).records, 0U);
  EXPECT_EQ(taken_before(store, *prepare).seconds, 17.0);
}

TEST_F(BatchTest, BadOptionsAreNamed) {
  BatchOptions options;
  options.max_tasks = 0;
  EXPECT_THROW((void)segments(options), core::Error);
}

}  // namespace
}  // namespace isoscan::pipeline::test
