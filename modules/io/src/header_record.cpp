#include "header_record.hpp"

#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include <nlohmann/json.hpp>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"

#include "cbor.hpp"

namespace isoscan::io {

using nlohmann::json;

namespace {

// Each function below names every field of its struct: one that is added to the struct does not compile
// before it is named here. Where it goes is a matter of size, not of truth: what is equal in a series to
// `shared`, what differs from slice to slice to `own`.

template <class To, class Mapping>
void mapping_fields(To& to, Mapping& mapping) {
  auto& [slope, intercept, first, last, linear, count, units] = mapping;
  to.own(slope, intercept, first, last, linear, count, units);
}

template <class To, class Frame>
void frame_fields(To& to, Frame& frame) {
  auto& [image, number, tile, placed, position, along_row, along_column, column_spacing_mm, row_spacing_mm,
         slope, intercept, philips_scale, real_world, echo_time_ms, inversion_time_ms, b_value,
         temporal_position, acquired_s, image_type] = frame;
  to.shared(placed, along_row, along_column, column_spacing_mm, row_spacing_mm, echo_time_ms,
            inversion_time_ms, image_type);
  to.own(image, number, tile, position, slope, intercept, philips_scale, b_value, temporal_position,
         acquired_s);
  to.maybe(real_world, [&to](auto& mapping) { mapping_fields(to, mapping); });
}

template <class To, class Facts>
void acquisition_fields(To& to, Facts& facts) {
  auto& [modality, manufacturer, model, software, station_hash, sequence, image_type, field_strength_t,
         repetition_time_ms, echo_time_ms, inversion_time_ms, flip_angle_deg, slice_thickness_mm] = facts;
  to.shared(modality, manufacturer, model, software, station_hash, sequence, image_type, field_strength_t,
            repetition_time_ms, echo_time_ms, inversion_time_ms, flip_angle_deg, slice_thickness_mm);
}

template <class To, class Image>
void image_fields(To& to, Image& all) {
  auto& [file, no_image, sop_uid, series_uid, series_number, instance_number, person, visit, words,
         sequence_words, body_part, contrast, echo_planar, angiography, phase_contrast, spin_echo, rows,
         columns, tiles_across, tiles_down, layout_warnings, pixel_kind, bits_allocated, bits_stored,
         high_bit, is_signed, modality_lut, samples, photometric, transfer_syntax, pixel_offset, file_frames,
         acquisition, frames] = all;
  to.shared(no_image, series_uid, series_number, person, visit, words, sequence_words, body_part, contrast,
            echo_planar, angiography, phase_contrast, spin_echo, rows, columns, tiles_across, tiles_down,
            layout_warnings, pixel_kind, bits_allocated, bits_stored, high_bit, is_signed, modality_lut,
            samples, photometric, transfer_syntax, file_frames);
  to.own(sop_uid, instance_number, pixel_offset);
  acquisition_fields(to, acquisition);
  to.each(frames, [&to](auto& frame) { frame_fields(to, frame); });
}

class Writer {
 public:
  template <class... Values>
  void shared(const Values&... values) {
    (common_.push_back(of(values)), ...);
  }
  template <class... Values>
  void own(const Values&... values) {
    (own_.push_back(of(values)), ...);
  }
  template <class List, class Function>
  void each(List& list, const Function& function) {
    own(list.size());
    for (auto& item : list) function(item);
  }
  /// A struct that may be missing.
  template <class Maybe, class Function>
  void maybe(Maybe& value, const Function& function) {
    own(value.has_value());
    if (value) function(*value);
  }
  [[nodiscard]] HeaderRecord record() const {
    HeaderRecord bytes;
    json::to_cbor(common_, bytes.common);
    json::to_cbor(own_, bytes.own);
    return bytes;
  }

 private:
  template <class Value>
  static json of(const Value& value) {
    return value;
  }
  template <class Value>
  static json of(const std::optional<Value>& value) {
    return value ? json(*value) : json();
  }

  json common_ = json::array();
  json own_ = json::array();
};

class Reader {
 public:
  Reader(const std::string& common, const std::string& own)
      : common_(value_of_cbor(common)), own_(value_of_cbor(own)) {}

  template <class... Values>
  void shared(Values&... values) {
    (take(values, common_.at(common_at_++)), ...);
  }
  template <class... Values>
  void own(Values&... values) {
    (take(values, own_.at(own_at_++)), ...);
  }
  template <class List, class Function>
  void each(List& list, const Function& function) {
    std::size_t count = 0;
    own(count);
    if (count > own_.size()) throw core::Error(core::ErrorKind::Input, "a header record of another layout");
    list.resize(count);
    for (auto& item : list) function(item);
  }
  template <class Maybe, class Function>
  void maybe(Maybe& value, const Function& function) {
    bool there = false;
    own(there);
    value.reset();
    if (there) function(value.emplace());
  }
  [[nodiscard]] bool at_end() const { return common_at_ == common_.size() && own_at_ == own_.size(); }

 private:
  template <class Value>
  static void take(Value& value, const json& from) {
    take_value(from, value);
  }
  template <class Value>
  static void take(std::optional<Value>& value, const json& from) {
    if (from.is_null()) {
      value.reset();
    } else {
      Value given{};
      take_value(from, given);
      value = std::move(given);
    }
  }

  json common_;
  json own_;
  std::size_t common_at_ = 0;
  std::size_t own_at_ = 0;
};

}  // namespace

HeaderRecord record_of(const DicomImage& image) {
  Writer to;
  image_fields(to, image);
  return to.record();
}

DicomImage image_of(const std::string& common, const std::string& own, const boost::filesystem::path& file) {
  DicomImage image;
  try {
    Reader from(common, own);
    image_fields(from, image);
    if (!from.at_end()) throw core::Error(core::ErrorKind::Input, "a header record of another layout");
  } catch (const json::exception& foreign) {
    throw core::Error(core::ErrorKind::Input,
                      std::string("a header record of another layout (") + foreign.what() + ")");
  }
  image.file = file;
  return image;
}

std::string record_layout() {
  DicomImage one;
  one.frames.resize(1);
  const HeaderRecord record = record_of(one);
  return core::sha256(record.common + record.own).substr(0, 16);
}

}  // namespace isoscan::io
