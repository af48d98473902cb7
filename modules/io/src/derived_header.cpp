#include "derived_header.hpp"

#include <cstdlib>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"

#include "device.hpp"
#include "dicom_uid.hpp"

namespace isoscan::io {

namespace {

constexpr const char* kResearch = "Research use only. Not for diagnosis.";
constexpr long kSeriesOffset = 9000;
constexpr std::size_t kLongestLo = 64;
constexpr std::size_t kLongestDescription = 600;

std::string printable(const std::string& text, std::size_t longest) {
  std::string clean;
  for (const char c : text) {
    if (c >= ' ' && c <= '~' && c != '\\' && clean.size() < longest) clean += c;
  }
  return clean;
}

DcmItem& new_item(DcmItem& to, const DcmTagKey& sequence) {
  DcmItem* item = nullptr;
  if (to.findOrCreateSequenceItem(sequence, item, -2).bad() || item == nullptr)
    throw core::Error(core::ErrorKind::Internal, "DCMTK makes no item of a sequence");
  return *item;
}

void put_code(DcmItem& to, const DcmTagKey& sequence, const char* value, const char* scheme,
              const char* meaning) {
  DcmItem& item = new_item(to, sequence);
  put(item, DCM_CodeValue, value);
  put(item, DCM_CodingSchemeDesignator, scheme);
  put(item, DCM_CodeMeaning, meaning);
}

void put_source(const SourceFrames& from, const DicomFrame& frame, const SeriesTexts& series, DcmItem& to) {
  const std::string sop_class = from.text({0x0008, 0x0016});
  const std::string sop = written_uid(series.options, from.image().sop_uid);
  if (sop.empty() || !is_uid(sop_class)) return;  // the source has none to refer to
  const auto refer = [&](DcmItem& item) {
    put(item, DCM_ReferencedSOPClassUID, sop_class);
    put(item, DCM_ReferencedSOPInstanceUID, sop);
    // Some write NumberOfFrames into objects that have one by their class.
    if (sop_class != UID_MRImageStorage && from.has({0x0028, 0x0008}))
      put(item, DCM_ReferencedFrameNumber, std::to_string(frame.number + 1));
  };
  DcmItem& item = new_item(to, DCM_SourceImageSequence);
  refer(item);
  put(item, DCM_SpatialLocationsPreserved, "YES");
  put_code(item, DCM_PurposeOfReferenceCodeSequence, "121322", "DCM",
           "Source image for image processing operation");  // PS3.16, CID 7202
  if (const std::string uid = written_uid(series.options, from.image().series_uid); !uid.empty()) {
    DcmItem& whole = new_item(to, DCM_ReferencedSeriesSequence);
    put(whole, DCM_SeriesInstanceUID, uid);
    refer(new_item(whole, DCM_ReferencedInstanceSequence));
  }
}

void put_equipment(const SeriesTexts& series, DcmItem& to, const char* code, const char* meaning,
                   const std::string& description) {
  DcmItem& item = new_item(to, DCM_ContributingEquipmentSequence);
  put_code(item, DCM_PurposeOfReferenceCodeSequence, code, "DCM", meaning);  // PS3.16, CID 7005
  put(item, DCM_Manufacturer, "Isoscan");
  put(item, DCM_ManufacturerModelName, "Isoscan");
  put(item, DCM_SoftwareVersions, printable(series.facts.version, kLongestLo));
  put(item, DCM_ContributionDescription, description);
}

/// PS3.15 E.1.1; codes of PS3.16, CID 7050. Only the profile itself: no option applies. What is kept of the
/// device is a digest, so "Retain Device Identity" would say too much; the pixels are not looked at, and a
/// face is not removed, so neither of the "Clean ... Data" options is claimed.
void put_identity(const SeriesTexts& series, DcmItem& to) {
  if (series.options.identity == DicomIdentity::Keep) {
    put(to, DCM_PatientIdentityRemoved, "NO");
    return;
  }
  put(to, DCM_PatientIdentityRemoved, "YES");
  put(to, DCM_DeidentificationMethod, deidentification_method(series.options.key));
  put_code(to, DCM_DeidentificationMethodCodeSequence, "113100", "DCM",
           "Basic Application Confidentiality Profile");
  put(to, DCM_LongitudinalTemporalInformationModified, "REMOVED");
}

std::string series_number(const SourceFrames& from) {
  const long number = from.image().series_number;
  return std::to_string(number >= 0 && number < 2'000'000'000 ? number + kSeriesOffset : kSeriesOffset);
}

}  // namespace

std::string deidentification_method(const std::string& key) {
  // Of the key a digest of few digits: it tells one key's series from another's, and nothing else.
  const std::string how =
      key.empty() ? "by digest" : "with key " + core::hmac_sha256(key, "isoscan key mark").substr(0, 8);
  return "Isoscan allow-list: what is not named in it is left out\\UIDs mapped " + how +
         ", dates removed, device hashed\\Pixels as they are: a face is not removed";
}

void describe_derivation(const SourceFrames& from, const DicomFrame& frame, const SeriesTexts& series,
                         DcmItem& to) {
  const std::string software = "Isoscan " + printable(series.facts.version, 16);
  const std::string tail = " [" + software + ", research use only]";
  const bool keep = series.options.identity == DicomIdentity::Keep;
  std::string head = keep ? printable(clean_text(from.text({0x0008, 0x103e})), kLongestLo) : std::string();
  if (head.empty()) head = printable(series.suffix, 8) + " harmonized";
  put(to, DCM_SeriesDescription, head.substr(0, kLongestLo - tail.size()) + tail);
  put(to, DCM_SeriesInstanceUID, series.series_uid);
  put(to, DCM_SeriesNumber, series_number(from));
  put(to, DCM_Modality, "MR");
  put(to, DCM_ImageType, "DERIVED\\SECONDARY\\OTHER\\HARMONIZED");
  put(to, DCM_ImageComments, kResearch);
  put(to, DCM_BurnedInAnnotation, from.text({0x0028, 0x0301}) == "YES" ? "YES" : "NO");
  std::string what = printable(series.facts.description, kLongestDescription);
  what += (what.empty() ? "" : " ") + std::string("Method ") + printable(series.facts.method, 32) +
          ", reference SHA-256 " + printable(series.facts.model_sha256, 64) + ". " + kResearch;
  put(to, DCM_DerivationDescription, what);
  // PS3.16, CID 7203 (extensible) has no code for matching intensities between scanners: a private one says
  // what was done, the standard one its nearest part (the receive field is divided out).
  put_code(to, DCM_DerivationCodeSequence, "113046", "DCM", "Pixel by pixel division");
  put_code(to, DCM_DerivationCodeSequence, "HARMONIZED", "99ISOSCAN",
           "Intensities harmonized to a reference scanner");
  put_source(from, frame, series, to);
  put_equipment(
      series, to, "109102", "Processing Equipment",
      "Intensities harmonized to a reference scanner; geometry unchanged. " + std::string(kResearch));
  if (!keep)
    put_equipment(series, to, "109104", "De-identifying Equipment", "Attributes by allow-list, UIDs mapped");
  put_identity(series, to);
}

}  // namespace isoscan::io
