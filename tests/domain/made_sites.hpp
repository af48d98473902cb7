/// @file Sites of one gain, and a small shared restorer that was taught some of them.
#pragma once

#include <vector>

#include "isoscan/core/random.hpp"
#include "isoscan/domain/shared_training.hpp"

namespace isoscan::domain {

inline constexpr int kDims = 3;

/// A site of gain a lacks a times the row's first number; its statistics tell a, and something of nothing.
inline SharedScan scan_of(std::size_t site, double a, std::uint64_t seed, std::size_t rows = 300) {
  core::Random random(seed, "made scan");
  SharedScan scan;
  scan.site = site;
  scan.statistics = {2.0 + a + 0.01 * random.normal(), 0.1 * random.normal()};
  for (std::size_t r = 0; r < rows; ++r) {
    for (int d = 0; d < kDims; ++d) scan.rows.push_back(static_cast<float>(1.0 + 0.5 * random.normal()));
    scan.targets.push_back(static_cast<float>(a) * scan.rows[r * kDims]);
  }
  return scan;
}

inline SharedRestorerOptions quick() {
  SharedRestorerOptions options;
  options.hidden = {16, 16};
  options.hyper_hidden = {16};
  options.bottleneck = 4;
  options.steps = 600;
  options.sites = 8;
  options.rows = 32;
  options.rate = 5e-3;
  options.average = 0.98;
  options.drop = 0.0;
  options.judge_every = 100;
  return options;
}

inline SharedRestorerFit taught(int threads = 1, const SharedRestorerOptions& options = quick(),
                                const SharedRestorerRun& run = {}) {
  std::vector<SharedScan> scans;
  core::Random random(1, "sites");
  for (std::size_t site = 0; site < 40; ++site) {
    const double a = random.uniform(-0.5, 0.5);
    for (std::uint64_t person = 0; person < 2; ++person) {
      scans.push_back(scan_of(site, a, 2 * site + person));
      scans.back().held_out = site >= 34;
    }
  }
  core::Context context;
  context.threads = threads;
  return fit_shared_restorer(scans, {{2.0, 0.05}, {2.0, -0.05}}, {"gain", "nothing"}, {0, 1}, kDims, options,
                             context, run);
}

}  // namespace isoscan::domain
