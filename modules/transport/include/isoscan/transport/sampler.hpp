/// @file Where batches come from. A sampler owns its random generator, so source and target batches are
/// independent.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "isoscan/core/random.hpp"
#include "isoscan/transport/matrix.hpp"

namespace isoscan::transport {

/// Draws rows, with replacement, from a fixed sample (optionally weighted) or from a generator of fresh rows.
/// A value: a copy goes on from the same state with its own generator. Copies share the sample.
class Sampler {
 public:
  /// Fills `out` (its count and dim are set) with fresh rows.
  using Generator = std::function<void(core::Random& random, Rows& out)>;

  /// @param weights one a row, any positive scale, or empty. Weights act as repetition of rows does.
  /// @throws Error(Input) on unusable rows or weights.
  Sampler(Rows rows, std::uint64_t seed, std::string stream, const std::vector<float>& weights = {});
  Sampler(std::shared_ptr<const Rows> rows, std::uint64_t seed, std::string stream,
          const std::vector<float>& weights = {});
  Sampler(std::int64_t dim, Generator generator, std::uint64_t seed, std::string stream);

  [[nodiscard]] std::int64_t dim() const noexcept { return dim_; }
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  [[nodiscard]] const std::string& stream() const noexcept { return stream_; }

  /// The next batch. @throws Error(Input) where a generator gives values that are not finite.
  [[nodiscard]] Rows draw(std::int64_t count);
  void draw(Rows& out);  ///< fills out.count rows

  /// The generator's state, for checkpoints.
  [[nodiscard]] core::Random::State state() const { return random_.state(); }
  void restore(const core::Random::State& state) { random_.restore(state); }

 private:
  friend void require_independent(const Sampler& source, const Sampler& target);
  friend struct HeldOut hold_out(const Sampler& sampler, int batches, std::int64_t rows);
  std::int64_t dim_ = 0;
  std::uint64_t seed_ = 0;
  std::string stream_;
  core::Random random_;
  std::shared_ptr<const Rows> rows_;
  std::shared_ptr<const std::vector<double>> cumulative_;  ///< of the weights; null for equal ones
  Generator generator_;
};

/// Refuses streams that would draw the same numbers: with paired rows the regulariser sees the answer
/// (docs/transport.md).
/// @throws Error(Config) where both have one seed and stream name, or generators in one state.
void require_independent(const Sampler& source, const Sampler& target);

/// For judging what is fitted: a sampler to fit on, and independent batches of rows that it never draws.
struct HeldOut {
  Sampler rest;
  std::vector<Rows> batches;
};
/// A generator's batches come from a stream of their own and `rest` is the sampler itself. A fixed sample
/// gives a tenth of its rows (at random, fixed by seed and stream; those of weight zero aside), cut into
/// disjoint batches of at most `rows`; `rest` draws from the others, with the same random numbers. With
/// weights each batch is drawn from its own rows by weight. @throws Error(Config) where a fixed sample is too
/// small for `batches` batches of 4 rows, saying how many rows it needs.
[[nodiscard]] HeldOut hold_out(const Sampler& sampler, int batches, std::int64_t rows);

}  // namespace isoscan::transport
