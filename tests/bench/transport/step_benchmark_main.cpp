/// Steps a second of the ENOT step as published (one map step, plain networks), for the comparison with its
/// peer in Python's PyTorch: tests/bench/peers/compare_steps.py runs both in one run. Prints one JSON object.
/// "peak_gflops" is what matrix products give one thread just before and after the steps (the best of BLAS
/// and of our own loops, at the best of several shapes); "share_of_peak" is the part of it, times threads,
/// that the steps' own products make, all else counted as nothing; "..._cpu" the same by processor time in
/// place of the clock's, which a busy machine does not spoil.

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "isoscan/core/error.hpp"
#include "isoscan/transport/libraries.hpp"
#include "isoscan/transport/nn/kernels.hpp"
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

/// Multiply-adds count twice. Products of one step alone: forward, gradients of the weights, gradients of the
/// layers below; the potential sees twice the rows, and its input's gradient is wanted for half of them.
double flops_of_step(double dim, double width, int layers, double batch) {
  const double inner = (layers - 1) * width * width;
  const double map = dim * width + inner + width * dim;
  const double potential = dim * width + inner + width;
  return 2.0 * batch * (2.0 * map + (map - dim * width)) +
         4.0 * batch * (2.0 * potential + (potential - dim * width)) + 2.0 * batch * dim * width;
}

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// Floating point operations a second of processor time of one product, the best of trials within `seconds`.
template <typename Product>
double rate_of(double flops, double seconds, const Product& product) {
  double best = 0.0;
  for (const double begin = cpu_seconds(); cpu_seconds() - begin < seconds;) {
    const double start = cpu_seconds();
    int done = 0;
    for (; done == 0 || cpu_seconds() - start < 0.01; ++done) product();
    best = std::max(best, flops * done / (cpu_seconds() - start));
  }
  return best;
}

/// Both kinds of product at sizes that suit them, on one thread.
double peak() {
  at::set_num_threads(1);
  const transport::nn::Kernels& k = transport::nn::kernels();
  double best = 0.0;
  for (const std::int64_t size : {256, 512, 1024}) {
    const at::Tensor a = at::ones({size, size});
    const at::Tensor b = at::ones({size, size});
    at::Tensor c = at::empty({size, size});
    const double flops = 2.0 * static_cast<double>(size * size * size);
    best = std::max(best, rate_of(flops, 0.1, [&] { at::mm_out(c, a, b); }));
    std::vector<float> packed(static_cast<std::size_t>(transport::nn::packed_size(k, size, size)));
    k.pack(b.data_ptr<float>(), size, 1, size, size, nullptr, packed.data(), nullptr);
    best = std::max(best, rate_of(flops, 0.1, [&] {
                      k.product({a.data_ptr<float>(), size, 1}, size, size, size, packed.data(), nullptr, 0,
                                c.data_ptr<float>());
                    }));
  }
  return best;
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
    if (value < 1 || (flag == "--steps" && value < 5))
      throw core::Error(core::ErrorKind::Config, flag + " must be a positive number, steps 5 at least");
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
  // Warm-up, and the other point of the line whose slope is the processor time of a step: a fit's beginning
  // costs some too.
  const int few = steps / 10 + 1;
  options.steps = few;
  (void)transport::fit_enot(source, target, options, context);
  double begin = cpu_seconds();
  (void)transport::fit_enot(source, target, options, context);
  const double cpu_of_few = cpu_seconds() - begin;
  options.steps = steps;
  const double before = peak();
  begin = cpu_seconds();
  const transport::Fit fit = transport::fit_enot(source, target, options, context);
  const double cpu = (cpu_seconds() - begin - cpu_of_few) / (steps - few);
  const double top = std::max(before, peak());
  const double flops =
      flops_of_step(static_cast<double>(dim), static_cast<double>(width), layers, static_cast<double>(batch));
  const double rate = fit.summary.steps_per_second;
  std::printf(
      "{\"program\": \"isoscan, %s\", \"dim\": %d, \"width\": %d, \"layers\": %d, \"batch\": %d, "
      "\"threads\": %d, \"steps_per_second\": %.3f, \"cpu_ms_per_step\": %.4f, \"gflop_per_step\": %.4f, "
      "\"peak_gflops\": "
      "%.1f, \"share_of_peak\": %.3f, \"share_of_peak_cpu\": %.3f}\n",
      transport::libraries().c_str(), static_cast<int>(dim), static_cast<int>(width), layers,
      static_cast<int>(batch), threads, rate, cpu * 1e3, flops * 1e-9, top * 1e-9,
      flops * rate / (top * threads), flops / (cpu * top));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return isoscan::bench::guarded(argc, argv, run);
}
