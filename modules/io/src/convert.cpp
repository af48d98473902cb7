#include "isoscan/io/convert.hpp"

#include <algorithm>
#include <cmath>

#include <boost/algorithm/string.hpp>
#include <nlohmann/json.hpp>

#include "isoscan/core/files.hpp"

#include "dicom_read.hpp"
#include "nifti_affine.hpp"

namespace isoscan::io {

using nlohmann::json;

namespace {

bool is_int16(float v) {
  return v == std::nearbyint(v) && v >= -32768.0F && v <= 32767.0F;
}

bool holds_whole_numbers(const LoadedScan& scan) {
  return boost::contains(scan.stored_as, "int");
}

json grid_facts(const core::Grid& grid) {
  const core::Affine ras = flip_ras_lps(grid.world_from_voxel);
  json rows = json::array();
  for (std::size_t row = 0; row < 3; ++row) {
    rows.push_back({ras.matrix[3 * row], ras.matrix[3 * row + 1], ras.matrix[3 * row + 2], ras.offset[row]});
  }
  return {{"Size", grid.size}, {"VoxelSizeMm", grid.spacing_mm()}, {"RasFromVoxel", rows}};
}

/// A DICOM series never stands in memory whole: it is read twice, once to find out what its voxels are. What
/// it takes is a slice, and not twice the series.
LoadedScan write_by_slices(DicomSeriesReader& series, const boost::filesystem::path& file, NiftiType& type) {
  LoadedScan scan = series.about();
  const core::Index3& size = series.grid().size;
  std::vector<float> values(static_cast<std::size_t>(size[0] * size[1]));
  bool fits = holds_whole_numbers(scan);
  for (std::size_t k = 0; k < static_cast<std::size_t>(size[2]); ++k) {
    series.read(k, values.data(), scan.not_finite);
    fits = fits && std::all_of(values.begin(), values.end(), is_int16);
  }
  series.note_voxels(scan);
  type = fits ? NiftiType::Int16 : NiftiType::Float32;
  write_nifti(file, series.grid(), type, [&](std::size_t k, float* slice) {
    std::vector<std::size_t> known;
    series.read(k, slice, known);
  });
  return scan;
}

LoadedScan write_whole(const ScanSource& source, const boost::filesystem::path& file, NiftiType& type) {
  LoadedScan scan = read_scan(source);
  const std::vector<float>& voxels = scan.volume.voxels;
  const bool fits = holds_whole_numbers(scan) && std::all_of(voxels.begin(), voxels.end(), is_int16);
  type = fits ? NiftiType::Int16 : NiftiType::Float32;
  write_nifti(file, scan.volume, type);
  return scan;
}

LoadedScan write_volume(const ScanSource& source, const boost::filesystem::path& file, NiftiType& type) {
  if (source.kind == SourceKind::DicomSeries && !source.files.empty()) {
    DicomSeriesReader series(source);
    if (!series.resampled()) return write_by_slices(series, file, type);
  }
  return write_whole(source, file, type);
}

}  // namespace

ConvertedScan convert_scan(const ScanSource& source, const boost::filesystem::path& out_folder) {
  ConvertedScan converted;
  converted.volume = converted_path(source);
  converted.sidecar = converted_path(source, ".json");
  const LoadedScan scan = write_volume(source, out_folder / converted.volume, converted.type);
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
  core::write_file(out_folder / converted.sidecar, sidecar.dump(2) + "\n");
  return converted;
}

}  // namespace isoscan::io
