// Saving and loading of maps: every number bit for bit, every size checked before it is used.
#include <cmath>
#include <cstdio>
#include <sstream>

#include "isoscan/core/error.hpp"

#include "map_parts.hpp"

namespace isoscan::transport {

using core::Error;
using core::ErrorKind;
using core::TensorFile;

namespace {

constexpr int kDeepestChain = 16;

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

const std::string& entry(const TensorFile& file, const std::string& key) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end())
    throw Error(ErrorKind::Input, "map: the entry \"" + key + "\" is missing");
  return found->second;
}

double number(const TensorFile& file, const std::string& key) {
  const std::string& text = entry(file, key);
  try {
    std::size_t used = 0;
    const double value = std::stod(text, &used);
    if (used == text.size() && std::isfinite(value)) return value;
  } catch (const std::exception&) {  // said below
  }
  throw Error(ErrorKind::Input, "map: the entry \"" + key + "\" is no number");
}

std::int64_t integer(const TensorFile& file, const std::string& key, std::int64_t low, std::int64_t high) {
  const double value = number(file, key);
  if (value < static_cast<double>(low) || value > static_cast<double>(high) || value != std::floor(value))
    throw Error(ErrorKind::Input, "map: the entry \"" + key + "\" is out of range");
  return static_cast<std::int64_t>(value);
}

