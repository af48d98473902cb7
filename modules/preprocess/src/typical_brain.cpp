#include "isoscan/preprocess/typical_brain.hpp"

#include <cmath>

#include "isoscan/core/error.hpp"

namespace isoscan::preprocess {

core::Volume typical_brain(const Atlas& atlas, const core::Mask& brain) {
  if (atlas.empty()) throw core::Error(core::ErrorKind::Input, "a typical brain: the atlas is empty");
  const HeadFrame frame = head_frame(brain);
  const AtlasReader reader(atlas);
  core::Volume typical(brain.grid);
  std::size_t n = 0;
  for (std::int64_t k = 0; k < brain.grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < brain.grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < brain.grid.size[0]; ++i, ++n) {
        if (brain.voxels[n] == 0) continue;
        const AtlasReader::Place place = reader.at(frame(brain.grid.world_from_voxel(
            {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)})));
        double sum = 0.0;
        for (std::size_t t = 0; t < core::kTissueCount; ++t)
          sum += place.of(atlas.prior[t]) * std::exp(place.of(atlas.log_mean[t]));
        typical.voxels[n] = static_cast<float>(sum);
      }
    }
  }
  return typical;
}

}  // namespace isoscan::preprocess
