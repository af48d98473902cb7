#include "gates.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "isoscan/core/error.hpp"
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
constexpr double kFarSds = 5.0;       // of made scans: few of them are made, so their SD is itself uncertain
constexpr double kFarAtLeast = 0.02;  // share of the mean that is never far
constexpr double kNullShare = 0.95;

std::string printed(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f", value);
  return text.data();
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
  const auto far = [](const domain::Range& range) {
    return std::max(kFarSds * range.sd, kFarAtLeast * std::abs(range.mean));
  };
  const auto correlation = model.made_ranges.find("gradient_correlation");
  if (correlation != model.made_ranges.end() &&
      gradient_correlation < correlation->second.mean - far(correlation->second)) {
    return "edges would move: their correlation with the scan's own is " + printed(gradient_correlation) +
           ", where " + printed(correlation->second.min) + " to " + printed(correlation->second.max) +
           " is right for this site";
  }
  const auto change = model.made_ranges.find("change_rms");
  if (change != model.made_ranges.end() && change_rms > change->second.mean + far(change->second)) {
    return "the change would be " + printed(change_rms) + " of white matter (root mean square), where " +
           printed(change->second.min) + " to " + printed(change->second.max) + " is right for this site";
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
