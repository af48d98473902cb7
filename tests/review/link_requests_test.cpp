// Another link is asked for by a signal, and by Enter on a terminal of one's own.
#include "link_requests.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstring>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

namespace isoscan::app {
namespace {

using namespace std::chrono_literals;

TEST(LinkRequests, ASignalAsksOnce) {
  std::atomic<int> asked = 0;
  {
    const LinkRequests requests([&] { ++asked; });
    (void)raise(SIGUSR1);
    for (int n = 0; n < 1000 && asked == 0; ++n) std::this_thread::sleep_for(10ms);
    std::this_thread::sleep_for(300ms);
  }
  EXPECT_EQ(asked, 1);
}

/// What the terminal shows until it holds `words`, or nothing more comes.
std::string shown_until(int terminal, const std::string& words) {
  std::string shown;
  char bytes[256];
  while (shown.find(words) == std::string::npos) {
    pollfd wait{terminal, POLLIN, 0};
    if (::poll(&wait, 1, 20000) <= 0) break;
    const ssize_t count = ::read(terminal, bytes, sizeof bytes);
    if (count <= 0) break;
    shown.append(bytes, static_cast<std::size_t>(count));
  }
  return shown;
}

TEST(LinkRequests, EnterOnTheTerminalAsksAndItsEndDoesNot) {
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  ASSERT_GE(child, 0);
  const auto say = [](const char* words) { (void)!::write(STDOUT_FILENO, words, std::strlen(words)); };
  if (child == 0) {
    std::atomic<int> asked = 0;
    {
      const LinkRequests requests([&] {
        ++asked;
        say(asked == 1 ? "first\n" : "second\n");
      });
      say("ready\n");
      for (int n = 0; n < 2000 && asked < 2; ++n) std::this_thread::sleep_for(10ms);
      std::this_thread::sleep_for(500ms);
    }
    ::_exit(asked);
  }
  EXPECT_NE(shown_until(terminal, "ready").find("ready"), std::string::npos);
  EXPECT_EQ(::write(terminal, "\n", 1), 1);
  EXPECT_NE(shown_until(terminal, "first").find("first"), std::string::npos);
  EXPECT_EQ(::write(terminal, "x\n", 2), 2);
  EXPECT_NE(shown_until(terminal, "second").find("second"), std::string::npos);
  EXPECT_EQ(::write(terminal, "\x04", 1), 1);  // Ctrl-D
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 2);
  ::close(terminal);
}

}  // namespace
}  // namespace isoscan::app
