#include "isoscan/harmonize/harmonize.hpp"

namespace isoscan::harmonize {

std::string EnotOptions::problem() const {
  if (map_hidden.empty() || potential_hidden.empty())
    return "enot: a network needs at least one hidden layer";
  for (const auto& widths : {map_hidden, potential_hidden}) {
    for (const int width : widths) {
      if (width < 1 || width > 4096) return "enot: hidden widths must lie in 1..4096";
    }
  }
  if (steps < 1 || steps > 10'000'000) return "enot.steps must lie in 1..10000000";
  if (map_steps < 1 || map_steps > 100) return "enot.map_steps must lie in 1..100";
  if (batch < 16 || batch > 1'048'576) return "enot.batch must lie in 16..1048576";
  if (!(map_rate > 0.0 && map_rate < 1.0)) return "enot.map_rate must lie in 0..1";
  if (!(potential_rate > 0.0 && potential_rate < 1.0)) return "enot.potential_rate must lie in 0..1";
  if (!(expectile >= 0.5 && expectile < 1.0)) return "enot.expectile must lie in 0.5..1, below 1";
  if (!(expectile_weight >= 0.0 && expectile_weight <= 100.0))
    return "enot.expectile_weight must lie in 0..100";
  return {};
}

std::string FitOptions::problem() const {
  if (std::string bad = bands.problem(); !bad.empty()) return bad;
  if (rows_per_scan < 100 || rows_per_scan > 10'000'000) return "rows_per_scan must lie in 100..10000000";
  if (reference_rows != 0 && (reference_rows < 1000 || reference_rows > 10'000'000)) {
    return "reference_rows must be 0 or lie in 1000..10000000";
  }
  if (std::string bad = enot.problem(); !bad.empty()) return bad;
  return restore.problem();
}

}  // namespace isoscan::harmonize
