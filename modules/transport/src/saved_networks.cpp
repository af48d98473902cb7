// Saved networks: the neural part of a map, and potentials.
#include <charconv>

#include <c10/util/Exception.h>

#include "saved_parts.hpp"

namespace isoscan::transport {

using core::Error;
using core::ErrorKind;

namespace saved {

namespace {

std::vector<float> floats_of(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.contiguous();
  const float* values = flat.data_ptr<float>();
  return {values, values + flat.numel()};
}

at::Tensor tensor_of(const std::vector<float>& values, at::IntArrayRef shape) {
  at::Tensor result = at::empty(shape, at::kFloat);
  std::copy(values.begin(), values.end(), result.data_ptr<float>());
  return result;
}

at::Tensor shaped_tensor(const TensorFile& file, const std::string& key, const Shape& shape) {
  return tensor_of(shaped_floats(file, key, shape), shape);
}

std::vector<std::int64_t> get_widths(const TensorFile& file, const std::string& key) {
  const std::string& text = entry(file, key);
  std::vector<std::int64_t> widths;
  const char* at = text.data();
  const char* end = at + text.size();
  while (true) {
    std::int64_t width = 0;
    const auto [next, error] = std::from_chars(at, end, width);
    const bool more = next != end && *next == ',';
    if (error != std::errc{} || (next != end && !more))
      throw Error(ErrorKind::Input, "saved map or potential: the entry \"" + key + "\" is no list of widths");
    widths.push_back(width);
    if (!more) return widths;
    at = next + 1;
  }
}

/// Refuses a network with more weights than are stored before anything of its size is allocated.
void require_enough(const NetworkOptions& options, std::int64_t in, std::int64_t out, std::int64_t stored,
                    const std::string& key) {
  std::int64_t left = stored;
  std::int64_t width = in;
  const auto take = [&](std::int64_t inputs, std::int64_t outputs) {
    left -= inputs * outputs;  // below 2^37: neither is above 2^20 and 2^16
    if (left < 0)
      throw Error(ErrorKind::Input,
                  "saved map or potential: the tensor \"" + key + "\" is too small for its widths");
  };
  bool first = true;
  for (const std::int64_t next : options.hidden) {
    take(width, next);
    if (options.skips && !first) take(in, next);
    if (options.quadratic && (options.skips || first)) take(in, next);
    width = next;
    first = false;
  }
  take(width, out);
}

}  // namespace

void put(TensorFile& file, const std::string& prefix, const NeuralPart& part) {
  const auto& options = part.network.options();
  std::string hidden;
  for (const auto width : options.hidden) hidden += (hidden.empty() ? "" : ",") + std::to_string(width);
  file.metadata[prefix + "kind"] = "neural";
  file.metadata[prefix + "dim"] = std::to_string(part.dim());
  file.metadata[prefix + "context_dims"] = std::to_string(part.context_dims);
  file.metadata[prefix + "map"] = part.kind == MapKind::Free ? "free" : "potential";
  file.metadata[prefix + "activation"] = options.activation == Activation::Elu ? "elu" : "silu";
  file.metadata[prefix + "hidden"] = hidden;
  file.metadata[prefix + "residual"] = options.residual ? "1" : "0";
  file.metadata[prefix + "quadratic"] = options.quadratic ? "1" : "0";
  file.metadata[prefix + "skips"] = options.skips ? "1" : "0";
  file.metadata[prefix + "input_convex"] = options.input_convex ? "1" : "0";
  file.metadata[prefix + "factor"] = exact(part.factor);
  file.metadata[prefix + "base"] = part.base ? "1" : "0";
  const std::int64_t n = part.dim();
  const std::int64_t moved = n - part.context_dims;
  file.tensors[prefix + "centre"] = core::Tensor::of({n}, part.coordinates.centre);
  file.tensors[prefix + "scale"] = core::Tensor::of({n}, part.coordinates.scale);
  file.tensors[prefix + "output_scale"] = core::Tensor::of({moved}, floats_of(part.output_scale));
  file.tensors[prefix + "input_scale"] = core::Tensor::of({n}, floats_of(part.network.input_scale()));
  file.tensors[prefix + "input_offset"] = core::Tensor::of({n}, floats_of(part.network.input_offset()));
  file.tensors[prefix + "parameters"] =
      core::Tensor::of({part.network.parameter_count()}, floats_of(part.network.parameters()));
  if (part.base) {
    file.tensors[prefix + "base_slope"] = core::Tensor::of({n, moved}, floats_of(part.base->slope));
    file.tensors[prefix + "base_shift"] = core::Tensor::of({moved}, floats_of(part.base->shift));
  }
}

NeuralPart get_neural(const TensorFile& file, const std::string& prefix) {
  const std::int64_t n = integer(file, prefix + "dim", 1, 1 << 20);
  const std::int64_t context = integer(file, prefix + "context_dims", 0, n - 1);
  const std::int64_t moved = n - context;
  Coordinates coordinates{shaped_floats(file, prefix + "centre", {n}),
                          shaped_floats(file, prefix + "scale", {n})};
  for (const float s : coordinates.scale) {
    if (!(s > 0.0F))
      throw Error(ErrorKind::Input,
                  "saved map or potential: the tensor \"" + prefix + "scale\" is not positive");
  }
  const double factor = number(file, prefix + "factor");
  if (!(factor > 0.0))
    throw Error(ErrorKind::Input,
                "saved map or potential: the entry \"" + prefix + "factor\" is not positive");
  const MapKind kind = choice(file, prefix + "map", "potential", "free") ? MapKind::Potential : MapKind::Free;

  NetworkOptions options;
  options.activation =
      choice(file, prefix + "activation", "silu", "elu") ? Activation::Silu : Activation::Elu;
  options.residual = choice(file, prefix + "residual", "1", "0");
  options.quadratic = choice(file, prefix + "quadratic", "1", "0");
  options.skips = choice(file, prefix + "skips", "1", "0");
  options.input_convex = choice(file, prefix + "input_convex", "1", "0");
  options.hidden = get_widths(file, prefix + "hidden");
  if (const auto wrong = options.problem(); !wrong.empty())
    throw Error(ErrorKind::Input, "saved map or potential: " + wrong);
  const std::int64_t out = kind == MapKind::Free ? moved : 1;
  require_enough(options, n, out, file.at(prefix + "parameters").count(), prefix + "parameters");
  core::Random unused(0);
  const nn::Network shape(n, out, options, unused);
  NeuralPart part{
      std::move(coordinates),
      context,
      kind,
      factor,
      std::nullopt,
      shaped_tensor(file, prefix + "output_scale", {moved}),
      shape.with_parameters(shaped_tensor(file, prefix + "parameters", {shape.parameter_count()}))};
  part.network.set_input_scale(shaped_tensor(file, prefix + "input_scale", {n}),
                               shaped_tensor(file, prefix + "input_offset", {n}));
  if (choice(file, prefix + "base", "1", "0")) {
    part.base = nn::AffineBase{shaped_tensor(file, prefix + "base_slope", {n, moved}),
                               shaped_tensor(file, prefix + "base_shift", {moved})};
  }
  return part;
}

void put(TensorFile& file, const std::string& prefix, const FittedPotential::Impl& potential) {
  file.metadata[prefix + "kind"] = "potential";
  file.metadata[prefix + "side"] = potential.side == PotentialSide::Source ? "source" : "target";
  file.metadata[prefix + "unit"] = exact(potential.unit);
  file.metadata[prefix + "squared_cost"] = potential.cost_weights.empty() ? "0" : "1";
  file.metadata[prefix + "own"] = potential.own ? "1" : "0";
  file.metadata[prefix + "other"] = potential.other ? "1" : "0";
  if (!potential.cost_weights.empty())
    file.tensors[prefix + "cost_weights"] = core::Tensor::of({potential.moved()}, potential.cost_weights);
  if (potential.own) put(file, prefix + "own.", *potential.own);
  if (potential.other) put(file, prefix + "other.", *potential.other);
  put(file, prefix + "network.", potential.network);
}

std::shared_ptr<const FittedPotential::Impl> get_potential(const TensorFile& file,
                                                           const std::string& prefix) {
  if (entry(file, prefix + "kind") != "potential")
    throw Error(ErrorKind::Input,
                "saved map or potential: the entry \"" + prefix + "kind\" is not \"potential\"");
  auto result = std::make_shared<FittedPotential::Impl>(
      FittedPotential::Impl{PotentialSide::Target, 1.0, {}, {}, {}, get_neural(file, prefix + "network.")});
  if (result->network.kind != MapKind::Potential)
    throw Error(ErrorKind::Input,
                "saved map or potential: the entry \"" + prefix + "network.map\" is not \"potential\"");
  result->side =
      choice(file, prefix + "side", "source", "target") ? PotentialSide::Source : PotentialSide::Target;
  result->unit = positive(file, prefix + "unit");
  if (choice(file, prefix + "squared_cost", "1", "0")) {
    result->cost_weights = shaped_doubles(file, prefix + "cost_weights", {result->moved()});
    for (const double w : result->cost_weights) {
      if (!(w > 0.0))
        throw Error(ErrorKind::Input,
                    "saved map or potential: the tensor \"" + prefix + "cost_weights\" is not positive");
    }
  }
  const auto affine = [&](const std::string& name) -> std::optional<AffineMap> {
    if (!choice(file, prefix + name, "1", "0")) return std::nullopt;
    AffineMap map = get_affine(file, prefix + name + ".", result->dim());
    if (map.context_dims != result->network.context_dims)
      throw Error(ErrorKind::Input, "saved map or potential: the entry \"" + prefix + name +
                                        ".context_dims\" is not that of the network");
    return map;
  };
  result->own = affine("own");
  result->other = affine("other");
  if (result->own && (!result->other || result->cost_weights.empty()))
    throw Error(ErrorKind::Input,
                "saved map or potential: \"" + prefix + "own\" needs \"other\" and the squared cost");
  return result;
}

}  // namespace saved

core::TensorFile FittedPotential::to_tensors() const {
  core::TensorFile file;
  saved::put(file, "", *impl_);
  return file;
}

FittedPotential FittedPotential::from_tensors(const core::TensorFile& file) {
  try {
    return FittedPotential(saved::get_potential(file, ""));
  } catch (const c10::Error& error) {
    throw Error(ErrorKind::Input,
                std::string("saved map or potential: cannot be built: ") + error.what_without_backtrace());
  }
}

}  // namespace isoscan::transport
