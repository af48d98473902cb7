/// @file What tests of derived DICOM share: a changed volume, headers, dciodvfy.
#pragma once

#include "dcmtk/config/osconfig.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include <boost/filesystem.hpp>
#include <dcmtk/dcmdata/dctk.h>
#include <gtest/gtest.h>

#include "isoscan/core/volume.hpp"
#include "isoscan/io/derived_dicom.hpp"
#include "isoscan/io/scan.hpp"

namespace isoscan::test {

namespace fs = boost::filesystem;

inline io::DerivationFacts derivation_facts() {
  return {"0.1.0", "two-pass", std::string(64, 'a'), "Receive field divided out, intensities mapped."};
}

/// All files of a folder as one series, whatever find_scans thinks of it.
inline io::ScanSource as_series(const fs::path& folder) {
  io::ScanSource source;
  source.kind = io::SourceKind::DicomSeries;
  source.subject = "p0123abcd";
  for (fs::recursive_directory_iterator at(folder), end; at != end; ++at) {
    if (fs::is_regular_file(at->path())) source.files.push_back(at->path());
  }
  std::sort(source.files.begin(), source.files.end());
  return source;
}

/// As harmonizing changes a scan: bright voxels by a smooth factor, dark ones not at all.
inline core::Volume changed(core::Volume volume) {
  float high = 0.0F;
  for (const float v : volume.voxels) high = std::max(high, v);
  for (std::size_t n = 0; n < volume.voxels.size(); ++n) {
    if (volume.voxels[n] > 0.1F * high)
      volume.voxels[n] *= 1.13F + 0.1F * std::sin(static_cast<float>(n % 977));
  }
  return volume;
}

/// The value of the data set's own attribute, values joined by backslashes; "-" where it is not there.
inline std::string value_of(const fs::path& file, const DcmTagKey& tag) {
  DcmFileFormat format;
  if (format.loadFile(file.c_str()).bad()) return "unreadable";
  DcmElement* element = nullptr;
  if (format.getDataset()->findAndGetElement(tag, element).bad()) return "-";
  OFString text;
  (void)element->getOFStringArray(text);
  return text.c_str();
}

inline std::string value_in(const fs::path& file, const DcmTagKey& sequence, long item,
                            const DcmTagKey& tag) {
  DcmFileFormat format;
  if (format.loadFile(file.c_str()).bad()) return "unreadable";
  DcmItem* found = nullptr;
  if (format.getDataset()->findAndGetSequenceItem(sequence, found, item).bad()) return "-";
  OFString text;
  return found->findAndGetOFStringArray(tag, text).bad() ? "-" : text.c_str();
}

inline bool have_dciodvfy() {
  return std::system("command -v dciodvfy >/dev/null 2>&1") == 0;
}

/// The lines that begin with "Error", as a set.
inline std::set<std::string> dciodvfy_errors(const fs::path& file) {
  std::set<std::string> errors;
  FILE* pipe = ::popen(("dciodvfy -new '" + file.string() + "' 2>&1").c_str(), "r");
  char line[4096];
  while (pipe != nullptr && std::fgets(line, sizeof line, pipe) != nullptr) {
    const std::string text(line);
    if (text.rfind("Error", 0) == 0) errors.insert(text.substr(0, text.find_last_not_of('\n') + 1));
  }
  if (pipe != nullptr) ::pclose(pipe);
  return errors;
}

/// Errors of the derived files (first, middle, last) that none of the source's files has.
inline std::set<std::string> new_errors(const io::ScanSource& source, const fs::path& derived,
                                        const io::DerivedSeries& series) {
  const std::size_t last = series.files.size() - 1;
  std::set<std::string> found;
  for (const std::size_t at : {std::size_t{0}, last / 2, last})
    found.merge(dciodvfy_errors(derived / series.files[at].name));
  if (found.empty()) return found;
  for (const std::string& known : dciodvfy_errors(source.files.front())) found.erase(known);
  return found;
}

/// The round trip law: the grid comes back equal, each voxel within half a slope.
inline void expect_round_trip(const core::Volume& volume, const fs::path& derived,
                              const io::DerivedSeries& series) {
  io::ScanSource again;
  again.kind = io::SourceKind::DicomSeries;
  for (const io::DerivedFile& file : series.files) again.files.push_back(derived / file.name);
  const core::Volume back = io::read_scan(again).volume;
  ASSERT_EQ(back.grid, volume.grid);
  double off = 0.0;
  double high = 0.0;
  for (std::size_t n = 0; n < volume.voxels.size(); ++n) {
    off =
        std::max(off, std::abs(static_cast<double>(back.voxels[n]) - static_cast<double>(volume.voxels[n])));
    high = std::max(high, std::abs(static_cast<double>(volume.voxels[n])));
  }
  EXPECT_LE(off, series.slope / 2 * (1 + 1e-6) + 1e-7 * high);
  EXPECT_LE(series.largest_error, series.slope / 2 * (1 + 1e-9));
  EXPECT_LE(series.slope, high / 16383.0 + 1e-30) << "the range is used to at least 14 bits";
}

}  // namespace isoscan::test
