#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/core/smooth.hpp"
#include "isoscan/preprocess/atlas.hpp"

namespace isoscan::preprocess {

namespace {

constexpr std::size_t kTissues = core::kTissueCount;

/// The list and its mirror image, halved.
std::vector<double> mirrored(const std::vector<float>& list, std::int64_t edge) {
  std::vector<double> out(list.size());
  const auto e = static_cast<std::size_t>(edge);
  for (std::size_t n = 0; n < list.size(); ++n) {
    const std::size_t x = n % e;
    out[n] = 0.5 * (static_cast<double>(list[n]) + static_cast<double>(list[n - x + (e - 1 - x)]));
  }
  return out;
}

core::Volume smoothed(const std::vector<double>& list, std::int64_t edge, double cells,
                      const core::Context& context) {
  core::Grid grid;
  grid.size = {edge, edge, edge};
  core::Volume volume(grid);
  std::copy(list.begin(), list.end(), volume.voxels.begin());
  return core::gaussian(volume, cells, context);
}

/// Sums over ever wider surroundings: where the near ones hold little, the wider ones speak.
std::vector<double> ratio(const std::vector<double>& top, const std::vector<double>& bottom, double fallback,
                          std::int64_t edge, double smooth_cells, const core::Context& context) {
  constexpr double kWiden = 3.0;
  double total = 0.0;
  for (const double b : bottom) total += b;
  // As much as a typical cell of the brain holds, times a small share: what is guessed weighs that.
  const double guess = 0.01 * total / (0.3 * static_cast<double>(bottom.size())) + 1e-30;
  std::vector<double> out(top.size(), fallback);
  for (const double cells : {kWiden * kWiden * smooth_cells, kWiden * smooth_cells, smooth_cells}) {
    const core::Volume t = smoothed(top, edge, cells, context);
    const core::Volume b = smoothed(bottom, edge, cells, context);
    for (std::size_t n = 0; n < out.size(); ++n) {
      out[n] =
          (static_cast<double>(t.voxels[n]) + guess * out[n]) / (static_cast<double>(b.voxels[n]) + guess);
    }
  }
  return out;
}

/// Smoothing rounds the two sides differently: the first side for both, so that either half tells all.
std::vector<float> as_floats(const std::vector<double>& values, std::int64_t edge) {
  std::vector<float> out(values.begin(), values.end());
  const auto e = static_cast<std::size_t>(edge);
  for (std::size_t n = 0; n < out.size(); ++n) {
    const std::size_t x = n % e;
    if (x > e - 1 - x) out[n] = out[n - x + (e - 1 - x)];
  }
  return out;
}

}  // namespace

Atlas finish_atlas(const AtlasSums& sums, const core::Context& context, const AtlasOptions& options) {
  if (const std::string problem = options.problem(); !problem.empty()) {
    throw core::Error(core::ErrorKind::Config, "atlas: " + problem);
  }
  if (sums.people < 1) throw core::Error(core::ErrorKind::Input, "an atlas needs at least one person");
  Atlas atlas;
  atlas.edge = sums.edge;
  atlas.extent_sd = sums.extent_sd;
  atlas.people = sums.people;
  std::vector<double> all(sums.share[0].size(), 0.0);
  std::array<std::vector<double>, kTissues> share;
  std::array<double, kTissues> whole{};
  for (std::size_t t = 0; t < kTissues; ++t) {
    share[t] = mirrored(sums.share[t], sums.edge);
    for (std::size_t c = 0; c < all.size(); ++c) {
      all[c] += share[t][c];
      whole[t] += share[t][c];
    }
  }
  for (std::size_t t = 0; t < kTissues; ++t) {
    const double fallback = whole[t] / (whole[0] + whole[1] + whole[2]);
    atlas.prior[t] =
        as_floats(ratio(share[t], all, fallback, sums.edge, options.smooth_cells, context), sums.edge);
    const std::vector<double> weight = mirrored(sums.weight[t], sums.edge);
    std::vector<double> mean =
        ratio(mirrored(sums.log[t], sums.edge), weight, 0.0, sums.edge, options.smooth_cells, context);
    std::vector<double> spread =
        ratio(mirrored(sums.square[t], sums.edge), weight, 0.0, sums.edge, options.smooth_cells, context);
    const double level = sums.log_level[t] / sums.people;
    for (std::size_t c = 0; c < mean.size(); ++c) {
      spread[c] = std::sqrt(std::max(0.0, spread[c] - mean[c] * mean[c]));
      mean[c] += level;
    }
    atlas.log_mean[t] = as_floats(mean, sums.edge);
    atlas.log_sd[t] = as_floats(spread, sums.edge);
  }
  return atlas;
}

float AtlasReader::Place::of(const std::vector<float>& values) const {
  float sum = 0.0F;
  for (std::size_t n = 0; n < 8; ++n) sum += weight[n] * values[cell[n]];
  return sum;
}

AtlasReader::Place AtlasReader::at(const core::Vec3& head) const {
  Place place;
  place.weight.fill(1.0F);
  const std::int64_t edge = atlas_->edge;
  std::size_t step = 1;
  for (std::size_t a = 0; a < 3; ++a) {
    const double x = std::clamp((head[a] / atlas_->extent_sd + 1.0) * 0.5 * static_cast<double>(edge) - 0.5,
                                0.0, static_cast<double>(edge) - 1.0);
    const auto low = std::min<std::size_t>(static_cast<std::size_t>(x), static_cast<std::size_t>(edge - 2));
    const auto part = static_cast<float>(x - static_cast<double>(low));
    for (std::size_t n = 0; n < 8; ++n) {
      const bool high = ((n >> a) & 1U) != 0;
      place.cell[n] += (low + (high ? 1 : 0)) * step;
      place.weight[n] *= high ? part : 1.0F - part;
    }
    step *= static_cast<std::size_t>(edge);
  }
  return place;
}

}  // namespace isoscan::preprocess
