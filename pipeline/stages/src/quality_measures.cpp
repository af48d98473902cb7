#include "quality_measures.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "isoscan/core/error.hpp"
#include "isoscan/core/smooth.hpp"
#include "isoscan/core/student.hpp"
#include "isoscan/preprocess/tissue.hpp"
#include "isoscan/quality/anatomy.hpp"
#include "isoscan/quality/image_quality.hpp"

namespace isoscan::stages {

namespace {

using report::Direction;

struct Described {
  const char* name;  ///< of quality::measure_image_quality
  const char* label;
  Direction direction;
  const char* text;
  bool cannot_change = false;  ///< of the tissue classes alone, which are the input's before and after
};

constexpr std::array<Described, 15> kImageQuality{{
    {"cjv", "CJV", Direction::Lower,
     "Coefficient of joint variation: (MAD of white matter + MAD of grey matter) / difference of their "
     "medians."},
    {"cnr", "CNR", Direction::Higher,
     "Contrast to noise: difference of grey and white matter's medians / sqrt(SD air^2 + SD white^2 + SD "
     "grey^2)."},
    {"cnr_tissue", "CNR of tissue", Direction::Higher,
     "Contrast to noise without air: difference of the medians / sqrt(SD white^2 + SD grey^2). Not in "
     "MRIQC."},
    {"snr_csf", "SNR, CSF", Direction::Higher, "Signal to noise: median / SD in CSF."},
    {"snr_gm", "SNR, grey matter", Direction::Higher, "Signal to noise: median / SD in grey matter."},
    {"snr_wm", "SNR, white matter", Direction::Higher, "Signal to noise: median / SD in white matter."},
    {"snrd_total", "SNR by air", Direction::Higher,
     "Dietrich's signal to noise: median / (MAD of air x sqrt(2 / (4 - pi))), mean over tissues."},
    {"wm2max", "White matter / maximum", Direction::Neither,
     "Median of white matter over the 99.95th percentile of the image; 0.6 to 0.8 is usual with the scalp."},
    {"efc", "EFC", Direction::Lower, "Entropy focus criterion: ghosts and blur spread the image's energy."},
    {"fber", "FBER", Direction::Higher,
     "Foreground to background energy: median energy of the head / of air."},
    {"rpve_csf", "Partial volume, CSF", Direction::Lower, "Residual partial volume error of CSF.", true},
    {"rpve_gm", "Partial volume, grey matter", Direction::Lower,
     "Residual partial volume error of grey matter.", true},
    {"rpve_wm", "Partial volume, white matter", Direction::Lower,
     "Residual partial volume error of white matter.", true},
    {"icvs_gm", "Share of grey matter", Direction::Neither, "Grey matter's share of the brain's volume.",
     true},
    {"icvs_wm", "Share of white matter", Direction::Neither, "White matter's share of the brain's volume.",
     true},
}};

/// Where scans that are made for a site, whose truth is known, are not measured.
constexpr const char* kNoLimit = " No limit known: it was not measured on made scans, whose truth is known.";

quality::ImageQuality quality_of(const preprocess::Prepared& scan, const core::TissueMaps& tissue) {
  return quality::measure_image_quality(scan.image, scan.head, scan.brain, tissue);
}

report::Measure measure(const std::string& label, std::optional<double> value, const std::string& why,
                        Direction direction, const std::string& text) {
  report::Measure made;
  made.name = label;
  made.value = value;
  if (!value) made.not_applicable = why;
  made.direction = direction;
  made.explanation = text;
  return made;
}

report::Range within_law(double mean, double sd, int scans) {
  const double rounding = 1e-9 * std::abs(mean);  // scans that are all alike
  const double reach = std::max(rounding, core::prediction_reach(report::kOutsideByChance, scans) * sd);
  return {mean - reach, mean + reach};
}

/// Darker than 0.8 of white matter, where three quarters of what lies within 3 mm (Gaussian) is white matter.
core::Mask dark_spots(const preprocess::Prepared& scan, const core::Context& context) {
  constexpr double kWithin_mm = 3.0;
  const core::Volume& white = scan.tissue[core::Tissue::WhiteMatter];
  const core::Volume around = core::gaussian(white, kWithin_mm, context);
  core::Mask spots(scan.image.grid);
  for (std::size_t n = 0; n < spots.voxels.size(); ++n) {
    spots.voxels[n] =
        scan.brain.voxels[n] != 0 && around.voxels[n] > 0.75F && scan.image.voxels[n] < 0.8F ? 1 : 0;
  }
  return spots;
}

}  // namespace

ScanValues image_quality_values(const preprocess::Prepared& scan) {
  const quality::ImageQuality found = quality_of(scan, scan.tissue);
  ScanValues values;
  for (const Described& each : kImageQuality) {
    if (const auto& value = found.find(each.name)->value) values[each.name] = *value;
  }
  return values;
}

std::optional<report::Range> usual(const domain::Range& seen, int fewest) {
  if (seen.scans < std::max(2, fewest)) return std::nullopt;
  const report::Range law = within_law(seen.mean, seen.sd, seen.scans);
  return report::Range{std::min(seen.min, law.low), std::max(seen.max, law.high)};
}

std::optional<report::Range> usual_of_others(const domain::Range& seen, double value, int fewest) {
  const int others = seen.scans - 1;
  if (others < std::max(2, fewest)) return std::nullopt;
  const double n = seen.scans;
  const double off = value - seen.mean;
  const double squares = (n - 1.0) * seen.sd * seen.sd - off * off * n / (n - 1.0);
  return within_law(seen.mean - off / (n - 1.0), std::sqrt(std::max(0.0, squares) / (n - 2.0)), others);
}

void compare(report::Measure& measure, const std::string& name, const KnownScans& known) {
  if (const auto found = known.reference.find(name); found != known.reference.end()) {
    domain::Range seen = found->second;
    if (seen.scans == 0) seen.scans = known.reference_people;
    measure.reference = usual(seen, report::kFewestPeople);
    measure.reference_mean = seen.mean;
    measure.reference_sd = seen.sd;
    measure.reference_people = seen.scans;
  }
  if (const auto found = known.site.find(name); found != known.site.end() && found->second.scans > 0) {
    measure.site = known.among_them && measure.before
                       ? usual_of_others(found->second, *measure.before, kFewestOfSite)
                       : usual(found->second, kFewestOfSite);
    measure.fitted = found->second.mean;
    measure.fitted_sd = found->second.sd;
  }
}

void add_image_quality(std::vector<report::Measure>& measures, const preprocess::Prepared& before,
                       const preprocess::Prepared& after, const KnownScans& known) {
  const quality::ImageQuality old = quality_of(before, before.tissue);
  const quality::ImageQuality now = quality_of(after, before.tissue);
  for (const Described& each : kImageQuality) {
    const quality::Measure* value = now.find(each.name);
    report::Measure made = measure(each.label, value->value, value->reason, each.direction, each.text);
    made.before = old.find(each.name)->value;
    made.cannot_change = each.cannot_change;
    compare(made, each.name, known);
    // Never below 0, whatever a normal law says of skewed values.
    for (std::optional<report::Range>* range : {&made.reference, &made.site}) {
      if (*range) (*range)->low = std::max(0.0, (*range)->low);
    }
    measures.push_back(std::move(made));
  }
}

OfMadeScans::OfMadeScans(const domain::SiteModel& model, const std::string& name)
    : people_(model.made_people) {
  const auto found = model.made_ranges.find(name);
  if (found != model.made_ranges.end() && people_ >= 2) seen_ = found->second;
}

std::optional<double> OfMadeScans::least(double below) const {
  if (!seen_) return std::nullopt;
  return seen_->mean - core::prediction_reach(2.0 * below, people_) * seen_->sd;
}

std::string OfMadeScans::words() const {
  if (!seen_) return {};
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(),
                " In scans made for this site, whose truth is known: %.3f (%.3f to %.3f).", seen_->mean,
                seen_->min, seen_->max);
  return text.data();
}

