#include "isoscan/evaluate/measures.hpp"

#include <array>
#include <limits>
#include <string_view>

namespace isoscan::evaluate {

namespace {

using report::Direction;
using report::Range;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Known {
  std::string_view test;
  std::string_view name;
  std::string_view title;
  std::string_view unit;
  Direction direction = Direction::Neither;
  double aim = 0.0;
  std::optional<Range> wanted;
  std::string_view definition;
};

constexpr std::optional<Range> kOpen = std::nullopt;
constexpr std::string_view kWhite = "of white matter";

// What is asked for (`wanted`) is the table at the top of docs/evaluate.md.
constexpr std::array kMeasures{
    // --- travellers: against the truth, in the brain, white matter = 1
    Known{"travellers", "psnr_db", "PSNR", "dB", Direction::Higher, 0.0, kOpen,
          "Peak signal to noise ratio against the truth: -10 log10 of the mean squared error, white matter = "
          "1. "
          "20 dB are a typical error of 0.1, 40 dB of 0.01. It likes blur: read it beside edge energy."},
    Known{"travellers", "ssim", "SSIM", "", Direction::Higher, 0.0, kOpen,
          "Structural similarity to the truth (Wang et al. 2004), cubes of 7 voxels, mean over the brain: "
          "local "
          "brightness, contrast and pattern together. 1 is equal."},
    Known{"travellers", "mae", "Mean absolute error", kWhite, Direction::Lower, 0.0, kOpen,
          "Mean over the brain's voxels of the absolute difference to the truth. 0 is equal."},
    Known{"travellers", "gradient_energy", "Edge energy", "", Direction::Near, 1.0, kOpen,
          "Gradient energy over the truth's, at the tenth of the voxels where the truth's edges are "
          "strongest. 1 "
          "is as sharp, below 1 is blur, above 1 is noise or ringing."},
    Known{"travellers", "gradient_correlation", "Edge correlation", "", Direction::Higher, 0.0, kOpen,
          "Correlation of the gradient vectors with the truth's: are edges where they belong? 1 is equal."},
    Known{
        "travellers", "gm_wm_error", "Grey/white contrast error", "", Direction::Near, 0.0, kOpen,
        "Mean grey over mean white matter, less the same of the truth. Above 0: the contrast is too small."},
    Known{"travellers", "csf_error", "CSF error", kWhite, Direction::Near, 0.0, kOpen,
          "Mean brightness of cerebrospinal fluid, less the truth's."},
    Known{"travellers", "gm_error", "Grey matter error", kWhite, Direction::Near, 0.0, kOpen,
          "Mean brightness of grey matter, less the truth's."},
    Known{"travellers", "wm_error", "White matter error", kWhite, Direction::Near, 0.0, kOpen,
          "Mean brightness of white matter, less the truth's."},
    Known{"travellers", "wm_sd", "White matter SD", "", Direction::Neither, 0.0, kOpen,
          "SD of white matter over its mean: receive field that is left, and noise. Blur makes it small too, "
          "so "
          "small alone is not good."},
    Known{"travellers", "coverage_90", "Coverage of the 90 % interval", "", Direction::Neither, 0.0,
          Range{0.85, 0.95},
          "Share of the brain's voxels whose truth lies within the half-width that the method states. 0.9 is "
          "true; above, it is too careful, below, too sure of itself. Only methods that state one have it."},
    Known{"travellers", "coverage_90_csf", "Coverage, CSF", "", Direction::Neither, 0.0, kOpen,
          "Coverage of the 90 % interval in cerebrospinal fluid."},
    Known{"travellers", "coverage_90_gm", "Coverage, grey matter", "", Direction::Neither, 0.0, kOpen,
          "Coverage of the 90 % interval in grey matter."},
    Known{"travellers", "coverage_90_wm", "Coverage, white matter", "", Direction::Neither, 0.0, kOpen,
          "Coverage of the 90 % interval in white matter."},
    Known{"travellers", "coverage_90_edges", "Coverage, edges", "", Direction::Neither, 0.0, kOpen,
          "Coverage of the 90 % interval in the tenth of the voxels where the image's own edges are "
          "strongest."},
    Known{"travellers", "half_width_90", "Half-width of the 90 % interval", kWhite, Direction::Neither, 0.0,
          kOpen, "Mean over the brain: by how much the method says that a voxel may be off."},
    Known{"travellers", "lesion_contrast_ratio", "Lesion contrast", "", Direction::Near, 1.0,
          Range{0.95, 1.05},
          "Contrast of made-up lesions to the white matter around them, over that in the truth. 1 is kept, 0 "
          "is "
          "lost. Judge beside none and the baseline, which keep what the scan still holds."},
    Known{"travellers", "lesion_contrast_d0.30", "Lesion contrast, clear lesions", "", Direction::Near, 1.0,
          Range{0.95, 1.05}, "Lesion contrast, lesions darker than white matter by three tenths alone."},
    Known{"travellers", "lesion_contrast_dark", "Lesion contrast, dark", "", Direction::Near, 1.0,
          Range{0.95, 1.05}, "Lesion contrast, lesions darker than white matter alone."},
    Known{"travellers", "lesion_contrast_bright", "Lesion contrast, bright", "", Direction::Near, 1.0,
          Range{0.95, 1.05}, "Lesion contrast, lesions brighter than white matter alone."},
    // --- rescan
    Known{"rescan", "ratio", "Difference ratio", "", Direction::Near, 1.0, Range{0.95, 1.0},
          "Root mean square difference between a person's two sessions, after over before harmonizing. Above "
          "1 a "
          "difference is invented; far below 1 a difference, or detail, is taken away."},
    Known{"rescan", "contrast_ratio", "Difference ratio per contrast", "", Direction::Near, 1.0,
          Range{0.95, 1.0},
          "The difference ratio with each difference in units of the brain's SD: a method that stretches "
          "contrast stretches differences by that alone."},
    Known{"rescan", "difference", "Difference", kWhite, Direction::Neither, 0.0, kOpen,
          "Root mean square difference between the two sessions after harmonizing. A method that shrinks "
          "contrast "
          "shrinks it too."},
    Known{"rescan", "correlation", "Correlation of sessions", "", Direction::Higher, 0.0, kOpen,
          "Correlation between the two sessions in the brain, after harmonizing. 1 is equal."},
    Known{
        "rescan", "quantile_ratio", "Histogram difference ratio", "", Direction::Neither, 0.0, kOpen,
        "Root mean square difference between the two sessions' quantile functions, after over before. Near 0 "
        "where histograms are made equal by force, which would also hide a change: no sign of quality."},
    // --- sites
    Known{"sites", "patch_accuracy", "Patch accuracy", "", Direction::Lower, 0.0, kOpen,
          "How often a random forest tells from a patch which site it is of; people held out whole. 0.5 is "
          "chance; less than the null leaves nothing to see."},
    Known{"sites", "patch_auc", "Patch AUC", "", Direction::Lower, 0.0, kOpen,
          "Area under the curve of people's votes by the same forest: can a whole person be told? 0.5 is "
          "chance; "
          "compare with the null."},
    Known{"sites", "image_accuracy", "Image accuracy", "", Direction::Lower, 0.0, kOpen,
          "How often a ridge classifier on whole-image measures and quantiles tells a person's site, one "
          "person "
          "left out at a time. 0.5 is chance; compare with the null."},
    Known{"sites", "image_auc", "Image AUC", "", Direction::Lower, 0.0, kOpen,
          "Area under the curve of the same classifier. 0.5 is chance; compare with the null."},
    Known{
        "sites", "patch_distance", "Patch distance", kWhite, Direction::Lower, 0.0, kOpen,
        "Sliced Wasserstein distance between the sites' raw patches of 3 x 3 x 3 voxels, a space in which no "
        "method is trained. Compare with the null."},
    Known{"sites", "quantile_distance", "Histogram distance", kWhite, Direction::Lower, 0.0, kOpen,
          "Root mean square difference between the sites' mean quantile functions. Compare with the null."},
    Known{"sites", "csf_points", "CSF volume change", "percentage points", Direction::Near, 0.0,
          Range{-2.0, 2.0},
          "CSF's share of the brain after less before harmonizing: anatomy must not change."},
    Known{"sites", "gm_points", "Grey matter volume change", "percentage points", Direction::Near, 0.0,
          Range{-2.0, 2.0}, "Grey matter's share of the brain after less before harmonizing."},
    Known{"sites", "wm_points", "White matter volume change", "percentage points", Direction::Near, 0.0,
          Range{-2.0, 2.0}, "White matter's share of the brain after less before harmonizing."},
    // --- controls
    Known{"controls", "psnr_db", "PSNR to the input", "dB", Direction::Higher, 0.0, kOpen,
          "Harmonized against not harmonized: nothing was to be changed. 100 where no voxel changed."},
    Known{"controls", "unchanged", "Unchanged", "of runs", Direction::Higher, 0.0, kOpen,
          "Share of runs in which no voxel changed."},
    Known{"controls", "held", "Held", "of runs", Direction::Higher, 0.0, Range{0.95, kInfinity},
          "Share of runs that are unchanged or nearly so (the notes say within how many dB)."},
    Known{"controls", "change", "Mean change", kWhite, Direction::Lower, 0.0, kOpen,
          "Mean absolute change of the brain's voxels. 0 is right here."},
    // --- longitudinal
    Known{
        "longitudinal", "per_grey_ratio_1", "Lesion per grey contrast, first", "", Direction::Near, 1.0,
        kOpen,
        "Lesion contrast over grey matter's contrast in the same image, after over before, first time point. "
        "Lesions rightly follow a reference of another tissue contrast; this takes that out. 1 is kept."},
    Known{"longitudinal", "per_grey_ratio_2", "Lesion per grey contrast, second", "", Direction::Near, 1.0,
          kOpen, "The same at the second time point."},
    Known{
        "longitudinal", "contrast_ratio_1", "Lesion contrast, first", "", Direction::Neither, 0.0, kOpen,
        "Lesion contrast after over before harmonizing, first time point. It follows the reference's tissue "
        "contrast: judge by the one per grey contrast."},
    Known{"longitudinal", "contrast_ratio_2", "Lesion contrast, second", "", Direction::Neither, 0.0, kOpen,
          "The same at the second time point."},
    Known{"longitudinal", "volume_ratio_1", "Lesion volume, first", "", Direction::Near, 1.0, kOpen,
          "Lesion volume at half contrast, after over before harmonizing, first time point. 1 is kept."},
    Known{"longitudinal", "volume_ratio_2", "Lesion volume, second", "", Direction::Near, 1.0, kOpen,
          "The same at the second time point."},
    Known{"longitudinal", "change_before", "Change before", "ml", Direction::Neither, 0.0, kOpen,
          "Lesion volume of the second less the first time point, before harmonizing."},
    Known{"longitudinal", "change_after", "Change after", "ml", Direction::Neither, 0.0, kOpen,
          "The same after harmonizing."},
    Known{"longitudinal", "kept", "Change kept", "", Direction::Near, 1.0, kOpen,
          "Change after over change before: 1 is kept, 0 is hidden. Absent where nothing changed."},
    // --- bias
    Known{"bias", "left_sd", "Field left", "log units", Direction::Lower, 0.0, kOpen,
          "SD of the log ratio of the two reconstructions less the difference of the two found fields. 0 is "
          "perfect."},
    Known{"bias", "explained", "Field explained", "", Direction::Higher, 0.0, kOpen,
          "Share of the variance of the log ratio that the found fields explain. 1 is perfect, 0 is none, "
          "below 0 "
          "is harm."},
    Known{"bias", "correlation", "Correlation of fields", "", Direction::Higher, 0.0, kOpen,
          "Correlation of the found field and the log ratio."},
    Known{"bias", "truth_sd", "Field itself", "log units", Direction::Neither, 0.0, kOpen,
          "SD of the log ratio: how much field there was to find."},
    Known{"bias", "wm_sd_raw", "White matter SD, raw", "", Direction::Neither, 0.0, kOpen,
          "SD of white matter over its mean in the raw reconstruction. Noise is in it."},
    Known{"bias", "wm_sd_normalised", "White matter SD, normalised", "", Direction::Neither, 0.0, kOpen,
          "The same in the normalised reconstruction."},
};

struct Line {
  std::string_view name;
  std::string_view text;
};

constexpr std::array kRows{
    Line{"none", "Bias-corrected and white matter = 1, as every scan here; nothing more."},
    Line{"zscore", "Mean and SD of the brain brought to the reference's."},
    Line{"nyul", "Landmarks of each scan's histogram brought to the reference's (Nyul and Udupa)."},
    Line{"histogram", "Each scan's histogram matched to the reference's."},
    Line{"two-pass",
         "One histogram match for the whole site, the bias field estimated once more, and matched again."},
    Line{"gaussian", "After two-pass: the linear optimal map between the sites' local texture."},
    Line{"enot", "After two-pass: a learnt optimal transport map between the sites' local texture."},
    Line{"restore",
         "The site's scanner is estimated, scans as it would make them are made from the reference's, and a "
         "network learns from these pairs what a scan lacks."},
    Line{"two-pass, true bias",
         "Two-pass told the true receive field: what a perfect bias estimate would be worth."},
    Line{"restore, true pairs", "Restore told the true pairs: what learning without them costs."},
    Line{"null: reference halves",
         "The reference against itself: what chance leaves. No method needs to do better."},
    Line{"first pass", "The field that preparing a scan finds."},
};

constexpr std::array kQuestions{
    Line{"travellers",
         "Real people seen again through a virtual scanner: how near does each method come to the truth, "
         "which is "
         "known voxel by voxel?"},
    Line{"rescan", "People scanned twice at one scanner: is a difference invented, or hidden?"},
    Line{"sites", "Two real scanners: what does a classifier still see, and what became of tissue?"},
    Line{"longitudinal", "People with lesions at two times: are lesions, and their change, kept?"},
    Line{"bias", "One acquisition, reconstructed twice: is the receive field found?"},
    Line{"controls", "Nothing is there to be harmonized: is nothing done?"},
};

template <class Lines>
std::string text_of(const Lines& lines, const std::string& name) {
  for (const Line& line : lines) {
    if (line.name == name) return std::string(line.text);
  }
  return {};
}

}  // namespace

report::OutcomeMetric measure_named(const std::string& test, const std::string& measure) {
  report::OutcomeMetric metric;
  metric.key = measure;
  metric.title = measure;
  for (const Known& known : kMeasures) {
    if (known.test != test || known.name != measure) continue;
    metric.title = known.title;
    metric.unit = known.unit;
    metric.direction = known.direction;
    metric.aim = known.aim;
    metric.wanted = known.wanted;
    metric.definition = known.definition;
  }
  return metric;
}

std::string row_explanation(const std::string& method) {
  return text_of(kRows, method);
}

std::string question_of(const std::string& test) {
  return text_of(kQuestions, test);
}

}  // namespace isoscan::evaluate
