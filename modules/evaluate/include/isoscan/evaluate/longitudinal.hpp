/// @file Two time points of people with lesions: is real change kept?
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/evaluate/table.hpp"
#include "isoscan/evaluate/travellers.hpp"

namespace isoscan::evaluate {

/// A scan with its lesions.
struct LesionScan {
  Person scan;
  std::function<core::Mask(const core::Grid& scan)> load_lesions;  ///< on the scan's grid
  std::string site;  ///< scans of one protocol are one site; each site has a model of its own
};

/// A person's time points, in the order of time.
struct LesionCourse {
  std::string id;
  LesionScan first;
  LesionScan second;
};

struct LongitudinalOptions {
  double spacing_mm = 0.0;  ///< working grid; 0: the reference's coarsest voxel edge (common_spacing)
  std::vector<harmonize::Method> methods{domain::kMethods.begin(), domain::kMethods.end()};
  harmonize::FitOptions fit;

  [[nodiscard]] std::string problem() const;  ///< the first value out of range, in words; empty when usable
};

/// Each site's model is learnt from all its time points: they are few, and how lesions fare does not depend
/// on who was learnt from. Lesions against rings in white matter (quality::lesion_contrast). By person:
///   contrast_ratio_1, contrast_ratio_2  contrast after over before harmonizing, first and second time point
///   per_grey_ratio_1, per_grey_ratio_2  the same with each contrast over that of grey matter against white
///   in
///                                       the same image: where the reference has another tissue contrast,
///                                       lesions rightly follow it, and this is the figure that should be 1
///   volume_ratio_1, volume_ratio_2      volume at half contrast, the same way
///   change_before, change_after         volume of the second less the first, ml
///   kept                                change_after / change_before; none where nothing changed
/// A person whose lesions have no ring, or are not visible, has no value there.
/// @param reference  of another scanner
/// @throws Error(Config) for options with a problem; Error(Input) where too few people are left.
[[nodiscard]] OutcomeTable longitudinal(const std::vector<LesionCourse>& people,
                                        const std::vector<Person>& reference,
                                        const LongitudinalOptions& options, const core::Context& context);

}  // namespace isoscan::evaluate
