/// @file Tilted, moved or unevenly spaced slices onto a right-angled grid.
#pragma once

#include <functional>

#include "isoscan/core/volume.hpp"

#include "dicom_stack.hpp"

namespace isoscan::io {

/// Fills `volume` (on placed.grid) from the frames of `placed`, which has places_mm: linear along each axis,
/// so that an image that is linear in the world stays as it is. Voxels that no two neighbouring slices hold
/// get the smallest value of all slices. Holds two slices beside the volume.
/// @param read  decodes frame `which` of placed.frames into `rows` x `columns` finite values
/// @return how many voxels lie outside the slices
std::size_t resample_slices(const PlacedStack& placed, std::size_t rows, std::size_t columns,
                            const std::function<void(std::size_t which, float* values)>& read,
                            core::Volume& volume);

}  // namespace isoscan::io
