#include "transport_judge.hpp"

#include <algorithm>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/transport/metrics.hpp"
#include "isoscan/transport/sampler.hpp"

#include "map_picture.hpp"
#include "sample_files.hpp"
#include "transport_flags.hpp"

namespace isoscan::app {

using core::Error;
using core::ErrorKind;
using transport::Rows;
using transport::Sample;

namespace {

std::string caption(const char* when, double energy) {
  // The measure is unbiased, so what is nothing is as often below zero as above it.
  return std::string(when) + ": energy distance to the target " +
         (energy < 0.0005 ? std::string("below 0.001") : text("%.3g", energy));
}

}  // namespace

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

HeldOut hold_out(const Sample& sample, double share, std::uint64_t seed, const std::string& side) {
  HeldOut result{{Rows(0, sample.rows.dim), {}}, {Rows(0, sample.rows.dim), {}}};
  const auto aside = static_cast<std::int64_t>(share * static_cast<double>(sample.rows.count));
  // A shuffled row of which part: each row keeps its place among its own.
  std::vector<char> out(static_cast<std::size_t>(sample.rows.count), 0);
  std::fill_n(out.begin(), aside, 1);
  core::Random random(seed, "held out " + side);
  for (std::size_t i = out.size(); i > 1; --i) std::swap(out[i - 1], out[random.below(i)]);
  for (std::int64_t i = 0; i < sample.rows.count; ++i) {
    Sample& to = out[static_cast<std::size_t>(i)] != 0 ? result.aside : result.fit;
    to.rows.values.insert(to.rows.values.end(), sample.rows.row(i), sample.rows.row(i) + sample.rows.dim);
    ++to.rows.count;
    if (!sample.weights.empty()) to.weights.push_back(sample.weights[static_cast<std::size_t>(i)]);
  }
  return result;
}

bool can_judge(const Sample& sample) {
  return sample.rows.count >= 2 &&
         (sample.weights.empty() || std::any_of(sample.weights.begin(), sample.weights.end(),
                                                [](float weight) { return weight > 0.0F; }));
}

Rows plain_rows(const Sample& sample, std::uint64_t seed, const std::string& side) {
  if (sample.weights.empty()) return sample.rows;
  return transport::Sampler(sample.rows, seed, "judged " + side, sample.weights).draw(sample.rows.count);
}

Distances distances(const Rows& source, const Rows& mapped, const Rows& target,
                    const core::Context& context) {
  Distances result;
  const auto measure = [&](const Rows& rows, double& energy, double& sliced) {
    context.check_stop();
    energy = transport::energy_distance(rows, target);
    context.check_stop();
    sliced = transport::sliced_wasserstein2(rows, target, 128, context.seed);
  };
  measure(source, result.energy.before, result.sliced.before);
  context.progress.report(0.5);
  measure(mapped, result.energy.after, result.sliced.after);
  context.progress.report(1.0);
  return result;
}

void draw_map(const std::string& file, const transport::FittedMap& map, const Rows& source,
              const Rows& target, const Distances& how_far, int threads) {
  if (file.empty()) return;
  core::write_file(file, map_picture(map, source, target, caption("before", how_far.energy.before),
                                     caption("after", how_far.energy.after), threads));
}

}  // namespace isoscan::app
