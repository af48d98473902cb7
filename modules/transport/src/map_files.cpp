// Saving and loading of maps: every number bit for bit, every size checked before it is used.
#include <charconv>
#include <cmath>
#include <cstdio>
#include <string_view>

#include <c10/util/Exception.h>

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

/// True where the entry is `yes`, false where it is `no`; anything else is an error.
bool choice(const TensorFile& file, const std::string& key, std::string_view yes, std::string_view no) {
  const std::string& text = entry(file, key);
  if (text == yes) return true;
  if (text == no) return false;
  throw Error(ErrorKind::Input, "map: the entry \"" + key + "\" is neither \"" + std::string(yes) +
                                    "\" nor \"" + std::string(no) + "\"");
}

using Shape = std::vector<std::int64_t>;

std::string words(const Shape& shape) {
  std::string text;
  for (const std::int64_t s : shape) text += (text.empty() ? "" : ", ") + std::to_string(s);
  return "(" + text + ")";
}

/// The tensor, of this type and shape exactly.
const core::Tensor& shaped(const TensorFile& file, const std::string& key, core::DType dtype,
                           const Shape& shape) {
  const core::Tensor& tensor = file.at(key);
  if (tensor.dtype != dtype)
    throw Error(ErrorKind::Input, "map: the tensor \"" + key + "\" is of another type of number");
  if (tensor.shape != shape)
    throw Error(ErrorKind::Input, "map: the tensor \"" + key + "\" has the shape " + words(tensor.shape) +
                                      ", not " + words(shape));
  return tensor;
}

template <class T>
std::vector<T> finite(std::vector<T> values, const std::string& key) {
  for (const T v : values) {
    if (!std::isfinite(v)) throw Error(ErrorKind::Input, "map: the tensor \"" + key + "\" is not finite");
  }
  return values;
}

std::vector<float> shaped_floats(const TensorFile& file, const std::string& key, const Shape& shape) {
  return finite(shaped(file, key, core::DType::F32, shape).floats(), key);
}

at::Tensor shaped_tensor(const TensorFile& file, const std::string& key, const Shape& shape) {
  return tensor_of(shaped_floats(file, key, shape), shape);
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

void put(TensorFile& file, const std::string& prefix, const ColumnMaps& maps) {
  file.metadata[prefix + "kind"] = "columns";
  file.metadata[prefix + "columns"] = std::to_string(maps.columns.size());
  for (std::size_t d = 0; d < maps.columns.size(); ++d) {
    const MonotoneMap& map = maps.columns[d];
    const std::string name = prefix + "column" + std::to_string(d) + ".";
    const auto knots = static_cast<std::int64_t>(map.source.size());
    file.tensors[name + "source"] = core::Tensor::of({knots}, map.source);
    file.tensors[name + "target"] = core::Tensor::of({knots}, map.target);
  }
}

void put(TensorFile& file, const std::string& prefix, const EntropicMap& map) {
  file.metadata[prefix + "kind"] = "entropic";
  file.metadata[prefix + "dim"] = std::to_string(map.dim);
  file.metadata[prefix + "context_dims"] = std::to_string(map.context_dims);
  file.metadata[prefix + "epsilon"] = exact(map.epsilon);
  file.tensors[prefix + "column_cost"] = core::Tensor::of({map.dim}, map.column_cost);
  file.tensors[prefix + "target"] = core::Tensor::of({map.target.count, map.dim}, map.target.values);
  file.tensors[prefix + "log_weight"] = core::Tensor::of({map.target.count}, map.log_weight);
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
    } else if (const auto* columns = std::get_if<ColumnMaps>(&impl.parts[i])) {
      put(file, name, *columns);
    } else if (const auto* entropic = std::get_if<EntropicMap>(&impl.parts[i])) {
      put(file, name, *entropic);
    } else {
      put(file, name, *std::get<std::shared_ptr<const FittedMap::Impl>>(impl.parts[i]));
    }
  }
}

AffineMap get_affine(const TensorFile& file, const std::string& prefix, std::int64_t dim) {
  if (dim < 1) throw Error(ErrorKind::Input, "map: the tensor \"" + prefix + "mean_source\" is empty");
  AffineMap map;
  map.dim = dim;
  map.context_dims = integer(file, prefix + "context_dims", 0, map.dim - 1);
  const auto values = [&](const char* key, const Shape& shape) {
    return finite(shaped(file, prefix + key, core::DType::F64, shape).doubles(), prefix + key);
  };
  map.mean_source = values("mean_source", {map.dim});
  map.mean_target = values("mean_target", {map.dim});
  map.matrix = values("matrix", {map.dim, map.dim});
  return map;
}

ColumnMaps get_columns(const TensorFile& file, const std::string& prefix, std::int64_t dim) {
  ColumnMaps maps;
  const std::int64_t columns = integer(file, prefix + "columns", 1, dim);
  for (std::int64_t d = 0; d < columns; ++d) {
    const std::string name = prefix + "column" + std::to_string(d) + ".";
    const std::int64_t knots = file.at(name + "source").count();
    const auto values = [&](const char* key) {
      return finite(shaped(file, name + key, core::DType::F64, {knots}).doubles(), name + key);
    };
    MonotoneMap& map = maps.columns.emplace_back(MonotoneMap{values("source"), values("target")});
    if (knots < 1) throw Error(ErrorKind::Input, "map: the tensor \"" + name + "source\" is empty");
    for (std::size_t k = 1; k < map.source.size(); ++k) {
      if (!(map.source[k] > map.source[k - 1]) || map.target[k] < map.target[k - 1])
        throw Error(ErrorKind::Input, "map: the knots of \"" + name + "source\" do not increase");
    }
  }
  return maps;
}

