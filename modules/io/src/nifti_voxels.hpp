/// @file The voxels of a NIfTI file as a stream of numbers.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "gzip_file.hpp"
#include "nifti_header.hpp"

namespace isoscan::io {

/// Decodes voxels in the order of the file, scaling applied; holds one block in memory.
class NiftiVoxels {
 public:
  /// @param header  of a file that holds real numbers. @throws Error(Io|Input) where it cannot be read.
  explicit NiftiVoxels(const NiftiHeader& header);

  /// Fills `count` numbers; what is not finite becomes 0. @throws Error(Input) where the file ends before.
  void read(float* voxels, std::size_t count);
  /// Whether the file goes on. At its end zlib compares the checksum. @throws Error(Input) where that is
  /// wrong.
  [[nodiscard]] bool more();

  /// Which voxels were not finite, so far.
  [[nodiscard]] const std::vector<std::size_t>& not_finite() const { return not_finite_; }
  [[nodiscard]] bool beyond_float() const { return beyond_float_; }  ///< float32 did not hold some exactly

 private:
  const NiftiHeader& header_;
  GzipReader reader_;
  std::size_t at_ = 0;  ///< the next voxel
  std::vector<std::size_t> not_finite_;
  bool beyond_float_ = false;
};

/// Digest of the first few thousand voxels that differ from the very first one: enough to tell two scans
/// apart without reading either to its end. Empty where all voxels are alike.
[[nodiscard]] std::string first_voxels_digest(const NiftiHeader& header);

/// Digest of all voxels as numbers: how they are stored and packed does not count.
[[nodiscard]] std::string all_voxels_digest(const NiftiHeader& header);

}  // namespace isoscan::io
