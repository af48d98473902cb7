#include "isoscan/domain/atlas_file.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "isoscan/core/error.hpp"

#include "tensors.hpp"

namespace isoscan::domain {

namespace {

using Lists = std::array<std::vector<float>, core::kTissueCount>;
constexpr double kMostPeople = 1e6;
constexpr float kSumTolerance = 0.02F;
constexpr float kMostLog = 20.0F;

core::Error bad(const std::string& name, const std::string& what) {
  return {core::ErrorKind::Input, "tensor \"" + name + "\" " + what};
}

struct Shape {
  std::int64_t edge = 0;
  double extent_sd = 0.0;
  int people = 0;
};

void put_shape(core::TensorFile& file, const std::string& name, const Shape& shape,
               const std::vector<double>& more = {}) {
  std::vector<double> numbers{static_cast<double>(shape.edge), shape.extent_sd,
                              static_cast<double>(shape.people)};
  numbers.insert(numbers.end(), more.begin(), more.end());
  put(file, name + "/shape", numbers);
}

Shape shape_of(const std::vector<double>& numbers, const std::string& name) {
  if (!(numbers[0] >= 4.0 && numbers[0] <= 200.0 && numbers[1] >= 1.0 && numbers[1] <= 10.0 &&
        numbers[2] >= 1.0 && numbers[2] <= kMostPeople && numbers[0] == std::floor(numbers[0]) &&
        numbers[2] == std::floor(numbers[2])))
    throw bad(name + "/shape", "is out of range");
  return {static_cast<std::int64_t>(numbers[0]), numbers[1], static_cast<int>(numbers[2])};
}

/// Of which nothing is there there is none; of which something is there, all must be.
bool is_there(const core::TensorFile& file, const std::string& name) {
  const auto found = file.tensors.lower_bound(name + "/");
  return found != file.tensors.end() && found->first.starts_with(name + "/");
}

/// Cells along the first axis that are kept of an atlas, which mirrors itself along it.
std::int64_t half(std::int64_t edge) {
  return (edge + 1) / 2;
}

void put_lists(core::TensorFile& file, const std::string& name, const Lists& lists, std::int64_t edge,
               std::int64_t kept) {
  std::vector<float> all;
  all.reserve(lists.size() * static_cast<std::size_t>(kept * edge * edge));
  for (const std::vector<float>& list : lists) {
    for (std::int64_t row = 0; row < edge * edge; ++row) {
      const auto first = list.begin() + row * edge;
      all.insert(all.end(), first, first + kept);
    }
  }
  file.tensors[name] = core::Tensor::of({static_cast<std::int64_t>(lists.size()), edge, edge, kept}, all);
}

Lists get_lists(const core::TensorFile& file, const std::string& name, std::int64_t edge, std::int64_t kept) {
  const core::Tensor& tensor = file.at(name);
  if (tensor.dtype != core::DType::F32) throw bad(name, "should hold 32-bit floats");
  if (tensor.shape !=
      std::vector<std::int64_t>{static_cast<std::int64_t>(core::kTissueCount), edge, edge, kept})
    throw bad(name, "does not hold the atlas' cells");
  const std::vector<float> all = tensor.floats();
  for (const float v : all) {
    if (!(v >= -1e9F && v <= 1e9F)) throw bad(name, "holds what is no number of an atlas");
  }
  Lists lists;
  auto from = all.begin();
  for (std::vector<float>& list : lists) {
    list.resize(static_cast<std::size_t>(edge * edge * edge));
    for (std::int64_t row = 0; row < edge * edge; ++row, from += kept) {
      for (std::int64_t i = 0; i < edge; ++i)
        list[static_cast<std::size_t>(row * edge + i)] = from[i < kept ? i : edge - 1 - i];
    }
  }
  return lists;
}

}  // namespace

void put(core::TensorFile& file, const std::string& name, const preprocess::Atlas& atlas) {
  if (atlas.empty()) return;
  put_shape(file, name, {atlas.edge, atlas.extent_sd, atlas.people});
  put_lists(file, name + "/prior", atlas.prior, atlas.edge, half(atlas.edge));
  put_lists(file, name + "/log_mean", atlas.log_mean, atlas.edge, half(atlas.edge));
  put_lists(file, name + "/log_sd", atlas.log_sd, atlas.edge, half(atlas.edge));
}

preprocess::Atlas get_atlas(const core::TensorFile& file, const std::string& name) {
  if (!is_there(file, name)) return {};
  const Shape shape = shape_of(get(file, name + "/shape", 3), name);
  preprocess::Atlas atlas;
  atlas.edge = shape.edge;
  atlas.extent_sd = shape.extent_sd;
  atlas.people = shape.people;
  atlas.prior = get_lists(file, name + "/prior", shape.edge, half(shape.edge));
  atlas.log_mean = get_lists(file, name + "/log_mean", shape.edge, half(shape.edge));
  atlas.log_sd = get_lists(file, name + "/log_sd", shape.edge, half(shape.edge));
  for (const std::vector<float>& list : atlas.prior) {
    for (const float v : list) {
      if (!(v >= 0.0F && v <= 1.001F)) throw bad(name + "/prior", "holds what is no probability");
    }
  }
  for (std::size_t c = 0; c < atlas.prior.front().size(); ++c) {
    float sum = 0.0F;
    for (const std::vector<float>& list : atlas.prior) sum += list[c];
    if (!(std::abs(sum - 1.0F) < kSumTolerance)) throw bad(name + "/prior", "does not sum to 1");
  }
  for (const std::vector<float>& list : atlas.log_mean) {
    for (const float v : list) {
      if (!(std::abs(v) <= kMostLog)) throw bad(name + "/log_mean", "holds what is no brightness");
    }
  }
  for (const std::vector<float>& list : atlas.log_sd) {
    for (const float v : list) {
      if (!(v >= 0.0F)) throw bad(name + "/log_sd", "holds what is no SD");
    }
  }
  return atlas;
}

void put(core::TensorFile& file, const std::string& name, const preprocess::AtlasSums& sums) {
  if (sums.empty()) return;
  put_shape(file, name, {sums.edge, sums.extent_sd, sums.people},
            {sums.log_level.begin(), sums.log_level.end()});
  put_lists(file, name + "/share", sums.share, sums.edge, sums.edge);
  put_lists(file, name + "/weight", sums.weight, sums.edge, sums.edge);
  put_lists(file, name + "/log", sums.log, sums.edge, sums.edge);
  put_lists(file, name + "/square", sums.square, sums.edge, sums.edge);
}

preprocess::AtlasSums get_atlas_sums(const core::TensorFile& file, const std::string& name) {
  if (!is_there(file, name)) return {};
  const std::vector<double> numbers = get(file, name + "/shape", 3 + core::kTissueCount);
  const Shape shape = shape_of(numbers, name);
  preprocess::AtlasSums sums;
  sums.edge = shape.edge;
  sums.extent_sd = shape.extent_sd;
  sums.people = shape.people;
  for (std::size_t t = 0; t < sums.log_level.size(); ++t) sums.log_level[t] = numbers[3 + t];
  sums.share = get_lists(file, name + "/share", shape.edge, shape.edge);
  sums.weight = get_lists(file, name + "/weight", shape.edge, shape.edge);
  sums.log = get_lists(file, name + "/log", shape.edge, shape.edge);
  sums.square = get_lists(file, name + "/square", shape.edge, shape.edge);
  return sums;
}

}  // namespace isoscan::domain
