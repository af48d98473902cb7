/// @file The statistics of shared_restorer.hpp from their parts.
#pragma once

#include <cstddef>
#include <vector>

#include "isoscan/domain/acquisition.hpp"

namespace isoscan::harmonize {

/// @param bands  of the band space whose columns the moments are of (features/bands.hpp)
/// @throws Error(Input) where they do not fit together.
[[nodiscard]] std::vector<double> statistics_from(const domain::AcquisitionEvidence& evidence,
                                                  std::size_t bands, const std::vector<double>& feature_mean,
                                                  const std::vector<double>& feature_sd);

}  // namespace isoscan::harmonize
