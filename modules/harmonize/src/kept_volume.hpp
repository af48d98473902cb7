/// @file A volume that is put aside, without its zeros: of a brain on its grid a third is left.
#pragma once

#include <cstddef>
#include <vector>

#include "isoscan/core/volume.hpp"

namespace isoscan::harmonize {

class KeptVolume {
 public:
  KeptVolume() = default;
  explicit KeptVolume(const core::Volume& volume) : grid_(volume.grid), there_(volume.voxels.size()) {
    std::size_t count = 0;
    for (std::size_t n = 0; n < there_.size(); ++n) {
      there_[n] = volume.voxels[n] != 0.0F;
      count += there_[n] ? 1 : 0;
    }
    values_.reserve(count);
    for (const float v : volume.voxels) {
      if (v != 0.0F) values_.push_back(v);
    }
  }

  /// The volume as it was.
  [[nodiscard]] core::Volume whole() const {
    core::Volume volume(grid_);
    std::size_t at = 0;
    for (std::size_t n = 0; n < there_.size(); ++n) {
      if (there_[n]) volume.voxels[n] = values_[at++];
    }
    return volume;
  }

 private:
  core::Grid grid_;
  std::vector<bool> there_;
  std::vector<float> values_;
};

}  // namespace isoscan::harmonize
