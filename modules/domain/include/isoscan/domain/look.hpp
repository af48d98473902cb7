/// @file How the scans of a site look, in a dozen logarithms: contrast, structure of each size, noise. What
/// sites are compared by, whatever the method that was fitted.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "isoscan/domain/scan_summary.hpp"

namespace isoscan::domain {

/// Natural logarithms, of scans as prepared with white matter = 1.
struct Look {
  std::vector<std::string> names;  ///< "csf", "gm", "band0" (SD of the finest) ..., "gradient", "local_sd"
  std::vector<double> mean;        ///< over the scans
  std::vector<double> sd;          ///< from scan to scan; empty of one scan
  int scans = 0;

  [[nodiscard]] bool empty() const { return names.empty(); }
  bool operator==(const Look&) const = default;
};

/// @param scans  one level of each
/// @throws Error(Input) without scans, or where their columns differ or a number is not finite.
[[nodiscard]] Look look_of(const std::vector<const LevelSummary*>& scans);

/// What a number of a look varies by between scans of one site.
struct LookSpread {
  std::vector<double> sd;  ///< pooled over the sites; where no site has two scans a twentieth (5 %) stands in
  int freedom = 0;         ///< scans less sites; 0: not known
};
/// @throws Error(Input) without looks, or where they have other names.
[[nodiscard]] LookSpread spread_within(const std::vector<Look>& sites);

struct LookDifference {
  double distance = 0.0;  ///< root mean square over the numbers, in SDs between scans of a site
  /// Chance of a difference as large in any of the numbers, two sites of one scanner: Student's t with
  /// the pooled SD, times the numbers (Bonferroni), at most 1. 1 where the spread is not known.
  double p = 1.0;
};
/// @throws Error(Input) where they have other names.
[[nodiscard]] LookDifference difference(const Look& a, const Look& b, const LookSpread& spread);

/// Sites in the plane about the reference at 0: the two directions in which they lie furthest from it.
struct LookPlane {
  /// A site each, in SDs between scans of a site; as far from 0 as LookDifference::distance where two
  /// directions show all.
  std::vector<std::array<double, 2>> at;
  double shown = 0.0;  ///< share of the squared distances from the reference, 0..1
};
[[nodiscard]] LookPlane look_plane(const std::vector<Look>& sites, const Look& reference,
                                   const LookSpread& spread);

}  // namespace isoscan::domain
