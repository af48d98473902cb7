/// @file A DICOM series into a volume.
#pragma once

#include <cstddef>
#include <vector>

#include "isoscan/io/scan.hpp"

#include "candidates.hpp"
#include "dicom_pixels.hpp"
#include "dicom_scaling.hpp"
#include "dicom_stack.hpp"

namespace isoscan::io {

/// What stands behind the slices of a volume: `placed.frames[k]` is slice k, and counts in `images`. Where
/// placed.places_mm is not empty the volume is resampled from them, and slices and frames are not one to one.
struct DicomSlices {
  std::vector<DicomImage> images;
  PlacedStack placed;
};

/// Headers alone. @throws Error(Input|Io|Geometry) as read_dicom.
[[nodiscard]] DicomSlices dicom_slices(const ScanSource& source);

/// A series whose slices are read one by one, as often as one likes, by whoever needs not hold all of them.
class DicomSeriesReader {
 public:
  /// Reads headers. @throws Error(Input|Io|Geometry) as read_dicom.
  explicit DicomSeriesReader(const ScanSource& source);

  [[nodiscard]] const core::Grid& grid() const { return slices_.placed.grid; }
  /// Whether slices of the volume are made from several of the series: read_dicom alone does that.
  [[nodiscard]] bool resampled() const { return !slices_.placed.places_mm.empty(); }
  /// All but the voxels: how they are stored, and the choices that were made.
  [[nodiscard]] LoadedScan about() const;
  /// Slice k of the grid. What is not finite becomes 0; its index in the volume is appended to `not_finite`.
  /// @throws Error(Input|Io).
  void read(std::size_t k, float* values, std::vector<std::size_t>& not_finite);
  /// Call it when all that is wanted was read. @throws Error(Input) where a file is not what it was when its
  /// header was read (size or time).
  void require_unchanged() const;
  /// Notes of what the voxels turned out to be; call it when all were read.
  void note_voxels(LoadedScan& scan) const;
  /// The volume of resampled slices, with its notes.
  void resample(LoadedScan& scan);

 private:
  std::vector<FileStamp> stamps_;  ///< of the source's files, before the first byte of them is read
  std::vector<boost::filesystem::path> files_;
  DicomSlices slices_;
  ChosenScales scales_;
  DicomPixels pixels_;
};

/// @throws Error(Input|Io|Geometry).
[[nodiscard]] LoadedScan read_dicom(const ScanSource& source);

}  // namespace isoscan::io
