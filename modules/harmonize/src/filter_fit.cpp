#include "filter_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "isoscan/core/random.hpp"
#include "isoscan/features/fine_structure.hpp"

#include "transfer.hpp"

namespace isoscan::harmonize {

namespace {

using domain::Acquisition;
using domain::AcquisitionEvidence;

constexpr double kLow = 0.9;       // radians a voxel: below it people are scaled to each other
constexpr double kScaleLow = 1.2;  // the same, where people tell how they differ
constexpr double kFloor = 1e-6;    // of a spectrum, white matter = 1
constexpr double kSeen = 0.15;     // share of white noise that the local mean leaves: below it nothing shows
constexpr double kNoiseSeen = 0.2;
constexpr double kInformation = 0.02;  // the least squared relative SD that is believed
constexpr double kPrior = 2.0;         // information of which half is taken in a round
constexpr double kSmooth = 1.0;        // steps of frequency
constexpr double kNoiseSmooth = 0.7;
constexpr double kLeastPower = 1e-3;
constexpr double kMostPower = 16.0;
constexpr double kBlunt = 0.5;            // of a point spread: beyond it more power is no detail
constexpr double kNullShare = 0.975;      // of chance differences that are smaller, for each of two
constexpr double kMostContrastSds = 1.5;  // that tissue contrast is moved once more
constexpr double kEnough = 2.0;           // information from which on a gain is looked at
constexpr double kLevelsOff = 0.55;       // SD in voxels of the mask from which on a gain is one

/// The spectra of the flat parts and of anatomy, mean over scans.
struct Spectra {
  Spectrum flat = Spectrum(kSpectrumSize, 0.0);
  Spectrum anatomy = Spectrum(kSpectrumSize, 0.0);
};

Spectra spectra_of(const AcquisitionEvidence& scan) {
  Spectra out;
  out.flat = spectrum_of(scan.flat_structure);
  out.anatomy = spectrum_of(scan.edge_structure);
  for (std::size_t q = 0; q < kSpectrumSize; ++q) out.anatomy[q] -= out.flat[q];
  return out;
}

Spectra mean_of(const std::vector<Spectra>& all) {
  Spectra mean;
  const double share = 1.0 / static_cast<double>(all.size());
  for (const Spectra& one : all) {
    for (std::size_t q = 0; q < kSpectrumSize; ++q) {
      mean.flat[q] += share * one.flat[q];
      mean.anatomy[q] += share * one.anatomy[q];
    }
  }
  return mean;
}

std::vector<Spectra> spectra_of(const std::vector<AcquisitionEvidence>& scans) {
  std::vector<Spectra> all;
  for (const AcquisitionEvidence& scan : scans) all.push_back(spectra_of(scan));
  return all;
}

std::array<double, 3> tissue_mean_of(const std::vector<AcquisitionEvidence>& scans) {
  std::array<double, 3> mean{};
  for (const AcquisitionEvidence& scan : scans) {
    for (std::size_t t = 0; t < mean.size(); ++t)
      mean.at(t) += scan.tissue_mean.at(t) / static_cast<double>(scans.size());
  }
  return mean;
}

double low_power(const Spectrum& anatomy, double below) {
  double sum = 0.0;
  for (std::size_t q = 0; q < kSpectrumSize; ++q) {
    if (length_of(frequency_of(q)) < below) sum += anatomy[q];
  }
  return sum;
}

/// False where the flat parts are no flatter than the rest: no scan of a head, or not classified as one.
bool shows_anatomy(const Spectra& spectra) {
  return low_power(spectra.anatomy, kLow) > kFloor && low_power(spectra.anatomy, kScaleLow) > kFloor;
}

/// How people differ, all scaled to the same power of coarse detail: they differ in how folded they are.
Spectrum sd_between(const std::vector<Spectra>& people) {
  const Spectra mean = mean_of(people);
  const double low = low_power(mean.anatomy, kScaleLow);
  Spectrum sd(kSpectrumSize, 0.0);
  for (const Spectra& person : people) {
    const double scale = low / low_power(person.anatomy, kScaleLow);
    for (std::size_t q = 0; q < kSpectrumSize; ++q) {
      const double d = scale * person.anatomy[q] - mean.anatomy[q];
      sd[q] += d * d;
    }
  }
  for (double& v : sd) v = std::sqrt(v / static_cast<double>(people.size() - 1));
  return sd;
}

Spectrum flat_sd(const std::vector<Spectra>& people) {
  const Spectra mean = mean_of(people);
  Spectrum sd(kSpectrumSize, 0.0);
  for (const Spectra& person : people) {
    for (std::size_t q = 0; q < kSpectrumSize; ++q)
      sd[q] += (person.flat[q] - mean.flat[q]) * (person.flat[q] - mean.flat[q]);
  }
  for (double& v : sd) v = std::sqrt(v / static_cast<double>(people.size() - 1));
  return sd;
}

/// What `to` has more of anatomy's power than `from`, as a log ratio, and what that is worth (one over the
/// squared relative SD).
struct Comparison {
  Spectrum log_ratio = Spectrum(kSpectrumSize, 0.0);
  Spectrum information = Spectrum(kSpectrumSize, 0.0);