std::string exact(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

std::vector<float> sized_floats(const TensorFile& file, const std::string& key, std::int64_t count) {
  auto values = file.at(key).floats();
  if (static_cast<std::int64_t>(values.size()) != count)
    throw Error(ErrorKind::Input, "map: the tensor \"" + key + "\" has " + std::to_string(values.size()) +
                                      " values, not " + std::to_string(count));
  for (const float v : values) {
    if (!std::isfinite(v)) throw Error(ErrorKind::Input, "map: the tensor \"" + key + "\" is not finite");
  }
  return values;
}

void put(TensorFile& file, const std::string& prefix, const FittedMap::Impl& impl);

void put(TensorFile& file, const std::string& prefix, const AffineMap& map) {
  const TensorFile inner = map.to_tensors();
  for (const auto& [key, value] : inner.metadata) file.metadata[prefix + key] = value;
  for (const auto& [key, value] : inner.tensors) file.tensors[prefix + key] = value;
}

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

void put(TensorFile& file, const std::string& prefix, const FittedMap::Impl& impl) {
  file.metadata[prefix + "kind"] = "chain";
  file.metadata[prefix + "dim"] = std::to_string(impl.dim);
  file.metadata[prefix + "context_dims"] = std::to_string(impl.context_dims);
  file.metadata[prefix + "strength"] = exact(impl.strength);
  file.metadata[prefix + "parts"] = std::to_string(impl.parts.size());
  for (std::size_t i = 0; i < impl.parts.size(); ++i) {
    const std::string name = prefix + std::to_string(i) + ".";
    if (const auto* affine = std::get_if<AffineMap>(&impl.parts[i])) {
      put(file, name, *affine);
    } else if (const auto* neural = std::get_if<NeuralPart>(&impl.parts[i])) {
      put(file, name, *neural);
    } else {
      put(file, name, *std::get<std::shared_ptr<const FittedMap::Impl>>(impl.parts[i]));
    }
  }
}

AffineMap get_affine(const TensorFile& file, const std::string& prefix) {
  TensorFile inner;
  inner.metadata["context_dims"] = entry(file, prefix + "context_dims");
  for (const char* key : {"mean_source", "mean_target", "matrix"}) inner.tensors[key] = file.at(prefix + key);
  return AffineMap::from_tensors(inner);
}

NeuralPart get_neural(const TensorFile& file, const std::string& prefix) {
  const std::int64_t n = integer(file, prefix + "dim", 1, 1 << 20);
  const std::int64_t context = integer(file, prefix + "context_dims", 0, n - 1);
  const std::int64_t moved = n - context;
  NetworkOptions options;
  options.activation = entry(file, prefix + "activation") == "silu" ? Activation::Silu : Activation::Elu;
  options.residual = entry(file, prefix + "residual") == "1";
  options.quadratic = entry(file, prefix + "quadratic") == "1";
  options.hidden.clear();
  std::stringstream widths(entry(file, prefix + "hidden"));
  for (std::string word; std::getline(widths, word, ',');) {
    try {
      options.hidden.push_back(std::stoll(word));
    } catch (const std::exception&) {
      throw Error(ErrorKind::Input, "map: the entry \"" + prefix + "hidden\" is no list of widths");
    }
  }
  if (const auto wrong = options.problem(); !wrong.empty()) throw Error(ErrorKind::Input, "map: " + wrong);
  // The stored number of parameters bounds what a damaged width could make us allocate.
  const auto parameters = file.at(prefix + "parameters").floats();
  std::int64_t width = n;
  for (const auto next : options.hidden) {
    if (width * next > static_cast<std::int64_t>(parameters.size()))
      throw Error(ErrorKind::Input,
                  "map: the tensor \"" + prefix + "parameters\" is too small for its widths");
    width = next;
  }
  const MapKind kind = entry(file, prefix + "map") == "potential" ? MapKind::Potential : MapKind::Free;
  core::Random unused(0);
  nn::Network shape(n, kind == MapKind::Free ? moved : 1, options, unused);
  NeuralPart part{
      {sized_floats(file, prefix + "centre", n), sized_floats(file, prefix + "scale", n)},
      context,
      kind,
      number(file, prefix + "factor"),
      std::nullopt,
      tensor_of(sized_floats(file, prefix + "output_scale", moved), {moved}),
      shape.with_parameters(tensor_of(sized_floats(file, prefix + "parameters", shape.parameter_count()),
                                      {shape.parameter_count()}))};
  part.network.set_input_scale(tensor_of(sized_floats(file, prefix + "input_scale", n), {n}),
                               tensor_of(sized_floats(file, prefix + "input_offset", n), {n}));
  if (entry(file, prefix + "base") == "1") {
    part.base = nn::AffineBase{tensor_of(sized_floats(file, prefix + "base_slope", n * moved), {n, moved}),
                               tensor_of(sized_floats(file, prefix + "base_shift", moved), {moved})};
  }
  return part;
}

std::shared_ptr<const FittedMap::Impl> get_chain(const TensorFile& file, const std::string& prefix,
                                                 int depth) {
  if (depth > kDeepestChain) throw Error(ErrorKind::Input, "map: a chain of chains is too deep");
  auto impl = std::make_shared<FittedMap::Impl>();
  impl->dim = integer(file, prefix + "dim", 0, 1 << 20);
  impl->context_dims = integer(file, prefix + "context_dims", 0, impl->dim);
  impl->strength = number(file, prefix + "strength");
  const std::int64_t parts = integer(file, prefix + "parts", 0, 64);
  for (std::int64_t i = 0; i < parts; ++i) {
    const std::string name = prefix + std::to_string(i) + ".";
    const std::string& kind = entry(file, name + "kind");
    std::int64_t dim = 0;
    if (kind == "affine") {
      const auto& added = impl->parts.emplace_back(get_affine(file, name));
      dim = std::get<AffineMap>(added).dim;
    } else if (kind == "neural") {
      const auto& added = impl->parts.emplace_back(get_neural(file, name));
      dim = std::get<NeuralPart>(added).dim();
    } else if (kind == "chain") {
      const auto& added = impl->parts.emplace_back(get_chain(file, name, depth + 1));
      dim = std::get<std::shared_ptr<const FittedMap::Impl>>(added)->dim;
    } else {
      throw Error(ErrorKind::Input, "map: unknown kind \"" + kind + "\"");
    }
    if (dim != impl->dim)
      throw Error(ErrorKind::Input, "map: a part has another number of columns than the whole");
  }
  return impl;
}

}  // namespace

TensorFile FittedMap::to_tensors() const {
  TensorFile file;
  put(file, "", *impl_);
  return file;
}

FittedMap FittedMap::from_tensors(const TensorFile& file) {
  if (entry(file, "kind") == "affine") return FittedMap(AffineMap::from_tensors(file));
  if (entry(file, "kind") != "chain")
    throw Error(ErrorKind::Input, "map: unknown kind \"" + entry(file, "kind") + "\"");
  return FittedMap(get_chain(file, "", 0));
}

}  // namespace isoscan::transport
