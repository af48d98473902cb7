#include "field_fit.hpp"

#include <algorithm>
#include <cmath>

namespace isoscan::preprocess {

Basis::Basis(const SmoothField& field, const Blocks& blocks, const std::vector<bool>& filled) {
  std::vector<double> at;
  for (std::size_t b = 0; b < filled.size(); ++b) {
    if (!filled[b]) continue;
    block.push_back(b);
    field.values_at(blocks.centre(b), at);
    value.insert(value.end(), at.begin(), at.end());
  }
}

std::vector<double> fit_field(const Basis& basis, const Evidence& evidence, int order,
                              const BiasOptions& options, double unit) {
  const auto& terms = SmoothField::terms();
  std::vector<std::size_t> active;
  for (std::size_t n = 0; n < terms.size(); ++n) {
    if (terms[n].order <= order && options.prior_sd[static_cast<std::size_t>(terms[n].order - 1)] > 0.0)
      active.push_back(n);
  }
  const std::size_t size = active.size() + 1;
  std::vector<double> normal(size * size, 0.0);
  std::vector<double> right(size, 0.0);
  std::vector<double> value(size, 1.0);
  const double precision = unit / (options.anatomy_sd * options.anatomy_sd);
  for (std::size_t m = 0; m < basis.block.size(); ++m) {
    const std::size_t b = basis.block[m];
    if (evidence.weight[b] <= 0.0) continue;
    const double* all = basis.value.data() + m * terms.size();
    for (std::size_t n = 0; n < active.size(); ++n) value[n + 1] = all[active[n]];
    for (std::size_t r = 0; r < size; ++r) {
      right[r] += precision * evidence.reading[b] * value[r];
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

void start_from_bright_end(SmoothField& field, const core::Grid& grid, const BrainSamples& samples,
                           const BiasOptions& options) {
  constexpr double kCellMm = 18.0;
  const Blocks cells(grid, kCellMm);
  std::vector<std::vector<float>> values(cells.total());
  for (const auto& row : samples.rows) {
    const std::size_t first = cells.row(row.j, row.k);
    for (std::size_t n = row.begin; n < row.end; ++n) {
      values[first + cells.along(samples.i[n])].push_back(samples.log_intensity[n]);
    }
  }
  const double full = cells.voxels_a_block();
  std::vector<double> level(cells.total(), 0.0);
  std::vector<double> share(cells.total(), 0.0);
  for (std::size_t b = 0; b < values.size(); ++b) {
    const double filled = static_cast<double>(values[b].size()) / full;
    if (filled < 0.15) continue;
    share[b] = filled;
    level[b] = core::quantile(values[b], 0.85);
  }
  const double unit = std::pow(kCellMm / options.anatomy_length_mm, 3.0);
  std::vector<bool> filled(share.size());
  for (std::size_t b = 0; b < share.size(); ++b) filled[b] = share[b] > 0.0;
  const Basis basis(field, cells, filled);
  double spread = 0.5;
  double middle = samples.median;
  for (int round = 0; round < 6; ++round) {
    Evidence evidence(cells.total());
    std::vector<float> left;
    for (std::size_t m = 0; m < basis.block.size(); ++m) {
      const std::size_t b = basis.block[m];
      double fitted = 0.0;
      for (std::size_t n = 0; n < field.coefficients.size(); ++n) {
        fitted += field.coefficients[n] * basis.value[m * field.coefficients.size() + n];
      }
      const double residual = (level[b] - fitted - middle) / spread;
      left.push_back(static_cast<float>(level[b] - fitted));
      const double tukey = std::abs(residual) < 1.0 ? std::pow(1.0 - residual * residual, 2.0) : 0.0;
      evidence.weight[b] = tukey * share[b];
      evidence.reading[b] = tukey * share[b] * (level[b] - middle);
    }
    field.coefficients = fit_field(basis, evidence, round < 2 ? 1 : 2, options, unit);
    middle = core::quantile(left, 0.6);
    spread = std::max(0.2, 0.8 * spread);
  }
}

}  // namespace isoscan::preprocess
