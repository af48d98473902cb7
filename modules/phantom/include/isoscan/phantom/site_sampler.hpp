/// @file Thousands of acquisitions over stated ranges: the virtual sites that a shared restorer learns from.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "isoscan/phantom/virtual_scanner.hpp"

namespace isoscan::phantom {

struct Interval {
  double low = 0.0;
  double high = 0.0;
};

/// Where virtual sites are drawn from. Factors are uniform in their logarithm, all else is uniform; "share"
/// is the chance that a site has the effect at all. Lengths in voxels of the working grid.
struct SiteRanges {
  Interval csf{0.60, 1.75};  ///< factor on the brightness of CSF, white matter stays 1
  Interval grey{0.82, 1.22};
  Interval deep_grey{0.93, 1.04};  ///< of the deep grey matter, over the cortex' own factor
  Interval gamma{0.80, 1.25};
  Interval bias{0.05, 0.45};  ///< 98th percentile of the absolute log receive field
  double coils_share = 0.3;   ///< of fields that are those of coils, not polynomials
  double blur_share = 0.8;
  Interval blur{0.0, 0.55};      ///< SD of the point spread in all directions,
  double axis_blur_share = 0.5;  ///< and of one axis, drawn at random, beyond that
  Interval axis_blur{0.2, 0.8};
  double thick_share = 0.2;  ///< slices of two or three voxels
  double noise_share = 0.9;
  Interval noise{0.008, 0.07};  ///< SD, white matter = 1
  double coloured_share = 0.25;
  Interval colour{0.4, 0.9};
  double ringing_share = 0.15;
  Interval ringing{0.2, 1.0};
  double ghost_share = 0.08;
  Interval ghost{0.01, 0.06};
  double gap_share = 0.08;
  Interval gap{0.2, 1.0};
  double median_share = 0.06;
  double sharpening_share = 0.2;
  Interval sharpening{0.15, 0.9};

  [[nodiscard]] std::string problem() const;  ///< the first value out of range, in words; empty when usable
};

/// The `number`-th virtual site of a seed, "site-0007": any of them alone, in any order.
/// @throws Error(Config) for unusable ranges.
[[nodiscard]] VirtualScanner draw_site(const SiteRanges& ranges, std::uint64_t seed, std::uint64_t number);

}  // namespace isoscan::phantom
