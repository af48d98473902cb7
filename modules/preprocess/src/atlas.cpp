#include "isoscan/preprocess/atlas.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"

#include "bias_samples.hpp"

namespace isoscan::preprocess {

namespace {

constexpr std::size_t kTissues = core::kTissueCount;
/// A voxel that holds less of a tissue says nothing of its brightness.
constexpr float kPure = 0.8F;

std::size_t cells_of(std::int64_t edge) {
  return static_cast<std::size_t>(edge * edge * edge);
}

core::Vec3 world_of(const core::Grid& grid, std::int64_t i, std::int64_t j, std::int64_t k) {
  return grid.world_from_voxel({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
}

/// The cell that holds the place; the outermost ones hold what lies beyond.
std::size_t cell_at(const AtlasSums& sums, const core::Vec3& head) {
  std::size_t cell = 0;
  for (std::size_t a = 3; a-- > 0;) {
    const double at = (head[a] / sums.extent_sd + 1.0) * 0.5 * static_cast<double>(sums.edge);
    const auto n = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(at)), 0, sums.edge - 1);
    cell = cell * static_cast<std::size_t>(sums.edge) + static_cast<std::size_t>(n);
  }
  return cell;
}

void require_usable(const AtlasOptions& options) {
  if (const std::string problem = options.problem(); !problem.empty()) {
    throw core::Error(core::ErrorKind::Config, "atlas: " + problem);
  }
}

void begin(AtlasSums& sums, const AtlasOptions& options) {
  if (sums.people == 0) {
    sums = {};
    sums.edge = options.edge;
    sums.extent_sd = options.extent_sd;
    for (auto* lists : {&sums.share, &sums.weight, &sums.log, &sums.square}) {
      for (auto& list : *lists) list.assign(cells_of(sums.edge), 0.0F);
    }
  } else if (sums.edge != options.edge || sums.extent_sd != options.extent_sd) {
    throw core::Error(core::ErrorKind::Config, "atlas: people must be added on the same cells");
  }
}

struct Reading {
  std::vector<double> weight, log;
};

/// One person's brightness by cell, each tissue about its mean, which is returned.
std::array<double, kTissues> read_brightness(std::array<Reading, kTissues>& readings, const AtlasSums& sums,
                                             const HeadFrame& frame, const core::Volume& image,
                                             const core::Mask& brain, const core::TissueMaps& tissue,
                                             const core::Context& context, const AtlasOptions& options) {
  BiasOptions sampling;
  sampling.smooth_mm = options.smooth_mm;
  sampling.flat_share = options.flat_share;
  const BrainSamples samples = samples_in(image, brain, sampling, context);
  for (Reading& r : readings) {
    r.weight.assign(cells_of(sums.edge), 0.0);
    r.log.assign(cells_of(sums.edge), 0.0);
  }
  for (const auto& row : samples.rows) {
    for (std::size_t n = row.begin; n < row.end; ++n) {
      if (samples.flat[n] == 0) continue;
      const std::size_t voxel = image.grid.index(samples.i[n], row.j, row.k);
      std::size_t cell = 0;
      for (std::size_t t = 0; t < kTissues; ++t) {
        if (tissue.posterior[t].voxels[voxel] < kPure) continue;
        cell = cell_at(sums, frame(world_of(image.grid, samples.i[n], row.j, row.k)));
        readings[t].weight[cell] += 1.0;
        readings[t].log[cell] += static_cast<double>(samples.log_intensity[n]);
      }
    }
  }
  std::array<double, kTissues> level{};
  for (std::size_t t = 0; t < kTissues; ++t) {
    double weight = 0.0;
    for (std::size_t c = 0; c < readings[t].weight.size(); ++c) {
      weight += readings[t].weight[c];
      level[t] += readings[t].log[c];
    }
    // Without a voxel of the tissue: as bright as white matter, at no weight.
    level[t] = weight > 0.0 ? level[t] / weight : 0.0;
    for (std::size_t c = 0; c < readings[t].weight.size(); ++c) {
      readings[t].log[c] -= readings[t].weight[c] * level[t];
    }
  }
  return level;
}

}  // namespace

core::Vec3 HeadFrame::operator()(const core::Vec3& world_mm) const {
  core::Vec3 head{};
  for (std::size_t a = 0; a < 3; ++a) head[a] = (world_mm[a] - centre_mm[a]) / sd_mm[a];
  return head;
}

HeadFrame head_frame(const core::Mask& brain) {
  const core::Grid& grid = brain.grid;
  core::Vec3 sum{};
  core::Vec3 square{};
  double count = 0.0;
  std::size_t n = 0;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i, ++n) {
        if (brain.voxels[n] == 0) continue;
        const core::Vec3 x = world_of(grid, i, j, k);
        for (std::size_t a = 0; a < 3; ++a) {
          // Relative to the grid's corner, so that the squares keep their digits far from the world's origin.
          const double d = x[a] - grid.world_from_voxel.offset[a];
          sum[a] += d;
          square[a] += d * d;
        }
        count += 1.0;
      }
    }
  }
  if (count == 0.0) throw core::Error(core::ErrorKind::Numeric, "the brain mask is empty");
  HeadFrame frame;
  for (std::size_t a = 0; a < 3; ++a) {
    const double mean = sum[a] / count;
    frame.centre_mm[a] = grid.world_from_voxel.offset[a] + mean;
    frame.sd_mm[a] = std::max(1e-3, std::sqrt(std::max(0.0, square[a] / count - mean * mean)));
  }
  return frame;
}

