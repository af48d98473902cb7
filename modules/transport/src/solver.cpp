#include "isoscan/transport/solver.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <sstream>
#include <utility>

#include <c10/core/InferenceMode.h>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/transport/libraries.hpp"

#include "judge.hpp"
#include "trainer.hpp"

namespace isoscan::transport {

using core::Error;
using core::ErrorKind;

namespace {

constexpr std::int64_t kRowsToKnow = 64;
constexpr double kRunaway = 1e3;
constexpr const char* kFitKey = "fit";
constexpr const char* kLogName = "log";
constexpr std::size_t kLogColumns = 6;

void describe(std::ostringstream& out, const NetworkOptions& network) {
  for (const auto width : network.hidden) out << width << ',';
  out << static_cast<int>(network.activation) << network.residual << network.quadratic << network.skips
      << network.input_convex << ';';
}
void describe(std::ostringstream& out, const AdamOptions& adam) {
  out << adam.rate << ',' << adam.beta1 << ',' << adam.beta2 << ',' << adam.epsilon << ','
      << adam.final_fraction << ',' << adam.full_rate_steps << ',' << adam.basis_every << ','
      << adam.basis_decay << ';';
}

/// A digest of the first rows that a sampler draws: other rows behind the same stream are another fit.
std::string first_rows(Sampler sampler) {
  const Rows rows = sampler.draw(kRowsToKnow);
  return core::sha256(std::string_view(reinterpret_cast<const char*>(rows.values.data()),
                                       rows.values.size() * sizeof(float)));
}

/// All settings that shape the bytes, and the streams: a checkpoint belongs to one of these.
std::string identity_of(const Sampler& source, const Sampler& target, const SolverOptions& o,
                        std::uint64_t seed) {
  std::ostringstream out;
  out.precision(17);
  // Other libraries or vector units give other bits: such a run may not go on.
  out << libraries() << ';' << first_rows(source) << first_rows(target) << ';' << seed << ';' << source.dim()
      << ';' << source.seed() << ',' << source.stream() << ';' << target.seed() << ',' << target.stream()
      << ';' << o.expectile << ',' << o.expectile_weight << ',' << o.expectile_last.value_or(-1.0) << ','
      << o.expectile_weight_last.value_or(-1.0) << ',' << o.steps << ',' << o.map_steps << ',' << o.batch
      << ',' << o.bidirectional << o.dot_product << static_cast<int>(o.map_kind)
      << static_cast<int>(o.potential_side) << o.correct_conjugate << o.batch_candidates
      << (o.exact_conjugate == ExactConjugate::IfBetter) << ',' << o.map_average << ',' << o.cost_power << ','
      << static_cast<bool>(o.cost) << ',' << o.context_dims << ',' << o.context_cost << ',' << o.standardise
      << ',' << static_cast<int>(o.start_kind) << ',' << o.unbalanced << ',' << o.stop_tolerance << ','
      << o.stop_patience << ',' << o.log_every << ';';
  for (const double w : o.cost_weights) out << w << ',';
  describe(out, o.map_network);
  describe(out, o.potential_network);
  describe(out, o.map_adam);
  describe(out, o.potential_adam);
  if (o.start) {
    for (const auto* numbers : {&o.start->mean_source, &o.start->mean_target, &o.start->matrix}) {
      for (const double v : *numbers) out << v << ',';
    }
  }
  return core::sha256(out.str());
}

/// A trainer's run: records, stop rules, checkpoints.
class Run {
 public:
  Run(Trainer& trainer, const SolverOptions& options, const core::Context& context, const SolverRun& caller,
      std::string identity, std::int64_t moved)
      : trainer_(trainer),
        options_(options),
        context_(context),
        caller_(caller),
        identity_(std::move(identity)),
        moved_(moved) {
    summary_.cost_unit = trainer.cost_unit();
  }

