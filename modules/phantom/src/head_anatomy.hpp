/// @file Everything of the head that is not brain, in template space.
#pragma once

#include "brain_anatomy.hpp"
#include "material.hpp"
#include "person.hpp"

namespace isoscan::phantom {

/// Signed distance (template mm) of the skin at warped template point p; negative inside the head.
[[nodiscard]] double skin_distance(const Person& person, const core::Vec3& p, const BrainHulls& hulls);

/// Fills `mixture` with skin, fat, muscle, skull, air spaces, eyes, neck and the fluid around the brain.
void paint_head(const Person& person, const core::Vec3& p, const BrainHulls& hulls, double skin, double width,
                Mixture& mixture);

}  // namespace isoscan::phantom
