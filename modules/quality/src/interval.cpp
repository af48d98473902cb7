#include "isoscan/quality/interval.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "isoscan/core/error.hpp"

namespace isoscan::quality {

namespace {

constexpr double kEdgeShare = 0.1;
constexpr double kLeastVoxels = 20.0;

struct Count {
  double all = 0.0;
  double within = 0.0;

  void add(bool in) {
    all += 1.0;
    within += in ? 1.0 : 0.0;
  }
  [[nodiscard]] std::optional<double> share() const {
    return all < kLeastVoxels ? std::nullopt : std::optional(within / all);
  }
};

/// Squared gradient by central differences; nothing where a neighbour lies outside of the mask.
std::optional<double> gradient_at(const core::Volume& image, const core::Mask& mask, std::size_t n) {
  const auto& size = mask.grid.size;
  const core::Vec3 spacing = mask.grid.spacing_mm();
  const std::array<std::int64_t, 3> step{1, size[0], size[0] * size[1]};
  double sum = 0.0;
  for (std::size_t a = 0; a < 3; ++a) {
    const auto here = static_cast<std::int64_t>(n);
    const std::int64_t at = here / step[a] % size[a];
    if (at == 0 || at + 1 == size[a]) return std::nullopt;
    const auto below = static_cast<std::size_t>(here - step[a]);
    const auto above = static_cast<std::size_t>(here + step[a]);
    if (mask.voxels[below] == 0 || mask.voxels[above] == 0) return std::nullopt;
    const double d = (static_cast<double>(image.voxels[above]) - static_cast<double>(image.voxels[below])) /
                     (2.0 * spacing[a]);
    sum += d * d;
  }
  return sum;
}

}  // namespace

IntervalCoverage interval_coverage(const core::Volume& image, const core::Volume& half_width,
                                   const core::Volume& truth, const core::Mask& mask,
                                   const core::TissueMaps& tissue) {
  core::require_same_grid(image.grid, half_width.grid, "half-width");
  core::require_same_grid(image.grid, truth.grid, "truth");
  core::require_same_grid(image.grid, mask.grid, "mask");
  for (const core::Volume& posterior : tissue.posterior)
    core::require_same_grid(image.grid, posterior.grid, "tissue");
  Count all;
  std::array<Count, core::kTissueCount> of_tissue;
  std::vector<std::pair<double, bool>> edges;  // squared gradient, whether the interval holds the truth
  double width = 0.0;
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] == 0) continue;
    const bool in = std::abs(image.voxels[n] - truth.voxels[n]) <= half_width.voxels[n];
    all.add(in);
    width += static_cast<double>(half_width.voxels[n]);
    for (std::size_t t = 0; t < of_tissue.size(); ++t) {
      if (tissue.posterior.at(t).voxels[n] > 0.5F) of_tissue.at(t).add(in);
    }
    if (const auto gradient = gradient_at(image, mask, n)) edges.emplace_back(*gradient, in);
  }
  if (all.all == 0.0) throw core::Error(core::ErrorKind::Numeric, "coverage in an empty mask");
  IntervalCoverage out;
  out.all = all.within / all.all;
  out.half_width = width / all.all;
  for (std::size_t t = 0; t < of_tissue.size(); ++t) out.tissue.at(t) = of_tissue.at(t).share();
  const auto strongest = static_cast<std::ptrdiff_t>(kEdgeShare * static_cast<double>(edges.size()));
  std::nth_element(edges.begin(), edges.begin() + strongest, edges.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  Count of_edges;
  for (auto at = edges.begin(); at != edges.begin() + strongest; ++at) of_edges.add(at->second);
  out.edges = of_edges.share();
  return out;
}

}  // namespace isoscan::quality