EntropicMap get_entropic(const TensorFile& file, const std::string& prefix) {
  EntropicMap map;
  map.dim = integer(file, prefix + "dim", 1, 1 << 20);
  map.context_dims = integer(file, prefix + "context_dims", 0, map.dim - 1);
  map.epsilon = number(file, prefix + "epsilon");
  if (!(map.epsilon > 0.0))
    throw Error(ErrorKind::Input, "map: the entry \"" + prefix + "epsilon\" is not positive");
  const auto doubles = [&](const char* key, const Shape& shape) {
    return finite(shaped(file, prefix + key, core::DType::F64, shape).doubles(), prefix + key);
  };
  map.column_cost = doubles("column_cost", {map.dim});
  for (std::size_t d = 0; d < map.column_cost.size(); ++d) {
    const bool context = d >= static_cast<std::size_t>(map.dim - map.context_dims);
    if (map.column_cost[d] < 0.0 || (map.column_cost[d] == 0.0 && !context))
      throw Error(ErrorKind::Input, "map: the tensor \"" + prefix + "column_cost\" is not positive");
  }
  const std::int64_t rows = file.at(prefix + "log_weight").count();
  if (rows < 1) throw Error(ErrorKind::Input, "map: the tensor \"" + prefix + "log_weight\" is empty");
  map.log_weight = doubles("log_weight", {rows});
  map.target.count = rows;
  map.target.dim = map.dim;
  map.target.values = shaped_floats(file, prefix + "target", {rows, map.dim});
  return map;
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
      throw Error(ErrorKind::Input, "map: the entry \"" + key + "\" is no list of widths");
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
      throw Error(ErrorKind::Input, "map: the tensor \"" + key + "\" is too small for its widths");
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

NeuralPart get_neural(const TensorFile& file, const std::string& prefix) {
  const std::int64_t n = integer(file, prefix + "dim", 1, 1 << 20);
  const std::int64_t context = integer(file, prefix + "context_dims", 0, n - 1);
  const std::int64_t moved = n - context;
  Coordinates coordinates{shaped_floats(file, prefix + "centre", {n}),
                          shaped_floats(file, prefix + "scale", {n})};
  for (const float s : coordinates.scale) {
    if (!(s > 0.0F)) throw Error(ErrorKind::Input, "map: the tensor \"" + prefix + "scale\" is not positive");
  }
  const double factor = number(file, prefix + "factor");
  if (!(factor > 0.0))
    throw Error(ErrorKind::Input, "map: the entry \"" + prefix + "factor\" is not positive");
  const MapKind kind = choice(file, prefix + "map", "potential", "free") ? MapKind::Potential : MapKind::Free;

  NetworkOptions options;
  options.activation =
      choice(file, prefix + "activation", "silu", "elu") ? Activation::Silu : Activation::Elu;
  options.residual = choice(file, prefix + "residual", "1", "0");
  options.quadratic = choice(file, prefix + "quadratic", "1", "0");
  options.skips = choice(file, prefix + "skips", "1", "0");
  options.input_convex = choice(file, prefix + "input_convex", "1", "0");
  options.hidden = get_widths(file, prefix + "hidden");
  if (const auto wrong = options.problem(); !wrong.empty()) throw Error(ErrorKind::Input, "map: " + wrong);
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
    std::int64_t context = 0;
    if (kind == "affine") {
      const auto& added = impl->parts.emplace_back(get_affine(file, name, impl->dim));
      dim = std::get<AffineMap>(added).dim;
      context = std::get<AffineMap>(added).context_dims;
    } else if (kind == "neural") {
      const auto& added = impl->parts.emplace_back(get_neural(file, name));
      dim = std::get<NeuralPart>(added).dim();
      context = std::get<NeuralPart>(added).context_dims;
    } else if (kind == "columns") {
      const auto& added = impl->parts.emplace_back(get_columns(file, name, impl->dim));
      dim = impl->dim;
      context = impl->dim - static_cast<std::int64_t>(std::get<ColumnMaps>(added).columns.size());
    } else if (kind == "entropic") {
      const auto& added = impl->parts.emplace_back(get_entropic(file, name));
      dim = std::get<EntropicMap>(added).dim;
      context = std::get<EntropicMap>(added).context_dims;
    } else if (kind == "chain") {
      const auto& added = impl->parts.emplace_back(get_chain(file, name, depth + 1));
      dim = std::get<std::shared_ptr<const FittedMap::Impl>>(added)->dim;
      context = std::get<std::shared_ptr<const FittedMap::Impl>>(added)->context_dims;
    } else {
      throw Error(ErrorKind::Input, "map: unknown kind \"" + kind + "\"");
    }
    if (dim != impl->dim)
      throw Error(ErrorKind::Input, "map: a part has another number of columns than the whole");
    if (context < impl->context_dims)
      throw Error(ErrorKind::Input, "map: a part moves context columns of the whole");
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
  const std::string& kind = entry(file, "kind");
  if (kind != "affine" && kind != "chain")
    throw Error(ErrorKind::Input, "map: unknown kind \"" + kind + "\"");
  try {
    return kind == "affine" ? FittedMap(get_affine(file, "", file.at("mean_source").count()))
                            : FittedMap(get_chain(file, "", 0));
  } catch (const c10::Error& error) {
    throw Error(ErrorKind::Input, std::string("map: cannot be built: ") + error.what_without_backtrace());
  }
}

}  // namespace isoscan::transport
