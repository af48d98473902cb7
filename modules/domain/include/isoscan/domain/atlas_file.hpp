/// @file The atlas of the reference's brains in packages, site models and summaries of scans.
#pragma once

#include <string>

#include "isoscan/core/tensor_file.hpp"
#include "isoscan/preprocess/atlas.hpp"

namespace isoscan::domain {

/// Under "name/...", 32-bit floats; nothing where there is none. Of the atlas, which mirrors itself, the half
/// on the right.
void put(core::TensorFile& file, const std::string& name, const preprocess::Atlas& atlas);
/// Empty where there is none. @throws Error(Input) naming the tensor where one is missing, does not fit or
/// holds what it may not.
[[nodiscard]] preprocess::Atlas get_atlas(const core::TensorFile& file, const std::string& name);

void put(core::TensorFile& file, const std::string& name, const preprocess::AtlasSums& sums);
/// Empty where there are none. @throws like get_atlas.
[[nodiscard]] preprocess::AtlasSums get_atlas_sums(const core::TensorFile& file, const std::string& name);

}  // namespace isoscan::domain
