#include "slurm_queue.hpp"

#include <algorithm>
#include <sstream>

#include <boost/algorithm/string/join.hpp>
#include <boost/algorithm/string/split.hpp>
#include <boost/algorithm/string/trim.hpp>
#include <boost/filesystem.hpp>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/partials.hpp"

namespace isoscan::app {

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
  const pipeline::Spoken spoken = slurm({"squeue", "--noheader", "--array", "--me", "--format=%F %K %t"});
  if (spoken.status != 0) return std::nullopt;
  std::map<QueuedTask, std::string> queue;
  std::istringstream lines(spoken.output);
  std::string job;
  std::string index;
  std::string state;
  while (lines >> job >> index >> state) queue[{job, index == "N/A" ? "" : index}] = state;
  return queue;
}

namespace {

/// Of a state as squeue and sacct name it, and sacct's "EXIT:SIGNAL"; empty for an end of the task's own.
std::string ending_words(const std::string& state, const std::string& code) {
  if (state.starts_with("OUT_OF_MEMORY")) return "was killed for memory";
  if (state.starts_with("TIMEOUT") || state.starts_with("DEADLINE")) return "ran into its time limit";
  if (state.starts_with("NODE_FAIL") || state.starts_with("BOOT_FAIL")) return "was lost with its node";
  if (state.starts_with("CANCELLED")) return "was cancelled in Slurm";
  if (state.starts_with("PREEMPTED")) return "had to make room for another job (preempted)";
  const auto colon = code.find(':');
  const std::string signal = colon == std::string::npos ? "0" : code.substr(colon + 1);
  if (!state.starts_with("FAILED") || signal == "0") return {};
  return "was killed by signal " + signal + (signal == "9" ? " (probably for memory)" : "");
}

/// What a command that need not be there prints; empty where it is not, or fails.
std::string answer(const std::vector<std::string>& words) {
  const pipeline::Spoken spoken = pipeline::run_program(words);
  return spoken.status == 0 ? spoken.output : "";
}

}  // namespace

std::map<QueuedTask, std::string> slurm_endings(const std::vector<std::string>& jobs) {
  std::map<QueuedTask, std::string> endings;
  if (jobs.empty()) return endings;
  const std::string ids = boost::join(jobs, ",");
  const auto add = [&](const std::string& job, const std::string& index, const std::string& words) {
    if (!words.empty()) endings[{job, index}] = words;
  };
  std::istringstream queue(
      answer({"squeue", "--noheader", "--array", "--states=all", "--jobs=" + ids, "--format=%F %K %T"}));
  for (std::string job, index, state; queue >> job >> index >> state;)
    add(job, index == "N/A" ? "" : index, ending_words(state, ""));
  std::istringstream accounts(answer({"sacct", "--noheader", "--parsable2", "--allocations", "--array",
                                      "--jobs=" + ids, "--format=JobID,State,ExitCode"}));
  for (std::string line; std::getline(accounts, line);) {
    std::vector<std::string> fields;
    boost::split(fields, line, [](char c) { return c == '|'; });
    if (fields.size() != 3) continue;
    const auto mark = fields[0].find('_');
    add(fields[0].substr(0, mark), mark == std::string::npos ? "" : fields[0].substr(mark + 1),
        ending_words(fields[1], fields[2]));
  }
  return endings;
}

bool exclude_node(const Batch& batch, const std::string& node) {
  // Several may refuse at the same time: each writes itself down first, and names all that it finds.
  const boost::filesystem::path refused = batch.folder / "refused";
  core::write_file(refused / core::sha256(node).substr(0, 16), node);
  std::string all;
  for (const auto& entry : boost::filesystem::directory_iterator(refused)) {
    if (!core::is_partial(entry.path())) all += (all.empty() ? "" : ",") + core::read_file(entry.path());
  }
  bool taken = false;
  for (const auto& [segment, ids] : batch.jobs) {
    for (const std::string& id : ids) {
      const pipeline::Spoken asked =
          pipeline::run_program({"squeue", "--noheader", "--jobs=" + id, "--format=%x"});
      if (asked.status != 0) continue;  // those that its user excluded are not known
      std::string nodes = boost::trim_copy(asked.output.substr(0, asked.output.find('\n')));
      if (nodes == "N/A" || nodes == "(null)") nodes.clear();
      nodes += (nodes.empty() ? "" : ",") + all;
      taken =
          pipeline::run_program({"scontrol", "update", "JobId=" + id, "ExcNodeList=" + nodes}).status == 0 ||
          taken;
    }
  }
  return taken;
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
