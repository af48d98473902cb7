#include "w2_problem.hpp"

#include <algorithm>
#include <string>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "isoscan/core/parallel.hpp"
#include "isoscan/core/tensor_file.hpp"

namespace isoscan::test {

using transport::Rows;

namespace {

constexpr std::int64_t kChunkRows = 512;

at::Tensor tensor_of(const core::Tensor& from, at::ScalarType type) {
  const std::vector<double> values = from.doubles();
  return at::tensor(values, at::kDouble).view(from.shape).to(type).contiguous();
}

/// q_i(x) = (x A)^2 + x W' + b.
struct Quadratic {
  at::Tensor a;  ///< (n, h)
  at::Tensor w;  ///< (n, h)
  at::Tensor b;  ///< (h)
};

/// N(x) = <last, z2> + 0.005 |x|^2, z_i = celu(z_{i-1} C_{i-1}' + q_i), z0 = q_0.
struct Net {
  Quadratic q[3];
  at::Tensor convex[2];  ///< (above, below)
  at::Tensor last;       ///< (h)
};

struct Pass {
  at::Tensor root[3];
  at::Tensor slope[2];  ///< celu' of layers 1 and 2
  at::Tensor value;     ///< (b)
};

Pass forward(const Net& net, const at::Tensor& x) {
  Pass pass;
  at::Tensor quadratic[3];
  for (int i = 0; i < 3; ++i) {
    pass.root[i] = at::mm(x, net.q[i].a);
    quadratic[i] = at::addmm(net.q[i].b, x, net.q[i].w).addcmul_(pass.root[i], pass.root[i]);
  }
  at::Tensor z = quadratic[0];
  for (int i = 0; i < 2; ++i) {
    const at::Tensor linear = quadratic[i + 1].addmm_(z, net.convex[i].t());
    pass.slope[i] = linear.clamp_max(0.0).exp_();
    z = at::celu(linear);
  }
  pass.value = at::mv(z, net.last) + (x * x).sum(1) * 0.005;
  return pass;
}

at::Tensor gradient(const Net& net, const at::Tensor& x) {
  const Pass pass = forward(net, x);
  at::Tensor by[3];
  by[2] = pass.slope[1] * net.last;
  by[1] = at::mm(by[2], net.convex[1]).mul_(pass.slope[0]);
  by[0] = at::mm(by[1], net.convex[0]);
  at::Tensor sum = x * 0.01;
  for (int i = 0; i < 3; ++i) {
    sum.addmm_(by[i], net.q[i].w.t());
    sum.addmm_(by[i].mul_(pass.root[i]), net.q[i].a.t(), 1.0, 2.0);
  }
  return sum;
}

struct Convex {
  Net net[2];
  at::Tensor shift;
  double scale = 1.0;

