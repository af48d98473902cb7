/// @file The Wasserstein-2 benchmark of Korotin et al. 2021: a mixture of Gaussians as the source, and a
/// fixed convex potential whose gradient is the true optimal map. Test data, read in place, never
/// redistributed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/random.hpp"
#include "isoscan/transport/matrix.hpp"
#include "isoscan/transport/sampler.hpp"

namespace isoscan::test {

inline constexpr const char* kSourceStream = "w2 source";
inline constexpr const char* kTargetStream = "w2 target";

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
  /// Fresh rows for ever, on the stream of that name.
  [[nodiscard]] transport::Sampler source(std::uint64_t seed,
                                          const std::string& stream = kSourceStream) const;
  [[nodiscard]] transport::Sampler target(std::uint64_t seed, int threads = 1,
                                          const std::string& stream = kTargetStream) const;

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

/// The two sides of a fit.
struct W2Samplers {
  transport::Sampler source;
  transport::Sampler target;
};
/// All rows that the benchmark fits to come from here. @throws core::Error(Config) where the target's stream
/// is the source's: paired rows would flatter every result.
[[nodiscard]] W2Samplers independent_samplers(const W2Problem& problem, std::uint64_t seed, int threads = 1,
                                              const std::string& target_stream = kTargetStream);

}  // namespace isoscan::test
