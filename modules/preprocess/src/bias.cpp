#include "isoscan/preprocess/bias.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "isoscan/core/error.hpp"

#include "mixture.hpp"
#include "smooth_field.hpp"

namespace isoscan::preprocess {

namespace {

constexpr std::size_t kBins = 768;
constexpr double kBinWidth = 0.005;      // of log intensity
constexpr double kLogAboveMedian = 1.3;  // the upper end of the bins; the lower one is 2.5 below the median

/// The brain's voxels, packed row by row.
struct Samples {
  struct Row {
    std::int64_t j, k;
    std::size_t begin, end;
  };
  std::vector<Row> rows;
  std::vector<std::int32_t> i;
  std::vector<float> log_intensity;
  double median = 0.0;  ///< of log_intensity
};

Samples samples_in(const core::Volume& volume, const core::Mask& brain) {
  Samples s;
  std::vector<float> positive;
  for (std::size_t n = 0; n < brain.voxels.size(); ++n) {
    if (brain.voxels[n] != 0 && volume.voxels[n] > 0.0F) positive.push_back(volume.voxels[n]);
  }
  if (positive.empty()) throw core::Error(core::ErrorKind::Numeric, "the brain holds no positive intensity");
  const double median = core::quantile(positive, 0.5);
  s.median = std::log(median);
  const auto lowest = static_cast<float>(0.05 * median);
  const auto& size = volume.grid.size;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      const std::size_t begin = s.i.size();
      const std::size_t line = volume.grid.index(0, j, k);
      for (std::int64_t i = 0; i < size[0]; ++i) {
        const std::size_t n = line + static_cast<std::size_t>(i);
        if (brain.voxels[n] == 0 || !(volume.voxels[n] > lowest)) continue;
        s.i.push_back(static_cast<std::int32_t>(i));
        s.log_intensity.push_back(std::log(volume.voxels[n]));
      }
      if (s.i.size() > begin) s.rows.push_back({j, k, begin, s.i.size()});
    }
  }
  return s;
}

/// Cells of some millimetres over the grid.
struct Blocks {
  std::array<std::int64_t, 3> edge{};
  std::array<std::int64_t, 3> count{};

  Blocks(const core::Grid& grid, double mm) {
    const core::Vec3 spacing = grid.spacing_mm();
    for (std::size_t a = 0; a < 3; ++a) {
      edge[a] = std::max<std::int64_t>(1, std::llround(mm / spacing[a]));
      count[a] = (grid.size[a] + edge[a] - 1) / edge[a];
    }
  }
  [[nodiscard]] std::size_t total() const { return static_cast<std::size_t>(count[0] * count[1] * count[2]); }
  [[nodiscard]] std::size_t row(std::int64_t j, std::int64_t k) const {
    return static_cast<std::size_t>((k / edge[2] * count[1] + j / edge[1]) * count[0]);
  }
  [[nodiscard]] core::Vec3 centre(std::size_t block) const {
    const auto b = static_cast<std::int64_t>(block);
    const std::array<std::int64_t, 3> at{b % count[0], b / count[0] % count[1], b / count[0] / count[1]};
    core::Vec3 voxel{};
    for (std::size_t a = 0; a < 3; ++a) {
      voxel[a] = static_cast<double>(at[a] * edge[a]) + 0.5 * static_cast<double>(edge[a] - 1);
    }
    return voxel;
  }
};

/// What a block says about the field: the weighted mean of its residuals.
struct Evidence {
  std::vector<double> weight;
  std::vector<double> residual;  ///< weighted sum
  explicit Evidence(std::size_t blocks) : weight(blocks, 0.0), residual(blocks, 0.0) {}
};

