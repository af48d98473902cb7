/// @file Volumes for the viewer of `isoscan review`, on the scale white matter = 1.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/volume.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/report/scan_report.hpp"

namespace isoscan::app {

/// The output of a scan, and its source where the run was started on this machine and the scans are still
/// there. Safe for several threads.
class ReviewVolumes {
 public:
  explicit ReviewVolumes(boost::filesystem::path out) : out_(std::move(out)) {}

  /// @param which  "before", "after" or "change" (after less before)
  /// @returns the bytes of a NIfTI file
  /// @throws Error(Input|Io) in words for a person where there is no such volume.
  [[nodiscard]] std::string nifti(const report::ScanReport& scan, const std::string& which);

  /// Why there is no volume before; empty where there is one. Looks for the scans at first, which may take a
  /// while.
  [[nodiscard]] std::string missing(const report::ScanReport& scan);

 private:
  [[nodiscard]] core::Volume before(const report::ScanReport& scan);
  [[nodiscard]] core::Volume after(const report::ScanReport& scan) const;
  [[nodiscard]] const io::ScanSource& source(const std::string& id);

  boost::filesystem::path out_;
  std::mutex mutex_;
  std::optional<io::ScanList> list_;
};

}  // namespace isoscan::app
