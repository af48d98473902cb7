#include "isoscan/harmonize/reference_scans.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/preprocess/morphology.hpp"

namespace isoscan::harmonize {

namespace {

using core::Error;
using core::ErrorKind;

constexpr const char* kKind = "isoscan reference scans";
constexpr const char* kVersion = "1";
constexpr double kSteps = 10000.0;  // of white matter
constexpr std::uint8_t kNear = 1;
constexpr std::uint8_t kBrain = 2;

struct Box {
  core::Index3 low{};
  core::Index3 size{};
};

Box box_of(const core::Volume& distance_mm) {
  const auto& size = distance_mm.grid.size;
  core::Index3 low = size;
  core::Index3 high{-1, -1, -1};
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        if (distance_mm.at(i, j, k) > static_cast<float>(kMarginMm)) continue;
        const core::Index3 at{i, j, k};
        for (std::size_t a = 0; a < 3; ++a) {
          low[a] = std::min(low[a], at[a]);
          high[a] = std::max(high[a], at[a]);
        }
      }
    }
  }
  if (high[0] < 0) throw Error(ErrorKind::Input, "the brain mask is empty: nothing to keep of the scan");
  return {low, {high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1}};
}

core::Tensor bytes_of(const std::vector<std::uint8_t>& values) {
  core::Tensor tensor;
  tensor.dtype = core::DType::U8;
  tensor.shape = {static_cast<std::int64_t>(values.size())};
  tensor.bytes = values;
  return tensor;
}

const std::vector<std::uint8_t>& bytes_at(const core::TensorFile& file, const std::string& name) {
  const core::Tensor& tensor = file.at(name);
  if (tensor.dtype != core::DType::U8 || tensor.shape.size() != 1)
    throw Error(ErrorKind::Input, "tensor \"" + name + "\" holds no bytes");
  return tensor.bytes;
}

std::vector<double> numbers_at(const core::TensorFile& file, const std::string& name, std::size_t count) {
  const core::Tensor& tensor = file.at(name);
  std::vector<double> values = tensor.doubles();
  if (tensor.dtype != core::DType::F64 || values.size() != count)
    throw Error(ErrorKind::Input,
                "tensor \"" + name + "\" does not have " + std::to_string(count) + " numbers");
  for (const double v : values) {
    if (!std::isfinite(v)) throw Error(ErrorKind::Input, "tensor \"" + name + "\" is not finite");
  }
  return values;
}

void check_kind(const core::TensorFile& file) {
  const auto kind = file.metadata.find("kind");
  if (kind == file.metadata.end() || kind->second != kKind)
    throw Error(ErrorKind::Input, "is no file of reference scans (.isoscans)");
}

/// A grid over a box of whole voxels has nearly the spacing that was asked for, not quite.
constexpr double kSpacingSlack = 0.05;

core::Grid grid_at(const core::TensorFile& file, const std::string& name) {
  const std::vector<double> values = numbers_at(file, name, 15);
  core::Grid grid;
  for (std::size_t a = 0; a < 3; ++a) {
    if (!(values[a] >= 1.0 && values[a] <= 4096.0 && values[a] == std::floor(values[a])))
      throw Error(ErrorKind::Input, "tensor \"" + name + "\" holds no grid");
    grid.size[a] = static_cast<std::int64_t>(values[a]);
    grid.world_from_voxel.offset[a] = values[12 + a];
  }
  for (std::size_t m = 0; m < 9; ++m) grid.world_from_voxel.matrix[m] = values[3 + m];
  if (*grid.problem() != '\0') throw Error(ErrorKind::Input, "tensor \"" + name + "\": " + grid.problem());
  return grid;
}

}  // namespace

PackedScan pack(const preprocess::Prepared& prepared) {
  const core::Volume distance = preprocess::distance_to(prepared.brain);
  const Box box = box_of(distance);
  PackedScan out;
  out.grid.size = box.size;
  out.grid.world_from_voxel = prepared.image.grid.world_from_voxel;
  out.grid.world_from_voxel.offset = prepared.image.grid.world_from_voxel(
      {static_cast<double>(box.low[0]), static_cast<double>(box.low[1]), static_cast<double>(box.low[2])});
  for (std::int64_t k = 0; k < box.size[2]; ++k) {
    for (std::int64_t j = 0; j < box.size[1]; ++j) {
      for (std::int64_t i = 0; i < box.size[0]; ++i) {
        const std::size_t n = prepared.image.grid.index(i + box.low[0], j + box.low[1], k + box.low[2]);
        const bool brain = prepared.brain.voxels[n] != 0;
        const bool near = distance.voxels[n] <= static_cast<float>(kMarginMm);
        out.region.push_back(brain ? kBrain : near ? kNear : std::uint8_t{0});
        if (!near) continue;
        const double value = std::clamp(static_cast<double>(prepared.image.voxels[n]) * kSteps, 0.0, 65535.0);
        const auto steps = static_cast<std::uint32_t>(std::lround(value));
        out.image.push_back(static_cast<std::uint8_t>(steps & 0xffU));
        out.image.push_back(static_cast<std::uint8_t>(steps >> 8U));
        if (!brain) continue;
        for (std::size_t t = 0; t < 2; ++t) {
          const double p = std::clamp(static_cast<double>(prepared.tissue.posterior[t].voxels[n]), 0.0, 1.0);
          out.posterior.push_back(static_cast<std::uint8_t>(std::lround(255.0 * p)));
        }
      }
    }
  }
  return out;
}

