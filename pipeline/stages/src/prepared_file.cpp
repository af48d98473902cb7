#include "isoscan/stages/prepared_file.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"

namespace isoscan::stages {

using core::DType;
using core::Tensor;

namespace {

constexpr const char* kTissueNames[] = {"csf", "grey_matter", "white_matter"};

std::vector<std::int64_t> shape_of(const core::Grid& grid) {
  return {grid.size[2], grid.size[1], grid.size[0]};
}

Tensor bytes_tensor(const core::Grid& grid, std::vector<std::uint8_t> bytes) {
  Tensor tensor;
  tensor.dtype = DType::U8;
  tensor.shape = shape_of(grid);
  tensor.bytes = std::move(bytes);
  return tensor;
}

std::vector<std::uint8_t> as_bytes(const core::Volume& posterior) {
  std::vector<std::uint8_t> bytes(posterior.voxels.size());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    bytes[n] = static_cast<std::uint8_t>(std::lround(255.0F * std::clamp(posterior.voxels[n], 0.0F, 1.0F)));
  }
  return bytes;
}

const Tensor& fitting(const core::TensorFile& file, const std::string& name, DType dtype, std::size_t count) {
  const Tensor& tensor = file.at(name);
  if (tensor.dtype != dtype || static_cast<std::size_t>(tensor.count()) != count) {
    throw core::Error(core::ErrorKind::Input,
                      "a prepared scan's tensor '" + name + "' does not fit its grid");
  }
  return tensor;
}

}  // namespace

void round_posteriors(core::TissueMaps& tissue) {
  for (core::Volume& posterior : tissue.posterior) {
    const auto bytes = as_bytes(posterior);
    for (std::size_t n = 0; n < bytes.size(); ++n)
      posterior.voxels[n] = static_cast<float>(bytes[n]) / 255.0F;
  }
}

core::TensorFile to_tensors(const preprocess::Prepared& prepared) {
  const core::Grid& grid = prepared.image.grid;
  core::TensorFile file;
  file.metadata["kind"] = "isoscan prepared scan";
  file.metadata["skull_stripped"] = prepared.skull_stripped ? "yes" : "no";
  file.metadata["warnings"] = config::Json::array(prepared.warnings).dump();
  std::vector<double> numbers;
  for (const auto n : grid.size) numbers.push_back(static_cast<double>(n));
  numbers.insert(numbers.end(), grid.world_from_voxel.matrix.begin(), grid.world_from_voxel.matrix.end());
  numbers.insert(numbers.end(), grid.world_from_voxel.offset.begin(), grid.world_from_voxel.offset.end());
  file.tensors["grid"] = Tensor::of({15}, numbers);
  file.tensors["white_matter_level"] = Tensor::of({1}, std::vector<double>{prepared.white_matter});
  file.tensors["image"] = Tensor::of(shape_of(grid), prepared.image.voxels);
  file.tensors["log_bias"] = Tensor::of(shape_of(grid), prepared.log_bias.voxels);
  file.tensors["brain"] = bytes_tensor(grid, prepared.brain.voxels);
  file.tensors["head"] = bytes_tensor(grid, prepared.head.voxels);
  for (std::size_t t = 0; t < core::kTissueCount; ++t) {
    file.tensors[kTissueNames[t]] = bytes_tensor(grid, as_bytes(prepared.tissue.posterior[t]));
  }
  return file;
}

preprocess::Prepared prepared_scan(const core::TensorFile& file) {
  const std::vector<double> numbers = fitting(file, "grid", DType::F64, 15).doubles();
  core::Grid grid;
  for (std::size_t a = 0; a < 3; ++a) {
    if (!(numbers[a] >= 1.0 && numbers[a] <= 65536.0)) {
      throw core::Error(core::ErrorKind::Input, "a prepared scan's grid is not usable");
    }
    grid.size[a] = std::llround(numbers[a]);
    grid.world_from_voxel.offset[a] = numbers[12 + a];
  }
  for (std::size_t n = 0; n < 9; ++n) grid.world_from_voxel.matrix[n] = numbers[3 + n];
  if (const std::string problem = grid.problem(); !problem.empty()) {
    throw core::Error(core::ErrorKind::Input, "a prepared scan: " + problem);
  }
  const std::size_t count = grid.voxel_count();
  preprocess::Prepared prepared;
  prepared.image = core::Volume(grid, fitting(file, "image", DType::F32, count).floats());
  prepared.log_bias = core::Volume(grid, fitting(file, "log_bias", DType::F32, count).floats());
  prepared.brain = core::Mask(grid);
  prepared.brain.voxels = fitting(file, "brain", DType::U8, count).bytes;
  prepared.head = core::Mask(grid);
  prepared.head.voxels = fitting(file, "head", DType::U8, count).bytes;
  for (std::size_t t = 0; t < core::kTissueCount; ++t) {
    core::Volume posterior(grid);
    const Tensor& tensor = fitting(file, kTissueNames[t], DType::U8, count);
    for (std::size_t n = 0; n < count; ++n)
      posterior.voxels[n] = static_cast<float>(tensor.bytes[n]) / 255.0F;
    prepared.tissue.posterior[t] = std::move(posterior);
  }
  prepared.white_matter = fitting(file, "white_matter_level", DType::F64, 1).doubles()[0];
  if (const auto it = file.metadata.find("skull_stripped"); it != file.metadata.end()) {
    prepared.skull_stripped = it->second == "yes";
  }
  if (const auto it = file.metadata.find("warnings"); it != file.metadata.end()) {
    const config::Json warnings = config::Json::parse(it->second, "warnings", core::ErrorKind::Input);
    for (const config::Json& item : warnings.items()) {
      prepared.warnings.push_back(item.as_string());
    }
  }
  return prepared;
}

}  // namespace isoscan::stages
