#include "not_finite.hpp"

namespace isoscan::io {

void note_not_finite(LoadedScan& scan) {
  if (scan.not_finite.empty()) return;
  constexpr std::size_t kMany = 1000;
  const std::size_t all = scan.volume.grid.voxel_count();
  const bool many = scan.not_finite.size() * kMany > all;
  std::string text = std::to_string(scan.not_finite.size()) + (many ? " of " + std::to_string(all) : "") +
                     " voxels were not finite: set to 0";
  if (many) scan.warnings.push_back(text);
  scan.notes.push_back(std::move(text));
}

}  // namespace isoscan::io
