#include "isoscan/engine/run_log.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "system.hpp"

namespace isoscan::pipeline {

RunLog::RunLog(const boost::filesystem::path& file) : file_(file.string()) {
  if (file.has_parent_path()) make_folders(file.parent_path());
  descriptor_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw file_error(file, "cannot be opened for writing", errno);
}

RunLog::~RunLog() {
  ::close(descriptor_);
}

void RunLog::write(const std::string& event, config::Json::Object members) {
  members["event"] = event;
  members["time"] = utc_now();
  const std::string line = config::Json(std::move(members)).dump() + "\n";
  const std::lock_guard lock(mutex_);
  write_all(descriptor_, line, file_);
}

std::string utc_now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  std::tm parts{};
  ::gmtime_r(&now.tv_sec, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ", static_cast<int>(now.tv_nsec / 1'000'000));
  return std::string(text.data()) + fraction.data();
}

}  // namespace isoscan::pipeline
