/// @file A harmonized scan back as DICOM: a derived MR series on the slices of its source.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/volume.hpp"
#include "isoscan/io/scan.hpp"

namespace isoscan::io {

/// Who the derived series says that the patient is.
enum class DicomIdentity : std::uint8_t {
  Remove,  ///< de-identified by allow-list (PS3.15 Annex E, Basic Profile): a pseudonym, other UIDs, no dates
  Keep,    ///< patient and study as in the source, so that its archive files the series under the same study
};

/// What a derived series says about how it was made. Printable ASCII; longer texts are cut.
struct DerivationFacts {
  std::string version;       ///< of this program: "0.1.0"
  std::string method;        ///< "two-pass"
  std::string model_sha256;  ///< of the reference that the scan was brought to
  std::string description;   ///< what was done to the voxels, up to 600 characters
};

struct DerivedDicomOptions {
  DicomIdentity identity = DicomIdentity::Remove;
  /// Secret that UIDs are mapped with (HMAC-SHA-256); the same key maps a study to the same study. Empty: a
  /// digest that whoever holds the source can make again.
  std::string key;
};

struct DerivedFile {
  std::string name;    ///< "00001.dcm": slice 1 of the volume
  std::string sha256;  ///< of its bytes
};

struct DerivedSeries {
  std::string series_uid;
  std::string study_uid;
  std::vector<DerivedFile> files;  ///< in the order of the volume's slices
  double slope = 1.0;              ///< value = slope x stored; a power of two
  double largest_error = 0.0;      ///< between a voxel and what its slice holds: at most slope / 2
};

/// Writes one MR Image object (PS3.3 A.4; explicit little endian, 16 bits) a slice into `folder`, which
/// appears whole or not at all, and takes the place of an earlier series there. Every attribute comes from
/// one allow-list (docs/derived-dicom.md). The same arguments give the same bytes: UIDs are digests, and
/// there is no clock.
/// @param source  a DICOM series; `subject` is the pseudonym
/// @param volume  on the grid that read_scan(source) gives
/// @throws Error(Input) where the source is none or says that text is burned into its pixels (Remove);
///   Error(Geometry) where the grid is another or the scan was resampled; Error(Numeric) for values that are
///   not finite; Error(Io|Resource), also where `folder` holds what this function did not write.
[[nodiscard]] DerivedSeries write_derived_dicom(const ScanSource& source, const core::Volume& volume,
                                                const DerivationFacts& facts,
                                                const DerivedDicomOptions& options,
                                                const boost::filesystem::path& folder);

/// Of a series, as a run's records have it: of the lines "NAME SHA256" of its files, in order. @throws
/// Error(Io).
[[nodiscard]] std::string digest_of_series(const boost::filesystem::path& folder);

/// What below `folder` must not be sent together with series of these options, in words with an example:
/// series of the other identity, DICOM that is not de-identified beside pseudonyms, or pseudonyms of another
/// key (the same people under two names tell who they are). Empty where nothing clashes. Reads one header a
/// folder.
/// @throws Error(Io) where a folder below cannot be read.
[[nodiscard]] std::string clash_with(const boost::filesystem::path& folder,
                                     const DerivedDicomOptions& options);

/// Whether the folder holds nothing but files as write_derived_dicom names them.
[[nodiscard]] bool is_derived_folder(const boost::filesystem::path& folder);

}  // namespace isoscan::io
