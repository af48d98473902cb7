/// @file Slices of a volume as pictures that a radiologist reads at once: upright, the patient's right on the
/// left side, the same distance in every direction, whatever the axis order, flips and voxel sizes of the
/// grid.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "isoscan/core/volume.hpp"
#include "isoscan/report/picture.hpp"

namespace isoscan::report {

enum class Plane : std::uint8_t { Axial, Coronal, Sagittal };
inline constexpr std::array<Plane, 3> kPlanes{Plane::Axial, Plane::Coronal, Plane::Sagittal};
[[nodiscard]] const char* name(Plane plane);  ///< "axial", ...

/// Which voxel axis runs (most nearly) along which direction of the patient.
struct AnatomicalAxes {
  std::array<int, 3> voxel_axis{0, 1, 2};  ///< of left, posterior, superior
  std::array<bool, 3> flipped{};           ///< true: the voxel index grows to the right, front or feet
};
/// The assignment with the largest product of direction cosines, so that oblique grids resolve too.
/// @throws core::Error(Geometry) where the grid is unusable.
[[nodiscard]] AnatomicalAxes anatomical_axes(const core::Grid& grid);

/// One picture's place in the world.
struct Slice {
  Plane plane = Plane::Axial;
  core::Vec3 origin_mm{};  ///< LPS, of the centre of the top left pixel
  core::Vec3 right_mm{};   ///< LPS step from a pixel to its right neighbour
  core::Vec3 down_mm{};    ///< LPS step from a pixel to the one below
  int width = 0;
  int height = 0;
  std::string left, right, top,
      bottom;            ///< edge labels: "R", "L", "A", "P", "S", "I", two letters when oblique
  std::string position;  ///< as viewers print it, LPS millimetres: "S 34 mm"
};

struct MosaicOptions {
  int slices = 6;          ///< a plane; fewer where the grid has fewer through the brain
  double pixel_mm = 0.0;   ///< edge of a pixel; 0: the finest voxel edge, kept within 0.75..1.05
  double margin_mm = 8.0;  ///< around the brain

  /// The first thing wrong, or empty.
  [[nodiscard]] std::string problem() const;
};

/// Slices through the bounding box of the brain: voxel slices of `grid` (never between two), evenly spread,
/// all of one plane cropped alike. Order: axial from below to above, coronal from front to back, sagittal
/// from right to left. An empty mask means the whole grid. The mask may lie on another grid.
/// @throws core::Error(Config) on options, core::Error(Geometry) on an unusable grid.
[[nodiscard]] std::vector<Slice> choose_slices(const core::Grid& grid, const core::Mask& brain, Plane plane,
                                               const MosaicOptions& options = {});

/// Values at the slice's pixels, trilinear between voxels (so thick slices are interpolated in the plane);
/// `outside` beyond the grid. Row-major, width * height values.
[[nodiscard]] std::vector<float> sample(const core::Volume& volume, const Slice& slice, float outside = 0.0F);

struct GreyWindow {
  double low = 0.0;
  double high = 1.3;  ///< of white matter; the same for before and after
};
/// Grey picture; values beyond the window (and what is not finite) become black or white.
[[nodiscard]] Picture grey_slice(const core::Volume& volume, const Slice& slice,
                                 const GreyWindow& window = {});

/// Diverging colours, black at zero: blue to light blue below, orange to light yellow above; told apart by
/// red-green and blue-yellow blind eyes. 255 colours, the middle one is zero.
[[nodiscard]] const std::vector<Rgba>& change_palette();
/// Colours for -scale..scale, saturated beyond; black outside the grid. Indexed with change_palette(). scale
/// > 0.
[[nodiscard]] Picture change_slice(const core::Volume& change, const Slice& slice, double scale);

/// Black at zero, violet, light: no colour of the change map.
[[nodiscard]] const std::vector<Rgba>& half_width_palette();
/// Colours for 0..scale, saturated beyond; black outside the grid. Indexed with half_width_palette(). scale >
/// 0.
[[nodiscard]] Picture half_width_slice(const core::Volume& half_width, const Slice& slice, double scale);

/// Edges of white matter and of brain tissue (grey + white matter) at p = 0.5 on a transparent ground, at
/// twice the slice's resolution. Indexed: 0 transparent, 1 outer edge of grey matter, 2 edge of white matter.
[[nodiscard]] Picture contour_slice(const core::TissueMaps& tissue, const Slice& slice);

/// Pictures of one size each row, side by side with a black gap. Kinds and palettes must agree.
/// @throws core::Error(Internal) where they do not, or when empty.
[[nodiscard]] Picture side_by_side(const std::vector<Picture>& pictures, int gap = 2);

/// One axial slice through the upper half of the brain in 16 greys, 72 pixels wide at most: under 3 kB of
/// PNG.
[[nodiscard]] Picture thumbnail(const core::Volume& volume, const core::Mask& brain,
                                const GreyWindow& window = {});

}  // namespace isoscan::report
