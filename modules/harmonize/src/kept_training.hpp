/// @file What a killed training leaves to the next: virtual scans and checkpoints. Private to harmonize.
#pragma once

#include <optional>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/tensor_file.hpp"
#include "isoscan/domain/shared_restorer.hpp"

namespace isoscan::harmonize {

/// @throws Error(Io) where it cannot be written.
void keep_scan(const domain::SharedScan& scan, const boost::filesystem::path& file);
/// Nothing where there is none, or none that is whole: it is made again.
[[nodiscard]] std::optional<domain::SharedScan> kept_scan(const boost::filesystem::path& file);
[[nodiscard]] std::optional<core::TensorFile> kept_checkpoint(const boost::filesystem::path& file);

}  // namespace isoscan::harmonize
