// Saving and loading of maps.
#include <string>

#include <c10/util/Exception.h>

#include "saved_parts.hpp"

namespace isoscan::transport {

using core::Error;
using core::ErrorKind;
using core::TensorFile;

namespace {

using saved::choice;
using saved::entry;
using saved::exact;
using saved::get_affine;
using saved::get_neural;
using saved::integer;
using saved::number;
using saved::positive;
using saved::put;
using saved::Shape;
using saved::shaped_doubles;
using saved::shaped_floats;

constexpr int kDeepestChain = 16;

void put(TensorFile& file, const std::string& prefix, const FittedMap::Impl& impl);

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

void put(TensorFile& file, const std::string& prefix, const ConjugatePart& part) {
  file.metadata[prefix + "kind"] = "conjugate";
  file.metadata[prefix + "iterations"] = std::to_string(part.options.iterations);
  file.metadata[prefix + "memory"] = std::to_string(part.options.memory);
  file.metadata[prefix + "tolerance"] = exact(part.options.tolerance);
  put(file, prefix + "potential.", *part.potential);
  put(file, prefix + "start.", *part.start);
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
    } else if (const auto* conjugate = std::get_if<ConjugatePart>(&impl.parts[i])) {
      put(file, name, *conjugate);
    } else {
      put(file, name, *std::get<std::shared_ptr<const FittedMap::Impl>>(impl.parts[i]));
    }
  }
}

ColumnMaps get_columns(const TensorFile& file, const std::string& prefix, std::int64_t dim) {
  ColumnMaps maps;
  const std::int64_t columns = integer(file, prefix + "columns", 1, dim);
  for (std::int64_t d = 0; d < columns; ++d) {
    const std::string name = prefix + "column" + std::to_string(d) + ".";
    const std::int64_t knots = file.at(name + "source").count();
    const auto values = [&](const char* key) { return shaped_doubles(file, name + key, {knots}); };
    MonotoneMap& map = maps.columns.emplace_back(MonotoneMap{values("source"), values("target")});
    if (knots < 1)
      throw Error(ErrorKind::Input, "saved map or potential: the tensor \"" + name + "source\" is empty");
    for (std::size_t k = 1; k < map.source.size(); ++k) {
      if (!(map.source[k] > map.source[k - 1]) || map.target[k] < map.target[k - 1])
        throw Error(ErrorKind::Input,
                    "saved map or potential: the knots of \"" + name + "source\" do not increase");
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
    throw Error(ErrorKind::Input,
                "saved map or potential: the entry \"" + prefix + "epsilon\" is not positive");
  const auto doubles = [&](const char* key, const Shape& shape) {
    return shaped_doubles(file, prefix + key, shape);
  };
  map.column_cost = doubles("column_cost", {map.dim});
  for (std::size_t d = 0; d < map.column_cost.size(); ++d) {
    const bool context = d >= static_cast<std::size_t>(map.dim - map.context_dims);
    if (map.column_cost[d] < 0.0 || (map.column_cost[d] == 0.0 && !context))
      throw Error(ErrorKind::Input,
                  "saved map or potential: the tensor \"" + prefix + "column_cost\" is not positive");
  }
  const std::int64_t rows = file.at(prefix + "log_weight").count();
  if (rows < 1)
    throw Error(ErrorKind::Input, "saved map or potential: the tensor \"" + prefix + "log_weight\" is empty");
  map.log_weight = doubles("log_weight", {rows});
  map.target.count = rows;
  map.target.dim = map.dim;
  map.target.values = shaped_floats(file, prefix + "target", {rows, map.dim});
  return map;
}

std::shared_ptr<const FittedMap::Impl> get_chain(const TensorFile& file, const std::string& prefix,
                                                 int depth);

ConjugatePart get_conjugate(const TensorFile& file, const std::string& prefix, int depth) {
  ConjugatePart part;
  part.options.iterations = static_cast<int>(integer(file, prefix + "iterations", 1, 10000));
  part.options.memory = static_cast<int>(integer(file, prefix + "memory", 1, 1000));
  part.options.tolerance = positive(file, prefix + "tolerance");
  part.potential = saved::get_potential(file, prefix + "potential.");
  if (part.potential->cost_weights.empty())
    throw Error(ErrorKind::Input,
                "saved map or potential: \"" + prefix + "potential\" is not of the squared cost");
  part.start = get_chain(file, prefix + "start.", depth);
  if (part.start->dim != part.potential->dim() ||
      part.start->context_dims < part.potential->network.context_dims)
    throw Error(ErrorKind::Input,
                "saved map or potential: \"" + prefix + "start\" has other columns than the potential");
  return part;
}

std::shared_ptr<const FittedMap::Impl> get_chain(const TensorFile& file, const std::string& prefix,
                                                 int depth) {
  if (depth > kDeepestChain)
    throw Error(ErrorKind::Input, "saved map or potential: a chain of chains is too deep");
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
    } else if (kind == "conjugate") {
      const auto& added = impl->parts.emplace_back(get_conjugate(file, name, depth + 1));
      dim = std::get<ConjugatePart>(added).potential->dim();
      context = std::get<ConjugatePart>(added).potential->network.context_dims;
    } else if (kind == "chain") {
      const auto& added = impl->parts.emplace_back(get_chain(file, name, depth + 1));
      dim = std::get<std::shared_ptr<const FittedMap::Impl>>(added)->dim;
      context = std::get<std::shared_ptr<const FittedMap::Impl>>(added)->context_dims;
    } else {
      throw Error(ErrorKind::Input, "saved map or potential: unknown kind \"" + kind + "\"");
    }
    if (dim != impl->dim)
      throw Error(ErrorKind::Input,
                  "saved map or potential: a part has another number of columns than the whole");
    if (context < impl->context_dims)
      throw Error(ErrorKind::Input, "saved map or potential: a part moves context columns of the whole");
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
    throw Error(ErrorKind::Input, "saved map or potential: unknown kind \"" + kind + "\"");
  try {
    return kind == "affine" ? FittedMap(get_affine(file, "", file.at("mean_source").count()))
                            : FittedMap(get_chain(file, "", 0));
  } catch (const c10::Error& error) {
    throw Error(ErrorKind::Input,
                std::string("saved map or potential: cannot be built: ") + error.what_without_backtrace());
  }
}

}  // namespace isoscan::transport
