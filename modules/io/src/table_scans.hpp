/// @file The scans that a TSV table names.
#pragma once

#include "candidates.hpp"

namespace isoscan::io {

/// @throws Error(Input) with line and column where the table contradicts itself. A file that is missing or
/// damaged is set aside as broken, and the rest goes on.
[[nodiscard]] Found scans_of_table(const boost::filesystem::path& table, const core::Context& context,
                                   const ReadChoices& read = {});

}  // namespace isoscan::io
