#include "isoscan/engine/history.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"

#include "record.hpp"

namespace isoscan::pipeline {

namespace fs = boost::filesystem;

Taken taken_before(const Store& store, const StageSpec& spec) {
  constexpr std::size_t kMost = 200;
  constexpr std::size_t kKey = 64;
  Taken taken{0, spec.needs.seconds, 3.0 * spec.needs.seconds, spec.needs.memory_mb};
  std::vector<double> seconds;
  double memory = 0.0;
  boost::system::error_code error;
  for (fs::directory_iterator at(store.root() / spec.name, error), end;
       !error && at != end && seconds.size() < kMost; at.increment(error)) {
    if (at->path().filename().string().size() != kKey) continue;
    try {
      const Made made = record_of(config::read_json(at->path() / "record.json")).made;
      seconds.push_back(made.seconds);
      if (made.alone) memory = std::max(memory, made.peak_memory_mb);
    } catch (const core::Error&) {
      // Damaged, or taken away meanwhile: no measurement.
    }
  }
  if (seconds.empty()) return taken;
  std::sort(seconds.begin(), seconds.end());
  taken.records = seconds.size();
  taken.seconds = seconds[seconds.size() / 2];
  taken.slow_seconds = seconds[seconds.size() * 9 / 10];
  if (memory > 0.0) taken.memory_mb = static_cast<std::int64_t>(std::ceil(memory));
  return taken;
}

}  // namespace isoscan::pipeline
