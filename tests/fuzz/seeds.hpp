/// @file Seeds by kind of file.
#pragma once

#include "targets.hpp"

namespace isoscan::fuzz {

[[nodiscard]] std::vector<Seed> nifti_seeds();
[[nodiscard]] std::vector<Seed> dicom_seeds();
[[nodiscard]] std::vector<Seed> dicom_series_seeds();
[[nodiscard]] std::vector<Seed> record_seeds();
[[nodiscard]] std::vector<Seed> model_seeds();
[[nodiscard]] std::vector<Seed> json_seeds();

}  // namespace isoscan::fuzz
