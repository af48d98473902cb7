/// @file Made packages and models of every kind, valid and small.
#pragma once

#include <vector>

#include "isoscan/core/random.hpp"
#include "isoscan/domain/reference.hpp"
#include "isoscan/domain/scan_summary.hpp"
#include "isoscan/domain/site.hpp"
#include "isoscan/transport/solver.hpp"

namespace isoscan::domain {

inline LevelSummary level(double spacing_mm, std::uint64_t seed, std::size_t rows = 40) {
  core::Random random(seed);
  LevelSummary out;
  out.spacing_mm = spacing_mm;
  for (std::size_t n = 0; n < kQuantileCount; ++n) {
    out.quantiles.push_back(0.001 * static_cast<double>(n) + 0.01 * static_cast<double>(seed));
  }
  out.mean = random.uniform();
  out.sd = random.uniform(0.1, 0.3);
  out.tissue_mean = {0.3, 0.6 + 0.01 * random.uniform(), 1.0};
  out.tissue_share = {0.1, 0.5, 0.4};
  out.tissue_histograms.assign(core::kTissueCount * kHistogramBins, random.uniform());
  out.band_sd_mm = {1.0, 2.0};
  for (int d = 0; d < 11; ++d) {
    out.feature_mean.push_back(random.normal());
    out.feature_sd.push_back(random.uniform(0.5, 1.0));
  }
  for (std::size_t n = 0; n < rows * 11; ++n) out.rows.push_back(static_cast<float>(random.normal()));
  return out;
}

inline std::vector<double> landmarks() {
  std::vector<double> out;
  for (std::size_t n = 0; n < kLandmarkCount; ++n) out.push_back(0.1 * static_cast<double>(n));
  return out;
}

inline Portrait portrait() {
  Portrait p;
  core::Random random(4, "portrait");
  for (std::size_t c = 0; c < (1 + core::kTissueCount) * kPortraitCells; ++c)
    p.cells.push_back(static_cast<float>(random.uniform()));
  p.brain_ml = 1250.0;
  p.sd_mm = {32.0, 42.0, 30.0};
  p.tissue_mean = {0.3, 0.65, 1.0};
  p.partial = 0.125;
  return p;
}

inline Plausibility plausibility() {
  Plausibility p;
  p.people = 5;
  p.views = 20;
  p.refusals = 0.01;
  p.cells = portrait().cells;
  p.bounds = {{"size", 7.1, 0.1, 6.5, 7.7}, {"outline", 2.5, 0.25, 1.25, 1e300}};
  return p;
}

/// Of 5 cells an axis, mirrored onto itself as atlases are.
inline preprocess::Atlas atlas() {
  core::Random random(8, "atlas");
  preprocess::Atlas a;
  a.edge = 5;
  a.extent_sd = 2.5;
  a.people = 4;
  for (auto* lists : {&a.prior, &a.log_mean, &a.log_sd}) {
    for (std::vector<float>& list : *lists) {
      list.resize(125);
      for (std::size_t row = 0; row < 25; ++row) {
        for (std::size_t i = 0; i < 3; ++i)
          list[row * 5 + i] = list[row * 5 + 4 - i] = static_cast<float>(random.uniform(0.01, 0.33));
      }
    }
  }
  for (std::size_t c = 0; c < a.prior[0].size(); ++c) a.prior[2][c] = 1.0F - (a.prior[0][c] + a.prior[1][c]);
  return a;
}

/// Of 4 cells an axis, nothing alike on two sides.
inline preprocess::AtlasSums atlas_sums() {
  core::Random random(9, "atlas sums");
  preprocess::AtlasSums s;
  s.edge = 4;
  s.extent_sd = 2.0;
  s.people = 1;
  s.log_level = {-1.25, -0.5, 0.0};
  for (auto* lists : {&s.share, &s.weight, &s.log, &s.square}) {
    for (std::vector<float>& list : *lists) {
      for (int c = 0; c < 64; ++c) list.push_back(static_cast<float>(random.normal()));
    }
  }
  return s;
}

/// Of 3 numbers a row, one hidden layer of 4, 2 statistics, a bottleneck of 2.
inline SharedRestorer shared_restorer() {
  core::Random random(10, "shared");
  const auto floats = [&](std::size_t count) {
    std::vector<float> values(count);
    for (float& v : values) v = static_cast<float>(0.3 * random.normal());
    return values;
  };
  SharedRestorer s;
  s.dims = 3;
  s.hidden = {4};
  s.patch_ball = 1;
  s.patch_surroundings = {2.0};
  s.row_mean = {0.5, 0.25, -0.125};
  s.row_scale = {1.0, 2.0, 4.0};
  s.turn = floats(9);
  s.parameters = floats(4 * 4 + 5);
  s.scale = 0.05;
  s.statistics = {"csf", "gm"};
  s.reference = {-1.25, -0.5};
  s.spread = {0.25, 0.125};
  s.hyper_hidden = {5};
  s.hyper_parameters = floats(3 * 5 + 6 * 2);
  s.directions = floats(2 * s.numbers());
  s.known_distances = {0.5, 1.5, 2.5};
  s.known_factor = {1.0, 0.0, 0.5, 1.0};
  s.sites = 12;
  s.people = floats(2 * 5);
  s.made_statistics = floats(2 * 3);
  s.made_gradient_correlation = {0.9, 0.95, 0.99};
  s.made_change = {0.05, 0.03, 0.01};
  s.made_people = 2;
  return s;
}

inline ReferencePackage package() {
  ReferencePackage p;
  p.software = "isoscan test";
  p.seed = 18446744073709551615ULL;
  p.scans = 3;
  p.source_digest = "abc";
  p.spacing_mm = 1.25;
  p.band_sd_mm = {1.0, 2.0};
  p.plausibility = plausibility();
  p.atlas = atlas();
  p.shared = shared_restorer();
  p.warnings = {"first", "second"};
  for (const double spacing : {1.25, 1.5, 2.0}) {
    ReferenceLevel l;
    l.pooled = level(spacing, 3);
    l.nyul_landmarks = landmarks();
    l.ranges["gm_wm"] = {0.6, 0.01, 0.58, 0.63};
    l.null_distances["bands"] = {0.1, 0.2};
    l.histogram_low.assign(core::kTissueCount * kHistogramBins, 0.1);
    l.histogram_high.assign(core::kTissueCount * kHistogramBins, 0.2);
    p.levels.push_back(l);
  }
  return p;
}

inline transport::Rows map_rows(std::uint64_t seed, double shift) {
  core::Random random(seed);
  transport::Rows rows(200, 3);
  for (float& v : rows.values) v = static_cast<float>(random.normal() + shift);
  return rows;
}

/// As the Gaussian method saves it.
inline core::TensorFile affine_map() {
  return transport::FittedMap(transport::fit_gaussian(map_rows(1, 0.0), map_rows(2, 0.5))).to_tensors();
}

/// As ENOT saves it: a chain with a network on an affine base. Two steps are enough for its shape.
inline core::TensorFile trained_map() {
  transport::SolverOptions options;
  options.steps = 2;
  options.batch = 16;
  options.map_network.hidden = {8, 8};
  options.potential_network.hidden = {8, 8};
  options.start = transport::fit_gaussian(map_rows(1, 0.0), map_rows(2, 0.5));
  const transport::Sampler from(map_rows(1, 0.0), 7, "from");
  const transport::Sampler to(map_rows(2, 0.5), 7, "to");
  return transport::fit_enot(from, to, options, {}).map.to_tensors();
}

/// Of 7 neighbours, one surrounding and a place, with one hidden layer of 4.
inline Restorer restorer() {
  core::Random random(5, "restorer");
  Restorer r;
  r.dims = 11;
  r.hidden = {4};
  for (int d = 0; d < r.dims; ++d) {
    r.row_mean.push_back(random.normal());
    r.row_scale.push_back(random.uniform(0.5, 2.0));
  }
  for (int p = 0; p < 12 * 4 + 5; ++p) r.parameters.push_back(static_cast<float>(0.3 * random.normal()));
  r.mean = 0.01;
  r.scale = 0.05;
  return r;
}

/// Of two features, six leaves.
inline ErrorTable error_table() {
  ErrorTable table;
  table.coverage = 0.9;
  table.branches = {2, 3};
  table.edges = {0.5, 1.0, 2.0, 4.0, 5.0};
  table.half_width = {0.01, 0.02, 0.04, 0.03, 0.06, 0.125};
  table.held_out = {0.88, 0.92};
  return table;
}

inline Acquisition acquisition() {
  Acquisition a;
  a.contrast = {{{1.25, 0.05}, {0.9, 0.01}, {1.0, 0.001}}};
  a.blur = {{{0.5, 0.02}, {-0.125, 0.03}, {0.0, 0.0}}};
  a.noise_variance = {0.0015, 0.0001};
  a.detail.assign(27, 0.01);
  a.detail[13] = 0.74;
  a.noise_colour = {1.0};
  a.finer = {-0.1, 0.0, -0.02};
  return a;
}

inline AcquisitionEvidence evidence() {
  AcquisitionEvidence e;
  core::Random random(6, "evidence");
  for (int n = 0; n < 27; ++n) e.fine_structure.push_back(0.001 * random.normal());
  for (const double v : e.fine_structure) {
    e.flat_structure.push_back(0.5 * v);
    e.edge_structure.push_back(1.25 * v);
  }
  e.tissue_mean = {0.3, 0.65, 1.0};
  e.pure_csf = 0.2;
  return e;
}

inline SiteModel site(Method method) {
  SiteModel m;
  m.software = "isoscan test";
  m.method = method;
  m.reference_digest = "feed";
  m.plausibility = plausibility();
  m.seed = 7;
  m.scans = 4;
  m.spacing_mm = 1.5;
  m.histogram_low.assign(core::kTissueCount * kHistogramBins, 0.1);
  m.histogram_high.assign(core::kTissueCount * kHistogramBins, 0.2);
  m.site = level(1.5, 1, 0);
  m.site_corrected = level(1.5, 2, 0);
  m.site_matched = level(1.5, 3, 0);
  m.reference = level(1.5, 4, 0);
  m.nyul_landmarks = landmarks();
  m.reference_ranges["gm_wm"] = {0.6, 0.01, 0.58, 0.63};
  m.band_sd_mm = {1.0, 2.0};
  m.map_columns = {"band0", "band1", "band2"};
  m.map = method == Method::Enot ? trained_map() : affine_map();
  if (method == Method::Restore) {
    m.atlas = atlas();
    m.acquisition = acquisition();
    m.patch_ball = 1;
    m.patch_surroundings = {2.0};
    m.restorer = restorer();
    m.errors = error_table();
  }
  m.shrinkage = 0.75;
  m.distance_before["bands"] = 0.25;
  m.no_change_needed = true;
  m.warnings = {"few"};
  return m;
}

}  // namespace isoscan::domain
