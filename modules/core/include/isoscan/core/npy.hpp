/// @file NumPy's array file (.npy): how tables of numbers come in and go out. Debian packages no library for
/// it, and the part that is needed is small. Format: NumPy Enhancement Proposal 1 and numpy.lib.format,
/// versions 1 to 3.
#pragma once

#include <string>
#include <string_view>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/tensor_file.hpp"

namespace isoscan::core {

/// Little-endian float32, float64, int64 or uint8; one or two dimensions; C or Fortran order (the tensor is
/// always row-major). Every length is checked before it is trusted; the data must fill the file exactly.
/// @throws Error(Input) saying what is wrong and, where there is one, the line of numpy that cures it.
[[nodiscard]] Tensor from_npy(std::string_view bytes);
/// Version 1.0, C order, as numpy.save writes it: the same bytes. One or two dimensions.
/// @throws Error(Internal) on another number of dimensions, or bytes that do not fit the shape.
[[nodiscard]] std::string to_npy(const Tensor& tensor);

/// @throws Error(Io) where the file cannot be read; Error(Input) as from_npy, naming the file.
[[nodiscard]] Tensor read_npy(const boost::filesystem::path& file);
void write_npy(const boost::filesystem::path& file, const Tensor& tensor);  ///< atomic

}  // namespace isoscan::core
