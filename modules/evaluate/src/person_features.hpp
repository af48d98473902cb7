/// @file What classifiers and distances see of a person.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/harmonize/harmonize.hpp"
#include "isoscan/preprocess/prepare.hpp"
#include "isoscan/quality/distance.hpp"

namespace isoscan::evaluate {

struct PersonFeatures {
  std::string id;
  std::vector<double> image;  ///< domain::measures and quantiles
  quality::Samples bands;     ///< band-space rows without head coordinates
  quality::Samples patches;   ///< raw 3^3 patches
  std::vector<double> quantiles;
  std::array<double, core::kTissueCount> share{};  ///< CSF, grey, white matter, of the brain
};

/// @param scan  image and tissue belong together: classify again after harmonizing
[[nodiscard]] PersonFeatures features_of(const std::string& id, const preprocess::Prepared& scan,
                                         double spacing_mm, harmonize::FitOptions fit,
                                         std::size_t rows_per_person, const core::Context& context);

/// 27 values a row around voxels whose whole neighbourhood lies in the mask, drawn by seed without
/// replacement; fewer rows where there are fewer.
[[nodiscard]] quality::Samples raw_patches(const core::Volume& image, const core::Mask& mask,
                                           std::size_t count, std::uint64_t seed);

/// Root mean square between quantile functions at the same probabilities.
[[nodiscard]] double quantile_difference(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace isoscan::evaluate
