// The Wasserstein-2 benchmark: the reader against its probes, and the rows that need no training.
#include <cstdio>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/test/support.hpp"
#include "isoscan/transport/gaussian.hpp"
#include "isoscan/transport/metrics.hpp"
#include "isoscan/transport/step_budget.hpp"

#include "w2_problem.hpp"

namespace isoscan {
namespace {

using transport::Rows;

TEST(W2Benchmark, ProbesAreMet) {
  ISOSCAN_REAL_DATA_OR_SKIP(folder);
  for (const int dim : {2, 4, 8, 16, 32, 64, 128}) {
    const test::W2Problem benchmark(folder / "w2benchmark", dim);
    const Rows mapped = benchmark.map(benchmark.probe_x);
    for (std::size_t i = 0; i < mapped.values.size(); ++i)
      EXPECT_NEAR(mapped.values[i], benchmark.probe_map.values[i], 1e-5) << "D = " << dim << ", value " << i;
    const std::vector<double> psi = benchmark.potential(benchmark.probe_x);
    for (std::size_t i = 0; i < psi.size(); ++i)
      EXPECT_NEAR(psi[i], static_cast<double>(benchmark.probe_psi[i]), 1e-4)
          << "D = " << dim << ", row " << i;
  }
}

TEST(W2Benchmark, IdentityAndAffineRowsAreThePublishedOnes) {
  ISOSCAN_REAL_DATA_OR_SKIP(folder);
  struct Row {
    int dim;
    double identity;
    double affine;
  };
  for (const Row row :
       {Row{2, 32.71, 14.14}, Row{4, 42.33, 14.77}, Row{8, 58.90, 27.01}, Row{16, 89.00, 41.57},
        Row{32, 119.66, 55.15}, Row{64, 135.09, 63.48}, Row{128, 145.47, 63.67}}) {
    const test::W2Problem benchmark(folder / "w2benchmark", row.dim);
    core::Random source_random(7, "source");
    core::Random target_random(7, "target");
    const std::int64_t count = row.dim > 16 ? 1 << 13 : row.dim > 8 ? 1 << 15 : 1 << 16;
    Rows x(count, row.dim);
    Rows y(count, row.dim);
    benchmark.draw_source(source_random, x);
    benchmark.draw_target(target_random, y);
    const Rows truth = benchmark.map(x, false);
    const double variance = benchmark.target_variance();
    EXPECT_NEAR(transport::total_variance(truth), variance, 0.02 * variance);
    const double identity = transport::l2_uvp(x, truth, variance);
    const auto gaussian = transport::fit_gaussian(x, y);
    const double affine = transport::l2_uvp(gaussian.apply(x), truth, variance);
    std::printf("  D = %2d  identity %.2f (%.2f)  affine %.2f (%.2f)\n", row.dim, identity, row.identity,
                affine, row.affine);
    EXPECT_NEAR(identity, row.identity, 0.02 * row.identity);
    EXPECT_NEAR(affine, row.affine, 0.025 * row.affine);
  }
}

TEST(W2Benchmark, EqualStreamsAreRefused) {
  ISOSCAN_REAL_DATA_OR_SKIP(folder);
  const test::W2Problem benchmark(folder / "w2benchmark", 2);
  EXPECT_NO_THROW((void)test::independent_samplers(benchmark, 3));
  const auto refused = [](const auto& work) {
    try {
      work();
      ADD_FAILURE() << "paired rows were accepted";
    } catch (const core::Error& error) {
      EXPECT_EQ(error.kind(), core::ErrorKind::Config);
      EXPECT_NE(std::string(error.what()).find(test::kSourceStream), std::string::npos) << error.what();
    }
  };
  refused([&] { (void)test::independent_samplers(benchmark, 3, 1, test::kSourceStream); });
  // And again by the solver, whoever made the samplers.
  transport::SolverOptions options;
  options.steps = 1;
  refused([&] {
    (void)transport::fit_enot(benchmark.source(3), benchmark.target(3, 1, test::kSourceStream), options, {});
  });
  refused([&] {
    (void)transport::steps_within(1.0, benchmark.source(3), benchmark.target(3, 1, test::kSourceStream),
                                  options, {});
  });
}

}  // namespace
}  // namespace isoscan
