/// @file What a restoring network reads of a voxel: its neighbourhood, its surroundings at growing scales,
/// and where in the head it lies.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::features {

/// A row of dims() numbers, in this order:
///   neighbours  the voxels whose squared distance is at most `ball` (in voxels; 6: 81 of them), along the
///               voxel axes that run most nearly along world x, y, z;
///   surroundings  masked Gaussian means with these SDs (in voxels);
///   head        coordinates x, y, z (LPS, brain centre 0, SD 1).
struct PatchSpace {
  int ball = 6;
  std::vector<double> surroundings{1.4, 2.8, 5.6, 11.2};

  [[nodiscard]] std::string problem() const;  ///< the first thing wrong in words; empty when usable
  [[nodiscard]] int dims() const;
  bool operator==(const PatchSpace&) const = default;
};

/// Rows of the mask's voxels, made when asked for: a whole 1 mm brain of them would be half a gigabyte.
/// Nothing outside of the mask is read: there the neighbourhood is continued by the finest surroundings.
class PatchRows {
 public:
  /// @param image  isotropic voxels (within 2 %)
  /// @throws Error(Geometry) where the grids differ; Error(Input) where the mask is empty; Error(Config).
  PatchRows(const core::Volume& image, const core::Mask& mask, const PatchSpace& space,
            const core::Context& context);
  ~PatchRows();
  PatchRows(PatchRows&&) noexcept;
  PatchRows& operator=(PatchRows&&) noexcept;

  [[nodiscard]] int dims() const;
  /// Places of the mask's voxels in the grid's voxel array, rising: row r is that of voxels()[r].
  [[nodiscard]] const std::vector<std::size_t>& voxels() const;
  /// The row of one voxel of the mask, given by its place in the grid's voxel array; writes dims() numbers.
  /// May be called from several threads.
  void row(std::size_t voxel, float* out) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace isoscan::features