  Summary go() {
    if (caller_.resume != nullptr) restore(*caller_.resume);
    const auto begin = std::chrono::steady_clock::now();
    const double before = summary_.seconds;
    for (int step = summary_.steps; step < options_.steps && summary_.ended.empty(); ++step) {
      context_.check_stop();
      const nn::StepSums sums = trainer_.step(step);
      summary_.steps = step + 1;
      add(sums);
      if (!summary_.ended.empty()) break;
      if ((step + 1) % options_.log_every == 0 || step + 1 == options_.steps) record();
      summary_.seconds =
          before + std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      // A record closes the window of sums, so that a checkpoint needs none of them.
      if (caller_.save && step + 1 < options_.steps && (step + 1) % save_every() == 0) save();
    }
    summary_.steps_per_second = summary_.steps / std::max(summary_.seconds, 1e-9);
    if (summary_.ended.empty()) summary_.ended = "ran all " + std::to_string(summary_.steps) + " steps";
    if (!diverged_ && !given_up_ && !trainer_.finite()) {
      diverged_ = true;
      summary_.ended = "diverged: the last step gave weights that are not finite";
    }
    summary_.usable = !diverged_ && !given_up_;
    return std::move(summary_);
  }

 private:
  /// The wished distance, rounded up to a whole number of records.
  [[nodiscard]] int save_every() const {
    const int records = (std::max(caller_.save_every, 1) + options_.log_every - 1) / options_.log_every;
    return records * options_.log_every;
  }

  void end(const std::string& why) { summary_.ended = why + " at step " + std::to_string(summary_.steps); }

  void add(const nn::StepSums& sums) {
    if (!std::isfinite(sums.dual) || !std::isfinite(sums.map_cost) || !std::isfinite(sums.expectile)) {
      diverged_ = true;
      return end("diverged: a loss is not finite");
    }
    // Means over the batch; the solver's cost of a random pair is about twice the number of columns when
    // standardised.
    const double beyond = std::max(sums.map_cost, std::abs(sums.dual));
    if (options_.standardise && beyond / static_cast<double>(options_.batch * moved_) > kRunaway) {
      diverged_ = true;
      return end("diverged: the map moves rows beyond all measure");
    }
    const auto rows = static_cast<double>(options_.batch);
    window_.dual += sums.dual / rows;
    window_.map_cost += sums.map_cost / rows;
    window_.expectile += sums.expectile / rows;
    window_.violations += sums.violations / rows;
    window_.replaced += sums.replaced / rows;
    ++in_window_;
  }

  void record() {
    const double unit = trainer_.record_unit() / in_window_;
    const double progress = static_cast<double>(summary_.steps - 1) / options_.steps;
    const double weight = options_.expectile_weight_last
                              ? options_.expectile_weight +
                                    progress * (*options_.expectile_weight_last - options_.expectile_weight)
                              : options_.expectile_weight;
    summary_.log.push_back({summary_.steps, unit * window_.dual, unit * window_.map_cost,
                            weight * window_.expectile / in_window_, window_.violations / in_window_,
                            window_.replaced / in_window_});
    window_ = {};
    in_window_ = 0;
    context_.progress.report(static_cast<double>(summary_.steps) / options_.steps);
    if (caller_.observe) {
      const Verdict verdict = caller_.observe(summary_.log.back());
      if (verdict == Verdict::GoodEnough) end("stopped by its observer: good enough");
      if (verdict == Verdict::GiveUp) {
        given_up_ = true;
        end("given up by its observer");
      }
    }
    if (summary_.ended.empty() && settled())
      end("settled: dual and map cost moved by less than " + std::to_string(options_.stop_tolerance) +
          " of themselves");
  }

  /// Means of the last `stop_patience` records against the ones before.
  [[nodiscard]] bool settled() const {
    const auto patience = static_cast<std::size_t>(options_.stop_patience);
    if (!(options_.stop_tolerance > 0.0) || summary_.log.size() < 2 * patience) return false;
    const auto moved = [&](double StepRecord::*field) {
      double now = 0.0;
      double then = 0.0;
      const std::size_t last = summary_.log.size();
      for (std::size_t i = 0; i < patience; ++i) {
        now += summary_.log[last - 1 - i].*field;
        then += summary_.log[last - 1 - patience - i].*field;
      }
      return std::abs(now - then) > options_.stop_tolerance * std::max(std::abs(now), std::abs(then));
    };
    return !moved(&StepRecord::dual) && !moved(&StepRecord::map_cost);
  }

