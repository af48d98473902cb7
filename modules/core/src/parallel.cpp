#include "isoscan/core/parallel.hpp"

#include <algorithm>
#include <exception>
#include <thread>
#include <vector>

namespace isoscan::core {

void parallel_for(std::int64_t count, int threads,
                  const std::function<void(std::int64_t, std::int64_t)>& work) {
  if (count <= 0) return;
  const std::int64_t parts = std::clamp<std::int64_t>(threads, 1, count);
  if (parts == 1) {
    work(0, count);
    return;
  }
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(parts));
  {
    std::vector<std::jthread> workers;
    for (std::int64_t p = 0; p < parts; ++p) {
      workers.emplace_back([&, p] {
        try {
          work(count * p / parts, count * (p + 1) / parts);
        } catch (...) {
          failures[static_cast<std::size_t>(p)] = std::current_exception();
        }
      });
    }
  }
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace isoscan::core
