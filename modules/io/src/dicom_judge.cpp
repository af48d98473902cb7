#include "dicom_judge.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <set>
#include <utility>

#include <boost/algorithm/string.hpp>

#include "device.hpp"
#include "scan_words.hpp"

namespace isoscan::io {

namespace {

constexpr std::size_t kFewestSlices = 16;
constexpr double kThinnestHeadMm = 60.0;  // along the slices: less is a slab
constexpr double kThickestStepMm = 4.0;
constexpr double kLongestGradientEchoMs = 12.0;  // beyond: T2*-weighted

constexpr std::array<const char*, 8> kT1Words{"t1",   "mprage", "mp-rage", "mp rage",
                                              "spgr", "bravo",  "tfl3d",   "mdeft"};
using Word = std::pair<const char*, const char*>;  // what to look for, what it means
constexpr std::array<Word, 5> kOtherContrasts{{{"flair", "FLAIR"},
                                               {"t2", "T2-weighted"},
                                               {"pd", "proton-density-weighted"},
                                               {"proton", "proton-density-weighted"},
                                               {"dark", "FLAIR"}}};

std::string ms(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g ms", value);
  return text.data();
}

/// Something else than an anatomical scan.
Verdict other(const std::string& what, const std::string& reason) {
  Verdict verdict;
  verdict.contrast = Contrast::Other;
  verdict.what = what;
  verdict.reason = reason;
  return verdict;
}

Verdict other(const std::string& what) {
  return other(what, what);
}

Verdict weighted(Contrast contrast, const std::string& reason) {
  if (contrast == Contrast::T1w) return {};
  Verdict verdict = other(contrast == Contrast::Flair ? "FLAIR" : "T2-weighted", reason);
  verdict.contrast = contrast;
  return verdict;
}

bool says_flair(const DicomImage& image) {
  return has_contrast(image.words, "flair") || has_word(image.words, "dark") ||
         boost::contains(image.words, "dark-fluid") || image.contrast == "FLUID_ATTENUATED";
}

/// "t2_fl2d_hemo" says T2 and is a gradient echo: T2*.
bool says_t2_star(const DicomImage& image) {
  constexpr std::array<const char*, 9> kGradient{"hemo", "gre",  "ffe",  "medic", "merge",
                                                 "fl2d", "fl3d", "me2d", "t2star"};
  if (boost::contains(image.words, "t2*")) return true;
  return std::any_of(kGradient.begin(), kGradient.end(), [&](const char* word) {
    return has_word(image.words, word) || has_contrast(image.sequence_words, word);
  });
}

bool says_t2(const DicomImage& image) {
  return has_contrast(image.words, "t2") || image.contrast == "T2";
}

/// An echo too late for T1: which contrast it makes.
Verdict late_echo(const DicomImage& image, const DicomFrame& frame, const std::string& reason) {
  if (says_flair(image)) return weighted(Contrast::Flair, reason);
  const bool gradient = !image.spin_echo && boost::starts_with(image.acquisition.sequence, "GR");
  if (says_t2_star(image) || (gradient && !says_t2(image))) return other("T2*-weighted", reason);
  Contrast contrast = contrast_of_late_echo(*frame.echo_time_ms, frame.inversion_time_ms);
  if (contrast == Contrast::Other && says_t2(image)) contrast = Contrast::T2w;
  return contrast == Contrast::Other ? other("proton-density-weighted", reason) : weighted(contrast, reason);
}

/// By the words of its description and by its echo, inversion and repetition times; in doubt it is taken.
Verdict contrast_verdict(const DicomImage& image, const DicomFrame& frame, std::size_t echoes) {
  if (const std::string meaning = never_a_scan(image.words); !meaning.empty())
    return other(meaning, meaning + " by its description");
  const bool says_t1 =
      image.contrast == "T1" || std::any_of(kT1Words.begin(), kT1Words.end(),
                                            [&](const char* w) { return has_contrast(image.words, w); });
  if (frame.echo_time_ms && *frame.echo_time_ms > kLongestT1EchoMs)
    return late_echo(image, frame, "not T1-weighted: its echo time is " + ms(*frame.echo_time_ms));
  if (echoes > 1 && !says_t1) {
    return other("one of several echoes",
                 "one of " + std::to_string(echoes) + " echoes of a series that does not say T1");
  }
  if (says_t1) return {};
  for (const auto& [word, meaning] : kOtherContrasts) {
    const std::string wanted(word);
    const bool short_word = wanted == "pd" || wanted == "dark";
    const bool found = short_word ? has_word(image.words, word) : has_contrast(image.words, word);
    if (!found) continue;
    const std::string reason =
        std::string(meaning) + " by its description: only T1w is harmonized in this version";
    if (wanted == "flair" || wanted == "dark") return weighted(Contrast::Flair, reason);
    if (wanted == "t2" && !says_t2_star(image)) return weighted(Contrast::T2w, reason);
    return other(wanted == "t2" ? "T2*-weighted" : meaning, reason);
  }
  static const std::set<std::string> elsewise{"T2",        "T2_STAR",   "PROTON_DENSITY", "FLUID_ATTENUATED",
                                              "DIFFUSION", "PERFUSION", "FLOW_ENCODED",   "TAGGING",
                                              "STIR",      "TOF"};
  if (elsewise.count(image.contrast) > 0) {
    const std::string reason = "not T1-weighted by its header (" + image.contrast + ")";
    if (image.contrast == "T2") return weighted(Contrast::T2w, reason);
    if (image.contrast == "FLUID_ATTENUATED") return weighted(Contrast::Flair, reason);
    return other(boost::replace_all_copy(boost::to_lower_copy(image.contrast), "_", " "), reason);
  }
  const double repetition = image.acquisition.repetition_time_ms.value_or(0.0);
  if (image.spin_echo) {
    if (repetition > 1500.0) {
      return other("a spin echo that is not T1-weighted",
                   "a spin echo with a repetition time of " + ms(repetition) + ": not T1-weighted");
    }
  } else if (frame.echo_time_ms && *frame.echo_time_ms > kLongestGradientEchoMs && !frame.inversion_time_ms) {
    return other("T2*-weighted",
                 "a gradient echo with an echo time of " + ms(*frame.echo_time_ms) + ": T2*-weighted");
  }
  Verdict taken;
  taken.what = kTakenForT1w;
  return taken;
}

/// What the images are of, before anybody asks how many there are.
Verdict shown(const DicomImage& image, const DicomStack& stack, std::size_t echoes) {
  const DicomFrame& frame = stack.frames.front();
  if (std::string why = image_type_reason(frame.image_type); !why.empty()) return other(why);
  if (std::string why = body_part_reason(image.body_part); !why.empty()) return other(why);
  if (image.echo_planar)
    return other("an echo-planar series", "an echo-planar series, not an anatomical scan");
  if (image.angiography) return other("an angiogram");
  if (image.phase_contrast) return other("a flow image");
  const bool diffusion = std::any_of(stack.frames.begin(), stack.frames.end(),
                                     [](const DicomFrame& f) { return f.b_value && *f.b_value > 0.0; });
  if (diffusion) return other("a diffusion image");
  return contrast_verdict(image, frame, echoes);
}

/// Why a T1-weighted stack is no scan of a whole head in 3-D. `regular`: its slices, resampled where they
/// must be.
void check_shape(const DicomStack& stack, const PlacedStack& regular, Verdict& verdict) {
  if (stack.frames.size() < kFewestSlices) {
    verdict.reason = "has only " + std::to_string(stack.frames.size()) +
                     (stack.frames.size() == 1 ? " slice" : " slices") + ": too few for a volume";
    verdict.no_head = true;
    return;
  }
  std::string shape;
  if (regular.problem.empty()) {
    const double step = regular.grid.spacing_mm()[2];
    if (step > kThickestStepMm) {
      shape = "its slices are " + std::to_string(std::lround(step)) + " mm apart: a 3-D scan is needed";
    } else if (step * static_cast<double>(regular.grid.size[2]) < kThinnestHeadMm) {
      shape = "a slab, not a whole head";
    }
  }
  verdict.no_head = !shape.empty();
  // What a choice of reading would mend is still no head: then that is the reason.
  const bool shaped = verdict.no_head && (verdict.needs_first_volume || verdict.needs_resample);
  verdict.broken = verdict.volumes == 1 && !verdict.no_volume.empty() && !shaped;  // damaged, not one to skip
  verdict.reason = verdict.no_volume.empty() || shaped ? shape : verdict.no_volume;
}

}  // namespace

std::string reason_not_mr(const DicomImage& image) {
  if (!image.no_image.empty()) return image.no_image;
  const std::string& modality = image.acquisition.modality;
  if (modality != "MR") {
    const bool word = !modality.empty() && boost::all(modality, boost::is_upper());
    return "not MR (" + (word ? modality : std::string("no modality")) + ")";
  }
  if (image.samples != 1 || (image.photometric != "MONOCHROME2" && !image.photometric.empty())) {
    return image.photometric == "MONOCHROME1" ? "its greys are inverted (MONOCHROME1)" : "a colour image";
  }
  return {};
}

Verdict classify(const std::vector<DicomImage>& images, const DicomStack& stack, const PlacedStack& placed,
                 std::size_t echoes) {
  Verdict verdict = shown(images[stack.frames.front().image], stack, echoes);
  verdict.no_volume = placed.problem;
  verdict.volumes = static_cast<std::int64_t>(placed.repeats);
  const bool uneven = !placed.uneven.empty();
  const PlacedStack regular = uneven ? place(images, stack, {Scaling::Auto, true, true}) : placed;
  verdict.needs_resample = uneven && regular.problem.empty();
  // Where resampling would not help, its flag is no cure.
  if (uneven && !regular.problem.empty()) verdict.no_volume = placed.uneven + "; " + regular.problem;
  if (placed.repeats > 1) {
    verdict.no_volume = several_volumes(verdict.volumes);
    if (uneven) verdict.no_volume += "; " + (verdict.needs_resample ? placed.problem : placed.uneven);
    verdict.needs_first_volume = regular.problem.empty();
  }
  if (verdict.contrast == Contrast::T1w) check_shape(stack, regular, verdict);
  return verdict;
}

}  // namespace isoscan::io
