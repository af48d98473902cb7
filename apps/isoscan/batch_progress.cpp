#include "batch_progress.hpp"

#include <algorithm>

#include <boost/filesystem.hpp>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"

#include "deaths.hpp"
#include "slurm_queue.hpp"

namespace isoscan::app {

using config::Json;

namespace {

struct Count {
  std::size_t done = 0;
  std::size_t running = 0;
  std::size_t waiting = 0;
  std::size_t lost = 0;
};

/// Who might still do a task: Slurm's queue, or the process that runs the batch.
class Workers {
 public:
  explicit Workers(const Batch& batch) : batch_(batch), slurm_(batch.executor == "slurm") {
    if (slurm_) {
      const auto queue = slurm_queue();
      answers_ = queue.has_value();
      if (queue) queue_ = *queue;
    } else {
      runner_lives_ = lives(batch.host, batch.pid, batch.start).value_or(beats(batch));
    }
  }

  [[nodiscard]] bool any() const {
    if (!slurm_) return runner_lives_;
    if (!answers_) return true;  // nobody knows; nothing must be started beside it
    return std::any_of(queue_.begin(), queue_.end(), [&](const auto& task) {
      return std::any_of(batch_.jobs.begin(), batch_.jobs.end(), [&](const auto& jobs) {
        return std::find(jobs.second.begin(), jobs.second.end(), task.first.first) != jobs.second.end();
      });
    });
  }

  /// "R" at work, "PD" to come, "" neither.
  [[nodiscard]] std::string state(const std::string& segment, std::size_t task) const {
    if (!slurm_) return runner_lives_ ? "PD" : "";
    if (!answers_) return "PD";
    std::string state;
    const auto jobs = batch_.jobs.find(segment);
    if (jobs == batch_.jobs.end()) return state;
    for (const std::string& id : jobs->second) {
      const auto found = queue_.find({id, std::to_string(task)});
      if (found == queue_.end()) continue;
      if (found->second == "R" || found->second == "CG") return "R";
      state = "PD";
    }
    return state;
  }

  [[nodiscard]] bool local() const { return !slurm_; }

