#include "isoscan/harmonize/acquisition.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/features/fine_structure.hpp"

#include "filter_fit.hpp"
#include "seen.hpp"
#include "spectrum_fit.hpp"

namespace isoscan::harmonize {

namespace {

using core::Error;
using core::ErrorKind;
using domain::Acquisition;
using domain::AcquisitionEvidence;
using domain::Estimate;

constexpr double kBluntest = 3.0;
constexpr auto kCsf = static_cast<std::size_t>(core::Tissue::Csf);
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
    mean.pure_csf += share * one.pure_csf;
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

}  // namespace

std::string AcquisitionOptions::problem() const {
  if (rounds < 1 || rounds > 100) return "acquisition.rounds must lie in 1..100";
  if (filter_rounds < 0 || filter_rounds > 100) return "acquisition.filter_rounds must lie in 0..100";
  return {};
}

namespace {

using Simulate = std::function<std::vector<AcquisitionEvidence>(const Acquisition&, int round)>;

struct Solved {
  Acquisition found;
  double surprise = 0.0;
};

/// The seven estimates, corrected round by round by what the simulation of the last ones leaves.
Solved solve(const std::vector<AcquisitionEvidence>& reference, const std::vector<AcquisitionEvidence>& site,
             const std::vector<double>& weight, const Simulate& simulate, const AcquisitionOptions& options,
             const core::Context& context) {
  const AcquisitionEvidence mean = mean_of(reference);
  const AcquisitionEvidence target = mean_of(site);
  const std::vector<double> noise = features::white_noise_structure().value;
  Solved out;
  Acquisition& found = out.found;
  // White matter is 1 on both sides, and its factor 1: evidence knows no common factor.
  std::array<double, core::kTissueCount> first{};
  for (std::size_t t = 0; t < first.size(); ++t) {
    first[t] = std::exp(log_contrast_of(target, mean, t));
    found.contrast[t].value = first[t];
  }
  for (int round = 0; round < options.rounds; ++round) {
    context.progress.report(static_cast<double>(round + 1) / (options.rounds + 1));
    const AcquisitionEvidence made = mean_of(simulate(found, round + 1));
    // The simulation's own noise is taken out first: the point spread that is still missing does not act on
    // it.
    std::vector<double> quiet = made.fine_structure;
    for (std::size_t n = 0; n < quiet.size(); ++n) quiet[n] -= found.noise_variance.value * noise[n];
    const SpectrumFit left = fit_spectrum(quiet, target.fine_structure, weight);
    for (std::size_t a = 0; a < 3; ++a)
      found.blur[a].value = std::clamp(found.blur[a].value + left.blur[a], kSharpestPointSpread, kBluntest);
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
  const double parts = parts_of(site.size(), reference.size());
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
  if (options.shrink) {
    // The axes share a spread: a scanner that blurs along one is likelier to blur along the others.
    shrink(found.blur, 0.0);
    for (Estimate& e : found.contrast) e = shrunk(e, 1.0);
    found.noise_variance = shrunk(found.noise_variance, 0.0);
  }
  return out;
}

/// The same evidence with the brightness of pure CSF in place of its class' mean.
std::vector<AcquisitionEvidence> by_pure_csf(std::vector<AcquisitionEvidence> all) {
  for (AcquisitionEvidence& one : all) one.tissue_mean[kCsf] = one.pure_csf;
  return all;
}

/// Whether the mean of the CSF class and pure CSF tell of different factors, by more than two SDs of what
/// people show of it.
bool csf_is_in_doubt(const std::vector<AcquisitionEvidence>& reference,
                     const std::vector<AcquisitionEvidence>& site) {
  constexpr double kDoubt = 2.0;
  const std::vector<AcquisitionEvidence> pure = by_pure_csf(reference);
  const auto differ = [](const AcquisitionEvidence& a, const AcquisitionEvidence& b,
                         const AcquisitionEvidence& a_pure, const AcquisitionEvidence& b_pure) {
    return log_contrast_of(a_pure, b_pure, kCsf) - log_contrast_of(a, b, kCsf);
  };
  const AcquisitionEvidence mean = mean_of(reference);
  const AcquisitionEvidence pure_mean = mean_of(pure);
  double squares = 0.0;
  for (std::size_t n = 0; n < reference.size(); ++n)
    squares += std::pow(differ(reference[n], mean, pure[n], pure_mean), 2.0);
  const double sd = std::sqrt(squares / static_cast<double>(reference.size() - 1));
  const double found = differ(mean_of(site), mean, mean_of(by_pure_csf(site)), pure_mean);
  return std::abs(found) > kDoubt * sd * parts_of(site.size(), reference.size());
}

}  // namespace

AcquisitionFit estimate_acquisition(const People& people, const std::vector<AcquisitionEvidence>& site,
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
            const auto person = people[n];
            all[n] = simulate ? acquisition_evidence(seen_by(acquisition, *person, 0.0, seed, one),
                                                     person->brain, one)
                              : acquisition_evidence(person->image, person->brain, one);
          }
        });
    return all;
  };
  const std::vector<AcquisitionEvidence> reference = evidence_of({}, false, 0);
  const std::size_t lags = reference.front().fine_structure.size();
  for (const AcquisitionEvidence& scan : site) {
    if (scan.fine_structure.size() != lags || scan.flat_structure.size() != lags ||
        scan.edge_structure.size() != lags)
      throw Error(ErrorKind::Input,
                  "a scan's evidence was measured in another way: run the site's scans again");
  }
  const std::vector<double> weight = weights_of(reference, mean_of(reference));
  const Simulate simulate = [&](const Acquisition& acquisition, int round) {
    return evidence_of(acquisition, true, round);
  };
  AcquisitionFit out;
  Solved solved = solve(reference, site, weight, simulate, options, context.slice(0.0, 0.4, "physics"));
  out.found = solved.found;
  out.surprise = solved.surprise;
  if (csf_is_in_doubt(reference, site)) {
    solved = solve(
        by_pure_csf(reference), by_pure_csf(site), weight,
        [&](const Acquisition& acquisition, int round) { return by_pure_csf(simulate(acquisition, round)); },
        options, context.slice(0.4, 0.5, "physics"));
    out.with_pure_csf = solved.found;
    out.pure_csf_surprise = solved.surprise;
  }
  out.null_surprise = null_surprise(reference, site.size(), weight, context);
  if (options.filter_rounds > 0) {
    try {
      out.with_filter = fit_filter(
          out.found, reference, site,
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
