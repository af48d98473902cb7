#include "targets.hpp"

namespace isoscan::fuzz {

const std::vector<Target>& targets() {
  static const std::vector<Target> all{
      {"derived", derived}, {"dicom", dicom},     {"dicom_series", dicom_series},
      {"json", json},       {"model", model},     {"nifti", nifti},
      {"record", record},   {"sidecar", sidecar}, {"table", table},
      {"tensors", tensors}};
  return all;
}

}  // namespace isoscan::fuzz
