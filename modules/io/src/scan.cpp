#include "isoscan/io/scan.hpp"

#include "isoscan/core/error.hpp"
#include "isoscan/io/nifti.hpp"

#include "dicom_read.hpp"

namespace isoscan::io {

std::string ScanSource::id() const {
  std::string id = "sub-" + subject;
  if (!session.empty()) id += "_ses-" + session;
  if (!run.empty()) id += "_run-" + run;
  return id;
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
