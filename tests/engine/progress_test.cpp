#include <atomic>
#include <csignal>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "isoscan/engine/stop_on_signals.hpp"
#include "isoscan/engine/terminal_progress.hpp"

#include "fakes.hpp"

namespace isoscan::pipeline::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Collected final : core::ProgressSink {
  void report(double fraction, const std::string& label) override {
    const std::lock_guard lock(mutex);
    fractions.push_back(fraction);
    labels.push_back(label);
  }
  std::mutex mutex;
  std::vector<double> fractions;
  std::vector<std::string> labels;
};

class ProgressTest : public Fixture {
 protected:
  std::shared_ptr<Collected> watched(int threads) const {
    auto sink = std::make_shared<Collected>();
    core::Context context;
    context.threads = threads;
    context.progress = core::Progress(sink);
    Store store(store_path());
    (void)pipeline::run(chain, cohort, store, {}, context);
    return sink;
  }
};

TEST_F(ProgressTest, RisesToOneAndNamesTheStep) {
  prepare->before = [](const StageIo&, const core::Context& context) {
    for (const double part : {0.25, 0.5, 0.75}) {
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
      context.progress.slice(0, 1, "bias").report(part);
    }
  };
  const auto sink = watched(2);
  ASSERT_FALSE(sink->fractions.empty());
  EXPECT_TRUE(std::is_sorted(sink->fractions.begin(), sink->fractions.end()));
  EXPECT_EQ(sink->fractions.back(), 1.0);
  EXPECT_THAT(sink->labels, ::testing::Contains("prepare a: bias (1 of 9)"));
  // At least the three scans of the first stage are far from the whole.
  const auto first = std::find_if(sink->labels.begin(), sink->labels.end(),
                                  [](const std::string& label) { return label.find("apply") == 0; });
  ASSERT_NE(first, sink->labels.end());
  EXPECT_LT(sink->fractions[static_cast<std::size_t>(first - sink->labels.begin())], 0.9);
}

TEST_F(ProgressTest, WhatIsDoneCountsNothing) {
  (void)go();
  const auto sink = watched(1);
  ASSERT_EQ(sink->fractions.size(), 1U);
  EXPECT_EQ(sink->fractions.back(), 1.0);
}

/// A progress display with a clock that is moved by hand.
struct Display {
  explicit Display(bool terminal, int columns = 80) {
    TerminalProgressOptions options;
    options.terminal = terminal;
    options.columns = columns;
    options.clock = [this] { return now; };
    progress = std::make_unique<TerminalProgress>(out, options);
  }
  std::string at(double seconds, double fraction, const std::string& label) {
    now = seconds;
    out.str("");
    progress->report(fraction, label);
    return out.str();
  }
  double now = 0.0;
  std::ostringstream out;
  std::unique_ptr<TerminalProgress> progress;
};

TEST(TerminalProgressTest, IsSilentAtFirstThenRedrawsOneLine) {
  Display display(true);
  EXPECT_THAT(display.at(0.1, 0.01, "prepare a"), IsEmpty());
  EXPECT_EQ(display.at(10.0, 0.2, "prepare a (1 of 9)"), " 20 % prepare a (1 of 9), 40 s left");
  EXPECT_THAT(display.at(10.05, 0.3, "prepare a"), IsEmpty()) << "not ten times a blink";
  const std::string next = display.at(20.0, 0.5, "fit X");
  EXPECT_THAT(next, HasSubstr("\r 50 % fit X, 20 s left"));
  EXPECT_EQ(next.find('\n'), std::string::npos);
  display.out.str("");
  display.progress->print("warning: one");
  EXPECT_THAT(display.out.str(), ::testing::EndsWith("\rwarning: one\n"));
}

TEST(TerminalProgressTest, KeepsToTheWidth) {
  Display display(true, 40);
  const std::string line = display.at(60.0, 0.5, std::string(200, 'x'));
  EXPECT_LE(line.size(), 39U);
  EXPECT_THAT(line, HasSubstr(", 60 s left"));
}

TEST(TerminalProgressTest, WritesPlainLinesNowAndThenToALog) {
  Display display(false);
  EXPECT_THAT(display.at(5.0, 0.1, "prepare a"), IsEmpty());
  EXPECT_EQ(display.at(11.0, 0.1, "prepare a"), " 10 % prepare a, 2 min left\n");
  EXPECT_THAT(display.at(20.0, 0.2, "prepare a"), IsEmpty());
  EXPECT_THAT(display.at(21.5, 0.2, "prepare b"), HasSubstr(" 20 % prepare b"));
}

TEST(TerminalProgressTest, DurationsAreWords) {
  EXPECT_EQ(duration_text(0.2), "less than a second");
  EXPECT_EQ(duration_text(40.4), "40 s");
  EXPECT_EQ(duration_text(180), "3 min");
  EXPECT_EQ(duration_text(4800), "80 min");
  EXPECT_EQ(duration_text(7300), "2 h 2 min");
  EXPECT_EQ(duration_text(std::numeric_limits<double>::quiet_NaN()), "less than a second");
}

/// In a child, as the signal mask of this process is not ours to change.
int status_of_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(StopOnSignalsTest, TheFirstAsksTheSecondEnds) {
  EXPECT_EQ(status_of_child([] {
              const StopOnSignals stop;
              ::kill(::getpid(), SIGINT);
              for (int wait = 0; wait < 500 && !stop.token().stop_requested(); ++wait) ::usleep(10'000);
              return stop.token().stop_requested() ? 42 : 1;
            }),
            42);
  EXPECT_EQ(status_of_child([] {
              const StopOnSignals stop;
              ::kill(::getpid(), SIGTERM);
              for (int wait = 0; wait < 500 && !stop.token().stop_requested(); ++wait) ::usleep(10'000);
              ::kill(::getpid(), SIGTERM);
              ::usleep(5'000'000);
              return 1;
            }),
            130);
}

}  // namespace
}  // namespace isoscan::pipeline::test
