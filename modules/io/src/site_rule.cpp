#include "isoscan/io/site_rule.hpp"

#include <boost/algorithm/string.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"

#include "bids_name.hpp"
#include "device.hpp"
#include "table.hpp"

namespace isoscan::io {

namespace {

/// Whether the device's tag is what the rule says, both as labels write them.
bool agrees(const std::string& wanted, const std::string& wanted_label, const std::string& label) {
  if (wanted.empty()) return true;
  return boost::ends_with(wanted, "*") ? boost::istarts_with(label, wanted_label)
                                       : boost::iequals(label, wanted_label);
}

bool fits(const SiteMatch& match, const Acquisition& device) {
  Acquisition wanted;
  wanted.manufacturer = match.manufacturer;
  wanted.model = match.model;
  wanted.field_strength_t = match.field_strength_t;
  wanted.station_hash = match.station_hash;
  wanted.software = match.software;
  const auto same = [&](DeviceTag tag, const std::string& text) {
    return agrees(text, device_label(wanted, tag), device_label(device, tag));
  };
  return same(DeviceTag::Manufacturer, match.manufacturer) && same(DeviceTag::Model, match.model) &&
         same(DeviceTag::StationHash, match.station_hash) && same(DeviceTag::Software, match.software) &&
         same(DeviceTag::FieldStrength, match.field_strength_t ? "given" : "");
}

}  // namespace

std::vector<DeviceTag> usual_site_label() {
  std::vector<DeviceTag> label;  // one by one: gcc 12 warns falsely of a list of bytes
  for (const DeviceTag tag : {DeviceTag::Manufacturer, DeviceTag::Model, DeviceTag::FieldStrength})
    label.push_back(tag);
  return label;
}

std::string site_of(const SiteRule& rule, const Acquisition& acquisition) {
  for (const SiteMatch& match : rule.matches) {
    if (fits(match, acquisition)) return match.site;
  }
  std::string site;
  for (const DeviceTag tag : rule.label) {
    const std::string part = device_label(acquisition, tag);
    if (!part.empty()) site.append(site.empty() ? "" : "-").append(part);
  }
  return site.empty() ? "unknown" : site;
}

std::vector<SiteRow> read_site_table(const boost::filesystem::path& file) {
  const Table table = read_table(file, "site");
  const auto fail = [&](int line, const std::string& what) {
    throw core::Error(core::ErrorKind::Input,
                      file.string() + ": line " + std::to_string(line) + ", column 1: " + what);
  };
  const auto has = [&](const char* name) { return table.column_number(name) <= table.columns.size(); };
  if (!has("subject") && !has("path") && !has("station_hash"))
    fail(1, "besides site there must be a column subject, path or station_hash");
  std::vector<SiteRow> rows;
  for (const TableRow& written : table.rows) {
    SiteRow row;
    row.line = written.line;
    row.site = core::printable(written.at("site"));
    const std::string subject = written.at("subject");
    row.subject = safe_label(boost::istarts_with(subject, "sub-") ? subject.substr(4) : subject);
    row.path = written.at("path");
    while (boost::ends_with(row.path, "/")) row.path.pop_back();
    if (boost::starts_with(row.path, "/"))
      fail(row.line, "a path is written as it lies below SCANS (\"hospital/disk2\"), not from the root");
    row.station_hash = boost::to_lower_copy(written.at("station_hash"));
    if (row.subject.empty() && row.path.empty() && row.station_hash.empty())
      fail(row.line, "the site " + row.site + " is for no subject, path or station_hash");
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace isoscan::io
