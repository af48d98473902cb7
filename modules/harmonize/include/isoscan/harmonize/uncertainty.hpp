/// @file How far each voxel of a restored scan may be from what the reference would have shown: a half-width,
/// so that image +- half-width holds the truth in 90 % of the brain's voxels.
///
/// Made scans (restoration.hpp) that the network never learnt from have known truths. Their absolute errors
/// are sorted into a table by what is known of a voxel when a scan is restored (kErrorFeatures); each cell
/// holds the error that 90 % of its voxels stay below. Voxels of one scan err together (a field that is left,
/// a contrast that is off), so what matters is how the errors of other scans predict those of a scan: each
/// made scan in turn is held against the table of the others, and the table is scaled until their shares are
/// 90 % in the mean.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"
#include "isoscan/domain/error_table.hpp"
#include "isoscan/domain/site.hpp"
#include "isoscan/harmonize/write_back.hpp"
#include "isoscan/preprocess/prepare.hpp"

namespace isoscan::harmonize {

/// Features of a voxel, in the order in which the table parts by them.
inline constexpr std::array<const char*, 3> kErrorFeatures{"local_sd", "local_mean", "depth"};

struct UncertaintyOptions {
  double coverage = 0.9;               ///< share of the voxels whose error the half-width holds
  std::vector<int> branches{8, 5, 4};  ///< parts by each of kErrorFeatures
  std::size_t rows = 100'000;          ///< voxels of each made scan, evenly spread; all where it has fewer

  [[nodiscard]] std::string problem() const;  ///< the first thing wrong in words; empty when usable
};

/// Voxels of one scan with a known truth.
struct ErrorRows {
  std::vector<float> features;  ///< n x kErrorFeatures.size(), row-major
  std::vector<float> error;     ///< n: |image - truth|, white matter = 1
};

/// @param image  restored  @param truth  on the same grid
/// @throws Error(Geometry) where the grids differ.
[[nodiscard]] ErrorRows error_rows(const core::Volume& image, const core::Volume& truth,
                                   const core::Mask& brain, const UncertaintyOptions& options,
                                   const core::Context& context);

/// The table, each scan weighing as its rows. Empty with fewer than two scans, or with fewer than 100 rows a
/// leaf in all. The same numbers for any thread count.
/// @throws Error(Config) for options with a problem; Error(Numeric) where a row is not finite.
[[nodiscard]] domain::ErrorTable fit_error_table(const std::vector<ErrorRows>& scans,
                                                 const UncertaintyOptions& options,
                                                 const core::Context& context);

/// Whether a model says how far its restored voxels may be off: method "restore", fitted by a version that
/// does.
[[nodiscard]] bool has_uncertainty(const domain::SiteModel& model);

/// The half-width on the working grid, white matter = 1: above 0 in the brain, 0 outside.
/// @param image  as `restored` or `harmonized_image` gave it  @param brain  the same grid
/// @throws Error(Config) where the method has none; Error(Input) where the model was made by an earlier
/// version; Error(Geometry) where the grids differ.
[[nodiscard]] core::Volume uncertainty(const core::Volume& image, const core::Mask& brain,
                                       const domain::SiteModel& model, const core::Context& context);

/// The half-width of the written volume on its own grid, in its own units; 0 outside the brain. What
/// write_back withheld of the change (at the bound, and fading at the brain's edge) is added to it, as the
/// interval is about the voxel that was written. It says nothing of detail finer than the working grid, which
/// is the scan's own.
/// @param native, prepared, harmonized, options  as write_back took them  @param written  what it gave
/// @param half_width  of `uncertainty`, on the grid of `harmonized`
/// @throws Error(Geometry) where the grids do not fit.
[[nodiscard]] core::Volume written_uncertainty(const core::Volume& half_width,
                                               const preprocess::Prepared& prepared,
                                               const core::Volume& harmonized, const WrittenBack& written,
                                               const WriteBackOptions& options, const core::Context& context);

}  // namespace isoscan::harmonize
