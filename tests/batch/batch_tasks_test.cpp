// How tasks of a batch ended, who does them again, and nodes that refuse them.
#include <chrono>
#include <cstdlib>
#include <thread>

#include <boost/filesystem.hpp>
#include <gtest/gtest.h>

#include "isoscan/core/files.hpp"
#include "isoscan/test/support.hpp"

#include "batch_file.hpp"
#include "batch_progress.hpp"
#include "deaths.hpp"
#include "slurm_queue.hpp"
#include "task_refusal.hpp"

namespace isoscan::app {
namespace {

namespace fs = boost::filesystem;

/// Commands of Slurm that say what a test wants and write down what they were told.
class BatchTasks : public testing::Test {
 protected:
  void SetUp() override {
    batch_.folder = folder_ / "work/batch/20260131T093000123Z";
    batch_.work = folder_ / "work";
    batch_.executor = "slurm";
    batch_.kernels = "avx512";
    pipeline::Segment segment;
    segment.name = "1-survey";
    segment.chain = "apply";
    segment.stages = {"survey"};
    segment.tasks = {{"sub-01"}, {"sub-02"}};
    segment.memory_mb = 2000;
    segment.seconds = 0.05;
    batch_.segments = {segment};
    batch_.jobs = {{"1-survey", {"11", "12"}}, {kCollect, {"13", "14"}}};
    save(batch_);
    for (const char* program : {"squeue", "sacct", "scontrol"}) answers(program, "exit 1");
    before_ = std::getenv("PATH");
    ::setenv("PATH", ((folder_ / "bin").string() + ":" + before_).c_str(), 1);
    ::setenv("SLURMD_NODENAME", "n2", 1);
  }
  void TearDown() override {
    ::setenv("PATH", before_.c_str(), 1);
    ::unsetenv("SLURMD_NODENAME");
  }

  void answers(const std::string& program, const std::string& script) {
    const fs::path file = folder_ / "bin" / program;
    core::write_file(file, "#!/bin/sh\necho " + program + " \"$@\" >> '" + (folder_ / "told").string() +
                               "'\n" + script + "\n");
    fs::permissions(file, fs::owner_all);
  }
  [[nodiscard]] std::string told() const {
    return fs::exists(folder_ / "told") ? core::read_file(folder_ / "told") : "";
  }

  /// `isoscan task ...` on a node that lacks the batch's instructions.
  int refuse(const std::string& words) {
    CLI::App program;
    Action chosen;
    add_refusal(program, chosen);
    program.parse("task " + batch_.folder.string() + " " + words + " --kernels avx512");
    return chosen({});
  }

  test::TemporaryFolder folder_;
  Batch batch_;
  std::string before_;
};

TEST_F(BatchTasks, ANodeThatLacksTheInstructionsIsSparedAndItsTaskGoesToTheSecondTry) {
  answers("squeue", "case \"$*\" in *--format=%x*) echo broken;; *) echo '12 1 PD'; echo '13 N/A PD';; esac");
  answers("scontrol", "case \"$*\" in *JobId=11*) exit 1;; esac");  // its other tasks are at work already
  EXPECT_EQ(refuse("1-survey 1 --attempt 1"), 2);
  for (const char* job : {"11", "12", "13", "14"})
    EXPECT_NE(told().find(std::string("scontrol update JobId=") + job + " ExcNodeList=broken,n2\n"),
              std::string::npos)
        << told();
  const TaskReport report = load_task(batch_, "1-survey", 1);
  EXPECT_FALSE(is_final(report));
  EXPECT_EQ(report.attempt, 1);
  const std::string words = "was refused by its node, which lacks the instructions of --kernels avx512";
  EXPECT_EQ(death_words(report), words);
  const config::Json segment = progress_of(batch_).at("segments").items().front();
  EXPECT_EQ(segment.at("waiting").as_integer(), 1);
  EXPECT_EQ(segment.at("deaths").items().front().at("words").as_string(), words);
  EXPECT_NE(progress_text(progress_of(batch_)).find("  1-survey, task 1: " + words + "\n"),
            std::string::npos);

  EXPECT_EQ(refuse("1-survey 1 --attempt 2"), 2);
  EXPECT_EQ(death_words(load_task(batch_, "1-survey", 1)), words + ", and again");
  EXPECT_EQ(refuse("collect 0 --attempt 1"), 2);

  // Another node: both are named, whoever asked first.
  ::setenv("SLURMD_NODENAME", "n1", 1);
  EXPECT_EQ(refuse("1-survey 0 --attempt 1"), 2);
  const std::string last = told().substr(told().rfind("ExcNodeList=broken"));
  EXPECT_TRUE(last == "ExcNodeList=broken,n1,n2\n" || last == "ExcNodeList=broken,n2,n1\n") << last;

  // What its user excluded is not known: nothing is overwritten.
  fs::remove(folder_ / "told");
  answers("squeue", "exit 1");
  EXPECT_EQ(refuse("1-survey 0 --attempt 1"), 2);
  EXPECT_EQ(told().find("scontrol"), std::string::npos) << told();
  set_cancelled(batch_);
  EXPECT_EQ(refuse("1-survey 0 --attempt 1"), 130);
}

TEST_F(BatchTasks, ATaskThatIsRefusedBeforeAllJobsAreKnownWaitsForThem) {
  answers("squeue", "echo N/A");
  answers("scontrol", "exit 0");
  Batch early = batch_;
  early.jobs.erase(kCollect);
  save(early);
  std::jthread submits([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    save(batch_);
  });
  EXPECT_EQ(refuse("1-survey 0 --attempt 1"), 2);
  EXPECT_NE(told().find("JobId=14 ExcNodeList=n2"), std::string::npos) << told();
}

TEST_F(BatchTasks, ARefusedSecondTryOfATaskThatIsDoneChangesNothing) {
  TaskReport done;
  done.state = TaskState::Ended;
  done.attempt = 1;
  done.exit_status = 8;
  save(batch_, "1-survey", 0, done);
  EXPECT_EQ(refuse("1-survey 0 --attempt 2"), 8);
  EXPECT_TRUE(is_final(load_task(batch_, "1-survey", 0)));
  EXPECT_EQ(told(), "");
}

TEST_F(BatchTasks, WhereSlurmDoesNotListenARefusedTaskStillGoesToTheSecondTry) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(refuse("1-survey 0 --attempt 1"), 2);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("waiting"), std::string::npos) << said;
  EXPECT_FALSE(is_final(load_task(batch_, "1-survey", 0)));
}

