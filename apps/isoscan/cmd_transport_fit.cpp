#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/transport/fit_map.hpp"
#include "isoscan/transport/metrics.hpp"

#include "map_picture.hpp"
#include "output_files.hpp"
#include "sample_files.hpp"
#include "transport_checkpoint.hpp"
#include "transport_flags.hpp"
#include "transport_judge.hpp"
#include "transport_method.hpp"

namespace isoscan::app {

using core::Error;
using core::ErrorKind;
using transport::MapFit;
using transport::Rows;
using transport::Sample;

namespace {

constexpr double kHeldOut = 0.2;

struct FitFlags {
  RunningFlags running;
  SampleFlags samples;
  MethodFlags method;
  std::string out, inverse;
  std::optional<double> held_out;
};

/// What is fitted on and what is judged on: the same where too few rows would be set aside.
struct Parts {
  Sample fit_source, fit_target;
  Sample judge_source, judge_target;
  bool held_out = true;
};

Parts parts_of(const FitFlags& flags, const Sample& source, const Sample& target, const TransportWork& work) {
  const double share = flags.held_out.value_or(kHeldOut);
  HeldOut from = hold_out(source, share, flags.running.seed, "source");
  HeldOut to = hold_out(target, share, flags.running.seed, "target");
  if (can_judge(from.aside) && can_judge(to.aside))
    return {std::move(from.fit), std::move(to.fit), std::move(from.aside), std::move(to.aside), true};
  if (flags.held_out.value_or(0.0) > 0.0)
    throw Error(
        ErrorKind::Config,
        text("--held-out %g leaves fewer than two rows aside; give more rows, or 0", *flags.held_out));
  if (share > 0.0) work.say("few rows: all are used, none are held out to judge the map");
  return {source, target, source, target, false};
}

void say_what_is_fitted(const TransportWork& work, const Parts& parts, std::int64_t context) {
  const auto count = [](const Sample& sample) { return static_cast<long long>(sample.rows.count); };
  work.say(text(
      "source %lld rows, target %lld rows, %lld columns%s; held out %lld and %lld", count(parts.fit_source),
      count(parts.fit_target), static_cast<long long>(parts.fit_source.rows.dim),
      context > 0 ? text(", the last %lld are context", static_cast<long long>(context)).c_str() : "",
      parts.held_out ? count(parts.judge_source) : 0, parts.held_out ? count(parts.judge_target) : 0));
}

/// The steps of the whole fit are those of the checkpoint; asking for others is a mistake.
void go_on(const TransportWork& work, const FitCheckpoint& checkpoint, const MethodFlags& flags,
           transport::FitRun& run, transport::MethodOptions& options) {
  if (!checkpoint.found()) return;
  if (flags.steps && *flags.steps != checkpoint.steps_total())
    throw Error(ErrorKind::Config,
                text("--steps %d: %s is the checkpoint of a fit of %d steps; give these, or "
                     "another name",
                     *flags.steps, flags.checkpoint.c_str(), checkpoint.steps_total()));
  std::get<transport::SolverOptions>(options).steps = checkpoint.steps_total();
  run.budget_s = 0.0;
  work.say(text("going on from step %d of %d, of %s", checkpoint.steps_done(), checkpoint.steps_total(),
                flags.checkpoint.c_str()));
}

MapFit fitted(const FitFlags& flags, const Parts& parts, transport::MethodOptions options,
              const TransportWork& work, FitCheckpoint& checkpoint) {
  transport::FitRun run;
  run.budget_s = 60.0 * flags.method.budget_minutes.value_or(0.0);
  checkpoint.attach(run, flags.method.save_every);
  go_on(work, checkpoint, flags.method, run, options);
  if (run.budget_s > 0.0) {
    run.on_steps = [&work, note = std::move(run.on_steps)](int steps) {
      if (note) note(steps);
      work.say(text("%d steps fit into the time; --steps %d gives the same map again", steps, steps));
    };
  }
  const core::Context context = work.context.slice(0.0, 0.95, "fitting the map");
  try {
    MapFit fit = transport::fit_map(parts.fit_source, parts.fit_target, options, context, run);
    if (fit.usable) return fit;
    checkpoint.remove();
    work.done();
    throw Error(ErrorKind::Numeric,
                flags.method.method + " " + fit.ended +
                    "; no map is written: try a smaller --rate, --method gaussian, or look "
                    "for outliers");
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::Config && checkpoint.found()) throw error.within(flags.method.checkpoint);
    if (error.kind() != ErrorKind::Cancelled || checkpoint.steps_done() == 0) throw;
    throw Error(ErrorKind::Cancelled,
                text("%s; %s holds step %d of %d, the same command goes on from there", error.what(),
                     flags.method.checkpoint.c_str(), checkpoint.steps_done(), checkpoint.steps_total()));
  }
}

void say_how_it_went(const TransportWork& work, const MapFit& fit, const MethodFlags& flags) {
  const std::string& method = flags.method;
  const double power = flags.cost_power.value_or(transport::SolverOptions().cost_power);
  work.say(
      text("%s: %s, %s", method.c_str(), fit.ended.c_str(), pipeline::duration_text(fit.seconds).c_str()));
  if (fit.enot && !fit.enot->log.empty()) {
    const transport::StepRecord& last = fit.enot->log.back();
    work.say(
        text("scaling: one unit of the solver's cost is %.4g of |x - y|^%g", fit.enot->cost_unit, power));
    work.say(
        text("final dual %.4g, mean cost of the map %.4g; the dual constraint is violated by %.1f %% of "
             "pairs",
             last.dual, last.map_cost, 100.0 * last.violation));
  }
  if (fit.entropic) {
    work.say(text("scaling: epsilon is %.4g, of a mean cost of %.4g", fit.entropic->epsilon,
                  fit.entropic->mean_cost));
    work.say(text("final dual %.4g, cost of the plan %.4g; %d iterations", fit.entropic->dual,
                  fit.entropic->plan_cost, fit.entropic->iterations));
  }
}

/// Maps first, then what is said of them: judging may be stopped without loss.
void write_maps(const FitFlags& flags, const MapFit& fit) {
  const std::map<std::string, std::string> notes{{"method", flags.method.method},
                                                 {"seed", std::to_string(flags.running.seed)}};
  if (!flags.inverse.empty() && !fit.inverse)
    throw Error(ErrorKind::Numeric,
                "--inverse: the map is flat in some direction and has no inverse; nothing is "
                "written: leave the flag out");
  write_map(flags.out, fit.map, notes);
  if (!flags.inverse.empty()) write_map(flags.inverse, *fit.inverse, notes);
}

void judge(const FitFlags& flags, const MapFit& fit, const Parts& parts, const TransportWork& work) {
  const core::Context context = work.context.slice(0.95, 1.0, "judging the map");
  const Rows x = plain_rows(parts.judge_source, flags.running.seed, "source");
  const Rows y = plain_rows(parts.judge_target, flags.running.seed, "target");
  const Rows mapped = fit.map.apply(x, context.threads);
  const Distances how_far = distances(x, mapped, y, context);
  draw_map(flags.samples.picture, fit.map, x, y, how_far, context.threads);
  work.done();
  say_how_it_went(work, fit, flags.method);
  work.say(text("distance to the target, %s: before -> after",
                parts.held_out ? "held-out rows" : "the same rows as fitted"));
  work.say(text("  energy distance      %.4g -> %.4g", how_far.energy.before, how_far.energy.after));
  work.say(text("  sliced Wasserstein-2 %.4g -> %.4g", how_far.sliced.before, how_far.sliced.after));
  if (how_far.energy.after > how_far.energy.before)
    work.say(
        "WARNING: these rows lie farther from the target after the map than before it: too few rows for "
        "so many columns? Do not use it; --method columns needs the fewest");
  if (!flags.inverse.empty()) {
    const Rows back = fit.inverse->apply(mapped, context.threads);
    work.say(text("there and back misses by %.3g of the source's standard deviation",
                  transport::round_trip_error(x, back)));
    work.say("the inverse is in " + flags.inverse);
  }
  work.say("the map is in " + flags.out);
}

/// All that can be known to be wrong before the samples are read.
void require_usable_request(const FitFlags& flags) {
  flags.samples.require_picture_name();
  require_map_name("--out", flags.out);
  if (!flags.inverse.empty()) {
    require_map_name("--inverse", flags.inverse);
    if (!(flags.method.method == "gaussian" ||
          (flags.method.method == "enot" && flags.method.potential_side == "source")))
      throw Error(ErrorKind::Config,
                  "--inverse is for --method gaussian, and for enot with --potential-side "
                  "source; else fit once more with --source and --target swapped");
  }
  std::vector<std::string> inputs = flags.samples.files();
  require_outputs({{"--out", flags.out, is_our_map},
                   {"--inverse", flags.inverse, is_our_map},
                   {"--picture", flags.samples.picture, is_our_picture},
                   // What stands there is read and judged before it is replaced (FitCheckpoint).
                   {"--checkpoint", flags.method.checkpoint, [](const auto&) { return true; }}},
                  inputs, flags.running.overwrite);
}

int fit(const FitFlags& flags, std::stop_token stop) {
  const TransportWork work(flags.running, std::move(stop));
  (void)flags.method.options(0);  // flags that do not go together are named before anything is read
  require_usable_request(flags);
  const Sample source = read_sample(flags.samples.source, flags.samples.source_weights);
  const Sample target = read_sample(flags.samples.target, flags.samples.target_weights);
  require_same_columns(source.rows, flags.samples.source, target.rows.dim, flags.samples.target);
  flags.method.require_columns(source.rows.dim);
  flags.samples.require_picture_columns(source.rows.dim);
  const Parts parts = parts_of(flags, source, target, work);
  say_what_is_fitted(work, parts, flags.method.context);
  FitCheckpoint checkpoint(flags.method.checkpoint, parts.fit_source, parts.fit_target);
  const MapFit found = fitted(flags, parts, flags.method.options(source.rows.dim), work, checkpoint);
  write_maps(flags, found);
  checkpoint.remove();  // not before the map is safe
  judge(flags, found, parts, work);
  return 0;
}

}  // namespace

