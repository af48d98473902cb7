#include "nifti_voxels.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"

namespace isoscan::io {

static_assert(std::endian::native == std::endian::little, "voxels are read as they lie in memory");

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

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;

}  // namespace

NiftiVoxels::NiftiVoxels(const NiftiHeader& header) : header_(header), reader_(header.voxel_file) {
  reader_.skip(header.voxel_offset);
}

void NiftiVoxels::read(float* voxels, std::size_t count) {
  const std::size_t width = byte_count(header_.stored);
  const Decode decode = decoder(header_.stored);
  std::vector<unsigned char> block(std::min(count * width, kBlockBytes));
  constexpr double kExact = 16777216.0;  // float32 holds every whole number up to 2^24
  for (std::size_t at = 0; at < count;) {
    const std::size_t now = std::min(count - at, block.size() / width);
    if (reader_.read(block.data(), now * width) != now * width) {
      throw core::Error(core::ErrorKind::Input,
                        header_.voxel_file.string() +
                            ": ends before its last voxel; copy it again from where it came from");
    }
    for (std::size_t v = 0; v < now; ++v) {
      const double raw = decode(block.data() + v * width, header_.other_endian);
      beyond_float_ |= std::abs(raw) > kExact;
      const auto value = static_cast<float>(raw * header_.slope + header_.intercept);
      const bool finite = std::isfinite(value);
      voxels[at + v] = finite ? value : 0.0F;
      if (!finite) not_finite_.push_back(at_ + v);
    }
    at += now;
    at_ += now;
  }
}

bool NiftiVoxels::more() {
  unsigned char beyond = 0;
  return reader_.read(&beyond, 1) != 0;
}

std::string first_voxels_digest(const NiftiHeader& header) {
  constexpr std::size_t kEnough = 4096;
  NiftiVoxels stream(header);
  std::vector<float> block(std::size_t{1} << 15);
  std::vector<float> varied;
  float first = 0.0F;
  const std::size_t count = header.grid.voxel_count();
  for (std::size_t at = 0; at < count && varied.size() < kEnough;) {
    const std::size_t now = std::min(block.size(), count - at);
    stream.read(block.data(), now);
    if (at == 0) first = block.front();
    for (std::size_t v = 0; v < now && varied.size() < kEnough; ++v) {
      if (block[v] == first) continue;
      varied.push_back(block[v]);
      varied.push_back(static_cast<float>((at + v) % (std::size_t{1} << 24)));  // and where it lies
    }
    at += now;
  }
  if (varied.empty()) return {};
  return core::Sha256().update(varied.data(), varied.size() * sizeof(float)).hex();
}

std::string all_voxels_digest(const NiftiHeader& header) {
  NiftiVoxels stream(header);
  core::Sha256 digest;
  std::vector<float> block(std::size_t{1} << 18);
  const std::size_t count = header.grid.voxel_count();
  for (std::size_t at = 0; at < count;) {
    const std::size_t now = std::min(block.size(), count - at);
    stream.read(block.data(), now);
    digest.update(block.data(), now * sizeof(float));
    at += now;
  }
  return digest.hex();
}

}  // namespace isoscan::io
