#include "gates.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "isoscan/core/error.hpp"
#include "isoscan/core/student.hpp"
#include "isoscan/harmonize/restoration.hpp"
#include "isoscan/quality/fidelity.hpp"

namespace isoscan::harmonize {

namespace {

using core::Error;
using core::ErrorKind;

// Beyond these nothing was measured (docs/methods.md).
constexpr double kLeastContrast = 0.3;
constexpr double kMostContrast = 4.0;
constexpr double kMostBlur = 2.5;  // voxels squared
constexpr double kMostNoise = 0.2;
constexpr double kFalseRefusals = 0.005;  // of each of the two gates on a restored scan
// What one site's made scans show of the spread between people, in logarithms: the root mean square of five
// fits (docs/methods.md), and the degrees of freedom that it is worth beside a site's own few.
constexpr double kUsualLogSd = 0.14;
constexpr double kUsualWeight = 4.0;
constexpr double kFarAtLeast = 0.02;  // share of the mean that is never far
constexpr double kNullShare = 0.95;
constexpr const char* kCure =
    "see whether it is a scan of this site, or adapt the site with --method two-pass for tone alone";

std::string printed(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f", value);
  return text.data();
}

/// How many times the mean a further person's value may be, of a positive number whose logarithm is normal:
/// prediction limit with a moderated variance (Smyth, Stat. Appl. Genet. Mol. Biol. 3, 2004), so that
/// made scans of two people neither refuse everybody nor let everything pass.
double most_ratio(double log_sd, int people) {
  const double own = std::max(0, people - 1);
  const double freedom = own + kUsualWeight;
  const double variance = (own * log_sd * log_sd + kUsualWeight * kUsualLogSd * kUsualLogSd) / freedom;
  const double t = core::student_quantile(kFalseRefusals, freedom);
  return std::exp(t * std::sqrt(variance * (1.0 + 1.0 / std::max(1, people))));
}

/// The largest that is still right of a number that is `mean` on average.
double limit(double mean, double sd, int people) {
  return mean > 0.0 ? mean * most_ratio(sd / mean, people) : 0.0;
}

}  // namespace

void require_known(const domain::Acquisition& found) {
  const auto refuse = [](const std::string& what) {
    throw Error(ErrorKind::Input, "the site's scans are too far from the reference to be restored (" + what +
                                      "): choose another reference, or --method two-pass for tone alone");
  };
  for (const domain::Estimate& e : found.contrast) {
    if (e.value < kLeastContrast || e.value > kMostContrast) refuse("tissue contrast");
  }
  for (const domain::Estimate& e : found.blur) {
    if (e.value > kMostBlur)
      refuse("point spread wider than " + std::to_string(std::sqrt(kMostBlur)).substr(0, 4) + " voxels");
  }
  if (found.noise_variance.value > kMostNoise * kMostNoise) refuse("noise");
}

bool is_known(const domain::Acquisition& found) {
  try {
    require_known(found);
  } catch (const Error&) {
    return false;
  }
  return true;
}

RestorationCheck check_restoration(const core::Volume& corrected, const core::Volume& image,
                                   const core::Mask& brain) {
  RestorationCheck check;
  check.gradient_correlation = quality::gradient_correlation(image, corrected, brain).value_or(0.0);
  double squares = 0.0;
  for (std::size_t n = 0; n < brain.voxels.size(); ++n) {
    if (brain.voxels[n] == 0) continue;
    const double d = static_cast<double>(image.voxels[n]) - static_cast<double>(corrected.voxels[n]);
    squares += d * d;
  }
  check.change_rms = std::sqrt(squares / static_cast<double>(std::max<std::size_t>(1, brain.count())));
  return check;
}

std::string RestorationCheck::problem(const domain::SiteModel& model) const {
  const int people = model.made_people;
  const auto correlation = model.made_ranges.find("gradient_correlation");
  if (correlation != model.made_ranges.end()) {
    const domain::Range& made = correlation->second;
    const double moved = std::max(limit(1.0 - made.mean, made.sd, people), 1.0 - made.mean + kFarAtLeast);
    if (gradient_correlation < 1.0 - moved) {
      return "edges would move: their correlation with the scan's own is " + printed(gradient_correlation) +
             ", where " + printed(made.min) + " to " + printed(made.max) + " is usual for this site and " +
             printed(1.0 - moved) + " the least; " + kCure;
    }
  }
  const auto change = model.made_ranges.find("change_rms");
  if (change != model.made_ranges.end()) {
    const domain::Range& made = change->second;
    const double most = std::max(limit(made.mean, made.sd, people), (1.0 + kFarAtLeast) * made.mean);
    if (change_rms > most) {
      return "the change would be " + printed(change_rms) + " of white matter (root mean square), where " +
             printed(made.min) + " to " + printed(made.max) + " is usual for this site and " + printed(most) +
             " the most; " + kCure;
    }
  }
  return {};
}

bool nothing_to_do(const domain::SiteModel& model) {
  if (model.method != domain::Method::Restore || model.null_surprise.empty()) return false;
  if (!model.acquisition.detail.empty() || !model.acquisition.noise_colour.empty())
    return false;  // its spectra differ by more than chance
  const auto last = static_cast<double>(model.null_surprise.size() - 1);
  return model.surprise <= model.null_surprise[static_cast<std::size_t>(kNullShare * last)];
}

}  // namespace isoscan::harmonize