TEST_F(BatchTasks, HowATaskDiedIsAskedOfSlurm) {
  answers("squeue",
          "echo '11 0 NODE_FAIL'; echo '11 1 COMPLETED'; echo '12 1 TIMEOUT'; echo '13 N/A PENDING'");
  const auto queue = slurm_endings({"11", "12", "13"});
  EXPECT_EQ(queue, (std::map<QueuedTask, std::string>{{{"11", "0"}, "was lost with its node"},
                                                      {{"12", "1"}, "ran into its time limit"}}));
  answers("sacct",
          "echo '11_0|OUT_OF_MEMORY|0:125'; echo '11_1|FAILED|0:9'; echo '12_0|FAILED|1:0'; "
          "echo '13|CANCELLED by 1000|0:0'");
  const auto all = slurm_endings({"11", "12", "13"});
  EXPECT_EQ(all.at({"11", "0"}), "was killed for memory");
  EXPECT_EQ(all.at({"11", "1"}), "was killed by signal 9 (probably for memory)");
  EXPECT_EQ(all.at({"12", "1"}), "ran into its time limit");
  EXPECT_EQ(all.count({"12", "0"}), 0U) << "it came to its own end";
  EXPECT_EQ(all.at({"13", ""}), "was cancelled in Slurm");

  // A second try asks of its own first one alone.
  EXPECT_EQ(ending_of_try(batch_, "1-survey", 1, 1), "was killed by signal 9 (probably for memory)");
  EXPECT_NE(told().find("--jobs=11_1 "), std::string::npos) << told();
  EXPECT_EQ(ending_of_try(batch_, "1-survey", 1, 3), "") << "there was no third";

  // Both tries are gone, and nobody waited for them.
  TaskReport report;
  report.state = TaskState::Running;
  report.attempt = 1;
  save(batch_, "1-survey", 1, report);
  EXPECT_EQ(Deaths(batch_).words(batch_.segments.front(), 1, load_task(batch_, "1-survey", 1)),
            "was killed by signal 9 (probably for memory) with 2000 MB");
  report.attempt = 2;
  report.deaths = {{1, 0, 2000, "was killed for memory"}};
  EXPECT_EQ(Deaths(batch_).words(batch_.segments.front(), 1, report),
            "was killed for memory with 2000 MB, then ran into its time limit with 4000 MB");
}

TEST_F(BatchTasks, ATryThatDiedBeforeItsFirstReportIsCountedOnce) {
  save_death(batch_, "1-survey", 0, {1, 137, 2000, ""});
  const TaskReport report = load_task(batch_, "1-survey", 0);
  EXPECT_EQ(report.attempt, 1);
  EXPECT_EQ(Deaths(batch_).words(batch_.segments.front(), 0, report),
            "was killed by signal 9 (probably for memory) with 2000 MB");
}

TEST_F(BatchTasks, OnlyWhatASecondTryMayMendIsTriedAgain) {
  TaskReport report;
  report.state = TaskState::Ended;
  report.attempt = 1;
  report.exit_status = 4;
  report.file_trouble = true;
  const auto kept = [&] {
    save(batch_, "1-survey", 0, report);
    return load_task(batch_, "1-survey", 0);
  };
  EXPECT_FALSE(is_final(kept())) << "a disk of the network may have hiccuped";
  report.attempt = 2;
  EXPECT_TRUE(is_final(kept())) << "once";
  report.attempt = 1;
  report.exit_status = 2;
  report.file_trouble = false;
  EXPECT_TRUE(is_final(kept())) << "a configuration stays wrong";
  report.exit_status = 5;
  report.out_of_resources = true;
  EXPECT_FALSE(is_final(kept()));
}

TEST(DeathWords, TellSignalsApart) {
  TaskReport report;
  EXPECT_EQ(death_words(report), "");
  report.deaths = {{1, 137, 2000, ""}, {2, 139, 4000, ""}};
  EXPECT_EQ(
      death_words(report),
      "was killed by signal 9 (probably for memory) with 2000 MB, then was killed by signal 11 with 4000 MB");
  report.deaths = {{1, 3, 0, ""}, {2, 0, 0, ""}};
  EXPECT_EQ(death_words(report),
            "ended without a word (status 3), then ended without a word (killed, or its node was lost)");
}

}  // namespace
}  // namespace isoscan::app
