#include "isoscan/io/convert.hpp"

#include <algorithm>
#include <cmath>

#include <boost/algorithm/string.hpp>
#include <nlohmann/json.hpp>

#include "isoscan/core/files.hpp"

#include "nifti_affine.hpp"

namespace isoscan::io {

using nlohmann::json;

namespace {

bool fits_int16(const LoadedScan& scan) {
  const bool whole_source = boost::contains(scan.stored_as, "int");
  return whole_source && std::all_of(scan.volume.voxels.begin(), scan.volume.voxels.end(), [](float v) {
           return v == std::nearbyint(v) && v >= -32768.0F && v <= 32767.0F;
         });
}

json grid_facts(const core::Grid& grid) {
  const core::Affine ras = flip_ras_lps(grid.world_from_voxel);
  json rows = json::array();
  for (std::size_t row = 0; row < 3; ++row) {
    rows.push_back({ras.matrix[3 * row], ras.matrix[3 * row + 1], ras.matrix[3 * row + 2], ras.offset[row]});
  }
  return {{"Size", grid.size}, {"VoxelSizeMm", grid.spacing_mm()}, {"RasFromVoxel", rows}};
}

}  // namespace

ConvertedScan convert_scan(const ScanSource& source, const boost::filesystem::path& out_folder) {
  const LoadedScan scan = read_scan(source);
  ConvertedScan converted;
  converted.volume = converted_path(source);
  converted.sidecar = converted_path(source, ".json");
  converted.type = fits_int16(scan) ? NiftiType::Int16 : NiftiType::Float32;
  converted.notes = scan.notes;
  converted.warnings = scan.warnings;
  json sidecar = json::parse(acquisition_json(source.acquisition));
  sidecar["Grid"] = grid_facts(scan.volume.grid);
  sidecar["SourceStoredAs"] = scan.stored_as;
  sidecar["Notes"] = scan.notes;
  sidecar["ReadChoices"] = {{"Scaling", name(source.read.scaling)},
                            {"FirstVolume", source.read.first_volume},
                            {"Resample", source.read.resample}};
  sidecar["ConversionSoftware"] = "Isoscan";
  write_nifti(out_folder / converted.volume, scan.volume, converted.type);
  core::write_file(out_folder / converted.sidecar, sidecar.dump(2) + "\n");
  return converted;
}

}  // namespace isoscan::io
