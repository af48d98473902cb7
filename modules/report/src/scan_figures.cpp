#include "scan_figures.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "isoscan/core/error.hpp"

#include "grid_part.hpp"
#include "page.hpp"

namespace isoscan::report {
namespace {

constexpr int kTries = 12;

/// Values in the mask, which may lie on another grid: each voxel counts by the mask's voxel at its place.
std::vector<float> values_by_place(const core::Volume& volume, const core::Mask& mask) {
  if (mask.grid == volume.grid) return core::values_in(volume, mask);
  const core::Affine to_mask = mask.grid.world_from_voxel.inverse() * volume.grid.world_from_voxel;
  const auto [begin, end] =
      part_near(volume.grid, mask.grid, [&](std::size_t n) { return mask.voxels[n] != 0; });
  std::vector<float> values;
  for (std::int64_t k = begin[2]; k < end[2]; ++k) {
    for (std::int64_t j = begin[1]; j < end[1]; ++j) {
      for (std::int64_t i = begin[0]; i < end[0]; ++i) {
        const core::Vec3 place =
            to_mask({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        core::Index3 at{};
        bool within = true;
        for (std::size_t a = 0; a < 3; ++a) {
          at[a] = static_cast<std::int64_t>(std::floor(place[a] + 0.5));
          within = within && at[a] >= 0 && at[a] < mask.grid.size[a];
        }
        if (within && mask.voxels[mask.grid.index(at[0], at[1], at[2])] != 0)
          values.push_back(volume.at(i, j, k));
      }
    }
  }
  return values;
}

ChangeSummary summarise(const core::Volume& change, const core::Mask& brain, std::optional<double> bound) {
  std::vector<float> sizes =
      brain.voxels.empty() || brain.count() == 0 ? change.voxels : values_by_place(change, brain);
  ChangeSummary summary;
  std::size_t held = 0;
  for (float& value : sizes) {
    value = std::isfinite(value) ? std::abs(value) : 0.0F;
    if (bound && value >= *bound * (1.0 - 1e-4)) ++held;
  }
  if (sizes.empty()) return summary;
  summary.largest = *std::max_element(sizes.begin(), sizes.end());
  summary.at_bound = static_cast<double>(held) / static_cast<double>(sizes.size());
  summary.typical = core::quantile(sizes, 0.5);
  summary.p99 = core::quantile(sizes, 0.99);
  return summary;
}

/// A few fixed steps, so that the colours of most scans can be compared from page to page.
double scale_for(const ChangeSummary& summary) {
  static constexpr std::array<double, 5> kSteps{0.05, 0.1, 0.2, 0.5, 1.0};
  for (const double step : kSteps) {
    if (summary.p99 <= step) return step;
  }
  return std::ceil(summary.p99);
}

/// To the four decimals of a page, so that a page made of the record later shows the same.
core::Vec3 as_shown(core::Vec3 voxels) {
  for (double& v : voxels) v = std::round(v * 1e4) / 1e4;
  return voxels;
}

std::vector<TileRow> draw(const ScanImages& images, const core::Volume* after, const core::Volume* change,
                          const ScanFigures& scales, const ScanPageOptions& options, double coarser) {
  MosaicOptions mosaic = options.mosaic;
  if (coarser > 1.0) {
    const core::Vec3 spacing = images.before.grid.spacing_mm();
    const double finest = std::min({spacing[0], spacing[1], spacing[2]});
    const double pixel_mm = mosaic.pixel_mm > 0 ? mosaic.pixel_mm : std::clamp(finest, 0.75, 1.05);
    mosaic.pixel_mm = std::min(20.0, pixel_mm * coarser);
  }
  const core::Affine voxel = images.before.grid.world_from_voxel.inverse();
  const core::Affine step{voxel.matrix, {0, 0, 0}};
  std::vector<TileRow> rows;
  for (const Plane plane : kPlanes) {
    TileRow row;
    row.plane = plane;
    for (Slice& slice : choose_slices(images.before.grid, images.brain, plane, mosaic)) {
      Tile tile;
      tile.before = data_url(png(grey_slice(images.before, slice, options.window)));
      if (after != nullptr) tile.after = data_url(png(grey_slice(*after, slice, options.window)));
      if (change != nullptr) tile.change = data_url(png(change_slice(*change, slice, scales.change_scale)));
      if (scales.half_width_scale > 0)
        tile.half_width = data_url(png(half_width_slice(*images.half_width, slice, scales.half_width_scale)));
      if (images.reference_like)
        tile.reference = data_url(png(grey_slice(*images.reference_like, slice, options.window)));
      if (images.tissue) tile.contours = data_url(png(contour_slice(*images.tissue, slice)));
      tile.voxels = std::array<core::Vec3, 3>{as_shown(voxel(slice.origin_mm)),
                                              as_shown(step(slice.right_mm)), as_shown(step(slice.down_mm))};
      tile.slice = std::move(slice);
      row.tiles.push_back(std::move(tile));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::size_t size_of(const std::vector<TileRow>& rows) {
  std::size_t bytes = 0;
  for (const TileRow& row : rows) {
    for (const Tile& tile : row.tiles) {
      // Contours are drawn over the change map too, from the same bytes twice.
      bytes += tile.before.size() + tile.after.size() + tile.change.size() + tile.half_width.size() +
               tile.reference.size() + 2 * tile.contours.size();
    }
  }
  return bytes;
}

void add_histograms(const ScanImages& images, bool compare, ScanFigures& figures) {
  if (!images.tissue) {
    figures.histograms_missing = "no tissue maps: the classes of this scan are not known";
    return;
  }
  try {
    HistogramFigure figure;
    // Where they lie on one grid the tissue maps are brought to it once.
    const bool together = compare && images.after->grid == images.before.grid;
    std::vector<const core::Volume*> volumes{&images.before};
    if (together) volumes.push_back(&*images.after);
    std::vector<TissueHistograms> histograms = tissue_histograms(volumes, *images.tissue);
    if (compare)
      figure.after =
          together ? std::move(histograms.back()) : tissue_histograms(*images.after, *images.tissue);
    figure.before = std::move(histograms.front());
    figure.reference = images.reference_bands;
    figures.histograms = std::move(figure);
  } catch (const core::Error& error) {
    if (error.kind() != core::ErrorKind::Numeric) throw;
    figures.histograms_missing = error.what();
  }
}

}  // namespace

std::optional<core::Volume> change_of(const ScanImages& images) {
  if (images.change) return images.change;
  if (!images.after) return std::nullopt;
  core::require_same_grid(images.before.grid, images.after->grid, "before and after in a report");
  core::Volume change = *images.after;
  for (std::size_t n = 0; n < change.voxels.size(); ++n) change.voxels[n] -= images.before.voxels[n];
  return change;
}

ScanFigures make_figures(const ScanImages& images, const ScanPageOptions& options, std::size_t limit_bytes) {
  ScanFigures figures;
  figures.has_output = images.after.has_value();
  figures.window = options.window;
  figures.bound = images.bound;
  figures.receive_field = images.receive_field;
  figures.coverage = images.coverage;
  figures.thumbnail_png = png(thumbnail(images.after ? *images.after : images.before, images.brain));
  figures.has_after = images.after && images.after->voxels != images.before.voxels;
  figures.has_contours = images.tissue.has_value();
  figures.has_reference = images.reference_like.has_value();
  figures.reference_people = images.reference_people;
  figures.reference_missing = images.reference_like_missing;
  const std::optional<core::Volume> difference = images.change ? std::nullopt : change_of(images);
  const core::Volume* change = images.change ? &*images.change : difference ? &*difference : nullptr;
  if (change != nullptr) figures.change = summarise(*change, images.brain, images.bound);
  if (change != nullptr && figures.has_after) {
    figures.change_scale = options.change_scale > 0 ? options.change_scale : scale_for(*figures.change);
  }
  if (images.half_width) {
    const ChangeSummary widths = summarise(*images.half_width, images.brain, std::nullopt);
    figures.half_width = widths.typical;
    if (figures.has_after && widths.largest > 0.0) figures.half_width_scale = scale_for(widths);
  }
  const core::Volume* after = figures.has_after ? &*images.after : nullptr;
  const core::Volume* map = figures.change_scale > 0 ? change : nullptr;
  double coarser = 1.0;
  for (int n = 0; n < kTries; ++n) {
    figures.rows = draw(images, after, map, figures, options, coarser);
    const std::size_t bytes = size_of(figures.rows);
    if (bytes <= limit_bytes) break;
    // Pixels go with the square of their edge; noise compresses a little worse when averaged.
    coarser *=
        std::max(1.05, 1.03 * std::sqrt(static_cast<double>(bytes) / static_cast<double>(limit_bytes)));
  }
  add_histograms(images, figures.has_after, figures);
  return figures;
}

}  // namespace isoscan::report