preprocess::Prepared unpack(const PackedScan& scan) {
  preprocess::Prepared out;
  out.image = core::Volume(scan.grid);
  out.brain = core::Mask(scan.grid);
  out.head = core::Mask(scan.grid);
  out.log_bias = core::Volume(scan.grid);
  for (core::Volume& p : out.tissue.posterior) p = core::Volume(scan.grid);
  out.skull_stripped = true;
  std::size_t value = 0;
  std::size_t share = 0;
  for (std::size_t n = 0; n < scan.region.size(); ++n) {
    if (scan.region[n] == 0) continue;
    const std::uint32_t steps = scan.image[value] | (static_cast<std::uint32_t>(scan.image[value + 1]) << 8U);
    value += 2;
    out.image.voxels[n] = static_cast<float>(static_cast<double>(steps) / kSteps);
    out.head.voxels[n] = 1;
    if (scan.region[n] != kBrain) continue;
    out.brain.voxels[n] = 1;
    float left = 1.0F;
    for (std::size_t t = 0; t < 2; ++t) {
      const float p = std::min(left, static_cast<float>(scan.posterior[share++]) / 255.0F);
      out.tissue.posterior[t].voxels[n] = p;
      left -= p;
    }
    out.tissue[core::Tissue::WhiteMatter].voxels[n] = left;
  }
  return out;
}

std::vector<std::size_t> kept_scans(std::size_t count, std::size_t most) {
  std::vector<std::size_t> kept;
  const std::size_t number = std::min(count, most);
  for (std::size_t n = 0; n < number; ++n) kept.push_back(n * count / number);
  return kept;
}

core::TensorFile to_tensors(const ReferenceScans& scans) {
  core::TensorFile file;
  file.metadata["kind"] = kKind;
  file.metadata["format_version"] = kVersion;
  file.metadata["source_digest"] = scans.source_digest;
  file.metadata["scans"] = std::to_string(scans.scans.size());
  file.tensors["spacing_mm"] = core::Tensor::of({1}, std::vector<double>{scans.spacing_mm});
  for (std::size_t n = 0; n < scans.scans.size(); ++n) {
    const PackedScan& scan = scans.scans[n];
    const std::string name = "scan" + std::to_string(n) + "/";
    std::vector<double> grid;
    for (const std::int64_t edge : scan.grid.size) grid.push_back(static_cast<double>(edge));
    grid.insert(grid.end(), scan.grid.world_from_voxel.matrix.begin(),
                scan.grid.world_from_voxel.matrix.end());
    grid.insert(grid.end(), scan.grid.world_from_voxel.offset.begin(),
                scan.grid.world_from_voxel.offset.end());
    file.tensors[name + "grid"] = core::Tensor::of({15}, grid);
    file.tensors[name + "region"] = bytes_of(scan.region);
    file.tensors[name + "image"] = bytes_of(scan.image);
    file.tensors[name + "posterior"] = bytes_of(scan.posterior);
  }
  return file;
}

ReferenceScans reference_scans(const core::TensorFile& file) {
  const auto entry = [&](const std::string& key) {
    const auto found = file.metadata.find(key);
    if (found == file.metadata.end()) throw Error(ErrorKind::Input, "the entry \"" + key + "\" is missing");
    return found->second;
  };
  check_kind(file);
  if (entry("format_version") != kVersion)
    throw Error(ErrorKind::Input, "has format version " + entry("format_version") + ", this program reads " +
                                      kVersion + ": use the program that made it");
  ReferenceScans out;
  out.source_digest = entry("source_digest");
  out.spacing_mm = numbers_at(file, "spacing_mm", 1).front();
  if (!(out.spacing_mm > 0.0)) throw Error(ErrorKind::Input, "tensor \"spacing_mm\" is not above 0");
  for (std::size_t n = 0; file.tensors.count("scan" + std::to_string(n) + "/grid") != 0; ++n) {
    const std::string name = "scan" + std::to_string(n) + "/";
    PackedScan scan;
    scan.grid = grid_at(file, name + "grid");
    for (const double edge : scan.grid.spacing_mm()) {
      if (std::abs(edge - out.spacing_mm) > kSpacingSlack * out.spacing_mm)
        throw Error(ErrorKind::Input, "tensor \"" + name + "grid\" does not have the file's spacing");
    }
    scan.region = bytes_at(file, name + "region");
    scan.image = bytes_at(file, name + "image");
    scan.posterior = bytes_at(file, name + "posterior");
    std::size_t near = 0;
    std::size_t brain = 0;
    for (const std::uint8_t r : scan.region) {
      near += r != 0 ? 1 : 0;
      brain += r == kBrain ? 1 : 0;
    }
    if (scan.region.size() != scan.grid.voxel_count() || scan.image.size() != 2 * near ||
        scan.posterior.size() != 2 * brain || brain == 0)
      throw Error(ErrorKind::Input, "the tensors of scan " + std::to_string(n) + " do not fit together");
    out.scans.push_back(std::move(scan));
  }
  if (out.scans.empty() || entry("scans") != std::to_string(out.scans.size()))
    throw Error(ErrorKind::Input,
                "holds " + std::to_string(out.scans.size()) + " scans, says " + entry("scans"));
  return out;
}

void save(const ReferenceScans& scans, const boost::filesystem::path& file) {
  core::TensorFile content = to_tensors(scans);
  core::seal(content);
  core::write_tensor_file(file, content);
}

ReferenceScans load_reference_scans(const boost::filesystem::path& file) {
  const core::TensorFile content = core::read_tensor_file(file);
  try {
    check_kind(content);  // what it is comes before whether it is sound
    core::check_seal(content);
    return reference_scans(content);
  } catch (const Error& error) {
    throw error.within(file.filename().string());
  }
}

}  // namespace isoscan::harmonize