 private:
  const Batch& batch_;
  bool slurm_;
  bool answers_ = true;
  bool runner_lives_ = true;
  std::map<QueuedTask, std::string> queue_;
};

/// What became of a task that is neither done nor, as far as anybody saw, well.
std::string trouble_of(Deaths& deaths, const pipeline::Segment& segment, std::size_t task,
                       const TaskReport& report, bool lost) {
  if (is_final(report) || report.attempt == 0) return {};
  return lost ? deaths.words(segment, task, report) : death_words(report);
}

/// Whether it is lost.
bool count(const TaskReport& report, const std::string& worker, bool local, Count& counts) {
  if (is_final(report)) {
    ++counts.done;
  } else if (worker == "R" || (local && report.state == TaskState::Running)) {
    ++counts.running;
  } else if (worker == "PD") {
    ++counts.waiting;
  } else {
    ++counts.lost;
    return true;
  }
  return false;
}

}  // namespace

Json progress_of(const Batch& batch) {
  const Workers workers(batch);
  Deaths deaths(batch);
  Json segments{Json::Array{}};
  for (const auto& segment : batch.segments) {
    Count counts;
    Json failed{Json::Array{}};
    Json died{Json::Array{}};
    for (std::size_t task = 0; task < segment.tasks.size(); ++task) {
      const TaskReport report = load_task(batch, segment.name, task);
      const bool lost = count(report, workers.state(segment.name, task), workers.local(), counts);
      if (const std::string words = trouble_of(deaths, segment, task, report, lost); !words.empty())
        died.push_back(Json::Object{{"task", task}, {"words", core::printable(words)}});
      for (const FailedStep& step : report.failed)
        failed.push_back(Json::Object{
            {"stage", step.stage}, {"unit", step.unit}, {"message", core::printable(step.message)}});
    }
    segments.push_back(Json::Object{{"name", segment.name},
                                    {"stages", Json::array(segment.stages)},
                                    {"tasks", segment.tasks.size()},
                                    {"done", counts.done},
                                    {"running", counts.running},
                                    {"waiting", counts.waiting},
                                    {"lost", counts.lost},
                                    {"deaths", died},
                                    {"failed_steps", failed}});
  }
  const auto end = load_end(batch);
  const char* state = end                   ? "done"
                      : is_cancelled(batch) ? "cancelled"
                      : workers.any()       ? "running"
                                            : "stopped";
  Json json(Json::Object{{"format", "isoscan-progress-1"},
                         {"batch", batch.folder.filename().string()},
                         {"executor", batch.executor},
                         {"state", state},
                         {"exit_status", end ? Json(end->exit_status) : Json()},
                         {"text", end ? end->text : std::string()},
                         {"segments", segments}});
  config::validate(json, config::Schema::Progress, "progress", core::ErrorKind::Internal);
  return json;
}

std::string progress_text(const Json& progress) {
  std::string text = "batch " + progress.at("batch").as_string() + " (" +
                     progress.at("executor").as_string() + "): " + progress.at("state").as_string() + "\n";
  for (const Json& segment : progress.at("segments").items()) {
    const auto number = [&](const char* key) { return segment.at(key).as_integer(); };
    text += "  " + segment.at("name").as_string() + ": " + std::to_string(number("done")) + " of " +
            std::to_string(number("tasks")) + " tasks done";
    for (const char* key : {"running", "waiting", "lost"}) {
      if (number(key) > 0) text += ", " + std::to_string(number(key)) + " " + key;
    }
    text += "\n";
  }
  constexpr std::size_t kShown = 20;
  std::size_t dead = 0;
  for (const Json& segment : progress.at("segments").items()) {
    for (const Json& death : segment.at("deaths").items()) {
      if (++dead > kShown) continue;
      text += "  " + segment.at("name").as_string() + ", task " +
              std::to_string(death.at("task").as_integer()) + ": " + death.at("words").as_string() + "\n";
    }
  }
  if (dead > kShown) text += "  and " + std::to_string(dead - kShown) + " more tasks (--json has all)\n";
  std::size_t shown = 0;
  for (const Json& segment : progress.at("segments").items()) {
    for (const Json& step : segment.at("failed_steps").items()) {
      if (step.at("message").as_string().rfind("not reached", 0) == 0 || ++shown > kShown) continue;
      text += "  " + step.at("unit").as_string() + ": " + step.at("stage").as_string() + ": " +
              step.at("message").as_string() + "\n";
    }
  }
  if (shown > kShown) text += "  and " + std::to_string(shown - kShown) + " more (--json has all)\n";
  const std::string& last = progress.at("text").as_string();
  if (!last.empty()) text += last + "\n";
  if (!progress.at("exit_status").is_null())
    text += "exit status " + std::to_string(progress.at("exit_status").as_integer()) + "\n";
  return text;
}

bool under_way(const Batch& batch) {
  return !load_end(batch) && !is_cancelled(batch) && Workers(batch).any();
}

void require_alone(const boost::filesystem::path& work) {
  for (const auto& folder : batches_of(work)) {
    if (!under_way(load_batch(folder))) continue;
    throw core::Error(core::ErrorKind::Config,
                      folder.string() +
                          ": a batch is under way there; wait for it (isoscan status), "
                          "or stop it (isoscan cancel)");
  }
}

std::unique_ptr<core::AppendFile> sole_batch(const boost::filesystem::path& work) {
  require_alone(work);
  boost::system::error_code error;
  boost::filesystem::create_directories(work / kBatches, error);
  auto alone = std::make_unique<core::AppendFile>(work / kBatches / "lock");
  require_alone(work);  // one that was handed to Slurm meanwhile
  return alone;
}

}  // namespace isoscan::app
