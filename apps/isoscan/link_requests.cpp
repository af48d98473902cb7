#include "link_requests.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "isoscan/core/error.hpp"

namespace isoscan::app {

namespace {

// A signal handler reaches the world only through a global.
int write_end = -1;

void on_signal(int) {
  const int saved = errno;
  const char byte = 1;
  (void)!::write(write_end, &byte, 1);
  errno = saved;
}

void handle(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGUSR1, &action, nullptr);
}

/// In the background reading would stop the process.
bool terminal_is_ours() {
  return ::isatty(STDIN_FILENO) == 1 && ::tcgetpgrp(STDIN_FILENO) == ::getpgrp();
}

}  // namespace

LinkRequests::LinkRequests(std::function<void()> asked) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
    throw core::Error(core::ErrorKind::Resource, "no pipe to be had for requests of links");
  write_end = ends[1];
  waiter_ = std::jthread([asked = std::move(asked), read_end = ends[0]](const std::stop_token& end) {
    bool listens = true;  // until the terminal says that it ends
    std::array<char, 256> bytes{};
    while (!end.stop_requested()) {
      std::array<pollfd, 2> wait{{{read_end, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
      if (::poll(wait.data(), listens && terminal_is_ours() ? 2 : 1, 100) <= 0) continue;
      if (wait[0].revents != 0 && ::read(read_end, bytes.data(), 1) == 1) asked();
      if (wait[1].revents == 0) continue;
      const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
      if (count > 0 && std::find(bytes.begin(), bytes.begin() + count, '\n') != bytes.begin() + count)
        asked();
      listens = count > 0;
    }
    ::close(read_end);
  });
  handle(on_signal);
}

LinkRequests::~LinkRequests() {
  handle(SIG_IGN);
  waiter_.request_stop();
  waiter_.join();
  ::close(write_end);
  write_end = -1;
}

}  // namespace isoscan::app
