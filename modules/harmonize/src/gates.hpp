/// @file What restoration refuses before it begins; the gates after it are in restoration.hpp. Private to
/// harmonize.
#pragma once

#include "isoscan/domain/acquisition.hpp"

namespace isoscan::harmonize {

/// @throws Error(Input) where the site lies beyond what restoration was made for.
void require_known(const domain::Acquisition& found);
/// The same as an answer.
[[nodiscard]] bool is_known(const domain::Acquisition& found);

}  // namespace isoscan::harmonize
