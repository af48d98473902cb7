#include <algorithm>
#include <iostream>
#include <optional>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/transport/assignment.hpp"
#include "isoscan/transport/metrics.hpp"

#include "map_picture.hpp"
#include "output_files.hpp"
#include "sample_files.hpp"
#include "transport_flags.hpp"
#include "transport_judge.hpp"

namespace isoscan::app {

using config::Json;
using core::Error;
using core::ErrorKind;
using transport::Rows;
using transport::Sample;

namespace {

struct ScoreFlags {
  RunningFlags running;
  SampleFlags samples;
  std::string map, truth;
};

Json json_of(const BeforeAfter& distance, double target_with_itself) {
  return Json::Object{
      {"before", distance.before}, {"after", distance.after}, {"target_with_itself", target_with_itself}};
}

/// Every second row: two samples of the target, to say what distance is none.
Rows half_of(const Rows& rows, std::int64_t first) {
  Rows half(0, rows.dim);
  for (std::int64_t i = first; i < rows.count; i += 2) {
    half.values.insert(half.values.end(), rows.row(i), rows.row(i) + rows.dim);
    ++half.count;
  }
  return half;
}

double mean_squared_displacement(const Rows& from, const Rows& to) {
  double sum = 0.0;
  for (std::size_t i = 0; i < from.values.size(); ++i) {
    const double d = static_cast<double>(to.values[i]) - static_cast<double>(from.values[i]);
    sum += d * d;
  }
  return sum / static_cast<double>(from.count);
}

/// What is known where the truth is: by the rows as they are, without weights.
void add_errors(const ScoreFlags& flags, const transport::FittedMap& map, const Rows& source,
                const Rows& target, int threads, Json::Object& result) {
  if (flags.truth.empty()) return;
  const Rows truth = read_rows(flags.truth);
  require_same_columns(truth, flags.truth, map.dim(), flags.map);
  if (truth.count != source.count)
    throw Error(ErrorKind::Input, flags.truth + " has " + std::to_string(truth.count) + " rows for " +
                                      std::to_string(source.count) + " in " + flags.samples.source +
                                      "; row i of it is where row i of the source belongs");
  const Rows mapped = map.apply(source, threads);
  result["l2_uvp_percent"] = transport::l2_uvp(mapped, truth, transport::total_variance(target));
  result["cosine"] = transport::displacement_cosine(source, mapped, truth);
}

int score(const ScoreFlags& flags, std::stop_token stop) {
  const TransportWork work(flags.running, std::move(stop));
  const SampleFlags& samples = flags.samples;
  samples.require_picture_name();
  std::vector<std::string> inputs = samples.files();
  inputs.insert(inputs.end(), {flags.map, file_of(flags.truth).string()});
  require_outputs({{"--picture", samples.picture, is_our_picture}}, inputs, flags.running.overwrite);
  const transport::FittedMap map = read_map(flags.map);
  const Sample source = read_sample(samples.source, samples.source_weights);
  const Sample target = read_sample(samples.target, samples.target_weights);
  require_same_columns(source.rows, samples.source, map.dim(), flags.map);
  require_same_columns(target.rows, samples.target, map.dim(), flags.map);
  samples.require_picture_columns(map.dim());
  const int threads = work.context.threads;
  Json::Object result;
  add_errors(flags, map, source.rows, target.rows, threads, result);
  const Rows x = plain_rows(source, flags.running.seed, "source");
  const Rows y = plain_rows(target, flags.running.seed, "target");
  if (x.count < 4 || y.count < 4) throw Error(ErrorKind::Input, "a score needs at least four rows a side");
  const Rows mapped = map.apply(x, threads);
  transport::require_usable(mapped, "the moved rows of " + samples.source);
  const Rows even = half_of(y, 0);
  const Rows odd = half_of(y, 1);
  const Distances how_far = distances(x, mapped, y, work.context.slice(0.0, 0.4, "measuring"));
  constexpr std::int64_t kMostRows = 512;  // of an exact assignment
  constexpr int kBatches = 4;
  const std::int64_t batch = std::min({kMostRows, x.count, even.count, odd.count});
  const auto exact = [&](const Rows& a, const Rows& b, double from, double to) {
    return transport::minibatch_wasserstein2(a, b, batch, kBatches,
                                             work.context.slice(from, to, "exact transport"));
  };
  const BeforeAfter exact_distance{exact(x, y, 0.4, 0.6), exact(mapped, y, 0.6, 0.8)};
  result["rows_source"] = x.count;
  result["rows_target"] = y.count;
  result["columns"] = map.dim();
  result["mean_squared_displacement"] = mean_squared_displacement(x, mapped);
  result["energy_distance"] = json_of(how_far.energy, transport::energy_distance(even, odd));
  result["sliced_wasserstein2"] =
      json_of(how_far.sliced, transport::sliced_wasserstein2(even, odd, 128, flags.running.seed));
  result["batch_wasserstein2"] = json_of(exact_distance, exact(even, odd, 0.8, 1.0));
  result["batch_rows"] = batch;
  draw_map(samples.picture, map, x, y, how_far, threads);
  work.done();
  std::cout << Json(std::move(result)).dump_pretty();
  return 0;
}

}  // namespace

void add_transport_score(CLI::App& group, Action& chosen) {
  auto* command =
      group.add_subcommand("score", "Measure how near a map brings the source to the target (JSON)");
  const auto flags = std::make_shared<ScoreFlags>();
  command->add_option("--map", flags->map, "Map of `isoscan transport fit` (.safetensors)")->required();
  flags->samples.add_to(*command);
  command->add_option(
      "--truth", flags->truth,
      "Where each source row belongs, if that is known, as many rows: adds L2-UVP and cosine");
  flags->running.add_seed(*command);
  flags->running.add_threads(*command);
  flags->running.add_overwrite(*command);
  on_choice(*command, flags, score, chosen);
  command->footer(
      "examples:\n"
      "  isoscan transport score --map map.safetensors --source X_new.npy --target Y_new.npy\n"
      "  isoscan transport score --map map.safetensors --source X.npy --target Y.npy --truth T.npy > "
      "score.json\n\n"
      "Give rows that the map was not fitted to.");
}

}  // namespace isoscan::app
