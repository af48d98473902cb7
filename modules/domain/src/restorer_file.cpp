// Apart from what computes, so that it is built and fuzzed without LibTorch.
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/domain/restorer.hpp"

#include "tensors.hpp"

namespace isoscan::domain {

using core::Error;
using core::ErrorKind;

void put(core::TensorFile& file, const std::string& name, const Restorer& restorer) {
  put(file, name + "/hidden", std::vector<double>(restorer.hidden.begin(), restorer.hidden.end()));
  put(file, name + "/row_mean", restorer.row_mean);
  put(file, name + "/row_scale", restorer.row_scale);
  put(file, name + "/mean", restorer.mean);
  put(file, name + "/scale", restorer.scale);
  file.tensors[name + "/parameters"] =
      core::Tensor::of({static_cast<std::int64_t>(restorer.parameters.size())}, restorer.parameters);
}

Restorer get_restorer(const core::TensorFile& file, const std::string& name) {
  Restorer out;
  const auto bad = [&](const std::string& what) {
    return Error(ErrorKind::Input, "tensor \"" + name + "/" + what + "\" does not fit a restorer");
  };
  for (const double width : get(file, name + "/hidden")) {
    if (!(width >= 1.0 && width <= 4096.0 && width == std::floor(width))) throw bad("hidden");
    out.hidden.push_back(static_cast<int>(width));
  }
  if (out.hidden.empty() || out.hidden.size() > 64) throw bad("hidden");
  out.row_mean = get(file, name + "/row_mean");
  if (out.row_mean.empty() || out.row_mean.size() > 65536) throw bad("row_mean");
  out.dims = static_cast<int>(out.row_mean.size());
  out.row_scale = get(file, name + "/row_scale", out.row_mean.size());
  out.mean = get_number(file, name + "/mean", -1e6, 1e6);
  out.scale = get_number(file, name + "/scale", 0.0, 1e6);
  if (out.scale == 0.0) throw bad("scale");
  const core::Tensor& parameters = file.at(name + "/parameters");
  if (parameters.dtype != core::DType::F32 || parameters.shape.size() != 1) throw bad("parameters");
  // Counted before anything of that size is made: in -> hidden ... -> 1, with biases.
  std::int64_t wanted = 0;
  std::int64_t below = out.dims;
  for (const int width : out.hidden) {
    wanted += (below + 1) * width;
    below = width;
  }
  wanted += below + 1;
  out.parameters = parameters.floats();
  if (static_cast<std::int64_t>(out.parameters.size()) != wanted) throw bad("parameters");
  for (const float v : out.parameters) {
    if (!std::isfinite(v)) throw bad("parameters");
  }
  return out;
}

}  // namespace isoscan::domain
