#include "isoscan/harmonize/acquisition.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/core/smooth.hpp"
#include "isoscan/features/fine_structure.hpp"
#include "isoscan/features/world_axes.hpp"
#include "isoscan/phantom/virtual_scanner.hpp"
#include "isoscan/preprocess/tissue.hpp"

#include "filter_fit.hpp"
#include "spectrum_fit.hpp"
#include "transfer.hpp"

namespace isoscan::harmonize {

namespace {

using core::Error;
using core::ErrorKind;
using domain::Acquisition;
using domain::AcquisitionEvidence;
using domain::Estimate;

constexpr double kSharpest = -0.25;  // variance that is still undone: more would blow up what is not there
constexpr double kBluntest = 3.0;
/// Of the first comparison of tissue means, by tissue: thin CSF holds partial volume, so its mean says least.
constexpr std::array<double, core::kTissueCount> kMostCorrection{1.4, 1.12, 1.0};
constexpr double kMostStretch = 3.0;     // of a chance SD, from a measured mean to the factor behind it
constexpr double kLeastVariance = 1e-5;  // of a lag over people, relative: no lag is believed without end

AcquisitionEvidence mean_of(const std::vector<AcquisitionEvidence>& all) {
  AcquisitionEvidence mean;
  mean.fine_structure.assign(all.front().fine_structure.size(), 0.0);
  const double share = 1.0 / static_cast<double>(all.size());
  for (const AcquisitionEvidence& one : all) {
    if (one.fine_structure.size() != mean.fine_structure.size())
      throw Error(ErrorKind::Input,
                  "the evidence of two scans was measured in different ways: run them again");
    for (std::size_t n = 0; n < mean.fine_structure.size(); ++n)
      mean.fine_structure[n] += share * one.fine_structure[n];
    for (std::size_t t = 0; t < mean.tissue_mean.size(); ++t)
      mean.tissue_mean[t] += share * one.tissue_mean[t];
  }
  return mean;
}

/// One over the variance of each lag between people, all scaled to the same total.
std::vector<double> weights_of(const std::vector<AcquisitionEvidence>& people,
                               const AcquisitionEvidence& mean) {
  const std::size_t middle = mean.fine_structure.size() / 2;  // lag 0
  const double total = mean.fine_structure[middle];
  if (!(total > 0.0)) throw Error(ErrorKind::Numeric, "the reference's scans show no fine detail");
  std::vector<double> weight;
  for (std::size_t n = 0; n < mean.fine_structure.size(); ++n) {
    double squares = 0.0;
    for (const AcquisitionEvidence& person : people) {
      const double d =
          person.fine_structure[n] / person.fine_structure[middle] - mean.fine_structure[n] / total;
      squares += d * d;
    }
    const double variance = squares / static_cast<double>(people.size() - 1) + kLeastVariance;
    weight.push_back(1.0 / (variance * total * total));
  }
  return weight;
}

/// Log of how much brighter a tissue is in `a` than in `b`, white matter being the same in both.
double log_contrast_of(const AcquisitionEvidence& a, const AcquisitionEvidence& b, std::size_t tissue) {
  constexpr auto kWhite = static_cast<std::size_t>(core::Tissue::WhiteMatter);
  return std::log(a.tissue_mean[tissue] * b.tissue_mean[kWhite] /
                  (b.tissue_mean[tissue] * a.tissue_mean[kWhite]));
}

/// What one person more or less makes: SDs over the reference's people, each against the mean of the others.
struct Chance {
  std::array<double, core::kTissueCount> log_contrast{};
  std::array<double, 3> blur{};
  double noise_variance = 0.0;
};

Chance chance_between(const std::vector<AcquisitionEvidence>& people, const std::vector<double>& weight,
                      int threads) {
  const std::size_t count = people.size();
  std::vector<SpectrumFit> fits(count);
  std::vector<AcquisitionEvidence> others(count);
  core::parallel_for(static_cast<std::int64_t>(count), threads, [&](std::int64_t begin, std::int64_t end) {
    for (auto n = static_cast<std::size_t>(begin); n < static_cast<std::size_t>(end); ++n) {
      std::vector<AcquisitionEvidence> rest = people;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(n));
      others[n] = mean_of(rest);
      fits[n] = fit_spectrum(others[n].fine_structure, people[n].fine_structure, weight);
    }
  });
  Chance chance;
  // Mean squares about 0: a person against the others, whose own chance is 1 / (count - 1) of it.
  const double share =
      1.0 / (static_cast<double>(count) + static_cast<double>(count) / (static_cast<double>(count) - 1.0));
  for (std::size_t n = 0; n < count; ++n) {
    for (std::size_t t = 0; t < chance.log_contrast.size(); ++t)
      chance.log_contrast[t] += share * std::pow(log_contrast_of(people[n], others[n], t), 2.0);
    for (std::size_t a = 0; a < 3; ++a) chance.blur[a] += share * fits[n].blur[a] * fits[n].blur[a];
    chance.noise_variance += share * fits[n].noise_variance * fits[n].noise_variance;
  }
  for (double& v : chance.log_contrast) v = std::max(1e-6, std::sqrt(v));
  for (double& v : chance.blur) v = std::max(1e-6, std::sqrt(v));
  chance.noise_variance = std::max(1e-9, std::sqrt(chance.noise_variance));
  return chance;
}

/// What chance alone would show is given back: value times the share of the spread that is not chance
/// (empirical Bayes, one spread for all that are given).
template <std::size_t Count>
void shrink(std::array<Estimate, Count>& values, double centre) {
  double spread = 0.0;
  for (const Estimate& e : values)
    spread +=
        std::max(0.0, (e.value - centre) * (e.value - centre) - e.sd * e.sd) / static_cast<double>(Count);
  for (Estimate& e : values) {
    const double both = spread + e.sd * e.sd;
    e.value = centre + (both > 0.0 ? spread / both : 0.0) * (e.value - centre);
  }
}

Estimate shrunk(const Estimate& value, double centre) {
  std::array<Estimate, 1> alone{value};
  shrink(alone, centre);
  return alone.front();
}

/// The largest difference of two groups of people in units of what chance shows between groups of their
/// sizes.
double surprise_of(const std::array<double, core::kTissueCount>& log_contrast,
                   const std::array<double, 3>& blur, double noise_variance, const Chance& chance,
                   double parts) {
  double most = std::abs(noise_variance) / (parts * chance.noise_variance);
  for (std::size_t t = 0; t < log_contrast.size(); ++t)
    most = std::max(most, std::abs(log_contrast[t]) / (parts * chance.log_contrast[t]));
  for (std::size_t a = 0; a < 3; ++a) most = std::max(most, std::abs(blur[a]) / (parts * chance.blur[a]));
  return most;
}

double parts_of(std::size_t a, std::size_t b) {
  return std::sqrt(1.0 / static_cast<double>(a) + 1.0 / static_cast<double>(b));
}

/// Random parts of the reference's people against the rest. What chance shows is told by the rest alone, as
/// it is for a site: the SDs of few people are themselves uncertain, and a part must not have told its own.
std::vector<double> null_surprise(std::vector<AcquisitionEvidence> people, std::size_t part,
                                  const std::vector<double>& weight, const core::Context& context) {
  constexpr int kSplits = 100;
  if (people.size() < 4) return {};
  part = std::clamp<std::size_t>(people.size() / 4, 1, part);
  core::Random random(context.seed, "acquisition.null");
  std::vector<std::pair<AcquisitionEvidence, std::vector<AcquisitionEvidence>>> splits;
  for (int s = 0; s < kSplits; ++s) {
    for (std::size_t n = people.size(); n > 1; --n) std::swap(people[n - 1], people[random.below(n)]);
    const auto middle = people.begin() + static_cast<std::ptrdiff_t>(part);
    splits.emplace_back(mean_of({people.begin(), middle}),
                        std::vector<AcquisitionEvidence>(middle, people.end()));
  }
  std::vector<double> surprise(splits.size());
  core::parallel_for(kSplits, context.threads, [&](std::int64_t begin, std::int64_t end) {
    for (auto n = static_cast<std::size_t>(begin); n < static_cast<std::size_t>(end); ++n) {
      context.check_stop();
      const auto& [some, rest] = splits[n];
      const AcquisitionEvidence others = mean_of(rest);
      const Chance chance = chance_between(rest, weight, 1);
      const SpectrumFit fit = fit_spectrum(others.fine_structure, some.fine_structure, weight);
      std::array<double, core::kTissueCount> contrast{};
      for (std::size_t t = 0; t < contrast.size(); ++t) contrast[t] = log_contrast_of(some, others, t);
      surprise[n] =
          surprise_of(contrast, fit.blur, fit.noise_variance, chance, parts_of(part, people.size() - part));
    }
  });
  std::sort(surprise.begin(), surprise.end());
  return surprise;
}

/// Where the brain is white matter through and through, and elsewhere: weights that sum to one.
std::vector<core::Volume> flat_and_elsewhere(const core::Volume& white, const core::Mask& brain,
                                             const core::Context& context) {
  constexpr double kSurroundings = 1.5;  // voxels
  constexpr double kPower = 12.0;        // only where all around is white matter
  core::Volume flat = core::gaussian_in(white, brain, kSurroundings * white.grid.spacing_mm()[0], context);
  core::Volume elsewhere(white.grid);
  for (std::size_t n = 0; n < flat.voxels.size(); ++n) {
    flat.voxels[n] =
        static_cast<float>(std::pow(std::clamp(static_cast<double>(flat.voxels[n]), 0.0, 1.0), kPower));
    elsewhere.voxels[n] = 1.0F - flat.voxels[n];
  }
  return {std::move(flat), std::move(elsewhere)};
}

/// Noise in both channels of a magnitude image. @param sd  in the image's units
void add_noise(core::Volume& image, double sd, const std::vector<double>& colour, std::uint64_t seed,
               int threads) {
  core::Random random(seed, "acquisition.noise");
  core::Volume real(image.grid);
  core::Volume imaginary(image.grid);
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    real.voxels[n] = static_cast<float>(random.normal());
    imaginary.voxels[n] = static_cast<float>(random.normal());
  }
  real = filtered(real, colour, threads);
  imaginary = filtered(imaginary, colour, threads);
  for (std::size_t n = 0; n < image.voxels.size(); ++n)
    image.voxels[n] = std::hypot(image.voxels[n] + static_cast<float>(sd) * real.voxels[n],
                                 static_cast<float>(sd) * imaginary.voxels[n]);
}

