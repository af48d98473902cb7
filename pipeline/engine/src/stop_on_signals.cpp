#include "isoscan/engine/stop_on_signals.hpp"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "isoscan/core/error.hpp"

namespace isoscan::pipeline {

namespace {

// A signal handler reaches the world only through a global. Blocking the signals in favour of a waiting
// thread does not do: libraries start threads while they load (OpenBLAS), those do not block them, and the
// default action ends the process.
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
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  // The terminal was closed; whoever started this with nohup wants it to go on.
  struct sigaction hangup = {};
  if (::sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
    ::sigaction(SIGHUP, &action, nullptr);
}

}  // namespace

StopOnSignals::StopOnSignals() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    throw core::Error(core::ErrorKind::Resource, "no pipe to be had for Ctrl-C");
  }
  write_end = ends[1];
  waiter_ = std::jthread([this, read_end = ends[0]](const std::stop_token& end) {
    bool asked = false;
    while (!end.stop_requested()) {
      pollfd wait{read_end, POLLIN, 0};
      char byte = 0;
      if (::poll(&wait, 1, 100) <= 0 || ::read(read_end, &byte, 1) != 1) continue;
      if (asked) ::_exit(130);
      asked = true;
      source_.request_stop();
    }
    ::close(read_end);
  });
  handle(on_signal);
}

StopOnSignals::~StopOnSignals() {
  handle(SIG_DFL);
  waiter_.request_stop();
  waiter_.join();
  ::close(write_end);
  write_end = -1;
}

}  // namespace isoscan::pipeline
