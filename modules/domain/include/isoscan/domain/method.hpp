/// @file The ways to bring a site's scans to the reference, from doing nothing to transport.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace isoscan::domain {

enum class Method : std::uint8_t {
  None,                   ///< "none": bias-corrected, white matter = 1, nothing more
  ZScore,                 ///< "zscore": the brain's mean and SD become the reference's
  Nyul,                   ///< "nyul": 11 landmarks (Nyul and Udupa 1999, Nyul et al. 2000)
  HistogramMatch,         ///< "histogram": the brain's quantiles become the reference's
  TwoPassHistogramMatch,  ///< "two-pass": match, bias field once more, match again
  Gaussian,               ///< "gaussian": two-pass, then the Bures map between band covariances
  Enot,                   ///< "enot": two-pass, then an ENOT map in band space
  Restore,  ///< "restore": a network that learnt from the reference's scans as this site would have
            ///< made them
};

inline constexpr std::array<Method, 8> kMethods{
    Method::None,     Method::ZScore, Method::Nyul,   Method::HistogramMatch, Method::TwoPassHistogramMatch,
    Method::Gaussian, Method::Enot,   Method::Restore};

[[nodiscard]] std::string_view name(Method method);
/// @throws Error(Config) naming the known ones.
[[nodiscard]] Method method_named(std::string_view name);

/// Of "restore": where a site's restorer comes from.
enum class Rung : std::uint8_t {
  ZeroShot,  ///< "zero-shot": the package's shared restorer, told by statistics of the scans (seconds)
  PerSite,   ///< "per-site": a restorer of its own, taught on the reference's scans (a minute or two)
  Averaged,  ///< "averaged": the mean of what both say
  Vector,    ///< "vector": zero-shot's code, refined on pairs made of the reference's scans
  Weights,   ///< "weights": all weights of a copy of the shared restorer, refined on them
  Ladder,    ///< "ladder": zero-shot, then vector, then weights, each kept only if it does better on made
             ///< scans of people held out
};
inline constexpr std::array<Rung, 6> kRungs{Rung::ZeroShot, Rung::PerSite, Rung::Averaged,
                                            Rung::Vector,   Rung::Weights, Rung::Ladder};
[[nodiscard]] std::string_view name(Rung rung);
/// @throws Error(Config) naming these.
[[nodiscard]] Rung rung_named(std::string_view name);

}  // namespace isoscan::domain
