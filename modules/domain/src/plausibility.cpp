#include "isoscan/domain/plausibility.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"

#include "tensors.hpp"

namespace isoscan::domain {

namespace {

constexpr std::size_t kLists = 1 + core::kTissueCount;
constexpr double kMost = 1e9;

core::Error bad(const std::string& name, const std::string& what) {
  return {core::ErrorKind::Input, "tensor \"" + name + "\" " + what};
}

void put_cells(core::TensorFile& file, const std::string& name, const std::vector<float>& cells) {
  const auto edge = static_cast<std::int64_t>(kPortraitEdge);
  file.tensors[name] = core::Tensor::of({static_cast<std::int64_t>(kLists), edge, edge, edge}, cells);
}

std::vector<float> get_cells(const core::TensorFile& file, const std::string& name) {
  const core::Tensor& tensor = file.at(name);
  if (tensor.dtype != core::DType::F32) throw bad(name, "should hold 32-bit floats");
  std::vector<float> cells = tensor.floats();
  if (cells.size() != kLists * kPortraitCells) throw bad(name, "does not hold the cells of a portrait");
  for (const float v : cells) {
    if (!(v >= 0.0F && v <= 1e3F)) throw bad(name, "holds what is no share");
  }
  return cells;
}

}  // namespace

void put(core::TensorFile& file, const std::string& name, const Portrait& portrait) {
  put_cells(file, name + "/cells", portrait.cells);
  std::vector<double> numbers{portrait.brain_ml, portrait.partial};
  numbers.insert(numbers.end(), portrait.sd_mm.begin(), portrait.sd_mm.end());
  numbers.insert(numbers.end(), portrait.tissue_mean.begin(), portrait.tissue_mean.end());
  put(file, name + "/numbers", numbers);
}

Portrait get_portrait(const core::TensorFile& file, const std::string& name) {
  Portrait out;
  out.cells = get_cells(file, name + "/cells");
  const std::vector<double> numbers = get(file, name + "/numbers", 8);
  out.brain_ml = numbers[0];
  out.partial = numbers[1];
  for (std::size_t a = 0; a < 3; ++a) out.sd_mm[a] = numbers[2 + a];
  for (std::size_t t = 0; t < out.tissue_mean.size(); ++t) out.tissue_mean[t] = numbers[5 + t];
  return out;
}

void put(core::TensorFile& file, const std::string& name, const Plausibility& plausibility) {
  if (plausibility.empty()) return;
  put(file, name + "/counts",
      std::vector<double>{static_cast<double>(plausibility.people), static_cast<double>(plausibility.views),
                          plausibility.refusals});
  put_cells(file, name + "/cells", plausibility.cells);
  std::vector<std::string> names;
  std::vector<double> numbers;
  for (const Bound& b : plausibility.bounds) {
    names.push_back(b.measure);
    numbers.insert(numbers.end(), {b.mean, b.sd, b.low, b.high});
  }
  put_lines(file, name + "/measure", names);
  put(file, name + "/bounds", numbers);
}

Plausibility get_plausibility(const core::TensorFile& file, const std::string& name) {
  Plausibility out;
  if (file.tensors.count(name + "/cells") == 0) return out;
  const std::vector<double> counts = get(file, name + "/counts", 3);
  if (!(counts[0] >= 1.0 && counts[0] <= kMost && counts[1] >= 0.0 && counts[1] <= kMost &&
        counts[2] >= 0.0 && counts[2] <= 1.0))
    throw bad(name + "/counts", "is out of range");
  out.people = static_cast<int>(counts[0]);
  out.views = static_cast<int>(counts[1]);
  out.refusals = counts[2];
  out.cells = get_cells(file, name + "/cells");
  const std::vector<std::string> names = get_lines(file, name + "/measure");
  const std::vector<double> numbers = get(file, name + "/bounds", 4 * names.size());
  for (std::size_t n = 0; n < names.size(); ++n) {
    const double* at = numbers.data() + 4 * n;
    if (!(at[1] >= 0.0 && at[2] <= at[3])) throw bad(name + "/bounds", "holds what are no bounds");
    out.bounds.push_back({names[n], at[0], at[1], at[2], at[3]});
  }
  return out;
}

}  // namespace isoscan::domain
