/// @file Checks that a model is put to where it is read whole, and where it is completed.
#pragma once

#include "isoscan/domain/site.hpp"

namespace isoscan::domain {

/// @throws Error(Input) naming the tensor where spacing, columns or map are no match for the reference's.
void require_fits_reference(const SiteModel& model);

}  // namespace isoscan::domain
