// libFuzzer's mutator for files that may be gzipped: unpacks, changes what is inside, packs again. Left to
// itself, every change would end at gzip's checksum. One time in eight the stream itself is changed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <zlib.h>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

constexpr int kGzip = 15 + 16;  // zlib's window bits for a gzip stream
constexpr std::size_t kMostInside = 1U << 16;

std::vector<std::uint8_t> unpacked(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint8_t> inside(kMostInside);
  z_stream z{};
  if (inflateInit2(&z, kGzip) != Z_OK) return {};
  z.next_in = const_cast<std::uint8_t*>(data);
  z.avail_in = static_cast<uInt>(size);
  z.next_out = inside.data();
  z.avail_out = static_cast<uInt>(inside.size());
  const int code = inflate(&z, Z_FINISH);
  inside.resize(code == Z_STREAM_END ? z.total_out : 0);
  inflateEnd(&z);
  return inside;
}

std::vector<std::uint8_t> packed(std::vector<std::uint8_t>& inside) {
  z_stream z{};
  if (deflateInit2(&z, 1, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::vector<std::uint8_t> out(deflateBound(&z, inside.size()));
  z.next_in = inside.data();
  z.avail_in = static_cast<uInt>(inside.size());
  z.next_out = out.data();
  z.avail_out = static_cast<uInt>(out.size());
  out.resize(deflate(&z, Z_FINISH) == Z_STREAM_END ? z.total_out : 0);
  deflateEnd(&z);
  return out;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  const bool gzipped = size > 2 && data[0] == 0x1f && data[1] == 0x8b;
  if (!gzipped || seed % 8 == 0) return LLVMFuzzerMutate(data, size, most);
  std::vector<std::uint8_t> inside = unpacked(data, size);
  if (inside.empty()) return LLVMFuzzerMutate(data, size, most);
  const std::size_t had = inside.size();
  inside.resize(kMostInside);
  inside.resize(LLVMFuzzerMutate(inside.data(), had, kMostInside));
  const std::vector<std::uint8_t> out = packed(inside);
  if (out.empty() || out.size() > most) return LLVMFuzzerMutate(data, size, most);
  std::memcpy(data, out.data(), out.size());
  return out.size();
}
