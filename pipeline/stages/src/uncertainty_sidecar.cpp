#include "uncertainty_sidecar.hpp"

#include "isoscan/engine/manifest.hpp"

namespace isoscan::stages {

using config::Json;

Json uncertainty_sidecar(const Json& applied, const std::string& volume, const Json& scale) {
  const Json& stated = applied.at("uncertainty");
  Json sidecar{Json::Object{}};
  sidecar["Description"] =
      "How far each voxel of the harmonized scan may be off: the truth lies within value +- this in the "
      "stated "
      "share of the brain's voxels; 0 outside the brain. In the units of the harmonized scan, whose white "
      "matter is "
      "WhiteMatterIntensity. Research use only.";
  sidecar["Units"] = "arbitrary";
  sidecar["IntensityScale"] = scale;
  sidecar["WhiteMatterIntensity"] = applied.at("white_matter");
  sidecar["Coverage"] = stated.at("coverage");
  sidecar["Calibration"] =
      "Errors on made scans with known truth that were not learnt from, by local SD, local mean and depth in "
      "the "
      "brain; stretched until each scan held against the others is covered in the mean. What the bound and "
      "the "
      "fading at the brain's edge withheld of the change is added.";
  sidecar["CalibrationScans"] = stated.at("made_scans");
  sidecar["CoverageOfScansHeldOut"] = stated.at("held_out");
  sidecar["HarmonizationMethod"] = applied.at("method");
  sidecar["IsoscanVersion"] = pipeline::program_version();
  sidecar["Sources"] = Json(Json::Array{Json("bids::" + volume)});
  return sidecar;
}

}  // namespace isoscan::stages
