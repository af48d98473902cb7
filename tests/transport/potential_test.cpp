// Potentials and exact conjugates as a caller sees them: values and gradients in the caller's coordinates and
// cost, the dual against closed forms, files, refusals.
#include <cmath>
#include <cstdio>

#include <gtest/gtest.h>

#include "isoscan/test/support.hpp"
#include "isoscan/transport/metrics.hpp"
#include "isoscan/transport/solver.hpp"

#include "transport_matchers.hpp"
#include "w2_problem.hpp"

namespace isoscan::transport {
namespace {

using test::bytes_of;
using test::context_of;
using test::drawn;
using test::error_of;
using test::GaussianLaw;
using test::law_sampler;
using test::normal_rows;
using test::quick;

/// Networks stay zero: potentials and maps are exactly those of the start.
SolverOptions untrained() {
  SolverOptions options = quick(1);
  options.map_adam.rate = options.potential_adam.rate = 1e-30;
  return options;
}

std::vector<double> centred(std::vector<double> values) {
  double mean = 0.0;
  for (const double v : values) mean += v / static_cast<double>(values.size());
  for (double& v : values) v -= mean;
  return values;
}

double rms(const std::vector<double>& a) {
  double sum = 0.0;
  for (const double v : a) sum += v * v;
  return std::sqrt(sum / static_cast<double>(a.size()));
}

/// Root mean squared difference of two potentials that are known up to a constant, as a share of the spread.
double apart(const std::vector<double>& found, const std::vector<double>& truth) {
  std::vector<double> difference = found;
  for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= truth[i];
  return rms(centred(difference)) / rms(centred(truth));
}

/// The source potential of an affine optimal map T: its gradient is 2 w (x - T(x)).
std::vector<double> affine_potential(const AffineMap& map, const std::vector<double>& weights,
                                     const Rows& x) {
  const auto n = static_cast<std::size_t>(map.dim);
  std::vector<double> values;
  for (std::int64_t r = 0; r < x.count; ++r) {
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      const auto here = static_cast<double>(x.row(r)[i]);
      double bend = 0.0;
      for (std::size_t j = 0; j < n; ++j)
        bend += map.matrix[i * n + j] * (static_cast<double>(x.row(r)[j]) - map.mean_source[j]);
      sum +=
          weights[i] * (here * here - 2.0 * here * map.mean_target[i] - (here - map.mean_source[i]) * bend);
    }
    values.push_back(sum);
  }
  return values;
}

/// |x - gradient / (2 w) - T(x)| as a share of the target's spread.
double gradient_against_map(const FittedPotential& potential, const FittedMap& map, const Rows& x,
                            const std::vector<double>& weights) {
  Rows by_gradient = potential.gradient(x);
  for (std::int64_t r = 0; r < x.count; ++r) {
    for (std::int64_t d = 0; d < x.dim; ++d) {
      const bool moved = d < x.dim - potential.context_dims();
      by_gradient.row(r)[d] = moved ? static_cast<float>(static_cast<double>(x.at(r, d)) -
                                                         static_cast<double>(by_gradient.at(r, d)) /
                                                             (2.0 * weights[static_cast<std::size_t>(d)]))
                                    : x.at(r, d) + by_gradient.at(r, d);
    }
  }
  return round_trip_error(map.apply(x), by_gradient);
}

/// Largest difference between the gradient and central differences of the value, as a share of the gradient's
/// size.
double against_differences(const FittedPotential& potential, const Rows& x) {
  const Rows slope = potential.gradient(x);
  double size = 0.0;
  double worst = 0.0;
  constexpr float kStep = 0.02F;
  for (std::int64_t d = 0; d < x.dim - potential.context_dims(); ++d) {
    Rows up = x;
    Rows down = x;
    for (std::int64_t r = 0; r < x.count; ++r) {
      up.row(r)[d] += kStep;
      down.row(r)[d] -= kStep;
    }
    const std::vector<double> high = potential.value(up);
    const std::vector<double> low = potential.value(down);
    for (std::int64_t r = 0; r < x.count; ++r) {
      const auto k = static_cast<std::size_t>(r);
      const double step = static_cast<double>(up.at(r, d)) - static_cast<double>(down.at(r, d));
      worst = std::max(worst, std::abs((high[k] - low[k]) / step - static_cast<double>(slope.at(r, d))));
      size = std::max(size, std::abs(static_cast<double>(slope.at(r, d))));
    }
  }
  return worst / size;
}

struct Form {
  const char* name;
  StartKind kind;
  bool dot_product;
  bool standardise;
};
constexpr Form kForms[] = {{"base", StartKind::Base, false, true},
                           {"symmetric", StartKind::Symmetric, false, true},
                           {"symmetric, dot product", StartKind::Symmetric, true, true},
                           {"base, dot product", StartKind::Base, true, true},
                           {"symmetric, raw", StartKind::Symmetric, false, false}};
const std::vector<double> kWeights{1.0, 3.0, 0.5};

TEST(FittedPotential, OfGaussiansIsTheClosedFormInTheCallersCostAndItsDualIsTheTransportCost) {
  const GaussianLaw source(3, 103);
  const GaussianLaw target(3, 203);
  GaussianOptions gaussian;
  gaussian.cost_weights = kWeights;
  const AffineMap truth = gaussian_map(source.moments(), target.moments(), gaussian);
  const Rows x = drawn(source, 60000, 78);
  const Rows y = drawn(target, 60000, 79);
  // E c(x, T(x)) of the closed form, from the moments: |T - x|^2 in the mean plus the trace of w (A-I) S
  // (A-I)'.
  const Moments moments = source.moments();
  double exact = 0.0;
  for (std::size_t i = 0; i < 3; ++i) {
    exact += kWeights[i] * std::pow(truth.mean_target[i] - truth.mean_source[i], 2);
    for (std::size_t j = 0; j < 3; ++j) {
      for (std::size_t k = 0; k < 3; ++k)
        exact += kWeights[i] * (truth.matrix[i * 3 + j] - (i == j ? 1.0 : 0.0)) *
                 moments.covariance[j * 3 + k] * (truth.matrix[i * 3 + k] - (i == k ? 1.0 : 0.0));
    }
  }
  SolverOptions options = untrained();
  options.cost_weights = kWeights;
  options.start = truth;
  for (const Form& form : kForms) {
    options.start_kind = form.kind;
    options.dot_product = form.dot_product;
    options.standardise = form.standardise;
    for (const PotentialSide side : {PotentialSide::Source, PotentialSide::Target}) {
      options.potential_side = side;
      const Fit fit =
          fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), options, context_of());
      const bool on_source = side == PotentialSide::Source;
      ASSERT_EQ(fit.source_potential.has_value(), on_source);
      ASSERT_EQ(fit.target_potential.has_value(), !on_source);
      const FittedPotential& potential = on_source ? *fit.source_potential : *fit.target_potential;
      EXPECT_EQ(potential.side(), side);
      EXPECT_EQ(potential.dim(), 3);
      const Rows& own = on_source ? x : y;
      const AffineMap away = on_source ? truth : truth.inverse();
      EXPECT_LT(apart(potential.value(own), affine_potential(away, kWeights, own)), 1e-5) << form.name;
      EXPECT_LT(gradient_against_map(potential, FittedMap(away), own, kWeights), 1e-5) << form.name;
      const FittedMap there(on_source ? truth.inverse() : truth);
      const double dual = dual_value(potential, there, on_source ? y : x, own);
      EXPECT_NEAR(dual, exact, 0.02 * exact) << form.name;
    }
  }
}

