/// @file The head before its brain is known: an upright working image, what is air, where the brain must be.
#pragma once

#include <string>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::preprocess {

/// Everything on one grid of 2 mm whose axes are the world's: left, back, up.
struct Head {
  core::Volume image;      ///< source units, smoothed to 2 mm; `air` where the source does not reach
  core::Mask covered;      ///< the source reaches here
  core::Mask tissue;       ///< brighter than air: the largest piece, thin parts left out
  core::Mask solid;        ///< tissue with its cavities (skull, sinuses, ventricles)
  double air = 0.0;        ///< intensity of the background
  double threshold = 0.0;  ///< what is darker is no tissue
  double top_mm = 0.0;     ///< height of the vertex above the lowest voxel
  core::Vec3 centre_mm{};  ///< middle of the cranium, millimetres from voxel (0,0,0)
  double radius_mm = 0.0;  ///< of a disc as large as the head's largest cross section
  bool skull_stripped = false;
};

inline constexpr double kHeadSpacingMm = 2.0;

/// Throws Error(Input): "no brain found: <reason>".
[[noreturn]] void refuse(const std::string& reason);

/// @throws Error(Input) where the image shows nothing, or nothing of the size of a head.
[[nodiscard]] Head find_head(const core::Volume& volume, const core::Context& context);

}  // namespace isoscan::preprocess
