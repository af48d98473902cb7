#include "stop_on_signal.hpp"

#include <csignal>
#include <thread>

#include <pthread.h>
#include <unistd.h>

namespace isoscan::app {

namespace {

std::stop_source make_source() {
  // The signals are blocked in every thread, and one thread waits for them: no code runs in a signal handler.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::stop_source source;
  std::thread([signals, source]() mutable {
    int which = 0;
    sigwait(&signals, &which);
    static constexpr char kMessage[] = "\nisoscan: stopping; what is done is kept, run the same command to go on\n";
    (void)!::write(STDERR_FILENO, kMessage, sizeof kMessage - 1);
    source.request_stop();
    sigwait(&signals, &which);
    ::_exit(130);
  }).detach();
  return source;
}

}  // namespace

std::stop_token stop_on_signal() {
  static const std::stop_source source = make_source();
  return source.get_token();
}

}  // namespace isoscan::app
