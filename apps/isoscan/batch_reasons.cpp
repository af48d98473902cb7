#include "batch_reasons.hpp"

#include "isoscan/core/error.hpp"

#include "batch_progress.hpp"
#include "deaths.hpp"
#include "places.hpp"
#include "request.hpp"

namespace isoscan::app {

BatchReasons::BatchReasons(const Batch& batch) {
  Deaths deaths(batch);
  for (const auto& segment : batch.segments) {
    for (std::size_t task = 0; task < segment.tasks.size(); ++task) {
      const TaskReport report = load_task(batch, segment.name, task);
      const bool own_end = report.state == TaskState::Ended && report.exit_status != kStopped;
      const std::string died = own_end ? "" : deaths.words(segment, task, report);
      std::string of_all = died.empty() ? "" : "its task " + died + "; run again";
      for (const FailedStep& step : report.failed) {
        if (step.unit == kTheTask) {
          of_all = step.public_message;
        } else if (!step.message.starts_with(kNotReached)) {
          words_[{step.stage, step.unit}] = step.public_message;
        }
      }
      if (of_all.empty()) continue;
      for (const std::string& stage : segment.stages) {
        for (const std::string& unit : segment.tasks[task]) words_.insert({{stage, unit}, of_all});
      }
    }
  }
}

std::optional<std::string> BatchReasons::of(const std::string& stage, const std::string& unit) const {
  const auto found = words_.find({stage, unit});
  if (found == words_.end()) return std::nullopt;
  return found->second;
}

std::optional<BatchReasons> last_reasons(const boost::filesystem::path& work,
                                         const boost::filesystem::path& out) {
  const auto batches = batches_of(work);
  for (auto folder = batches.rbegin(); folder != batches.rend(); ++folder) {
    try {
      if (place_of(load_request(*folder).out) != place_of(out)) continue;
      const Batch batch = load_batch(*folder);
      if (under_way(batch)) return std::nullopt;  // nothing is lost yet
      return BatchReasons(batch);
    } catch (const core::Error&) {
      // Of another version.
    }
  }
  return std::nullopt;
}

}  // namespace isoscan::app
