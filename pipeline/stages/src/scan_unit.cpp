#include "isoscan/stages/scan_unit.hpp"

#include "isoscan/config/json.hpp"
#include "isoscan/io/bids.hpp"

namespace isoscan::stages {

using config::Json;

pipeline::Unit unit_of(const io::ScanSource& scan) {
  pipeline::Unit unit;
  unit.id = scan.id();
  unit.site = scan.site;
  config::Json about(config::Json::Object{
      {"kind", scan.kind == io::SourceKind::DicomSeries ? "dicom" : "nifti"},
      {"part", scan.part},
      {"acquisition", config::Json::parse(io::acquisition_json(scan.acquisition), "acquisition")}});
  // Only what differs from the default, so that results of earlier versions are found again.
  if (scan.read.scaling != io::Scaling::Auto) about["scaling"] = io::name(scan.read.scaling);
  if (scan.read.first_volume) about["first_volume"] = true;
  if (scan.read.resample) about["resample"] = true;
  unit.sources["scan"] = {scan.files, about.dump()};
  Json label(Json::Object{{"id", unit.id}, {"site", unit.site}});
  if (!scan.warnings.empty()) label["warnings"] = Json::array(scan.warnings);
  unit.sources["label"] = {{}, label.dump()};
  if (scan.brain_mask) unit.sources["mask"] = {{*scan.brain_mask}, ""};
  return unit;
}

io::ScanSource scan_at(const pipeline::InputItem& item) {
  const config::Json about = config::Json::parse(item.text, "scan");
  io::ScanSource scan;
  scan.kind = about.at("kind").as_string() == "dicom" ? io::SourceKind::DicomSeries : io::SourceKind::Nifti;
  scan.part = about.at("part").as_string();
  scan.files = item.files;
  if (const Json* scaling = about.find("scaling"))
    scan.read.scaling = io::scaling_named(scaling->as_string());
  scan.read.first_volume = about.find("first_volume") != nullptr;
  scan.read.resample = about.find("resample") != nullptr;
  return scan;
}

pipeline::Cohort cohort_of(const io::ScanList& list) {
  pipeline::Cohort cohort;
  for (const io::ScanSource& scan : list.scans) cohort.units.push_back(unit_of(scan));
  return cohort;
}

}  // namespace isoscan::stages
