#include "isoscan/evaluate/lesions.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/preprocess/morphology.hpp"
#include "isoscan/quality/anatomy.hpp"

namespace isoscan::evaluate {

namespace {

constexpr double kGapVoxels = 1.5;
constexpr double kRingVoxels = 4.0;
constexpr float kPure = 0.9F;

struct Ball {
  core::Index3 centre{};
  double radius = 0.0;
};

double edge_mm(const core::Grid& grid) {
  const core::Vec3 s = grid.spacing_mm();
  return std::cbrt(s[0] * s[1] * s[2]);
}

double distance(const core::Index3& a, const core::Index3& b) {
  double square = 0.0;
  for (std::size_t n = 0; n < 3; ++n) square += std::pow(static_cast<double>(a[n] - b[n]), 2.0);
  return std::sqrt(square);
}

/// Darkens the ball and marks its voxels.
void plant(core::Volume& image, core::Mask& mask, const Ball& ball, double depth) {
  const core::Grid& grid = image.grid;
  const auto reach = static_cast<std::int64_t>(std::ceil(ball.radius + 0.5));
  for (std::int64_t k = -reach; k <= reach; ++k) {
    for (std::int64_t j = -reach; j <= reach; ++j) {
      for (std::int64_t i = -reach; i <= reach; ++i) {
        const core::Index3 x{ball.centre[0] + i, ball.centre[1] + j, ball.centre[2] + k};
        if (!grid.contains(x)) continue;
        const double share = std::clamp(ball.radius + 0.5 - distance(x, ball.centre), 0.0, 1.0);
        const std::size_t n = grid.index(x[0], x[1], x[2]);
        image.voxels[n] *= static_cast<float>(1.0 - share * depth);
        if (share > 0.5) mask.voxels[n] = 1;
      }
    }
  }
}

/// Centres that may hold a ball of that radius, in voxel order.
std::vector<core::Index3> places(const core::Volume& depth_mm, double least_mm) {
  std::vector<core::Index3> found;
  const core::Index3& size = depth_mm.grid.size;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        if (depth_mm.at(i, j, k) >= least_mm) found.push_back({i, j, k});
      }
    }
  }
  return found;
}

/// Mean of what exists.
class Mean {
 public:
  void add(double value) {
    sum_ += value;
    ++count_;
  }
  [[nodiscard]] std::optional<double> value() const {
    return count_ > 0 ? std::optional<double>(sum_ / count_) : std::nullopt;
  }

 private:
  double sum_ = 0.0;
  int count_ = 0;
};

std::string radius_name(double radius) {
  char text[48];
  std::snprintf(text, sizeof text, "lesion_contrast_r%.1f", radius);
  return text;
}

std::string depth_name(double depth) {
  char text[48];
  std::snprintf(text, sizeof text, "lesion_contrast_d%.2f", depth);
  return text;
}

}  // namespace

std::string LesionOptions::problem() const {
  if (radius_voxels.empty() || depth.empty()) return "lesions need at least one radius and one depth";
  for (const double r : radius_voxels) {
    if (!(r >= 1.0 && r <= 10.0)) return "radius_voxels: each must lie in 1..10";
  }
  for (const double d : depth) {
    if (!(std::abs(d) >= 0.05 && std::abs(d) <= 0.9)) return "depth: the size of each must lie in 0.05..0.9";
  }
  if (each < 1 || each > 100) return "each must lie in 1..100";
  return {};
}

PlantedLesions plant_lesions(core::Volume& image, const core::Volume& white, const LesionOptions& options,
                             std::uint64_t seed) {
  if (const std::string problem = options.problem(); !problem.empty())
    throw core::Error(core::ErrorKind::Config, problem);
  core::require_same_grid(image.grid, white.grid, "white matter for lesions");
  PlantedLesions planted;
  planted.within = core::above(white, kPure);
  core::Mask other = planted.within;
  for (auto& v : other.voxels) v = v != 0 ? 0 : 1;
  const core::Volume deep = preprocess::distance_to(other);  // 0 outside white matter
  const double edge = edge_mm(image.grid);
  core::Random random(seed, "evaluate.lesions");
  std::vector<Ball> taken;
  for (const double depth : options.depth) {
    for (const double radius : options.radius_voxels) {
      LesionGroup group{radius, depth, 0, core::Mask(image.grid)};
      // The lesion itself and the nearer half of its ring lie in white matter.
      const std::vector<core::Index3> found = places(deep, (radius + 0.5 * kRingVoxels) * edge);
      constexpr int kTries = 400;
      for (int n = 0; n < kTries && group.count < options.each && !found.empty(); ++n) {
        const Ball ball{found[random.below(found.size())], radius};
        const bool clear = std::all_of(taken.begin(), taken.end(), [&](const Ball& b) {
          return distance(b.centre, ball.centre) > b.radius + ball.radius + kRingVoxels;
        });
        if (!clear) continue;
        plant(image, group.lesions, ball, depth);
        taken.push_back(ball);
        ++group.count;
      }
      if (group.count > 0) planted.groups.push_back(std::move(group));
    }
  }
  if (planted.groups.empty())
    throw core::Error(core::ErrorKind::Input, "the white matter has no room for one lesion of this size");
  return planted;
}

std::map<std::string, std::optional<double>> lesion_measures(const core::Volume& image,
                                                             const core::Volume& truth,
                                                             const PlantedLesions& planted) {
  quality::LesionOptions ring;
  const double edge = edge_mm(truth.grid);
  ring.ring_mm = kRingVoxels * edge;
  ring.gap_mm = kGapVoxels * edge;
  std::vector<core::Mask> near;
  for (const LesionGroup& group : planted.groups)
    near.push_back(preprocess::dilate(group.lesions, ring.gap_mm));
  std::map<std::string, Mean> means;
  for (std::size_t g = 0; g < planted.groups.size(); ++g) {
    const LesionGroup& group = planted.groups[g];
    core::Mask clear = planted.within;  // rings keep clear of the lesions of other groups
    for (std::size_t other = 0; other < near.size(); ++other) {
      if (other == g) continue;
      for (std::size_t n = 0; n < clear.voxels.size(); ++n) {
        if (near[other].voxels[n] != 0) clear.voxels[n] = 0;
      }
    }
    means.try_emplace("lesion_contrast_ratio");
    means.try_emplace("lesion_volume_ratio");
    const std::string by_radius = radius_name(group.radius_voxels);
    const std::string by_sign = group.depth > 0.0 ? "lesion_contrast_dark" : "lesion_contrast_bright";
    const std::string by_depth = depth_name(group.depth);
    means.try_emplace(by_radius);
    means.try_emplace(by_depth);
    means.try_emplace(by_sign);
    const auto before = quality::lesion_contrast(truth, group.lesions, clear, ring);
    const auto after = quality::lesion_contrast(image, group.lesions, clear, ring);
    if (!before || !after || std::abs(before->contrast) < 0.01) continue;
    const double ratio = after->contrast / before->contrast;
    for (const std::string& name : {std::string("lesion_contrast_ratio"), by_radius, by_depth, by_sign})
      means[name].add(ratio);
    if (before->volume_ml > 0.0) means["lesion_volume_ratio"].add(after->volume_ml / before->volume_ml);
  }
  std::map<std::string, std::optional<double>> out;
  for (const auto& [name, mean] : means) out[name] = mean.value();
  return out;
}

}  // namespace isoscan::evaluate
