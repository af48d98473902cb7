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

namespace {
constexpr double kUnsure = 3.0;  // times a stage's own guess
}

Taken taken_before(const Store& store, const Stage& stage) {
  constexpr std::size_t kMost = 200;
  constexpr std::size_t kLooked = 2000;
  constexpr std::size_t kKey = 64;
  const StageSpec& spec = stage.spec();
  const config::Json asked = config::Json::parse(stage.canonical_options(), spec.name);
  Taken taken{0, spec.needs.seconds, kUnsure * spec.needs.seconds, spec.needs.memory_mb};
  std::vector<double> seconds;
  double memory = 0.0;
  std::size_t looked = 0;
  boost::system::error_code error;
  for (fs::directory_iterator at(store.root() / spec.name, error), end;
       !error && at != end && seconds.size() < kMost && looked < kLooked; at.increment(error)) {
    if (at->path().filename().string().size() != kKey) continue;
    ++looked;
    try {
      const Record record = record_of(config::read_json(at->path() / "record.json"));
      // Another method takes a hundred times as long.
      if (record.parts.version != spec.version || !(record.parts.options == asked)) continue;
      seconds.push_back(record.made.seconds);
      if (record.made.alone) memory = std::max(memory, record.made.peak_memory_mb);
    } catch (const core::Error&) {
      // Damaged, or taken away meanwhile: no measurement.
    }
  }
  if (seconds.empty()) return taken;
  std::sort(seconds.begin(), seconds.end());
  taken.records = seconds.size();
  taken.seconds = seconds[seconds.size() / 2];
  // What was measured may have been of smaller scans, on a faster machine.
  taken.slow_seconds = std::max(kUnsure * spec.needs.seconds, seconds[seconds.size() * 9 / 10]);
  if (memory > 0.0) taken.memory_mb = static_cast<std::int64_t>(std::ceil(memory));
  return taken;
}

}  // namespace isoscan::pipeline