void add_transport_fit(CLI::App& group, Action& chosen) {
  auto* command =
      group.add_subcommand("fit", "Find the map that turns one sample into the other at least cost");
  const auto flags = std::make_shared<FitFlags>();
  flags->samples.add_to(*command);
  command->add_option("--out", flags->out, "Map to write (.safetensors)")->required();
  command->add_option("--inverse", flags->inverse,
                      "Also write the map from target to source (.safetensors): gaussian, or enot with "
                      "--potential-side source");
  command
      ->add_option("--held-out", flags->held_out,
                   text("Share of rows kept aside to judge the map, 0 to 0.9 (default %g)", kHeldOut))
      ->check(from_to(0.0, 0.9));
  flags->running.add_seed(*command);
  flags->running.add_threads(*command);
  flags->running.add_overwrite(*command);
  flags->method.add_to(*command);
  on_choice(*command, flags, fit, chosen);
  command->footer(
      "examples:\n"
      "  isoscan transport fit --source X.npy --target Y.npy --out map.safetensors --picture map.svg\n"
      "  isoscan transport fit --source X.npy --target Y.npy --out map.safetensors --method entropic\n"
      "  isoscan transport fit --source X.npy --target Y.npy --out map.safetensors --budget-minutes 30 \\\n"
      "      --potential-side source --quadratic --correct --inverse back.safetensors --checkpoint "
      "fit.safetensors\n\n"
      "How it went is said on stderr. The same input, options and seed give the same bytes. Nothing is "
      "written "
      "before the fit\nhas ended but the checkpoint, and no file of another origin is replaced without "
      "--overwrite. "
      "Exit status: 6 where the fit\ndiverged: no map is written and none is replaced; 130 where it was "
      "stopped. "
      "docs/transport-command.md");
}

}  // namespace isoscan::app
