/// @file Work shared by threads, with the same result for every thread count.
#pragma once

#include <cstdint>
#include <functional>

namespace isoscan::core {

/// Calls work(begin, end) over disjoint ranges that cover 0..count, on up to `threads` threads (1 runs in the
/// caller). `work` must write only to places that its range owns, so the bits do not depend on the thread
/// count. The first exception (of the lowest range) is thrown again in the caller after all ranges ended.
/// Calls may be nested and come from several threads. Helping threads are kept, asleep, for the next call.
void parallel_for(std::int64_t count, int threads,
                  const std::function<void(std::int64_t, std::int64_t)>& work);

}  // namespace isoscan::core