  void save() const {
    core::TensorFile file;
    file.metadata["kind"] = "isoscan transport checkpoint 1";
    file.metadata[kFitKey] = identity_;
    std::ostringstream numbers;
    numbers.precision(17);
    numbers << summary_.steps << ' ' << summary_.seconds;
    file.metadata["steps_seconds"] = numbers.str();
    std::vector<double> log;
    for (const StepRecord& r : summary_.log) {
      const double row[kLogColumns] = {
          static_cast<double>(r.step), r.dual, r.map_cost, r.regulariser, r.violation, r.replaced};
      log.insert(log.end(), row, row + kLogColumns);
    }
    file.tensors[kLogName] =
        core::Tensor::of({static_cast<std::int64_t>(summary_.log.size()), kLogColumns}, log);
    trainer_.save(file);
    core::seal(file);
    caller_.save(file);
  }

  void restore(const core::TensorFile& file) {
    core::check_seal(file);
    const auto found = file.metadata.find(kFitKey);
    if (found == file.metadata.end())
      throw Error(ErrorKind::Input, "this is no checkpoint of a transport fit");
    if (found->second != identity_)
      throw Error(
          ErrorKind::Config,
          "the checkpoint is that of another fit (other options, seed or streams): start anew, or give "
          "the options it was made with");
    std::istringstream(file.metadata.at("steps_seconds")) >> summary_.steps >> summary_.seconds;
    const std::vector<double> log = file.at(kLogName).doubles();
    for (std::size_t i = 0; i + kLogColumns <= log.size(); i += kLogColumns)
      summary_.log.push_back(
          {static_cast<int>(log[i]), log[i + 1], log[i + 2], log[i + 3], log[i + 4], log[i + 5]});
    trainer_.restore(file);
  }

  Trainer& trainer_;
  const SolverOptions& options_;
  const core::Context& context_;
  const SolverRun& caller_;
  std::string identity_;
  std::int64_t moved_;
  Summary summary_;
  nn::StepSums window_;
  int in_window_ = 0;
  bool diverged_ = false;
  bool given_up_ = false;
};

}  // namespace

Fit fit_enot(const Sampler& source, const Sampler& target, const SolverOptions& options,
             const core::Context& context, const SolverRun& run) {
  if (source.dim() != target.dim())
    throw Error(ErrorKind::Input, "transport: the source has " + std::to_string(source.dim()) +
                                      " columns, the target " + std::to_string(target.dim()));
  if (const auto wrong = options.problem(source.dim()); !wrong.empty())
    throw Error(ErrorKind::Config, "transport: " + wrong);
  require_independent(source, target);
  try {
    const c10::InferenceMode no_graph;
    use_torch_threads();
    // With its potential on the source, the network is the way back: the same fit with the sides swapped.
    const bool swapped = options.potential_side == PotentialSide::Source;
    SolverOptions settled = options;
    if (swapped && options.start) settled.start = options.start->inverse();
    const Judge judge(source, target, options, context.threads);
    Trainer trainer(swapped ? judge.target() : judge.source(), swapped ? judge.source() : judge.target(),
                    settled, context);
    Fit fit;
    fit.summary = Run(trainer, options, context, run, identity_of(source, target, options, context.seed),
                      source.dim() - options.context_dims)
                      .go();
    const FittedMap start = options.start ? FittedMap(*options.start) : trainer.identity();
    const bool both = swapped || options.bidirectional;
    fit.map = start;
    if (!fit.summary.usable) return fit;
    FittedMap forward = swapped ? trainer.map_of_potential() : trainer.map();
    std::optional<FittedMap> inverse;
    bool away = judge.runs_away(forward, start, false);
    if (both) {
      inverse = swapped ? trainer.map() : trainer.map_of_potential();
      const FittedMap back = options.start ? FittedMap(options.start->inverse()) : trainer.identity();
      away = away || judge.runs_away(*inverse, back, true);
    }
    if (away) {
      fit.summary.usable = false;
      fit.summary.ended = "diverged: the map sends rows far beyond the side that it should reach";
      return fit;
    }
    fit.map = std::move(forward);
    fit.inverse = std::move(inverse);
    if (swapped) {
      fit.source_potential = trainer.target_potential(PotentialSide::Source);
    } else {
      fit.target_potential = trainer.target_potential(PotentialSide::Target);
      fit.source_potential = trainer.source_potential(PotentialSide::Source);
    }
    refine(fit, judge, options, context);
    return fit;
  } catch (const c10::Error& error) {
    throw from_torch("transport", error);
  }
}

}  // namespace isoscan::transport
