#include "isoscan/evaluate/bias.hpp"

#include <cmath>
#include <map>
#include <optional>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/smooth.hpp"
#include "isoscan/preprocess/resample.hpp"
#include "isoscan/quality/fidelity.hpp"

#include "cohort.hpp"

namespace isoscan::evaluate {

namespace {

using core::Error;
using core::ErrorKind;
using Values = std::map<std::string, std::optional<double>>;

/// As the scanner gave it, up to a constant: white matter near 1.
core::Volume with_field(const preprocess::Prepared& scan) {
  core::Volume out = scan.image;
  for (std::size_t n = 0; n < out.voxels.size(); ++n) out.voxels[n] *= std::exp(scan.log_bias.voxels[n]);
  return out;
}

struct Agreement {
  double truth_sd = 0.0;
  double left_sd = 0.0;
  double correlation = 0.0;
};

Agreement agreement(const core::Volume& truth, const core::Volume& found, const core::Mask& where) {
  double n = 0.0;
  double t = 0.0;
  double f = 0.0;
  double tt = 0.0;
  double ff = 0.0;
  double tf = 0.0;
  for (std::size_t v = 0; v < where.voxels.size(); ++v) {
    if (where.voxels[v] == 0) continue;
    const double a = truth.voxels[v];
    const double b = found.voxels[v];
    n += 1.0;
    t += a;
    f += b;
    tt += a * a;
    ff += b * b;
    tf += a * b;
  }
  const double vt = tt / n - t / n * (t / n);
  const double vf = ff / n - f / n * (f / n);
  const double c = tf / n - t / n * (f / n);
  return {std::sqrt(std::max(0.0, vt)), std::sqrt(std::max(0.0, vt - 2.0 * c + vf)),
          c / std::sqrt(std::max(1e-24, vt * vf))};
}

Values compared(const ReconstructionPair& pair, const BiasOptions& options, const core::Context& context,
                Values& nothing) {
  const preprocess::Prepared raw = prepared_scan(pair.raw, options.spacing_mm, context);
  core::Volume other = pair.normalised.load();
  const core::Mask brain = preprocess::resample_nearest(raw.brain, other.grid);
  const preprocess::Prepared flat =
      preprocess::prepare(other, brain, {.working_spacing_mm = options.spacing_mm}, context);
  core::require_same_grid(raw.image.grid, flat.image.grid, "the other reconstruction");
  const core::Volume a = with_field(raw);
  const core::Volume b = with_field(flat);
  core::Volume truth(raw.image.grid);
  core::Volume found(raw.image.grid);
  core::Mask where(raw.image.grid);
  const auto least = static_cast<float>(options.least);
  for (std::size_t n = 0; n < truth.voxels.size(); ++n) {
    found.voxels[n] = raw.log_bias.voxels[n] - flat.log_bias.voxels[n];
    if (raw.brain.voxels[n] == 0 || raw.image.voxels[n] < least || flat.image.voxels[n] < least) continue;
    where.voxels[n] = 1;
    truth.voxels[n] = std::log(a.voxels[n] / b.voxels[n]);
  }
  if (where.count() < 1000)
    throw Error(ErrorKind::Input, "too little brain is bright in both reconstructions");
  if (options.smooth_mm > 0.0) truth = core::gaussian_in(truth, where, options.smooth_mm, context);
  const Agreement agreed = agreement(truth, found, where);
  nothing = {{"left_sd", agreed.truth_sd},
             {"explained", 0.0},
             {"truth_sd", agreed.truth_sd},
             {"wm_sd_raw", quality::white_matter_sd(a, raw.tissue)},
             {"wm_sd_normalised", quality::white_matter_sd(b, flat.tissue)}};
  const double share = agreed.left_sd / std::max(1e-12, agreed.truth_sd);
  return {{"left_sd", agreed.left_sd},
          {"explained", 1.0 - share * share},
          {"correlation", agreed.correlation},
          {"truth_sd", agreed.truth_sd},
          {"wm_sd_raw", quality::white_matter_sd(raw.image, raw.tissue)},
          {"wm_sd_normalised", quality::white_matter_sd(flat.image, flat.tissue)}};
}

}  // namespace

std::string BiasOptions::problem() const {
  if (spacing_mm != 0.0 && !(spacing_mm >= 0.5 && spacing_mm <= 3.0)) return "spacing_mm must lie in 0.5..3";
  if (!(smooth_mm >= 0.0 && smooth_mm <= 20.0)) return "smooth_mm must lie in 0..20";
  if (!(least > 0.0 && least < 1.0)) return "least must lie in 0..1";
  return {};
}

OutcomeTable bias(const std::vector<ReconstructionPair>& pairs, const BiasOptions& options,
                  const core::Context& context) {
  if (const std::string problem = options.problem(); !problem.empty())
    throw Error(ErrorKind::Config, problem);
  if (pairs.empty()) throw Error(ErrorKind::Input, "no acquisition has both reconstructions");
  OutcomeTable table;
  describe(table, "bias", {}, {}, options.spacing_mm, context.seed);
  table.settings.erase("fit");
  table.settings.erase("methods");
  table.scanner = "real";
  table.baseline = "none";
  PeopleShare share(context, 0.0, 1.0, pairs.size());
  for (const ReconstructionPair& pair : pairs) {
    const core::Context part = share.next("bias of " + pair.id);
    with_one(pair.id, table, [&] {
      Values nothing;
      const Values found = compared(pair, options, part, nothing);
      table.people.push_back(pair.id);
      add_values(table, "none", nothing);
      add_values(table, "first pass", found);
    });
  }
  require_left(table.people.size(), 1, "bias fields", table);
  table.title = "bias: " + std::to_string(table.people.size()) +
                (table.people.size() == 1 ? " acquisition" : " acquisitions") + ", each reconstructed twice";
  table.measures = {"left_sd", "explained", "correlation", "truth_sd", "wm_sd_raw", "wm_sd_normalised"};
  return table;
}

}  // namespace isoscan::evaluate
