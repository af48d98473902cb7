/// @file Quality of one scan without a reference, by the definitions of MRIQC (Esteban et al., PLoS ONE 2017)
/// where they are valid on this image. What is not applicable has no value and says why; there is never a -1.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "isoscan/core/volume.hpp"

namespace isoscan::quality {

struct Measure {
  std::string name;  ///< MRIQC's name: "cjv", "snr_wm", "summary_gm_p05", ...
  std::optional<double> value;
  std::string reason;  ///< why there is no value, or what limits it; empty otherwise
};

struct ImageQuality {
  std::vector<Measure> measures;  ///< always the same names in the same order

  /// Null where there is no such name.
  [[nodiscard]] const Measure* find(const std::string& name) const;
};

/// The measures, after intensities are scaled so that eroded white matter has median 1000. Tissue statistics
/// are taken where a posterior exceeds 0.85, eroded by one voxel (18 neighbours) while at least 300 voxels
/// are left; SD by MAD is scaled to a normal distribution; medians stand for means, as MRIQC computes them.
///
/// | name | definition | range, better |
/// | cjv | (MAD wm + MAD gm) / abs(median wm - median gm), Ganzetti 2016 | 0 up, low |
/// | cnr | abs(median wm - median gm) / sqrt(SD air^2 + SD wm^2 + SD gm^2), Magnotta 2006 | 0 up, high |
/// | cnr_tissue | the same without air: also valid on skull-stripped scans (not in MRIQC) | 0 up, high |
/// | snr_* | median / (SD sqrt(n / (n - 1))) in csf, gm, wm; snr_total: their mean | 0 up, high |
/// | snrd_* | median / (MAD air sqrt(2 / (4 - pi))), Dietrich 2007; snrd_total | 0 up, high |
/// | wm2max | median wm / 99.95th percentile of the image | 0..1, 0.6-0.8 is usual |
/// | efc | entropy of intensities over its maximum, Atkinson 1997 | 0..1, low |
/// | fber | median energy of the head over that of air, Shehzad 2015 | 0 up, high |
/// | rpve_* | residual partial volume in csf, gm, wm, see below | 0..1, low |
/// | icvs_* | fraction of the brain that is csf, gm, wm | 0..1 |
/// | summary_*_* | mean, stdv, median, mad, p05, p95, n of csf, gm, wm and bg (air) | |
///
/// rpve sums p (from 0.5 up) or 1 - p (below) over a label's voxels with p in its 2nd to 98th percentile, and
/// divides by the count of voxels with p below 1.
///
/// cnr, snrd, efc, fber and summary_bg need air with its noise: not applicable where more than a tenth of the
/// background lies in patches of one value (skull-stripped, defaced, padded or masked) or there is too little
/// of it. wm2max needs the scalp.
/// @param head  foreground; the rest is background
/// @throws Error(Geometry) where grids differ.
[[nodiscard]] ImageQuality measure_image_quality(const core::Volume& image, const core::Mask& head,
                                                 const core::Mask& brain, const core::TissueMaps& tissue);

}  // namespace isoscan::quality
