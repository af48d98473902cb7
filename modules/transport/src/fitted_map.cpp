#include "isoscan/transport/fitted_map.hpp"

#include <algorithm>
#include <utility>

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <dlfcn.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"

#include "map_parts.hpp"

namespace isoscan::transport {

using core::Error;
using core::ErrorKind;

void use_torch_threads() {
  at::set_num_threads(1);
  // OpenBLAS with its own threads does not listen to ATen. Its workers would only get in the way of ours.
  using Setter = void (*)(int);
  static const auto set_blas_threads =
      reinterpret_cast<Setter>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (set_blas_threads != nullptr) set_blas_threads(1);
}

void over_chunks(const Rows& rows, int threads, const char* what,
                 const std::function<void(Rows& part, std::int64_t first)>& work) {
  const std::int64_t chunks = (rows.count + kChunkRows - 1) / kChunkRows;
  try {
    use_torch_threads();
    core::parallel_for(chunks, threads, [&](std::int64_t begin, std::int64_t end) {
      const c10::InferenceMode no_graph;
      for (std::int64_t c = begin; c < end; ++c) {
        const std::int64_t first = c * kChunkRows;
        Rows part(std::min(kChunkRows, rows.count - first), rows.dim);
        std::copy_n(rows.row(first), part.values.size(), part.values.begin());
        work(part, first);
      }
    });
  } catch (const c10::Error& error) {
    throw from_torch(what, error);
  }
}

Error from_torch(const std::string& what, const c10::Error& error) {
  const std::string message = error.what_without_backtrace();
  if (message.find("can't allocate memory") != std::string::npos)
    return {ErrorKind::Resource, what + ": out of memory; fewer rows a batch or narrower networks need less"};
  return {ErrorKind::Internal, what + ": " + message};
}

void Coordinates::to_solver(const Rows& rows, const at::Tensor& out) const {
  auto* to = out.data_ptr<float>();
  const auto n = static_cast<std::int64_t>(centre.size());
  for (std::int64_t i = 0; i < rows.count; ++i) {
    const float* x = rows.row(i);
    for (std::int64_t d = 0; d < n; ++d) {
      const auto k = static_cast<std::size_t>(d);
      to[i * n + d] = (x[d] - centre[k]) * scale[k];
    }
  }
}

void NeuralPart::apply(Rows& rows) const {
  const std::int64_t n = dim();
  const std::int64_t moved = n - context_dims;
  const at::Tensor u = at::empty({rows.count, n}, at::kFloat);
  coordinates.to_solver(rows, u);
  nn::Pass pass;
  network.forward(u, pass);
  at::Tensor displacement;
  if (kind == MapKind::Free) {
    displacement = pass.output * output_scale;
  } else {
    at::Tensor slope;
    network.backward(pass, at::ones({rows.count, 1}, at::kFloat), {}, {}, &slope);
    displacement = slope.narrow(1, 0, moved) * (-1.0 / (2.0 * factor));
  }
  if (base) displacement.add_(base->shift).addmm_(u, base->slope);
  displacement = displacement.contiguous();
  const float* by = displacement.data_ptr<float>();
  for (std::int64_t i = 0; i < rows.count; ++i) {
    float* x = rows.row(i);
    for (std::int64_t d = 0; d < moved; ++d)
      x[d] += by[i * moved + d] / coordinates.scale[static_cast<std::size_t>(d)];
  }
}

void FittedMap::Impl::apply(Rows& rows) const {
  const Rows before = strength == 1.0 ? Rows() : rows;
  for (const Part& part : parts) {
    if (const auto* affine = std::get_if<AffineMap>(&part)) {
      rows = affine->apply(rows);
    } else if (const auto* neural = std::get_if<NeuralPart>(&part)) {
      neural->apply(rows);
    } else if (const auto* columns = std::get_if<ColumnMaps>(&part)) {
      rows = columns->apply(rows);
    } else if (const auto* entropic = std::get_if<EntropicMap>(&part)) {
      rows = entropic->apply(rows);
    } else if (const auto* conjugate = std::get_if<ConjugatePart>(&part)) {
      conjugate->apply(rows);
    } else {
      std::get<std::shared_ptr<const Impl>>(part)->apply(rows);
    }
  }
  if (strength == 1.0) return;
  const auto s = static_cast<float>(strength);
  for (std::size_t i = 0; i < rows.values.size(); ++i)
    rows.values[i] = before.values[i] + s * (rows.values[i] - before.values[i]);
}

FittedMap::FittedMap(std::int64_t dim) {
  auto impl = std::make_shared<Impl>();
  impl->dim = dim;
  impl_ = std::move(impl);
}

FittedMap::FittedMap(const AffineMap& affine) {
  auto impl = std::make_shared<Impl>();
  impl->dim = affine.dim;
  impl->context_dims = affine.context_dims;
  impl->parts.emplace_back(affine);
  impl_ = std::move(impl);
}

FittedMap::FittedMap(const ColumnMaps& columns, std::int64_t dim) {
  const auto moved = static_cast<std::int64_t>(columns.columns.size());
  if (moved < 1 || moved > dim)
    throw Error(ErrorKind::Input, std::to_string(moved) + " column maps do not fit rows of " +
                                      std::to_string(dim) + " columns");
  auto impl = std::make_shared<Impl>();
  impl->dim = dim;
  impl->context_dims = dim - moved;
  impl->parts.emplace_back(columns);
  impl_ = std::move(impl);
}

FittedMap::FittedMap(const EntropicMap& entropic) {
  auto impl = std::make_shared<Impl>();
  impl->dim = entropic.dim;
  impl->context_dims = entropic.context_dims;
  impl->parts.emplace_back(entropic);
  impl_ = std::move(impl);
}

FittedMap::FittedMap(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

std::int64_t FittedMap::dim() const {
  return impl_->dim;
}
std::int64_t FittedMap::context_dims() const {
  return impl_->context_dims;
}

Rows FittedMap::apply(const Rows& rows, int threads) const {
  if (rows.dim != impl_->dim)
    throw Error(ErrorKind::Input,
                "map of " + std::to_string(impl_->dim) + " columns, rows have " + std::to_string(rows.dim));
  Rows result = rows;
  if (impl_->parts.empty() || rows.count == 0) return result;
  over_chunks(rows, threads, "applying a map", [&](Rows& part, std::int64_t first) {
    impl_->apply(part);
    std::copy(part.values.begin(), part.values.end(), result.row(first));
  });
  return result;
}

Rows FittedMap::displacement(const Rows& rows, int threads) const {
  Rows result = apply(rows, threads);
  for (std::size_t i = 0; i < result.values.size(); ++i) result.values[i] -= rows.values[i];
  return result;
}

FittedMap FittedMap::with_strength(double strength) const {
  auto impl = std::make_shared<Impl>();
  impl->dim = impl_->dim;
  impl->context_dims = impl_->context_dims;
  impl->strength = strength;
  impl->parts.emplace_back(impl_);
  return FittedMap(std::move(impl));
}

FittedMap FittedMap::compose(const FittedMap& outer, const FittedMap& inner) {
  if (outer.dim() != inner.dim())
    throw Error(ErrorKind::Input, "maps of " + std::to_string(outer.dim()) + " and " +
                                      std::to_string(inner.dim()) + " columns cannot be chained");
  auto impl = std::make_shared<Impl>();
  impl->dim = inner.dim();
  impl->context_dims = std::min(outer.context_dims(), inner.context_dims());
  impl->parts.emplace_back(inner.impl_);
  impl->parts.emplace_back(outer.impl_);
  return FittedMap(std::move(impl));
}

}  // namespace isoscan::transport