  [[nodiscard]] double misfit() const {
    double sum = 0.0;
    double weight = 0.0;
    for (std::size_t q = 0; q < kSpectrumSize; ++q) {
      weight += information[q];
      sum += information[q] * log_ratio[q] * log_ratio[q];
    }
    return weight > 0.0 ? sum / weight : 0.0;
  }
};

Comparison compared(const Spectrum& from, const Spectrum& to, const Spectrum& sd, const Spectrum& white) {
  Comparison out;
  const double scale = low_power(from, kLow) / std::max(kFloor, low_power(to, kLow));
  for (std::size_t q = 0; q < kSpectrumSize; ++q) {
    if (white[q] < kSeen) continue;
    const double a = std::max(0.0, from[q]);
    const double b = std::max(0.0, scale * to[q]);
    out.log_ratio[q] = std::log((b + sd[q]) / (a + sd[q]));
    const double relative = sd[q] / std::max(1e-9, a);
    out.information[q] = 1.0 / (relative * relative + kInformation);
  }
  return out;
}

double parts_of(std::size_t a, std::size_t b) {
  return std::sqrt(1.0 / static_cast<double>(a) + 1.0 / static_cast<double>(b));
}

Spectrum scaled(const Spectrum& sd, double factor) {
  Spectrum out = sd;
  for (double& v : out) v = factor * v + kFloor;
  return out;
}

/// Mean squared difference of the flat parts in units of what people differ in.
double noise_misfit(const Spectrum& from, const Spectrum& to, const Spectrum& sd, const Spectrum& white) {
  double sum = 0.0;
  double count = 0.0;
  for (std::size_t q = 0; q < kSpectrumSize; ++q) {
    if (white[q] < kNoiseSeen) continue;
    sum += std::pow((to[q] - from[q]) / sd[q], 2.0);
    count += 1.0;
  }
  return sum / std::max(1.0, count);
}

/// What chance shows: random parts of the reference's people against the rest, who tell the SDs.
struct Null {
  std::vector<double> anatomy;  ///< misfits, rising
  std::vector<double> noise;
};

Null null_misfits(std::vector<Spectra> people, std::size_t part, const Spectrum& white,
                  const core::Context& context) {
  constexpr int kSplits = 60;
  Null null;
  if (people.size() < 4) return null;
  part = std::clamp<std::size_t>(people.size() / 4, 1, part);
  core::Random random(context.seed, "filter.null");
  for (int s = 0; s < kSplits; ++s) {
    for (std::size_t n = people.size(); n > 1; --n) std::swap(people[n - 1], people[random.below(n)]);
    const auto middle = people.begin() + static_cast<std::ptrdiff_t>(part);
    const Spectra some = mean_of({people.begin(), middle});
    if (!shows_anatomy(some)) continue;
    const std::vector<Spectra> rest(middle, people.end());
    const Spectra others = mean_of(rest);
    const double parts = parts_of(part, rest.size());
    null.anatomy.push_back(
        compared(others.anatomy, some.anatomy, scaled(sd_between(rest), parts), white).misfit());
    null.noise.push_back(noise_misfit(others.flat, some.flat, scaled(flat_sd(rest), parts), white));
  }
  std::sort(null.anatomy.begin(), null.anatomy.end());
  std::sort(null.noise.begin(), null.noise.end());
  return null;
}

/// The value that a share of the null lies below; without a null, no end.
double quantile_of(const std::vector<double>& rising, double share) {
  if (rising.empty()) return std::numeric_limits<double>::infinity();
  return rising[static_cast<std::size_t>(std::ceil(share * static_cast<double>(rising.size() - 1)))];
}

/// Of the point spread alone.
double spread_at(const Acquisition& acquisition, const std::array<double, 3>& frequency) {
  double exponent = 0.0;
  for (std::size_t a = 0; a < 3; ++a)
    exponent += acquisition.blur.at(a).value * frequency.at(a) * frequency.at(a);
  return std::exp(-0.5 * exponent);
}

/// Scanner and site: what has been found so far.
struct State {
  Spectrum power = Spectrum(kSpectrumSize, 1.0);  ///< square of the filter's transfer function
  Spectrum noise;                                 ///< the noise's spectrum
  Spectrum information;                           ///< of the last comparison, smoothed
};

/// Frequencies of which nothing shows are told by the others around them.
void step(State& state, const Comparison& left, const Spectra& site, const Spectra& made,
          const Spectrum& white) {
  Spectrum weighted(kSpectrumSize);
  Spectrum shown(kSpectrumSize);
  Spectrum noise(kSpectrumSize);
  for (std::size_t q = 0; q < kSpectrumSize; ++q) {
    weighted[q] = left.information[q] * left.log_ratio[q];
    shown[q] = white[q] < kNoiseSeen ? 0.0 : 1.0;
    noise[q] = white[q] < kNoiseSeen ? 0.0 : (site.flat[q] - made.flat[q]) / white[q];
  }
  weighted = smoothed(std::move(weighted), kSmooth);
  state.information = smoothed(left.information, kSmooth);
  noise = smoothed(std::move(noise), kNoiseSmooth);
  shown = smoothed(std::move(shown), kNoiseSmooth);
  double ring = 0.0;
  double ring_count = 0.0;
  for (std::size_t q = 0; q < kSpectrumSize; ++q) {
    const double change = weighted[q] / (state.information[q] + kPrior);
    state.power[q] =
        white[q] < kSeen ? 1.0 : std::clamp(state.power[q] * std::exp(change), kLeastPower, kMostPower);
    state.noise[q] = std::max(0.0, state.noise[q] + noise[q] / std::max(1e-3, shown[q]));
    if (white[q] < 0.4 || white[q] > 0.75) continue;
    ring += state.noise[q];
    ring_count += 1.0;
  }
  for (std::size_t q = 0; q < kSpectrumSize; ++q) {
    if (white[q] < 0.4 && ring_count > 0.0) state.noise[q] = ring / ring_count;
  }
}

/// @param shape  whether there is a filter at all, or the noise's colour alone
/// @param share  of the filter's log that each round takes: what is more than chance
void put_filters(Acquisition& acquisition, const State& state, bool shape, double share) {
  Spectrum transfer(kSpectrumSize);
  Spectrum colour(kSpectrumSize);
  double noise = 0.0;
  for (const double v : state.noise) noise += v / static_cast<double>(kSpectrumSize);
  for (std::size_t q = 0; q < kSpectrumSize; ++q) {
    const double spread = spread_at(acquisition, frequency_of(q)) / kBlunt;
    // More power where the point spread leaves hardly any is aliasing or an edge that a median kept.
    const double up = state.power[q] > 1.0 ? std::min(1.0, spread * spread) : 1.0;
    transfer[q] = std::pow(state.power[q], 0.5 * up * share);
    colour[q] = std::sqrt(state.noise[q] / std::max(1e-12, noise));
  }
  if (shape) {
    acquisition.detail = taps_of(transfer);
    double sum = 0.0;
    for (const double t : acquisition.detail) sum += t;
    for (double& t : acquisition.detail) t /= std::max(1e-3, sum);
  }
  acquisition.noise_colour = taps_of(colour);
  double squares = 0.0;
  for (const double t : acquisition.noise_colour) squares += t * t;
  for (double& t : acquisition.noise_colour) t /= std::sqrt(std::max(1e-12, squares));
  if (!(squares > 0.0)) acquisition.noise_colour.clear();
  acquisition.noise_variance.value = noise;
}

/// Log gain against 1 - exp(-s^2 w^2 / 2), with a free level and factor, where enough shows: what is left
/// unexplained. s = 0: against w^2.
double misfit_of(const Spectrum& log_gain, const Spectrum& information, double s) {
  double n = 0.0;
  double x = 0.0;
  double y = 0.0;
  double xx = 0.0;
  double xy = 0.0;
  double yy = 0.0;
  for (std::size_t q = 0; q < kSpectrumSize; ++q) {
    const double w = length_of(frequency_of(q));
    if (information[q] < kEnough || w > std::numbers::pi) continue;
    const double curve = s > 0.0 ? 1.0 - std::exp(-0.5 * s * s * w * w) : w * w;
    n += 1.0;
    x += curve;
    y += log_gain[q];
    xx += curve * curve;
    xy += curve * log_gain[q];
    yy += log_gain[q] * log_gain[q];
  }
  if (n < 3.0) return 0.0;
  const double sxx = xx - x * x / n;
  const double sxy = xy - x * y / n;
  return yy - y * y / n - sxy * sxy / std::max(1e-12, sxx);
}

/// That part of the point spread in which the site resolves more than the reference. A narrower point spread
/// gains without end towards high frequencies, as exp(w^2); an unsharp mask's gain comes to a level: it is a
/// look, not detail, and does not count.
std::array<double, 3> finer_of(const Acquisition& acquisition, const Spectrum& information) {
  Spectrum log_gain(kSpectrumSize);
  for (std::size_t q = 0; q < kSpectrumSize; ++q) {
    const std::array<double, 3> f = frequency_of(q);
    log_gain[q] = std::log(spread_at(acquisition, f) * std::max(1e-3, transfer_at(acquisition.detail, f)));
  }
  double least = misfit_of(log_gain, information, 0.0);
  double best = 0.0;
  for (double s = 0.3; s < 2.5; s += 0.1) {
    const double misfit = misfit_of(log_gain, information, s);
    if (misfit >= least) continue;
    least = misfit;
    best = s;
  }
  if (best >= kLevelsOff) return {};
  std::array<double, 3> finer{};
  for (std::size_t a = 0; a < 3; ++a) finer.at(a) = std::min(0.0, acquisition.blur.at(a).value);
  return finer;
}

}  // namespace

std::optional<Acquisition> fit_filter(const Acquisition& start,
                                      const std::vector<AcquisitionEvidence>& reference,
                                      const std::vector<AcquisitionEvidence>& site,
                                      const Simulation& simulate, int rounds, const core::Context& context) {
  if (reference.size() < 4 || site.empty() || rounds < 1)
    return std::nullopt;  // what chance shows is not known
  const std::vector<Spectra> people = spectra_of(reference);
  if (!std::all_of(people.begin(), people.end(), shows_anatomy)) return std::nullopt;
  const Spectra target = mean_of(spectra_of(site));
  const std::array<double, 3> target_tissue = tissue_mean_of(site);
  const Spectrum white = spectrum_of(features::white_noise_structure().value);
  const Spectrum sd = sd_between(people);
  const double parts = parts_of(people.size(), site.size());
  const Null null = null_misfits(people, site.size(), white, context);

  if (!shows_anatomy(target)) return std::nullopt;
  Acquisition found = start;
  State state;
  state.noise.assign(kSpectrumSize, start.noise_variance.value);
  double share = 0.0;
  bool shape = false;
  for (int round = 0; round < rounds; ++round) {
    context.check_stop();
    context.progress.report(static_cast<double>(round) / rounds);
    const std::vector<AcquisitionEvidence> scans = simulate(found, round);
    const Spectra made = mean_of(spectra_of(scans));
    if (!shows_anatomy(made)) return std::nullopt;
    Spectrum spread = sd;
    for (std::size_t q = 0; q < kSpectrumSize; ++q)
      spread[q] = parts * sd[q] * std::max(0.2, state.power[q]) + kFloor;
    const Comparison left = compared(made.anatomy, target.anatomy, spread, white);
    if (round == 0) {
      const double anatomy = left.misfit();
      const double noise = noise_misfit(made.flat, target.flat, scaled(flat_sd(people), parts), white);
      shape = anatomy > quantile_of(null.anatomy, kNullShare);
      const bool colour = noise > quantile_of(null.noise, kNullShare);
      if (!shape && !colour) return std::nullopt;
      if (shape) share = std::max(0.0, 1.0 - quantile_of(null.anatomy, 0.5) / anatomy);
    } else {
      // With the right noise and sharpness the tissues' means can be compared better than before.
      const std::array<double, 3> tissue = tissue_mean_of(scans);
      for (std::size_t t = 0; t < 2; ++t) {
        const domain::Estimate& first = start.contrast.at(t);
        const double moved =
            found.contrast.at(t).value * target_tissue.at(t) * tissue[2] / (tissue.at(t) * target_tissue[2]);
        const double most = kMostContrastSds * first.sd;
        found.contrast.at(t).value = std::clamp(moved, first.value - most, first.value + most);
      }
    }
    step(state, left, target, made, white);
    put_filters(found, state, shape, share);
  }
  if (shape) found.finer = finer_of(found, state.information);
  return found;
}

}  // namespace isoscan::harmonize
