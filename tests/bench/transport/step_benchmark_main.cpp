/// Steps a second of the ENOT step as published (one map step, plain networks), for the comparison with its
/// peer in Python's PyTorch: tests/bench/peers/compare_steps.py runs both in one run. Prints one JSON object.

#include <cstdio>
#include <string>

#include "isoscan/core/error.hpp"
#include "isoscan/transport/libraries.hpp"
#include "isoscan/transport/solver.hpp"

#include "bench_main.hpp"

namespace {

using namespace isoscan;

transport::Rows normal_rows(std::int64_t count, std::int64_t dim, double scale, double shift,
                            const char* stream) {
  core::Random random(1, stream);
  transport::Rows rows(count, dim);
  for (float& v : rows.values) v = static_cast<float>(shift + scale * random.normal());
  return rows;
}

int run(int argc, char** argv) {
  std::int64_t dim = 16;
  std::int64_t width = 64;
  int layers = 3;
  std::int64_t batch = 512;
  int steps = 200;
  int threads = 1;
  std::int64_t rows = 65536;
  for (int i = 1; i < argc; i += 2) {
    const std::string flag = argv[i];
    if (i + 1 == argc) throw core::Error(core::ErrorKind::Config, flag + " needs a value");
    const std::int64_t value = bench::whole_of(flag, argv[i + 1]);
    if (flag == "--dim") {
      dim = value;
    } else if (flag == "--width") {
      width = value;
    } else if (flag == "--layers") {
      layers = static_cast<int>(value);
    } else if (flag == "--batch") {
      batch = value;
    } else if (flag == "--steps") {
      steps = static_cast<int>(value);
    } else if (flag == "--threads") {
      threads = static_cast<int>(value);
    } else if (flag == "--rows") {
      rows = value;
    } else {
      throw core::Error(core::ErrorKind::Config, "unknown flag " + flag);
    }
  }
  transport::SolverOptions options;
  options.map_steps = 1;
  options.expectile = 0.9;
  options.expectile_weight = 0.3;
  options.batch = batch;
  options.map_network.hidden.assign(static_cast<std::size_t>(layers), width);
  options.map_network.residual = false;
  options.potential_network = options.map_network;
  options.map_adam = {5e-4, 0.9, 0.99, 1e-8, 1.0};
  options.potential_adam = options.map_adam;
  options.map_average = 0.0;
  options.standardise = false;
  core::Context context;
  context.seed = 1;
  context.threads = threads;
  const transport::Sampler source(normal_rows(rows, dim, 1.0, 0.0, "source"), 1, "source");
  const transport::Sampler target(normal_rows(rows, dim, 0.7, 0.5, "target"), 1, "target");
  options.steps = steps / 10 + 5;
  (void)transport::fit_enot(source, target, options, context);
  options.steps = steps;
  const transport::Fit fit = transport::fit_enot(source, target, options, context);
  std::printf(
      "{\"program\": \"isoscan, %s\", \"dim\": %d, \"width\": %d, \"layers\": %d, \"batch\": %d, "
      "\"threads\": %d, \"steps_per_second\": %.3f}\n",
      transport::libraries().c_str(), static_cast<int>(dim), static_cast<int>(width), layers,
      static_cast<int>(batch), threads, fit.summary.steps_per_second);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return isoscan::bench::guarded(argc, argv, run);
}
