#include "isoscan/report/histogram.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/report/mosaic.hpp"

namespace isoscan::report {
namespace {

void require_one_kind(const std::vector<TissueHistograms>& people) {
  if (people.empty()) throw core::Error(core::ErrorKind::Internal, "histograms of no people");
  for (const TissueHistograms& person : people) {
    for (const Histogram& histogram : person) {
      if (histogram.bins != people.front().front().bins ||
          histogram.density.size() != static_cast<std::size_t>(histogram.bins.count)) {
        throw core::Error(core::ErrorKind::Internal, "histograms with different bins do not make one figure");
      }
    }
  }
}

/// The posterior on the volume's grid: as it is, or plane by plane through world space.
core::Volume on_grid(const core::Volume& posterior, const core::Grid& grid) {
  core::Volume result(grid);
  Slice plane;
  plane.right_mm = grid.world_from_voxel.column(0);
  plane.down_mm = grid.world_from_voxel.column(1);
  plane.width = static_cast<int>(grid.size[0]);
  plane.height = static_cast<int>(grid.size[1]);
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    plane.origin_mm = grid.world_from_voxel({0, 0, static_cast<double>(k)});
    const std::vector<float> values = sample(posterior, plane);
    std::copy(values.begin(), values.end(),
              result.voxels.begin() + static_cast<std::ptrdiff_t>(grid.index(0, 0, k)));
  }
  return result;
}

Histogram weighted(const core::Volume& volume, const core::Volume& weight, const Bins& bins) {
  Histogram histogram{bins, std::vector<double>(static_cast<std::size_t>(bins.count), 0.0)};
  double total = 0.0;
  for (std::size_t n = 0; n < volume.voxels.size(); ++n) {
    const double w = weight.voxels[n];
    if (!(w > 0) || !std::isfinite(volume.voxels[n])) continue;
    total += w;
    const double place = std::floor((volume.voxels[n] - bins.low) / bins.width());
    if (place >= 0 && place < bins.count) histogram.density[static_cast<std::size_t>(place)] += w;
  }
  if (!(total > 0))
    throw core::Error(core::ErrorKind::Numeric, "histogram: a tissue has no voxel in the scan");
  for (double& value : histogram.density) value /= total * bins.width();
  return histogram;
}

}  // namespace

std::string Bins::problem() const {
  if (!(std::isfinite(low) && std::isfinite(high) && low < high))
    return "bins must run from low to a higher high";
  if (count < 2 || count > 2000) return "the number of bins must be in 2..2000";
  return {};
}

TissueHistograms tissue_histograms(const core::Volume& volume, const core::TissueMaps& tissue,
                                   const Bins& bins) {
  if (const std::string problem = bins.problem(); !problem.empty()) {
    throw core::Error(core::ErrorKind::Config, "histogram: " + problem);
  }
  TissueHistograms histograms;
  for (std::size_t t = 0; t < histograms.size(); ++t) {
    const core::Volume& posterior = tissue.posterior[t];
    histograms[t] = posterior.grid == volume.grid ? weighted(volume, posterior, bins)
                                                  : weighted(volume, on_grid(posterior, volume.grid), bins);
  }
  return histograms;
}

TissueBands histogram_bands(const std::vector<TissueHistograms>& people, double q) {
  require_one_kind(people);
  TissueBands bands;
  for (std::size_t t = 0; t < bands.size(); ++t) {
    const Bins& bins = people.front()[t].bins;
    bands[t].bins = bins;
    for (std::size_t bin = 0; bin < static_cast<std::size_t>(bins.count); ++bin) {
      std::vector<float> values;
      for (const TissueHistograms& person : people)
        values.push_back(static_cast<float>(person[t].density[bin]));
      bands[t].low.push_back(core::quantile(values, q));
      bands[t].high.push_back(core::quantile(values, 1.0 - q));
    }
  }
  return bands;
}

TissueHistograms mean_histograms(const std::vector<TissueHistograms>& people) {
  require_one_kind(people);
  TissueHistograms mean = people.front();
  for (std::size_t t = 0; t < mean.size(); ++t) {
    for (std::size_t bin = 0; bin < mean[t].density.size(); ++bin) {
      double sum = 0.0;
      for (const TissueHistograms& person : people) sum += person[t].density[bin];
      mean[t].density[bin] = sum / static_cast<double>(people.size());
    }
  }
  return mean;
}

}  // namespace isoscan::report
