#include <algorithm>
#include <vector>

#include "isoscan/core/error.hpp"
#include "isoscan/io/nifti.hpp"

#include "nifti_header.hpp"
#include "nifti_voxels.hpp"
#include "not_finite.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;

LoadedScan read_nifti(const fs::path& file, const ReadChoices& choices) {
  const NiftiHeader header = read_nifti_header(file);
  if (!header.no_numbers.empty()) throw Error(ErrorKind::Input, file.string() + ": " + header.no_numbers);
  if (header.volumes != 1 && !choices.first_volume) {
    throw Error(ErrorKind::Input, file.string() + ": holds " + std::to_string(header.volumes) +
                                      " volumes; give a file with one (a series over time is no anatomical "
                                      "scan), or take the first with --first-volume");
  }
  LoadedScan scan;
  scan.stored_as = name(header.stored);
  scan.notes = header.notes;
  scan.warnings = header.warnings;
  scan.volume.grid = header.grid;
  NiftiVoxels stream(header);
  // Bit by bit: a gzip stream that ends early costs what it holds, not what its header claims.
  const std::size_t count = header.grid.voxel_count();
  std::vector<float>& voxels = scan.volume.voxels;
  voxels.reserve(count);
  while (voxels.size() < count) {
    const std::size_t at = voxels.size();
    const std::size_t now = std::min(count - at, std::size_t{1} << 22);
    voxels.resize(at + now);
    stream.read(voxels.data() + at, now);
  }
  if (header.volumes != 1)
    scan.notes.push_back("the first of " + std::to_string(header.volumes) + " volumes");
  if (header.volumes == 1 && stream.more())
    scan.notes.emplace_back("bytes after the last voxel were ignored");
  scan.not_finite = stream.not_finite();
  note_not_finite(scan);
  if (is_integer(header.stored) && stream.beyond_float()) {
    scan.notes.emplace_back("whole numbers beyond 2^24 were rounded to float32");
  }
  return scan;
}

}  // namespace isoscan::io
