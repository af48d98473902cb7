/// @file Device facts: from a BIDS sidecar, and as a site label.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/io/scan.hpp"
#include "isoscan/io/site_rule.hpp"

namespace isoscan::io {

/// Printable ASCII of at most 64 characters: text from files may be hostile.
[[nodiscard]] std::string clean_text(std::string_view text);

/// First 16 hexadecimal digits of the SHA-256 of station name and serial number; empty where both are.
[[nodiscard]] std::string station_hash(const std::string& station, const std::string& serial);

/// "SIEMENS-Prisma-3T" from manufacturer, model and field; "unknown" where none of them is known.
[[nodiscard]] std::string site_of_device(const Acquisition& acquisition);

/// One tag as labels write it: "SIEMENS", "Prisma", "3T", "1f0c...", "syngoMRE11"; empty where it is not
/// known.
[[nodiscard]] std::string device_label(const Acquisition& acquisition, DeviceTag tag);

/// The allow-listed fields of BIDS sidecars; where several have one field, the last wins.
/// @throws Error(Io|Input) where one cannot be read as a JSON object.
[[nodiscard]] Acquisition read_sidecar(const std::vector<boost::filesystem::path>& json);

}  // namespace isoscan::io
