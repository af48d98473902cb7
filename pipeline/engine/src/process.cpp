#include "isoscan/engine/process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include <boost/filesystem.hpp>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "isoscan/core/error.hpp"

namespace isoscan::pipeline {

namespace fs = boost::filesystem;

namespace {

std::vector<char*> arguments(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

int status_of(int raw) {
  return WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
}

constexpr int kNotFound = 127;

/// In the child, between fork and exec: nothing but calls that are safe there.
[[noreturn]] void become(const std::vector<char*>& words) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);  // StopOnSignals blocks them in this process
  ::execvp(words.front(), words.data());
  ::_exit(kNotFound);
}

/// Private writable memory of this process, VmData of /proc/self/status; 0 where that cannot be read.
std::int64_t data_mb() {
  std::ifstream in("/proc/self/status");
  std::string line;
  while (std::getline(in, line)) {
    if (line.rfind("VmData:", 0) == 0) return std::strtoll(line.c_str() + 7, nullptr, 10) / 1024;
  }
  return 0;
}

}  // namespace

fs::path own_program() {
  boost::system::error_code error;
  const fs::path own = fs::read_symlink("/proc/self/exe", error);
  if (error) throw core::Error(core::ErrorKind::Io, "/proc/self/exe cannot be read");
  return own;
}

int start_process(const std::vector<std::string>& words, const fs::path& output) {
  const auto pointers = arguments(words);
  const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (out < 0)
    throw core::Error(core::ErrorKind::Io,
                      output.string() + ": cannot be opened for writing (" + std::strerror(errno) + ")");
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(128 + SIGTERM);  // it died before the line above
    ::dup2(nothing, 0);
    ::dup2(out, 1);
    ::dup2(out, 2);
    become(pointers);
  }
  const int code = errno;
  ::close(out);
  ::close(nothing);
  if (pid < 0)
    throw core::Error(core::ErrorKind::Resource,
                      words.front() + ": no process can be started (" + std::strerror(code) + ")");
  return pid;
}

Ended next_ended() {
  int raw = 0;
  const pid_t pid = ::waitpid(-1, &raw, WNOHANG);
  if (pid > 0) return {pid, status_of(raw)};
  ::poll(nullptr, 0, 200);
  return {};
}

Spoken run_program(const std::vector<std::string>& words) {
  const auto pointers = arguments(words);
  std::array<std::array<int, 2>, 2> pipes{};
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  for (auto& ends : pipes) {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
      throw core::Error(core::ErrorKind::Resource, "no pipe to " + words.front() + " can be made");
  }
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(nothing, 0);
    ::dup2(pipes[0][1], 1);
    ::dup2(pipes[1][1], 2);
    become(pointers);
  }
  ::close(nothing);
  ::close(pipes[0][1]);
  ::close(pipes[1][1]);
  Spoken spoken;
  std::array<pollfd, 2> ends{{{pipes[0][0], POLLIN, 0}, {pipes[1][0], POLLIN, 0}}};
  int open = 2;
  while (open > 0 && pid > 0) {
    if (::poll(ends.data(), ends.size(), -1) < 0 && errno != EINTR) break;
    for (std::size_t n = 0; n < ends.size(); ++n) {
      if (ends[n].fd < 0 || ends[n].revents == 0) continue;
      std::array<char, 4096> block{};
      const ssize_t got = ::read(ends[n].fd, block.data(), block.size());
      if (got > 0) {
        (n == 0 ? spoken.output : spoken.error).append(block.data(), static_cast<std::size_t>(got));
      } else if (got == 0 || errno != EINTR) {
        ends[n].fd = -1;
        --open;
      }
    }
  }
  ::close(pipes[0][0]);
  ::close(pipes[1][0]);
  int raw = 0;
  while (pid > 0 && ::waitpid(pid, &raw, 0) < 0 && errno == EINTR) {
  }
  spoken.status = pid < 0 ? kNotFound : status_of(raw);
  return spoken;
}

void limit_memory(std::int64_t memory_mb) {
  if (memory_mb <= 0) return;
  rlimit limit{};
  if (::getrlimit(RLIMIT_DATA, &limit) != 0) return;
  // What libraries set aside when they were loaded (8 MB of a thread of OpenBLAS, one a core) is never
  // touched.
  const auto wanted = static_cast<rlim_t>(memory_mb + data_mb()) << 20;
  limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
  ::setrlimit(RLIMIT_DATA, &limit);
}

}  // namespace isoscan::pipeline
