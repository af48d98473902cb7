#include "isoscan/io/scan.hpp"

#include "isoscan/core/error.hpp"
#include "isoscan/io/nifti.hpp"

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
      throw core::Error(core::ErrorKind::Input,
                        source.files.front().string() + ": DICOM is not read yet; convert it to NIfTI");
  }
  throw core::Error(core::ErrorKind::Internal, source.id() + ": unknown kind of source");
}

}  // namespace isoscan::io