  at::Tensor map(const at::Tensor& x) const {
    return (gradient(net[0], x).add_(gradient(net[1], x)).add_(shift)).mul_(scale);
  }
  at::Tensor value(const at::Tensor& x) const {
    return (forward(net[0], x).value + forward(net[1], x).value + at::mv(x, shift)) * scale;
  }
};

Convex convex_of(const core::TensorFile& file, at::ScalarType type) {
  Convex result;
  for (int v = 0; v < 2; ++v) {
    const std::string name = "v" + std::to_string(v + 1) + ".";
    Net& net = result.net[v];
    for (int i = 0; i < 3; ++i) {
      const std::string layer = name + "quadratic_layers." + std::to_string(i) + ".";
      const at::Tensor b = tensor_of(file.at(layer + "bias"), type).flatten();
      const at::Tensor w = tensor_of(file.at(layer + "weight"), type);
      net.q[i] = {tensor_of(file.at(layer + "quadratic_decomposed"), type).reshape({w.size(1), w.size(0)}),
                  w.t().contiguous(), b};
    }
    for (int i = 0; i < 2; ++i)
      net.convex[i] = tensor_of(file.at(name + "convex_layers." + std::to_string(i) + ".weight"), type);
    net.last = tensor_of(file.at(name + "final_layer.weight"), type).flatten();
  }
  result.shift = tensor_of(file.at("standardise.shift"), type).flatten();
  result.scale = file.at("standardise.scale").doubles().front();
  return result;
}

at::Tensor rows_as(const Rows& rows, std::int64_t first, std::int64_t count, at::ScalarType type) {
  // from_blob does not own or write: the tensor is copied where the type differs and only read where not.
  return at::from_blob(const_cast<float*>(rows.row(first)), {count, rows.dim}, at::kFloat).to(type);
}

}  // namespace

struct W2Problem::Parts {
  std::int64_t dim = 0;
  double target_variance = 1.0;
  std::vector<float> centers;  ///< (3, n)
  at::Tensor maps[3];          ///< (n, n), transposed and times std
  Convex single;
  Convex precise;
};

W2Problem::W2Problem(const boost::filesystem::path& folder, std::int64_t dim) {
  const core::TensorFile file =
      core::read_tensor_file(folder / ("mix3to10_" + std::to_string(dim) + ".safetensors"));
  auto parts = std::make_shared<Parts>();
  parts->dim = dim;
  parts->target_variance = std::stod(file.metadata.at("var_y"));
  parts->centers = file.at("mix.centers").floats();
  const at::Tensor maps = tensor_of(file.at("mix.maps"), at::kDouble);
  const double std = file.at("mix.std").doubles().front();
  for (int k = 0; k < 3; ++k) parts->maps[k] = (maps[k].t() * std).to(at::kFloat).contiguous();
  parts->single = convex_of(file, at::kFloat);
  parts->precise = convex_of(file, at::kDouble);
  const auto probe = [&](const char* name) {
    const core::Tensor& from = file.at(name);
    Rows rows(from.shape.front(), dim);
    rows.values = from.floats();
    return rows;
  };
  probe_x = probe("probe.x");
  probe_map = probe("probe.T");
  probe_psi = file.at("probe.psi").floats();
  parts_ = std::move(parts);
}

std::int64_t W2Problem::dim() const {
  return parts_->dim;
}
double W2Problem::target_variance() const {
  return parts_->target_variance;
}

void W2Problem::draw_source(core::Random& random, Rows& out) const {
  const c10::InferenceMode no_graph;
  const std::int64_t n = parts_->dim;
  // Rows of one component stand together while they are multiplied, and go back to their places.
  std::vector<std::int64_t> places[3];
  Rows noise(out.count, n);
  for (std::int64_t i = 0; i < out.count; ++i) {
    places[random.below(3)].push_back(i);
    for (std::int64_t d = 0; d < n; ++d) noise.row(i)[d] = static_cast<float>(random.normal());
  }
  for (std::size_t k = 0; k < 3; ++k) {
    const auto count = static_cast<std::int64_t>(places[k].size());
    if (count == 0) continue;
    Rows part(count, n);
    for (std::int64_t i = 0; i < count; ++i)
      std::copy_n(noise.row(places[k][static_cast<std::size_t>(i)]), n, part.row(i));
    const at::Tensor moved = at::mm(rows_as(part, 0, count, at::kFloat), parts_->maps[k]);
    const float* from = moved.data_ptr<float>();
    for (std::int64_t i = 0; i < count; ++i) {
      float* to = out.row(places[k][static_cast<std::size_t>(i)]);
      for (std::int64_t d = 0; d < n; ++d)
        to[d] =
            from[i * n + d] + parts_->centers[k * static_cast<std::size_t>(n) + static_cast<std::size_t>(d)];
    }
  }
}

void W2Problem::draw_target(core::Random& random, Rows& out, int threads) const {
  draw_source(random, out);
  out = map(out, false, threads);
}

transport::Sampler W2Problem::source(std::uint64_t seed, const std::string& stream) const {
  return {dim(), [self = *this](core::Random& random, Rows& out) { self.draw_source(random, out); }, seed,
          stream};
}

transport::Sampler W2Problem::target(std::uint64_t seed, int threads, const std::string& stream) const {
  return {
      dim(),
      [self = *this, threads](core::Random& random, Rows& out) { self.draw_target(random, out, threads); },
      seed, stream};
}

W2Samplers independent_samplers(const W2Problem& problem, std::uint64_t seed, int threads,
                                const std::string& target_stream) {
  W2Samplers samplers{problem.source(seed), problem.target(seed, threads, target_stream)};
  transport::require_independent(samplers.source, samplers.target);
  return samplers;
}

Rows W2Problem::map(const Rows& x, bool precise, int threads) const {
  Rows y(x.count, x.dim);
  const std::int64_t chunks = (x.count + kChunkRows - 1) / kChunkRows;
  core::parallel_for(chunks, threads, [&](std::int64_t begin, std::int64_t end) {
    const c10::InferenceMode no_graph;
    for (std::int64_t c = begin; c < end; ++c) {
      const std::int64_t first = c * kChunkRows;
      const std::int64_t count = std::min(kChunkRows, x.count - first);
      const at::Tensor mapped =
          precise ? parts_->precise.map(rows_as(x, first, count, at::kDouble)).to(at::kFloat)
                  : parts_->single.map(rows_as(x, first, count, at::kFloat));
      std::copy_n(mapped.contiguous().data_ptr<float>(), count * x.dim, y.row(first));
    }
  });
  return y;
}

std::vector<double> W2Problem::potential(const Rows& x) const {
  const c10::InferenceMode no_graph;
  const at::Tensor value = parts_->precise.value(rows_as(x, 0, x.count, at::kDouble)).contiguous();
  return {value.data_ptr<double>(), value.data_ptr<double>() + x.count};
}

}  // namespace isoscan::test
