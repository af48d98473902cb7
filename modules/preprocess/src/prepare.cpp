#include "isoscan/preprocess/prepare.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>

#include "isoscan/core/error.hpp"
#include "isoscan/preprocess/bias.hpp"
#include "isoscan/preprocess/brain_mask.hpp"
#include "isoscan/preprocess/contrast.hpp"
#include "isoscan/preprocess/morphology.hpp"
#include "isoscan/preprocess/resample.hpp"
#include "isoscan/preprocess/tissue.hpp"

namespace isoscan::preprocess {

namespace {

/// Of the brain: more voxels without a number than that, and what was guessed there weighs.
constexpr double kMostNotFinite = 0.01;

template <class... Values>
std::string words(const char* format, Values... values) {
  char line[256];
  std::snprintf(line, sizeof line, format, values...);
  return line;
}

/// Not-a-number and infinite voxels become 0; returns where they were. @throws Error(Input) for a constant
/// image.
core::Mask clean(core::Volume& volume) {
  core::Mask bad(volume.grid);
  for (std::size_t n = 0; n < volume.voxels.size(); ++n) {
    if (std::isfinite(volume.voxels[n])) continue;
    volume.voxels[n] = 0.0F;
    bad.voxels[n] = 1;
  }
  const auto [low, high] = std::minmax_element(volume.voxels.begin(), volume.voxels.end());
  if (*low == *high)
    throw core::Error(core::ErrorKind::Input, "every voxel has the same value: there is no image");
  if (*high <= 0.0F) throw core::Error(core::ErrorKind::Input, "no voxel is above 0: there is no T1w image");
  return bad;
}

/// What to say of voxels that were not finite; empty where there were none. Many tools write not-a-number
/// outside the brain, which harms nothing. @throws Error(Input) where too much of the brain has no number.
std::string about_not_finite(const core::Mask& bad, const core::Mask& brain) {
  const std::size_t count = bad.count();
  if (count == 0) return {};
  const core::Mask inside = brain.grid == bad.grid ? brain : resample_nearest(brain, bad.grid);
  std::size_t in_brain = 0;
  for (std::size_t n = 0; n < bad.voxels.size(); ++n) in_brain += bad.voxels[n] & inside.voxels[n];
  const double share =
      static_cast<double>(in_brain) / static_cast<double>(std::max<std::size_t>(1, inside.count()));
  if (share > kMostNotFinite) {
    throw core::Error(
        core::ErrorKind::Input,
        words("%zu voxels of the brain (%.1f %%) are not finite (not-a-number or infinite), more than "
              "%.0f %%: write the scan again from where it came from",
              in_brain, 100.0 * share, 100.0 * kMostNotFinite));
  }
  return words(
      "%zu voxels were not finite (not-a-number or infinite), %zu of them in the brain: they count as 0",
      count, in_brain);
}

/// The head around a brain that was given: what is not air, in one piece, without holes.
void find_head_around_brain(const core::Volume& image, BrainMask& masks) {
  std::vector<float> inside = core::values_in(image, masks.brain);
  const auto air = static_cast<float>(0.12 * core::quantile(inside, 0.5));
  core::Mask head = core::above(image, air);
  for (std::size_t n = 0; n < head.voxels.size(); ++n) head.voxels[n] |= masks.brain.voxels[n];
  // Holes first: dark skull may part the brain from the scalp.
  head = largest_component(fill_holes(head));
  for (std::size_t n = 0; n < head.voxels.size(); ++n) head.voxels[n] |= masks.brain.voxels[n];
  // Skull and scalp are half as large as the brain or more; what stays around a stripped one is a rim of
  // dura.
  masks.skull_stripped = head.volume_ml() < 1.15 * masks.brain.volume_ml();
  masks.head = masks.skull_stripped ? masks.brain : head;
}

BrainMask find_masks(const core::Volume& image, const std::optional<core::Mask>& given,
                     const core::Context& context) {
  if (!given) return estimate_brain_mask(image, context);
  BrainMask masks;
  masks.brain = given->grid == image.grid ? *given : resample_nearest(*given, image.grid);
  if (masks.brain.count() == 0) {
    throw core::Error(core::ErrorKind::Input,
                      "the given brain mask is empty on this scan: do they belong together?");
  }
  find_head_around_brain(image, masks);
  return masks;
}

void require_plausible(const core::Mask& brain) {
  const double ml = brain.volume_ml();
  if (ml >= kSmallestBrainMl && ml <= kLargestBrainMl) return;
  throw core::Error(
      core::ErrorKind::Input,
      words(
          "a brain of %.0f ml is not plausible (%.0f to %.0f ml): give a brain mask, or leave this scan out",
          ml, kSmallestBrainMl, kLargestBrainMl));
}

/// How deep in the brain its voxels lie, on a coarse grid.
class Depth {
 public:
  explicit Depth(const core::Mask& brain) {
    constexpr double kCoarseMm = 3.0;
    brain_ = resample_nearest(brain, core::with_spacing(brain.grid, kCoarseMm));
    core::Mask outside = brain_;
    for (auto& v : outside.voxels) v = v != 0 ? 0 : 1;
    mm_ = outside.count() > 0 ? distance_to(outside) : core::Volume(brain_.grid);
  }

