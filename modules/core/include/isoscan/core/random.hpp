/// @file The one random generator: xoshiro256++ (Blackman and Vigna 2019), seeded by SplitMix64.
/// Streams are named, so that adding a draw in one place does not move the numbers of another.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace isoscan::core {

class Random {
 public:
  using result_type = std::uint64_t;

  /// Same seed and stream name, same numbers, on every machine.
  explicit Random(std::uint64_t seed, std::string_view stream = "");

  result_type operator()();
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return UINT64_MAX; }

  /// [0, 1), 53 bits.
  double uniform();
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Standard normal (polar method, no library differences).
  double normal();
  /// 0 .. count-1, without modulo bias. count > 0.
  std::uint64_t below(std::uint64_t count);

  /// All that the next numbers depend on, for checkpoints.
  using State = std::array<std::uint64_t, 6>;
  [[nodiscard]] State state() const;
  void restore(const State& state);

  /// A seed for another generator (torch, ITK), from this stream.
  std::uint64_t seed() { return (*this)() >> 1; }

 private:
  std::array<std::uint64_t, 4> state_{};
  double spare_ = 0.0;
  bool has_spare_ = false;
};

}  // namespace isoscan::core
