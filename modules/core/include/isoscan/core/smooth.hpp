/// @file Separable smoothing: the workhorse of bands, phantoms and fields.
#pragma once

#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::core {

/// Gaussian with the given SD in millimetres along each voxel axis (0 leaves an axis alone). The kernel is
/// sampled, cut at 4 SD, normalised; at the border the image is continued by its edge value. Linear, keeps
/// constants.
[[nodiscard]] Volume gaussian(const Volume& volume, const Vec3& sd_mm, const Context& context);
[[nodiscard]] Volume gaussian(const Volume& volume, double sd_mm, const Context& context);

/// Normalised (masked) Gaussian: smooth(v * m) / smooth(m), where the weight exceeds 1e-6, else 0. Values
/// outside the mask do not leak in. @throws Error(Geometry) where the grids differ.
[[nodiscard]] Volume gaussian_in(const Volume& volume, const Mask& mask, double sd_mm,
                                 const Context& context);

/// Convolves each line along `axis` with a symmetric odd kernel (in voxels), edge value continued.
void convolve_axis(Volume& volume, int axis, const std::vector<float>& kernel, int threads);

}  // namespace isoscan::core
