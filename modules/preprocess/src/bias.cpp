#include "isoscan/preprocess/bias.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "isoscan/core/error.hpp"

#include "bias_samples.hpp"
#include "field_fit.hpp"
#include "mixture.hpp"
#include "smooth_field.hpp"

namespace isoscan::preprocess {

namespace {

constexpr std::size_t kBins = 768;
constexpr double kBinWidth = 0.005;  // of log intensity
/// Of a voxel that is not flat, when the classes are fitted. Flat voxels alone show the classes best, but may
/// lack one.
constexpr double kSteepVote = 0.25;
constexpr double kLogAboveMedian = 1.3;  // the upper end of the bins; the lower one is 2.5 below the median

/// What one bin of corrected log intensity says: weight and weighted distance to the class means.
struct Reading {
  std::vector<double> weight, distance;
};

class Alternation {
 public:
  Alternation(const core::Volume& volume, const core::Mask& brain, const core::Context& context,
              const BiasOptions& options)
      : context_(context),
        options_(options),
        samples_(samples_in(volume, brain, options, context)),
        blocks_(volume.grid, options.block_mm),
        field_(volume.grid, frame_of(brain)),
        basis_(field_, blocks_, filled()),
        log_field_(samples_.i.size(), 0.0F),
        lowest_(samples_.median + kLogAboveMedian - kBinWidth * kBins) {
    counts_.intensity.resize(kBins);
    for (std::size_t b = 0; b < kBins; ++b) {
      // In units of the median, so that no constant below depends on the scanner's unit.
      counts_.intensity[b] = std::exp(lowest_ - samples_.median + kBinWidth * (static_cast<double>(b) + 0.5));
    }
    // A voxel is that much of an independent reading.
    unit_ = volume.grid.voxel_volume_mm3() / std::pow(options.anatomy_length_mm, 3.0);
  }

  core::Volume run(const core::Mask& brain, const std::optional<PerTissue>& known_means) {
    if (!known_means) start_from_bright_end(field_, brain.grid, samples_, options_);
    apply_field();
    Mixture mixture = fit_mixture(counts_);
    if (known_means) {
      for (std::size_t k = 0; k < 3; ++k) mixture.mean[k] = (*known_means)[k] / std::exp(samples_.median);
      refine_mixture(mixture, counts_, 10, true);
    }
    for (int iteration = 0; iteration < options_.iterations; ++iteration) {
      context_.check_stop();
      context_.progress.report(static_cast<double>(iteration) / options_.iterations);
      const int order = std::min(kHighestFieldOrder, 2 + iteration / 2);
      field_.coefficients = fit_field(basis_, gather(read(mixture)), order, options_, unit_);
      apply_field();
      refine_mixture(mixture, counts_, 4, known_means.has_value());
    }
    return centred_on(field_, brain, context_.threads);
  }

 private:
  [[nodiscard]] std::vector<bool> filled() const {
    std::vector<bool> any(blocks_.total(), false);
    for (const auto& row : samples_.rows) {
      const std::size_t first = blocks_.row(row.j, row.k);
      for (std::size_t n = row.begin; n < row.end; ++n) any[first + blocks_.along(samples_.i[n])] = true;
    }
    return any;
  }

  [[nodiscard]] std::size_t bin(float log_intensity) const {
    const double at = (static_cast<double>(log_intensity) - lowest_) / kBinWidth;
    return static_cast<std::size_t>(std::clamp(at, 0.0, kBins - 1.0));
  }

  /// The field at each voxel, made to have mean 0, and the counts of what it leaves.
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
    shift_ = sum / static_cast<double>(samples_.i.size());
    counts_.count.assign(kBins, 0.0);
    for (std::size_t n = 0; n < log_field_.size(); ++n) {
      log_field_[n] -= static_cast<float>(shift_);
      counts_.count[bin(samples_.log_intensity[n] - log_field_[n])] +=
          samples_.flat[n] != 0 ? 1.0 : kSteepVote;
    }
  }

