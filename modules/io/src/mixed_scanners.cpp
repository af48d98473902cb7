#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "isoscan/core/error.hpp"

#include "candidates.hpp"
#include "device.hpp"
#include "nifti_header.hpp"

namespace isoscan::io {

namespace {

/// What is known of the scanner: "SIEMENS-Prisma-3T". Without a word from the device, the voxel size is all
/// that tells one scanner or protocol from another.
std::string scanner_of(const ScanSource& scan) {
  const std::string device = site_of_device(scan.acquisition);
  if (device != "unknown") return device;
  if (scan.kind != SourceKind::Nifti) return "no device named";
  core::Vec3 mm{};
  try {
    mm = read_nifti_header(scan.files.front()).grid.spacing_mm();
  } catch (const core::Error&) {  // said by whoever reads it next
    return "no device named";
  }
  std::sort(mm.begin(), mm.end());  // the same voxels, whatever the order of the axes
  std::array<char, 96> text{};
  std::snprintf(text.data(), text.size(), "no device named, voxels of %.1f x %.1f x %.1f mm", mm[0], mm[1],
                mm[2]);
  return text.data();
}

}  // namespace

void warn_of_mixed_scanners(const std::vector<ScanSource*>& scans, std::vector<std::string>& warnings) {
  std::map<std::string, std::map<std::string, int>> scanners;  // site -> scanner -> scans
  for (const ScanSource* scan : scans) ++scanners[scan->site][scanner_of(*scan)];
  for (const auto& [site, counts] : scanners) {
    if (counts.size() < 2) continue;
    const std::string name = site == "unknown" ? "one site" : "the site " + site;
    std::string text = "scans that count as " + name + " seem to come from " + std::to_string(counts.size()) +
                       " scanners or protocols (";
    std::size_t said = 0;
    for (const auto& [scanner, count] : counts) {
      if (++said > 6) continue;
      text += (said > 1 ? "; " : "") + scanner + ": " + std::to_string(count);
    }
    if (said > 6) text += "; and " + std::to_string(said - 6) + " more";
    text +=
        "): one map for all of them fits none; name the site of each scan in a table (column site), or run "
        "each "
        "scanner alone";
    warnings.push_back(text);
    for (ScanSource* scan : scans) {
      if (scan->site == site) scan->warnings.push_back(text);
    }
  }
}

}  // namespace isoscan::io
