#include "isoscan/core/random.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace isoscan::core {

namespace {

std::uint64_t split_mix(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

}  // namespace

Random::Random(std::uint64_t seed, std::string_view stream) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;  // FNV-1a of the stream's name
  for (const char c : stream) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  std::uint64_t mixed = seed;
  std::uint64_t start = split_mix(mixed) ^ hash;
  for (auto& word : state_) word = split_mix(start);
}

Random::result_type Random::operator()() {
  auto& s = state_;
  const std::uint64_t result = std::rotl(s[0] + s[3], 23) + s[0];
  const std::uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = std::rotl(s[3], 45);
  return result;
}

double Random::uniform() {
  return static_cast<double>((*this)() >> 11) * 0x1.0p-53;
}

double Random::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  double u = 0.0;
  double v = 0.0;
  double s = 0.0;
  do {
    u = 2.0 * uniform() - 1.0;
    v = 2.0 * uniform() - 1.0;
    s = u * u + v * v;
  } while (s >= 1.0 || s == 0.0);
  const double factor = std::sqrt(-2.0 * std::log(s) / s);
  spare_ = v * factor;
  has_spare_ = true;
  return u * factor;
}

std::uint64_t Random::below(std::uint64_t count) {
  const std::uint64_t reject = (0 - count) % count;
  std::uint64_t draw = 0;
  do {
    draw = (*this)();
  } while (draw < reject);
  return draw % count;
}

Random::State Random::state() const {
  return {state_[0],           state_[1], state_[2], state_[3], std::bit_cast<std::uint64_t>(spare_),
          has_spare_ ? 1U : 0U};
}

void Random::restore(const State& state) {
  std::copy_n(state.begin(), state_.size(), state_.begin());
  spare_ = std::bit_cast<double>(state[4]);
  has_spare_ = state[5] != 0;
}

}  // namespace isoscan::core
