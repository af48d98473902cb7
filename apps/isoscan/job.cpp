#include "job.hpp"

#include <algorithm>
#include <cmath>
#include <thread>

#include <boost/filesystem.hpp>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"

#include "key_value.hpp"
#include "processor_kernels.hpp"
#include "scan_flags.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;
using config::Json;
using config::Schema;

namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw core::Error(core::ErrorKind::Config, what);
}

fs::path place(const Json& json, const char* key, const fs::path& folder) {
  const std::string& text = json.at(key).as_string();
  return text.empty() ? fs::path() : fs::absolute(text, folder).lexically_normal();
}

}  // namespace

std::int64_t free_memory_mb() {
  const std::string text = core::read_file("/proc/meminfo");
  const auto at = text.find("MemAvailable:");
  if (at == std::string::npos) return 0;
  return std::strtoll(text.c_str() + at + 13, nullptr, 10) / 1024;
}

Json job_json(const fs::path& file, const std::vector<std::string>& changes) {
  Json json = config::read_json(file);
  if (!json.is_object()) refuse(file.string() + ": a JSON object is needed");
  for (const std::string& text : changes) set_value(json, text);
  const std::string name = file.string() + (changes.empty() ? "" : " with --set");
  config::validate(json, Schema::Job, name);
  json = config::with_defaults(json, Schema::Job);
  config::validate(json.at("options"), Schema::Run, name + ", options");
  return json;
}

Job job_of(const fs::path& file, const std::vector<std::string>& changes) {
  const Json json = job_json(file, changes);
  const fs::path folder = fs::absolute(file).parent_path();
  Job job;
  Request& request = job.request;
  request.command = json.at("command").as_string();
  request.scans = place(json, "scans", folder);
  request.reference = place(json, "reference", folder);
  request.site = place(json, "site", folder);
  request.out = place(json, "out", folder);
  request.dicom_out = place(json, "dicom_out", folder);
  request.sign_key = place(json, "sign_key", folder);
  request.config = fs::absolute(file);
  request.only = scan_filter_of(json.at("only"));
  const bool apply = request.command == "apply";
  if (apply && request.site.empty()) refuse(file.string() + ": the command apply needs \"site\"");
  if (!apply && (request.reference.empty() || !request.site.empty()))
    refuse(file.string() + ": the command harmonize needs \"reference\", and no \"site\"");
  Json options = json.at("options");
  for (const auto& [key, instead] : {std::pair{"cores", "batch.processes and batch.task_cores"},
                                     std::pair{"memory_mb", "batch.memory_mb and batch.task_memory_mb"}}) {
    if (const Json* value = options.find(key); value != nullptr && value->as_integer() != 0)
      refuse(file.string() + ": options." + key + " is of a single process; a batch has " + instead);
  }
  const Json* asked_spacing = options.find("reference_spacing_mm");
  const bool spacing = asked_spacing != nullptr && asked_spacing->as_number() != 0.0;
  if (!options.contains("method") && !apply) options["method"] = usual_method(request.reference);
  if (!apply && falls_to_zero_shot(options, request.reference)) options["restore"]["rung"] = "zero-shot";
  if (const Json* key = options.find("pseudonym_key"); key != nullptr && !key->as_string().empty())
    options["pseudonym_key"] = fs::absolute(key->as_string(), folder).lexically_normal().string();
  request.settings = config::with_defaults(options, Schema::Run);
  job.work = place(json, "work", folder);
  check_places(request, spacing, job.work.string());
  if (job.work.empty()) job.work = work_folder("", request.out, true);

  const Json& batch = json.at("batch");
  job.executor = batch.at("executor").as_string();
  job.processes = static_cast<int>(batch.at("processes").as_integer());
  if (job.processes == 0) job.processes = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  job.memory_mb = batch.at("memory_mb").as_integer();
  job.at_once = static_cast<int>(batch.at("at_once").as_integer());
  job.retry_memory_factor = batch.at("retry_memory_factor").as_number();
  for (const Json& word : batch.at("sbatch").items()) job.sbatch.push_back(word.as_string());
  for (const Json& word : batch.at("launcher").items()) job.launcher.push_back(word.as_string());
  job.kernels = batch.at("kernels").as_string();
  request.kernels = asked_kernels().empty() ? job.kernels : asked_kernels();
  job.packing.task_seconds = 60.0 * batch.at("task_minutes").as_number();
  job.packing.max_tasks = static_cast<std::size_t>(batch.at("max_tasks").as_integer());
  job.packing.task_memory_mb = batch.at("task_memory_mb").as_integer();
  job.packing.task_cores = static_cast<int>(batch.at("task_cores").as_integer());
  job.packing.workers =
      static_cast<std::size_t>(job.executor == "local" ? job.processes : std::max(1, job.at_once));
  return job;
}

}  // namespace isoscan::app
