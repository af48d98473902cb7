/// @file The reference's own prepared scans, packed: what pairs are made of. They are images of people and
/// stay where they were taken; a reference package (domain/reference.hpp) holds none and may travel.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/context.hpp"
#include "isoscan/core/tensor_file.hpp"
#include "isoscan/preprocess/prepare.hpp"

namespace isoscan::harmonize {

/// One scan: the brain and what lies within `kMarginMm` of it, in steps of 1/10000 of white matter.
struct PackedScan {
  core::Grid grid;                   ///< of the box that is kept
  std::vector<std::uint8_t> region;  ///< a byte a voxel of the box: 0 nothing, 1 near the brain, 2 brain
  std::vector<std::uint8_t> image;   ///< two bytes (little-endian) a voxel of the region
  std::vector<std::uint8_t>
      posterior;  ///< CSF and grey matter in steps of 1/255, two bytes a voxel of the brain
  bool operator==(const PackedScan&) const = default;
};

inline constexpr double kMarginMm = 9.0;
/// Of a reference that has more: enough to learn from, and small enough to be kept (some megabytes a scan).
inline constexpr std::size_t kMostKeptScans = 24;

struct ReferenceScans {
  std::string source_digest;  ///< domain::ReferencePackage::source_digest of the package made with them
  double spacing_mm = 0.0;
  std::vector<PackedScan> scans;
  bool operator==(const ReferenceScans&) const = default;
};

[[nodiscard]] PackedScan pack(const preprocess::Prepared& prepared);
/// As a skull-stripped scan (with a margin): white matter = 1, log bias 0.
[[nodiscard]] preprocess::Prepared unpack(const PackedScan& scan);

/// Evenly spread over `count` scans, at most `most` of them: which are kept.
[[nodiscard]] std::vector<std::size_t> kept_scans(std::size_t count, std::size_t most);

/// Extension .isoscans by convention; sealed and atomic, as packages are.
[[nodiscard]] core::TensorFile to_tensors(const ReferenceScans& scans);
/// @throws Error(Input) where something is missing or does not fit.
[[nodiscard]] ReferenceScans reference_scans(const core::TensorFile& file);
void save(const ReferenceScans& scans, const boost::filesystem::path& file);
[[nodiscard]] ReferenceScans load_reference_scans(const boost::filesystem::path& file);

}  // namespace isoscan::harmonize
