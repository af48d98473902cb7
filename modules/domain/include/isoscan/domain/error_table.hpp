/// @file How far a restored voxel may be from the truth, by what is seen around it: a small table fitted to
/// made scans, whose truth is known.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "isoscan/core/tensor_file.hpp"

namespace isoscan::domain {

/// A tree: its first level parts voxels by their first feature at edges that leave equally many in each part,
/// the second level each of these by the second feature at edges of its own, and so on. A leaf holds one
/// number.
struct ErrorTable {
  double coverage = 0.0;           ///< share of made voxels whose error is at most the half-width
  std::vector<int> branches;       ///< parts by each feature, in order
  std::vector<double> edges;       ///< level by level, node by node: branches - 1 that rise
  std::vector<double> half_width;  ///< leaf by leaf, white matter = 1, above 0
  /// For each made scan, the share of its voxels within the half-width that all other made scans tell.
  std::vector<double> held_out;

  [[nodiscard]] bool empty() const { return half_width.empty(); }
  /// The leaf of a voxel. @param features  branches.size() numbers; NaN counts as the lowest part
  [[nodiscard]] std::size_t leaf(const float* features) const;
  bool operator==(const ErrorTable&) const = default;
};

/// Edges that a tree with these branches has.
[[nodiscard]] std::size_t edge_count(const std::vector<int>& branches);
/// Leaves that it has.
[[nodiscard]] std::size_t leaf_count(const std::vector<int>& branches);

/// Under "name/...".
void put(core::TensorFile& file, const std::string& name, const ErrorTable& table);
/// @throws Error(Input) naming the tensor where one is missing, does not fit or holds what it may not.
[[nodiscard]] ErrorTable get_error_table(const core::TensorFile& file, const std::string& name);

}  // namespace isoscan::domain
