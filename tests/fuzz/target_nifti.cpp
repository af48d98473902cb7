#include "isoscan/io/brain_mask.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/io/scan.hpp"

#include "judge.hpp"
#include "targets.hpp"

namespace isoscan::fuzz {

void nifti(std::string_view bytes) {
  static const Scratch scratch;
  const auto file = scratch.put("scan.nii.gz", bytes);
  judged([&] {
    const io::LoadedScan scan = io::read_nifti(file);
    check_volume(scan.volume);
    for (const std::size_t v : scan.not_finite)
      require(v < scan.volume.voxels.size() && scan.volume.voxels[v] == 0.0F,
              "a false list of voxels not finite");
    judged([&] { (void)io::read_brain_mask(file, scan.volume.grid); });
  });
  // As find_scans meets it: its header, and its voxels where another file has the same size.
  judged([&] { (void)io::find_scans(file, {}); });
}

}  // namespace isoscan::fuzz
