#include "dicom_read.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "isoscan/core/error.hpp"

#include "dicom_pixels.hpp"
#include "dicom_resample.hpp"
#include "not_finite.hpp"

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

std::vector<FileStamp> stamps_of(const std::vector<boost::filesystem::path>& files) {
  std::vector<FileStamp> stamps;
  for (const boost::filesystem::path& file : files) stamps.push_back(stamp_of(file));
  return stamps;
}

bool beyond_float(const DicomImage& image) {
  return image.pixel_kind == PixelKind::Integer && image.bits_stored > 24;
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

DicomSeriesReader::DicomSeriesReader(const ScanSource& source)
    : stamps_(stamps_of(source.files)),
      files_(source.files),
      slices_(dicom_slices(source)),
      scales_(scales_of(slices_.images, slices_.placed.frames, source.read.scaling)),
      pixels_(slices_.images) {}

void DicomSeriesReader::require_unchanged() const {
  for (std::size_t f = 0; f < files_.size(); ++f) {
    if (stamp_of(files_[f]) == stamps_[f]) continue;
    throw Error(ErrorKind::Input, files_[f].string() +
                                      ": changed while it was read; wait until whoever writes it "
                                      "has ended, and run this again");
  }
}

LoadedScan DicomSeriesReader::about() const {
  LoadedScan scan;
  const DicomImage& first = slices_.images[slices_.placed.frames.front().image];
  scan.stored_as = stored_name(first);
  scan.notes = scales_.notes;
  note_layout(slices_.images, slices_.placed, scan);
  scan.volume.grid = grid();
  return scan;
}

void DicomSeriesReader::read(std::size_t k, float* values, std::vector<std::size_t>& not_finite) {
  pixels_.read(slices_.placed.frames[k], scales_.planes[k], values);
  const DicomImage& first = slices_.images[slices_.placed.frames.front().image];
  const std::size_t plane = static_cast<std::size_t>(first.rows) * static_cast<std::size_t>(first.columns);
  for (std::size_t v = 0; v < plane; ++v) {
    if (std::isfinite(values[v])) continue;
    values[v] = 0.0F;
    not_finite.push_back(k * plane + v);
  }
}

void DicomSeriesReader::note_voxels(LoadedScan& scan) const {
  note_not_finite(scan);
  if (beyond_float(slices_.images[slices_.placed.frames.front().image]))
    scan.notes.emplace_back("whole numbers beyond 2^24, where there are any, were rounded to float32");
}

void DicomSeriesReader::resample(LoadedScan& scan) {
  const DicomImage& first = slices_.images[slices_.placed.frames.front().image];
  const auto rows = static_cast<std::size_t>(first.rows);
  const auto columns = static_cast<std::size_t>(first.columns);
  std::vector<std::size_t> mended;
  const std::size_t outside = resample_slices(
      slices_.placed, rows, columns, [&](std::size_t which, float* values) { read(which, values, mended); },
      scan.volume);
  std::string text = "resampled (linear) onto a right-angled grid: " + slices_.placed.uneven;
  if (outside > 0) text += "; voxels outside the slices hold their smallest value";
  warn(scan, text);
  if (!mended.empty())
    scan.notes.push_back(std::to_string(mended.size()) + " pixels were not finite: taken as 0");
}

LoadedScan read_dicom(const ScanSource& source) {
  DicomSeriesReader series(source);
  LoadedScan scan = series.about();
  scan.volume = core::Volume(series.grid());
  if (series.resampled()) {
    series.resample(scan);
    series.require_unchanged();
    return scan;
  }
  const auto slices = static_cast<std::size_t>(series.grid().size[2]);
  const std::size_t plane = scan.volume.voxels.size() / slices;
  for (std::size_t k = 0; k < slices; ++k)
    series.read(k, scan.volume.voxels.data() + k * plane, scan.not_finite);
  series.require_unchanged();
  series.note_voxels(scan);
  return scan;
}

}  // namespace isoscan::io
