#include "dicom_read.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "isoscan/core/error.hpp"

#include "dicom_pixels.hpp"
#include "dicom_resample.hpp"
#include "dicom_scaling.hpp"

namespace isoscan::io {

using core::Error;
using core::ErrorKind;

namespace {

DicomStack chosen_stack(const ScanSource& source, const std::vector<DicomImage>& images) {
  std::vector<DicomStack> stacks = split_into_stacks(images);
  const std::string place = source.files.front().string();
  if (source.part.empty()) {
    if (stacks.size() == 1) return std::move(stacks.front());
    throw Error(ErrorKind::Input, place + ": holds " + std::to_string(stacks.size()) +
                                      " volumes of different kinds, one is needed");
  }
  std::size_t number = 0;
  std::from_chars(source.part.data(), source.part.data() + source.part.size(), number);
  if (number < 1 || number > stacks.size())
    throw Error(ErrorKind::Input, place + ": has no part " + source.part);
  return std::move(stacks[number - 1]);
}

PlacedStack placed_stack(const ScanSource& source, const std::vector<DicomImage>& images) {
  PlacedStack placed = place(images, chosen_stack(source, images), source.read);
  const std::string name = source.files.front().string();
  if (!placed.problem.empty())
    throw Error(ErrorKind::Geometry, name + " and the rest of its series: " + placed.problem);
  if (placed.repeats > 1 && !source.read.first_volume) {
    throw Error(ErrorKind::Input, name + ": its series holds " + std::to_string(placed.repeats) +
                                      " volumes, one is needed; --first-volume takes the first");
  }
  return placed;
}

void warn(LoadedScan& scan, const std::string& text) {
  scan.notes.push_back(text);
  scan.warnings.push_back(text);
}

/// Choices of layout that change what the volume is.
void note_layout(const std::vector<DicomImage>& images, const PlacedStack& placed, LoadedScan& scan) {
  if (placed.repeats > 1) {
    std::string note = "the first of " + std::to_string(placed.repeats) + " volumes";
    if (placed.missing > 0) note += " (the last lacks " + std::to_string(placed.missing) + " slices)";
    scan.notes.push_back(note);
  }
  const DicomImage& first = images[placed.frames.front().image];
  if (first.tiles_across > 1 || first.tiles_down > 1) {
    scan.notes.push_back("a mosaic of " + std::to_string(first.tiles_across) + " x " +
                         std::to_string(first.tiles_down) + " tiles, taken apart");
  }
  for (const std::string& warning : first.layout_warnings) warn(scan, warning);
  if (may_be_lossy(first.transfer_syntax))
    scan.notes.emplace_back("the source was compressed by a method that may lose detail");
}

/// What is not finite becomes 0 and is counted.
void mend(std::vector<float>& voxels, LoadedScan& scan) {
  for (std::size_t v = 0; v < voxels.size(); ++v) {
    if (std::isfinite(voxels[v])) continue;
    voxels[v] = 0.0F;
    scan.not_finite.push_back(v);
  }
}

bool beyond_float(const DicomImage& image) {
  return image.pixel_kind == PixelKind::Integer && image.bits_stored > 24;
}

void resample(const PlacedStack& placed, const DicomImage& image, DicomPixels& pixels,
              const ChosenScales& scales, LoadedScan& scan) {
  std::size_t mended = 0;
  const auto rows = static_cast<std::size_t>(image.rows);
  const auto columns = static_cast<std::size_t>(image.columns);
  const auto read = [&](std::size_t which, float* values) {
    pixels.read(placed.frames[which], scales.planes[which], values);
    for (std::size_t p = 0; p < rows * columns; ++p) {
      if (std::isfinite(values[p])) continue;
      values[p] = 0.0F;
      ++mended;
    }
  };
  const std::size_t outside = resample_slices(placed, rows, columns, read, scan.volume);
  std::string text = "resampled (linear) onto a right-angled grid: " + placed.uneven;
  if (outside > 0) text += "; voxels outside the slices hold their smallest value";
  warn(scan, text);
  if (mended > 0) scan.notes.push_back(std::to_string(mended) + " pixels were not finite: taken as 0");
}

}  // namespace

DicomSlices dicom_slices(const ScanSource& source) {
  std::vector<DicomImage> images;
  images.reserve(source.files.size());
  for (const auto& file : source.files) {
    images.push_back(read_dicom_image(file));
    if (!images.back().no_image.empty())
      throw Error(ErrorKind::Input, file.string() + ": " + images.back().no_image);
  }
  PlacedStack placed = placed_stack(source, images);
  return {std::move(images), std::move(placed)};
}

LoadedScan read_dicom(const ScanSource& source) {
  const auto [images, placed] = dicom_slices(source);
  const DicomImage& first = images[placed.frames.front().image];
  const ChosenScales scales = scales_of(images, placed.frames, source.read.scaling);
  LoadedScan scan;
  scan.stored_as = stored_name(first);
  scan.notes = scales.notes;
  note_layout(images, placed, scan);
  scan.volume = core::Volume(placed.grid);
  DicomPixels pixels(images);
  if (!placed.places_mm.empty()) {
    resample(placed, first, pixels, scales, scan);
    return scan;
  }
  const std::size_t plane = static_cast<std::size_t>(first.rows) * static_cast<std::size_t>(first.columns);
  for (std::size_t f = 0; f < placed.frames.size(); ++f)
    pixels.read(placed.frames[f], scales.planes[f], scan.volume.voxels.data() + f * plane);
  mend(scan.volume.voxels, scan);
  if (!scan.not_finite.empty())
    scan.notes.push_back(std::to_string(scan.not_finite.size()) + " voxels were not finite: set to 0");
  if (beyond_float(first)) {
    scan.notes.emplace_back("whole numbers beyond 2^24, where there are any, were rounded to float32");
  }
  return scan;
}

}  // namespace isoscan::io
