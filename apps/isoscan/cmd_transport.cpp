#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>

#include <boost/filesystem.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/core/version.hpp"
#include "isoscan/engine/terminal_progress.hpp"
#include "isoscan/transport/assignment.hpp"
#include "isoscan/transport/fit_map.hpp"
#include "isoscan/transport/metrics.hpp"

#include "commands.hpp"
#include "map_picture.hpp"
#include "sample_files.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;
using config::Json;
using core::Error;
using core::ErrorKind;
using transport::Rows;
using transport::Sample;

namespace {

constexpr double kHeldOut = 0.2;
constexpr const char* kTable = "FILE.npy, FILE.safetensors or FILE.safetensors:NAME; one row a sample";

struct Flags {
  std::string source, target, source_weights, target_weights;
  std::string map, rows, truth, out, picture;
  std::string method = "enot";
  std::optional<int> steps;
  std::optional<double> epsilon;
  std::optional<double> held_out;
  std::int64_t context = 0;
  std::uint64_t seed = 0;
  int threads = 0;
};

/// What a command works with: the context, and a voice that does not disturb the progress line.
struct Work {
  std::shared_ptr<pipeline::TerminalProgress> progress =
      std::make_shared<pipeline::TerminalProgress>(std::cerr, pipeline::options_for_stderr());
  core::Context context;

