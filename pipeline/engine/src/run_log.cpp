#include "isoscan/engine/run_log.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "isoscan/core/files.hpp"

#include "system.hpp"

namespace isoscan::pipeline {

RunLog::RunLog(const boost::filesystem::path& file) : file_(file.string()) {
  if (file.has_parent_path()) make_folders(file.parent_path());
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw file_error(file, "cannot be opened for writing", errno);
  struct stat status {};
  char last = '\n';
  if (::fstat(descriptor_, &status) == 0 && status.st_size > 0)
    cut_ = ::pread(descriptor_, &last, 1, status.st_size - 1) == 1 && last != '\n';
}

RunLog::~RunLog() {
  ::close(descriptor_);
}

void RunLog::write(const std::string& event, config::Json::Object members) {
  members["event"] = event;
  members["time"] = utc_now();
  put(config::Json(std::move(members)).dump() + "\n");
}

void RunLog::append(const boost::filesystem::path& other) {
  std::istringstream in(core::read_file(other));
  std::string lines;
  for (std::string line; std::getline(in, line);) {
    try {
      (void)config::Json::parse(line, "line");
      lines += line + "\n";
    } catch (const core::Error&) {
    }
  }
  if (!lines.empty()) put(lines);
}

void RunLog::put(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  const std::string text = (cut_ ? "\n" : "") + std::string(lines);
  cut_ = true;
  write_all(descriptor_, text, file_);
  cut_ = false;
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
