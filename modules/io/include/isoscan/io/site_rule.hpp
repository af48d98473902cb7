/// @file Which site a scan is of: by a rule over what its device says of itself, or by a table.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/io/scan.hpp"

namespace isoscan::io {

enum class DeviceTag : std::uint8_t { Manufacturer, Model, FieldStrength, StationHash, Software };

/// All that is given must agree. Makers and models are compared as labels are made ("MAGNETOM Prisma" and
/// "Prisma" are one, spelling of makers does not matter), fields by their nominal strength. A "*" at the end
/// of model or software takes all that begins so.
struct SiteMatch {
  std::string site;
  std::string manufacturer;
  std::string model;
  std::optional<double> field_strength_t;
  std::string station_hash;  ///< as Acquisition has it
  std::string software;
};

/// Manufacturer, model, field strength.
[[nodiscard]] std::vector<DeviceTag> usual_site_label();

struct SiteRule {
  std::vector<SiteMatch> matches;  ///< the first that fits decides
  /// Of these the label is made where none fits ("SIEMENS-Prisma-3T"); empty: such a scan is of "unknown".
  std::vector<DeviceTag> label = usual_site_label();
};

/// "unknown" where nothing fits and the device tells nothing.
[[nodiscard]] std::string site_of(const SiteRule& rule, const Acquisition& acquisition);

/// One line of a table of sites: what is given must agree.
struct SiteRow {
  int line = 0;
  std::string site;
  std::string subject;  ///< label, without "sub-"
  std::string path;     ///< a file or folder below SCANS, forward slashes
  std::string station_hash;
};

/// A TSV with a column `site` and one or more of `subject`, `path`, `station_hash`.
/// @throws Error(Io); Error(Input) with line and column where it is malformed or names nothing but a site.
[[nodiscard]] std::vector<SiteRow> read_site_table(const boost::filesystem::path& file);

}  // namespace isoscan::io