/// The most probable field of the given order under `unit` (weight 1 counts as that many independent readings
/// of SD anatomy_sd). The constant is fitted and dropped: a gain is no field.
std::vector<double> fit_field(const SmoothField& field, const Blocks& blocks, const Evidence& evidence,
                              int order, const BiasOptions& options, double unit) {
  const auto& terms = SmoothField::terms();
  std::vector<std::size_t> active;
  for (std::size_t n = 0; n < terms.size(); ++n) {
    if (terms[n].order <= order && options.prior_sd[static_cast<std::size_t>(terms[n].order - 1)] > 0.0)
      active.push_back(n);
  }
  const std::size_t size = active.size() + 1;
  std::vector<double> normal(size * size, 0.0);
  std::vector<double> right(size, 0.0);
  std::vector<double> all;
  std::vector<double> value(size, 1.0);
  const double precision = unit / (options.anatomy_sd * options.anatomy_sd);
  for (std::size_t b = 0; b < evidence.weight.size(); ++b) {
    if (evidence.weight[b] <= 0.0) continue;
    field.values_at(blocks.centre(b), all);
    for (std::size_t n = 0; n < active.size(); ++n) value[n + 1] = all[active[n]];
    for (std::size_t r = 0; r < size; ++r) {
      right[r] += precision * evidence.residual[b] * value[r];
      const double scaled = precision * evidence.weight[b] * value[r];
      for (std::size_t c = 0; c <= r; ++c) normal[r * size + c] += scaled * value[c];
    }
  }
  normal[0] += 1e-9;
  for (std::size_t n = 0; n < active.size(); ++n) {
    const double sd = options.prior_sd[static_cast<std::size_t>(terms[active[n]].order - 1)];
    normal[(n + 1) * size + n + 1] += 1.0 / (sd * sd);
  }
  for (std::size_t r = 0; r < size; ++r) {
    for (std::size_t c = 0; c < r; ++c) normal[c * size + r] = normal[r * size + c];
  }
  const std::vector<double> solution = solve_positive(normal, right);
  std::vector<double> coefficients(terms.size(), 0.0);
  for (std::size_t n = 0; n < active.size(); ++n) coefficients[active[n]] = solution[n + 1];
  return coefficients;
}

/// Where to begin: white matter is the bright end of the intensities nearly everywhere in a brain, so the
/// upper quantile of coarse cells follows the field. Robust against cells without white matter (Tukey
/// weights).
void start_from_bright_end(SmoothField& field, const core::Grid& grid, const Samples& samples,
                           const BiasOptions& options) {
  constexpr double kCellMm = 18.0;
  const Blocks cells(grid, kCellMm);
  std::vector<std::vector<float>> values(cells.total());
  for (const auto& row : samples.rows) {
    const std::size_t first = cells.row(row.j, row.k);
    for (std::size_t n = row.begin; n < row.end; ++n) {
      values[first + static_cast<std::size_t>(samples.i[n] / cells.edge[0])].push_back(
          samples.log_intensity[n]);
    }
  }
  const double full = static_cast<double>(cells.edge[0] * cells.edge[1] * cells.edge[2]);
  std::vector<double> level(cells.total(), 0.0);
  std::vector<double> share(cells.total(), 0.0);
  for (std::size_t b = 0; b < values.size(); ++b) {
    const double filled = static_cast<double>(values[b].size()) / full;
    if (filled < 0.15) continue;
    share[b] = filled;
    level[b] = core::quantile(values[b], 0.85);
  }
  const double unit = std::pow(kCellMm / options.anatomy_length_mm, 3.0);
  std::vector<double> at;
  double spread = 0.5;
  double middle = samples.median;
  for (int round = 0; round < 6; ++round) {
    Evidence evidence(cells.total());
    std::vector<float> left;
    for (std::size_t b = 0; b < level.size(); ++b) {
      if (share[b] <= 0.0) continue;
      field.values_at(cells.centre(b), at);
      double fitted = 0.0;
      for (std::size_t n = 0; n < at.size(); ++n) fitted += field.coefficients[n] * at[n];
      const double residual = (level[b] - fitted - middle) / spread;
      left.push_back(static_cast<float>(level[b] - fitted));
      const double tukey = std::abs(residual) < 1.0 ? std::pow(1.0 - residual * residual, 2.0) : 0.0;
      evidence.weight[b] = tukey * share[b];
      evidence.residual[b] = tukey * share[b] * (level[b] - middle);
    }
    field.coefficients = fit_field(field, cells, evidence, round < 2 ? 1 : 2, options, unit);
    middle = core::quantile(left, 0.6);
    spread = std::max(0.2, 0.8 * spread);
  }
}

/// What one bin of corrected log intensity says: weight and weighted residual to the class means.
struct Reading {
  std::vector<double> weight, residual;
};

