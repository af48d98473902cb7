// Lesions against their surroundings.
#include <array>
#include <cmath>
#include <cstdint>

#include "isoscan/core/error.hpp"
#include "isoscan/quality/anatomy.hpp"

namespace isoscan::quality {

namespace {

constexpr double kFewestRing = 10.0;
constexpr std::array<core::Index3, 6> kFaces{
    {{-1, 0, 0}, {1, 0, 0}, {0, -1, 0}, {0, 1, 0}, {0, 0, -1}, {0, 0, 1}}};

using Voxels = std::vector<core::Index3>;

core::Index3 moved(const core::Index3& x, const core::Index3& by) {
  return {x[0] + by[0], x[1] + by[1], x[2] + by[2]};
}

std::size_t at(const core::Grid& grid, const core::Index3& x) {
  return grid.index(x[0], x[1], x[2]);
}

/// The offsets of a ball in voxels, on any grid: its bounding box comes from the rows of the inverse.
Voxels ball(const core::Grid& grid, double radius_mm) {
  const core::Affine& w = grid.world_from_voxel;
  const core::Affine inverse = w.inverse();
  core::Index3 reach{};
  for (std::size_t a = 0; a < 3; ++a) {
    const double row =
        std::hypot(inverse.matrix[3 * a], inverse.matrix[3 * a + 1], inverse.matrix[3 * a + 2]);
    reach[a] = static_cast<std::int64_t>(std::floor(radius_mm * row + 1e-9));
  }
  Voxels offsets;
  for (std::int64_t k = -reach[2]; k <= reach[2]; ++k) {
    for (std::int64_t j = -reach[1]; j <= reach[1]; ++j) {
      for (std::int64_t i = -reach[0]; i <= reach[0]; ++i) {
        const core::Vec3 x = w({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        const double d = std::hypot(x[0] - w.offset[0], x[1] - w.offset[1], x[2] - w.offset[2]);
        if (d <= radius_mm + 1e-9) offsets.push_back({i, j, k});
      }
    }
  }
  return offsets;
}

/// Lesions apart from each other, 26 neighbours, in voxel order of their first voxel.
std::vector<Voxels> components(const core::Mask& mask) {
  const core::Grid& grid = mask.grid;
  std::vector<std::uint8_t> left = mask.voxels;
  std::vector<Voxels> result;
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        if (left[grid.index(i, j, k)] == 0) continue;
        left[grid.index(i, j, k)] = 0;
        Voxels found{{i, j, k}};
        for (std::size_t n = 0; n < found.size(); ++n) {
          for (int neighbour = 0; neighbour < 27; ++neighbour) {
            const core::Index3 y =
                moved(found[n], {neighbour % 3 - 1, neighbour / 3 % 3 - 1, neighbour / 9 - 1});
            if (!grid.contains(y) || left[at(grid, y)] == 0) continue;
            left[at(grid, y)] = 0;
            found.push_back(y);
          }
        }
        result.push_back(std::move(found));
      }
    }
  }
  return result;
}

/// What belongs to one lesion: its voxels and those around it that are in reach and in `within`.
struct Surroundings {
  double lesion = 0.0;
  double ring = 0.0;
  double ring_count = 0.0;
  Voxels around;  ///< gap and ring
};

class LesionMeter {
 public:
  LesionMeter(const core::Volume& image, const core::Mask& lesions, const core::Mask& within,
              const std::vector<Voxels>& all, const LesionOptions& options)
      : image_(image),
        lesions_(lesions),
        within_(within),
        reach_(ball(image.grid, options.ring_mm)),
        seen_(image.voxels.size(), 0),
        near_(image.voxels.size(), 0) {
    const Voxels gap = ball(image.grid, options.gap_mm);
    for (const Voxels& lesion : all) {
      for (const core::Index3& x : lesion) {
        for (const core::Index3& o : gap) {
          if (image.grid.contains(moved(x, o))) near_[at(image.grid, moved(x, o))] = 1;
        }
      }
    }
  }

