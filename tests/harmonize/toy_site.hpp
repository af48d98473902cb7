/// @file References and sites of made heads, fitted quickly.
#pragma once

#include <cmath>
#include <vector>

#include "isoscan/harmonize/harmonize.hpp"

#include "toy_scan.hpp"

namespace isoscan::harmonize {

inline constexpr double kSpacing = test::kToySpacing;

inline FitOptions quick() {
  FitOptions options;
  options.rows_per_scan = 3000;
  options.reference_rows = 8000;
  options.enot.steps = 30;
  options.enot.batch = 256;
  options.enot.map_hidden = {16, 16};
  options.enot.potential_hidden = {16, 16};
  options.restore.acquisition.rounds = 2;
  options.restore.patches = {2, {1.4, 2.8}};
  options.restore.network.hidden = {24, 24};
  options.restore.network.steps = 800;
  options.restore.field = 0.05;  // so few made scans would teach their few fields by heart
  options.restore.network.rate = 5e-3;
  options.restore.network.batch = 256;
  options.restore.network.average = 0.98;
  options.restore.people = 3;
  options.restore.scans = 3;
  options.restore.rows = 3000;
  options.restore.check_scans = 2;
  return options;
}

inline domain::ReferencePackage reference_of(const std::vector<test::Toy>& scans, const FitOptions& options) {
  std::vector<domain::ScanSummary> summaries;
  for (const test::Toy& scan : scans) summaries.push_back(summarize(scan.prepared, {kSpacing}, options, {}));
  return fit_reference(summaries, options, {});
}

inline ReferenceScans scans_of(const std::vector<test::Toy>& home,
                               const domain::ReferencePackage& reference) {
  ReferenceScans scans;
  scans.source_digest = reference.source_digest;
  scans.spacing_mm = kSpacing;
  for (const test::Toy& toy : home) scans.scans.push_back(pack(toy.prepared));
  return scans;
}

inline std::vector<domain::ScanSummary> summaries_of(const std::vector<test::Toy>& scans,
                                                     const domain::ReferencePackage& reference, Method method,
                                                     const FitOptions& options) {
  std::vector<domain::ScanSummary> summaries;
  for (const test::Toy& scan : scans) {
    summaries.push_back(summarize_for_site(scan.prepared, reference, kSpacing, method, options, {}));
  }
  return summaries;
}

/// @param home  the reference's scans, for Method::Restore
inline domain::SiteModel site_of(const std::vector<test::Toy>& scans,
                                 const domain::ReferencePackage& reference, Method method,
                                 const FitOptions& options, const std::vector<test::Toy>& home = {}) {
  const ReferenceScans packed = scans_of(home, reference);
  return fit_site(summaries_of(scans, reference, method, options), reference, method, options, {},
                  home.empty() ? nullptr : &packed)
      .model;
}

inline double rms_in_brain(const core::Volume& a, const core::Volume& b, const core::Mask& brain) {
  double sum = 0.0;
  double count = 0.0;
  for (std::size_t n = 0; n < brain.voxels.size(); ++n) {
    if (brain.voxels[n] == 0) continue;
    sum += std::pow(static_cast<double>(a.voxels[n]) - static_cast<double>(b.voxels[n]), 2.0);
    count += 1.0;
  }
  return std::sqrt(sum / count);
}

inline std::vector<test::Toy> people(std::uint64_t from, std::uint64_t count) {
  std::vector<test::Toy> out;
  for (std::uint64_t n = 0; n < count; ++n) out.push_back(test::toy_scan(from + n));
  return out;
}

/// A site with another contrast (gamma 0.8), a leftover field and twice the noise.
inline std::vector<test::Toy> other_site(std::uint64_t from, std::uint64_t count) {
  std::vector<test::Toy> out;
  for (std::uint64_t n = 0; n < count; ++n) {
    out.push_back(test::toy_scan(from + n, 0.04, [](double v, double x, double, double z) {
      return std::pow(v, 0.8) * std::exp(0.08 * x - 0.06 * z);
    }));
  }
  return out;
}

}  // namespace isoscan::harmonize
