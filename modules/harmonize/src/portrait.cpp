#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/core/smooth.hpp"
#include "isoscan/harmonize/harmonize.hpp"
#include "isoscan/harmonize/plausibility.hpp"
#include "isoscan/phantom/virtual_scanner.hpp"
#include "isoscan/preprocess/atlas.hpp"
#include "isoscan/preprocess/bias.hpp"
#include "isoscan/preprocess/tissue.hpp"

namespace isoscan::harmonize {

namespace {

using domain::kPortraitEdge;
using domain::kPortraitExtent;

constexpr double kPortraitMm = 3.0;   // coarser than scans, finer than cells
constexpr double kCellSmoothing = 1;  // SD in cells
// Where the smoothed mask is cut: half a voxel out to a voxel in, as masks from elsewhere are.
constexpr double kLoosestCut = 0.4;
constexpr double kTightestCut = 0.7;
constexpr double kMostStemMm = 15.0;  // how much of the brain's lowest end a mask may lack
constexpr double kDegree = 0.017453292519943295;
constexpr double kFarthestTurn = 40.0;  // degrees
// Degrees: how heads lie in scanners and how slices are set on them.
constexpr double kMostNod = 15.0;
constexpr double kMostTurn = 6.0;

preprocess::Prepared coarse(const preprocess::Prepared& prepared, const core::Context& context) {
  const core::Vec3 spacing = prepared.image.grid.spacing_mm();
  return at_spacing(prepared, std::max(kPortraitMm, *std::min_element(spacing.begin(), spacing.end())),
                    context);
}

std::size_t cell_of(const core::Vec3& head) {
  std::size_t cell = 0;
  for (std::size_t a = 3; a-- > 0;) {
    const double at = (head[a] / kPortraitExtent + 1.0) * 0.5 * static_cast<double>(kPortraitEdge);
    cell = cell * kPortraitEdge +
           static_cast<std::size_t>(std::clamp(at, 0.0, static_cast<double>(kPortraitEdge) - 1.0));
  }
  return cell;
}

/// What preparation makes of a view: its receive field, tissues and level, in a mask that is given.
preprocess::Prepared again(const core::Volume& scan, core::Mask mask, const core::Context& context) {
  preprocess::Prepared out;
  out.log_bias = preprocess::estimate_log_bias(scan, mask, context);
  out.image = preprocess::divide_bias(scan, out.log_bias);
  out.tissue = preprocess::classify_tissue(out.image, mask, context).maps;
  const auto scale = static_cast<float>(1.0 / preprocess::white_matter_level(out.image, out.tissue));
  for (float& v : out.image.voxels) v *= scale;
  out.brain = std::move(mask);
  return out;
}

/// About world x, then y, then z.
core::Affine turned(const core::Vec3& angles) {
  core::Affine pose;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::size_t a = (axis + 1) % 3;
    const std::size_t b = (axis + 2) % 3;
    core::Affine turn;
    turn.matrix[3 * a + a] = turn.matrix[3 * b + b] = std::cos(angles[axis]);
    turn.matrix[3 * b + a] = std::sin(angles[axis]);
    turn.matrix[3 * a + b] = -std::sin(angles[axis]);
    pose = turn * pose;
  }
  return pose;
}

/// The head held otherwise: no voxel moves, the world does.
preprocess::Prepared posed(preprocess::Prepared at, const core::Vec3& angles) {
  const core::Affine world = turned(angles) * at.image.grid.world_from_voxel;
  at.image.grid.world_from_voxel = at.brain.grid.world_from_voxel = world;
  return at;
}

/// The brain's longest axis from front to back is brought level and straight, as heads nod and turn; what is
/// turned further than heads turn stays as it is.
preprocess::Prepared levelled(const preprocess::Prepared& at) {
  const core::Grid& grid = at.brain.grid;
  const core::Vec3 centre = preprocess::head_frame(at.brain).centre_mm;
  std::array<double, 9> moment{};
  std::size_t n = 0;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i, ++n) {
        if (at.brain.voxels[n] == 0) continue;
        const core::Vec3 x =
            grid.world_from_voxel({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        for (std::size_t a = 0; a < 3; ++a) {
          for (std::size_t b = 0; b < 3; ++b) moment[3 * a + b] += (x[a] - centre[a]) * (x[b] - centre[b]);
        }
      }
    }
  }
  const auto bounded = [](double angle) { return std::abs(angle) > kFarthestTurn * kDegree ? 0.0 : angle; };
  const double nod = 0.5 * std::atan2(2.0 * moment[5], moment[4] - moment[8]);   // y and z
  const double turn = 0.5 * std::atan2(2.0 * moment[1], moment[4] - moment[0]);  // y and x
  return posed(at, {-bounded(nod), 0.0, bounded(turn)});
}

