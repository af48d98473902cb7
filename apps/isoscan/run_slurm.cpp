#include <algorithm>
#include <cmath>
#include <iostream>

#include <boost/algorithm/string/replace.hpp>
#include <boost/algorithm/string/trim.hpp>
#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/engine/process.hpp"

#include "executors.hpp"
#include "slurm_queue.hpp"
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

class Submission {
 public:
  Submission(Batch& batch, const Job& job) : batch_(batch), job_(job) {}

  void all() {
    std::string last;
    for (const auto& segment : batch_.segments) {
      for (const int attempt : {1, 2}) last = array(segment, attempt, last);
    }
    for (const int attempt : {1, 2}) last = collect(attempt, last);
  }

 private:
  std::string array(const pipeline::Segment& segment, int attempt, const std::string& after) {
    const std::string name = segment.name + (attempt > 1 ? "-again" : "");
    const auto words = [&](std::int64_t memory_mb) {
      std::vector<std::string> all = common(name, after);
      all.push_back("--array=0-" + std::to_string(segment.tasks.size() - 1) +
                    (job_.at_once > 0 ? "%" + std::to_string(job_.at_once) : ""));
      all.push_back("--mem=" + std::to_string(memory_mb) + "M");
      all.push_back("--cpus-per-task=" + std::to_string(segment.cores));
      all.push_back("--time=" + std::to_string(minutes(segment.limit_seconds * attempt)));
      all.push_back("--output=" + log_file(segment.name + ".%a." + std::to_string(attempt) + ".txt"));
      return all;
    };
    const std::vector<std::string> task =
        task_words(batch_, segment.name, "\"$SLURM_ARRAY_TASK_ID\"", std::to_string(attempt));
    const std::int64_t first_mb = task_memory_mb(batch_, segment, 1);
    const std::int64_t memory_mb = task_memory_mb(batch_, segment, attempt);
    if (attempt == 1 || memory_mb <= first_mb) return submit(segment.name, name, words(memory_mb), task);
    try {
      return submit(segment.name, name, words(memory_mb), task);
    } catch (const core::Error& error) {
      // No node may have so much; the first try, which is all that most tasks need, must not fall with it.
      std::cerr << error.what() << "; the second try gets no more memory than the first (" << first_mb
                << " MB)\n";
      return submit(segment.name, name, words(first_mb), task);
    }
  }

  std::string collect(int attempt, const std::string& after) {
    constexpr std::int64_t kMemoryMb = 1500;
    constexpr double kMemoryMbAScan = 0.25;
    std::size_t steps = 0;
    std::size_t units = 0;
    for (const auto& segment : batch_.segments) {
      std::size_t here = 0;
      for (const auto& task : segment.tasks) here += task.size();
      steps += here * segment.stages.size();
      units = std::max(units, here);
    }
    const auto memory_mb =
        attempt * (kMemoryMb + static_cast<std::int64_t>(kMemoryMbAScan * static_cast<double>(units)));
    const std::string name = std::string(kCollect) + (attempt > 1 ? "-again" : "");
    std::vector<std::string> words = common(name, after);
    words.push_back("--mem=" + std::to_string(memory_mb) + "M");
    words.push_back("--time=" + std::to_string(minutes(1800.0 + static_cast<double>(steps))));
    words.push_back("--output=" + log_file(name + ".txt"));
    return submit(kCollect, name, words, task_words(batch_, kCollect, "0", std::to_string(attempt)));
  }

  /// Slurm reads % in the name of a log.
  [[nodiscard]] std::string log_file(const std::string& name) const {
    return boost::replace_all_copy((batch_.folder / "log").string(), "%", "%%") + "/" + name;
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
    return words;
  }

  std::string submit(const std::string& segment, const std::string& name, std::vector<std::string> words,
                     const std::vector<std::string>& task) {
    std::string script = "#!/bin/sh\nexec";
    for (const std::string& word : task) script += " " + (word[0] == '"' ? word : quoted(word));
    const fs::path file = batch_.folder / "log" / (name + ".sh");
    core::write_file(file, script + "\n");
    // What the user says comes last, and wins: a time limit, a partition's memory.
    words.insert(words.end(), job_.sbatch.begin(), job_.sbatch.end());
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
  } catch (const core::Error& error) {
    try {
      if (!batch.jobs.empty()) cancel_in_slurm(batch);
    } catch (const core::Error& second) {
      throw core::Error(error.kind(),
                        std::string(error.what()) +
                            "; and what was submitted before is still in the queue: " + second.what());
    }
    throw;
  }
}

}  // namespace isoscan::app
