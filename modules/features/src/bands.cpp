#include "isoscan/features/bands.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/core/smooth.hpp"
#include "isoscan/features/world_axes.hpp"

#include "mask_box.hpp"

namespace isoscan::features {

namespace {

using core::Error;
using core::ErrorKind;
using core::Index3;
using core::Volume;

constexpr double kWidthOfSd = 2.3548200450309493;  // full width at half maximum of a Gaussian, 2 sqrt(2 ln 2)

/// smooth(image * mask) / smooth(mask) inside the mask.
Volume smooth_inside(const Volume& masked, const Volume& weight, const Volume& smooth_weight, double sd_mm,
                     const core::Context& context) {
  Volume out = core::gaussian(masked, sd_mm, context);
  for (std::size_t n = 0; n < out.voxels.size(); ++n) {
    out.voxels[n] = weight.voxels[n] > 0.0F ? out.voxels[n] / smooth_weight.voxels[n] : 0.0F;
  }
  return out;
}

BandRows encode_voxels(const Volume& image, const core::Mask& mask, const BandSpace& space,
                       std::vector<std::size_t> voxels, const core::Context& context) {
  const Crop crop = crop_to_mask(image, mask, 1);
  const core::Grid& box = crop.image.grid;
  const auto scales = space.sd_mm.size();

  std::vector<Volume> low;  // G1 .. Gm
  Volume variance;
  const std::size_t local = std::min<std::size_t>(1, scales - 1);  // the scale of the local SD
  for (std::size_t s = 0; s < scales; ++s) {
    const Volume smooth_weight = core::gaussian(crop.weight, space.sd_mm[s], context);
    low.push_back(smooth_inside(crop.image, crop.weight, smooth_weight, space.sd_mm[s], context));
    if (s != local) continue;
    Volume squares = crop.image;
    for (float& v : squares.voxels) v *= v;
    variance = smooth_inside(squares, crop.weight, smooth_weight, space.sd_mm[s], context);
    for (std::size_t n = 0; n < variance.voxels.size(); ++n) {
      variance.voxels[n] = std::max(0.0F, variance.voxels[n] - low[s].voxels[n] * low[s].voxels[n]);
    }
  }
  context.check_stop();

  const HeadFrame frame = head_frame(crop);
  const core::Vec3 spacing = box.spacing_mm();
  const std::array<std::size_t, 3> axis_of = voxel_axis_of_world(box);
  const std::array<std::int64_t, 3> step{1, box.size[0], box.size[0] * box.size[1]};
  BandRows rows;
  rows.grid = image.grid;
  rows.dims = space.dims();
  rows.voxels = std::move(voxels);
  rows.values.resize(rows.voxels.size() * static_cast<std::size_t>(rows.dims));
  core::parallel_for(
      static_cast<std::int64_t>(rows.rows()), context.threads, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r) {
          const std::size_t n = crop.from_grid(rows.voxels[static_cast<std::size_t>(r)], image.grid);
          float* row = rows.values.data() + r * rows.dims;
          double coarse = 0.0;
          for (std::size_t s = scales; s > 0; --s) {
            row[s] = s == scales ? low[s - 1].voxels[n] : low[s - 1].voxels[n] - low[s].voxels[n];
            coarse += row[s];
          }
          const float value = crop.image.voxels[n];
          row[0] = static_cast<float>(static_cast<double>(value) - coarse);  // the remainder: see decode

          float* around = row + space.bands();
          float squared = 0.0F;
          for (std::size_t world = 0; world < 3; ++world) {
            const std::size_t a = axis_of[world];
            const auto before = static_cast<std::size_t>(static_cast<std::int64_t>(n) - step[a]);
            const auto after = static_cast<std::size_t>(static_cast<std::int64_t>(n) + step[a]);
            const bool has_before =
                crop.weight.voxels[before] > 0.0F;  // outside the mask the voxel stands for its neighbour
            const bool has_after = crop.weight.voxels[after] > 0.0F;
            const float fine = low[0].voxels[n];
            const float slope =
                ((has_after ? low[0].voxels[after] : fine) - (has_before ? low[0].voxels[before] : fine)) /
                static_cast<float>(spacing[a] * std::max(1, int{has_before} + int{has_after}));
            squared += slope * slope;
            around[2 + world] = (has_before ? crop.image.voxels[before] : value) - 2.0F * value +
                                (has_after ? crop.image.voxels[after] : value);
          }
          around[0] = std::sqrt(squared);
          around[1] = std::sqrt(variance.voxels[n]);
          const auto at = static_cast<std::int64_t>(n);
          const std::int64_t line = at / box.size[0];
          const std::int64_t slice = line / box.size[1];
          const core::Vec3 x =
              box.world_from_voxel({static_cast<double>(at % box.size[0]),
                                    static_cast<double>(line % box.size[1]), static_cast<double>(slice)});
          for (std::size_t a = 0; a < 3; ++a)
            around[5 + a] = static_cast<float>((x[a] - frame.centre[a]) / frame.sd[a]);
        }
      });
  return rows;
}

