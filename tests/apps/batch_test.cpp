// `isoscan run`, `status`, `cancel` and `plan` on this machine. What they do under kills is in tests/cluster.
#include <chrono>
#include <thread>

#include "isoscan/config/json.hpp"
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
  const fs::path batches = folder / "work" / "batch";
  const auto task_runs = [&] {
    boost::system::error_code none;
    for (fs::recursive_directory_iterator at(batches, none), end; !none && at != end; at.increment(none)) {
      if (at->path().parent_path().filename() == "tasks") return true;
    }
    return false;
  };
  for (int tenth = 0; tenth < 600 && !task_runs(); ++tenth)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const Finished meanwhile = isoscan_program("status " + place(folder, folder / "work"));
  EXPECT_EQ(meanwhile.status, 0) << meanwhile.output;
  EXPECT_TRUE(has(meanwhile.output, "running")) << meanwhile.output;
  const Finished second = isoscan_program("run " + config);
  EXPECT_EQ(second.status, 2) << second.output;
  EXPECT_TRUE(has(second.output, "under way")) << second.output;
  EXPECT_EQ(isoscan_program("cancel " + place(folder, folder / "work")).status, 0);
  runner.join();
  EXPECT_EQ(run.status, 130) << run.output;
  EXPECT_EQ(isoscan_program("status " + place(folder, folder / "work")).status, 130);

  const Finished again = isoscan_program("run " + config);
  EXPECT_EQ(again.status, 0) << again.output;
  EXPECT_TRUE(fs::is_regular_file(folder / "out/sub-new01/anat/sub-new01_desc-harmonized_T1w.nii.gz"));
  EXPECT_EQ(isoscan_program("verify " + place(folder, folder / "work")).status, 0);
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

}  // namespace
}  // namespace isoscan