  /// Mean distance to the outside, in mm, of what `share` holds.
  [[nodiscard]] double mean_of(const core::Volume& share) const {
    const core::Volume coarse = resample_linear(share, brain_.grid, {});
    double sum = 0.0;
    double weight = 1e-9;
    for (std::size_t n = 0; n < coarse.voxels.size(); ++n) {
      sum += static_cast<double>(coarse.voxels[n]) * mm_.voxels[n];
      weight += coarse.voxels[n];
    }
    return sum / weight;
  }

  /// Whether the brightest third of the brain lies deeper than the middle one: needs no tissue classes.
  [[nodiscard]] bool bright_lies_inside(const core::Volume& image) const {
    const core::Volume coarse = resample_linear(image, brain_.grid, {});
    std::vector<float> values = core::values_in(coarse, brain_);
    if (values.empty()) return true;
    const double upper = core::quantile(values, 2.0 / 3.0);
    const double lower = core::quantile(values, 1.0 / 3.0);
    core::Volume bright(brain_.grid);
    core::Volume middle(brain_.grid);
    for (std::size_t n = 0; n < coarse.voxels.size(); ++n) {
      if (brain_.voxels[n] == 0 || coarse.voxels[n] < lower) continue;
      (coarse.voxels[n] > upper ? bright : middle).voxels[n] = 1.0F;
    }
    return mean_of(bright) >= mean_of(middle);
  }

 private:
  core::Mask brain_;
  core::Volume mm_;
};

[[noreturn]] void refuse_contrast() {
  throw core::Error(
      core::ErrorKind::Input,
      "not T1w-like: white matter is not the brightest tissue (the brightest lies at the surface and around "
      "CSF, as "
      "grey matter does in FLAIR, T2w and proton density): leave scans of another contrast out");
}

/// White matter lies under the grey; where the brightest tissue lies outside of the middle one, it is not
/// white matter.
void require_t1_contrast(const Depth& depth, const TissueFit& fit) {
  std::array<double, core::kTissueCount> mm{};
  for (std::size_t k = 0; k < mm.size(); ++k) mm[k] = depth.mean_of(fit.maps.posterior[k]);
  const bool bright_rim = mm[2] < mm[1];
  const bool dark_core = fit.weight[0] > 0.3 && mm[0] > mm[1] && mm[0] > mm[2];
  if (bright_rim || dark_core) refuse_contrast();
}

std::size_t voxels_on_border(const core::Mask& mask) {
  const auto& size = mask.grid.size;
  std::size_t count = 0;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      const bool face = k == 0 || j == 0 || k + 1 == size[2] || j + 1 == size[1];
      for (std::int64_t i = 0; i < size[0]; i += face || size[0] == 1 ? 1 : size[0] - 1) {
        count += mask.voxels[mask.grid.index(i, j, k)];
      }
    }
  }
  return count;
}

