/// @file The Wasserstein-2 benchmark of Korotin et al. 2021: a mixture of Gaussians as the source, and a
/// fixed convex potential whose gradient is the true optimal map. Test data, read in place, never
/// redistributed.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/random.hpp"
#include "isoscan/transport/matrix.hpp"
#include "isoscan/transport/sampler.hpp"

namespace isoscan::test {

/// Cheap to copy, immutable.
class W2Problem {
 public:
  /// @param folder holds mix3to10_<dim>.safetensors. @throws core::Error.
  W2Problem(const boost::filesystem::path& folder, std::int64_t dim);

  [[nodiscard]] std::int64_t dim() const;
  /// Sum over columns of the variance of the target, as the data state it.
  [[nodiscard]] double target_variance() const;

  void draw_source(core::Random& random, transport::Rows& out) const;
  void draw_target(core::Random& random, transport::Rows& out, int threads = 1) const;
  /// Fresh rows for ever, on streams of their own.
  [[nodiscard]] transport::Sampler source(std::uint64_t seed) const;
  [[nodiscard]] transport::Sampler target(std::uint64_t seed, int threads = 1) const;

  /// T*(x) = grad psi(x). Computed in float32 (`precise` false: for drawing) or float64.
  [[nodiscard]] transport::Rows map(const transport::Rows& x, bool precise = true, int threads = 1) const;
  /// psi(x), float64.
  [[nodiscard]] std::vector<double> potential(const transport::Rows& x) const;

  transport::Rows probe_x;
  transport::Rows probe_map;
  std::vector<float> probe_psi;

 private:
  struct Parts;
  std::shared_ptr<const Parts> parts_;
};

}  // namespace isoscan::test
