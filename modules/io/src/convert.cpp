#include "isoscan/io/convert.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>

#include <boost/algorithm/string.hpp>
#include <boost/filesystem.hpp>
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

/// What is known of a scan before its volume is written, and how to write it.
struct Prepared {
  LoadedScan scan;
  NiftiType type = NiftiType::Float32;
  std::function<void(const boost::filesystem::path& file)> write;
};

/// A DICOM series never stands in memory whole: it is read twice, once to find out what its voxels are. What
/// it takes is a slice, and not twice the series.
Prepared by_slices(const std::shared_ptr<DicomSeriesReader>& series) {
  Prepared prepared;
  prepared.scan = series->about();
  const core::Index3& size = series->grid().size;
  std::vector<float> values(static_cast<std::size_t>(size[0] * size[1]));
  bool fits = holds_whole_numbers(prepared.scan);
  for (std::size_t k = 0; k < static_cast<std::size_t>(size[2]); ++k) {
    series->read(k, values.data(), prepared.scan.not_finite);
    fits = fits && std::all_of(values.begin(), values.end(), is_int16);
  }
  series->note_voxels(prepared.scan);
  prepared.type = fits ? NiftiType::Int16 : NiftiType::Float32;
  prepared.write = [series, type = prepared.type](const boost::filesystem::path& file) {
    const auto last = static_cast<std::size_t>(series->grid().size[2] - 1);
    write_nifti(file, series->grid(), type, [&](std::size_t k, float* slice) {
      std::vector<std::size_t> known;
      series->read(k, slice, known);
      if (k == last) series->require_unchanged();  // before the file gets its name
    });
  };
  return prepared;
}

Prepared whole(const ScanSource& source) {
  Prepared prepared;
  const auto scan = std::make_shared<LoadedScan>(read_scan(source));
  const std::vector<float>& voxels = scan->volume.voxels;
  const bool fits = holds_whole_numbers(*scan) && std::all_of(voxels.begin(), voxels.end(), is_int16);
  prepared.type = fits ? NiftiType::Int16 : NiftiType::Float32;
  prepared.write = [scan, type = prepared.type](const boost::filesystem::path& file) {
    write_nifti(file, scan->volume, type);
  };
  prepared.scan.stored_as = scan->stored_as;
  prepared.scan.notes = scan->notes;
  prepared.scan.warnings = scan->warnings;
  prepared.scan.volume.grid = scan->volume.grid;
  return prepared;
}

Prepared prepare(const ScanSource& source) {
  if (source.kind == SourceKind::DicomSeries && !source.files.empty()) {
    const auto series = std::make_shared<DicomSeriesReader>(source);
    if (!series->resampled()) return by_slices(series);
  }
  return whole(source);
}

}  // namespace

ConvertedScan convert_scan(const ScanSource& source, const boost::filesystem::path& out_folder) {
  ConvertedScan converted;
  converted.volume = converted_path(source);
  converted.sidecar = converted_path(source, ".json");
  const Prepared prepared = prepare(source);
  const LoadedScan& scan = prepared.scan;
  converted.type = prepared.type;
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
  try {
    // The sidecar first: a volume without one would not be known for ours when the power fails in between.
    core::write_file(out_folder / converted.sidecar, sidecar.dump(2) + "\n");
    prepared.write(out_folder / converted.volume);
  } catch (...) {
    boost::system::error_code ignored;
    boost::filesystem::remove(out_folder / converted.volume, ignored);  // one of an earlier run
    boost::filesystem::remove(out_folder / converted.sidecar, ignored);
    throw;
  }
  return converted;
}

}  // namespace isoscan::io
