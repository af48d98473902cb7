#include "isoscan/engine/stop_on_signals.hpp"

#include <csignal>
#include <ctime>

#include <pthread.h>
#include <unistd.h>

namespace isoscan::pipeline {

namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

// Waiting for the signal in a thread, in place of a handler: request_stop() takes locks and must not be
// called in one, and a handler could reach this object only through a global.
StopOnSignals::StopOnSignals() {
  const sigset_t set = stop_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  waiter_ = std::jthread([this, set](const std::stop_token& end) {
    bool asked = false;
    while (!end.stop_requested()) {
      const timespec wait{0, 100'000'000};
      if (::sigtimedwait(&set, nullptr, &wait) <= 0) continue;
      if (asked) ::_exit(130);
      asked = true;
      source_.request_stop();
    }
  });
}

StopOnSignals::~StopOnSignals() {
  waiter_.request_stop();
  waiter_.join();
  const sigset_t set = stop_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace isoscan::pipeline
