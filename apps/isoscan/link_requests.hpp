/// @file Somebody at the machine asks a running server for another link.
#pragma once

#include <functional>
#include <thread>

namespace isoscan::app {

/// While it lives, calls `asked` from a thread of its own whenever Enter is pressed on the terminal, where
/// this process is in its foreground, and whenever the process gets SIGUSR1. One at a time.
class LinkRequests {
 public:
  /// @throws Error(Resource) where no pipe is to be had
  explicit LinkRequests(std::function<void()> asked);
  ~LinkRequests();
  LinkRequests(const LinkRequests&) = delete;
  LinkRequests& operator=(const LinkRequests&) = delete;

 private:
  std::jthread waiter_;
};

}  // namespace isoscan::app