void filter_axis(core::Volume& volume, double variance, std::size_t axis, int threads) {
  if (std::abs(variance) < 1e-4) return;
  const int reach = variance > 0.0 ? std::max(2, static_cast<int>(std::ceil(4.0 * std::sqrt(variance)))) : 3;
  const std::vector<double> taps = gaussian_taps(variance, reach);
  core::convolve_axis(volume, static_cast<int>(axis), std::vector<float>(taps.begin(), taps.end()), threads);
}

}  // namespace

std::string AcquisitionOptions::problem() const {
  if (rounds < 1 || rounds > 100) return "acquisition.rounds must lie in 1..100";
  if (filter_rounds < 0 || filter_rounds > 100) return "acquisition.filter_rounds must lie in 0..100";
  return {};
}

AcquisitionEvidence acquisition_evidence(const core::Volume& corrected, const core::Mask& brain,
                                         const core::Context& context) {
  const preprocess::TissueFit fit = preprocess::classify_tissue(corrected, brain, context);
  core::Volume image = corrected;
  const auto white = static_cast<float>(preprocess::white_matter_level(image, fit.maps));
  for (float& v : image.voxels) v /= white;
  AcquisitionEvidence evidence;
  for (std::size_t t = 0; t < evidence.tissue_mean.size(); ++t) {
    const std::vector<float>& posterior = fit.maps.posterior[t].voxels;
    double weight = 0.0;
    double sum = 0.0;
    for (std::size_t n = 0; n < image.voxels.size(); ++n) {
      if (brain.voxels[n] == 0) continue;
      const double p = posterior[n];
      weight += p * p * p * p;  // the purer the better, no threshold (summarize.cpp)
      sum += p * p * p * p * static_cast<double>(image.voxels[n]);
    }
    evidence.tissue_mean[t] = std::max(1e-3, sum / std::max(1e-9, weight));
  }
  evidence.fine_structure = features::fine_structure(image, brain, context).value;
  std::vector<features::FineStructure> parts = features::fine_structure_of(
      image, brain, flat_and_elsewhere(fit.maps[core::Tissue::WhiteMatter], brain, context), context);
  evidence.flat_structure = std::move(parts[0].value);
  evidence.edge_structure = std::move(parts[1].value);
  return evidence;
}

