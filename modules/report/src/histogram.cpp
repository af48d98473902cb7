#include "isoscan/report/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "isoscan/core/error.hpp"
#include "isoscan/report/mosaic.hpp"

#include "grid_part.hpp"

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

/// One tissue's histogram of one volume, voxel by voxel.
class Counter {
 public:
  explicit Counter(const Bins& bins)
      : histogram_{bins, std::vector<double>(static_cast<std::size_t>(bins.count), 0.0)} {}

  void add(double value, double weight) {
    if (!(weight > 0) || !std::isfinite(value)) return;
    total_ += weight;
    const Bins& bins = histogram_.bins;
    const double place = (value - bins.low) / bins.width();
    if (!(place >= 0.0 && place < bins.count)) return;
    // Shared between the two bins whose middles it lies between: whole numbers would make a comb.
    const double middle = place - 0.5;
    const double first = std::floor(middle);
    const auto at = [&](double bin) -> double& {
      return histogram_.density[static_cast<std::size_t>(std::clamp(bin, 0.0, bins.count - 1.0))];
    };
    at(first) += weight * (first + 1.0 - middle);
    at(first + 1.0) += weight * (middle - first);
  }

  [[nodiscard]] Histogram finished() && {
    if (!(total_ > 0))
      throw core::Error(core::ErrorKind::Numeric, "histogram: a tissue has no voxel in the scan");
    for (double& value : histogram_.density) value /= total_ * histogram_.bins.width();
    return std::move(histogram_);
  }

 private:
  Histogram histogram_;
  double total_ = 0.0;
};

/// Of volumes on one grid. The posterior is taken as it is, or plane by plane through world space.
std::vector<Histogram> weighted(const std::vector<const core::Volume*>& volumes,
                                const core::Volume& posterior, const Bins& bins) {
  const core::Grid& grid = volumes.front()->grid;
  std::vector<Counter> counters(volumes.size(), Counter(bins));
  const auto add = [&](std::size_t voxel, float weight) {
    if (!(weight > 0.0F)) return;
    for (std::size_t v = 0; v < volumes.size(); ++v) counters[v].add(volumes[v]->voxels[voxel], weight);
  };
  if (posterior.grid == grid) {
    for (std::size_t n = 0; n < posterior.voxels.size(); ++n) add(n, posterior.voxels[n]);
  } else {
    const auto [begin, end] =
        part_near(grid, posterior.grid, [&](std::size_t n) { return posterior.voxels[n] > 0.0F; });
    Slice plane;
    plane.right_mm = grid.world_from_voxel.column(0);
    plane.down_mm = grid.world_from_voxel.column(1);
    plane.width = static_cast<int>(std::max<std::int64_t>(0, end[0] - begin[0]));
    plane.height = static_cast<int>(std::max<std::int64_t>(0, end[1] - begin[1]));
    for (std::int64_t k = begin[2]; k < end[2]; ++k) {
      plane.origin_mm = grid.world_from_voxel(
          {static_cast<double>(begin[0]), static_cast<double>(begin[1]), static_cast<double>(k)});
      const std::vector<float> weights = sample(posterior, plane);
      std::size_t n = 0;
      for (std::int64_t j = begin[1]; j < end[1]; ++j) {
        for (std::int64_t i = begin[0]; i < end[0]; ++i) add(grid.index(i, j, k), weights[n++]);
      }
    }
  }
  std::vector<Histogram> histograms;
  for (Counter& counter : counters) histograms.push_back(std::move(counter).finished());
  return histograms;
}

}  // namespace

std::string Bins::problem() const {
  if (!(std::isfinite(low) && std::isfinite(high) && low < high))
    return "bins must run from low to a higher high";
  if (count < 2 || count > 2000) return "the number of bins must be in 2..2000";
  return {};
}

std::vector<TissueHistograms> tissue_histograms(const std::vector<const core::Volume*>& volumes,
                                                const core::TissueMaps& tissue, const Bins& bins) {
  if (const std::string problem = bins.problem(); !problem.empty()) {
    throw core::Error(core::ErrorKind::Config, "histogram: " + problem);
  }
  for (const core::Volume* volume : volumes)
    core::require_same_grid(volumes.front()->grid, volume->grid, "volumes of one histogram");
  std::vector<TissueHistograms> histograms(volumes.size());
  for (std::size_t t = 0; t < core::kTissueCount && !volumes.empty(); ++t) {
    std::vector<Histogram> of_tissue = weighted(volumes, tissue.posterior[t], bins);
    for (std::size_t v = 0; v < volumes.size(); ++v) histograms[v][t] = std::move(of_tissue[v]);
  }
  return histograms;
}

TissueHistograms tissue_histograms(const core::Volume& volume, const core::TissueMaps& tissue,
                                   const Bins& bins) {
  return tissue_histograms(std::vector<const core::Volume*>{&volume}, tissue, bins).front();
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
