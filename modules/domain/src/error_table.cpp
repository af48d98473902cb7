#include "isoscan/domain/error_table.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"

#include "tensors.hpp"

namespace isoscan::domain {

namespace {

constexpr std::size_t kMostLevels = 8;
constexpr double kMostBranches = 64.0;
constexpr std::size_t kMostLeaves = 65'536;
constexpr double kLargestHalfWidth = 1e3;  // white matter = 1

}  // namespace

std::size_t ErrorTable::leaf(const float* features) const {
  std::size_t node = 0;
  std::size_t nodes = 1;
  auto level = edges.begin();
  for (std::size_t f = 0; f < branches.size(); ++f) {
    const auto parts = static_cast<std::size_t>(branches[f]);
    const auto first = level + static_cast<std::ptrdiff_t>(node * (parts - 1));
    const auto value = static_cast<double>(features[f]);
    const auto part = std::count_if(first, first + static_cast<std::ptrdiff_t>(parts - 1),
                                    [value](double edge) { return value >= edge; });
    level += static_cast<std::ptrdiff_t>(nodes * (parts - 1));
    node = node * parts + static_cast<std::size_t>(part);
    nodes *= parts;
  }
  return node;
}

std::size_t edge_count(const std::vector<int>& branches) {
  std::size_t nodes = 1;
  std::size_t count = 0;
  for (const int parts : branches) {
    count += nodes * static_cast<std::size_t>(parts - 1);
    nodes *= static_cast<std::size_t>(parts);
  }
  return count;
}

std::size_t leaf_count(const std::vector<int>& branches) {
  std::size_t nodes = 1;
  for (const int parts : branches) nodes *= static_cast<std::size_t>(parts);
  return nodes;
}

void put(core::TensorFile& file, const std::string& name, const ErrorTable& table) {
  put(file, name + "/coverage", table.coverage);
  put(file, name + "/branches", std::vector<double>(table.branches.begin(), table.branches.end()));
  put(file, name + "/edges", table.edges);
  put(file, name + "/half_width", table.half_width);
  put(file, name + "/held_out", table.held_out);
}

ErrorTable get_error_table(const core::TensorFile& file, const std::string& name) {
  const auto bad = [&](const std::string& what) {
    return core::Error(core::ErrorKind::Input,
                       "tensor \"" + name + "/" + what + "\" does not fit a table of errors");
  };
  ErrorTable out;
  out.coverage = get_number(file, name + "/coverage", 0.0, 1.0);
  const std::vector<double> branches = get(file, name + "/branches");
  if (branches.empty() || branches.size() > kMostLevels) throw bad("branches");
  for (const double parts : branches) {
    if (!(parts >= 1.0 && parts <= kMostBranches && parts == std::floor(parts))) throw bad("branches");
    out.branches.push_back(static_cast<int>(parts));
    if (leaf_count(out.branches) > kMostLeaves)
      throw bad("branches");  // before anything of that size is read
  }
  out.edges = get(file, name + "/edges", edge_count(out.branches));
  out.half_width = get(file, name + "/half_width", leaf_count(out.branches));
  for (const double width : out.half_width) {
    if (!(width > 0.0 && width <= kLargestHalfWidth)) throw bad("half_width");
  }
  out.held_out = get(file, name + "/held_out");
  for (const double share : out.held_out) {
    if (!(share >= 0.0 && share <= 1.0)) throw bad("held_out");
  }
  return out;
}

}  // namespace isoscan::domain