  Work(const Flags& flags, std::stop_token stop) {
    context.stop = std::move(stop);
    context.progress = core::Progress(progress);
    context.seed = flags.seed;
    context.threads = flags.threads > 0 ? flags.threads
                                        : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  }
  void say(const std::string& line) const { progress->print(line); }
};

std::string text(const char* format, ...) __attribute__((format(printf, 1, 2)));
std::string text(const char* format, ...) {
  char buffer[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  return buffer;
}

/// Files that are read must not be the one that is written.
void require_other_file(const fs::path& out, const std::vector<std::string>& inputs) {
  boost::system::error_code ignored;
  for (const std::string& input : inputs) {
    if (!input.empty() && fs::equivalent(out, input, ignored))
      throw Error(ErrorKind::Config, out.string() + " is an input of this command; give --out another name");
  }
}

void require_svg(const std::string& picture) {
  if (!picture.empty() && fs::path(picture).extension() != ".svg")
    throw Error(ErrorKind::Config, "--picture " + picture + ": pictures are .svg files");
}

Sample read_sample(const std::string& place, const std::string& weights) {
  Sample sample;
  sample.rows = read_rows(place);
  sample.weights = read_weights(weights, sample.rows);
  return sample;
}

void require_same_columns(const Rows& rows, const std::string& name, std::int64_t columns,
                          const std::string& other) {
  if (rows.dim != columns)
    throw Error(ErrorKind::Input, name + " has " + std::to_string(rows.dim) + " columns, " + other + " has " +
                                      std::to_string(columns) + "; both must describe the same features");
}

struct Split {
  Sample fit;
  Sample held_out;
};

Split split(const Sample& sample, double share, std::uint64_t seed, const char* side) {
  Split result{{Rows(0, sample.rows.dim), {}}, {Rows(0, sample.rows.dim), {}}};
  const auto aside = static_cast<std::int64_t>(share * static_cast<double>(sample.rows.count));
  // A shuffled row of which part: each row keeps its place among its own.
  std::vector<char> out(static_cast<std::size_t>(sample.rows.count), 0);
  std::fill_n(out.begin(), aside, 1);
  core::Random random(seed, std::string("held out ") + side);
  for (std::size_t i = out.size(); i > 1; --i) std::swap(out[i - 1], out[random.below(i)]);
  for (std::int64_t i = 0; i < sample.rows.count; ++i) {
    Sample& to = out[static_cast<std::size_t>(i)] != 0 ? result.held_out : result.fit;
    to.rows.values.insert(to.rows.values.end(), sample.rows.row(i), sample.rows.row(i) + sample.rows.dim);
    ++to.rows.count;
    if (!sample.weights.empty()) to.weights.push_back(sample.weights[static_cast<std::size_t>(i)]);
  }
  return result;
}

/// Rows for the measures, which know no weights: drawn by weight where there are some.
Rows plain_rows(const Sample& sample, std::uint64_t seed, const char* stream) {
  if (sample.weights.empty()) return sample.rows;
  return transport::Sampler(sample.rows, seed, stream, sample.weights).draw(sample.rows.count);
}

bool some_weight(const Sample& sample) {
  return sample.weights.empty() ||
         std::any_of(sample.weights.begin(), sample.weights.end(), [](float w) { return w > 0.0F; });
}

transport::MethodOptions options_of(const Flags& flags) {
  transport::MethodOptions options = transport::method_options(flags.method, flags.context);
  if (flags.steps) {
    auto* enot = std::get_if<transport::SolverOptions>(&options);
    if (enot == nullptr)
      throw Error(ErrorKind::Config,
                  "--steps is for the method enot; \"" + flags.method + "\" is not trained");
    enot->steps = *flags.steps;
  }
  if (flags.epsilon) {
    auto* entropic = std::get_if<transport::SinkhornOptions>(&options);
    if (entropic == nullptr)
      throw Error(ErrorKind::Config,
                  "--epsilon is for the method entropic, not for \"" + flags.method + "\"");
    entropic->epsilon = *flags.epsilon;
  }
  return options;
}

void say_how_it_went(const Work& work, const transport::MapFit& fit, const std::string& method) {
  work.say(
      text("%s: %s, %s", method.c_str(), fit.ended.c_str(), pipeline::duration_text(fit.seconds).c_str()));
  if (fit.enot && !fit.enot->log.empty()) {
    const transport::StepRecord& last = fit.enot->log.back();
    work.say(text("scaling: one unit of the solver's cost is %.4g of |x - y|^2", fit.enot->cost_unit));
    work.say(text(
        "final dual %.4g, mean cost of the map %.4g; the dual constraint is violated by %.1f %% of pairs",
        last.dual, last.map_cost, 100.0 * last.violation));
  }
  if (fit.entropic) {
    work.say(text("scaling: epsilon is %.4g, of a mean cost of %.4g", fit.entropic->epsilon,
                  fit.entropic->mean_cost));
    work.say(text("final dual %.4g, cost of the plan %.4g; %d iterations", fit.entropic->dual,
                  fit.entropic->plan_cost, fit.entropic->iterations));
  }
}

/// Distances to the target, before and after the map.
struct Distances {
  double energy[2];
  double sliced[2];
};

Distances distances(const Rows& source, const Rows& mapped, const Rows& target,
                    const core::Context& context) {
  Distances result{};
  for (int k = 0; k < 2; ++k) {
    const Rows& rows = k == 0 ? source : mapped;
    context.check_stop();
    result.energy[k] = transport::energy_distance(rows, target);
    context.check_stop();
    result.sliced[k] = transport::sliced_wasserstein2(rows, target, 128, context.seed);
    context.progress.report(0.5 * (k + 1));
  }
  return result;
}

std::string caption(const char* when, double energy) {
  // The measure is unbiased, so what is nothing is as often below zero as above it.
  return std::string(when) + ": energy distance to the target " +
         (energy < 0.0005 ? std::string("below 0.001") : text("%.3g", energy));
}

void draw(const Flags& flags, const transport::FittedMap& map, const Rows& source, const Rows& target,
          const Distances& how_far, const core::Context& context) {
  if (flags.picture.empty()) return;
  core::write_file(flags.picture, map_picture(map, source, target, caption("before", how_far.energy[0]),
                                              caption("after", how_far.energy[1]), context.threads));
}

int fit(const Flags& flags, std::stop_token stop) {
  const Work work(flags, std::move(stop));
  const transport::MethodOptions options = options_of(flags);
  require_svg(flags.picture);
  require_other_file(flags.out, {flags.source, flags.target, flags.source_weights, flags.target_weights});
  if (fs::path(flags.out).extension() != ".safetensors")
    throw Error(ErrorKind::Config, "--out " + flags.out + ": maps are .safetensors files");
  const Sample source = read_sample(flags.source, flags.source_weights);
  const Sample target = read_sample(flags.target, flags.target_weights);
  require_same_columns(source.rows, flags.source, target.rows.dim, flags.target);
  if (flags.context >= source.rows.dim)
    throw Error(ErrorKind::Config, "--context " + std::to_string(flags.context) +
                                       " leaves no column to move of " + std::to_string(source.rows.dim));
  if (!flags.picture.empty() && source.rows.dim != 2)
    throw Error(ErrorKind::Config, "--picture draws maps of two columns; these tables have " +
                                       std::to_string(source.rows.dim) + ": leave it out");

  const double share = flags.held_out.value_or(kHeldOut);
  Split from = split(source, share, flags.seed, "source");
  Split to = split(target, share, flags.seed, "target");
  bool judged = from.held_out.rows.count >= 2 && to.held_out.rows.count >= 2 && some_weight(from.held_out) &&
                some_weight(to.held_out);
  if (!judged) {
    if (flags.held_out.value_or(0.0) > 0.0)
      throw Error(
          ErrorKind::Config,
          text("--held-out %g leaves fewer than two rows aside; give more rows, or 0", *flags.held_out));
    if (share > 0.0) work.say("few rows: all are used, none are held out to judge the map");
    from.fit = source;
    to.fit = target;
  }
  work.say(text("source %lld rows, target %lld rows, %lld columns%s; held out %lld and %lld",
                static_cast<long long>(from.fit.rows.count), static_cast<long long>(to.fit.rows.count),
                static_cast<long long>(source.rows.dim),
                flags.context > 0
                    ? text(", the last %lld are context", static_cast<long long>(flags.context)).c_str()
                    : "",
                judged ? static_cast<long long>(from.held_out.rows.count) : 0LL,
                judged ? static_cast<long long>(to.held_out.rows.count) : 0LL));

  const transport::MapFit found =
      transport::fit_map(from.fit, to.fit, options, work.context.slice(0.0, 0.95, "fitting the map"));
  if (!found.usable) {
    work.progress->clear();
    throw Error(ErrorKind::Numeric, flags.method + " " + found.ended +
                                        "; no map is written: try --method gaussian, or look for outliers");
  }
  const core::Context rest = work.context.slice(0.95, 1.0, "judging the map");
  const Rows x = plain_rows(judged ? from.held_out : from.fit, flags.seed, "judged source");
  const Rows y = plain_rows(judged ? to.held_out : to.fit, flags.seed, "judged target");
  const Distances how_far = distances(x, found.map.apply(x, rest.threads), y, rest);

  core::TensorFile file = found.map.to_tensors();
  file.metadata["isoscan"] = core::software();
  file.metadata["method"] = flags.method;
  file.metadata["seed"] = std::to_string(flags.seed);
  core::seal(file);
  core::write_tensor_file(flags.out, file);
  draw(flags, found.map, x, y, how_far, rest);
  work.progress->clear();
  say_how_it_went(work, found, flags.method);
  work.say(text("distance to the target, %s: before -> after",
                judged ? "held-out rows" : "the same rows as fitted"));
  work.say(text("  energy distance      %.4g -> %.4g", how_far.energy[0], how_far.energy[1]));
  work.say(text("  sliced Wasserstein-2 %.4g -> %.4g", how_far.sliced[0], how_far.sliced[1]));
  work.say("the map is in " + flags.out);
  return 0;
}

int apply(const Flags& flags, std::stop_token stop) {
  const Work work(flags, std::move(stop));
  require_table_name(flags.out);
  require_other_file(flags.out, {flags.map, flags.rows});
  const transport::FittedMap map = read_map(flags.map);
  const Rows rows = read_rows(flags.rows);
  require_same_columns(rows, flags.rows, map.dim(), flags.map);
  // In blocks, so that Ctrl-C and the progress line are heard.
  constexpr std::int64_t kBlock = 65536;
  Rows moved(rows.count, rows.dim);
  for (std::int64_t first = 0; first < rows.count; first += kBlock) {
    work.context.check_stop();
    Rows block(std::min(kBlock, rows.count - first), rows.dim);
    std::copy_n(rows.row(first), block.values.size(), block.values.begin());
    const Rows done = map.apply(block, work.context.threads);
    std::copy(done.values.begin(), done.values.end(), moved.row(first));
    work.context.progress.report(static_cast<double>(first + block.count) / static_cast<double>(rows.count));
  }
  write_rows(flags.out, moved);
  work.progress->clear();
  work.say(std::to_string(rows.count) + " rows moved, in " + flags.out);
  return 0;
}

Json before_after(double before, double after, std::optional<double> floor = {}) {
  Json::Object object{{"before", before}, {"after", after}};
  if (floor) object["target_with_itself"] = *floor;
  return Json(std::move(object));
}

/// Every second row: two samples of the target, to say what distance is none.
Sample half_of(const Rows& rows, std::int64_t first) {
  Sample half{Rows(0, rows.dim), {}};
  for (std::int64_t i = first; i < rows.count; i += 2) {
    half.rows.values.insert(half.rows.values.end(), rows.row(i), rows.row(i) + rows.dim);
    ++half.rows.count;
  }
  return half;
}

int score(const Flags& flags, std::stop_token stop) {
  const Work work(flags, std::move(stop));
  require_svg(flags.picture);
  const transport::FittedMap map = read_map(flags.map);
  const Sample source = read_sample(flags.source, flags.source_weights);
  const Sample target = read_sample(flags.target, flags.target_weights);
  require_same_columns(source.rows, flags.source, map.dim(), flags.map);
  require_same_columns(target.rows, flags.target, map.dim(), flags.map);
  if (!flags.picture.empty() && map.dim() != 2)
    throw Error(ErrorKind::Config, "--picture draws maps of two columns; this one has " +
                                       std::to_string(map.dim()) + ": leave it out");
  Json::Object result;
  if (!flags.truth.empty()) {
    const Rows truth = read_rows(flags.truth);
    require_same_columns(truth, flags.truth, map.dim(), flags.map);
    if (truth.count != source.rows.count)
      throw Error(ErrorKind::Input, flags.truth + " has " + std::to_string(truth.count) + " rows for " +
                                        std::to_string(source.rows.count) + " in " + flags.source +
                                        "; row i of it is where row i of the source belongs");
    const Rows mapped = map.apply(source.rows, work.context.threads);
    result["l2_uvp_percent"] = transport::l2_uvp(mapped, truth, transport::total_variance(target.rows));
    result["cosine"] = transport::displacement_cosine(source.rows, mapped, truth);
  }
  const Rows x = plain_rows(source, flags.seed, "judged source");
  const Rows y = plain_rows(target, flags.seed, "judged target");
  if (x.count < 4 || y.count < 4) throw Error(ErrorKind::Input, "a score needs at least four rows a side");
  const Rows mapped = map.apply(x, work.context.threads);
  double cost = 0.0;
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const double d = static_cast<double>(mapped.values[i]) - static_cast<double>(x.values[i]);
    cost += d * d;
  }
  const Rows even = half_of(y, 0).rows;
  const Rows odd = half_of(y, 1).rows;
  const Distances how_far = distances(x, mapped, y, work.context.slice(0.0, 0.4, "measuring"));
  constexpr std::int64_t kMostRows = 512;  // of an exact assignment
  constexpr int kBatches = 4;
  const std::int64_t batch = std::min({kMostRows, x.count, even.count, odd.count});
  const auto exact = [&](const Rows& a, const Rows& b, double from, double to_share) {
    return transport::minibatch_wasserstein2(a, b, batch, kBatches,
                                             work.context.slice(from, to_share, "exact transport"));
  };
  result["rows_source"] = x.count;
  result["rows_target"] = y.count;
  result["columns"] = map.dim();
  result["mean_squared_displacement"] = cost / static_cast<double>(x.count);
  result["energy_distance"] =
      before_after(how_far.energy[0], how_far.energy[1], transport::energy_distance(even, odd));
  result["sliced_wasserstein2"] = before_after(how_far.sliced[0], how_far.sliced[1],
                                               transport::sliced_wasserstein2(even, odd, 128, flags.seed));
  result["batch_wasserstein2"] =
      before_after(exact(x, y, 0.4, 0.6), exact(mapped, y, 0.6, 0.8), exact(even, odd, 0.8, 1.0));
  result["batch_rows"] = batch;
  draw(flags, map, x, y, how_far, work.context);
  work.progress->clear();
  std::cout << Json(std::move(result)).dump_pretty();
  return 0;
}

using Action3 = int (*)(const Flags&, std::stop_token);

void on_choice(CLI::App* command, const std::shared_ptr<Flags>& flags, Action3 what, Action& chosen) {
  command
      ->add_option("--threads", flags->threads, "Threads to use (default: all cores); the result is the same")
      ->check(CLI::PositiveNumber);
  command->callback([flags, what, &chosen] {
    chosen = [flags, what](std::stop_token stop) { return what(*flags, std::move(stop)); };
  });
}

void add_samples(CLI::App* command, Flags& flags) {
  command->add_option("--source", flags.source, std::string("Rows to move from: ") + kTable)->required();
  command->add_option("--target", flags.target, "Rows to move to, not paired with the source's; likewise")
      ->required();
  command->add_option("--source-weights", flags.source_weights,
                      "One weight for each source row (default: equal)");
  command->add_option("--target-weights", flags.target_weights,
                      "One weight for each target row (default: equal)");
  command->add_option("--seed", flags.seed, "Start of every random stream (default 0)");
  command->add_option("--picture", flags.picture, "Also draw the map here (.svg); two columns only");
}

void add_fit(CLI::App* group, Action& chosen) {
  auto* command =
      group->add_subcommand("fit", "Find the map that turns one sample into the other at least cost");
  const auto flags = std::make_shared<Flags>();
  add_samples(command, *flags);
  command->add_option("--out", flags->out, "Map to write (.safetensors)")->required();
  command
      ->add_option("--method", flags->method,
                   "enot (neural; the default), gaussian (closed form), columns (each by itself) or entropic "
                   "(Sinkhorn)")
      ->check(CLI::IsMember({"enot", "gaussian", "columns", "entropic"}));
  command->add_option("--steps", flags->steps, "enot: training steps")->check(CLI::PositiveNumber);
  command
      ->add_option("--epsilon", flags->epsilon, "entropic: blur, as a share of the mean cost (default 0.02)")
      ->check(CLI::PositiveNumber);
  command->add_option("--context", flags->context, "Last N columns are read but never moved (default 0)")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--held-out", flags->held_out, "Share of rows kept aside to judge the map (default 0.2)")
      ->check(CLI::Range(0.0, 0.9));
  on_choice(command, flags, fit, chosen);
  command->footer(
      "examples:\n"
      "  isoscan transport fit --source X.npy --target Y.npy --out map.safetensors --picture map.svg\n"
      "  isoscan transport fit --source X.npy --target Y.npy --out map.safetensors --method entropic\n\n"
      "How it went is said on stderr. The same input, options and seed give the same bytes. "
      "docs/transport-command.md");
}

void add_apply_map(CLI::App* group, Action& chosen) {
  auto* command = group->add_subcommand("apply", "Move rows by a map");
  const auto flags = std::make_shared<Flags>();
  command->add_option("--map", flags->map, "Map of `isoscan transport fit`")->required();
  command->add_option("--rows", flags->rows, std::string("Rows to move: ") + kTable)->required();
  command->add_option("--out", flags->out, "Moved rows to write, float32 (.npy or .safetensors)")->required();
  on_choice(command, flags, apply, chosen);
  command->footer("example:\n  isoscan transport apply --map map.safetensors --rows X.npy --out moved.npy");
}

void add_score(CLI::App* group, Action& chosen) {
  auto* command =
      group->add_subcommand("score", "Measure how near a map brings the source to the target (JSON)");
  const auto flags = std::make_shared<Flags>();
  command->add_option("--map", flags->map, "Map of `isoscan transport fit`")->required();
  add_samples(command, *flags);
  command->add_option("--truth", flags->truth,
                      "Where each source row belongs, if that is known: L2-UVP and cosine");
  on_choice(command, flags, score, chosen);
  command->footer(
      "example:\n  isoscan transport score --map map.safetensors --source X_new.npy --target Y_new.npy\n\n"
      "Give rows that the map was not fitted to.");
}

}  // namespace

void add_transport(CLI::App& program, Action& chosen) {
  auto* group =
      program.add_subcommand("transport", "Optimal transport between two tables of numbers, without images");
  group->require_subcommand(1);
  group->footer(
      "examples:\n"
      "  isoscan transport fit --source X.npy --target Y.npy --out map.safetensors\n"
      "  isoscan transport apply --map map.safetensors --rows X.npy --out moved.npy\n"
      "  isoscan transport score --map map.safetensors --source X.npy --target Y.npy");
  add_fit(group, chosen);
  add_apply_map(group, chosen);
  add_score(group, chosen);
}

}  // namespace isoscan::app