TEST(FittedPotential, TrainedFromAnOffStartItsDualStillIsTheTransportCost) {
  const GaussianLaw source(3, 103);
  const GaussianLaw target(3, 203);
  const double exact = gaussian_wasserstein2_squared(source.moments(), target.moments());
  const AffineMap truth = gaussian_map(source.moments(), target.moments());
  const Rows x = drawn(source, 20000, 78);
  const Rows y = drawn(target, 20000, 79);
  SolverOptions options = quick(500);
  options.expectile_weight = 0.0;
  options.potential_network.quadratic = true;
  options.start = gaussian_map(GaussianLaw(3, 303).moments(), GaussianLaw(3, 403).moments());
  for (const StartKind kind : {StartKind::Symmetric, StartKind::Base}) {
    for (const PotentialSide side : {PotentialSide::Source, PotentialSide::Target}) {
      options.start_kind = kind;
      options.potential_side = side;
      const Fit fit =
          fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), options, context_of());
      ASSERT_TRUE(fit.summary.usable) << fit.summary.ended;
      const bool on_source = side == PotentialSide::Source;
      const FittedPotential& potential = on_source ? *fit.source_potential : *fit.target_potential;
      const Rows& own = on_source ? x : y;
      const Rows& other = on_source ? y : x;
      const FittedMap& there = on_source ? *fit.inverse : fit.map;
      const double dual = dual_value(potential, there, other, own);
      const double off =
          apart(potential.value(own), affine_potential(on_source ? truth : truth.inverse(), {1, 1, 1}, own));
      const double exactly = dual_value(potential, conjugate_map(potential, there), other, own);
      std::printf("  %s, %s: dual %.3f, with the exact conjugate %.3f, of %.3f; potential off by %.3f\n",
                  kind == StartKind::Base ? "base" : "symmetric", on_source ? "source" : "target", dual,
                  exactly, exact, off);
      EXPECT_NEAR(dual, exact, 0.05 * exact);
      EXPECT_LE(exactly, dual + 1e-6 * exact);  // the exact transform is the least
      EXPECT_NEAR(exactly, exact, 0.05 * exact);
      EXPECT_LT(off, 0.08);
      EXPECT_LT(against_differences(potential, drawn(on_source ? source : target, 50)), 5e-3);
      if (on_source) {
        EXPECT_LT(gradient_against_map(potential, fit.map, own, {1, 1, 1}), 1e-5);
      }
    }
  }
}

