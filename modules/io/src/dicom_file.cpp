#include "dcmtk/config/osconfig.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <mutex>
#include <stdexcept>

#include <boost/algorithm/string.hpp>
#include <boost/filesystem.hpp>
#include <dcmtk/dcmdata/dcfcache.h>
#include <dcmtk/dcmdata/dcfilefo.h>
#include <dcmtk/dcmdata/dcistrmf.h>
#include <dcmtk/dcmdata/dcmetinf.h>
#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>
#include <dcmtk/oflog/oflog.h>
#include <unistd.h>

#include "isoscan/core/error.hpp"

#include "dicom_file.hpp"
#include "dicom_stream.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;

namespace {

constexpr unsigned kReadAtOnce = 4096;  // longer values stay on disk, so a false length allocates nothing

/// Once a process: DCMTK's logger and codecs are global.
void prepare_dcmtk() {
  static std::once_flag once;
  std::call_once(once, [] {
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    DJDecoderRegistration::registerCodecs();
    DJLSDecoderRegistration::registerCodecs();
    DcmRLEDecoderRegistration::registerCodecs();
    // Values that some archive passed on as UN are read by what the dictionary says of their tag
    // (PS3.5, 6.2.2).
    dcmEnableUnknownVRConversion.set(OFTrue);
  });
  if (!dcmDataDict.isDictionaryLoaded()) {
    throw Error(ErrorKind::Config,
                "DCMTK finds no DICOM dictionary; unset DCMDICTPATH or install the package dcmtk's data");
  }
}

}  // namespace

struct DicomFile::State {
  DcmFileFormat format;
  DcmFileCache cache;
  unsigned pixel_element = 0;
  PlainPixels plain;
  Uint32 next_fragment = 0;  ///< of the frame after the last one decoded
  unsigned next_frame = 0;
};

namespace {

/// The header of the pixels' element (PS3.5, 7.1: tag, type and length), where the parser stopped: before or
/// behind it, as its version has it.
void look_at_pixels(const fs::path& file, std::uint64_t stopped, const DcmXfer& syntax, unsigned& element,
                    PlainPixels& plain) {
  if (syntax.getStreamCompression() != ESC_none) return;
  const std::size_t length_at = syntax.isExplicitVR() ? 8 : 4;
  const std::uint64_t header_bytes = length_at + 4;
  std::ifstream in(file.string(), std::ios::binary);
  for (const std::uint64_t at : {stopped, stopped - header_bytes}) {
    std::array<unsigned char, 12> head{};
    in.clear();
    in.seekg(static_cast<std::streamoff>(at));
    in.read(reinterpret_cast<char*>(head.data()), static_cast<std::streamsize>(header_bytes));
    const auto u16 = [&](std::size_t from) {
      return static_cast<unsigned>(syntax.isBigEndian() ? head[from] << 8U | head[from + 1]
                                                        : head[from + 1] << 8U | head[from]);
    };
    if (!in || u16(0) != 0x7fe0 || u16(2) < 0x8 || u16(2) > 0x10) continue;
    element = u16(2);
    std::uint32_t length = 0;
    std::memcpy(&length, head.data() + length_at, sizeof(length));
    if (syntax.isLittleEndian() && !syntax.isEncapsulated() && length != 0xffffffff)
      plain = {at + header_bytes, length};
    return;
  }
}

}  // namespace

