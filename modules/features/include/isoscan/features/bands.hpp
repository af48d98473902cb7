/// @file The band space: a voxel as its difference-of-Gaussian bands and what surrounds it.
/// Bands after Burt and Adelson, "The Laplacian Pyramid as a Compact Image Code", 1983, without decimation.
///
/// A row of D = bands + context numbers, for images with white matter = 1:
///   bands    image - G1, G1 - G2, ..., Gm: they sum to the image; a map may move them;
///   context  gradient magnitude (1/mm), local SD, second difference along the left-right, front-back and
///   foot-head
///            voxel axes, head coordinates x, y, z (LPS, brain centre 0, SD 1): a map may read them, not move
///            them.
/// All smoothing is normalised within the mask: nothing outside of it leaks in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::features {

struct BandOptions {
  /// SD of the Gaussians, rising, in mm. The defaults are 0.7, 1.4, 2.8 and 5.6 voxels of 1.5 mm.
  std::vector<double> sd_mm{1.05, 2.1, 4.2, 8.4};
  /// Between the raw (0) and the whitened (1) distance: a band's squared difference, in units of its SD,
  /// weighs sd^(2 (1 - alpha)).
  /// 0 gave the nearest images on virtual scanners (docs/travellers.md).
  double alpha = 0.0;

  [[nodiscard]] std::string problem() const;  ///< the first thing wrong in words; empty when usable
};

/// What the columns of a row are.
struct BandSpace {
  double spacing_mm = 0.0;    ///< of the working grid that the space is meant for
  std::vector<double> sd_mm;  ///< the Gaussians that are left at this spacing

  [[nodiscard]] int bands() const { return static_cast<int>(sd_mm.size()) + 1; }
  static constexpr int kContext = 8;
  [[nodiscard]] int dims() const { return bands() + kContext; }
  /// "band0" (finest) ..., "gradient", "local_sd", "second_x|y|z", "head_x|y|z".
  [[nodiscard]] std::vector<std::string> names() const;
  bool operator==(const BandSpace&) const = default;
};

/// The space at a spacing: Gaussians narrower than a voxel (full width at half maximum below `spacing_mm`)
/// are left out.
/// @throws Error(Config) where the options have a problem or no Gaussian is left.
[[nodiscard]] BandSpace band_space(const BandOptions& options, double spacing_mm);

/// Rows for voxels of one grid.
struct BandRows {
  core::Grid grid;
  int dims = 0;
  std::vector<std::size_t> voxels;  ///< where each row lies in the grid's voxel array, rising
  std::vector<float> values;        ///< voxels.size() x dims, row-major

  [[nodiscard]] std::size_t rows() const { return voxels.size(); }
};

/// Rows for all voxels of the mask, in voxel order.
/// @throws Error(Geometry) where the grids differ; Error(Input) where the mask is empty.
[[nodiscard]] BandRows encode(const core::Volume& image, const core::Mask& mask, const BandSpace& space,
                              const core::Context& context);

/// Rows for up to `count` voxels of the mask, drawn evenly without replacement by `seed`; the neighbourhood
/// that they see is the whole mask's, so each row equals the one that `encode` makes.
[[nodiscard]] BandRows encode_sample(const core::Volume& image, const core::Mask& mask,
                                     const BandSpace& space, std::size_t count, std::uint64_t seed,
                                     const core::Context& context);

/// The image of the rows: the sum of the bands at their voxels, 0 elsewhere. decode(encode(image)) is the
/// image inside the mask: bit for bit where |finest band| <= |image| (all but voxels near 0), else within
/// half an ulp of the finest band, as the finest band is made as the remainder.
[[nodiscard]] core::Volume decode(const BandRows& rows, const BandSpace& space);

/// Mean and SD of each column.
struct ColumnScale {
  std::vector<double> mean;
  std::vector<double> sd;  ///< at least 1e-6
};

/// @param values  n x dims, row-major, n >= 2. @throws Error(Numeric) with fewer rows or where a value is not
/// finite.
[[nodiscard]] ColumnScale fit_scale(const std::vector<float>& values, int dims);

/// Weights of a map's cost, sum_b w_b (x_b - y_b)^2 over the bands in their own units: sd^(2 (1 - alpha)) of
/// the differences in units of their SD, so w_b = sd_b^(-2 alpha); scaled so that the mean of w_b sd_b^2
/// is 1.
[[nodiscard]] std::vector<double> cost_weights(const ColumnScale& scale, const BandSpace& space,
                                               double alpha);

}  // namespace isoscan::features
