// `isoscan run`, `status`, `cancel` and `plan` on this machine. What they do under kills is in tests/cluster.
#include <atomic>
#include <chrono>
#include <csignal>
#include <set>
#include <sstream>
#include <thread>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"

#include "program.hpp"

namespace isoscan {
namespace {

using config::Json;

class BatchCommands : public Program {
 protected:
  void SetUp() override { ASSERT_EQ(demo_->status, 0) << demo_->output; }

  static fs::path store() { return harmonized() / ".isoscan"; }

  /// A CONFIG that shares the demo's work folder, so that what the demo computed is there.
  static fs::path job(const test::TemporaryFolder& folder) {
    const fs::path file = folder / "night.json";
    core::write_file(file, Json(Json::Object{{"scans", (scans() / "new-hospital").string()},
                                             {"reference", (scans() / "reference").string()},
                                             {"out", "out"},
                                             {"work", store().string()},
                                             {"options", Json::Object{{"method", "two-pass"}}},
                                             {"batch", Json::Object{{"processes", 2}}}})
                               .dump());
    return file;
  }

  /// The same for one scan and its site, with something to compute.
  static fs::path small_job(const test::TemporaryFolder& folder, double bound) {
    const fs::path file = folder / "small.json";
    core::write_file(
        file, Json(Json::Object{
                       {"command", "apply"},
                       {"scans", (scans() / "new-hospital").string()},
                       {"site", (harmonized() / "sites" / "new-hospital.isosite").string()},
                       {"out", "out"},
                       {"work", (folder / "work").string()},
                       {"only", Json::Object{{"subjects", Json::array(std::vector<std::string>{"new01"})}}},
                       {"options", Json::Object{{"bound", bound}}}})
                  .dump());
    return file;
  }

  /// The same for two scans that may go, in folder/scans.
  static fs::path job_of_two(const test::TemporaryFolder& folder) {
    for (const std::string scan : {"sub-new01", "sub-new02"}) {
      for (fs::recursive_directory_iterator at(scans() / "new-hospital" / scan), end; at != end; ++at) {
        if (fs::is_regular_file(at->path()))
          core::write_file(folder / "scans" / fs::relative(at->path(), scans() / "new-hospital"),
                           core::read_file(at->path()));
      }
    }
    Json json = config::read_json(small_job(folder, 0.36));
    json["scans"] = (folder / "scans").string();
    json.members().erase("only");
    core::write_file(folder / "two.json", json.dump());
    return folder / "two.json";
  }

  /// Plans, and gives the folder of the plan, as `isoscan run` would have it.
  static fs::path planned(const fs::path& config, const fs::path& work) {
    const Finished plan = isoscan_program("plan " + config.string() + " --format make");
    EXPECT_EQ(plan.status, 0) << plan.output;
    fs::path newest;
    for (fs::directory_iterator at(work / "plans"), end; at != end; ++at)
      newest = std::max(newest, at->path());
    const fs::path folder = work / "batch" / newest.filename();
    fs::create_directories(folder.parent_path());
    fs::rename(newest, folder);
    return folder;
  }

  static Finished collect(const fs::path& batch) {
    return isoscan_program("task " + batch.string() + " collect 0");
  }

  static Json status_of(const fs::path& out, const std::string& scan) {
    return config::read_json(out / "status" / (scan + ".json"));
  }

  /// Processes of tasks that have begun and not ended.
  static std::vector<std::int64_t> running_tasks(const fs::path& batches) {
    std::vector<std::int64_t> pids;
    boost::system::error_code none;
    for (fs::recursive_directory_iterator at(batches, none), end; !none && at != end; at.increment(none)) {
      if (at->path().parent_path().filename() != "tasks" || at->path().extension() != ".json") continue;
      try {
        const Json report = config::read_json(at->path());
        const std::int64_t pid = report.at("pid").as_integer();
        if (!report.at("ended").as_bool() && pid > 1) pids.push_back(pid);
      } catch (const core::Error&) {
        // It was replaced meanwhile.
      }
    }
    return pids;
  }

