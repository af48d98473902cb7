/// @file What a head looks like by place, in numbers: a scan's portrait, and what the reference's people have
/// in common, with bounds that a scan of a head may not leave. Holds no image: a cell is some 7 mm wide.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "isoscan/core/tensor_file.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::domain {

/// Cells along each axis of a cube in head coordinates (preprocess::HeadFrame), from -kPortraitExtent to
/// kPortraitExtent SDs of the brain's voxels; the first axis (to the left) fastest.
inline constexpr std::size_t kPortraitEdge = 24;
inline constexpr double kPortraitExtent = 2.4;
inline constexpr std::size_t kPortraitCells = kPortraitEdge * kPortraitEdge * kPortraitEdge;

/// One scan. Empty (`cells` without a value) where none was taken.
struct Portrait {
  /// Share of each cell's volume, smoothed by a cell: brain, then CSF, grey and white matter.
  std::vector<float> cells;
  double brain_ml = 0.0;
  core::Vec3 sd_mm{};                                    ///< of the brain's voxels along world x, y, z
  std::array<double, core::kTissueCount> tissue_mean{};  ///< brightness; nothing is bound by it
  double partial = 0.0;  ///< mean product of grey and white matter's posterior

  bool operator==(const Portrait&) const = default;
};

/// Bounds of one measure (harmonize/plausibility.hpp). What lies outside is no such head.
struct Bound {
  std::string measure;
  double mean = 0.0;  ///< of the reference's people, each against the others
  double sd = 0.0;
  double low = 0.0;
  double high = 0.0;
  bool operator==(const Bound&) const = default;
};

struct Plausibility {
  int people = 0;
  int views = 0;              ///< in all, of them as other scanners would have seen them
  double refusals = 0.0;      ///< share of such heads that is refused, by Student's t
  std::vector<float> cells;   ///< the mean portrait, symmetric about the middle plane
  std::vector<Bound> bounds;  ///< empty: nothing is judged (too few people, or an older package)

  [[nodiscard]] bool empty() const { return bounds.empty(); }
  bool operator==(const Plausibility&) const = default;
};

/// Under "name/...".
void put(core::TensorFile& file, const std::string& name, const Portrait& portrait);
/// @throws Error(Input) naming the tensor where one is missing or holds what it may not.
[[nodiscard]] Portrait get_portrait(const core::TensorFile& file, const std::string& name);
void put(core::TensorFile& file, const std::string& name, const Plausibility& plausibility);
/// Files of before there was one have none: empty.
[[nodiscard]] Plausibility get_plausibility(const core::TensorFile& file, const std::string& name);

}  // namespace isoscan::domain
