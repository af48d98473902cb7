/// @file Where the lesions of white matter lie.
#pragma once

#include "person.hpp"

namespace isoscan::phantom {

/// Fills person.lesions with balls in deep white matter, near the ventricles first, of `lesion_ml` in all
/// (world ml).
/// @throws Error(Config) where the white matter has no room for that much.
void place_lesions(Person& person, double lesion_ml, std::uint64_t seed);

}  // namespace isoscan::phantom
