#include "deaths.hpp"

#include <algorithm>
#include <csignal>
#include <vector>

namespace isoscan::app {

namespace {

/// The array of a segment's first, second try; empty where Slurm has none.
std::string job_of_try(const Batch& batch, const std::string& segment, int attempt) {
  const auto jobs = batch.jobs.find(segment);
  const auto number = static_cast<std::size_t>(attempt);
  return jobs == batch.jobs.end() || number > jobs->second.size() ? "" : jobs->second[number - 1];
}

}  // namespace

std::string how_it_ended(const Death& death) {
  constexpr int kSignals = 128;
  if (!death.words.empty()) return death.words;
  if (death.status > kSignals) {
    const int signal = death.status - kSignals;
    return "was killed by signal " + std::to_string(signal) +
           (signal == SIGKILL ? " (probably for memory)" : "");
  }
  if (death.status > 0) return "ended without a word (status " + std::to_string(death.status) + ")";
  return "ended without a word (killed, or its node was lost)";
}

std::string death_words(const TaskReport& report) {
  std::string words;
  std::string before;
  for (const Death& death : report.deaths) {
    const std::string now = how_it_ended(death);
    words += words.empty() ? now : now == before ? ", and again" : ", then " + now;
    before = now;
    if (death.memory_mb > 0) words += " with " + std::to_string(death.memory_mb) + " MB";
  }
  return words;
}

std::string ending_of_try(const Batch& batch, const std::string& segment, std::size_t task, int attempt) {
  const std::string job = job_of_try(batch, segment, attempt);
  if (job.empty()) return {};
  const std::string index = std::to_string(task);
  const auto endings = slurm_endings({job + "_" + index});
  const auto found = endings.find({job, index});
  return found == endings.end() ? "" : found->second;
}

std::string Deaths::words(const pipeline::Segment& segment, std::size_t task, TaskReport report) {
  const bool seen = std::any_of(report.deaths.begin(), report.deaths.end(),
                                [&](const Death& death) { return death.attempt == report.attempt; });
  if (report.attempt > 0 && !seen)
    report.deaths.push_back({report.attempt, 0, task_memory_mb(batch_, segment, report.attempt),
                             ending(segment.name, task, report.attempt)});
  return death_words(report);
}

std::string Deaths::ending(const std::string& segment, std::size_t task, int attempt) {
  const std::string job = job_of_try(batch_, segment, attempt);
  if (job.empty()) return {};
  if (!endings_) {
    std::vector<std::string> all;
    for (const auto& [name, ids] : batch_.jobs) all.insert(all.end(), ids.begin(), ids.end());
    endings_ = slurm_endings(all);
  }
  const auto found = endings_->find({job, std::to_string(task)});
  return found == endings_->end() ? "" : found->second;
}

}  // namespace isoscan::app
