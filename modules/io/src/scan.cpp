#include "isoscan/io/scan.hpp"

#include <array>

#include "isoscan/core/error.hpp"
#include "isoscan/io/nifti.hpp"

#include "bids_name.hpp"
#include "dicom_read.hpp"

namespace isoscan::io {

const char* name(Scaling scaling) {
  constexpr std::array names{"auto", "rescale", "stored", "real-world", "philips"};
  return names[static_cast<std::size_t>(scaling)];
}

Scaling scaling_named(const std::string& wanted) {
  for (const Scaling scaling :
       {Scaling::Auto, Scaling::Rescale, Scaling::Stored, Scaling::RealWorld, Scaling::Philips}) {
    if (wanted == name(scaling)) return scaling;
  }
  throw core::Error(
      core::ErrorKind::Config,
      "there is no scaling \"" + wanted + "\": auto, rescale, stored, real-world and philips are known");
}

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
      return read_nifti(source.files.front(), source.read);
    case SourceKind::DicomSeries:
      return read_dicom(source);
  }
  throw core::Error(core::ErrorKind::Internal, source.id() + ": unknown kind of source");
}

}  // namespace isoscan::io
