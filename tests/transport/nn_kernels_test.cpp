// The inner loops, every version that this processor runs, against ATen's own results.
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "isoscan/core/random.hpp"
#include "isoscan/transport/nn/kernels.hpp"

namespace isoscan::transport::nn {
namespace {

at::Tensor normal(at::IntArrayRef shape, std::uint64_t seed) {
  core::Random random(seed);
  at::Tensor x = torch::empty(shape);
  for (std::int64_t i = 0; i < x.numel(); ++i) x.data_ptr<float>()[i] = static_cast<float>(random.normal());
  return x;
}

/// Within `units` of float's precision at the size of the largest number.
void expect_same(const at::Tensor& found, const at::Tensor& expected, double units, const std::string& what) {
  ASSERT_EQ(found.numel(), expected.numel()) << what;
  const double size = expected.abs().max().item<double>() + 1e-30;
  const double apart = (found.flatten() - expected.flatten()).abs().max().item<double>();
  EXPECT_LE(apart, units * size * std::numeric_limits<float>::epsilon()) << what;
}

class KernelsTest : public ::testing::TestWithParam<const Kernels*> {
 protected:
  const Kernels& k = *GetParam();
  /// right (inner, columns) or, turned, (columns, inner); weight over inner or undefined.
  at::Tensor product(const at::Tensor& left, bool left_turned, const at::Tensor& right, bool right_turned,
                     const at::Tensor& weight, const at::Tensor& start, at::Tensor* sums) const {
    const std::int64_t rows = left.size(left_turned ? 1 : 0);
    const std::int64_t inner = left.size(left_turned ? 0 : 1);
    const std::int64_t columns = right.size(right_turned ? 0 : 1);
    std::vector<float> packed(static_cast<std::size_t>(packed_size(k, inner, columns)), 7.0F);
    k.pack(right.data_ptr<float>(), right_turned ? 1 : columns, right_turned ? inner : 1, inner, columns,
           weight.defined() ? weight.data_ptr<float>() : nullptr, packed.data(),
           sums != nullptr ? sums->data_ptr<float>() : nullptr);
    at::Tensor out = torch::full({rows, columns}, 77.0F);
    k.product({left.data_ptr<float>(), left_turned ? 1 : inner, left_turned ? rows : 1}, rows, inner, columns,
              packed.data(), start.defined() ? start.data_ptr<float>() : nullptr,
              start.defined() && start.dim() == 2 ? columns : 0, out.data_ptr<float>());
    return out;
  }
};

// Sizes beside the widths of tiles, panels and depths, on both sides of each.
constexpr std::int64_t kSizes[][3] = {{1, 1, 1},   {5, 3, 2},    {6, 16, 16},   {13, 17, 33},  {48, 64, 64},
                                      {12, 31, 8}, {24, 300, 9}, {50, 256, 48}, {7, 513, 100}, {1, 5, 31}};

TEST_P(KernelsTest, ProductsAgreeWithAten) {
  for (const auto& [rows, inner, columns] : kSizes) {
    const at::Tensor a = normal({rows, inner}, 1);
    const at::Tensor b = normal({inner, columns}, 2);
    const at::Tensor weight = normal({inner}, 3);
    const at::Tensor bias = normal({columns}, 4);
    const at::Tensor start = normal({rows, columns}, 5);
    const at::Tensor at_turned = a.t().contiguous();
    const at::Tensor bt = b.t().contiguous();
    const at::Tensor exact = a.to(at::kDouble).mm(b.to(at::kDouble));
    const at::Tensor scaled = b.to(at::kDouble) * weight.unsqueeze(1);
    const double units = 4.0 + std::sqrt(static_cast<double>(inner));
    const std::string what =
        std::to_string(rows) + " x " + std::to_string(inner) + " x " + std::to_string(columns);
    expect_same(product(a, false, b, false, {}, {}, nullptr), exact, units, what);
    expect_same(product(a, false, bt, true, {}, {}, nullptr), exact, units, what + ", right turned");
    expect_same(product(at_turned, true, b, false, {}, {}, nullptr), exact, units, what + ", left turned");
    expect_same(product(a, false, b, false, {}, bias, nullptr), exact + bias, units, what + ", bias");
    expect_same(product(a, false, b, false, {}, start, nullptr), exact + start, units, what + ", start");
    at::Tensor sums = torch::full({columns}, 77.0F);
    expect_same(product(at_turned, true, b, false, weight, {}, &sums), a.to(at::kDouble).mm(scaled), units,
                what + ", weighted");
    expect_same(sums, scaled.sum(0), 4.0 * units, what + ", sums");
    at::Tensor sums_turned = torch::full({columns}, 77.0F);
    (void)product(a, false, bt, true, weight, {}, &sums_turned);
    expect_same(sums_turned, scaled.sum(0), 4.0 * units, what + ", sums, right turned");
  }
}

TEST_P(KernelsTest, AProductMayStartFromItsOwnResult) {
  const at::Tensor a = normal({13, 300}, 1);
  const at::Tensor b = normal({300, 21}, 2);
  const at::Tensor before = normal({13, 21}, 3);
  at::Tensor c = before.clone();
  std::vector<float> packed(static_cast<std::size_t>(packed_size(k, 300, 21)));
  k.pack(b.data_ptr<float>(), 21, 1, 300, 21, nullptr, packed.data(), nullptr);
  k.product({a.data_ptr<float>(), 300, 1}, 13, 300, 21, packed.data(), c.data_ptr<float>(), 21,
            c.data_ptr<float>());
  expect_same(c, before + a.mm(b), 40.0, "added in place");
}

TEST_P(KernelsTest, RowAndColumnSumsAgreeWithAten) {
  for (const auto& [rows, columns, unused] : kSizes) {
    const at::Tensor a = normal({rows, columns}, 1);
    const at::Tensor b = normal({columns}, 2);
    const at::Tensor weight = normal({rows}, 3);
    at::Tensor dots = torch::full({rows}, 77.0F);
    at::Tensor sums = torch::full({columns}, 77.0F);
    k.row_dots(rows, columns, a.data_ptr<float>(), b.data_ptr<float>(), 0.5F, dots.data_ptr<float>());
    k.column_sums(rows, columns, a.data_ptr<float>(), weight.data_ptr<float>(), sums.data_ptr<float>());
    expect_same(dots, a.mv(b) + 0.5, 30.0, "dots of " + std::to_string(columns));
    expect_same(sums, a.t().mv(weight), 30.0, "sums of " + std::to_string(rows));
    static_cast<void>(unused);
  }
}

TEST_P(KernelsTest, ActivationsAndTheirSlopesAgreeWithAten) {
  // 0, the smallest and largest numbers, and a fine walk through where the curve bends; 4003 is no multiple
  // of any width.
  at::Tensor z = torch::linspace(-20.0, 20.0, 4003);
  const std::vector<float> odd = {0.0F,   -0.0F,   1e-30F, -1e-30F, -1e-4F,
                                  -87.5F, -104.0F, -1e30F, 88.9F,   1e30F};
  for (std::size_t i = 0; i < odd.size(); ++i) z[static_cast<std::int64_t>(i)] = odd[i];
  const at::Tensor upstream = normal({4003}, 1);
  at::Tensor out = torch::empty_like(z);
  k.elu(z.numel(), z.data_ptr<float>(), out.data_ptr<float>());
  const at::Tensor wide = z.to(at::kDouble);
  const at::Tensor exact = torch::where(wide > 0.0, wide, torch::expm1(wide));  // torch::elu loses small ones
  EXPECT_LT(((out - exact).abs() / (exact.abs() + 1e-30)).max().item<double>(), 3e-7) << "elu";
  at::Tensor slope = torch::empty_like(z);
  k.elu_back(z.numel(), upstream.data_ptr<float>(), out.data_ptr<float>(), slope.data_ptr<float>());
  expect_same(slope, at::elu_backward(upstream, 1.0, 1.0, 1.0, true, out), 2.0, "elu slope");

  k.silu(z.numel(), z.data_ptr<float>(), out.data_ptr<float>());
  const at::Tensor smooth = torch::silu(z.to(at::kDouble));
  EXPECT_LT(((out - smooth).abs() / (smooth.abs() + 1e-30)).slice(0, 10).max().item<double>(), 1e-6)
      << "silu";
  EXPECT_LT((out - smooth).abs().slice(0, 0, 8).max().item<double>(), 1e-6) << "silu, odd arguments";
  k.silu_back(z.numel(), upstream.data_ptr<float>(), z.data_ptr<float>(), slope.data_ptr<float>());
  expect_same(slope, at::silu_backward(upstream, z), 8.0, "silu slope");

  at::Tensor in_place = z.clone();
  k.elu(z.numel(), in_place.data_ptr<float>(), in_place.data_ptr<float>());
  EXPECT_LT((in_place - exact).abs().slice(0, 10).max().item<double>(), 2e-6) << "elu in place";
}

TEST_P(KernelsTest, NotANumberStaysOne) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  at::Tensor z = torch::zeros({19});
  z[3] = nan;
  z[18] = nan;
  at::Tensor out = torch::empty_like(z);
  for (const auto act : {k.elu, k.silu}) {
    act(19, z.data_ptr<float>(), out.data_ptr<float>());
    EXPECT_TRUE(at::equal(at::isnan(out), at::isnan(z)));
  }
}

TEST_P(KernelsTest, DistancesAgreeWithAten) {
  for (const std::int64_t columns : {1, 7, 16, 37}) {
    const at::Tensor x = normal({9, columns + 2}, 1);
    const at::Tensor y = normal({9, columns}, 2);
    at::Tensor value = torch::full({9}, 77.0F);
    at::Tensor slope = torch::full({9, columns}, 77.0F);
    k.squared_distances(9, columns, x.data_ptr<float>(), columns + 2, y.data_ptr<float>(), columns, 0.5F,
                        value.data_ptr<float>(), slope.data_ptr<float>());
    const at::Tensor apart = y - x.narrow(1, 0, columns);
    expect_same(value, 0.5 * apart.square().sum(1), 8.0, "distance");
    expect_same(slope, apart, 1.0, "slope");
  }
}

TEST_P(KernelsTest, SumsAndProductsOfRows) {
  const at::Tensor a = normal({37}, 1);
  const at::Tensor b = normal({37}, 2);
  const at::Tensor c = normal({37}, 3);
  at::Tensor out = torch::empty_like(a);
  k.add(37, a.data_ptr<float>(), b.data_ptr<float>(), out.data_ptr<float>());
  expect_same(out, a + b, 0.0, "sum");
  k.add_product(37, a.data_ptr<float>(), 2.0F, b.data_ptr<float>(), c.data_ptr<float>(),
                out.data_ptr<float>());
  expect_same(out, a + 2.0 * b * c, 2.0, "sum and product");
  k.add_product(37, nullptr, 2.0F, b.data_ptr<float>(), c.data_ptr<float>(), out.data_ptr<float>());
  expect_same(out, 2.0 * b * c, 2.0, "product");
}

TEST_P(KernelsTest, AdamAgreesWithTorch) {
  at::Tensor parameters = normal({45}, 1);
  at::Tensor theirs = parameters.clone().requires_grad_();
  torch::optim::Adam adam({theirs}, torch::optim::AdamOptions(1e-2).betas({0.5, 0.9}).eps(1e-8));
  at::Tensor mean = torch::zeros({45});
  at::Tensor square = torch::zeros({45});
  for (int step = 1; step <= 20; ++step) {
    const at::Tensor gradient = normal({45}, 100 + static_cast<std::uint64_t>(step));
    theirs.mutable_grad() = gradient.clone();
    adam.step();
    const AdamNumbers numbers{0.5F, 0.9F, static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(0.9, step))),
                              1e-8F, static_cast<float>(1e-2 / (1.0 - std::pow(0.5, step)))};
    k.adam(45, numbers, gradient.data_ptr<float>(), mean.data_ptr<float>(), square.data_ptr<float>(),
           parameters.data_ptr<float>());
  }
  expect_same(parameters, theirs.detach(), 40.0, "parameters after 20 steps");
}

INSTANTIATE_TEST_SUITE_P(Versions, KernelsTest, ::testing::ValuesIn(all_kernels()),
                         [](const auto& version) { return std::string(version.param->name); });

}  // namespace
}  // namespace isoscan::transport::nn
