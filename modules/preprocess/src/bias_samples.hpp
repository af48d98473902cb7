/// @file The voxels and blocks that the bias fit works on. Private to preprocess.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "isoscan/core/volume.hpp"
#include "isoscan/preprocess/bias.hpp"

namespace isoscan::preprocess {

/// The brain's voxels, packed row by row.
struct BrainSamples {
  struct Row {
    std::int64_t j, k;
    std::size_t begin, end;
  };
  std::vector<Row> rows;
  std::vector<std::int32_t> i;
  std::vector<float> log_intensity;  ///< slightly smoothed
  std::vector<std::uint8_t> flat;    ///< 1 where the image is flat
  double median = 0.0;               ///< of log_intensity
};

/// Where the image is flat, one tissue fills the neighbourhood: smoothing takes noise away and mixes nothing,
/// and the classes stand apart. Voxels at the mask's edge and nearly empty ones (below a twentieth of the
/// median) are left out.
/// @throws Error(Numeric) where nothing is left.
[[nodiscard]] BrainSamples samples_in(const core::Volume& volume, const core::Mask& brain,
                                      const BiasOptions& options, const core::Context& context);

/// Cells of some millimetres over the grid.
class Blocks {
 public:
  Blocks(const core::Grid& grid, double mm);

  [[nodiscard]] std::size_t total() const {
    return static_cast<std::size_t>(count_[0] * count_[1] * count_[2]);
  }
  /// The first block of the row of voxels (j, k); that of voxel i is `along(i)` further.
  [[nodiscard]] std::size_t row(std::int64_t j, std::int64_t k) const {
    return static_cast<std::size_t>((k / edge_[2] * count_[1] + j / edge_[1]) * count_[0]);
  }
  [[nodiscard]] std::size_t along(std::int32_t i) const { return static_cast<std::size_t>(i / edge_[0]); }
  [[nodiscard]] core::Vec3 centre(std::size_t block) const;  ///< in voxels
  [[nodiscard]] double voxels_a_block() const { return static_cast<double>(edge_[0] * edge_[1] * edge_[2]); }

 private:
  std::array<std::int64_t, 3> edge_{};
  std::array<std::int64_t, 3> count_{};
};

}  // namespace isoscan::preprocess