core::Volume seen_by(const Acquisition& acquisition, const preprocess::Prepared& truth, double field,
                     std::uint64_t seed, const core::Context& context) {
  core::Volume image = truth.image;
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    if (truth.brain.voxels[n] == 0) continue;
    double factor = 1.0;
    for (std::size_t t = 0; t < acquisition.contrast.size(); ++t)
      factor +=
          static_cast<double>(truth.tissue.posterior[t].voxels[n]) * (acquisition.contrast[t].value - 1.0);
    image.voxels[n] *= static_cast<float>(factor);
  }
  const std::array<std::size_t, 3> axis = features::voxel_axis_of_world(image.grid);
  for (std::size_t a = 0; a < 3; ++a) filter_axis(image, acquisition.blur[a].value, axis[a], context.threads);
  image = filtered(image, acquisition.detail, context.threads);
  for (float& v : image.voxels) v = std::max(0.0F, v);
  const double noise = std::sqrt(std::max(0.0, acquisition.noise_variance.value));
  const bool coloured = !acquisition.noise_colour.empty();
  phantom::VirtualScanner rest;
  rest.bias = field;
  rest.noise = coloured ? 0.0 : noise;
  phantom::VirtualScan scan =
      phantom::scan_with(rest, image, truth.brain, truth.tissue, seed, seed ^ 0x9e3779b97f4a7c15U, context);
  core::Volume out = std::move(scan.image);
  if (coloured) add_noise(out, noise * scan.gain, acquisition.noise_colour, seed, context.threads);
  if (!truth.skull_stripped) return out;
  for (std::size_t n = 0; n < out.voxels.size(); ++n) {
    if (truth.head.voxels[n] == 0) out.voxels[n] = 0.0F;
  }
  return out;
}

