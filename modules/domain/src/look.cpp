#include "isoscan/domain/look.hpp"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/students_t.hpp>

#include "isoscan/core/error.hpp"

namespace isoscan::domain {

namespace {

using core::Error;
using core::ErrorKind;

constexpr double kStandIn = 0.05;  // of a spread that is not known
constexpr double kDark = 1e-6;     // white matter = 1
constexpr double kLeastSd = 1e-3;  // of a logarithm: rounding, and scans that are copies

std::vector<std::string> names_of(const LevelSummary& level) {
  std::vector<std::string> names{"csf", "gm"};
  const std::size_t bands = level.band_sd_mm.size() + 1;
  for (std::size_t b = 0; b < bands; ++b) names.push_back("band" + std::to_string(b));
  names.insert(names.end(), {"gradient", "local_sd"});
  return names;
}

std::vector<double> numbers_of(const LevelSummary& level) {
  const std::size_t bands = level.band_sd_mm.size() + 1;
  if (level.feature_sd.size() < bands + 2 || level.feature_mean.size() < bands + 2)
    throw Error(ErrorKind::Input, "the scans' numbers lack columns of the band space");
  const auto tissue = [&](core::Tissue t) { return level.tissue_mean[static_cast<std::size_t>(t)]; };
  std::vector<double> numbers{tissue(core::Tissue::Csf) / tissue(core::Tissue::WhiteMatter),
                              tissue(core::Tissue::GreyMatter) / tissue(core::Tissue::WhiteMatter)};
  numbers.insert(numbers.end(), level.feature_sd.begin(),
                 level.feature_sd.begin() + static_cast<std::ptrdiff_t>(bands));
  numbers.push_back(level.feature_mean[bands]);
  numbers.push_back(level.feature_mean[bands + 1]);
  for (double& v : numbers) {
    if (!std::isfinite(v)) throw Error(ErrorKind::Input, "a number of a scan is not finite");
    v = std::log(std::max(kDark, v));
  }
  return numbers;
}

void require_same(const Look& a, const Look& b) {
  if (a.names != b.names)
    throw Error(ErrorKind::Input, "the sites were summed up in different ways and cannot be compared");
}

}  // namespace

Look look_of(const std::vector<const LevelSummary*>& scans) {
  if (scans.empty()) throw Error(ErrorKind::Input, "no scan to describe a site by");
  Look look;
  look.names = names_of(*scans.front());
  look.scans = static_cast<int>(scans.size());
  look.mean.assign(look.names.size(), 0.0);
  std::vector<std::vector<double>> all;
  for (const LevelSummary* scan : scans) {
    if (names_of(*scan) != look.names)
      throw Error(ErrorKind::Input, "the scans of a site were summed up in different ways");
    all.push_back(numbers_of(*scan));
    for (std::size_t j = 0; j < look.mean.size(); ++j)
      look.mean[j] += all.back()[j] / static_cast<double>(scans.size());
  }
  if (scans.size() < 2) return look;
  look.sd.assign(look.names.size(), 0.0);
  for (const std::vector<double>& one : all) {
    for (std::size_t j = 0; j < look.sd.size(); ++j) look.sd[j] += std::pow(one[j] - look.mean[j], 2.0);
  }
  for (double& v : look.sd) v = std::sqrt(v / static_cast<double>(scans.size() - 1));
  return look;
}

LookSpread spread_within(const std::vector<Look>& sites) {
  if (sites.empty()) throw Error(ErrorKind::Input, "no site to compare");
  LookSpread spread;
  spread.sd.assign(sites.front().names.size(), 0.0);
  for (const Look& site : sites) {
    require_same(site, sites.front());
    if (site.sd.empty()) continue;
    spread.freedom += site.scans - 1;
    for (std::size_t j = 0; j < spread.sd.size(); ++j)
      spread.sd[j] += static_cast<double>(site.scans - 1) * site.sd[j] * site.sd[j];
  }
  for (double& v : spread.sd)
    v = spread.freedom > 0 ? std::max(kLeastSd, std::sqrt(v / static_cast<double>(spread.freedom)))
                           : kStandIn;
  return spread;
}

LookDifference difference(const Look& a, const Look& b, const LookSpread& spread) {
  require_same(a, b);
  LookDifference out;
  double largest = 0.0;
  for (std::size_t j = 0; j < a.mean.size(); ++j) {
    const double sds = std::abs(a.mean[j] - b.mean[j]) / spread.sd[j];
    out.distance += sds * sds;
    largest = std::max(largest, sds);
  }
  const auto numbers = static_cast<double>(a.mean.size());
  out.distance = std::sqrt(out.distance / numbers);
  if (spread.freedom < 1) return out;
  const double error = std::sqrt(1.0 / std::max(1, a.scans) + 1.0 / std::max(1, b.scans));
  const boost::math::students_t t(spread.freedom);
  out.p = std::min(1.0, 2.0 * numbers * boost::math::cdf(boost::math::complement(t, largest / error)));
  return out;
}

}  // namespace isoscan::domain
