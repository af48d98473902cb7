#include "dicom_scaling.hpp"

#include <algorithm>

#include "isoscan/core/error.hpp"

namespace isoscan::io {

using core::Error;
using core::ErrorKind;

namespace {

Error refused(const DicomImage& image, const std::string& why) {
  return {ErrorKind::Input, image.file.string() + ": " + why};
}

PlaneScale rescale_of(const DicomImage& image, const DicomFrame& frame) {
  if (image.modality_lut) {
    throw refused(
        image,
        "its values go through a modality look-up table, which is not applied; read its stored values "
        "with --scaling stored");
  }
  PlaneScale scale;
  scale.slope = frame.slope == 0.0 ? 1.0 : frame.slope;
  scale.intercept = frame.intercept;
  return scale;
}

PlaneScale philips_of(const DicomImage& image, const DicomFrame& frame) {
  if (!frame.philips_scale) {
    throw refused(image, "has no Philips scale slope (2005,xx0e); read it with --scaling rescale");
  }
  PlaneScale scale = rescale_of(image, frame);
  scale.divisor = scale.slope * *frame.philips_scale;
  return scale;
}

PlaneScale real_world_of(const DicomImage& image, const DicomFrame& frame) {
  if (!frame.real_world)
    throw refused(image, "has no Real World Value Mapping; read it with --scaling rescale");
  const RealWorldMapping& mapping = *frame.real_world;
  if (!mapping.linear) {
    throw refused(image,
                  "its Real World Value Mapping is a table or lacks slope, intercept or range; read it with "
                  "--scaling rescale");
  }
  PlaneScale scale;
  scale.slope = mapping.slope;
  scale.intercept = mapping.intercept;
  scale.lowest = std::min(mapping.first, mapping.last);
  scale.highest = std::max(mapping.first, mapping.last);
  return scale;
}

void note_zero_slopes(const std::vector<DicomFrame>& frames, std::vector<std::string>& notes) {
  if (std::any_of(frames.begin(), frames.end(), [](const DicomFrame& f) { return f.slope == 0.0; }))
    notes.emplace_back("a rescale slope of 0 was taken as 1");
}

}  // namespace

ChosenScales scales_of(const std::vector<DicomImage>& images, const std::vector<DicomFrame>& frames,
                       Scaling choice) {
  ChosenScales chosen;
  Scaling scaling = choice;
  if (scaling == Scaling::Auto) {
    const auto has_factor = [](const DicomFrame& f) { return f.philips_scale.has_value(); };
    scaling = std::all_of(frames.begin(), frames.end(), has_factor) ? Scaling::Philips : Scaling::Rescale;
    if (scaling == Scaling::Rescale && std::any_of(frames.begin(), frames.end(), has_factor))
      chosen.notes.emplace_back("some slices lack the Philips scale slope: rescaled values taken for all");
  }
  for (const DicomFrame& f : frames) {
    const DicomImage& image = images[f.image];
    switch (scaling) {
      case Scaling::Stored:
        chosen.planes.emplace_back();
        break;
      case Scaling::RealWorld:
        chosen.planes.push_back(real_world_of(image, f));
        break;
      case Scaling::Philips:
        chosen.planes.push_back(philips_of(image, f));
        break;
      case Scaling::Auto:
      case Scaling::Rescale:
        chosen.planes.push_back(rescale_of(image, f));
        break;
    }
  }
  const auto applied = [&](const PlaneScale& s) { return s.slope != 1.0 || s.intercept != 0.0; };
  if (scaling == Scaling::Stored) {
    chosen.notes.emplace_back("stored values, no scaling applied");
  } else if (scaling == Scaling::RealWorld) {
    const RealWorldMapping& mapping = *frames.front().real_world;
    std::string note = "real-world value mapping applied";
    if (!mapping.units.empty()) note += " (unit " + mapping.units + ")";
    if (mapping.count > 1) note += ", the first of " + std::to_string(mapping.count);
    chosen.notes.push_back(note);
  } else if (scaling == Scaling::Philips) {
    chosen.notes.emplace_back(
        "Philips scaling: floating-point values (rescaled, then divided by rescale slope times scale slope)");
    note_zero_slopes(frames, chosen.notes);
  } else {
    if (std::any_of(chosen.planes.begin(), chosen.planes.end(), applied))
      chosen.notes.emplace_back("rescale slope and intercept applied");
    note_zero_slopes(frames, chosen.notes);
  }
  const bool differ = std::any_of(chosen.planes.begin(), chosen.planes.end(),
                                  [&](const PlaneScale& s) { return !(s == chosen.planes.front()); });
  if (differ) chosen.notes.emplace_back("each slice has its own scaling");
  return chosen;
}

}  // namespace isoscan::io