  static std::string place(const test::TemporaryFolder& folder, const fs::path& work) {
    return (folder / "out").string() + " --work " + work.string();
  }
};

TEST_F(BatchCommands, WhatIsInTheStoreIsInNoTaskAndTheBytesAreTheSame) {
  const test::TemporaryFolder folder;
  const std::string config = job(folder).string();
  const Finished dry = isoscan_program("run " + config + " --dry-run");
  EXPECT_EQ(dry.status, 0) << dry.output;
  EXPECT_FALSE(fs::exists(folder / "out"));
  EXPECT_FALSE(has(dry.output, " tasks of about")) << dry.output;

  const Finished run = isoscan_program("run " + config);
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(has(run.output, "nothing to do")) << run.output;
  EXPECT_EQ(digests(folder / "out"), digests(harmonized()));

  const Finished text = isoscan_program("status " + place(folder, store()));
  EXPECT_EQ(text.status, 0) << text.output;
  EXPECT_TRUE(has(text.output, "done")) << text.output;
  const Finished json = isoscan_program("status " + place(folder, store()) + " --json");
  const Json progress = Json::parse(json.output, "status --json");
  EXPECT_EQ(progress.at("state").as_string(), "done");
  EXPECT_EQ(progress.at("exit_status").as_integer(), 0);

  const Finished late = isoscan_program("cancel " + place(folder, store()));
  EXPECT_EQ(late.status, 0) << late.output;
  EXPECT_TRUE(has(late.output, "nothing to cancel")) << late.output;
}

TEST_F(BatchCommands, CancelEndsARunAndTheNextGoesOn) {
  const test::TemporaryFolder folder;
  const std::string config = small_job(folder, 0.31).string();
  const Finished dry = isoscan_program("run " + config + " --dry-run");
  EXPECT_EQ(dry.status, 0) << dry.output;
  EXPECT_TRUE(has(dry.output, "1 unit in 1 task of about")) << dry.output;

  Finished run;
  std::jthread runner([&] { run = isoscan_program("run " + config); });
  // It waits where it is, however small the scan.
  std::int64_t waiting = 0;
  for (int hundredth = 0; hundredth < 6000 && waiting == 0; ++hundredth) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    for (const std::int64_t pid : running_tasks(folder / "work/batch")) {
      if (::kill(static_cast<pid_t>(pid), SIGSTOP) == 0) waiting = pid;
    }
  }
  ASSERT_NE(waiting, 0);
  const Finished meanwhile = isoscan_program("status " + place(folder, folder / "work"));
  EXPECT_EQ(meanwhile.status, 0) << meanwhile.output;
  EXPECT_TRUE(has(meanwhile.output, "running")) << meanwhile.output;
  const Finished second = isoscan_program("run " + config);
  EXPECT_EQ(second.status, 2) << second.output;
  EXPECT_TRUE(has(second.output, "under way")) << second.output;
  EXPECT_EQ(isoscan_program("cancel " + place(folder, folder / "work")).status, 0);
  ::kill(static_cast<pid_t>(waiting), SIGCONT);
  runner.join();
  EXPECT_EQ(run.status, 130) << run.output;
  EXPECT_EQ(isoscan_program("status " + place(folder, folder / "work")).status, 130);