  [[nodiscard]] Reading read(const Mixture& mixture) const {
    Reading reading{std::vector<double>(kBins), std::vector<double>(kBins)};
    const double white_sd = mixture.sd[2] / mixture.mean[2];
    const double grey_sd = mixture.sd[1] / mixture.mean[1];
    const double grey = options_.grey_weight * white_sd * white_sd / (grey_sd * grey_sd);
    for (std::size_t b = 0; b < kBins; ++b) {
      const PerTissue p = mixture.posterior(counts_.intensity[b]).pure;
      const double at = std::log(counts_.intensity[b]);
      reading.weight[b] = p[2] + grey * p[1];
      reading.distance[b] =
          p[2] * (at - std::log(mixture.mean[2])) + grey * p[1] * (at - std::log(mixture.mean[1]));
    }
    return reading;
  }

  [[nodiscard]] Evidence gather(const Reading& reading) const {
    Evidence evidence(blocks_.total());
    for (const auto& row : samples_.rows) {
      const std::size_t first = blocks_.row(row.j, row.k);
      for (std::size_t n = row.begin; n < row.end; ++n) {
        if (samples_.flat[n] == 0) continue;
        const std::size_t block = first + blocks_.along(samples_.i[n]);
        const std::size_t b = bin(samples_.log_intensity[n] - log_field_[n]);
        evidence.weight[block] += reading.weight[b];
        // What is left to the class mean, and the field that was taken off before: the total field.
        evidence.reading[block] +=
            reading.distance[b] + reading.weight[b] * static_cast<double>(log_field_[n]);
      }
    }
    return evidence;
  }

  const core::Context& context_;
  const BiasOptions& options_;
  BrainSamples samples_;
  Blocks blocks_;
  SmoothField field_;
  Basis basis_;
  std::vector<float> log_field_;
  IntensityCounts counts_;
  double lowest_;
  double unit_ = 0.0;
  double shift_ = 0.0;
};

core::Volume estimate(const core::Volume& volume, const core::Mask& brain,
                      const std::optional<PerTissue>& means, const core::Context& context,
                      const BiasOptions& options) {
  core::require_same_grid(volume.grid, brain.grid, "brain mask");
  if (const std::string problem = options.problem(); !problem.empty()) {
    throw core::Error(core::ErrorKind::Config, "bias field: " + problem);
  }
  return Alternation(volume, brain, context, options).run(brain, means);
}

}  // namespace

std::string BiasOptions::problem() const {
  for (const double sd : prior_sd) {
    if (!(sd >= 0.0 && sd <= 2.0)) return "prior_sd must lie in 0..2";
  }
  if (!(anatomy_sd > 0.0 && anatomy_sd <= 1.0)) return "anatomy_sd must lie in 0..1, above 0";
  if (!(anatomy_length_mm >= 1.0 && anatomy_length_mm <= 100.0))
    return "anatomy_length_mm must lie in 1..100";
  if (!(grey_weight >= 0.0 && grey_weight <= 10.0)) return "grey_weight must lie in 0..10";
  if (!(block_mm >= 1.0 && block_mm <= 30.0)) return "block_mm must lie in 1..30";
  if (!(smooth_mm >= 0.0 && smooth_mm <= 10.0)) return "smooth_mm must lie in 0..10";
  if (!(flat_share > 0.0 && flat_share <= 1.0)) return "flat_share must lie in 0..1, above 0";
  if (iterations < 1 || iterations > 1000) return "iterations must lie in 1..1000";
  return "";
}

BiasOptions second_pass_options() {
  BiasOptions options;
  for (double& sd : options.prior_sd) sd *= 0.25;
  return options;
}

core::Volume estimate_log_bias(const core::Volume& volume, const core::Mask& brain,
                               const core::Context& context, const BiasOptions& options) {
  return estimate(volume, brain, std::nullopt, context, options);
}

core::Volume estimate_log_bias_given_tissue(const core::Volume& volume, const core::Mask& brain,
                                            const std::array<double, core::kTissueCount>& class_means,
                                            const core::Context& context, const BiasOptions& options) {
  if (!(class_means[0] > 0.0 && class_means[0] < class_means[1] && class_means[1] < class_means[2])) {
    throw core::Error(core::ErrorKind::Numeric,
                      "the known class means must rise from CSF to white matter, above 0");
  }
  return estimate(volume, brain, class_means, context, options);
}

core::Volume divide_bias(const core::Volume& volume, const core::Volume& log_bias) {
  core::require_same_grid(volume.grid, log_bias.grid, "bias field");
  core::Volume out = volume;
  for (std::size_t n = 0; n < out.voxels.size(); ++n) out.voxels[n] *= std::exp(-log_bias.voxels[n]);
  return out;
}

}  // namespace isoscan::preprocess
