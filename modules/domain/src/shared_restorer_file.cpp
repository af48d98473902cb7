// Apart from what computes, so that it is built and fuzzed without LibTorch.
#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/domain/shared_restorer.hpp"

#include "tensors.hpp"

namespace isoscan::domain {

namespace {

using core::Error;
using core::ErrorKind;

constexpr double kMostFactor = 1e9;

Error bad(const std::string& name) {
  return {ErrorKind::Input, "tensor \"" + name + "\" does not fit a shared restorer"};
}

void put_floats(core::TensorFile& file, const std::string& name, const std::vector<float>& values) {
  file.tensors[name] = core::Tensor::of({static_cast<std::int64_t>(values.size())}, values);
}

std::vector<float> get_floats(const core::TensorFile& file, const std::string& name, std::size_t count) {
  const core::Tensor& tensor = file.at(name);
  if (tensor.dtype != core::DType::F32 ||
      tensor.shape != std::vector<std::int64_t>{static_cast<std::int64_t>(count)})
    throw bad(name);
  std::vector<float> values = tensor.floats();
  for (const float v : values) {
    if (!std::isfinite(v)) throw bad(name);
  }
  return values;
}

/// Rows of `width` numbers, as many as there are.
std::vector<float> get_rows(const core::TensorFile& file, const std::string& name, std::size_t width) {
  const std::int64_t count = file.at(name).count();
  if (count < 0 || static_cast<std::size_t>(count) % width != 0) throw bad(name);
  return get_floats(file, name, static_cast<std::size_t>(count));
}

std::vector<int> get_widths(const core::TensorFile& file, const std::string& name) {
  std::vector<int> widths;
  for (const double width : get(file, name)) {
    if (!(width >= 1.0 && width <= 4096.0 && width == std::floor(width))) throw bad(name);
    widths.push_back(static_cast<int>(width));
  }
  if (widths.empty() || widths.size() > 64) throw bad(name);
  return widths;
}

std::size_t parameter_count(std::size_t in, const std::vector<int>& hidden, std::size_t out) {
  std::size_t sum = 0;
  for (const int width : hidden) {
    sum += (in + 1) * static_cast<std::size_t>(width);
    in = static_cast<std::size_t>(width);
  }
  return sum + (in + 1) * out;
}

}  // namespace

std::size_t SharedRestorer::numbers() const {
  std::size_t channels = static_cast<std::size_t>(dims);
  for (const int width : hidden) channels += static_cast<std::size_t>(width);
  return 2 * channels;
}

void put(core::TensorFile& file, const std::string& name, const SharedRestorer& shared) {
  if (shared.empty()) return;
  put(file, name + "/hidden", std::vector<double>(shared.hidden.begin(), shared.hidden.end()));
  put(file, name + "/patch_ball", static_cast<double>(shared.patch_ball));
  put(file, name + "/patch_surroundings", shared.patch_surroundings);
  put(file, name + "/row_mean", shared.row_mean);
  put(file, name + "/row_scale", shared.row_scale);
  put_floats(file, name + "/turn", shared.turn);
  put_floats(file, name + "/parameters", shared.parameters);
  put_lines(file, name + "/statistic", shared.statistics);
  put(file, name + "/reference", shared.reference);
  put(file, name + "/spread", shared.spread);
  put(file, name + "/hyper_hidden",
      std::vector<double>(shared.hyper_hidden.begin(), shared.hyper_hidden.end()));
  put_floats(file, name + "/hyper_parameters", shared.hyper_parameters);
  put_floats(file, name + "/directions", shared.directions);
  put(file, name + "/known_distances", shared.known_distances);
  put(file, name + "/known_factor", shared.known_factor);
  put_floats(file, name + "/people", shared.people);
  put_floats(file, name + "/made_statistics", shared.made_statistics);
  put(file, name + "/made_gradient_correlation", shared.made_gradient_correlation);
  put(file, name + "/made_change", shared.made_change);
  const std::size_t bottleneck = shared.directions.size() / shared.numbers();
  put(file, name + "/numbers",
      std::vector<double>{shared.scale, static_cast<double>(shared.sites), static_cast<double>(bottleneck),
                          static_cast<double>(shared.made_people)});
}

SharedRestorer get_shared_restorer(const core::TensorFile& file, const std::string& name) {
  SharedRestorer out;
  const auto found = file.tensors.lower_bound(name + "/");
  if (found == file.tensors.end() || !found->first.starts_with(name + "/")) return out;
  out.hidden = get_widths(file, name + "/hidden");
  out.patch_ball = static_cast<int>(get_number(file, name + "/patch_ball", 1.0, 36.0));
  out.patch_surroundings = get_band_sds(file, name + "/patch_surroundings");
  out.row_mean = get(file, name + "/row_mean");
  if (out.row_mean.empty() || out.row_mean.size() > 4096) throw bad(name + "/row_mean");
  const std::size_t dims = out.row_mean.size();
  out.row_scale = get(file, name + "/row_scale", dims);
  out.turn = get_floats(file, name + "/turn", dims * dims);
  out.parameters = get_floats(file, name + "/parameters", parameter_count(dims, out.hidden, 1));
  out.statistics = get_lines(file, name + "/statistic");
  const std::size_t s = out.statistics.size();
  if (s == 0 || s > 4096) throw bad(name + "/statistic");
  out.reference = get(file, name + "/reference", s);
  out.spread = get(file, name + "/spread", s);
  for (const double v : out.spread) {
    if (!(v > 0.0)) throw bad(name + "/spread");
  }
  out.hyper_hidden = get_widths(file, name + "/hyper_hidden");
  const std::vector<double> numbers = get(file, name + "/numbers", 4);
  if (!(numbers[0] > 0.0 && numbers[0] <= 1e6 && numbers[1] >= 1.0 && numbers[1] <= 1e9 &&
        numbers[2] >= 1.0 && numbers[2] <= 4096.0 && numbers[2] == std::floor(numbers[2]) &&
        numbers[3] >= 1.0 && numbers[3] <= 1e6))
    throw bad(name + "/numbers");
  out.scale = numbers[0];
  out.sites = static_cast<int>(numbers[1]);
  out.made_people = static_cast<int>(numbers[3]);
  out.dims = static_cast<int>(dims);
  const auto bottleneck = static_cast<std::size_t>(numbers[2]);
  out.hyper_parameters =
      get_floats(file, name + "/hyper_parameters", parameter_count(s, out.hyper_hidden, bottleneck));
  out.directions = get_floats(file, name + "/directions", bottleneck * out.numbers());
  out.known_distances = get(file, name + "/known_distances");
  // Without them no gate would hold.
  if (out.known_distances.empty() || !(out.known_distances.front() >= 0.0) ||
      !std::is_sorted(out.known_distances.begin(), out.known_distances.end()))
    throw bad(name + "/known_distances");
  out.known_factor = get(file, name + "/known_factor", s * s);
  for (const double v : out.known_factor) {
    if (!(std::abs(v) <= kMostFactor)) throw bad(name + "/known_factor");
  }
  out.people = get_rows(file, name + "/people", s);
  out.made_statistics = get_rows(file, name + "/made_statistics", s);
  if (out.made_statistics.empty()) throw bad(name + "/made_statistics");
  out.made_gradient_correlation =
      get(file, name + "/made_gradient_correlation", out.made_statistics.size() / s);
  out.made_change = get(file, name + "/made_change", out.made_statistics.size() / s);
  for (const double v : out.made_change) {
    if (!(v >= 0.0)) throw bad(name + "/made_change");
  }
  return out;
}

}  // namespace isoscan::domain