std::vector<std::string> warnings_for(const core::Volume& native, const std::string& not_finite,
                                      const Prepared& prepared, const TissueFit& fit) {
  std::vector<std::string> warnings;
  const core::Vec3 spacing = native.grid.spacing_mm();
  const auto [thin, thick] = std::minmax_element(spacing.begin(), spacing.end());
  if (*thick > 2.6 || *thick > 2.05 * *thin) {
    warnings.push_back(words(
        "voxels of %.1f mm along one axis and %.1f mm along another: detail along the thick one is lost",
        *thick, *thin));
  }
  if (!not_finite.empty()) warnings.push_back(not_finite);
  if (fit.weight[0] < 0.03) {
    warnings.push_back(words("hardly any CSF in the brain mask (%.1f %%): the CSF level is uncertain",
                             100.0 * fit.weight[0]));
  }
  if (fit.mean[1] > 0.93 * fit.mean[2]) {
    warnings.push_back(words("grey matter is %.0f %% as bright as white matter: tissue classes are uncertain",
                             100.0 * fit.mean[1] / fit.mean[2]));
  }
  const double on_border = static_cast<double>(voxels_on_border(prepared.brain));
  const double surface = std::pow(static_cast<double>(prepared.brain.count()), 2.0 / 3.0);
  // Stripped scans are cut tight: a few voxels on the border are no cut.
  if (on_border > 0.1 * surface)
    warnings.push_back("the brain reaches the border of the image: part of it may be missing");
  return warnings;
}

}  // namespace

Prepared prepare(const core::Volume& native, const std::optional<core::Mask>& brain,
                 const PrepareOptions& options, const core::Context& context) {
  if (const char* problem = native.grid.problem(); *problem != '\0') {
    throw core::Error(core::ErrorKind::Geometry, problem);
  }
  core::Volume cleaned = native;
  const core::Mask bad = clean(cleaned);
  const core::Volume source =
      to_working_grid(cleaned, options.working_spacing_mm, context.slice(0.0, 0.1, "working grid"));

  BrainMask masks = find_masks(source, brain, context.slice(0.1, 0.38, "brain mask"));
  require_plausible(masks.brain);
  const std::string not_finite = about_not_finite(bad, masks.brain);
  // On the scan as it came: a coarse working grid would mix cortex with what lies beside it.
  const ContrastOrder order = contrast_order(cleaned, masks.brain, context.slice(0.38, 0.4, "contrast"));
  if (order.against_t1w()) refuse_contrast();
  cleaned = {};

  Prepared prepared;
  TissueFit fit;
  const Depth depth(masks.brain);
  try {
    prepared.log_bias = estimate_log_bias(source, masks.brain, context.slice(0.4, 0.8, "bias field"));
    prepared.image = divide_bias(source, prepared.log_bias);
    fit = classify_tissue(prepared.image, masks.brain, context.slice(0.8, 0.95, "tissue"));
    prepared.white_matter = white_matter_level(prepared.image, fit.maps);
  } catch (const core::Error& error) {
    // What breaks down here does so because of what the image shows.
    if (error.kind() != core::ErrorKind::Numeric) throw;
    if (!order.known && !depth.bright_lies_inside(source)) refuse_contrast();
    throw core::Error(core::ErrorKind::Input,
                      std::string("no T1w brain is seen in the mask: ") + error.what());
  }
  require_t1_contrast(depth, fit);
  const auto scale = static_cast<float>(1.0 / prepared.white_matter);
  for (float& v : prepared.image.voxels) v *= scale;
  prepared.brain = std::move(masks.brain);
  prepared.head = std::move(masks.head);
  prepared.skull_stripped = masks.skull_stripped;
  prepared.warnings = warnings_for(native, not_finite, prepared, fit);
  prepared.tissue = std::move(fit.maps);
  context.progress.report(1.0);
  return prepared;
}

}  // namespace isoscan::preprocess