domain::Portrait portrait_of(const preprocess::Prepared& prepared, const core::Context& context) {
  const preprocess::Prepared at = levelled(prepared);
  const core::Grid& grid = at.image.grid;
  const preprocess::HeadFrame frame = preprocess::head_frame(at.brain);
  domain::Portrait out;
  out.brain_ml = at.brain.volume_ml();
  out.sd_mm = frame.sd_mm;
  constexpr double kCellSds = 2.0 * kPortraitExtent / static_cast<double>(kPortraitEdge);
  const core::Vec3 mm = grid.spacing_mm();
  double share = mm[0] * mm[1] * mm[2];
  for (const double sd : frame.sd_mm) share /= kCellSds * sd;
  core::Grid cube;
  cube.size.fill(static_cast<std::int64_t>(kPortraitEdge));
  std::array<core::Volume, 1 + core::kTissueCount> lists;
  lists.fill(core::Volume(cube));
  std::array<double, core::kTissueCount> weight{};
  std::size_t n = 0;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i, ++n) {
        if (at.brain.voxels[n] == 0) continue;
        const std::size_t cell = cell_of(frame(
            grid.world_from_voxel({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)})));
        lists[0].voxels[cell] += static_cast<float>(share);
        for (std::size_t t = 0; t < core::kTissueCount; ++t) {
          const auto p = static_cast<double>(at.tissue.posterior[t].voxels[n]);
          lists[1 + t].voxels[cell] += static_cast<float>(share * p);
          const double pure = p * p * p * p;
          weight[t] += pure;
          out.tissue_mean[t] += pure * static_cast<double>(at.image.voxels[n]);
        }
        out.partial += static_cast<double>(at.tissue.posterior[1].voxels[n]) *
                       static_cast<double>(at.tissue.posterior[2].voxels[n]);
      }
    }
  }
  out.partial /= static_cast<double>(std::max<std::size_t>(1, at.brain.count()));
  for (std::size_t t = 0; t < core::kTissueCount; ++t)
    out.tissue_mean[t] = weight[t] > 0.0 ? out.tissue_mean[t] / weight[t] : 0.0;
  for (const core::Volume& list : lists) {
    const core::Volume smooth = core::gaussian(list, kCellSmoothing, context);
    out.cells.insert(out.cells.end(), smooth.voxels.begin(), smooth.voxels.end());
  }
  return out;
}

/// Without the lowest `mm` of the mask: where a brain stem ends is the mask's to say.
void cut_below(core::Mask& mask, double mm) {
  const core::Grid& grid = mask.grid;
  double lowest = std::numeric_limits<double>::max();
  for (const bool cutting : {false, true}) {
    std::size_t n = 0;
    for (std::int64_t k = 0; k < grid.size[2]; ++k) {
      for (std::int64_t j = 0; j < grid.size[1]; ++j) {
        for (std::int64_t i = 0; i < grid.size[0]; ++i, ++n) {
          if (mask.voxels[n] == 0) continue;
          const double z = grid.world_from_voxel(
              {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)})[2];
          if (!cutting) lowest = std::min(lowest, z);
          if (cutting && z < lowest + mm) mask.voxels[n] = 0;
        }
      }
    }
  }
}

/// Within what the documented virtual scanners span (docs/virtual-scanners.md), on a grid of 3 mm.
phantom::VirtualScanner drawn_scanner(core::Random& random) {
  phantom::VirtualScanner scanner;
  scanner.name = "drawn";
  const double grey = random.uniform(0.90, 1.14);
  scanner.contrast = {random.uniform(0.75, 1.35), grey, 1.0, std::sqrt(grey)};
  scanner.gamma = random.uniform(0.85, 1.08);
  scanner.bias = random.uniform(0.0, 0.4);
  const double psf = random.uniform(0.0, 0.3);
  scanner.psf_sd_voxels = {psf, psf, random.uniform(0.0, 0.6)};
  scanner.noise = random.uniform(0.0, 0.05);
  return scanner;
}

}  // namespace

domain::Portrait take_portrait(const preprocess::Prepared& prepared, const core::Context& context) {
  return portrait_of(coarse(prepared, context), context);
}

std::vector<domain::Portrait> take_portraits(const preprocess::Prepared& prepared,
                                             const PlausibilityOptions& options,
                                             const core::Context& context) {
  const preprocess::Prepared at = coarse(prepared, context);
  std::vector<domain::Portrait> out{portrait_of(at, context)};
  // Each person is seen by scanners of their own, whatever the scan is called.
  const auto& cells = out.front().cells;
  const std::string own =
      core::sha256({reinterpret_cast<const char*>(cells.data()), cells.size() * sizeof(float)});
  core::Random random(context.seed, "plausibility.views." + own);
  core::Volume smooth(at.brain.grid);
  std::copy(at.brain.voxels.begin(), at.brain.voxels.end(), smooth.voxels.begin());
  smooth = core::gaussian(smooth, kPortraitMm, context);
  for (int n = 0; n < options.views; ++n) {
    context.check_stop();
    const phantom::VirtualScanner scanner = drawn_scanner(random);
    const std::uint64_t seed = random.seed();
    const double cut = random.uniform(kLoosestCut, kTightestCut);
    const double stem_mm = random.uniform(0.0, kMostStemMm);
    core::Vec3 pose{random.uniform(-kMostNod, kMostNod), random.uniform(-kMostTurn, kMostTurn),
                    random.uniform(-kMostTurn, kMostTurn)};
    for (double& angle : pose) angle *= kDegree;
    try {
      const core::Volume scan =
          phantom::scan_with(scanner, at.image, at.brain, at.tissue, seed, seed, context).image;
      core::Mask mask = core::above(smooth, static_cast<float>(cut));
      cut_below(mask, stem_mm);
      out.push_back(portrait_of(posed(again(scan, std::move(mask), context), pose), context));
    } catch (const core::Error& error) {
      if (error.kind() != core::ErrorKind::Input && error.kind() != core::ErrorKind::Numeric) throw;
    }
  }
  return out;
}

}  // namespace isoscan::harmonize
