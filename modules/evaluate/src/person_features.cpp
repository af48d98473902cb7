#include "person_features.hpp"

#include <cmath>
#include <utility>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/features/bands.hpp"

namespace isoscan::evaluate {

namespace {

constexpr std::size_t kHeadCoordinates = 3;  ///< the last columns of a row: they tell the mask, not the scan

quality::Samples without_coordinates(const domain::LevelSummary& level) {
  const std::size_t dims = level.dims();
  quality::Samples out;
  out.dimensions = dims - kHeadCoordinates;
  for (std::size_t n = 0; n < level.row_count(); ++n) {
    const float* row = level.rows.data() + n * dims;
    out.values.insert(out.values.end(), row, row + out.dimensions);
  }
  return out;
}

}  // namespace

quality::Samples raw_patches(const core::Volume& image, const core::Mask& mask, std::size_t count,
                             std::uint64_t seed) {
  const core::Grid& grid = image.grid;
  std::array<std::ptrdiff_t, 27> offset{};
  for (int n = 0; n < 27; ++n) {
    offset[static_cast<std::size_t>(n)] =
        (n % 3 - 1) + (n / 3 % 3 - 1) * grid.size[0] + (n / 9 - 1) * grid.size[0] * grid.size[1];
  }
  std::vector<std::size_t> centres;
  for (std::int64_t k = 1; k + 1 < grid.size[2]; ++k) {
    for (std::int64_t j = 1; j + 1 < grid.size[1]; ++j) {
      for (std::int64_t i = 1; i + 1 < grid.size[0]; ++i) {
        const std::size_t n = grid.index(i, j, k);
        bool whole = true;
        for (std::size_t o = 0; whole && o < offset.size(); ++o)
          whole = mask.voxels[static_cast<std::size_t>(static_cast<std::ptrdiff_t>(n) + offset[o])] != 0;
        if (whole) centres.push_back(n);
      }
    }
  }
  if (centres.empty())
    throw core::Error(core::ErrorKind::Input, "the brain holds not one patch of 3^3 voxels");
  core::Random random(seed, "evaluate.patches");
  quality::Samples out;
  out.dimensions = offset.size();
  for (std::size_t n = 0; n < std::min(count, centres.size()); ++n) {
    std::swap(centres[n], centres[n + random.below(centres.size() - n)]);
    for (const std::ptrdiff_t o : offset)
      out.values.push_back(
          image.voxels[static_cast<std::size_t>(static_cast<std::ptrdiff_t>(centres[n]) + o)]);
  }
  return out;
}

double quantile_difference(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size() || a.empty())
    throw core::Error(core::ErrorKind::Internal, "quantile functions of different length");
  double square = 0.0;
  for (std::size_t n = 0; n < a.size(); ++n) square += (a[n] - b[n]) * (a[n] - b[n]);
  return std::sqrt(square / static_cast<double>(a.size()));
}

PersonFeatures features_of(const std::string& id, const preprocess::Prepared& scan, double spacing_mm,
                           harmonize::FitOptions fit, std::size_t rows_per_person,
                           const core::Context& context) {
  fit.rows_per_scan = rows_per_person;
  const domain::ScanSummary summary = harmonize::summarize(scan, {spacing_mm}, fit, context);
  const domain::LevelSummary& level = summary.levels.front();
  PersonFeatures out;
  out.id = id;
  for (const auto& [name, value] : domain::measures(level)) out.image.push_back(value);
  for (const double p : {0.01, 0.25, 0.5, 0.75, 0.99}) {
    const auto at = static_cast<std::size_t>(p * static_cast<double>(level.quantiles.size() - 1));
    out.image.push_back(level.quantiles[at]);
  }
  out.bands = without_coordinates(level);
  out.patches = raw_patches(scan.image, scan.brain, rows_per_person, context.seed);
  out.quantiles = level.quantiles;
  out.share = level.tissue_share;
  return out;
}

}  // namespace isoscan::evaluate
