#include "isoscan/io/scan.hpp"

#include "isoscan/core/error.hpp"
#include "isoscan/io/nifti.hpp"

#include "bids_name.hpp"
#include "dicom_read.hpp"

namespace isoscan::io {

const std::vector<std::string>& kept_entities() {
  static const std::vector<std::string> keys{"task", "ce", "rec", "echo", "part", "space", "chunk", "res"};
  return keys;
}

std::string ScanSource::id() const {
  const std::string id = entities_text(*this);
  return suffix == "T1w" ? id : id + "_" + suffix;
}

LoadedScan read_scan(const ScanSource& source) {
  if (source.files.empty())
    throw core::Error(core::ErrorKind::Internal, source.id() + ": a scan without files");
  switch (source.kind) {
    case SourceKind::Nifti:
      return read_nifti(source.files.front());
    case SourceKind::DicomSeries:
      return read_dicom(source);
  }
  throw core::Error(core::ErrorKind::Internal, source.id() + ": unknown kind of source");
}

}  // namespace isoscan::io
