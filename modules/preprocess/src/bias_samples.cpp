#include "bias_samples.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/core/smooth.hpp"

namespace isoscan::preprocess {

namespace {

/// Steepness of the log intensity at the voxels whose six neighbours lie in the brain and are bright enough;
/// negative elsewhere.
core::Volume steepness(const core::Volume& smooth, const core::Mask& inside) {
  core::Volume out(smooth.grid, -1.0F);
  const auto& size = smooth.grid.size;
  const core::Vec3 spacing = smooth.grid.spacing_mm();
  const std::array<std::size_t, 3> stride{1, static_cast<std::size_t>(size[0]),
                                          static_cast<std::size_t>(size[0] * size[1])};
  for (std::int64_t k = 1; k + 1 < size[2]; ++k) {
    for (std::int64_t j = 1; j + 1 < size[1]; ++j) {
      for (std::int64_t i = 1; i + 1 < size[0]; ++i) {
        const std::size_t n = smooth.grid.index(i, j, k);
        if (inside.voxels[n] == 0) continue;
        double square = 0.0;
        bool whole = true;
        for (std::size_t a = 0; a < 3 && whole; ++a) {
          whole = inside.voxels[n - stride[a]] != 0 && inside.voxels[n + stride[a]] != 0;
          const double d = (smooth.voxels[n + stride[a]] - smooth.voxels[n - stride[a]]) / (2.0 * spacing[a]);
          square += d * d;
        }
        if (whole) out.voxels[n] = static_cast<float>(std::sqrt(square) / smooth.voxels[n]);
      }
    }
  }
  return out;
}

/// The steepness that the given share of the brain does not exceed.
float steepness_limit(const core::Volume& steep, double share) {
  std::vector<float> values;
  for (const float v : steep.voxels) {
    if (v >= 0.0F) values.push_back(v);
  }
  if (values.empty()) throw core::Error(core::ErrorKind::Numeric, "the brain mask has no inside");
  return static_cast<float>(core::quantile(values, share));
}

}  // namespace

BrainSamples samples_in(const core::Volume& volume, const core::Mask& brain, const BiasOptions& options,
                        const core::Context& context) {
  std::vector<float> positive;
  for (std::size_t n = 0; n < brain.voxels.size(); ++n) {
    if (brain.voxels[n] != 0 && volume.voxels[n] > 0.0F) positive.push_back(volume.voxels[n]);
  }
  if (positive.empty()) throw core::Error(core::ErrorKind::Numeric, "the brain holds no positive intensity");
  const double median = core::quantile(positive, 0.5);
  const auto lowest = static_cast<float>(0.05 * median);
  core::Mask inside = brain;
  for (std::size_t n = 0; n < inside.voxels.size(); ++n) {
    if (!(volume.voxels[n] > lowest)) inside.voxels[n] = 0;
  }
  const core::Volume smooth = core::gaussian_in(volume, inside, options.smooth_mm, context);
  const core::Volume steep = steepness(smooth, inside);
  const float limit = steepness_limit(steep, options.flat_share);

  BrainSamples s;
  s.median = std::log(median);
  const auto& size = volume.grid.size;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      const std::size_t begin = s.i.size();
      const std::size_t line = volume.grid.index(0, j, k);
      for (std::int64_t i = 0; i < size[0]; ++i) {
        const std::size_t n = line + static_cast<std::size_t>(i);
        if (steep.voxels[n] < 0.0F) continue;
        s.flat.push_back(steep.voxels[n] <= limit ? 1 : 0);
        s.i.push_back(static_cast<std::int32_t>(i));
        s.log_intensity.push_back(std::log(smooth.voxels[n]));
      }
      if (s.i.size() > begin) s.rows.push_back({j, k, begin, s.i.size()});
    }
  }
  return s;
}

Blocks::Blocks(const core::Grid& grid, double mm) {
  const core::Vec3 spacing = grid.spacing_mm();
  for (std::size_t a = 0; a < 3; ++a) {
    edge_[a] = std::max<std::int64_t>(1, std::llround(mm / spacing[a]));
    count_[a] = (grid.size[a] + edge_[a] - 1) / edge_[a];
  }
}

core::Vec3 Blocks::centre(std::size_t block) const {
  const auto b = static_cast<std::int64_t>(block);
  const std::array<std::int64_t, 3> at{b % count_[0], b / count_[0] % count_[1], b / count_[0] / count_[1]};
  core::Vec3 voxel{};
  for (std::size_t a = 0; a < 3; ++a) {
    voxel[a] = static_cast<double>(at[a] * edge_[a]) + 0.5 * static_cast<double>(edge_[a] - 1);
  }
  return voxel;
}

}  // namespace isoscan::preprocess
