/// @file NIfTI-1 and -2, plain or gzipped. RAS to LPS happens here and nowhere else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/volume.hpp"
#include "isoscan/io/scan.hpp"

namespace isoscan::io {

/// Rules: docs/nifti-reading.md. sform or qform before pixdim; every datatype that holds real numbers;
/// scl_slope/scl_inter applied; axes beyond the third have length 1, or `choices.first_volume` takes the
/// first volume, else it is an error that says so. Header lengths are checked before they are trusted.
[[nodiscard]] LoadedScan read_nifti(const boost::filesystem::path& file, const ReadChoices& choices = {});

enum class NiftiType : std::uint8_t { Float32, Int16, UInt8 };

/// Atomic. sform and qform code 1 where the affine allows a quaternion (else sform alone). The same volume
/// gives the same bytes. Int16: with scl_slope over the range; UInt8: values rounded, for masks. Gzipped when
/// the name ends in .gz.
void write_nifti(const boost::filesystem::path& file, const core::Volume& volume,
                 NiftiType type = NiftiType::Float32);
void write_nifti(const boost::filesystem::path& file, const core::Mask& mask);

/// The same bytes as of a whole volume, by whoever holds one slice at a time: `slice(k, values)` fills
/// size[0] x size[1] values, for k = 0, 1, ... once each. Int16 holds whole numbers alone here: others are
/// rounded. @throws what `slice` throws, and then there is no file.
void write_nifti(const boost::filesystem::path& file, const core::Grid& grid, NiftiType type,
                 const std::function<void(std::size_t k, float* values)>& slice);

}  // namespace isoscan::io
