/// @file A reader of the Wasserstein-2 benchmark (Korotin et al. 2021): a mixture of Gaussians and a convex
/// potential whose gradient is the true optimal map. Test data, read in place, never redistributed.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "isoscan/core/random.hpp"
#include "isoscan/core/tensor_file.hpp"
#include "isoscan/transport/matrix.hpp"

namespace isoscan::test {

class W2Benchmark {
 public:
  W2Benchmark(const boost::filesystem::path& folder, int dim)
      : W2Benchmark(core::read_tensor_file(folder / "w2benchmark" /
                                           ("mix3to10_" + std::to_string(dim) + ".safetensors")),
                    dim) {}

  [[nodiscard]] std::int64_t dim() const { return dim_; }
  /// Sum over columns of the variance of the target.
  [[nodiscard]] double target_variance() const { return target_variance_; }

  /// x = maps_k z std + centers_k, k uniform.
  void draw_source(core::Random& random, transport::Rows& out) const {
    const auto n = static_cast<std::size_t>(dim_);
    std::vector<double> z(n);
    for (std::int64_t i = 0; i < out.count; ++i) {
      const auto k = static_cast<std::size_t>(random.below(3));
      for (double& v : z) v = random.normal() * std_;
      for (std::size_t a = 0; a < n; ++a) {
        double sum = centers_[k * n + a];
        for (std::size_t b = 0; b < n; ++b) sum += maps_[(k * n + a) * n + b] * z[b];
        out.row(i)[a] = static_cast<float>(sum);
      }
    }
  }
  void draw_target(core::Random& random, transport::Rows& out) const {
    draw_source(random, out);
    out = map(out);
  }

  /// The true map T* = grad psi, row by row.
  [[nodiscard]] transport::Rows map(const transport::Rows& x) const {
    transport::Rows y(x.count, x.dim);
    std::vector<double> gradient(static_cast<std::size_t>(dim_));
    for (std::int64_t i = 0; i < x.count; ++i) {
      evaluate(x.row(i), &gradient);
      for (std::size_t d = 0; d < gradient.size(); ++d) y.row(i)[d] = static_cast<float>(gradient[d]);
    }
    return y;
  }
  /// psi(x), and its gradient.
  double evaluate(const float* x, std::vector<double>* gradient) const {
    const auto n = static_cast<std::size_t>(dim_);
    std::vector<double> point(x, x + n);
    std::vector<double> sum(n, 0.0);
    double value = net_[0].evaluate(point, sum) + net_[1].evaluate(point, sum);
    for (std::size_t d = 0; d < n; ++d) {
      value += shift_[d] * point[d];
      sum[d] += shift_[d];
    }
    if (gradient != nullptr) {
      for (std::size_t d = 0; d < n; ++d) (*gradient)[d] = scale_ * sum[d];
    }
    return scale_ * value;
  }

  transport::Rows probe_x;
  transport::Rows probe_map;
  std::vector<float> probe_psi;

 private:
  struct Quadratic {
    std::vector<double> a;  // (n, h)
    std::vector<double> w;  // (h, n)
    std::vector<double> b;  // (h)
    std::size_t width() const { return b.size(); }
  };
  struct Net {
    std::size_t n = 0;
    Quadratic q[3];
    std::vector<double> c0;
    std::vector<double> c1;
    std::vector<double> last;

