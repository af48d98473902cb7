/// @file Scanners with known truth: the degradations of a real or synthetic head, in a fixed order.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::phantom {

/// Parameters of one acquisition; the defaults change nothing but gain.
struct VirtualScanner {
  std::string name = "identity";
  std::array<double, 4> contrast{1, 1, 1, 1};  ///< factor on CSF, grey, white, deep grey matter
  double gamma = 1.0;                          ///< image^gamma, white matter stays 1
  double bias = 0.0;                           ///< 98th percentile of the absolute log receive field
  std::array<double, 3> psf_sd_voxels{0, 0, 0};  ///< Gaussian point spread along the voxel axes
  int thick_slices = 1;                        ///< mean of this many slices along z, back by linear interpolation
  double noise = 0.0;                          ///< Rician, SD in units of white matter

  [[nodiscard]] std::string problem() const;   ///< the first value out of range, in words; empty when usable
};

/// "mild", "medium", "hard", "identity". @throws Error(Config) naming the known ones.
[[nodiscard]] VirtualScanner preset(const std::string& name);

struct VirtualScan {
  core::Volume image;     ///< in scanner units (white matter near 400 exp(0.4 N))
  core::Volume log_bias;  ///< the true receive field
  double gain = 1.0;
};

/// What `scanner` would have made of a head.
/// @param head      bias-corrected, white matter = 1
/// @param tissue    posteriors on the same grid
/// @param scanner_seed  shared by all scans of one scanner (its part of the receive field)
/// @param person_seed   this scan: the person's part of the field, noise, gain
[[nodiscard]] VirtualScan scan_with(const VirtualScanner& scanner, const core::Volume& head, const core::Mask& brain,
                                    const core::TissueMaps& tissue, std::uint64_t scanner_seed, std::uint64_t person_seed,
                                    const core::Context& context);

}  // namespace isoscan::phantom
