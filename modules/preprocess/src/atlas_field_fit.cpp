#include "atlas_field_fit.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/volume.hpp"

#include "smooth_field.hpp"

namespace isoscan::preprocess {

namespace {

constexpr std::size_t kTissues = core::kTissueCount;
constexpr int kTukeyRounds = 3;

using Trust = std::vector<PerTissue>;  ///< one a block of the basis

/// The tissues' offsets, then the terms.
std::vector<double> solve(const Basis& basis, const TissueEvidence& evidence, const Trust& trust,
                          const AtlasBiasOptions& options, double precision) {
  const auto& terms = SmoothField::terms();
  const std::size_t size = kTissues + terms.size();
  std::vector<double> normal(size * size, 0.0);
  std::vector<double> right(size, 0.0);
  for (std::size_t m = 0; m < basis.block.size(); ++m) {
    const double* value = basis.value.data() + m * terms.size();
    const std::size_t block = basis.block[m];
    double weight = 0.0;
    double reading = 0.0;
    for (std::size_t t = 0; t < kTissues; ++t) {
      const double w = precision * trust[m][t] * evidence.weight[block][t];
      const double r = precision * trust[m][t] * evidence.reading[block][t];
      weight += w;
      reading += r;
      normal[t * size + t] += w;
      right[t] += r;
      for (std::size_t c = 0; c < terms.size(); ++c) normal[(kTissues + c) * size + t] += w * value[c];
    }
    if (weight <= 0.0) continue;
    for (std::size_t r = 0; r < terms.size(); ++r) {
      right[kTissues + r] += reading * value[r];
      const double scaled = weight * value[r];
      double* line = normal.data() + (kTissues + r) * size + kTissues;
      for (std::size_t c = 0; c <= r; ++c) line[c] += scaled * value[c];
    }
  }
  constexpr double kHold = 1e-6;  // a tissue without a reading has the offset 0
  for (std::size_t t = 0; t < kTissues; ++t) normal[t * size + t] += kHold;
  constexpr double kLeastSd = 1e-6;
  for (std::size_t n = 0; n < terms.size(); ++n) {
    const double sd = std::max(kLeastSd, options.prior_sd[static_cast<std::size_t>(terms[n].order - 1)]);
    normal[(kTissues + n) * size + kTissues + n] += 1.0 / (sd * sd);
  }
  for (std::size_t r = 0; r < size; ++r) {
    for (std::size_t c = 0; c < r; ++c) normal[c * size + r] = normal[r * size + c];
  }
  return solve_positive(normal, right);
}

/// Tukey's weights of the blocks' residuals, by tissue.
void weigh(Trust& trust, const Basis& basis, const TissueEvidence& evidence,
           const std::vector<double>& solution, const AtlasBiasOptions& options) {
  const std::size_t terms = solution.size() - kTissues;
  for (std::size_t t = 0; t < kTissues; ++t) {
    std::vector<float> far;
    std::vector<double> residual(basis.block.size(), 0.0);
    for (std::size_t m = 0; m < basis.block.size(); ++m) {
      const double weight = evidence.weight[basis.block[m]][t];
      if (weight <= 0.0) continue;
      double fitted = solution[t];
      for (std::size_t n = 0; n < terms; ++n) fitted += solution[kTissues + n] * basis.value[m * terms + n];
      residual[m] = evidence.reading[basis.block[m]][t] / weight - fitted;
      // Blocks that hold next to nothing of the tissue would widen the spread.
      if (weight > options.tissue_weight[t]) far.push_back(static_cast<float>(std::abs(residual[m])));
    }
    if (far.empty()) continue;
    constexpr double kSdOfMedian = 1.4826;
    const double limit = options.tukey * std::max(1e-4, kSdOfMedian * core::quantile(far, 0.5));
    for (std::size_t m = 0; m < basis.block.size(); ++m) {
      const double x = residual[m] / limit;
      trust[m][t] = std::abs(x) < 1.0 ? std::pow(1.0 - x * x, 2.0) : 0.0;
    }
  }
}

}  // namespace

std::vector<double> fit_field_and_offsets(const Basis& basis, const TissueEvidence& evidence,
                                          const AtlasBiasOptions& options, double unit) {
  const double precision = unit / (options.anatomy_sd * options.anatomy_sd);
  Trust trust(basis.block.size(), PerTissue{1.0, 1.0, 1.0});
  std::vector<double> solution = solve(basis, evidence, trust, options, precision);
  for (int round = 1; round < kTukeyRounds && options.tukey > 0.0; ++round) {
    weigh(trust, basis, evidence, solution, options);
    solution = solve(basis, evidence, trust, options, precision);
  }
  return {solution.begin() + kTissues, solution.end()};
}

}  // namespace isoscan::preprocess
