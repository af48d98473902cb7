#include "dcmtk/config/osconfig.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include <boost/algorithm/string.hpp>
#include <dcmtk/dcmdata/dctk.h>

#include "dicom_file.hpp"

namespace isoscan::io {

namespace {

constexpr unsigned kLongestValue = 64U << 10;  // a header value beyond this is none that we use

DcmItem& dcmtk(void* item) {
  return *static_cast<DcmItem*>(item);
}

DcmTagKey key_of(DicomTag tag) {
  return {tag.group, tag.element};
}

std::optional<double> parsed(std::string text) {
  boost::trim_if(text, boost::is_any_of(std::string(" \t\r\n\0+", 6)));
  double value = 0.0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

/// Nothing for what is missing, empty, or longer than any value we use.
DcmElement* element_of(void* item, DicomTag tag) {
  DcmElement* element = nullptr;
  if (dcmtk(item).findAndGetElement(key_of(tag), element).bad() || element == nullptr) return nullptr;
  if (element->getLength() == 0 || element->getLength() > kLongestValue) return nullptr;
  return element;
}

/// Bytes without a type: DCMTK would give them as hexadecimal text.
bool is_bytes(DcmElement& element) {
  switch (element.ident()) {
    case EVR_UN:
    case EVR_OB:
    case EVR_OW:
    case EVR_UNKNOWN:
    case EVR_UNKNOWN2B:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool DicomItem::has(DicomTag tag) const {
  return dcmtk(item_).tagExists(key_of(tag));
}

std::string DicomItem::text(DicomTag tag) const {
  DcmElement* const element = element_of(item_, tag);
  OFString value;
  if (element == nullptr || element->getOFStringArray(value).bad()) return {};
  std::string text(value.c_str(), value.length());
  boost::trim_if(text, boost::is_any_of(std::string(" \t\r\n\0", 5)));
  return text;
}

std::optional<double> DicomItem::number(DicomTag tag, unsigned index) const {
  DcmElement* const element = element_of(item_, tag);
  if (element == nullptr || is_bytes(*element)) return std::nullopt;
  Float64 exact = 0.0;
  Float32 single = 0.0F;
  if (element->ident() == EVR_FD && element->getFloat64(exact, index).good()) return exact;
  if (element->ident() == EVR_FL && element->getFloat32(single, index).good())
    return static_cast<double>(single);
  OFString value;
  if (element->getOFString(value, index).bad()) return std::nullopt;
  return parsed(std::string(value.c_str(), value.length()));
}

std::vector<double> DicomItem::numbers(DicomTag tag, std::size_t count) const {
  std::vector<double> values;
  for (unsigned at = 0; at < count; ++at) {
    const auto value = number(tag, at);
    if (!value) return {};
    values.push_back(*value);
  }
  return values;
}

std::vector<DicomItem> DicomItem::items(DicomTag sequence) const {
  DcmSequenceOfItems* found = nullptr;
  std::vector<DicomItem> items;
  if (dcmtk(item_).findAndGetSequence(key_of(sequence), found).bad() || found == nullptr) return items;
  for (DcmObject* at = found->nextInContainer(nullptr); at != nullptr; at = found->nextInContainer(at)) {
    items.emplace_back(static_cast<DcmItem*>(at));
  }
  return items;
}

std::optional<DicomItem> DicomItem::first_item(DicomTag sequence) const {
  DcmItem* found = nullptr;
  if (dcmtk(item_).findAndGetSequenceItem(key_of(sequence), found, 0).bad() || found == nullptr)
    return std::nullopt;
  return DicomItem(found);
}

std::optional<DicomTag> DicomItem::private_tag(unsigned short group, const char* creator,
                                               unsigned char offset) const {
  DcmItem& item = dcmtk(item_);
  for (DcmObject* at = item.nextInContainer(nullptr); at != nullptr; at = item.nextInContainer(at)) {
    if (at->getGTag() > group) break;
    if (at->getGTag() != group || at->getETag() < 0x10 || at->getETag() > 0xff) continue;
    if (!boost::istarts_with(text({group, at->getETag()}), creator)) continue;
    const DicomTag tag{group, static_cast<unsigned short>(at->getETag() << 8U | offset)};
    if (has(tag)) return tag;
  }
  return std::nullopt;
}

std::vector<unsigned char> DicomItem::bytes(DicomTag tag, std::size_t most) const {
  DcmElement* element = nullptr;
  if (dcmtk(item_).findAndGetElement(key_of(tag), element).bad() || element == nullptr) return {};
  Uint8* at = nullptr;
  const std::size_t count = element->getLength();
  if (count == 0 || count > most || element->getUint8Array(at).bad() || at == nullptr) return {};
  return {at, at + count};
}

std::optional<double> DicomItem::private_number(DicomTag tag) const {
  if (auto value = number(tag)) return value;
  const std::vector<unsigned char> raw = bytes(tag, 64);
  return parsed(std::string(raw.begin(), raw.end()));
}

std::optional<double> DicomItem::private_float(DicomTag tag) const {
  if (auto value = number(tag)) return value;
  const std::vector<unsigned char> raw = bytes(tag, sizeof(float));
  if (raw.size() != sizeof(float)) return std::nullopt;
  float value = 0.0F;
  std::memcpy(&value, raw.data(), sizeof(float));
  if (!std::isfinite(value)) return std::nullopt;
  return static_cast<double>(value);
}

std::optional<double> DicomItem::private_short(DicomTag tag) const {
  if (auto value = number(tag)) return value;
  const std::vector<unsigned char> raw = bytes(tag, 2);
  if (raw.size() != 2) return std::nullopt;
  return static_cast<double>(raw[0] | raw[1] << 8U);
}

}  // namespace isoscan::io