class Alternation {
 public:
  Alternation(const core::Volume& volume, const core::Mask& brain, const core::Context& context,
              const BiasOptions& options)
      : context_(context),
        options_(options),
        samples_(samples_in(volume, brain)),
        blocks_(volume.grid, options.block_mm),
        field_(volume.grid, frame_of(brain)),
        lowest_(samples_.median + kLogAboveMedian - kBinWidth * kBins) {
    counts_.intensity.resize(kBins);
    for (std::size_t b = 0; b < kBins; ++b) {
      // In units of the median, so that no constant below depends on the scanner's unit.
      counts_.intensity[b] = std::exp(lowest_ - samples_.median + kBinWidth * (static_cast<double>(b) + 0.5));
    }
    unit_ = volume.grid.voxel_volume_mm3() / std::pow(options.anatomy_length_mm, 3.0);
  }

  core::Volume run(const core::Grid& grid, const std::optional<PerTissue>& known_means) {
    if (!known_means) start_from_bright_end(field_, grid, samples_, options_);
    count();
    Mixture mixture = fit_mixture(counts_);
    if (known_means) {
      for (std::size_t k = 0; k < 3; ++k) mixture.mean[k] = (*known_means)[k] / std::exp(samples_.median);
      refine_mixture(mixture, counts_, 10, true);
    }
    for (int iteration = 0; iteration < options_.iterations; ++iteration) {
      context_.check_stop();
      context_.progress.report(static_cast<double>(iteration) / options_.iterations);
      const int order = std::min(kHighestFieldOrder, 2 + iteration / 2);
      field_.coefficients = fit_field(field_, blocks_, gather(read(mixture)), order, options_, unit_);
      centre();
      count();
      refine_mixture(mixture, counts_, 4, known_means.has_value());
    }
    core::Volume log_bias = field_.on_grid(grid, context_.threads);
    for (float& v : log_bias.voxels) v -= static_cast<float>(shift_);
    return log_bias;
  }

 private:
  [[nodiscard]] std::size_t bin(double log_intensity) const {
    return static_cast<std::size_t>(std::clamp((log_intensity - lowest_) / kBinWidth, 0.0, kBins - 1.0));
  }

  template <class Visit>
  void for_each_voxel(const Visit& visit) const {
    for (const auto& row : samples_.rows) {
      const SmoothField::Axis polynomial = field_.row(row.j, row.k);
      const std::size_t first = blocks_.row(row.j, row.k);
      for (std::size_t n = row.begin; n < row.end; ++n) {
        visit(n, first + static_cast<std::size_t>(samples_.i[n] / blocks_.edge[0]),
              field_.along(polynomial, samples_.i[n]));
      }
    }
  }

  void centre() {
    double sum = 0.0;
    for_each_voxel([&](std::size_t, std::size_t, double f) { sum += f; });
    shift_ = sum / static_cast<double>(samples_.i.size());
  }

  void count() {
    counts_.count.assign(kBins, 0.0);
    for_each_voxel([&](std::size_t n, std::size_t, double f) {
      counts_.count[bin(static_cast<double>(samples_.log_intensity[n]) - f + shift_)] += 1.0;
    });
  }

  [[nodiscard]] Reading read(const Mixture& mixture) const {
    Reading reading{std::vector<double>(kBins), std::vector<double>(kBins)};
    const double white_sd = mixture.sd[2] / mixture.mean[2];
    const double grey_sd = mixture.sd[1] / mixture.mean[1];
    const double grey = options_.grey_weight * white_sd * white_sd / (grey_sd * grey_sd);
    for (std::size_t b = 0; b < kBins; ++b) {
      const auto p = mixture.posterior(counts_.intensity[b]).pure;
      const double at = std::log(counts_.intensity[b]);
      reading.weight[b] = p[2] + grey * p[1];
      reading.residual[b] =
          p[2] * (at - std::log(mixture.mean[2])) + grey * p[1] * (at - std::log(mixture.mean[1]));
    }
    return reading;
  }

  [[nodiscard]] Evidence gather(const Reading& reading) const {
    Evidence evidence(blocks_.total());
    for_each_voxel([&](std::size_t n, std::size_t block, double f) {
      const std::size_t b = bin(static_cast<double>(samples_.log_intensity[n]) - f + shift_);
      evidence.weight[block] += reading.weight[b];
      // The residual is to the class mean; the field as it stands is what was taken off to see it.
      evidence.residual[block] += reading.residual[b] + reading.weight[b] * (f - shift_);
    });
    return evidence;
  }

  const core::Context& context_;
  const BiasOptions& options_;
  Samples samples_;
  Blocks blocks_;
  SmoothField field_;
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
  return Alternation(volume, brain, context, options).run(volume.grid, means);
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
  if (iterations < 1 || iterations > 1000) return "iterations must lie in 1..1000";
  return "";
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
