#include "isoscan/features/patches.hpp"

#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/core/smooth.hpp"
#include "isoscan/features/world_axes.hpp"

#include "mask_box.hpp"

namespace isoscan::features {

namespace {

constexpr float kLeastWeight = 1e-4F;  // of a masked mean: farther out there is nothing to continue

/// Offsets of a ball's voxels, z slowest.
std::vector<core::Index3> ball_offsets(int square) {
  std::vector<core::Index3> offsets;
  const auto reach = static_cast<std::int64_t>(std::floor(std::sqrt(static_cast<double>(square))));
  for (std::int64_t z = -reach; z <= reach; ++z) {
    for (std::int64_t y = -reach; y <= reach; ++y) {
      for (std::int64_t x = -reach; x <= reach; ++x) {
        if (x * x + y * y + z * z <= square) offsets.push_back({x, y, z});
      }
    }
  }
  return offsets;
}

}  // namespace

std::string PatchSpace::problem() const {
  if (ball < 1 || ball > 36) return "patches.ball must lie in 1..36";
  if (surroundings.empty()) return "patches.surroundings is empty: at least one scale is needed";
  for (std::size_t s = 0; s < surroundings.size(); ++s) {
    if (!(surroundings[s] > 0.0 && surroundings[s] <= 40.0))
      return "patches.surroundings must lie in 0..40 voxels, above 0";
    if (s > 0 && surroundings[s] <= surroundings[s - 1])
      return "patches.surroundings must rise from scale to scale";
  }
  return {};
}

int PatchSpace::dims() const {
  return static_cast<int>(ball_offsets(ball).size() + surroundings.size()) + 3;
}

struct PatchRows::State {
  core::Grid grid;
  Crop crop;  ///< its image is continued outside of the mask
  std::vector<core::Volume> low;
  std::vector<std::int64_t> steps;
  std::vector<std::size_t> voxels;
  HeadFrame frame;
  int dims = 0;
};

PatchRows::PatchRows(const core::Volume& image, const core::Mask& mask, const PatchSpace& space,
                     const core::Context& context)
    : state_(std::make_unique<State>()) {
  if (const std::string problem = space.problem(); !problem.empty())
    throw core::Error(core::ErrorKind::Config, problem);
  core::require_same_grid(image.grid, mask.grid, "mask");
  State& s = *state_;
  s.grid = image.grid;
  const std::vector<core::Index3> offsets = ball_offsets(space.ball);
  s.crop = crop_to_mask(image, mask, 1 + offsets.back()[2]);
  s.frame = head_frame(s.crop);
  s.dims = space.dims();
  const core::Vec3 spacing = image.grid.spacing_mm();
  for (const double sd : space.surroundings) {
    const core::Vec3 sd_mm{sd * spacing[0], sd * spacing[1], sd * spacing[2]};
    core::Volume mean = core::gaussian(s.crop.image, sd_mm, context);
    const core::Volume weight = core::gaussian(s.crop.weight, sd_mm, context);
    for (std::size_t n = 0; n < mean.voxels.size(); ++n) {
      mean.voxels[n] = weight.voxels[n] > kLeastWeight ? mean.voxels[n] / weight.voxels[n] : 0.0F;
    }
    s.low.push_back(std::move(mean));
  }
  for (std::size_t n = 0; n < s.crop.image.voxels.size(); ++n) {
    if (s.crop.weight.voxels[n] == 0.0F) s.crop.image.voxels[n] = s.low.front().voxels[n];
  }
  const std::array<std::int64_t, 3> step = world_steps(s.crop.image.grid);
  for (const core::Index3& o : offsets) s.steps.push_back(o[0] * step[0] + o[1] * step[1] + o[2] * step[2]);
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] != 0) s.voxels.push_back(n);
  }
}

PatchRows::~PatchRows() = default;
PatchRows::PatchRows(PatchRows&&) noexcept = default;
PatchRows& PatchRows::operator=(PatchRows&&) noexcept = default;

int PatchRows::dims() const {
  return state_->dims;
}

const std::vector<std::size_t>& PatchRows::voxels() const {
  return state_->voxels;
}

void PatchRows::row(std::size_t voxel, float* out) const {
  const State& s = *state_;
  const std::size_t n = s.crop.from_grid(voxel, s.grid);
  const float* centre = s.crop.image.voxels.data() + n;
  for (const std::int64_t step : s.steps) *out++ = centre[step];
  for (const core::Volume& mean : s.low) *out++ = mean.voxels[n];
  const core::Grid& box = s.crop.image.grid;
  const auto at = static_cast<std::int64_t>(n);
  const std::int64_t line = at / box.size[0];
  const std::int64_t slice = line / box.size[1];
  const core::Vec3 x =
      box.world_from_voxel({static_cast<double>(at % box.size[0]), static_cast<double>(line % box.size[1]),
                            static_cast<double>(slice)});
  for (std::size_t a = 0; a < 3; ++a) *out++ = static_cast<float>((x[a] - s.frame.centre[a]) / s.frame.sd[a]);
}

}  // namespace isoscan::features