    /// Adds the gradient to `gradient`.
    double evaluate(const std::vector<double>& x, std::vector<double>& gradient) const {
      std::vector<double> root[3];
      std::vector<double> z[3];
      for (int i = 0; i < 3; ++i) {
        const std::size_t h = q[i].width();
        root[i].assign(h, 0.0);
        z[i] = q[i].b;
        for (std::size_t d = 0; d < n; ++d) {
          for (std::size_t k = 0; k < h; ++k) root[i][k] += x[d] * q[i].a[d * h + k];
        }
        for (std::size_t k = 0; k < h; ++k) {
          z[i][k] += root[i][k] * root[i][k];
          for (std::size_t d = 0; d < n; ++d) z[i][k] += x[d] * q[i].w[k * n + d];
        }
      }
      std::vector<double> slope[3];
      const auto convex = [&](int i, const std::vector<double>& weight) {
        const std::size_t above = z[i].size();
        const std::size_t below = z[i - 1].size();
        slope[i].resize(above);
        for (std::size_t k = 0; k < above; ++k) {
          for (std::size_t j = 0; j < below; ++j) z[i][k] += weight[k * below + j] * z[i - 1][j];
          slope[i][k] = z[i][k] > 0.0 ? 1.0 : std::exp(z[i][k]);
          if (z[i][k] < 0.0) z[i][k] = std::expm1(z[i][k]);
        }
      };
      convex(1, c0);
      convex(2, c1);
      double value = 0.0;
      for (std::size_t k = 0; k < last.size(); ++k) value += last[k] * z[2][k];
      for (const double v : x) value += 0.005 * v * v;

      std::vector<double> d[3];
      d[2].resize(last.size());
      for (std::size_t k = 0; k < last.size(); ++k) d[2][k] = last[k] * slope[2][k];
      d[1].assign(z[1].size(), 0.0);
      for (std::size_t k = 0; k < d[2].size(); ++k) {
        for (std::size_t j = 0; j < d[1].size(); ++j) d[1][j] += d[2][k] * c1[k * d[1].size() + j];
      }
      for (std::size_t j = 0; j < d[1].size(); ++j) d[1][j] *= slope[1][j];
      d[0].assign(z[0].size(), 0.0);
      for (std::size_t k = 0; k < d[1].size(); ++k) {
        for (std::size_t j = 0; j < d[0].size(); ++j) d[0][j] += d[1][k] * c0[k * d[0].size() + j];
      }
      for (std::size_t e = 0; e < n; ++e) gradient[e] += 0.01 * x[e];
      for (int i = 0; i < 3; ++i) {
        const std::size_t h = q[i].width();
        for (std::size_t e = 0; e < n; ++e) {
          for (std::size_t k = 0; k < h; ++k)
            gradient[e] += d[i][k] * (q[i].w[k * n + e] + 2.0 * root[i][k] * q[i].a[e * h + k]);
        }
      }
      return value;
    }
  };

  W2Benchmark(const core::TensorFile& file, int dim) : dim_(dim) {
    const auto rows = [&](const char* name) {
      transport::Rows r(64, dim_);
      r.values = file.at(name).floats();
      return r;
    };
    probe_x = rows("probe.x");
    probe_map = rows("probe.T");
    probe_psi = file.at("probe.psi").floats();
    centers_ = file.at("mix.centers").doubles();
    maps_ = file.at("mix.maps").doubles();
    std_ = file.at("mix.std").doubles().front();
    shift_ = file.at("standardise.shift").doubles();
    scale_ = file.at("standardise.scale").doubles().front();
    target_variance_ = std::stod(file.metadata.at("var_y"));
    for (int v = 0; v < 2; ++v) {
      const std::string name = "v" + std::to_string(v + 1) + ".";
      net_[v].n = static_cast<std::size_t>(dim_);
      for (int i = 0; i < 3; ++i) {
        const std::string layer = name + "quadratic_layers." + std::to_string(i) + ".";
        net_[v].q[i] = {file.at(layer + "quadratic_decomposed").doubles(),
                        file.at(layer + "weight").doubles(), file.at(layer + "bias").doubles()};
      }
      net_[v].c0 = file.at(name + "convex_layers.0.weight").doubles();
      net_[v].c1 = file.at(name + "convex_layers.1.weight").doubles();
      net_[v].last = file.at(name + "final_layer.weight").doubles();
    }
  }

  std::int64_t dim_;
  double target_variance_ = 1.0;
  std::vector<double> centers_;
  std::vector<double> maps_;
  double std_ = 1.0;
  std::vector<double> shift_;
  double scale_ = 1.0;
  Net net_[2];
};

}  // namespace isoscan::test