std::string AtlasOptions::problem() const {
  if (edge < 4 || edge > 200) return "edge must lie in 4..200";
  if (!(extent_sd >= 1.0 && extent_sd <= 10.0)) return "extent_sd must lie in 1..10";
  if (!(smooth_cells > 0.0 && smooth_cells <= 10.0)) return "smooth_cells must lie in 0..10, above 0";
  if (!(smooth_mm >= 0.0 && smooth_mm <= 10.0)) return "smooth_mm must lie in 0..10";
  if (!(flat_share > 0.0 && flat_share <= 1.0)) return "flat_share must lie in 0..1, above 0";
  return "";
}

std::string Atlas::problem() const {
  if (edge < 4 || edge > 200) return "edge must lie in 4..200";
  if (!(extent_sd >= 1.0 && extent_sd <= 10.0)) return "extent_sd must lie in 1..10";
  if (people < 1) return "there must be people in it";
  for (const auto* lists : {&prior, &log_mean, &log_sd}) {
    for (const auto& list : *lists) {
      if (list.size() != cells_of(edge)) return "each list must hold edge^3 values";
      if (!std::all_of(list.begin(), list.end(), [](float v) { return std::isfinite(v); }))
        return "all values must be finite";
    }
  }
  return "";
}

void add_to_atlas(AtlasSums& sums, const core::Volume& image, const core::Mask& brain,
                  const core::TissueMaps& tissue, const core::Context& context, const AtlasOptions& options) {
  require_usable(options);
  core::require_same_grid(image.grid, brain.grid, "brain mask");
  for (const auto& posterior : tissue.posterior)
    core::require_same_grid(image.grid, posterior.grid, "tissue maps");
  const HeadFrame frame = head_frame(brain);
  AtlasSums added;
  begin(added, options);
  std::array<Reading, kTissues> readings;
  added.log_level = read_brightness(readings, added, frame, image, brain, tissue, context, options);
  added.people = 1;
  const auto unit = static_cast<float>(1.0 / static_cast<double>(brain.count()));
  const core::Grid& grid = image.grid;
  std::size_t n = 0;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i, ++n) {
        if (brain.voxels[n] == 0) continue;
        const std::size_t cell = cell_at(added, frame(world_of(grid, i, j, k)));
        for (std::size_t t = 0; t < kTissues; ++t)
          added.share[t][cell] += unit * tissue.posterior[t].voxels[n];
      }
    }
  }
  for (std::size_t t = 0; t < kTissues; ++t) {
    for (std::size_t c = 0; c < cells_of(added.edge); ++c) {
      const double w = readings[t].weight[c];
      if (w <= 0.0) continue;
      added.weight[t][c] = static_cast<float>(w) * unit;
      added.log[t][c] = static_cast<float>(readings[t].log[c]) * unit;
      added.square[t][c] = static_cast<float>(readings[t].log[c] * readings[t].log[c] / w) * unit;
    }
  }
  if (sums.people == 0) begin(sums, options);
  merge_atlas(sums, added);
}

void count_as_one(AtlasSums& sums) {
  if (sums.people < 2) return;
  const double part = 1.0 / sums.people;
  for (double& level : sums.log_level) level *= part;
  for (auto* lists : {&sums.share, &sums.weight, &sums.log, &sums.square}) {
    for (auto& list : *lists) {
      for (float& v : list) v *= static_cast<float>(part);
    }
  }
  sums.people = 1;
}

void merge_atlas(AtlasSums& into, const AtlasSums& other) {
  if (other.people == 0) return;
  if (into.people == 0 && into.edge == 0) {
    into = other;
    return;
  }
  if (into.edge != other.edge || into.extent_sd != other.extent_sd) {
    throw core::Error(core::ErrorKind::Config, "atlas: people must be added on the same cells");
  }
  into.people += other.people;
  for (std::size_t t = 0; t < kTissues; ++t) {
    into.log_level[t] += other.log_level[t];
    for (std::size_t c = 0; c < cells_of(into.edge); ++c) {
      into.share[t][c] += other.share[t][c];
      into.weight[t][c] += other.weight[t][c];
      into.log[t][c] += other.log[t][c];
      into.square[t][c] += other.square[t][c];
    }
  }
}

}  // namespace isoscan::preprocess
