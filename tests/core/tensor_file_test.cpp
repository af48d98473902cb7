#include "isoscan/core/tensor_file.hpp"

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/test/support.hpp"

namespace isoscan::core {
namespace {

TensorFile sample() {
  TensorFile file;
  file.metadata["kind"] = "test \"quoted\"";
  file.tensors["a"] = Tensor::of({2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6.5F});
  file.tensors["b"] = Tensor::of({1}, std::vector<double>{0.1});
  file.tensors["empty"] = Tensor::of({0, 4}, std::vector<float>{});
  return file;
}

TEST(TensorFile, RoundTripIsBitIdentical) {
  const test::TemporaryFolder folder;
  write_tensor_file(folder / "x.safetensors", sample());
  const TensorFile back = read_tensor_file(folder / "x.safetensors");
  EXPECT_EQ(back.metadata, sample().metadata);
  EXPECT_EQ(back.at("a").floats(), sample().at("a").floats());
  EXPECT_EQ(back.at("b").doubles()[0], 0.1);
  EXPECT_EQ(back.at("empty").count(), 0);
  EXPECT_EQ(to_safetensors(back), to_safetensors(sample()));
  EXPECT_THROW((void)back.at("missing"), Error);
}

TEST(TensorFile, DamageIsRefusedNeverTrusted) {
  const std::string good = to_safetensors(sample());
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_THROW((void)from_safetensors(std::string_view(good).substr(0, length)), Error) << length;
  }
  Random random(9);
  for (int trial = 0; trial < 2000; ++trial) {
    std::string damaged = good;
    damaged[random.below(damaged.size())] = static_cast<char>(random());
    try {
      for (const auto& [name, tensor] : from_safetensors(damaged).tensors) (void)tensor.floats();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Input);
    }
  }
}

}  // namespace
}  // namespace isoscan::core
