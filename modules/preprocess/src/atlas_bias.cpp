#include "isoscan/preprocess/atlas_bias.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"

#include "atlas_field_fit.hpp"
#include "bias_samples.hpp"
#include "field_fit.hpp"
#include "mixture.hpp"
#include "smooth_field.hpp"

namespace isoscan::preprocess {

namespace {

constexpr std::size_t kTissues = core::kTissueCount;
constexpr std::size_t kBins = 768;
constexpr double kBinWidth = 0.005;      // of log intensity
constexpr double kLogAboveMedian = 1.3;  // the upper end of the bins; the lower one is 2.5 below the median
constexpr double kSteepVote = 0.25;      // of a voxel that is not flat, when the classes are fitted
/// No place is so surely of one tissue that a person could not differ.
constexpr double kLeastPrior = 0.02;

/// What the atlas says at one flat voxel.
struct Expected {
  std::array<float, kTissues> prior;  ///< over the prior of the whole brain
  std::array<float, kTissues> log_mean;
  std::array<float, kTissues> weight;
};

class AtlasFit {
 public:
  AtlasFit(const core::Volume& volume, const core::Mask& brain, const Atlas& atlas, const core::Volume& start,
           const core::Context& context, const AtlasBiasOptions& options)
      : context_(context),
        options_(options),
        samples_(samples_in(volume, brain, sampling(options), context)),
        blocks_(volume.grid, options.block_mm),
        field_(volume.grid, frame_of(brain)),
        lowest_(samples_.median + kLogAboveMedian - kBinWidth * kBins) {
    counts_.intensity.resize(kBins);
    for (std::size_t b = 0; b < kBins; ++b) {
      counts_.intensity[b] = std::exp(lowest_ - samples_.median + kBinWidth * (static_cast<double>(b) + 0.5));
    }
    read_atlas(volume.grid, head_frame(brain), atlas);
    log_field_.resize(samples_.i.size());
    for (const auto& row : samples_.rows) {
      for (std::size_t n = row.begin; n < row.end; ++n)
        log_field_[n] = start.voxels[volume.grid.index(samples_.i[n], row.j, row.k)];
    }
    // A voxel is that much of an independent reading.
    unit_ = volume.grid.voxel_volume_mm3() / std::pow(options.anatomy_length_mm, 3.0);
  }

  core::Volume run(const core::Mask& brain) {
    const Basis basis(field_, blocks_, filled_);
    count();
    Mixture mixture = fit_mixture(counts_);
    for (int iteration = 0; iteration < options_.iterations; ++iteration) {
      context_.check_stop();
      context_.progress.report(static_cast<double>(iteration) / options_.iterations);
      gather(mixture);
      field_.coefficients = fit_field_and_offsets(basis, evidence_, options_, unit_);
      apply_field();
      count();
      refine_mixture(mixture, counts_, 4, false);
    }
    return centred_on(field_, brain, context_.threads);
  }

 private:
  static BiasOptions sampling(const AtlasBiasOptions& options) {
    BiasOptions out;
    out.smooth_mm = options.smooth_mm;
    out.flat_share = options.flat_share;
    return out;
  }

  void read_atlas(const core::Grid& grid, const HeadFrame& frame, const Atlas& atlas) {
    const AtlasReader reader(atlas);
    std::array<double, kTissues> whole{};
    filled_.assign(blocks_.total(), false);
    for (const auto& row : samples_.rows) {
      const std::size_t first = blocks_.row(row.j, row.k);
      for (std::size_t n = row.begin; n < row.end; ++n) {
        if (samples_.flat[n] == 0) continue;
        filled_[first + blocks_.along(samples_.i[n])] = true;
        const core::Vec3 world = grid.world_from_voxel(
            {static_cast<double>(samples_.i[n]), static_cast<double>(row.j), static_cast<double>(row.k)});
        const AtlasReader::Place place = reader.at(frame(world));
        Expected e{};
        for (std::size_t t = 0; t < kTissues; ++t) {
          e.prior[t] = place.of(atlas.prior[t]) + static_cast<float>(kLeastPrior);
          whole[t] += static_cast<double>(e.prior[t]);
          if (options_.tissue_weight[t] == 0.0) continue;
          e.log_mean[t] = place.of(atlas.log_mean[t]);
          double w = options_.tissue_weight[t];
          if (options_.person_sd > 0.0) {
            const double sd = static_cast<double>(place.of(atlas.log_sd[t])) / options_.person_sd;
            w /= 1.0 + sd * sd;
          }
          e.weight[t] = static_cast<float>(w);
        }
        expected_.push_back(e);
      }
    }
    for (Expected& e : expected_) {
      for (std::size_t t = 0; t < kTissues; ++t)
        e.prior[t] *= static_cast<float>(static_cast<double>(expected_.size()) / whole[t]);
    }
  }

  [[nodiscard]] std::size_t bin(float log_intensity) const {
    const double at = (static_cast<double>(log_intensity) - lowest_) / kBinWidth;
    return static_cast<std::size_t>(std::clamp(at, 0.0, kBins - 1.0));
  }