std::vector<std::size_t> voxels_of(const core::Mask& mask) {
  std::vector<std::size_t> voxels;
  voxels.reserve(mask.count());
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] != 0) voxels.push_back(n);
  }
  return voxels;
}

}  // namespace

std::string BandOptions::problem() const {
  if (sd_mm.empty()) return "bands.sd_mm is empty: at least one scale is needed";
  for (std::size_t s = 0; s < sd_mm.size(); ++s) {
    if (!(sd_mm[s] > 0.0) || !std::isfinite(sd_mm[s]))
      return "bands.sd_mm holds a scale that is not positive";
    if (s > 0 && sd_mm[s] <= sd_mm[s - 1]) return "bands.sd_mm must rise from scale to scale";
  }
  if (!(alpha >= 0.0 && alpha <= 1.0)) return "bands.alpha must lie in 0..1";
  return {};
}

std::vector<std::string> BandSpace::names() const {
  std::vector<std::string> names;
  for (int b = 0; b < bands(); ++b) names.push_back("band" + std::to_string(b));
  for (const char* name :
       {"gradient", "local_sd", "second_x", "second_y", "second_z", "head_x", "head_y", "head_z"}) {
    names.emplace_back(name);
  }
  return names;
}

BandSpace band_space(const BandOptions& options, double spacing_mm) {
  if (const std::string problem = options.problem(); !problem.empty())
    throw Error(ErrorKind::Config, problem);
  BandSpace space;
  space.spacing_mm = spacing_mm;
  for (const double sd : options.sd_mm) {
    if (sd * kWidthOfSd >= spacing_mm) space.sd_mm.push_back(sd);
  }
  if (space.sd_mm.empty()) {
    throw Error(ErrorKind::Config, "voxels of " + std::to_string(spacing_mm) +
                                       " mm are wider than every scale of bands.sd_mm: add a coarser one");
  }
  return space;
}

BandRows encode(const Volume& image, const core::Mask& mask, const BandSpace& space,
                const core::Context& context) {
  core::require_same_grid(image.grid, mask.grid, "mask");
  return encode_voxels(image, mask, space, voxels_of(mask), context);
}

BandRows encode_sample(const Volume& image, const core::Mask& mask, const BandSpace& space, std::size_t count,
                       std::uint64_t seed, const core::Context& context) {
  core::require_same_grid(image.grid, mask.grid, "mask");
  std::vector<std::size_t> voxels = voxels_of(mask);
  if (voxels.size() > count) {
    core::Random random(seed, "features.sample");
    for (std::size_t n = 0; n < count; ++n) {  // the head of a Fisher-Yates shuffle
      std::swap(voxels[n], voxels[n + random.below(voxels.size() - n)]);
    }
    voxels.resize(count);
    std::sort(voxels.begin(), voxels.end());
  }
  return encode_voxels(image, mask, space, std::move(voxels), context);
}

Volume decode(const BandRows& rows, const BandSpace& space) {
  Volume image(rows.grid);
  const auto bands = static_cast<std::size_t>(space.bands());
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    const float* row = rows.values.data() + r * static_cast<std::size_t>(rows.dims);
    double coarse = 0.0;
    for (std::size_t b = bands - 1; b > 0; --b) coarse += row[b];  // the order of encode
    image.voxels[rows.voxels[r]] = static_cast<float>(coarse + static_cast<double>(row[0]));
  }
  return image;
}

ColumnScale fit_scale(const std::vector<float>& values, int dims) {
  const auto d = static_cast<std::size_t>(dims);
  const std::size_t n = d == 0 ? 0 : values.size() / d;
  if (n < 2) throw Error(ErrorKind::Numeric, "fewer than two feature rows: no mean and SD can be fitted");
  ColumnScale scale{std::vector<double>(d, 0.0), std::vector<double>(d, 0.0)};
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t c = 0; c < d; ++c) scale.mean[c] += static_cast<double>(values[r * d + c]);
  }
  for (double& m : scale.mean) m /= static_cast<double>(n);
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t c = 0; c < d; ++c) {
      const double z = static_cast<double>(values[r * d + c]) - scale.mean[c];
      scale.sd[c] += z * z;
    }
  }
  for (double& s : scale.sd) {
    if (!std::isfinite(s)) throw Error(ErrorKind::Numeric, "feature rows hold values that are not finite");
    s = std::max(1e-6, std::sqrt(s / static_cast<double>(n - 1)));
  }
  return scale;
}

std::vector<double> cost_weights(const ColumnScale& scale, const BandSpace& space, double alpha) {
  std::vector<double> weights;
  double mean = 0.0;
  for (int b = 0; b < space.bands(); ++b) {
    const double sd = scale.sd[static_cast<std::size_t>(b)];
    weights.push_back(std::pow(sd, -2.0 * alpha));
    mean += weights.back() * sd * sd / space.bands();
  }
  for (double& w : weights) w /= mean;
  return weights;
}

}  // namespace isoscan::features