core::Volume sharpened_as(const Acquisition& acquisition, core::Volume image, int threads) {
  const std::array<std::size_t, 3> axis = features::voxel_axis_of_world(image.grid);
  for (std::size_t a = 0; a < 3; ++a) {
    const double variance = acquisition.detail.empty() ? acquisition.blur[a].value : acquisition.finer[a];
    filter_axis(image, std::max(kSharpest, std::min(0.0, variance)), axis[a], threads);
  }
  for (float& v : image.voxels) v = std::max(0.0F, v);
  return image;
}

AcquisitionFit estimate_acquisition(const std::vector<preprocess::Prepared>& people,
                                    const std::vector<AcquisitionEvidence>& site,
                                    const AcquisitionOptions& options, const core::Context& context) {
  if (const std::string problem = options.problem(); !problem.empty())
    throw Error(ErrorKind::Config, problem);
  if (people.size() < 2)
    throw Error(ErrorKind::Input, "the acquisition needs at least 2 people of the reference");
  if (site.empty()) throw Error(ErrorKind::Input, "no scan of the site tells its acquisition");
  const auto evidence_of = [&](const Acquisition& acquisition, bool simulate, int round) {
    std::vector<AcquisitionEvidence> all(people.size());
    core::Context one = context;
    one.threads = 1;
    one.progress = {};
    core::parallel_for(
        static_cast<std::int64_t>(people.size()), context.threads, [&](std::int64_t begin, std::int64_t end) {
          for (auto n = static_cast<std::size_t>(begin); n < static_cast<std::size_t>(end); ++n) {
            context.check_stop();
            const std::uint64_t seed =
                core::Random(context.seed, "acquisition " + std::to_string(round) + " " + std::to_string(n))
                    .seed();
            const core::Volume image =
                simulate ? seen_by(acquisition, people[n], 0.0, seed, one) : people[n].image;
            all[n] = acquisition_evidence(image, people[n].brain, one);
          }
        });
    return all;
  };
  const std::vector<AcquisitionEvidence> reference = evidence_of({}, false, 0);
  const AcquisitionEvidence mean = mean_of(reference);
  const AcquisitionEvidence target = mean_of(site);
  for (const AcquisitionEvidence& scan : site) {
    const std::size_t lags = mean.fine_structure.size();
    if (scan.fine_structure.size() != lags || scan.flat_structure.size() != lags ||
        scan.edge_structure.size() != lags)
      throw Error(ErrorKind::Input,
                  "a scan's evidence was measured in another way: run the site's scans again");
  }
  const std::vector<double> weight = weights_of(reference, mean);
  const std::vector<double> noise = features::white_noise_structure().value;

  Acquisition found;
  // White matter is 1 on both sides, and its factor 1: evidence knows no common factor.
  std::array<double, core::kTissueCount> first{};
  for (std::size_t t = 0; t < first.size(); ++t) {
    first[t] = std::exp(log_contrast_of(target, mean, t));
    found.contrast[t].value = first[t];
  }
  for (int round = 0; round < options.rounds; ++round) {
    context.progress.report(0.5 * static_cast<double>(round + 1) / (options.rounds + 1));
    const AcquisitionEvidence made = mean_of(evidence_of(found, true, round + 1));
    // The simulation's own noise is taken out first: the point spread that is still missing does not act on
    // it.
    std::vector<double> quiet = made.fine_structure;
    for (std::size_t n = 0; n < quiet.size(); ++n) quiet[n] -= found.noise_variance.value * noise[n];
    const SpectrumFit left = fit_spectrum(quiet, target.fine_structure, weight);
    for (std::size_t a = 0; a < 3; ++a)
      found.blur[a].value = std::clamp(found.blur[a].value + left.blur[a], kSharpest, kBluntest);
    found.noise_variance.value = std::max(0.0, left.noise_variance);
    if (round == 0) continue;  // the first simulation knew no point spread, which moves the tissues' means
    for (std::size_t t = 0; t < first.size(); ++t) {
      // In blunt and noisy scans classes run into each other, and their means hardly follow the factor: then
      // the correction would run away, so it stays near the first comparison.
      const double corrected = found.contrast[t].value * std::exp(log_contrast_of(target, made, t));
      found.contrast[t].value =
          std::clamp(corrected, first[t] / kMostCorrection[t], first[t] * kMostCorrection[t]);
    }
  }
  const Chance chance = chance_between(reference, weight, context.threads);
  const double parts = parts_of(site.size(), people.size());
  AcquisitionFit out;
  // What chance shows was measured as the first comparison was: that is what is surprising or not. The factor
  // behind it is larger where the measured mean follows it but partly, and so is what it may be off by.
  std::array<double, core::kTissueCount> log_contrast{};
  for (std::size_t t = 0; t < log_contrast.size(); ++t) {
    log_contrast[t] = std::log(first[t]);
    const double behind = std::abs(std::log(found.contrast[t].value));
    const double stretch = std::max(1.0, behind / std::max(1e-9, std::abs(log_contrast[t])));
    found.contrast[t].sd =
        std::min(stretch, kMostStretch) * parts * chance.log_contrast[t] * found.contrast[t].value;
  }
  for (std::size_t a = 0; a < 3; ++a) found.blur[a].sd = parts * chance.blur[a];
  found.noise_variance.sd = parts * chance.noise_variance;
  out.surprise = surprise_of(log_contrast, {found.blur[0].value, found.blur[1].value, found.blur[2].value},
                             found.noise_variance.value, chance, parts);
  out.null_surprise = null_surprise(reference, site.size(), weight, context);
  if (options.shrink) {
    // The axes share a spread: a scanner that blurs along one is likelier to blur along the others.
    shrink(found.blur, 0.0);
    for (Estimate& e : found.contrast) e = shrunk(e, 1.0);
    found.noise_variance = shrunk(found.noise_variance, 0.0);
  }
  out.found = found;
  if (options.filter_rounds > 0) {
    try {
      out.with_filter = fit_filter(
          found, reference, site,
          [&](const Acquisition& acquisition, int round) {
            return evidence_of(acquisition, true, options.rounds + 1 + round);
          },
          options.filter_rounds, context.slice(0.5, 1.0, "filter"));
    } catch (const Error& error) {  // scans made with it cannot be used: then it is none
      if (error.kind() != ErrorKind::Input && error.kind() != ErrorKind::Numeric) throw;
    }
  }
  return out;
}

}  // namespace isoscan::harmonize
