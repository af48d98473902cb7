// Fidelity of edges.
#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/quality/fidelity.hpp"

namespace isoscan::quality {

namespace {

/// Sums over voxels whose six neighbours all lie in the mask; calls visit(|g_truth|^2, |g_image|^2, <g_image,
/// g_truth>).
template <class Visit>
void for_each_gradient(const core::Volume& image, const core::Volume& truth, const core::Mask& mask,
                       const Visit& visit) {
  core::require_same_grid(image.grid, truth.grid, "image and truth");
  core::require_same_grid(image.grid, mask.grid, "image and mask");
  const core::Grid& grid = mask.grid;
  const core::Vec3 spacing = grid.spacing_mm();
  const std::array<std::size_t, 3> step{1, static_cast<std::size_t>(grid.size[0]),
                                        static_cast<std::size_t>(grid.size[0] * grid.size[1])};
  bool any = false;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        const std::size_t n = grid.index(i, j, k);
        if (mask.voxels[n] == 0) continue;
        any = true;
        if (i == 0 || j == 0 || k == 0 || i + 1 == grid.size[0] || j + 1 == grid.size[1] ||
            k + 1 == grid.size[2])
          continue;
        bool inside = true;
        for (const std::size_t s : step)
          inside = inside && mask.voxels[n - s] != 0 && mask.voxels[n + s] != 0;
        if (!inside) continue;
        double tt = 0.0;
        double ii = 0.0;
        double it = 0.0;
        for (std::size_t a = 0; a < 3; ++a) {
          const double per_mm = 0.5 / spacing[a];
          const double gi =
              per_mm * (static_cast<double>(image.voxels[n + step[a]]) - image.voxels[n - step[a]]);
          const double gt =
              per_mm * (static_cast<double>(truth.voxels[n + step[a]]) - truth.voxels[n - step[a]]);
          tt += gt * gt;
          ii += gi * gi;
          it += gi * gt;
        }
        visit(tt, ii, it);
      }
    }
  }
  if (!any) throw core::Error(core::ErrorKind::Numeric, "gradients in an empty mask");
}

}  // namespace

std::optional<double> gradient_correlation(const core::Volume& image, const core::Volume& truth,
                                           const core::Mask& mask) {
  double tt = 0.0;
  double ii = 0.0;
  double it = 0.0;
  for_each_gradient(image, truth, mask, [&](double t, double i, double both) {
    tt += t;
    ii += i;
    it += both;
  });
  if (tt == 0.0 || ii == 0.0) return std::nullopt;
  return std::clamp(it / std::sqrt(tt * ii), -1.0, 1.0);
}

std::optional<double> gradient_energy_ratio(const core::Volume& image, const core::Volume& truth,
                                            const core::Mask& mask, double edge_share) {
  if (!(edge_share > 0.0 && edge_share <= 1.0)) {
    throw core::Error(core::ErrorKind::Config, "gradient energy ratio: the share of edges must lie in 0..1");
  }
  std::vector<float> of_truth;
  std::vector<double> energy_truth;
  std::vector<double> energy_image;
  for_each_gradient(image, truth, mask, [&](double t, double i, double) {
    of_truth.push_back(static_cast<float>(t));
    energy_truth.push_back(t);
    energy_image.push_back(i);
  });
  if (of_truth.empty()) return std::nullopt;
  const double strong = core::quantile(of_truth, 1.0 - edge_share);
  double tt = 0.0;
  double ii = 0.0;
  for (std::size_t n = 0; n < energy_truth.size(); ++n) {
    if (static_cast<float>(energy_truth[n]) < static_cast<float>(strong)) continue;
    tt += energy_truth[n];
    ii += energy_image[n];
  }
  if (tt == 0.0) return std::nullopt;
  return ii / tt;
}

}  // namespace isoscan::quality
