/// @file The brain as signed distances and folding noise, in template space.
#pragma once

#include "material.hpp"
#include "person.hpp"

namespace isoscan::phantom {

/// Signed distances (template mm, negative inside) of the hulls at a point.
struct BrainHulls {
  double cerebrum = 0.0;
  double cerebellum = 0.0;
  double stem = 0.0;
  double envelope = 0.0;  ///< the smooth hull of all, what a brain mask covers
};
[[nodiscard]] BrainHulls brain_hulls(const core::Vec3& p);

/// Mixes the brain at warped template point p into `mixture`; `width` is the voxel edge in template mm.
/// Paints only inside the envelope.
void paint_brain(const Person& person, const core::Vec3& p, const BrainHulls& hulls, double width,
                 Mixture& mixture);

}  // namespace isoscan::phantom
