#include "task_graph.hpp"

#include <algorithm>
#include <cmath>

#include <boost/algorithm/string/replace.hpp>
#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"

#include "task.hpp"

namespace isoscan::app {

namespace {

std::string quoted(const std::string& word) {
  return "'" + boost::replace_all_copy(word, "'", "'\\''") + "'";
}

using Escape = std::string (*)(std::string);

/// The shell command of a task, escaped as the engine wants it.
/// @param index, attempt  as the engine names them; they stay
std::string command(const Batch& batch, const std::string& segment, const std::string& index,
                    const std::string& attempt, Escape escape) {
  const std::string index_mark(1, '\0');  // no path has these
  const std::string attempt_mark(1, '\1');
  std::string text;
  for (const std::string& word : task_words(batch, segment, index_mark, attempt_mark)) {
    text += text.empty() ? "" : " ";
    text += word == index_mark ? index : word == attempt_mark ? attempt : escape(quoted(word));
  }
  return text;
}

/// A task that was killed or ran out of memory (5) is tried once more with more of it, as `isoscan run` does;
/// where its end stands the second try returns at once. Whatever became of it the others go on: the end says
/// scan by scan what is missing. Only a stop (130) stops.
std::string both_tries(const Batch& batch, const std::string& segment, const std::string& index,
                       Escape escape, const std::string& status) {
  return command(batch, segment, index, "1", escape) + " || " + command(batch, segment, index, "2", escape) +
         " || test " + status + " -ne 130";
}

/// The same where the engine tries again, with more memory asked for.
std::string one_try(const Batch& batch, const std::string& segment, const std::string& index,
                    const std::string& attempt, Escape escape, const std::string& status) {
  return command(batch, segment, index, attempt, escape) + " || test " + status + " -ne 130 -a " + attempt +
         " -ge 2";
}

std::string marks_of(const Batch& batch) {
  return "isoscan-" + batch.folder.filename().string();
}

/// "2-fit-site" as a name in a program.
std::string identifier(const std::string& segment) {
  std::string name = "segment_" + segment;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

long minutes(const pipeline::Segment& segment) {
  return std::max(1L, std::lround(std::ceil(segment.limit_seconds / 60.0)));
}

std::string make_file(const Batch& batch) {
  const std::string marks = marks_of(batch);
  const Escape shell = [](std::string text) { return boost::replace_all_copy(std::move(text), "$", "$$"); };
  std::string text =
      "# isoscan plan --format make: make -f THIS -j TASKS_AT_ONCE\n.PHONY: all\nall: " + marks +
      "/collect\n";
  std::string before;
  for (const auto& segment : batch.segments) {
    const std::string mark = marks + "/" + segment.name;
    std::string tasks;
    for (std::size_t n = 0; n < segment.tasks.size(); ++n) {
      const std::string own = mark + "." + std::to_string(n);
      tasks += " " + own;
      text += own + ":" + before + "\n\t@mkdir -p " + marks + "\n\t" +
              both_tries(batch, segment.name, std::to_string(n), shell, "$$?") + "\n\t@touch $@\n";
    }
    text += mark + ":" + tasks + "\n\t@touch $@\n";
    before = " " + mark;
  }
  return text + marks + "/collect:" + before + "\n\t@mkdir -p " + marks + "\n\t" +
         command(batch, kCollect, "0", "1", shell) + "\n\t@touch $@\n";
}

std::string snakefile(const Batch& batch) {
  const std::string marks = marks_of(batch);
  const Escape shell = [](std::string words) {
    boost::replace_all(words, "{", "{{");
    boost::replace_all(words, "}", "}}");
    boost::replace_all(words, "\\", "\\\\");
    return boost::replace_all_copy(std::move(words), "\"", "\\\"");
  };
  std::string text =
      "# isoscan plan --format snakemake: snakemake --snakefile THIS --cores N\n"
      "rule all:\n    input: \"" +
      marks + "/collect\"\n";
  std::string before;
  for (const auto& segment : batch.segments) {
    const std::string mark = marks + "/" + segment.name;
    const std::string words =
        one_try(batch, segment.name, "{wildcards.task}", "{resources.try_number}", shell, "$?");
    text += "\nrule " + identifier(segment.name) + ":\n" + before + "    output: touch(\"" + mark +
            ".{task}\")\n" +
            "    wildcard_constraints: task=\"[0-9]+\"\n    threads: " + std::to_string(segment.cores) +
            "\n    retries: 1\n    resources:\n        mem_mb=lambda wildcards, attempt: [" +
            std::to_string(task_memory_mb(batch, segment, 1)) + ", " +
            std::to_string(task_memory_mb(batch, segment, 2)) +
            "][attempt - 1],\n        try_number=lambda wildcards, attempt: attempt,\n        runtime=" +
            std::to_string(minutes(segment)) + "\n    shell: \"" + words + "\"\n\nrule " +
            identifier(segment.name) + "_all:\n    input: expand(\"" + mark + ".{task}\", task=range(" +
            std::to_string(segment.tasks.size()) + "))\n    output: touch(\"" + mark + "\")\n";
    before = "    input: \"" + mark + "\"\n";
  }
  return text + "\nrule collect:\n" + before + "    output: touch(\"" + marks + "/collect\")\n    shell: \"" +
         command(batch, kCollect, "0", "1", shell) + "\"\n";
}

std::string nextflow(const Batch& batch) {
  const Escape shell = [](std::string words) {
    boost::replace_all(words, "\\", "\\\\");
    return boost::replace_all_copy(std::move(words), "$", "\\$");
  };
  std::string text = "// isoscan plan --format nextflow: nextflow run THIS\nnextflow.enable.dsl = 2\n";
  std::string flow = "\nworkflow {\n    ready = Channel.value('start')\n";
  for (const auto& segment : batch.segments) {
    const std::string name = identifier(segment.name);
    const std::string words = one_try(batch, segment.name, "${task_index}", "${task.attempt}", shell, "\\$?");
    text += "\nprocess " + name + " {\n    cpus " + std::to_string(segment.cores) +
            "\n    errorStrategy 'retry'\n    maxRetries 1\n    memory { (task.attempt == 1 ? " +
            std::to_string(task_memory_mb(batch, segment, 1)) + " : " +
            std::to_string(task_memory_mb(batch, segment, 2)) + ") * 1.MB }\n    time '" +
            std::to_string(minutes(segment)) +
            "m'\n    input:\n    val ready\n    val task_index\n    output:\n    val true\n    script:\n    "
            "\"\"\"\n    " +
            words + "\n    \"\"\"\n}\n";
    flow += "    ready = " + name + "(ready, Channel.of(0.." + std::to_string(segment.tasks.size() - 1) +
            ")).collect()\n";
  }
  text += "\nprocess collect_all {\n    input:\n    val ready\n    script:\n    \"\"\"\n    " +
          command(batch, kCollect, "0", "1", shell) + "\n    \"\"\"\n}\n";
  return text + flow + "    collect_all(ready)\n}\n";
}

}  // namespace

GraphFormat graph_format(const std::string& name) {
  if (name == "snakemake") return GraphFormat::Snakemake;
  if (name == "nextflow") return GraphFormat::Nextflow;
  if (name == "make") return GraphFormat::Make;
  throw core::Error(core::ErrorKind::Config,
                    "--format " + name + ": is not known; there are snakemake, nextflow and make");
}

std::string task_graph(const Batch& batch, GraphFormat format) {
  if (format == GraphFormat::Make) return make_file(batch);
  return format == GraphFormat::Snakemake ? snakefile(batch) : nextflow(batch);
}

}  // namespace isoscan::app
