#include "dicom_read.hpp"

#include <charconv>
#include <cmath>

#include "isoscan/core/error.hpp"

#include "dicom_pixels.hpp"

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

const char* stored_name(const DicomImage& image) {
  if (image.bits_allocated <= 8) return image.is_signed ? "int8" : "uint8";
  if (image.bits_allocated <= 16) return image.is_signed ? "int16" : "uint16";
  return image.is_signed ? "int32" : "uint32";
}

/// Choices that change numbers are said.
std::vector<std::string> notes_of(const std::vector<DicomImage>& images, const PlacedStack& placed) {
  std::vector<std::string> notes;
  bool rescaled = false;
  bool floating = false;
  bool differ = false;
  const DicomFrame& first = placed.frames.front();
  for (const DicomFrame& f : placed.frames) {
    rescaled = rescaled || f.slope != 1.0 || f.intercept != 0.0;
    floating = floating || f.philips_scale.has_value();
    differ = differ || f.slope != first.slope || f.intercept != first.intercept ||
             f.philips_scale != first.philips_scale;
  }
  if (floating) {
    notes.emplace_back(
        "Philips scaling: floating-point values (rescaled, then divided by rescale slope times scale slope)");
  } else if (rescaled) {
    notes.emplace_back("rescale slope and intercept applied");
  }
  if (differ) notes.emplace_back("each slice has its own scaling");
  const std::string& syntax = images[first.image].transfer_syntax;
  if (syntax == "1.2.840.10008.1.2.4.50" || syntax == "1.2.840.10008.1.2.4.51" ||
      syntax == "1.2.840.10008.1.2.4.81" || syntax == "1.2.840.10008.1.2.4.91") {
    notes.emplace_back("the source was compressed by a method that may lose detail");
  }
  return notes;
}

}  // namespace

DicomSlices dicom_slices(const ScanSource& source) {
  std::vector<DicomImage> images;
  for (const auto& file : source.files) {
    images.push_back(read_dicom_image(file));
    if (const std::string why = reason_not_mr(images.back());
        !why.empty() && !images.back().no_image.empty()) {
      throw Error(ErrorKind::Input, file.string() + ": " + why);
    }
  }
  PlacedStack placed = place(images, chosen_stack(source, images));
  const std::string name = source.files.front().string();
  if (!placed.problem.empty())
    throw Error(ErrorKind::Geometry, name + " and the rest of its series: " + placed.problem);
  if (placed.repeats > 1) {
    throw Error(ErrorKind::Input,
                name + ": its series holds " + std::to_string(placed.repeats) + " volumes, one is needed");
  }
  return {std::move(images), std::move(placed)};
}

LoadedScan read_dicom(const ScanSource& source) {
  const auto [images, placed] = dicom_slices(source);
  LoadedScan scan;
  scan.stored_as = stored_name(images[placed.frames.front().image]);
  scan.notes = notes_of(images, placed);
  scan.volume = core::Volume(placed.grid);
  DicomPixels pixels(images);
  auto* to = scan.volume.voxels.data();
  for (const DicomFrame& frame : placed.frames) {
    // Chenevert et al. 2014 (doi:10.1593/tlo.13811): floating value = displayed / (rescale slope x scale
    // slope).
    const double divisor = frame.philips_scale ? frame.slope * *frame.philips_scale : 1.0;
    for (const double value : pixels.rescaled(frame)) {
      const auto number = static_cast<float>(value / divisor);
      *to++ = std::isfinite(number) ? number : 0.0F;
    }
  }
  return scan;
}

}  // namespace isoscan::io
