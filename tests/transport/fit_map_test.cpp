#include "isoscan/transport/fit_map.hpp"

#include <gtest/gtest.h>

#include "isoscan/transport/metrics.hpp"
#include "isoscan/transport/one_dimensional.hpp"

#include "transport_matchers.hpp"

namespace isoscan::transport {
namespace {

using test::correlated_rows;
using test::error_of;
using test::normal_rows;

FittedMap again(const FittedMap& map) {
  return FittedMap::from_tensors(core::from_safetensors(core::to_safetensors(map.to_tensors())));
}

MethodOptions quick(std::string_view method, std::int64_t context_dims = 0) {
  MethodOptions options = method_options(method, context_dims);
  if (auto* enot = std::get_if<SolverOptions>(&options)) {
    enot->steps = 60;
    enot->batch = 256;
    enot->map_network.hidden = enot->potential_network.hidden = {16, 16};
  }
  return options;
}

class EachMethod : public testing::TestWithParam<const char*> {};

TEST_P(EachMethod, BringsTheSourceNearerAndSavesToEqualBits) {
  const Sample source{normal_rows(1500, 2, 1), {}};
  Sample target{normal_rows(1500, 2, 2), {}};
  for (std::size_t i = 0; i < target.rows.values.size(); i += 2)
    target.rows.values[i] = 3.0F + 2.0F * target.rows.values[i];
  core::Context context;
  const MethodOptions options = quick(GetParam());
  EXPECT_EQ(name(options), GetParam());
  const MapFit fit = fit_map(source, target, options, context);
  EXPECT_TRUE(fit.usable) << fit.ended;
  EXPECT_FALSE(fit.ended.empty());
  const Rows fresh = normal_rows(1000, 2, 3);
  EXPECT_LT(energy_distance(fit.map.apply(fresh), target.rows), 0.02 * energy_distance(fresh, target.rows));
  EXPECT_EQ(again(fit.map).apply(fresh), fit.map.apply(fresh));
  EXPECT_EQ(fit.map.apply(fresh, 1), fit.map.apply(fresh, 3));
  context.threads = 3;
  EXPECT_EQ(fit_map(source, target, options, context).map.apply(fresh), fit.map.apply(fresh));
}

TEST_P(EachMethod, LeavesTheContextAlone) {
  const Sample source{normal_rows(400, 3, 4), {}};
  const Sample target{correlated_rows(400, 3, 5), {}};
  const MapFit fit = fit_map(source, target, quick(GetParam(), 1), {});
  EXPECT_EQ(fit.map.context_dims(), 1);
  const Rows mapped = fit.map.apply(source.rows);
  for (std::int64_t i = 0; i < mapped.count; ++i) ASSERT_EQ(mapped.at(i, 2), source.rows.at(i, 2));
}

/// Half of the target's rows are outliers of weight zero.
TEST_P(EachMethod, ReadsTheWeightsOfBothSides) {
  Sample source{normal_rows(1000, 2, 6), std::vector<float>(1000, 1.0F)};
  Sample target{normal_rows(1000, 2, 7), std::vector<float>(1000, 2.0F)};
  for (std::int64_t i = 0; i < 1000; i += 2) {
    source.rows.row(i)[0] += 50.0F;
    source.weights[static_cast<std::size_t>(i)] = 0.0F;
    target.rows.row(i)[1] -= 80.0F;
    target.weights[static_cast<std::size_t>(i)] = 0.0F;
  }
  const MapFit fit = fit_map(source, target, quick(GetParam()), {});
  const Rows fresh = normal_rows(1000, 2, 8);
  EXPECT_LT(energy_distance(fit.map.apply(fresh), normal_rows(1000, 2, 9)), 0.1);  // about 40 without weights
}

TEST_P(EachMethod, NamesTheRowThatCannotBeUsed) {
  const Sample good{normal_rows(50, 2, 10), {}};
  Sample bad = good;
  bad.rows.row(17)[1] = NAN;
  const auto said = [&](const Sample& source, const Sample& target) {
    return error_of([&] { (void)fit_map(source, target, quick(GetParam()), {}); });
  };
  EXPECT_NE(said(good, bad).find("target: row 17, column 1"), std::string::npos);
  EXPECT_NE(said(Sample{Rows(0, 2), {}}, good).find("source: 0 rows"), std::string::npos);
  EXPECT_NE(said(Sample{good.rows, {1.0F}}, good).find("1 weights for 50 rows"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Solvers, EachMethod, testing::Values("columns", "gaussian", "entropic", "enot"));

TEST(MethodOptions, AnUnknownNameIsRefused) {
  EXPECT_NE(error_of([] { (void)method_options("sinkhorn"); }).find("there are columns, gaussian, entropic"),
            std::string::npos);
}

TEST(ColumnMaps, WeightsActAsRepetition) {
  const Rows source = normal_rows(3000, 2, 11);
  const Rows target = correlated_rows(3000, 2, 12);
  std::vector<float> weights(3000);
  Rows repeated(0, 2);
  for (std::int64_t i = 0; i < source.count; ++i) {
    const int times = source.at(i, 0) > 0.0F ? 3 : 1;
    weights[static_cast<std::size_t>(i)] = static_cast<float>(times);
    for (int k = 0; k < times; ++k) {
      repeated.values.insert(repeated.values.end(), source.row(i), source.row(i) + 2);
      ++repeated.count;
    }
  }
  const Rows inside = normal_rows(300, 2, 13);
  const ColumnMaps plain = fit_columns(source, target);
  const Rows a = fit_columns(source, target, 256, 0, weights).apply(inside);
  const Rows b = fit_columns(repeated, target).apply(inside);
  // The tails hold few values, and there a gap is wide: compare in the bulk.
  double largest = 0.0;
  double moved = 0.0;
  for (std::int64_t i = 0; i < inside.count; ++i) {
    if (std::abs(inside.at(i, 0)) > 2.0F) continue;
    largest = std::max(largest, std::abs(static_cast<double>(a.at(i, 0) - b.at(i, 0))));
    moved = std::max(moved, std::abs(static_cast<double>(a.at(i, 0) - plain.apply(inside).at(i, 0))));
  }
  EXPECT_LT(largest, 0.03);
  EXPECT_GT(moved, 0.2);  // the weights make a difference
  // Equal weights are no weights.
  const Rows c = fit_columns(source, target, 256, 0, std::vector<float>(3000, 0.1F)).apply(inside);
  const Rows d = plain.apply(inside);
  for (std::size_t i = 0; i < c.values.size(); ++i) ASSERT_NEAR(c.values[i], d.values[i], 2e-5);
}

TEST(ColumnMaps, ADamagedMapIsRefused) {
  const FittedMap map(fit_columns(normal_rows(50, 2, 14), normal_rows(50, 2, 15), 8), 2);
  const core::TensorFile good = map.to_tensors();
  const auto said = [&](const auto& damage) {
    core::TensorFile file = good;
    damage(file);
    return error_of([&] { (void)FittedMap::from_tensors(file); });
  };
  ASSERT_EQ(said([](core::TensorFile&) {}), "");
  EXPECT_NE(said([](auto& f) { f.metadata["0.columns"] = "3"; }).find("columns"), std::string::npos);
  EXPECT_NE(said([](auto& f) {
              f.tensors["0.column1.source"] = core::Tensor::of({8}, std::vector<double>(8, 1.0));
            }).find("increase"),
            std::string::npos);
  EXPECT_NE(said([](auto& f) { f.tensors.erase("0.column1.target"); }).find("missing"), std::string::npos);
  EXPECT_NE(error_of([] { (void)FittedMap(ColumnMaps{}, 2); }).find("do not fit"), std::string::npos);
}

}  // namespace
}  // namespace isoscan::transport