  const Finished again = isoscan_program("run " + config);
  EXPECT_EQ(again.status, 0) << again.output;
  EXPECT_TRUE(fs::is_regular_file(folder / "out/sub-new01/anat/sub-new01_desc-harmonized_T1w.nii.gz"));
  EXPECT_EQ(isoscan_program("verify " + place(folder, folder / "work")).status, 0);
}

TEST_F(BatchCommands, ScansThatGoBetweenPlanAndEndHaveFailed) {
  const test::TemporaryFolder folder;
  const fs::path config = job_of_two(folder);
  const Finished run = isoscan_program("run " + config.string());
  ASSERT_EQ(run.status, 0) << run.output;

  // What the tasks did stands in the log of the whole, line by line.
  std::set<std::string> logged;
  std::istringstream log(core::read_file(folder / "out/run.jsonl"));
  for (std::string line; std::getline(log, line);) {
    const Json event = Json::parse(line, "run.jsonl");
    if (event.at("event") == Json("step-end"))
      logged.insert(event.at("stage").as_string() + " " + event.at("unit").as_string());
  }
  EXPECT_TRUE(logged.count("survey sub-new01") > 0 && logged.count("apply sub-new02") > 0 &&
              logged.count("page sub-new01") > 0)
      << logged.size() << " steps";
  EXPECT_EQ(isoscan_program("verify " + place(folder, folder / "work")).status, 0);

  const fs::path batch = planned(config, folder / "work");
  fs::remove_all(folder / "scans/sub-new02");
  const Finished one = collect(batch);
  EXPECT_EQ(one.status, 8) << one.output;
  EXPECT_EQ(status_of(folder / "out", "sub-new01").at("state").as_string(), "ok");
  EXPECT_EQ(status_of(folder / "out", "sub-new02").at("state").as_string(), "failed");
  EXPECT_TRUE(has(status_of(folder / "out", "sub-new02").at("reason").as_string(), "its files are gone"));
  EXPECT_EQ(isoscan_program("verify " + place(folder, folder / "work")).status, 0);

  fs::remove_all(folder / "scans/sub-new01");
  const Finished none = collect(batch);
  EXPECT_EQ(none.status, 3) << none.output;
  for (const std::string scan : {"sub-new01", "sub-new02"})
    EXPECT_TRUE(has(status_of(folder / "out", scan).at("reason").as_string(), "its files are gone"))
        << none.output;
}

TEST_F(BatchCommands, WithoutItsReferenceEachScanHasFailedForThatReason) {
  const test::TemporaryFolder folder;
  Json json = config::read_json(job(folder));
  json["work"] = (folder / "work").string();
  core::write_file(folder / "night.json", json.dump());
  const fs::path batch = planned(folder / "night.json", folder / "work");
  const Finished end = collect(batch);  // no task ran
  EXPECT_EQ(end.status, 5) << end.output;
  for (const std::string scan : {"sub-new01", "sub-new02", "sub-new03"}) {
    const Json status = status_of(folder / "out", scan);
    EXPECT_EQ(status.at("state").as_string(), "failed");
    EXPECT_TRUE(has(status.at("reason").as_string(), "the reference was not learnt: ")) << status.dump();
    EXPECT_EQ(status.at("error").at("stage").as_string(), "fit-reference");
  }
  EXPECT_EQ(isoscan_program("status " + place(folder, folder / "work")).status, 5);
  EXPECT_EQ(isoscan_program("verify " + place(folder, folder / "work")).status, 0);
}

TEST_F(BatchCommands, WhyATaskDiedIsSaidOfItsScanAndExplained) {
  const test::TemporaryFolder folder;
  const fs::path config = small_job(folder, 0.37);
  Finished run;
  std::atomic<bool> ended = false;
  std::jthread runner([&] {
    run = isoscan_program("run " + config.string());
    ended = true;
  });
  std::set<std::int64_t> killed;
  while (!ended) {
    for (const std::int64_t pid : running_tasks(folder / "work/batch")) {
      if (killed.insert(pid).second) ::kill(static_cast<pid_t>(pid), SIGKILL);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  runner.join();
  ASSERT_GE(killed.size(), 2U);
  EXPECT_EQ(run.status, 5) << run.output;
  const std::string reason = status_of(folder / "out", "sub-new01").at("reason").as_string();
  EXPECT_TRUE(has(reason, "was killed by signal 9 (probably for memory) with ") &&
              has(reason, ", and again with "))
      << reason << "\n"
      << run.output;
  const Finished words = isoscan_program("explain " + place(folder, folder / "work"));
  EXPECT_EQ(words.status, 0) << words.output;
  EXPECT_TRUE(has(words.output, "did not come to its end: its task was killed by signal 9")) << words.output;
  EXPECT_TRUE(has(words.output, "survey")) << words.output;
}

TEST_F(BatchCommands, APlanIsAGraphOfTasksAndComputesNothing) {
  const test::TemporaryFolder folder;
  const std::string config = small_job(folder, 0.32).string();
  for (const auto& [format, words] : std::map<std::string, std::string>{
           {"make", "/collect:"}, {"snakemake", "rule collect:"}, {"nextflow", "process collect_all"}}) {
    const Finished plan = isoscan_program("plan " + config + " --format " + format);
    EXPECT_EQ(plan.status, 0) << plan.output;
    EXPECT_TRUE(has(plan.output, words)) << plan.output;
    EXPECT_TRUE(has(plan.output, "1-survey") && has(plan.output, "3-page")) << plan.output;
  }
  EXPECT_FALSE(fs::exists(folder / "work" / "survey"));
  const Finished other = isoscan_program("plan " + config + " --format cwl");
  EXPECT_EQ(other.status, 2);
  EXPECT_TRUE(has(other.output, "snakemake, nextflow and make")) << other.output;
}

TEST_F(BatchCommands, MistakesAreNamedBeforeAnythingRuns) {
  const test::TemporaryFolder folder;
  const std::string config = job(folder).string();
  const auto refused = [&](const std::string& arguments, int status, const std::string& words) {
    const Finished finished = isoscan_program(arguments);
    EXPECT_EQ(finished.status, status) << arguments << '\n' << finished.output;
    EXPECT_TRUE(has(finished.output, words)) << finished.output;
  };
  refused("run " + config + " --set batch.tasks=3", 2, "tasks");
  refused("run " + config + " --set options.bound=9", 2, "bound");
  refused("run " + config + " --set site=x.isosite", 2, "\"site\"");
  refused("run " + (folder / "none.json").string(), 4, "none.json");
  refused("status " + (folder / "nowhere").string(), 3, "no batch was started here");
  refused("cancel " + (folder / "nowhere").string(), 3, "no batch was started here");
  EXPECT_FALSE(fs::exists(folder / "out"));
}

TEST_F(BatchCommands, PlansOfEarlierVersionsBlockNothing) {
  const test::TemporaryFolder folder;
  const std::string config = small_job(folder, 0.37).string();
  const Finished first = isoscan_program("run " + config);
  ASSERT_EQ(first.status, 0) << first.output;
  std::size_t plans = 0;
  for (fs::directory_iterator at(folder / "work" / "batch"), end; at != end; ++at) {
    const fs::path file = at->path() / "plan.json";
    if (!fs::is_regular_file(file)) continue;
    Json plan = config::read_json(file);
    for (const char* key : {"most_memory_mb", "kernels", "launcher"})
      EXPECT_EQ(plan.members().erase(key), 1U) << key;
    core::write_file(file, plan.dump());
    ++plans;
  }
  EXPECT_EQ(plans, 1U);
  EXPECT_EQ(isoscan_program("status " + place(folder, folder / "work")).status, 0);
  EXPECT_EQ(isoscan_program("run " + config).status, 0);
}

TEST_F(BatchCommands, WhatIsOfOneProcessIsNoOptionOfABatch) {
  const test::TemporaryFolder folder;
  const std::string config = small_job(folder, 0.3).string();
  const Finished refused = isoscan_program("run " + config + " --dry-run --set options.cores=2");
  EXPECT_EQ(refused.status, 2);
  EXPECT_TRUE(has(refused.output, "batch.processes")) << refused.output;
  EXPECT_EQ(isoscan_program("run " + config + " --dry-run --set options.cores=0").status, 0);
}

}  // namespace
}  // namespace isoscan
