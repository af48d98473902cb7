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

TEST(TensorFile, GapsOverlapsAndSurplusBytesAreRefused) {
  const std::string good = to_safetensors(sample());
  EXPECT_THROW((void)from_safetensors(good + "x"), Error);
  const auto moved = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  EXPECT_THROW((void)from_safetensors(moved("[24,32]", "[16,24]")), Error);  // "b" over the end of "a"
}

TEST(TensorFile, TheDigestSeesEveryPartOfTheContentAndNotTheSeal) {
  const std::string digest = content_digest(sample());
  EXPECT_EQ(digest.size(), 64U);
  TensorFile sealed = sample();
  seal(sealed);
  EXPECT_EQ(content_digest(sealed), digest);
  EXPECT_EQ(sealed.metadata.at(kSealKey), digest);

  const std::vector<void (*)(TensorFile&)> changes{
      [](TensorFile& f) { f.metadata["kind"] += "!"; },
      [](TensorFile& f) { f.metadata["more"] = ""; },
      [](TensorFile& f) { f.metadata.erase("kind"); },
      [](TensorFile& f) { f.tensors["a"].bytes[5] ^= 1U; },
      [](TensorFile& f) {
        f.tensors["a"].shape = {3, 2};
      },
      [](TensorFile& f) { f.tensors["a"].shape = {6}; },
      [](TensorFile& f) { f.tensors["b"].dtype = DType::I64; },
      [](TensorFile& f) {
        f.tensors["empty"].shape = {0, 5};
      },
      [](TensorFile& f) { f.tensors.erase("empty"); },
      [](TensorFile& f) {
        f.tensors["c"] = f.tensors["b"];
        f.tensors.erase("b");
      },
  };
  for (std::size_t n = 0; n < changes.size(); ++n) {
    TensorFile changed = sealed;
    changes[n](changed);
    EXPECT_NE(content_digest(changed), digest) << n;
    EXPECT_THROW(check_seal(changed), Error) << n;
  }
}

TEST(TensorFile, AFlippedBitOfASealedFileIsFoundOrHarmless) {
  TensorFile content = sample();
  seal(content);
  const std::string good = to_safetensors(content);
  std::size_t harmless = 0;
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string damaged = good;
    damaged[bit / 8] = static_cast<char>(static_cast<unsigned char>(damaged[bit / 8]) ^ (1U << bit % 8));
    try {
      const TensorFile back = from_safetensors(damaged);
      check_seal(back);
      EXPECT_EQ(to_safetensors(back), good) << "bit " << bit;  // the header's padding: nothing was said by it
      ++harmless;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Input);
    }
  }
  EXPECT_LT(harmless, 64U);
}

TEST(TensorFile, AFileWithoutASealIsRefusedWithTheCure) {
  try {
    check_seal(sample());
    FAIL() << "passed";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Input);
    EXPECT_NE(std::string(error.what()).find("make the file again"), std::string::npos);
  }
}

}  // namespace
}  // namespace isoscan::core
