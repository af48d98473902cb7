#include <algorithm>
#include <cmath>
#include <numeric>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/harmonize/uncertainty.hpp"

#include "error_features.hpp"

namespace isoscan::harmonize {

namespace {

using core::Error;
using core::ErrorKind;

constexpr std::size_t kFeatures = kErrorFeatures.size();
constexpr std::size_t kLeastRows = 100;  // a leaf: its 90 % quantile is then within 3 % or so of voxels
constexpr float kLeastWidth = 1e-6F;     // of white matter: errors of made scans may be 0, a width may not

/// One row of one scan, as the table is grown from.
struct Row {
  std::array<float, kFeatures> features{};
  float error = 0.0F;
};

std::vector<Row> rows_without(const std::vector<ErrorRows>& scans, std::size_t left_out) {
  std::vector<Row> rows;
  for (std::size_t s = 0; s < scans.size(); ++s) {
    if (s == left_out) continue;
    for (std::size_t n = 0; n < scans[s].error.size(); ++n) {
      Row row;
      std::copy_n(scans[s].features.begin() + static_cast<std::ptrdiff_t>(n * kFeatures), kFeatures,
                  row.features.begin());
      row.error = scans[s].error[n];
      rows.push_back(row);
    }
  }
  return rows;
}

/// The smallest value that a share of as many values more than there are stays below, with one more to come
/// (conformal).
float upper_quantile(std::vector<float>& values, double coverage) {
  const auto rank = static_cast<std::size_t>(std::ceil(coverage * static_cast<double>(values.size() + 1)));
  const std::size_t place = std::min(std::max<std::size_t>(1, rank), values.size()) - 1;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(place);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// @param rows  reordered
domain::ErrorTable grown(std::vector<Row>& rows, const UncertaintyOptions& options) {
  domain::ErrorTable table;
  table.coverage = options.coverage;
  table.branches = options.branches;
  std::vector<std::size_t> bounds{0, rows.size()};  // of the nodes of this level
  for (std::size_t f = 0; f < kFeatures; ++f) {
    const auto parts = static_cast<std::size_t>(options.branches[f]);
    std::vector<std::size_t> finer{0};
    for (std::size_t node = 0; node + 1 < bounds.size(); ++node) {
      const std::size_t begin = bounds[node];
      const std::size_t count = bounds[node + 1] - begin;
      // Rows of one value may come in any order: errors do not decide where they fall.
      std::stable_sort(rows.begin() + static_cast<std::ptrdiff_t>(begin),
                       rows.begin() + static_cast<std::ptrdiff_t>(begin + count),
                       [f](const Row& a, const Row& b) { return a.features.at(f) < b.features.at(f); });
      for (std::size_t part = 1; part <= parts; ++part) {
        const std::size_t end = begin + count * part / parts;
        if (part < parts) table.edges.push_back(static_cast<double>(rows[end].features.at(f)));
        finer.push_back(end);
      }
    }
    bounds = std::move(finer);
  }
  std::vector<float> errors;
  for (std::size_t leaf = 0; leaf + 1 < bounds.size(); ++leaf) {
    errors.clear();
    for (std::size_t n = bounds[leaf]; n < bounds[leaf + 1]; ++n) errors.push_back(rows[n].error);
    table.half_width.push_back(
        static_cast<double>(std::max(kLeastWidth, upper_quantile(errors, options.coverage))));
  }
  return table;
}

/// Errors of one scan over what a table says of them.
std::vector<float> shares_of_width(const ErrorRows& scan, const domain::ErrorTable& table) {
  std::vector<float> shares;
  shares.reserve(scan.error.size());
  for (std::size_t n = 0; n < scan.error.size(); ++n) {
    const double width = table.half_width[table.leaf(scan.features.data() + n * kFeatures)];
    shares.push_back(static_cast<float>(static_cast<double>(scan.error[n]) / width));
  }
  return shares;
}

}  // namespace

std::string UncertaintyOptions::problem() const {
  if (!(coverage >= 0.5 && coverage <= 0.99)) return "uncertainty.coverage must lie in 0.5..0.99";
  if (branches.size() != kFeatures)
    return "uncertainty.branches must be " + std::to_string(kFeatures) + " numbers";
  for (const int parts : branches) {
    if (parts < 1 || parts > 16) return "uncertainty.branches must lie in 1..16";
  }
  if (rows < 1000 || rows > 10'000'000) return "uncertainty.rows must lie in 1000..10000000";
  return {};
}

ErrorRows error_rows(const core::Volume& image, const core::Volume& truth, const core::Mask& brain,
                     const UncertaintyOptions& options, const core::Context& context) {
  core::require_same_grid(image.grid, truth.grid, "truth");
  const ErrorFeatures features(image, brain, context);
  std::vector<std::size_t> voxels;
  for (std::size_t n = 0; n < brain.voxels.size(); ++n) {
    if (brain.voxels[n] != 0) voxels.push_back(n);
  }
  const std::size_t count = std::min(options.rows, voxels.size());
  ErrorRows rows;
  rows.features.resize(count * kFeatures);
  for (std::size_t r = 0; r < count; ++r) {
    const std::size_t voxel = voxels[voxels.size() * r / count];
    features.row(voxel, rows.features.data() + r * kFeatures);
    rows.error.push_back(std::abs(image.voxels[voxel] - truth.voxels[voxel]));
  }
  return rows;
}

domain::ErrorTable fit_error_table(const std::vector<ErrorRows>& scans, const UncertaintyOptions& options,
                                   const core::Context& context) {
  if (const std::string problem = options.problem(); !problem.empty())
    throw Error(ErrorKind::Config, problem);
  std::size_t count = 0;
  for (const ErrorRows& scan : scans) {
    if (scan.features.size() != scan.error.size() * kFeatures)
      throw Error(ErrorKind::Internal, "uncertainty: features and errors do not belong together");
    const auto finite = [](float v) { return std::isfinite(v); };
    if (!std::all_of(scan.features.begin(), scan.features.end(), finite) ||
        !std::all_of(scan.error.begin(), scan.error.end(), finite))
      throw Error(ErrorKind::Numeric, "uncertainty: a voxel of a made scan is not finite");
    count += scan.error.size();
  }
  if (scans.size() < 2 || count < kLeastRows * domain::leaf_count(options.branches)) return {};

  // The last table is that of all scans.
  std::vector<domain::ErrorTable> tables(scans.size() + 1);
  core::parallel_for(
      static_cast<std::int64_t>(tables.size()), context.threads, [&](std::int64_t begin, std::int64_t end) {
        for (auto n = static_cast<std::size_t>(begin); n < static_cast<std::size_t>(end); ++n) {
          context.check_stop();
          std::vector<Row> rows = rows_without(scans, n);
          tables[n] = grown(rows, options);
        }
      });
  domain::ErrorTable table = std::move(tables.back());
  std::vector<std::vector<float>> shares;
  std::vector<float> all;
  for (std::size_t s = 0; s < scans.size(); ++s) {
    shares.push_back(shares_of_width(scans[s], tables[s]));
    all.insert(all.end(), shares.back().begin(), shares.back().end());
  }
  const float stretch = std::max(1.0F, upper_quantile(all, options.coverage));
  for (double& width : table.half_width) width *= static_cast<double>(stretch);
  for (const std::vector<float>& scan : shares) {
    const auto within =
        std::count_if(scan.begin(), scan.end(), [&](float share) { return share <= stretch; });
    table.held_out.push_back(static_cast<double>(within) /
                             static_cast<double>(std::max<std::size_t>(1, scan.size())));
  }
  return table;
}

}  // namespace isoscan::harmonize
