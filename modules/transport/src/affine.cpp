#include <cmath>
#include <string>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/transport/gaussian.hpp"

#include "dense.hpp"

namespace isoscan::transport {

using core::Error;
using core::ErrorKind;

AffineMap AffineMap::identity(std::int64_t dim, std::int64_t context_dims) {
  AffineMap map;
  const auto n = static_cast<std::size_t>(dim);
  map.dim = dim;
  map.context_dims = context_dims;
  map.mean_source.assign(n, 0.0);
  map.mean_target.assign(n, 0.0);
  map.matrix = dense::identity(n);
  return map;
}

Rows AffineMap::apply(const Rows& rows, int threads) const {
  if (rows.dim != dim)
    throw Error(ErrorKind::Input,
                "affine map of " + std::to_string(dim) + " columns, rows have " + std::to_string(rows.dim));
  const auto n = static_cast<std::size_t>(dim);
  const auto moved = n - static_cast<std::size_t>(context_dims);
  std::vector<double> slope(n * moved);  // (A - I) transposed, so that the inner loop runs along a row
  std::vector<double> shift(moved);
  for (std::size_t i = 0; i < moved; ++i) {
    shift[i] = mean_target[i] - mean_source[i];
    for (std::size_t j = 0; j < n; ++j) slope[j * moved + i] = matrix[i * n + j] - (i == j ? 1.0 : 0.0);
  }
  Rows result(rows.count, rows.dim);
  core::parallel_for(rows.count, threads, [&](std::int64_t begin, std::int64_t end) {
    std::vector<double> delta(moved);
    for (std::int64_t r = begin; r < end; ++r) {
      const float* x = rows.row(r);
      float* y = result.row(r);
      delta = shift;
      for (std::size_t j = 0; j < n; ++j) {
        const double centred = static_cast<double>(x[j]) - mean_source[j];
        const double* column = slope.data() + j * moved;
        for (std::size_t i = 0; i < moved; ++i) delta[i] += column[i] * centred;
      }
      for (std::size_t i = 0; i < moved; ++i) y[i] = static_cast<float>(static_cast<double>(x[i]) + delta[i]);
      for (std::size_t i = moved; i < n; ++i) y[i] = x[i];
    }
  });
  return result;
}

AffineMap AffineMap::inverse() const {
  AffineMap map = *this;
  map.matrix = dense::inverse(matrix, static_cast<std::size_t>(dim));
  map.mean_source = mean_target;
  map.mean_target = mean_source;
  return map;
}

core::TensorFile AffineMap::to_tensors() const {
  core::TensorFile file;
  file.metadata["kind"] = "affine";
  file.metadata["context_dims"] = std::to_string(context_dims);
  file.tensors["mean_source"] = core::Tensor::of({dim}, mean_source);
  file.tensors["mean_target"] = core::Tensor::of({dim}, mean_target);
  file.tensors["matrix"] = core::Tensor::of({dim, dim}, matrix);
  return file;
}

AffineMap AffineMap::from_tensors(const core::TensorFile& file) {
  AffineMap map;
  map.mean_source = file.at("mean_source").doubles();
  map.mean_target = file.at("mean_target").doubles();
  map.matrix = file.at("matrix").doubles();
  map.dim = static_cast<std::int64_t>(map.mean_source.size());
  const auto found = file.metadata.find("context_dims");
  try {
    map.context_dims = found == file.metadata.end() ? 0 : std::stoll(found->second);
  } catch (const std::exception&) {
    throw Error(ErrorKind::Input, "affine map: context_dims is no number");
  }
  const std::size_t n = map.mean_source.size();
  if (n == 0 || map.mean_target.size() != n || map.matrix.size() != n * n || map.context_dims < 0 ||
      map.context_dims >= map.dim)
    throw Error(ErrorKind::Input, "affine map: the sizes of its tensors do not fit each other");
  for (const auto* values : {&map.mean_source, &map.mean_target, &map.matrix}) {
    for (const double v : *values) {
      if (!std::isfinite(v)) throw Error(ErrorKind::Input, "affine map: a value is not finite");
    }
  }
  return map;
}

}  // namespace isoscan::transport
