// Work shared by kept threads: every range once, nested calls, several callers, failures.
#include "isoscan/core/parallel.hpp"

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace isoscan::core {
namespace {

std::vector<int> visits(std::int64_t count, int threads) {
  std::vector<int> seen(static_cast<std::size_t>(count), 0);
  parallel_for(count, threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) ++seen[static_cast<std::size_t>(i)];
  });
  return seen;
}

TEST(ParallelFor, EveryNumberOnceForEveryCountOfThreads) {
  for (const std::int64_t count : {1, 2, 3, 7, 1000})
    for (const int threads : {1, 2, 3, 16})
      for (const int seen : visits(count, threads)) EXPECT_EQ(seen, 1);
  parallel_for(0, 4, [](std::int64_t, std::int64_t) { FAIL() << "nothing to do"; });
}

TEST(ParallelFor, ManySmallCallsInARow) {
  std::int64_t total = 0;
  for (int i = 0; i < 5000; ++i)
    for (const int seen : visits(4, 3)) total += seen;
  EXPECT_EQ(total, 20000);
}

TEST(ParallelFor, ACallWithinACallEnds) {
  std::atomic<int> sum = 0;
  parallel_for(6, 3, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      parallel_for(8, 4, [&](std::int64_t first, std::int64_t last) {
        parallel_for(last - first, 2,
                     [&](std::int64_t a, std::int64_t b) { sum += static_cast<int>(b - a); });
      });
  });
  EXPECT_EQ(sum, 48);
}

TEST(ParallelFor, SeveralCallersAtOnce) {
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> callers;
  for (int c = 0; c < 4; ++c)
    callers.emplace_back([&] {
      for (int i = 0; i < 300; ++i)
        for (const int seen : visits(11, 3)) wrong += seen == 1 ? 0 : 1;
    });
  callers.clear();
  EXPECT_EQ(wrong, 0);
}

TEST(ParallelFor, AFailureIsThrownAfterAllRangesEndedAndTheThreadsServeOn) {
  std::atomic<int> ended = 0;
  for (int round = 0; round < 50; ++round) {
    ended = 0;
    EXPECT_THROW(parallel_for(4, 4,
                              [&](std::int64_t begin, std::int64_t) {
                                ++ended;
                                if (begin != 2) throw std::runtime_error("range " + std::to_string(begin));
                              }),
                 std::runtime_error);
    EXPECT_EQ(ended, 4);
  }
  try {
    parallel_for(4, 4,
                 [](std::int64_t begin, std::int64_t) { throw std::runtime_error(std::to_string(begin)); });
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "0") << "the first range's failure, whichever thread was faster";
  }
}

}  // namespace
}  // namespace isoscan::core