TEST(FittedPotential, WithContextTheGradientIsTheMapAndTheContextHasNone) {
  const Rows x = test::correlated_rows(4000, 4, 31);
  const Rows y = test::correlated_rows(4000, 4, 32);
  GaussianOptions gaussian;
  gaussian.context_dims = 1;
  gaussian.condition_on_context = true;
  gaussian.cost_weights = kWeights;
  SolverOptions options = quick(30);
  options.context_dims = 1;
  options.cost_weights = kWeights;
  options.start = fit_gaussian(x, y, gaussian);
  options.potential_side = PotentialSide::Source;
  for (const StartKind kind : {StartKind::Base, StartKind::Symmetric}) {
    options.start_kind = kind;
    const Fit fit = fit_enot(Sampler(x, 5, "source"), Sampler(y, 5, "target"), options, context_of());
    ASSERT_TRUE(fit.summary.usable) << fit.summary.ended;
    EXPECT_EQ(fit.source_potential->context_dims(), 1);
    EXPECT_LT(gradient_against_map(*fit.source_potential, fit.map, x, kWeights), 1e-5);
    Rows few = x;
    few.count = 50;
    few.values.resize(200);
    EXPECT_LT(against_differences(*fit.source_potential, few), 5e-3);
  }
}

TEST(FittedPotential, SavedLoadedThreadsAndRefusals) {
  const Rows x = test::correlated_rows(2500, 4, 33);
  const Rows y = test::correlated_rows(2500, 4, 34);
  SolverOptions options = quick(10);
  options.start = fit_gaussian(x, y);
  for (const StartKind kind : {StartKind::Base, StartKind::Symmetric, StartKind::Compose}) {
    options.start_kind = kind;
    const Fit fit = fit_enot(Sampler(x, 5, "source"), Sampler(y, 5, "target"), options, context_of());
    const FittedPotential& potential = *fit.target_potential;
    const std::string bytes = core::to_safetensors(potential.to_tensors());
    const FittedPotential loaded = FittedPotential::from_tensors(core::from_safetensors(bytes));
    EXPECT_EQ(core::to_safetensors(loaded.to_tensors()), bytes);
    EXPECT_EQ(loaded.value(y), potential.value(y));
    EXPECT_EQ(loaded.gradient(y), potential.gradient(y));
    EXPECT_EQ(loaded.transform(x, fit.map), potential.transform(x, fit.map));
    EXPECT_EQ(loaded.side(), PotentialSide::Target);
    EXPECT_EQ(potential.value(y, 3), potential.value(y, 1));
    EXPECT_EQ(potential.gradient(y, 3), potential.gradient(y, 1));
    EXPECT_NE(error_of([&] { (void)potential.value(normal_rows(3, 2, 1)); }).find("4 columns, rows have 2"),
              std::string::npos);
    EXPECT_NE(error_of([&] { (void)dual_value(potential, fit.map, Rows(0, 4), y); }).find("no other rows"),
              std::string::npos);
    const auto said = [&](const auto& damage) {
      core::TensorFile file = potential.to_tensors();
      damage(file);
      return error_of([&] { (void)FittedPotential::from_tensors(file); });
    };
    ASSERT_EQ(said([](core::TensorFile&) {}), "");
    EXPECT_NE(said([](auto& f) { f.metadata["kind"] = "chain"; }).find("kind"), std::string::npos);
    EXPECT_NE(said([](auto& f) { f.metadata["side"] = "left"; }).find("side"), std::string::npos);
    EXPECT_NE(said([](auto& f) { f.metadata["unit"] = "0"; }).find("unit"), std::string::npos);
    EXPECT_NE(said([](auto& f) { f.metadata["network.map"] = "free"; }), "");
    EXPECT_NE(said([](auto& f) { f.tensors.erase("cost_weights"); }).find("cost_weights"), std::string::npos);
    EXPECT_NE(said([](auto& f) {
                f.tensors["network.parameters"] = core::Tensor::of({1}, std::vector<float>{0.0F});
              }).find("parameters"),
              std::string::npos);
    if (kind == StartKind::Symmetric) {
      EXPECT_NE(said([](auto& f) { f.metadata["other"] = "0"; }).find("own"), std::string::npos);
      EXPECT_NE(said([](auto& f) { f.metadata["own.context_dims"] = "1"; }).find("context_dims"),
                std::string::npos);
    }
  }
  options.start.reset();
  options.cost_power = 3.0;
  const Fit other = fit_enot(Sampler(x, 5, "source"), Sampler(y, 5, "target"), options, context_of());
  EXPECT_NE(error_of([&] { (void)other.target_potential->transform(x, other.map); }).find("config:"),
            std::string::npos);
  EXPECT_NE(error_of([&] { (void)conjugate_map(*other.target_potential, other.map); }).find("squared"),
            std::string::npos);
  EXPECT_LT(against_differences(*other.target_potential, drawn(GaussianLaw(4, 34), 50)), 5e-3);
}

