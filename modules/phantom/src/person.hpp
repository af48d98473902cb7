/// @file One synthetic person: numbers that say how this head differs from the template.
#pragma once

#include <cstdint>
#include <vector>

#include "isoscan/core/grid.hpp"

namespace isoscan::phantom {

struct Ball {
  core::Vec3 centre{0, 0, 0};
  double radius = 0.0;
};

/// Template space: millimetres of an MNI-sized head, x to the right, y to the front, z up, origin at the
/// anterior commissure.
struct Person {
  core::Affine template_from_world;
  double scale = 1.0;           ///< world mm per template mm (mean over axes)
  double warp_mm = 2.5;         ///< smooth random displacement: asymmetry and the shape of all parts
  double ventricle = 1.0;       ///< factor on ventricle radii
  double sulcus_half_mm = 0.5;  ///< half width of sulci in depth
  double cortex_mm = 2.7;
  double outer_csf_mm = 2.0;  ///< between the brain's hull and the skull
  double scalp_fat_mm = 4.0;
  double skull_mm = 6.5;
  double fold_mm = 17.0;  ///< wavelength of the folding
  std::uint32_t noise_seed = 1;
  std::vector<Ball> lesions;  ///< filled by place_lesions

  /// A stream of noise of its own.
  [[nodiscard]] std::uint32_t stream(std::uint32_t n) const { return noise_seed + n * 0x9E3779B9U; }
};

/// @param head_centre  where the template point `template_centre` comes to lie in the world (LPS)
[[nodiscard]] Person make_person(std::uint64_t seed, double age_years, const core::Vec3& head_centre,
                                 const core::Vec3& template_centre);

/// The template point with this person's smooth displacement.
[[nodiscard]] core::Vec3 warped(const Person& person, const core::Vec3& p);

}  // namespace isoscan::phantom