  Surroundings look(const Voxels& lesion) {
    ++stamp_;
    Surroundings s;
    for (const core::Index3& x : lesion) {
      s.lesion += image_.voxels[at(image_.grid, x)] / static_cast<double>(lesion.size());
      for (const core::Index3& o : reach_) {
        const core::Index3 y = moved(x, o);
        if (!image_.grid.contains(y)) continue;
        const std::size_t n = at(image_.grid, y);
        if (seen_[n] == stamp_ || lesions_.voxels[n] != 0 || within_.voxels[n] == 0) continue;
        seen_[n] = stamp_;
        s.around.push_back(y);
        if (near_[n] != 0) continue;
        s.ring += image_.voxels[n];
        s.ring_count += 1.0;
      }
    }
    if (s.ring_count > 0.0) s.ring /= s.ring_count;
    return s;
  }

  /// Voxels at half contrast: the lesion's own, then outwards through faces.
  double voxels_at_half(const Voxels& lesion, const Surroundings& s) {
    const double half = 0.5 * (s.lesion + s.ring);
    const bool dark = s.lesion < s.ring;
    const auto is_lesion = [&](std::size_t n) {
      return dark ? image_.voxels[n] < half : image_.voxels[n] > half;
    };
    const std::int32_t around = ++stamp_;
    for (const core::Index3& x : s.around) seen_[at(image_.grid, x)] = around;
    Voxels found;
    for (const core::Index3& x : lesion) {
      if (is_lesion(at(image_.grid, x))) found.push_back(x);
    }
    for (std::size_t n = 0; n < found.size(); ++n) {
      for (const core::Index3& face : kFaces) {
        const core::Index3 y = moved(found[n], face);
        if (!image_.grid.contains(y)) continue;
        const std::size_t m = at(image_.grid, y);
        if (seen_[m] != around || !is_lesion(m)) continue;
        seen_[m] = 0;
        found.push_back(y);
      }
    }
    return static_cast<double>(found.size());
  }

 private:
  const core::Volume& image_;
  const core::Mask& lesions_;
  const core::Mask& within_;
  Voxels reach_;
  std::vector<std::int32_t> seen_;  ///< stamp of the last visit
  std::vector<std::uint8_t> near_;  ///< within the gap of any lesion
  std::int32_t stamp_ = 0;
};

}  // namespace

const char* LesionOptions::problem() const {
  if (!(ring_mm > 0.0 && ring_mm <= 30.0)) return "lesion ring: its radius must lie in 0..30 mm";
  if (!(gap_mm >= 0.0 && gap_mm < ring_mm)) return "lesion ring: the gap must be smaller than the ring";
  return "";
}

std::optional<LesionContrast> lesion_contrast(const core::Volume& image, const core::Mask& lesions,
                                              const core::Mask& within, const LesionOptions& options) {
  if (*options.problem() != '\0') throw core::Error(core::ErrorKind::Config, options.problem());
  core::require_same_grid(image.grid, lesions.grid, "lesion mask");
  core::require_same_grid(image.grid, within.grid, "mask around the lesions");
  const std::vector<Voxels> apart = components(lesions);
  LesionMeter meter(image, lesions, within, apart, options);
  struct One {
    double contrast = 0.0;
    double voxels = 0.0;
  };
  std::vector<One> all;
  LesionContrast result;
  double weight = 0.0;
  for (const Voxels& lesion : apart) {
    const Surroundings s = meter.look(lesion);
    if (s.ring_count < kFewestRing || s.ring <= 0.0) continue;
    const auto size = static_cast<double>(lesion.size());
    const double contrast = (s.ring - s.lesion) / s.ring;
    result.lesion += size * s.lesion;
    result.ring += size * s.ring;
    result.contrast += size * contrast;
    weight += size;
    all.push_back({contrast, meter.voxels_at_half(lesion, s)});
  }
  if (weight == 0.0) return std::nullopt;
  result.lesion /= weight;
  result.ring /= weight;
  result.contrast /= weight;
  double voxels = 0.0;
  for (const One& one : all) {
    if (one.contrast * result.contrast > 0.0) voxels += one.voxels;
  }
  result.volume_ml = voxels * image.grid.voxel_volume_mm3() / 1000.0;
  return result;
}

std::optional<double> lesion_contrast_ratio(const core::Volume& image, const core::Volume& truth,
                                            const core::Mask& lesions, const core::Mask& within,
                                            const LesionOptions& options) {
  const auto now = lesion_contrast(image, lesions, within, options);
  const auto before = lesion_contrast(truth, lesions, within, options);
  constexpr double kVisible = 0.01;
  if (!now || !before || std::abs(before->contrast) < kVisible) return std::nullopt;
  return now->contrast / before->contrast;
}

}  // namespace isoscan::quality