DicomFile::DicomFile(const fs::path& file, Part part) : file_(file), state_(std::make_unique<State>()) {
  prepare_dcmtk();
  boost::system::error_code error;
  if (!fs::is_regular_file(file, error))
    throw Error(ErrorKind::Io, file.string() + ": there is no such file");
  OFCondition read;
  try {
    const bool header = part == Part::Header;
    DicomStream stream(file.c_str());
    read = stream.status();
    if (read.good()) {
      state_->format.transferInit();
      read = state_->format.readUntilTag(
          stream, EXS_Unknown, EGL_noChange, kReadAtOnce,
          header ? DcmTagKey(DCM_PixelData.getGroup(), 0x0008) : DCM_UndefinedTagKey);
      state_->format.transferEnd();
      if (read.good()) read = stream.status();
      if (stream.too_deep()) throw std::length_error("sequences nested in sequences without end");
    }
    if (read.good() && header) {
      look_at_pixels(file, static_cast<std::uint64_t>(stream.tell()),
                     DcmXfer(state_->format.getDataset()->getOriginalXfer()), state_->pixel_element,
                     state_->plain);
    }
  } catch (const std::exception& foreign) {
    throw Error(ErrorKind::Input, file.string() + ": cannot be read as DICOM (" + foreign.what() + ")");
  }
  if (read.bad() && ::access(file.c_str(), R_OK) != 0)
    throw Error(ErrorKind::Io, file.string() + ": cannot be opened (" + std::strerror(errno) + ")");
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

unsigned DicomFile::pixel_element() const {
  return state_->pixel_element;
}

PlainPixels DicomFile::plain_pixels() const {
  return state_->plain;
}

void DicomFile::fail(unsigned frame, const std::string& what) const {
  throw Error(ErrorKind::Input, file_.string() + ": frame " + std::to_string(frame + 1) + " " + what);
}

std::vector<unsigned char> DicomFile::frame_bytes(unsigned frame, std::size_t expected) {
  DcmDataset& data = *state_->format.getDataset();
  DcmElement* element = nullptr;
  if (data.findAndGetElement(DCM_PixelData, element).bad() || element == nullptr)
    fail(frame, "has no pixels");
  auto* const pixels = dynamic_cast<DcmPixelData*>(element);
  if (pixels == nullptr) fail(frame, "has pixels in a form that cannot be read");
  Uint32 bytes = 0;
  if (pixels->getUncompressedFrameSize(&data, bytes).bad() || bytes < expected || bytes > expected + 1) {
    fail(frame, "has another size than its header says");
  }
  std::vector<unsigned char> buffer(bytes + (bytes & 1U));
  Uint32 fragment = frame == state_->next_frame ? state_->next_fragment : 0;  // 0: DCMTK looks for it
  OFString colours;
  OFCondition decoded;
  try {
    decoded = pixels->getUncompressedFrame(&data, frame, fragment, buffer.data(),
                                           static_cast<Uint32>(buffer.size()), colours, &state_->cache);
  } catch (const std::exception& foreign) {
    fail(frame, std::string("cannot be decoded (") + foreign.what() + ")");
  }
  if (decoded.bad()) fail(frame, std::string("cannot be decoded (") + decoded.text() + ")");
  state_->next_frame = frame + 1;
  state_->next_fragment = fragment;
  buffer.resize(expected);
  return buffer;
}

namespace {

/// Fragments [first, last) of a frame; the first item of the sequence is the offset table.
std::pair<unsigned long, unsigned long> fragments_of(DcmPixelSequence& sequence, unsigned frame,
                                                     unsigned frames) {
  const unsigned long fragments = sequence.card() == 0 ? 0 : sequence.card() - 1;
  if (frames == 1) return {1, 1 + fragments};
  if (fragments == frames) return {1 + frame, 2 + frame};
  DcmPixelItem* table = nullptr;
  Uint8* bytes = nullptr;
  if (sequence.getItem(table, 0).bad() || table->getLength() != 4 * frames ||
      table->getUint8Array(bytes).bad() || bytes == nullptr)
    return {0, 0};
  const auto offset_of = [&](unsigned which) {
    const Uint8* at = bytes + std::size_t{4} * which;
    return at[0] | at[1] << 8U | at[2] << 16U | static_cast<std::uint64_t>(at[3]) << 24U;
  };
  std::uint64_t offset = 0;
  std::pair<unsigned long, unsigned long> found{0, 1 + fragments};
  for (unsigned long f = 1; f <= fragments; ++f) {
    if (offset == offset_of(frame)) found.first = f;
    if (frame + 1 < frames && offset == offset_of(frame + 1)) found.second = f;
    DcmPixelItem* item = nullptr;
    if (sequence.getItem(item, f).bad()) return {0, 0};
    offset += 8 + item->getLength();
  }
  return found;
}

}  // namespace

std::vector<unsigned char> DicomFile::compressed_frame(unsigned frame, unsigned frames) {
  DcmDataset& data = *state_->format.getDataset();
  DcmElement* element = nullptr;
  if (data.findAndGetElement(DCM_PixelData, element).bad() || element == nullptr)
    fail(frame, "has no pixels");
  auto* const pixels = dynamic_cast<DcmPixelData*>(element);
  DcmPixelSequence* sequence = nullptr;
  E_TransferSyntax syntax = EXS_Unknown;
  const DcmRepresentationParameter* parameter = nullptr;
  if (pixels != nullptr) pixels->getOriginalRepresentationKey(syntax, parameter);
  if (pixels == nullptr || pixels->getEncapsulatedRepresentation(syntax, parameter, sequence).bad() ||
      sequence == nullptr)
    fail(frame, "has pixels in a form that cannot be read");
  const auto [first, last] = fragments_of(*sequence, frame, frames);
  if (first == 0 || first >= last) fail(frame, "cannot be found among the compressed fragments");
  std::vector<unsigned char> bytes;
  for (unsigned long f = first; f < last; ++f) {
    DcmPixelItem* item = nullptr;
    Uint8* at = nullptr;
    if (sequence->getItem(item, f).bad() || item->getUint8Array(at).bad() || at == nullptr)
      fail(frame, "cannot be read");
    bytes.insert(bytes.end(), at, at + item->getLength());
  }
  return bytes;
}

}  // namespace isoscan::io