TEST(FittedPotential, WhichSidesHaveOne) {
  const GaussianLaw source(2, 102);
  const GaussianLaw target(2, 202);
  SolverOptions options = quick(5);
  options.map_kind = MapKind::Potential;
  for (const bool both : {false, true}) {
    options.bidirectional = both;
    const Fit fit =
        fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), options, context_of());
    ASSERT_TRUE(fit.source_potential && fit.target_potential);
    EXPECT_EQ(fit.source_potential->side(), PotentialSide::Source);
    EXPECT_EQ(fit.target_potential->side(), PotentialSide::Target);
    const Rows x = normal_rows(300, 2, 3);
    EXPECT_LT(gradient_against_map(*fit.source_potential, fit.map, x, {1, 1}), 1e-5);
    if (both) {
      EXPECT_LT(gradient_against_map(*fit.target_potential, *fit.inverse, x, {1, 1}), 1e-5);
    }
  }
  options = quick(200);
  options.map_adam.rate = options.potential_adam.rate = 1e6;
  const Fit lost =
      fit_enot(law_sampler(source, "source"), law_sampler(target, "target"), options, context_of());
  ASSERT_FALSE(lost.summary.usable);
  EXPECT_FALSE(lost.source_potential || lost.target_potential);
}

TEST(FittedPotential, OnTheBenchmarkItIsTheOneOfPsi) {
  // T* = grad psi and c = |x - y|^2: the source potential is |x|^2 - 2 psi(x), up to a constant.
  ISOSCAN_REAL_DATA_OR_SKIP(folder);
  for (const int dim : {2, 4}) {
    const test::W2Problem benchmark(folder / "w2benchmark", dim);
    core::Random source_random(7, "source");
    core::Random target_random(7, "target");
    Rows x(1 << 14, dim);
    Rows y(1 << 14, dim);
    benchmark.draw_source(source_random, x);
    benchmark.draw_target(target_random, y);
    SolverOptions options = quick(600);
    options.expectile_weight = 0.0;
    options.potential_side = PotentialSide::Source;
    options.correct_conjugate = true;
    options.potential_network.quadratic = true;
    options.start = fit_gaussian(x, y);
    options.start_kind = StartKind::Symmetric;
    const Fit fit = fit_enot(benchmark.source(3), benchmark.target(3), options, context_of());
    ASSERT_TRUE(fit.summary.usable) << fit.summary.ended;
    std::vector<double> wanted = benchmark.potential(x);
    for (std::int64_t r = 0; r < x.count; ++r) {
      double square = 0.0;
      for (std::int64_t d = 0; d < dim; ++d) square += std::pow(static_cast<double>(x.at(r, d)), 2);
      wanted[static_cast<std::size_t>(r)] = square - 2.0 * wanted[static_cast<std::size_t>(r)];
    }
    const Rows truth = benchmark.map(x);
    double cost = 0.0;
    for (std::size_t i = 0; i < x.values.size(); ++i)
      cost += std::pow(static_cast<double>(truth.values[i] - x.values[i]), 2) / static_cast<double>(x.count);
    const double off = apart(fit.source_potential->value(x), wanted);
    const double start = apart(
        affine_potential(*options.start, std::vector<double>(static_cast<std::size_t>(dim), 1.0), x), wanted);
    const double dual = dual_value(*fit.source_potential, *fit.inverse, y, x);
    std::printf(
        "  D = %d: potential off by %.4f of its spread (the start's by %.4f); dual %.4f, true cost %.4f\n",
        dim, off, start, dual, cost);
    EXPECT_LT(off, 0.12);
    EXPECT_LT(off, 0.5 * start);
    EXPECT_NEAR(dual, cost, 0.05 * cost);
  }
}

}  // namespace
}  // namespace isoscan::transport
