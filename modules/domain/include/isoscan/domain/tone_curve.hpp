/// @file A monotone change of intensity: piecewise linear between knots.
#pragma once

#include <vector>

namespace isoscan::domain {

struct ToneCurve {
  std::vector<double> from;  ///< strictly rising; empty: the identity
  std::vector<double> to;    ///< rising, as many

  /// Linear between knots; beyond them parallel to the identity (slope 1), so that a bright vessel stays a
  /// bright vessel.
  [[nodiscard]] double operator()(double value) const;
  [[nodiscard]] bool identity() const { return from.empty(); }
  bool operator==(const ToneCurve&) const = default;
};

/// The curve through (from[i], to[i]); knots that do not rise by at least 1e-6 are merged, so ties are
/// harmless.
/// @throws Error(Internal) where the counts differ, Error(Numeric) where a value is not finite or fewer than
/// two are left.
[[nodiscard]] ToneCurve tone_curve(const std::vector<double>& from, const std::vector<double>& to);

}  // namespace isoscan::domain