void add_anatomy(std::vector<report::Measure>& measures, const preprocess::Prepared& before,
                 const preprocess::Prepared& after, const domain::SiteModel& model,
                 const core::Context& context) {
  static constexpr std::array<const char*, core::kTissueCount> kTissue{"CSF", "grey matter", "white matter"};
  std::optional<quality::TissueAgreement> found;
  std::string why = "none of this tissue";
  try {
    found = quality::tissue_agreement(preprocess::classify_tissue(after.image, before.brain, context).maps,
                                      before.tissue);
  } catch (const core::Error& error) {
    if (error.kind() != core::ErrorKind::Numeric) throw;
    why = "the output does not show three tissues";
  }
  for (std::size_t t = 0; t < kTissue.size(); ++t) {
    const std::string made = OfMadeScans(model, domain::kMadeDice.at(t)).words();
    measures.push_back(measure(
        std::string("Tissue found again, ") + kTissue.at(t), found ? found->dice.at(t) : std::nullopt, why,
        Direction::Higher,
        "Dice overlap of the tissue as found in the output with that of the input; 1 is the same anatomy." +
            (made.empty() ? std::string(kNoLimit) : made)));
  }
  const core::Mask spots = dark_spots(before, context);
  core::Mask white(before.image.grid);
  for (std::size_t n = 0; n < white.voxels.size(); ++n)
    white.voxels[n] = before.tissue[core::Tissue::WhiteMatter].voxels[n] > 0.5F ? 1 : 0;
  measures.push_back(
      measure("Dark spots kept", quality::lesion_contrast_ratio(after.image, before.image, spots, white),
              "no dark spot inside white matter was found", Direction::Neither,
              "Contrast of dark spots inside white matter to their surroundings, after over before: 1 is "
              "kept, 0 lost. Spots are darker than 0.8 of white matter with white matter around them." +
                  std::string(kNoLimit)));
}

}  // namespace isoscan::stages