  void apply_field() {
    double sum = 0.0;
    for (const auto& row : samples_.rows) {
      const SmoothField::Axis polynomial = field_.row(row.j, row.k);
      for (std::size_t n = row.begin; n < row.end; ++n) {
        const double f = field_.along(polynomial, samples_.i[n]);
        sum += f;
        log_field_[n] = static_cast<float>(f);
      }
    }
    const auto shift = static_cast<float>(sum / static_cast<double>(samples_.i.size()));
    for (float& f : log_field_) f -= shift;
  }

  void count() {
    counts_.count.assign(kBins, 0.0);
    for (std::size_t n = 0; n < log_field_.size(); ++n) {
      counts_.count[bin(samples_.log_intensity[n] - log_field_[n])] +=
          samples_.flat[n] != 0 ? 1.0 : kSteepVote;
    }
  }

  /// By block and tissue: how much was read, and the sum of log intensity less what the atlas expects.
  void gather(const Mixture& mixture) {
    std::vector<PerTissue> pure(kBins);
    for (std::size_t b = 0; b < kBins; ++b) pure[b] = mixture.posterior(counts_.intensity[b]).pure;
    evidence_.weight.assign(blocks_.total(), {});
    evidence_.reading.assign(blocks_.total(), {});
    std::size_t flat = 0;
    for (const auto& row : samples_.rows) {
      const std::size_t first = blocks_.row(row.j, row.k);
      for (std::size_t n = row.begin; n < row.end; ++n) {
        if (samples_.flat[n] == 0) continue;
        const Expected& e = expected_[flat++];
        const PerTissue& p = pure[bin(samples_.log_intensity[n] - log_field_[n])];
        PerTissue q{};
        double sum = std::max(0.0, 1.0 - p[0] - p[1] - p[2]);
        for (std::size_t t = 0; t < kTissues; ++t) {
          q[t] = p[t] * static_cast<double>(e.prior[t]);
          sum += q[t];
        }
        const std::size_t at = first + blocks_.along(samples_.i[n]);
        const double y = static_cast<double>(samples_.log_intensity[n]) - samples_.median;
        for (std::size_t t = 0; t < kTissues; ++t) {
          const double w = q[t] / sum * static_cast<double>(e.weight[t]);
          evidence_.weight[at][t] += w;
          evidence_.reading[at][t] += w * (y - static_cast<double>(e.log_mean[t]));
        }
      }
    }
  }

  const core::Context& context_;
  const AtlasBiasOptions& options_;
  BrainSamples samples_;
  Blocks blocks_;
  SmoothField field_;
  std::vector<bool> filled_;
  std::vector<Expected> expected_;  ///< one a flat voxel
  std::vector<float> log_field_;
  TissueEvidence evidence_;
  IntensityCounts counts_;
  double lowest_;
  double unit_ = 0.0;
};

}  // namespace

std::string AtlasBiasOptions::problem() const {
  for (const double sd : prior_sd) {
    if (!(sd >= 0.0 && sd <= 2.0)) return "prior_sd must lie in 0..2";
  }
  if (!(anatomy_sd > 0.0 && anatomy_sd <= 1.0)) return "anatomy_sd must lie in 0..1, above 0";
  if (!(anatomy_length_mm >= 1.0 && anatomy_length_mm <= 100.0))
    return "anatomy_length_mm must lie in 1..100";
  double most = 0.0;
  for (const double w : tissue_weight) {
    if (!(w >= 0.0 && w <= 10.0)) return "tissue_weight must lie in 0..10";
    most = std::max(most, w);
  }
  if (most <= 0.0) return "tissue_weight must not be 0 for all";
  if (!(person_sd >= 0.0 && person_sd <= 1.0)) return "person_sd must lie in 0..1";
  if (!(tukey >= 0.0 && tukey <= 100.0)) return "tukey must lie in 0..100";
  if (!(block_mm >= 1.0 && block_mm <= 30.0)) return "block_mm must lie in 1..30";
  if (!(smooth_mm >= 0.0 && smooth_mm <= 10.0)) return "smooth_mm must lie in 0..10";
  if (!(flat_share > 0.0 && flat_share <= 1.0)) return "flat_share must lie in 0..1, above 0";
  if (iterations < 1 || iterations > 1000) return "iterations must lie in 1..1000";
  return "";
}

core::Volume estimate_log_bias_against_atlas(const core::Volume& volume, const core::Mask& brain,
                                             const Atlas& atlas, const core::Volume& start,
                                             const core::Context& context, const AtlasBiasOptions& options) {
  core::require_same_grid(volume.grid, brain.grid, "brain mask");
  core::require_same_grid(volume.grid, start.grid, "first log field");
  if (const std::string problem = options.problem(); !problem.empty()) {
    throw core::Error(core::ErrorKind::Config, "bias field against an atlas: " + problem);
  }
  if (const std::string problem = atlas.problem(); !problem.empty()) {
    throw core::Error(core::ErrorKind::Input, "atlas: " + problem);
  }
  return AtlasFit(volume, brain, atlas, start, context, options).run(brain);
}

}  // namespace isoscan::preprocess
