#include "batch_file.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <fstream>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/maker.hpp"
#include "isoscan/engine/run_log.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;
using config::Json;

namespace {

fs::path task_file(const Batch& batch, const std::string& segment, std::size_t task) {
  return batch.folder / "tasks" / (segment + "." + std::to_string(task) + ".json");
}

std::vector<std::string> strings(const Json& json) {
  std::vector<std::string> texts;
  for (const Json& text : json.items()) texts.push_back(text.as_string());
  return texts;
}

Json to_json(const pipeline::Segment& segment) {
  Json tasks{Json::Array{}};
  for (const auto& task : segment.tasks) tasks.push_back(Json::array(task));
  return Json::Object{{"name", segment.name},
                      {"chain", segment.chain},
                      {"stages", Json::array(segment.stages)},
                      {"tasks", tasks},
                      {"memory_mb", segment.memory_mb},
                      {"guessed_memory_mb", segment.guessed_memory_mb},
                      {"seconds", segment.seconds},
                      {"limit_seconds", segment.limit_seconds},
                      {"cores", segment.cores},
                      {"measured", segment.measured}};
}

pipeline::Segment segment_from(const Json& json) {
  pipeline::Segment segment;
  segment.name = json.at("name").as_string();
  segment.chain = json.at("chain").as_string();
  segment.stages = strings(json.at("stages"));
  for (const Json& task : json.at("tasks").items()) segment.tasks.push_back(strings(task));
  segment.memory_mb = json.at("memory_mb").as_integer();
  segment.guessed_memory_mb = json.at("guessed_memory_mb").as_integer();
  segment.seconds = json.at("seconds").as_number();
  segment.limit_seconds = json.at("limit_seconds").as_number();
  segment.cores = static_cast<int>(json.at("cores").as_integer());
  segment.measured = static_cast<std::size_t>(json.at("measured").as_integer());
  return segment;
}

void write(const fs::path& file, const Json& json) {
  core::write_file(file, json.dump() + "\n");
}

/// Those that have a plan, by name, which is by time.
std::vector<fs::path> planned(const fs::path& folder) {
  std::vector<fs::path> found;
  boost::system::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    boost::system::error_code ignored;
    if (fs::is_regular_file(at->path() / "plan.json", ignored)) found.push_back(at->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

fs::path new_batch_folder(const fs::path& work, const std::string& kind) {
  std::string name = pipeline::utc_now();  // 2026-01-31T09:30:00.123Z
  name.erase(
      std::remove_if(name.begin(), name.end(), [](char c) { return c == '-' || c == ':' || c == '.'; }),
      name.end());
  // A clock that was set back must not make this batch look older than the last.
  const std::vector<fs::path> before = planned(work / kind);
  if (!before.empty() && before.back().filename().string() >= name)
    name = before.back().filename().string() + "+";
  fs::path folder = fs::absolute(work) / kind / name;
  boost::system::error_code error;
  fs::create_directories(folder.parent_path(), error);
  if (!fs::create_directory(folder, error) || error)
    throw core::Error(core::ErrorKind::Io, folder.string() + ": the folder of the batch cannot be made");
  fs::create_directories(folder / "log", error);
  return folder;
}

void save(const Batch& batch) {
  Json segments{Json::Array{}};
  for (const auto& segment : batch.segments) segments.push_back(to_json(segment));
  Json jobs{Json::Object{}};
  for (const auto& [segment, ids] : batch.jobs) jobs[segment] = Json::array(ids);
  write(batch.folder / "plan.json", Json::Object{{"work", batch.work.string()},
                                                 {"executor", batch.executor},
                                                 {"segments", segments},
                                                 {"retry_memory_factor", batch.retry_memory_factor},
                                                 {"most_memory_mb", batch.most_memory_mb},
                                                 {"kernels", batch.kernels},
                                                 {"launcher", Json::array(batch.launcher)},
                                                 {"jobs", jobs},
                                                 {"host", batch.host},
                                                 {"pid", batch.pid},
                                                 {"start", batch.start}});
}

Batch load_batch(const fs::path& folder) {
  const Json json = config::read_json(folder / "plan.json");
  Batch batch;
  batch.folder = folder;
  batch.work = json.at("work").as_string();
  batch.executor = json.at("executor").as_string();
  for (const Json& segment : json.at("segments").items()) batch.segments.push_back(segment_from(segment));
  batch.retry_memory_factor = json.at("retry_memory_factor").as_number();
  // Plans of earlier versions lack these.
  if (const Json* most = json.find("most_memory_mb")) batch.most_memory_mb = most->as_integer();
  if (const Json* kernels = json.find("kernels")) batch.kernels = kernels->as_string();
  if (const Json* launcher = json.find("launcher")) batch.launcher = strings(*launcher);
  for (const auto& [segment, ids] : json.at("jobs").members()) batch.jobs[segment] = strings(ids);
  batch.host = json.at("host").as_string();
  batch.pid = static_cast<int>(json.at("pid").as_integer());
  batch.start = static_cast<std::uint64_t>(json.at("start").as_integer());
  return batch;
}

std::vector<fs::path> batches_of(const fs::path& work) {
  return planned(work / kBatches);
}

std::optional<fs::path> last_batch(const fs::path& work) {
  std::vector<fs::path> all = batches_of(work);
  if (all.empty()) return std::nullopt;
  return std::move(all.back());
}

void save(const Batch& batch, const std::string& segment, std::size_t task, const TaskReport& report) {
  Json failed{Json::Array{}};
  for (const FailedStep& step : report.failed)
    failed.push_back(Json::Object{{"stage", step.stage},
                                  {"unit", step.unit},
                                  {"message", step.message},
                                  {"public_message", step.public_message}});
  Json deaths{Json::Array{}};
  for (const Death& death : report.deaths)
    deaths.push_back(Json::Object{{"attempt", death.attempt},
                                  {"status", death.status},
                                  {"memory_mb", death.memory_mb},
                                  {"words", death.words}});
  write(task_file(batch, segment, task), Json::Object{{"ended", report.state == TaskState::Ended},
                                                      {"attempt", report.attempt},
                                                      {"exit_status", report.exit_status},
                                                      {"out_of_resources", report.out_of_resources},
                                                      {"file_trouble", report.file_trouble},
                                                      {"failed", failed},
                                                      {"deaths", deaths},
                                                      {"host", report.host},
                                                      {"pid", report.pid},
                                                      {"start", report.start}});
}

TaskReport load_task(const Batch& batch, const std::string& segment, std::size_t task) {
  TaskReport report;
  const fs::path file = task_file(batch, segment, task);
  boost::system::error_code error;
  if (!fs::is_regular_file(file, error)) return report;
  const Json json = config::read_json(file);
  report.state = json.at("ended").as_bool() ? TaskState::Ended : TaskState::Running;
  report.attempt = static_cast<int>(json.at("attempt").as_integer());
  report.exit_status = static_cast<int>(json.at("exit_status").as_integer());
  report.out_of_resources = json.at("out_of_resources").as_bool();
  // Reports of earlier versions lack public messages, deaths and their words, and whether files were the
  // trouble.
  if (const Json* trouble = json.find("file_trouble")) report.file_trouble = trouble->as_bool();
  for (const Json& step : json.at("failed").items()) {
    const Json* words = step.find("public_message");
    report.failed.push_back({step.at("stage").as_string(), step.at("unit").as_string(),
                             step.at("message").as_string(),
                             words == nullptr ? std::string("its task failed") : words->as_string()});
  }
  const Json* deaths = json.find("deaths");
  for (const Json& death : deaths == nullptr ? Json::Array{} : deaths->items()) {
    const Json* words = death.find("words");
    report.deaths.push_back({static_cast<int>(death.at("attempt").as_integer()),
                             static_cast<int>(death.at("status").as_integer()),
                             death.at("memory_mb").as_integer(), words == nullptr ? "" : words->as_string()});
  }
  report.host = json.at("host").as_string();
  report.pid = static_cast<int>(json.at("pid").as_integer());
  report.start = static_cast<std::uint64_t>(json.at("start").as_integer());
  if (report.state == TaskState::Running && lives(report.host, report.pid, report.start) == false)
    report.state = TaskState::Lost;
  return report;
}

void save_death(const Batch& batch, const std::string& segment, std::size_t task, const Death& death) {
  TaskReport report = load_task(batch, segment, task);
  // It may have died before it wrote a report of its own.
  report.attempt = std::max(report.attempt, death.attempt);
  report.deaths.push_back(death);
  save(batch, segment, task, report);
}

bool is_final(const TaskReport& report) {
  const bool hiccup = report.file_trouble && report.attempt < 2;
  return report.state == TaskState::Ended && !report.out_of_resources && !hiccup &&
         report.exit_status != kStopped;
}

std::int64_t task_memory_mb(const Batch& batch, const pipeline::Segment& segment, int attempt) {
  const auto within = [&](std::int64_t memory_mb) {
    return batch.most_memory_mb > 0 ? std::min(memory_mb, batch.most_memory_mb) : memory_mb;
  };
  if (attempt == 1) return within(segment.memory_mb);
  const double more = std::ceil(static_cast<double>(segment.memory_mb) * batch.retry_memory_factor);
  // What was measured may have been of smaller scans.
  return within(std::max(static_cast<std::int64_t>(more), segment.guessed_memory_mb));
}

fs::path task_log(const Batch& batch, const std::string& segment, std::size_t task, int attempt,
                  const std::string& extension) {
  return batch.folder / "log" /
         (segment + "." + std::to_string(task) + "." + std::to_string(attempt) + "." + extension);
}

void save_end(const Batch& batch, const BatchEnd& end) {
  write(batch.folder / "end.json", Json::Object{{"exit_status", end.exit_status}, {"text", end.text}});
}

std::optional<BatchEnd> load_end(const Batch& batch) {
  boost::system::error_code error;
  if (!fs::is_regular_file(batch.folder / "end.json", error)) return std::nullopt;
  const Json json = config::read_json(batch.folder / "end.json");
  return BatchEnd{static_cast<int>(json.at("exit_status").as_integer()), json.at("text").as_string()};
}

void set_cancelled(const Batch& batch) {
  core::write_file(batch.folder / "cancelled", "");
}

bool is_cancelled(const Batch& batch) {
  boost::system::error_code error;
  return fs::exists(batch.folder / "cancelled", error);
}

void beat(const Batch& batch) {
  std::ofstream((batch.folder / "alive").string()) << '\n';
}

bool beats(const Batch& batch) {
  constexpr std::time_t kSilence = 120;
  boost::system::error_code error;
  const std::time_t last = fs::last_write_time(batch.folder / "alive", error);
  return !error && std::time(nullptr) - last < kSilence;
}

std::optional<bool> lives(const std::string& host, int pid, std::uint64_t start) {
  if (start == 0) return false;
  const auto gone = core::is_gone({host, pid, start});
  if (!gone) return std::nullopt;
  return !*gone;
}

}  // namespace isoscan::app
