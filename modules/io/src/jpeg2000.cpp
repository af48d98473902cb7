#include "jpeg2000.hpp"

#include <array>
#include <cstring>
#include <mutex>

#include <gdcmDataElement.h>
#include <gdcmFragment.h>
#include <gdcmJPEG2000Codec.h>
#include <gdcmPixelFormat.h>
#include <gdcmSequenceOfFragments.h>
#include <gdcmTrace.h>

#include "isoscan/core/error.hpp"

namespace isoscan::io {

using core::Error;
using core::ErrorKind;

namespace {

/// Rows, columns and components that the stream itself says it has (ISO 15444-1, A.5.1, SIZ marker): a false
/// size must not be trusted with memory.
bool size_agrees(const DicomImage& image, const std::vector<unsigned char>& s) {
  const auto u32 = [&](std::size_t at) {
    return std::uint32_t{s[at]} << 24U | std::uint32_t{s[at + 1]} << 16U | std::uint32_t{s[at + 2]} << 8U |
           std::uint32_t{s[at + 3]};
  };
  // The codestream begins the frame, or lies in a JP2 box: look for SOC followed by SIZ.
  for (std::size_t at = 0; at + 45 <= s.size() && at < 4096; ++at) {
    if (s[at] != 0xff || s[at + 1] != 0x4f || s[at + 2] != 0xff || s[at + 3] != 0x51) continue;
    const std::uint64_t width = std::uint64_t{u32(at + 8)} - u32(at + 16);
    const std::uint64_t height = std::uint64_t{u32(at + 12)} - u32(at + 20);
    const unsigned components = s[at + 40] << 8U | s[at + 41];
    return width ==
               static_cast<std::uint64_t>(image.columns) * static_cast<std::uint64_t>(image.tiles_across) &&
           height == static_cast<std::uint64_t>(image.rows) * static_cast<std::uint64_t>(image.tiles_down) &&
           components == 1 && s[at + 43] == 1 && s[at + 44] == 1;  // no subsampling
  }
  return false;
}

/// Eight bits in the stream, sixteen in the header.
void widen(const char* narrow, bool is_signed, std::vector<unsigned char>& wide) {
  for (std::size_t p = 0; 2 * p < wide.size(); ++p) {
    wide[2 * p] = static_cast<unsigned char>(narrow[p]);
    wide[2 * p + 1] = is_signed && (wide[2 * p] & 0x80U) != 0 ? 0xff : 0;
  }
}

}  // namespace

std::vector<unsigned char> decode_jpeg2000(const DicomImage& image, const std::vector<unsigned char>& stream,
                                           std::size_t expected) {
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorKind::Input, image.file.string() + ": " + what);
  };
  if (!size_agrees(image, stream)) fail("has another size in its JPEG 2000 stream than in its header");
  static std::once_flag once;
  std::call_once(once, [] {
    gdcm::Trace::WarningOff();
    gdcm::Trace::ErrorOff();
  });
  std::vector<unsigned char> decoded;
  try {
    gdcm::Fragment fragment;
    fragment.SetByteValue(reinterpret_cast<const char*>(stream.data()),
                          gdcm::VL(static_cast<std::uint32_t>(stream.size())));
    const gdcm::SmartPointer<gdcm::SequenceOfFragments> fragments(new gdcm::SequenceOfFragments);
    fragments->AddFragment(fragment);
    gdcm::DataElement in(gdcm::Tag(0x7fe0, 0x0010));
    in.SetVR(gdcm::VR::OB);
    in.SetValue(*fragments);
    gdcm::JPEG2000Codec codec;
    codec.SetNumberOfDimensions(2);
    const std::array<unsigned, 3> size{static_cast<unsigned>(image.columns * image.tiles_across),
                                       static_cast<unsigned>(image.rows * image.tiles_down), 1};
    codec.SetDimensions(size.data());
    codec.SetPlanarConfiguration(0);
    codec.SetPhotometricInterpretation(gdcm::PhotometricInterpretation::MONOCHROME2);
    codec.SetPixelFormat(gdcm::PixelFormat(
        1, static_cast<unsigned short>(image.bits_allocated), static_cast<unsigned short>(image.bits_stored),
        static_cast<unsigned short>(image.high_bit), image.is_signed ? 1 : 0));
    gdcm::DataElement out;
    if (!codec.Decode(in, out) || out.GetByteValue() == nullptr) fail("cannot be decoded as JPEG 2000");
    const gdcm::ByteValue& value = *out.GetByteValue();
    const std::size_t length = value.GetLength();
    decoded.resize(expected);
    if (length == expected || length == expected + 1) {
      std::memcpy(decoded.data(), value.GetPointer(), expected);
    } else if (image.bits_allocated == 16 && (length == expected / 2 || length == expected / 2 + 1)) {
      widen(value.GetPointer(), image.is_signed, decoded);
    } else {
      fail("has another pixel size in its JPEG 2000 stream than in its header");
    }
  } catch (const Error&) {
    throw;
  } catch (const std::exception& foreign) {
    fail(std::string("cannot be decoded as JPEG 2000 (") + foreign.what() + ")");
  }
  return decoded;
}

}  // namespace isoscan::io
