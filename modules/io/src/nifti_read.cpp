#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "isoscan/core/error.hpp"
#include "isoscan/io/nifti.hpp"

#include "gzip_file.hpp"
#include "nifti_header.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;

static_assert(std::endian::native == std::endian::little, "voxels are written as they lie in memory");

namespace {

/// One stored number; bytes turned round where the file comes from the other kind of machine.
template <typename T>
double number_at(const unsigned char* at, bool other_endian) {
  std::array<unsigned char, sizeof(T)> bytes{};
  for (std::size_t b = 0; b < sizeof(T); ++b) bytes[b] = at[other_endian ? sizeof(T) - 1 - b : b];
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return static_cast<double>(value);
}

using Decode = double (*)(const unsigned char*, bool);

Decode decoder(Stored type) {
  constexpr std::array<Decode, 10> decoders{
      number_at<std::uint8_t>,  number_at<std::int8_t>,  number_at<std::uint16_t>, number_at<std::int16_t>,
      number_at<std::uint32_t>, number_at<std::int32_t>, number_at<std::uint64_t>, number_at<std::int64_t>,
      number_at<float>,         number_at<double>};
  return decoders[static_cast<std::size_t>(type)];
}

/// Fills `voxels` block by block, so that memory holds the floats and one block.
struct Tally {
  std::size_t not_finite = 0;
  bool beyond_float = false;
};

Tally read_voxels(GzipReader& reader, const NiftiHeader& header, std::vector<float>& voxels) {
  const std::size_t width = byte_count(header.stored);
  const Decode decode = decoder(header.stored);
  std::vector<unsigned char> block((std::size_t{1} << 20));
  Tally tally;
  constexpr double kExact = 16777216.0;  // float32 holds every whole number up to 2^24
  for (std::size_t at = 0; at < voxels.size();) {
    const std::size_t now = std::min(voxels.size() - at, block.size() / width);
    if (reader.read(block.data(), now * width) != now * width) {
      throw Error(
          ErrorKind::Input,
          header.voxel_file.string() + ": ends before its last voxel; copy it again from where it came from");
    }
    for (std::size_t v = 0; v < now; ++v) {
      const double raw = decode(block.data() + v * width, header.other_endian);
      tally.beyond_float |= std::abs(raw) > kExact;
      const auto value = static_cast<float>(raw * header.slope + header.intercept);
      if (std::isfinite(value)) {
        voxels[at + v] = value;
      } else {
        voxels[at + v] = 0.0F;
        ++tally.not_finite;
      }
    }
    at += now;
  }
  return tally;
}

}  // namespace

LoadedScan read_nifti(const fs::path& file) {
  const NiftiHeader header = read_nifti_header(file);
  if (!header.no_numbers.empty()) throw Error(ErrorKind::Input, file.string() + ": " + header.no_numbers);
  if (header.volumes != 1) {
    throw Error(ErrorKind::Input,
                file.string() + ": holds " + std::to_string(header.volumes) +
                    " volumes; give a file with one (a series over time is no anatomical scan)");
  }
  LoadedScan scan;
  scan.stored_as = name(header.stored);
  scan.notes = header.notes;
  GzipReader reader(header.voxel_file);
  reader.skip(header.voxel_offset);
  scan.volume = core::Volume(header.grid);
  const Tally tally = read_voxels(reader, header, scan.volume.voxels);
  // One byte more: only now zlib compares the checksum at the end of the stream.
  unsigned char beyond = 0;
  if (reader.read(&beyond, 1) != 0) scan.notes.emplace_back("bytes after the last voxel were ignored");
  if (tally.not_finite > 0) {
    scan.notes.push_back(std::to_string(tally.not_finite) + " voxels were not finite: set to 0");
  }
  if (is_integer(header.stored) && tally.beyond_float) {
    scan.notes.emplace_back("whole numbers beyond 2^24 were rounded to float32");
  }
  return scan;
}

}  // namespace isoscan::io
