#include "transfer.hpp"

#include <cmath>
#include <complex>
#include <cstdint>
#include <numbers>
#include <utility>

#include "isoscan/core/parallel.hpp"
#include "isoscan/features/fine_structure.hpp"
#include "isoscan/features/world_axes.hpp"

namespace isoscan::harmonize {

namespace {

constexpr int kReach = features::kFineStructureReach;
constexpr int kEdge = 2 * kReach + 1;
constexpr double kWindow = 3.0;        // lags
constexpr double kTaper = 0.7;         // SD of the taps' taper, of their reach
constexpr double kSmallestTap = 1e-5;  // of a filter whose sum or sum of squares is about 1
constexpr std::array<int, 3> kStride{1, kFrequencies, kFrequencies* kFrequencies};
using Complex = std::complex<double>;

int edge_of(const std::vector<double>& cube) {
  return static_cast<int>(std::lround(std::cbrt(static_cast<double>(cube.size()))));
}

/// The place of a lag, which may be negative, in a periodic cube of kFrequencies.
std::size_t wrapped(int x, int y, int z) {
  const auto at = [](int v) { return (v + kFrequencies) % kFrequencies; };
  return static_cast<std::size_t>((at(z) * kFrequencies + at(y)) * kFrequencies + at(x));
}

/// Discrete Fourier transform along the three axes, unscaled. @param sign  -1 forward, 1 back
std::vector<Complex> transformed(std::vector<Complex> values, double sign) {
  std::array<Complex, kFrequencies> turn;
  for (int m = 0; m < kFrequencies; ++m)
    turn.at(static_cast<std::size_t>(m)) = std::polar(1.0, sign * 2.0 * std::numbers::pi * m / kFrequencies);
  std::vector<Complex> out(values.size());
  for (const int stride : kStride) {
    for (int n = 0; n < static_cast<int>(values.size()); ++n) {
      const int p = n / stride % kFrequencies;
      Complex sum = 0.0;
      for (int m = 0; m < kFrequencies; ++m)
        sum += values[static_cast<std::size_t>(n + (m - p) * stride)] *
               turn.at(static_cast<std::size_t>(m * p % kFrequencies));
      out[static_cast<std::size_t>(n)] = sum;
    }
    values.swap(out);
  }
  return values;
}

}  // namespace

std::array<double, 3> frequency_of(std::size_t place) {
  std::array<double, 3> frequency{};
  for (std::size_t a = 0; a < 3; ++a) {
    const int f = static_cast<int>(place) / kStride.at(a) % kFrequencies;
    frequency.at(a) = 2.0 * std::numbers::pi * (2 * f < kFrequencies ? f : f - kFrequencies) / kFrequencies;
  }
  return frequency;
}

double length_of(const std::array<double, 3>& f) {
  return std::sqrt(f[0] * f[0] + f[1] * f[1] + f[2] * f[2]);
}

Spectrum spectrum_of(const std::vector<double>& structure) {
  std::vector<Complex> values(kSpectrumSize, 0.0);
  for (int z = -kReach; z <= kReach; ++z) {
    for (int y = -kReach; y <= kReach; ++y) {
      for (int x = -kReach; x <= kReach; ++x) {
        const double window = std::exp(-0.5 * (x * x + y * y + z * z) / (kWindow * kWindow));
        const auto place = static_cast<std::size_t>(((z + kReach) * kEdge + y + kReach) * kEdge + x + kReach);
        values[wrapped(x, y, z)] += window * structure[place];
      }
    }
  }
  Spectrum out;
  for (const Complex& c : transformed(std::move(values), -1.0)) out.push_back(c.real());
  return out;
}

Spectrum smoothed(Spectrum values, double sd) {
  constexpr int kSmoothReach = 4;
  Spectrum out(values.size());
  for (const int stride : kStride) {
    for (int n = 0; n < static_cast<int>(values.size()); ++n) {
      const int p = n / stride % kFrequencies;
      double sum = 0.0;
      double weight = 0.0;
      for (int m = -kSmoothReach; m <= kSmoothReach; ++m) {
        const double g = std::exp(-0.5 * m * m / (sd * sd));
        const int at = n + ((p + m + kFrequencies) % kFrequencies - p) * stride;
        sum += g * values[static_cast<std::size_t>(at)];
        weight += g;
      }
      out[static_cast<std::size_t>(n)] = sum / weight;
    }
    values.swap(out);
  }
  return values;
}

std::vector<double> taps_of(const Spectrum& transfer) {
  const std::vector<Complex> lags = transformed(std::vector<Complex>(transfer.begin(), transfer.end()), 1.0);
  std::vector<double> taps;
  constexpr double kSd = kTaper * kTapReach;
  for (int z = -kTapReach; z <= kTapReach; ++z) {
    for (int y = -kTapReach; y <= kTapReach; ++y) {
      for (int x = -kTapReach; x <= kTapReach; ++x) {
        const int squared = x * x + y * y + z * z;
        const double taper =
            squared > kTapReach * kTapReach + 2 ? 0.0 : std::exp(-0.5 * squared / (kSd * kSd));
        taps.push_back(taper * lags[wrapped(x, y, z)].real() / static_cast<double>(kSpectrumSize));
      }
    }
  }
  return taps;
}

double transfer_at(const std::vector<double>& taps, const std::array<double, 3>& frequency) {
  if (taps.empty()) return 1.0;
  const int reach = edge_of(taps) / 2;
  double sum = 0.0;
  std::size_t at = 0;
  for (int z = -reach; z <= reach; ++z) {
    for (int y = -reach; y <= reach; ++y) {
      for (int x = -reach; x <= reach; ++x)
        sum += taps[at++] * std::cos(frequency[0] * x + frequency[1] * y + frequency[2] * z);
    }
  }
  return sum;
}

core::Volume filtered(const core::Volume& image, const std::vector<double>& taps, int threads) {
  if (taps.empty()) return image;
  const int edge = edge_of(taps);
  const std::int64_t reach = edge / 2;
  const std::array<std::int64_t, 3> step = features::world_steps(image.grid);
  struct Tap {
    std::int64_t away;
    float weight;
  };
  std::vector<Tap> half;  // one of each pair l, -l
  for (std::size_t n = taps.size() / 2 + 1; n < taps.size(); ++n) {
    if (std::abs(taps[n]) < kSmallestTap) continue;
    const auto place = static_cast<std::int64_t>(n);
    const std::int64_t x = place % edge - reach;
    const std::int64_t y = place / edge % edge - reach;
    const std::int64_t z = place / (edge * edge) - reach;
    half.push_back({x * step[0] + y * step[1] + z * step[2], static_cast<float>(taps[n])});
  }
  const auto middle = static_cast<float>(taps[taps.size() / 2]);
  const auto& size = image.grid.size;
  core::Volume out = image;
  if (size[0] <= 2 * reach || size[1] <= 2 * reach || size[2] <= 2 * reach) return out;
  core::parallel_for(size[2] - 2 * reach, threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin + reach; k < end + reach; ++k) {
      for (std::int64_t j = reach; j < size[1] - reach; ++j) {
        const std::size_t line = image.grid.index(0, j, k);
        const float* from = image.voxels.data() + line;
        float* to = out.voxels.data() + line;
        for (std::int64_t i = reach; i < size[0] - reach; ++i) to[i] = middle * from[i];
        for (const Tap& tap : half) {
          const float* ahead = from + tap.away;
          const float* behind = from - tap.away;
          for (std::int64_t i = reach; i < size[0] - reach; ++i) to[i] += tap.weight * (ahead[i] + behind[i]);
        }
      }
    }
  });
  return out;
}

}  // namespace isoscan::harmonize
