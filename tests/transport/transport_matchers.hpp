/// @file Samples with known laws, quick fits, and errors as text.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/core/tensor_file.hpp"
#include "isoscan/transport/fitted_map.hpp"
#include "isoscan/transport/gaussian.hpp"
#include "isoscan/transport/matrix.hpp"
#include "isoscan/transport/sampler.hpp"
#include "isoscan/transport/solver.hpp"

namespace isoscan::test {

inline transport::Rows normal_rows(std::int64_t count, std::int64_t dim, std::uint64_t seed) {
  core::Random random(seed, "normal rows");
  transport::Rows rows(count, dim);
  for (float& v : rows.values) v = static_cast<float>(random.normal());
  return rows;
}

/// A random well-conditioned Gaussian, its law drawn from the seed: mean of size 1, standard deviations about
/// 0.5 to 2.
struct GaussianLaw {
  std::vector<double> mean;
  std::vector<double> root;  // x = mean + root z
  explicit GaussianLaw(std::int64_t dim, std::uint64_t seed) {
    core::Random random(seed, "gaussian law");
    const auto n = static_cast<std::size_t>(dim);
    for (std::size_t i = 0; i < n; ++i) mean.push_back(random.normal());
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j)
        root.push_back((i == j ? random.uniform(0.6, 1.6) : 0.0) + 0.35 * random.normal() / std::sqrt(n));
    }
  }
  void draw(core::Random& random, transport::Rows& out) const {
    const std::size_t n = mean.size();
    std::vector<double> z(n);
    for (std::int64_t i = 0; i < out.count; ++i) {
      for (double& v : z) v = random.normal();
      for (std::size_t a = 0; a < n; ++a) {
        double sum = mean[a];
        for (std::size_t b = 0; b < n; ++b) sum += root[a * n + b] * z[b];
        out.row(i)[a] = static_cast<float>(sum);
      }
    }
  }
  [[nodiscard]] transport::Moments moments() const {
    const std::size_t n = mean.size();
    transport::Moments m{static_cast<std::int64_t>(n), mean, std::vector<double>(n * n, 0.0)};
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = 0; b < n; ++b) {
        for (std::size_t k = 0; k < n; ++k) m.covariance[a * n + b] += root[a * n + k] * root[b * n + k];
      }
    }
    return m;
  }
};

inline core::Context context_of(std::uint64_t seed = 1, int threads = 1) {
  core::Context context;
  context.seed = seed;
  context.threads = threads;
  return context;
}

inline transport::Sampler law_sampler(const GaussianLaw& law, const char* stream) {
  return {static_cast<std::int64_t>(law.mean.size()),
          [law](core::Random& random, transport::Rows& out) { law.draw(random, out); }, 3, stream};
}

/// Options of a fit that ends in seconds.
inline transport::SolverOptions quick(int steps, std::int64_t batch = 256) {
  transport::SolverOptions options;
  options.steps = steps;
  options.batch = batch;
  options.map_network.hidden = {32, 32};
  options.potential_network.hidden = {32, 32};
  options.map_average = 0.99;
  options.log_every = 20;
  return options;
}

/// Rows of a law that no sampler of these tests draws.
inline transport::Rows drawn(const GaussianLaw& law, std::int64_t count, std::uint64_t seed = 77) {
  core::Random random(seed, "held out");
  transport::Rows rows(count, static_cast<std::int64_t>(law.mean.size()));
  law.draw(random, rows);
  return rows;
}

inline std::string bytes_of(const transport::FittedMap& map) {
  return core::to_safetensors(map.to_tensors());
}

inline transport::Rows correlated_rows(std::int64_t count, std::int64_t dim, std::uint64_t seed) {
  const GaussianLaw law(dim, seed);
  core::Random random(seed, "correlated rows");
  transport::Rows rows(count, dim);
  law.draw(random, rows);
  return rows;
}

/// "kind: message" of the Error that `work` throws; empty when it throws none.
inline std::string error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const core::Error& error) {
    return std::string(core::name(error.kind())) + ": " + error.what();
  }
  return {};
}

}  // namespace isoscan::test
