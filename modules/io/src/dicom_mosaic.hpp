/// @file Many planes in one frame: Siemens' mosaic and UIH's grid.
#pragma once

#include "dicom_file.hpp"
#include "dicom_image.hpp"

namespace isoscan::io {

/// Where `image` is a mosaic, its one frame becomes one plane a tile, and rows and columns those of a tile.
///
/// Siemens (ImageType MOSAIC): ceil(sqrt(n)) tiles on each side, filled row by row; n is
/// NumberOfImagesInMosaic of the private CSA header (0029,xx10), or (0019,xx0a). ImagePositionPatient is that
/// of a single plane as large as the mosaic, centred as the first tile. The slices follow SliceNormalVector
/// of the CSA header, a SpacingBetweenSlices apart. (Layout as nibabel's documentation, "DICOM orientation",
/// "Siemens mosaic", and dcm2niix's notes on Siemens describe it.)
/// UIH (ImageType VFRAME): (0065,xx50) tiles, each with its own ImagePositionPatient in (0065,xx51).
///
/// A mosaic whose tiles cannot be told apart gets `no_image`; what was guessed is in `layout_warnings`.
void unfold_mosaic(const DicomItem& data, DicomImage& image);

/// What Siemens' CSA header (0029,xx10) says about a mosaic: 0 and nothing where it does not.
struct CsaMosaic {
  int tiles = 0;
  std::vector<double> normal;   ///< SliceNormalVector
  double protocol_slice = 0.0;  ///< ProtocolSliceNumber of the first tile
};

/// CSA1 and CSA2 ("SV10"), little-endian. Lengths are checked; damage gives what stood before it.
[[nodiscard]] CsaMosaic read_csa(const std::vector<unsigned char>& bytes);

}  // namespace isoscan::io
