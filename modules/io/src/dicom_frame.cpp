#include "dicom_frame.hpp"

#include <charconv>
#include <chrono>
#include <cmath>

#include <boost/algorithm/string.hpp>

#include "isoscan/core/error.hpp"

#include "device.hpp"
#include "dicom_tags.hpp"

namespace isoscan::io {

using core::Vec3;

std::optional<DicomItem> Places::group(DicomTag sequence) const {
  if (frame) {
    if (auto item = frame->first_item(sequence)) return item;
  }
  return shared ? shared->first_item(sequence) : std::nullopt;
}

std::vector<double> Places::numbers(DicomTag sequence, DicomTag which, std::size_t count) const {
  if (const auto item = group(sequence)) {
    if (auto values = item->numbers(which, count); !values.empty()) return values;
  }
  return data.numbers(which, count);
}

std::optional<double> Places::number(DicomTag sequence, DicomTag which, DicomTag classic) const {
  if (const auto item = group(sequence)) {
    if (const auto value = item->number(which)) return value;
  }
  return data.number(classic);
}

namespace {

/// Philips' scale slope stands in their private part, in Enhanced objects in a private item of each frame.
std::optional<double> philips_scale(const Places& places) {
  const auto in = [](const DicomItem& item) -> std::optional<double> {
    const auto tag = item.private_tag(0x2005, "Philips MR Imaging DD 001", 0x0e);
    const auto value = tag ? item.private_float(*tag) : std::nullopt;
    if (!value || *value == 0.0) return std::nullopt;
    return value;
  };
  if (const auto item = places.group(tag::kPhilipsFrame)) {
    if (const auto value = in(*item)) return value;
  }
  return in(places.data);
}

/// The classic attribute does not exist: each maker has an own one.
std::optional<double> private_b_value(const DicomItem& data) {
  if (const auto siemens = data.private_tag(0x0019, "SIEMENS MR HEADER", 0x0c))
    return data.private_number(*siemens);
  if (const auto uih = data.private_tag(0x0065, "Image Private Header", 0x09)) return data.number(*uih);
  if (const auto philips = data.private_tag(0x2001, "Philips Imaging DD 001", 0x03))
    return data.private_float(*philips);
  return std::nullopt;
}

std::optional<RealWorldMapping> real_world_of(const Places& places) {
  std::vector<DicomItem> items;
  if (places.frame) items = places.frame->items(tag::kRealWorldSequence);
  if (items.empty() && places.shared) items = places.shared->items(tag::kRealWorldSequence);
  if (items.empty()) items = places.data.items(tag::kRealWorldSequence);
  if (items.empty()) return std::nullopt;
  const DicomItem& item = items.front();
  RealWorldMapping mapping;
  mapping.count = static_cast<int>(items.size());
  const auto slope = item.number(tag::kRealWorldSlope);
  const auto intercept = item.number(tag::kRealWorldIntercept);
  auto first = item.number(tag::kRealWorldFirst);
  auto last = item.number(tag::kRealWorldLast);
  if (!first) first = item.number(tag::kRealWorldDoubleFirst);
  if (!last) last = item.number(tag::kRealWorldDoubleLast);
  mapping.linear = slope && intercept && first && last;
  mapping.slope = slope.value_or(1.0);
  mapping.intercept = intercept.value_or(0.0);
  mapping.first = first.value_or(0.0);
  mapping.last = last.value_or(0.0);
  if (const auto units = item.first_item(tag::kUnitsSequence))
    mapping.units = clean_text(units->text(tag::kCodeValue));
  return mapping;
}

bool unit_vector(Vec3& v) {
  const double length = std::hypot(v[0], v[1], v[2]);
  if (!(length > 0.9 && length < 1.1)) return false;
  for (double& x : v) x /= length;
  return true;
}

/// Kind of the frame's image with the complex component, however it is said.
std::string image_type_of(const Places& places) {
  std::string type = places.data.text(tag::kImageType);
  if (const auto group = places.group(tag::kFrameTypeSequence)) {
    if (const std::string own = group->text(tag::kFrameType); !own.empty()) type = own;
    if (const std::string complex = group->text(tag::kComplex); !complex.empty()) type += "\\" + complex;
  } else if (const std::string complex = places.data.text(tag::kComplex); !complex.empty()) {
    type += "\\" + complex;
  }
  // GE says it in its private part alone: 0 magnitude, 1 phase, 2 real, 3 imaginary.
  if (const auto ge = places.data.private_tag(0x0043, "GEMS_PARM_01", 0x2f)) {
    const double kind = places.data.private_short(*ge).value_or(0.0);
    if (kind == 1.0) type += "\\PHASE";
    if (kind == 2.0) type += "\\REAL";
    if (kind == 3.0) type += "\\IMAGINARY";
  }
  return boost::to_upper_copy(type);
}

std::optional<double> acquired_of(const Places& places) {
  if (const auto content = places.group(tag::kContentSequence)) {
    std::string time = content->text(tag::kFrameTime);
    if (time.empty()) time = content->text(tag::kFrameReferenceTime);
    if (const auto seconds = seconds_of(time, "", "")) return seconds;
  }
  return seconds_of(places.data.text(tag::kAcquisitionDateTime), places.data.text(tag::kAcquisitionDate),
                    places.data.text(tag::kAcquisitionTime));
}

std::optional<long> digits(const std::string& text, std::size_t from, std::size_t count) {
  long value = 0;
  if (text.size() < from + count) return std::nullopt;
  const char* const begin = text.data() + from;
  const auto [end, code] = std::from_chars(begin, begin + count, value);
  if (code != std::errc() || end != begin + count) return std::nullopt;
  return value;
}

std::optional<double> day_of(const std::string& date) {
  const auto year = digits(date, 0, 4);
  const auto month = digits(date, 4, 2);
  const auto day = digits(date, 6, 2);
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day at{std::chrono::year(static_cast<int>(*year)),
                                       std::chrono::month(static_cast<unsigned>(*month)),
                                       std::chrono::day(static_cast<unsigned>(*day))};
  if (!at.ok()) return std::nullopt;
  return static_cast<double>(std::chrono::sys_days(at).time_since_epoch().count());
}

/// HHMMSS.FFFFFF, the end may be missing.
std::optional<double> time_of_day(const std::string& text) {
  const auto hour = digits(text, 0, 2);
  if (!hour) return std::nullopt;
  double seconds =
      static_cast<double>(*hour) * 3600.0 + static_cast<double>(digits(text, 2, 2).value_or(0)) * 60.0;
  double rest = 0.0;
  if (text.size() > 4) std::from_chars(text.data() + 4, text.data() + text.size(), rest);
  if (std::isfinite(rest)) seconds += rest;
  return seconds;
}

}  // namespace

std::optional<double> seconds_of(const std::string& date_time, const std::string& date,
                                 const std::string& time) {
  constexpr double kDay = 86400.0;
  if (date_time.size() >= 14) {
    const auto day = day_of(date_time);
    const auto seconds = time_of_day(date_time.substr(8, date_time.find_first_of("+-", 8) - 8));
    if (day && seconds) return *day * kDay + *seconds;
  }
  const auto seconds = time_of_day(time);
  if (!seconds) return std::nullopt;
  return day_of(date).value_or(0.0) * kDay + *seconds;
}

void place_frame(DicomFrame& f, const std::vector<double>& position, const std::vector<double>& orientation,
                 const std::vector<double>& spacing) {
  f.placed = false;
  if (position.size() != 3 || orientation.size() != 6 || spacing.size() != 2) return;
  if (!(spacing[0] > 0.0 && spacing[1] > 0.0)) return;
  f.position = {position[0], position[1], position[2]};
  f.along_row = {orientation[0], orientation[1], orientation[2]};
  f.along_column = {orientation[3], orientation[4], orientation[5]};
  f.row_spacing_mm = spacing[0];
  f.column_spacing_mm = spacing[1];
  const double skew = f.along_row[0] * f.along_column[0] + f.along_row[1] * f.along_column[1] +
                      f.along_row[2] * f.along_column[2];
  f.placed = unit_vector(f.along_row) && unit_vector(f.along_column) && std::abs(skew) < 1e-2;
}

namespace {

/// Rescale slope or intercept. One that is there and is no number must not become another one.
double factor(const Places& places, DicomTag which, const char* name, double otherwise) {
  constexpr double kLargest = 1e30;  // beyond it float32 holds no voxel of 8 bits any more
  if (const auto value = places.number(tag::kValueSequence, which, which)) {
    if (std::abs(*value) < kLargest) return *value;
    throw core::Error(core::ErrorKind::Input,
                      std::string("its ") + name + " is beyond what any image holds; its header is damaged");
  }
  const auto group = places.group(tag::kValueSequence);
  if ((group && !group->text(which).empty()) || !places.data.text(which).empty()) {
    throw core::Error(core::ErrorKind::Input,
                      std::string("its ") + name + " is no number; its header is damaged");
  }
  return otherwise;
}

}  // namespace

DicomFrame frame_of(const Places& places, unsigned number) {
  DicomFrame f;
  f.number = number;
  place_frame(f, places.numbers(tag::kPositionSequence, tag::kPosition, 3),
              places.numbers(tag::kOrientationSequence, tag::kOrientation, 6),
              places.numbers(tag::kMeasuresSequence, tag::kPixelSpacing, 2));
  f.slope = factor(places, tag::kSlope, "rescale slope", 1.0);
  f.intercept = factor(places, tag::kIntercept, "rescale intercept", 0.0);
  f.philips_scale = philips_scale(places);
  f.real_world = real_world_of(places);
  f.echo_time_ms = places.number(tag::kEchoSequence, tag::kEffectiveEchoTime, tag::kEchoTime);
  f.inversion_time_ms = places.number(tag::kModifierSequence, tag::kInversionTimes, tag::kInversionTime);
  f.b_value = places.number(tag::kDiffusionSequence, tag::kBValue, tag::kBValue);
  if (!f.b_value && !places.frame) f.b_value = private_b_value(places.data);
  const auto temporal = places.number(tag::kContentSequence, tag::kTemporalIndex, tag::kTemporalPosition);
  if (temporal && std::abs(*temporal) < 1e9) f.temporal_position = static_cast<int>(*temporal);
  f.acquired_s = acquired_of(places);
  f.image_type = image_type_of(places);
  return f;
}

}  // namespace isoscan::io
