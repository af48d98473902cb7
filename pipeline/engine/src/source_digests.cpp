#include "source_digests.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <sstream>

#include <boost/filesystem.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"

#include "system.hpp"

namespace isoscan::pipeline {

namespace fs = boost::filesystem;

namespace {

// As git has it for its index: within the granularity of time stamps (two seconds on the coarsest file
// systems) a file can change again and keep its stamp.
constexpr std::int64_t kRacyNanoseconds = 2'000'000'000;

std::int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

struct Look {
  std::string text;
  std::int64_t newest = INT64_MIN;
};

Look look_at(const std::vector<fs::path>& files) {
  Look look;
  std::ostringstream text;
  for (const fs::path& file : files) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) throw file_error(file, "cannot be opened", errno);
    const std::int64_t modified = nanoseconds(status.st_mtim);
    const std::int64_t changed = nanoseconds(status.st_ctim);
    look.newest = std::max({look.newest, modified, changed});
    text << fs::absolute(file).string() << '\0' << status.st_size << ' ' << status.st_ino << ' ' << modified
         << ' ' << changed << '\n';
  }
  look.text = text.str();
  return look;
}

std::int64_t now_nanoseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now);
}

std::string check_of(const std::string& fingerprint, const std::string& digest) {
  return core::sha256(fingerprint + digest).substr(0, 8);
}

std::string digest_of_bytes(const std::vector<fs::path>& files) {
  for (const fs::path& file : files) {
    if (fs::is_directory(file))
      throw core::Error(core::ErrorKind::Io, file.string() + ": is a folder, a file is needed");
  }
  if (files.size() == 1) return core::sha256_file(files.front());
  core::Sha256 all;
  for (const fs::path& file : files) all.update(core::sha256_file(file)).update("\n");
  return all.hex();
}

}  // namespace

std::string digest_of(const std::string& files, const std::string& text) {
  return text.empty() ? files : core::sha256(files + "\n" + text);
}

std::string digest_of(const Source& source) {
  if (source.files.empty()) return core::sha256(source.text);
  return digest_of(digest_of_bytes(source.files), source.text);
}

SourceDigestFile::SourceDigestFile(fs::path file) : file_(std::move(file)) {}

void SourceDigestFile::load() {
  if (loaded_) return;
  loaded_ = true;
  boost::system::error_code error;
  if (!fs::exists(file_, error)) return;
  std::istringstream lines(core::read_file(file_));
  std::string line;
  while (std::getline(lines, line)) {
    constexpr std::size_t kLine = 64 + 1 + 64 + 1 + 8;
    if (line.size() != kLine) continue;
    std::string fingerprint = line.substr(0, 64);
    std::string digest = line.substr(65, 64);
    if (line.substr(130) == check_of(fingerprint, digest)) known_[std::move(fingerprint)] = std::move(digest);
  }
}

void SourceDigestFile::append(const std::string& fingerprint, const std::string& digest) {
  known_[fingerprint] = digest;
  // Only a help: a store that cannot be written to still answers.
  boost::system::error_code ignored;
  fs::create_directories(file_.parent_path(), ignored);
  const int descriptor = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor < 0) return;
  // The line starts with a line feed of its own, so that a torn line before it spoils only itself.
  const std::string line = "\n" + fingerprint + " " + digest + " " + check_of(fingerprint, digest) + "\n";
  [[maybe_unused]] const ssize_t put = ::write(descriptor, line.data(), line.size());
  ::close(descriptor);
}

std::string SourceDigestFile::digest(const std::vector<fs::path>& files) {
  const Look before = look_at(files);
  const std::string fingerprint = core::sha256(before.text);
  {
    const std::lock_guard lock(mutex_);
    load();
    const auto found = known_.find(fingerprint);
    if (found != known_.end()) return found->second;
  }
  const std::int64_t start = now_nanoseconds();
  const std::string digest = digest_of_bytes(files);
  if (look_at(files).text != before.text) {
    throw core::Error(core::ErrorKind::Io,
                      files.front().string() + ": changes while it is being read; run again later");
  }
  if (start - before.newest > kRacyNanoseconds) {
    const std::lock_guard lock(mutex_);
    append(fingerprint, digest);
  }
  return digest;
}

}  // namespace isoscan::pipeline
