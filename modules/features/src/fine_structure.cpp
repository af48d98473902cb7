#include "isoscan/features/fine_structure.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/smooth.hpp"
#include "isoscan/features/world_axes.hpp"

#include "mask_box.hpp"

namespace isoscan::features {

namespace {

constexpr int kEdge = 2;  // voxels at the mask's edge that are left out: the local mean is one-sided there

/// The mask less its outermost layer of voxels, `times` times.
core::Mask eroded(core::Mask mask, int times) {
  const auto& size = mask.grid.size;
  const std::array<std::size_t, 3> stride{1, static_cast<std::size_t>(size[0]),
                                          static_cast<std::size_t>(size[0] * size[1])};
  for (int t = 0; t < times; ++t) {
    const core::Mask before = mask;
    for (std::int64_t k = 0; k < size[2]; ++k) {
      for (std::int64_t j = 0; j < size[1]; ++j) {
        for (std::int64_t i = 0; i < size[0]; ++i) {
          const std::size_t n = mask.grid.index(i, j, k);
          if (before.voxels[n] == 0) continue;
          const bool border =
              i == 0 || j == 0 || k == 0 || i + 1 == size[0] || j + 1 == size[1] || k + 1 == size[2];
          bool whole = !border;
          for (std::size_t a = 0; a < 3 && whole; ++a)
            whole = before.voxels[n - stride[a]] != 0 && before.voxels[n + stride[a]] != 0;
          if (!whole) mask.voxels[n] = 0;
        }
      }
    }
  }
  return mask;
}

struct Lag {
  int x, y, z;
};

/// One of each pair l, -l.
std::vector<Lag> half_of_lags(int reach) {
  std::vector<Lag> lags;
  for (int z = 0; z <= reach; ++z) {
    for (int y = -reach; y <= reach; ++y) {
      for (int x = -reach; x <= reach; ++x) {
        const bool half = z > 0 || y > 0 || (y == 0 && x >= 0);
        if (half && x * x + y * y + z * z <= reach * reach + 2) lags.push_back({x, y, z});
      }
    }
  }
  return lags;
}

/// The image less its local mean.
core::Volume fine_part(const core::Volume& image, const core::Mask& mask, const core::Context& context) {
  const core::Vec3 spacing = image.grid.spacing_mm();
  const double sd_mm = kFineStructureSd * std::cbrt(spacing[0] * spacing[1] * spacing[2]);
  core::Volume fine = core::gaussian_in(image, mask, sd_mm, context);
  for (std::size_t n = 0; n < fine.voxels.size(); ++n) fine.voxels[n] = image.voxels[n] - fine.voxels[n];
  return fine;
}

/// Mean of weight(x) a(x) weight(x + l) a(x + l) over the weight's pairs, by lag.
/// @param crop  the image times its weight, beside the weight, with a rim of the reach
FineStructure by_lag(const Crop& crop, const core::Context& context) {
  FineStructure out;
  out.reach = kFineStructureReach;
  const int edge = 2 * out.reach + 1;
  out.value.assign(
      static_cast<std::size_t>(edge) * static_cast<std::size_t>(edge) * static_cast<std::size_t>(edge), 0.0);
  const std::array<std::int64_t, 3> step = world_steps(crop.image.grid);
  const auto& size = crop.image.grid.size;
  const std::vector<Lag> lags = half_of_lags(out.reach);
  core::parallel_for(static_cast<std::int64_t>(lags.size()), context.threads,
                     [&](std::int64_t begin, std::int64_t end) {
                       for (std::int64_t q = begin; q < end; ++q) {
                         const Lag lag = lags[static_cast<std::size_t>(q)];
                         const std::int64_t away = lag.x * step[0] + lag.y * step[1] + lag.z * step[2];
                         double sum = 0.0;
                         double pairs = 0.0;
                         for (std::int64_t k = out.reach; k < size[2] - out.reach; ++k) {
                           for (std::int64_t j = out.reach; j < size[1] - out.reach; ++j) {
                             const std::size_t line = crop.image.grid.index(0, j, k);
                             const float* a = crop.image.voxels.data() + line;
                             const float* w = crop.weight.voxels.data() + line;
                             float line_sum = 0.0F;
                             float line_pairs = 0.0F;
                             for (std::int64_t i = out.reach; i < size[0] - out.reach; ++i) {
                               line_sum += a[i] * a[i + away];  // 0 outside
                               line_pairs += w[i] * w[i + away];
                             }
                             sum += static_cast<double>(line_sum);
                             pairs += static_cast<double>(line_pairs);
                           }
                         }
                         const double value = sum / std::max(1.0, pairs);
                         out.value[out.index(lag.x, lag.y, lag.z)] = value;
                         out.value[out.index(-lag.x, -lag.y, -lag.z)] = value;
                       }
                     });
  return out;
}

}  // namespace

FineStructure fine_structure(const core::Volume& image, const core::Mask& mask,
                             const core::Context& context) {
  core::require_same_grid(image.grid, mask.grid, "mask");
  core::Volume fine = fine_part(image, mask, context);
  const core::Mask inside = eroded(mask, kEdge);
  const std::size_t count = inside.count();
  if (count == 0) throw core::Error(core::ErrorKind::Numeric, "the brain mask has no inside");
  double mean = 0.0;
  for (std::size_t n = 0; n < fine.voxels.size(); ++n) {
    if (inside.voxels[n] != 0) mean += static_cast<double>(fine.voxels[n]);
  }
  mean /= static_cast<double>(count);
  for (float& v : fine.voxels) v -= static_cast<float>(mean);
  return by_lag(crop_to_mask(fine, inside, kFineStructureReach), context);
}

std::vector<FineStructure> fine_structure_of(const core::Volume& image, const core::Mask& mask,
                                             const std::vector<core::Volume>& weights,
                                             const core::Context& context) {
  core::require_same_grid(image.grid, mask.grid, "mask");
  const core::Volume fine = fine_part(image, mask, context);
  const core::Mask inside = eroded(mask, kEdge);
  if (inside.count() == 0) throw core::Error(core::ErrorKind::Numeric, "the brain mask has no inside");
  std::vector<FineStructure> all;
  for (const core::Volume& weight : weights) {
    core::require_same_grid(image.grid, weight.grid, "weight");
    double total = 0.0;
    double mean = 0.0;
    for (std::size_t n = 0; n < fine.voxels.size(); ++n) {
      if (inside.voxels[n] == 0) continue;
      total += static_cast<double>(weight.voxels[n]);
      mean += static_cast<double>(weight.voxels[n]) * static_cast<double>(fine.voxels[n]);
    }
    mean /= std::max(1e-9, total);
    Crop crop = crop_to_mask(fine, inside, kFineStructureReach);
    crop.weight = crop_to_mask(weight, inside, kFineStructureReach).image;  // 0 outside as well
    for (std::size_t n = 0; n < crop.image.voxels.size(); ++n)
      crop.image.voxels[n] = crop.weight.voxels[n] * (crop.image.voxels[n] - static_cast<float>(mean));
    all.push_back(by_lag(crop, context));
  }
  return all;
}

FineStructure white_noise_structure() {
  // (delta - g) * (delta - g) with g the Gaussian of the local mean: delta - 2 g + g * g.
  const auto gaussian = [](double sd, int m) {
    double total = 0.0;
    for (int n = -40; n <= 40; ++n) total += std::exp(-0.5 * n * n / (sd * sd));
    return std::exp(-0.5 * m * m / (sd * sd)) / total;
  };
  FineStructure out;
  out.reach = kFineStructureReach;
  for (int z = -out.reach; z <= out.reach; ++z) {
    for (int y = -out.reach; y <= out.reach; ++y) {
      for (int x = -out.reach; x <= out.reach; ++x) {
        constexpr double kSd = kFineStructureSd;
        const double wide = kSd * std::sqrt(2.0);
        const double once = gaussian(kSd, x) * gaussian(kSd, y) * gaussian(kSd, z);
        const double twice = gaussian(wide, x) * gaussian(wide, y) * gaussian(wide, z);
        out.value.push_back((x == 0 && y == 0 && z == 0 ? 1.0 : 0.0) - 2.0 * once + twice);
      }
    }
  }
  return out;
}

}  // namespace isoscan::features
