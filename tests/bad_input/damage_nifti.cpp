#include <cmath>
#include <limits>

#include <boost/filesystem.hpp>
#include <zlib.h>

#include "../io/nifti_files.hpp"
#include "damage.hpp"

namespace isoscan::bad_input {

namespace fs = boost::filesystem;

namespace {

constexpr int kEdge = 20;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::string voxels(int seed, std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t v = 0; v < count; ++v)
    bytes[v] = static_cast<char>((v * 31 + v / 7 * static_cast<std::size_t>(seed)) % 120);
  return bytes;
}

std::string with_header(const nifti_1_header& header, const std::string& data) {
  return std::string(reinterpret_cast<const char*>(&header), sizeof header) + std::string(4, '\0') + data;
}

nifti_1_header header_of(const std::vector<int>& sizes = {kEdge, kEdge, kEdge}) {
  return test::header_by_hand<nifti_1_header>(sizes, DT_UINT8, 8);
}

std::string gzipped(const std::string& bytes) {
  z_stream z{};
  deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, bytes.size()), '\0');
  z.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<unsigned char*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

/// bad.nii whose header `change` spoils.
Maker spoilt(const std::function<void(nifti_1_header&)>& change) {
  return [change](const fs::path& folder) {
    nifti_1_header header = header_of();
    change(header);
    write(folder / "bad.nii", with_header(header, voxels(2, kEdge * kEdge * kEdge)));
  };
}

/// A file that says it holds all its voxels and takes no room on the disk.
void write_sparse(const fs::path& folder) {
  const nifti_1_header header = header_of({1500, 1500, 1000});
  write(folder / "bad.nii", with_header(header, ""));
  fs::resize_file(folder / "bad.nii", 352 + std::uintmax_t{1500} * 1500 * 1000);
}

}  // namespace

std::string good_nifti(int seed) {
  return with_header(header_of(), voxels(seed, kEdge * kEdge * kEdge));
}

Makers nifti_damage() {
  const std::string good = good_nifti(2);
  const auto file = [](const char* name, const std::string& bytes) -> Maker {
    return [=](const fs::path& folder) { write(folder / name, bytes); };
  };
  std::string packed = gzipped(good);
  std::string flipped = packed;
  for (std::size_t at = flipped.size() / 2; at < flipped.size() / 2 + 8; ++at)
    flipped[at] = static_cast<char>(~flipped[at]);
  nifti_1_header claims = header_of({32767, 32767, 4});
  nifti_1_header pair = header_of();
  std::memcpy(pair.magic, "ni1", 4);
  pair.vox_offset = 0;
  nifti_1_header nan = header_of();
  nan.datatype = DT_FLOAT32;
  nan.bitpix = 32;
  std::vector<float> numbers(kEdge * kEdge * kEdge);
  for (std::size_t v = 0; v < numbers.size(); ++v) numbers[v] = v < 50 ? kNan : static_cast<float>(v % 100);
  nifti_1_header colours = header_of();
  colours.datatype = DT_RGB24;
  colours.bitpix = 24;
  return {
      {"nifti-empty", file("bad.nii.gz", "")},
      {"nifti-cut-header", file("bad.nii", good.substr(0, 200))},
      {"nifti-cut-voxels", file("bad.nii", good.substr(0, good.size() - 1))},
      {"nifti-cut-gzip", file("bad.nii.gz", packed.substr(0, packed.size() / 2))},
      {"nifti-flipped-gzip", file("bad.nii.gz", flipped)},
      {"nifti-gzip-of-zeros", file("more.nii.gz", gzipped(good + std::string(40 << 20, '\0')))},
      {"nifti-claims-4gb", file("bad.nii", with_header(claims, std::string(48, '\1')))},
      {"nifti-claims-half-a-gb",
       file("bad.nii", with_header(header_of({32767, 4000, 4}), std::string(48, '\1')))},
      {"nifti-sparse-huge", write_sparse},
      {"nifti-nine-axes", spoilt([](nifti_1_header& h) { h.dim[0] = 9; })},
      {"nifti-zero-slices", spoilt([](nifti_1_header& h) { h.dim[3] = 0; })},
      {"nifti-negative-axis", spoilt([](nifti_1_header& h) { h.dim[2] = -5; })},
      {"nifti-nan-pixdim", spoilt([](nifti_1_header& h) {
         h.sform_code = 0;
         h.pixdim[1] = kNan;
       })},
      {"nifti-nan-sform", spoilt([](nifti_1_header& h) {
         h.srow_x[0] = kNan;
         h.qform_code = 1;
       })},
      {"nifti-singular-sform",
       spoilt([](nifti_1_header& h) { h.srow_x[0] = h.srow_y[1] = h.srow_z[2] = 0.0F; })},
      {"nifti-nan-voxels", file("holes.nii", with_header(nan, test::bytes_of(numbers)))},
      {"nifti-lost-offset", spoilt([](nifti_1_header& h) { h.vox_offset = kNan; })},
      {"nifti-unknown-type", spoilt([](nifti_1_header& h) { h.datatype = 77; })},
      {"nifti-analyze", spoilt([](nifti_1_header& h) { h.magic[0] = 0; })},
      {"nifti-text", file("bad.nii", std::string(5000, 'x'))},
      {"nifti-no-img", file("bad.hdr", with_header(pair, ""))},
      {"nifti-no-hdr", file("bad.img", voxels(2, kEdge * kEdge * kEdge))},
      {"nifti-colours", file("colours.nii", with_header(colours, voxels(2, 3 * kEdge * kEdge * kEdge)))},
      {"nifti-time-series", file("series.nii", with_header(header_of({kEdge, kEdge, kEdge, 4}),
                                                           voxels(2, 4 * kEdge * kEdge * kEdge)))},
  };
}

}  // namespace isoscan::bad_input
