#include "link_requests.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>

#include <poll.h>
#include <unistd.h>

namespace isoscan::app {

namespace {

// A signal handler reaches the world only through a global; whoever waits looks ten times a second.
std::atomic<bool> signalled = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int) {
  signalled = true;
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
  signalled = false;
  waiter_ = std::jthread([asked = std::move(asked)](const std::stop_token& end) {
    bool listens = true;  // until the terminal says that it ends
    std::array<char, 256> bytes{};
    while (!end.stop_requested()) {
      pollfd wait{STDIN_FILENO, POLLIN, 0};
      const bool said = ::poll(&wait, listens && terminal_is_ours() ? 1 : 0, 100) > 0;
      if (signalled.exchange(false)) asked();
      if (!said) continue;
      const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
      if (count > 0 && std::find(bytes.begin(), bytes.begin() + count, '\n') != bytes.begin() + count)
        asked();
      listens = count > 0;
    }
  });
  handle(on_signal);
}

LinkRequests::~LinkRequests() {
  handle(SIG_IGN);
  waiter_.request_stop();
  waiter_.join();
}

}  // namespace isoscan::app
