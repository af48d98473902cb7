/// @file Shell brains as people of an atlas.
#pragma once

#include <vector>

#include "isoscan/preprocess/atlas.hpp"

#include "shell_brain.hpp"

namespace isoscan::test {

struct Person {
  core::Volume image;
  core::Mask brain;
  core::TissueMaps tissue;
};

/// With its true tissue; the levels of the shell brain are those of white matter = 1 when its unit is 1.
inline Person person_of(const ShellBrain& b) {
  Person p{b.image, b.brain, {}};
  const core::Mask* const masks[] = {&b.csf, &b.grey, &b.white};
  for (std::size_t t = 0; t < 3; ++t) {
    p.tissue.posterior[t] = core::Volume(b.image.grid);
    for (std::size_t n = 0; n < b.brain.voxels.size(); ++n)
      p.tissue.posterior[t].voxels[n] = static_cast<float>(masks[t]->voxels[n]);
  }
  return p;
}

inline preprocess::Atlas atlas_of(const std::vector<const Person*>& people) {
  preprocess::AtlasSums sums;
  for (const Person* p : people) preprocess::add_to_atlas(sums, p->image, p->brain, p->tissue, {});
  return preprocess::finish_atlas(sums, {});
}

/// The same world, stored with the first and third axis exchanged and the second reversed.
template <class Voxels>
Voxels turned(const Voxels& in) {
  core::Grid grid;
  grid.size = {in.grid.size[2], in.grid.size[1], in.grid.size[0]};
  const auto old = [&](std::int64_t i, std::int64_t j, std::int64_t k) {
    return core::Vec3{static_cast<double>(k), static_cast<double>(in.grid.size[1] - 1 - j),
                      static_cast<double>(i)};
  };
  grid.world_from_voxel.offset = in.grid.world_from_voxel(old(0, 0, 0));
  for (std::size_t a = 0; a < 3; ++a) {
    const core::Vec3 next = in.grid.world_from_voxel(old(a == 0 ? 1 : 0, a == 1 ? 1 : 0, a == 2 ? 1 : 0));
    for (std::size_t row = 0; row < 3; ++row)
      grid.world_from_voxel.matrix[3 * row + a] = next[row] - grid.world_from_voxel.offset[row];
  }
  Voxels out(grid);
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i)
        out.voxels[grid.index(i, j, k)] = in.voxels[in.grid.index(k, in.grid.size[1] - 1 - j, i)];
    }
  }
  return out;
}

inline Person turned(const Person& p) {
  Person out{turned(p.image), turned(p.brain), {}};
  for (std::size_t t = 0; t < 3; ++t) out.tissue.posterior[t] = turned(p.tissue.posterior[t]);
  return out;
}

}  // namespace isoscan::test
