#include "dcmtk/config/osconfig.h"

#include <charconv>
#include <cmath>
#include <mutex>
#include <stdexcept>

#include <boost/algorithm/string.hpp>
#include <boost/filesystem.hpp>
#include <dcmtk/dcmdata/dcfcache.h>
#include <dcmtk/dcmdata/dcfilefo.h>
#include <dcmtk/dcmdata/dcmetinf.h>
#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>
#include <dcmtk/oflog/oflog.h>

#include "isoscan/core/error.hpp"

#include "dicom_file.hpp"
#include "dicom_stream.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;

namespace {

constexpr unsigned kLongestValue = 64U << 10;  // a header value beyond this is none that we use
constexpr unsigned kReadAtOnce = 4096;  // longer values stay on disk, so a false length allocates nothing

DcmItem& dcmtk(void* item) {
  return *static_cast<DcmItem*>(item);
}

DcmTagKey key_of(DicomTag tag) {
  return {tag.group, tag.element};
}

/// Once a process: DCMTK's logger and codecs are global.
void prepare_dcmtk() {
  static std::once_flag once;
  std::call_once(once, [] {
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    DJDecoderRegistration::registerCodecs();
    DJLSDecoderRegistration::registerCodecs();
    DcmRLEDecoderRegistration::registerCodecs();
  });
  if (!dcmDataDict.isDictionaryLoaded()) {
    throw Error(ErrorKind::Config,
                "DCMTK finds no DICOM dictionary; unset DCMDICTPATH or install the package dcmtk's data");
  }
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
  if (element == nullptr) return std::nullopt;
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

struct DicomFile::State {
  DcmFileFormat format;
  DcmFileCache cache;
};

DicomFile::DicomFile(const fs::path& file, Part part) : file_(file), state_(std::make_unique<State>()) {
  prepare_dcmtk();
  boost::system::error_code error;
  if (!fs::is_regular_file(file, error))
    throw Error(ErrorKind::Io, file.string() + ": there is no such file");
  OFCondition read;
  try {
    DicomStream stream(file.c_str());
    read = stream.status();
    if (read.good()) {
      state_->format.transferInit();
      read = state_->format.readUntilTag(stream, EXS_Unknown, EGL_noChange, kReadAtOnce,
                                         part == Part::Header ? DCM_PixelData : DCM_UndefinedTagKey);
      state_->format.transferEnd();
      if (read.good()) read = stream.status();
      if (stream.too_deep()) throw std::length_error("sequences nested in sequences without end");
    }
  } catch (const std::exception& foreign) {
    throw Error(ErrorKind::Input, file.string() + ": cannot be read as DICOM (" + foreign.what() + ")");
  }
  if (read.bad())
    throw Error(ErrorKind::Input, file.string() + ": cannot be read as DICOM (" + read.text() +
                                      "); it is cut short, damaged or something else: copy it again from "
                                      "where it came from");
  if (state_->format.getDataset()->card() == 0)
    throw Error(ErrorKind::Input, file.string() + ": holds no DICOM data");
}

DicomFile::~DicomFile() = default;

DicomItem DicomFile::data() const {
  return DicomItem(static_cast<DcmItem*>(state_->format.getDataset()));
}

std::string DicomFile::transfer_syntax() const {
  return DcmXfer(state_->format.getDataset()->getOriginalXfer()).getXferID();
}

std::vector<unsigned char> DicomFile::frame_bytes(unsigned frame, std::size_t expected) {
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorKind::Input, file_.string() + ": frame " + std::to_string(frame + 1) + " " + what);
  };
  DcmDataset& data = *state_->format.getDataset();
  DcmElement* element = nullptr;
  if (data.findAndGetElement(DCM_PixelData, element).bad() || element == nullptr) fail("has no pixels");
  auto* const pixels = dynamic_cast<DcmPixelData*>(element);
  if (pixels == nullptr) fail("has pixels in a form that cannot be read");
  Uint32 bytes = 0;
  if (pixels->getUncompressedFrameSize(&data, bytes).bad() || bytes < expected || bytes > expected + 1) {
    fail("has another size than its header says");
  }
  std::vector<unsigned char> buffer(bytes + (bytes & 1U));
  Uint32 fragment = 0;
  OFString colours;
  OFCondition decoded;
  try {
    decoded = pixels->getUncompressedFrame(&data, frame, fragment, buffer.data(),
                                           static_cast<Uint32>(buffer.size()), colours, &state_->cache);
  } catch (const std::exception& foreign) {
    fail(std::string("cannot be decoded (") + foreign.what() + ")");
  }
  if (decoded.bad()) fail(std::string("cannot be decoded (") + decoded.text() + ")");
  buffer.resize(expected);
  return buffer;
}

}  // namespace isoscan::io
