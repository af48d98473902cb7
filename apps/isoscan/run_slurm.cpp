#include <algorithm>
#include <cmath>
#include <sstream>

#include <boost/algorithm/string/trim.hpp>
#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/engine/process.hpp"

#include "executors.hpp"
#include "task.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;

namespace {

/// As a shell takes it for one word.
std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

pipeline::Spoken slurm(const std::vector<std::string>& words) {
  pipeline::Spoken spoken = pipeline::run_program(words);
  if (spoken.status == 127) {
    throw core::Error(core::ErrorKind::Config,
                      words.front() +
                          ": there is no such program here; the executor slurm needs "
                          "Slurm's commands (on Debian: slurm-client)");
  }
  return spoken;
}

class Submission {
 public:
  Submission(Batch& batch, const Job& job) : batch_(batch), job_(job) {}

  void all() {
    std::string last;
    for (const auto& segment : batch_.segments) {
      for (const int attempt : {1, 2}) last = array(segment, attempt, last);
    }
    collect(last);
  }

 private:
  std::string array(const pipeline::Segment& segment, int attempt, const std::string& after) {
    const std::string name = segment.name + (attempt > 1 ? "-again" : "");
    std::vector<std::string> words = common(name, after);
    words.push_back("--array=0-" + std::to_string(segment.tasks.size() - 1) +
                    (job_.at_once > 0 ? "%" + std::to_string(job_.at_once) : ""));
    words.push_back("--mem=" + std::to_string(task_memory_mb(batch_, segment, attempt)) + "M");
    words.push_back("--cpus-per-task=" + std::to_string(segment.cores));
    words.push_back("--time=" + std::to_string(minutes(segment.limit_seconds * attempt)));
    words.push_back(
        "--output=" +
        (batch_.folder / "log" / (segment.name + ".%a." + std::to_string(attempt) + ".txt")).string());
    return submit(segment.name, name, words,
                  task_words(batch_, segment.name, "\"$SLURM_ARRAY_TASK_ID\"", attempt));
  }

  void collect(const std::string& after) {
    constexpr const char* kMemoryMb = "2000";
    std::size_t steps = 0;
    for (const auto& segment : batch_.segments) {
      for (const auto& task : segment.tasks) steps += task.size() * segment.stages.size();
    }
    std::vector<std::string> words = common(kCollect, after);
    words.push_back(std::string("--mem=") + kMemoryMb + "M");
    words.push_back("--time=" + std::to_string(minutes(1800.0 + static_cast<double>(steps))));
    words.push_back("--output=" + (batch_.folder / "log" / "collect.txt").string());
    (void)submit(kCollect, kCollect, words, task_words(batch_, kCollect, "0", 1));
  }

  static long minutes(double seconds) { return std::max(1L, std::lround(std::ceil(seconds / 60.0))); }

  [[nodiscard]] std::vector<std::string> common(const std::string& name, const std::string& after) const {
    // A node that dies takes no work with it: Slurm starts the task again elsewhere (--requeue).
    std::vector<std::string> words{"sbatch",
                                   "--parsable",
                                   "--requeue",
                                   "--open-mode=append",
                                   "--job-name=isoscan-" + name,
                                   "--chdir=" + batch_.folder.string()};
    if (!after.empty()) words.push_back("--dependency=afterany:" + after);
    words.insert(words.end(), job_.sbatch.begin(), job_.sbatch.end());
    return words;
  }

  std::string submit(const std::string& segment, const std::string& name, std::vector<std::string> words,
                     const std::vector<std::string>& task) {
    std::string script = "#!/bin/sh\nexec";
    for (const std::string& word : task) script += " " + (word[0] == '"' ? word : quoted(word));
    const fs::path file = batch_.folder / "log" / (name + ".sh");
    core::write_file(file, script + "\n");
    words.push_back(file.string());
    const pipeline::Spoken spoken = slurm(words);
    std::string id = boost::trim_copy(spoken.output.substr(0, spoken.output.find(';')));  // "12;cluster"
    if (spoken.status != 0 || id.empty())
      throw core::Error(core::ErrorKind::Config,
                        "sbatch refused " + name + ": " + boost::trim_copy(spoken.error));
    batch_.jobs[segment].push_back(id);
    save(batch_);  // so that `isoscan cancel` finds it whatever comes next
    return id;
  }

  Batch& batch_;
  const Job& job_;
};

}  // namespace

void submit_to_slurm(Batch& batch, const Job& job) {
  try {
    Submission(batch, job).all();
  } catch (const core::Error&) {
    if (!batch.jobs.empty()) cancel_in_slurm(batch);
    throw;
  }
}

std::size_t largest_array() {
  const pipeline::Spoken spoken = slurm({"scontrol", "show", "config"});
  if (spoken.status != 0) {
    throw core::Error(core::ErrorKind::Config,
                      "Slurm does not answer (scontrol: " + boost::trim_copy(spoken.error) + ")");
  }
  std::istringstream lines(spoken.output);
  std::string line;
  while (std::getline(lines, line)) {
    if (line.rfind("MaxArraySize", 0) == 0)
      return std::max(1UL, std::stoul(line.substr(line.find('=') + 1)) - 1);
  }
  return 1000;
}

std::optional<std::map<QueuedTask, std::string>> slurm_queue() {
  const pipeline::Spoken spoken = slurm({"squeue", "--noheader", "--array", "--format=%F %K %t"});
  if (spoken.status != 0) return std::nullopt;
  std::map<QueuedTask, std::string> queue;
  std::istringstream lines(spoken.output);
  std::string job;
  std::string index;
  std::string state;
  while (lines >> job >> index >> state) queue[{job, index == "N/A" ? "" : index}] = state;
  return queue;
}

void cancel_in_slurm(const Batch& batch) {
  std::vector<std::string> words{"scancel", "--quiet"};
  for (const auto& [segment, ids] : batch.jobs) words.insert(words.end(), ids.begin(), ids.end());
  if (words.size() == 2) return;
  const pipeline::Spoken spoken = slurm(words);
  if (spoken.status != 0)
    throw core::Error(core::ErrorKind::Io, "scancel failed: " + boost::trim_copy(spoken.error));
}

}  // namespace isoscan::app
