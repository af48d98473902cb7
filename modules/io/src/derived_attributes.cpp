#include <array>
#include <cmath>
#include <cstdlib>

#include "isoscan/core/error.hpp"

#include "deidentify.hpp"
#include "derived_header.hpp"
#include "derived_pixels.hpp"
#include "device.hpp"
#include "dicom_uid.hpp"

namespace isoscan::io {

namespace {

constexpr std::size_t kLongestElement = 65534;  // of a short VR in explicit syntax (PS3.5 7.1.2)

DcmTagKey key_of(DicomTag tag) {
  return {tag.group, tag.element};
}

void append(std::string& codes, const char* code) {
  codes.append(codes.empty() ? "" : "\\").append(code);
}

/// Classic words for what Enhanced objects say in single attributes (PS3.3 C.8.13.4, C.8.13.5).
std::string scanning_sequence(const SourceFrames& from) {
  constexpr DicomTag kModifier{0x0018, 0x9115};
  std::string codes;
  const std::string echo = from.text({0x0018, 0x9008});
  if (echo == "SPIN" || echo == "BOTH") append(codes, "SE");
  if (echo == "GRADIENT" || echo == "BOTH") append(codes, "GR");
  if (from.text({0x0018, 0x9009}, kModifier, {}) == "YES") append(codes, "IR");
  if (from.text({0x0018, 0x9018}) == "YES") append(codes, "EP");
  return codes.empty() ? "RM" : codes;
}

std::string sequence_variant(const SourceFrames& from) {
  constexpr DicomTag kModifier{0x0018, 0x9115};
  const auto is_on = [](const std::string& value) { return !value.empty() && value != "NONE"; };
  std::string codes;
  const std::string segments = from.text({0x0018, 0x9033});
  if (segments == "PARTIAL" || segments == "FULL") append(codes, "SK");
  if (is_on(from.text({0x0018, 0x9020}, kModifier, {}))) append(codes, "MTC");
  if (is_on(from.text({0x0018, 0x9017}))) append(codes, "SS");
  if (is_on(from.text({0x0018, 0x9016}, kModifier, {}))) append(codes, "SP");
  return codes.empty() ? "NONE" : codes;
}

/// The numbers where the source does not say just these.
std::string exact_text(const SourceFrames& from, DicomTag tag, DicomTag group, const double* values,
                       std::size_t count, double tolerance) {
  const std::string own = from.text(tag, group, {});
  const char* at = own.c_str();
  bool same = is_decimal(own);
  for (std::size_t v = 0; same && v < count; ++v) {
    char* end = nullptr;
    const double value = std::strtod(at, &end);
    same = end != at && std::abs(value - values[v]) <= tolerance;
    at = *end == '\0' ? end : end + 1;
  }
  if (same && *at == '\0') return own;
  std::string text;
  for (std::size_t v = 0; v < count; ++v) text.append(v == 0 ? "" : "\\").append(ds_text(values[v]));
  return text;
}

}  // namespace

void put(DcmItem& to, const DcmTagKey& tag, const std::string& text) {
  const std::string value = text.substr(0, kLongestElement);
  if (to.putAndInsertString(tag, value.c_str(), static_cast<Uint32>(value.size())).bad())
    throw core::Error(core::ErrorKind::Internal,
                      std::string("DCMTK refuses a value for ") + tag.toString().c_str());
}

std::string written_uid(const DerivedDicomOptions& options, const std::string& uid) {
  if (uid.empty()) return {};
  return options.identity == DicomIdentity::Keep && is_uid(uid) ? uid : mapped_uid(options.key, uid);
}

void take_over(const SourceFrames& from, const SeriesTexts& series, DcmItem& to) {
  const bool keep = series.options.identity == DicomIdentity::Keep;
  for (const AttributeRule& rule : attribute_rules()) {
    std::string text;
    bool write = rule.required;
    switch (rule.pass) {
      case Pass::Number:
      case Pass::Code:
      case Pass::Device:
        text = passing_values(rule, from.text(rule.tag, rule.group, rule.enhanced));
        break;
      case Pass::Hash:
        text = station_hash(from.text(rule.tag), from.text({0x0018, 0x1000}));
        break;
      case Pass::Uid:
        text = written_uid(series.options, from.text(rule.tag));
        // Without one, which the IOD forbids, the source's series is a study and a frame of its own.
        if (text.empty())
          text = uid_of(series.options.key, key_of(rule.tag).toString().c_str() + from.image().series_uid);
        break;
      case Pass::Label:
        text = keep ? from.text(rule.tag) : series.subject;
        write = true;
        break;
      case Pass::Empty:
        text = keep ? from.text(rule.tag) : std::string();
        write = true;
        break;
      case Pass::Absent:
        text = keep ? from.text(rule.tag) : std::string();
        break;
      case Pass::Blank:
        write = !from.text(rule.tag).empty();
        break;
    }
    if (write || !text.empty()) put(to, key_of(rule.tag), text);
  }
  if (!to.tagExists(DCM_ScanningSequence)) put(to, DCM_ScanningSequence, scanning_sequence(from));
  if (!to.tagExists(DCM_SequenceVariant)) put(to, DCM_SequenceVariant, sequence_variant(from));
  // Which body parts are paired only BodyPartExamined tells (C.7.3.1, type 2C).
  if (!to.tagExists(DCM_BodyPartExamined)) put(to, DCM_Laterality, "");
  OFString scanning;
  (void)to.findAndGetOFStringArray(DCM_ScanningSequence, scanning);
  if (scanning.find("IR") != OFString_npos && !to.tagExists(DCM_InversionTime))
    put(to, DCM_InversionTime, "");
}

void put_plane(const SourceFrames& from, const DicomFrame& frame, DcmItem& to) {
  const std::array<double, 6> axes{frame.along_row[0],    frame.along_row[1],    frame.along_row[2],
                                   frame.along_column[0], frame.along_column[1], frame.along_column[2]};
  const std::array<double, 2> spacing{frame.row_spacing_mm, frame.column_spacing_mm};
  put(to, DCM_ImagePositionPatient,
      exact_text(from, {0x0020, 0x0032}, {0x0020, 0x9113}, frame.position.data(), 3, 0.0));
  // The reader makes unit vectors of what it finds: the text may differ by their length.
  put(to, DCM_ImageOrientationPatient,
      exact_text(from, {0x0020, 0x0037}, {0x0020, 0x9116}, axes.data(), 6, 0.1));
  put(to, DCM_PixelSpacing, exact_text(from, {0x0028, 0x0030}, {0x0028, 0x9110}, spacing.data(), 2, 0.0));
}

}  // namespace isoscan::io
