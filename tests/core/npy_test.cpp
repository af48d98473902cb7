#include "isoscan/core/npy.hpp"

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/test/support.hpp"

namespace isoscan::core {
namespace {

/// A file of the given version around any header and data, as numpy lays it out.
std::string file_of(const std::string& header, const std::string& data, int version = 1) {
  std::string bytes("\x93NUMPY", 6);
  bytes += static_cast<char>(version);
  bytes += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i)
    bytes += static_cast<char>(header.size() >> static_cast<unsigned>(8 * i) & 0xffU);
  return bytes + header + data;
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::string trouble(const std::string& bytes) {
  try {
    (void)from_npy(bytes);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Input) << error.what();
    return error.what();
  }
  return {};
}

const std::vector<float> kSix{1, 2, 3, 4, 5, 6};

TEST(Npy, WritesWhatNumpySaveWrites) {
  // numpy.save(file, numpy.array([[1, 2, 3], [4, 5, 6]], dtype='float32')), numpy 1.24: 128 bytes of header.
  const std::string bytes = to_npy(Tensor::of({2, 3}, kSix));
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  EXPECT_EQ(bytes.substr(0, 10), std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  EXPECT_EQ(bytes.substr(10, header.size()), header);
  EXPECT_EQ(bytes.substr(10 + header.size(), 118 - header.size() - 1),
            std::string(118 - header.size() - 1, ' '));
  EXPECT_EQ(bytes[127], '\n');
  EXPECT_EQ(bytes.substr(128), bytes_of(kSix));
  EXPECT_NE(to_npy(Tensor::of({6}, kSix)).find("'shape': (6,), }"), std::string::npos);
  EXPECT_THROW((void)to_npy(Tensor::of({1, 2, 3}, kSix)), Error);
  EXPECT_THROW((void)to_npy(Tensor::of({}, std::vector<float>{1})), Error);
}

TEST(Npy, RoundTripIsBitIdentical) {
  const test::TemporaryFolder folder;
  for (const Tensor& tensor :
       {Tensor::of({2, 3}, kSix), Tensor::of({6}, kSix), Tensor::of({0, 4}, std::vector<float>{}),
        Tensor::of({3, 1}, std::vector<double>{0.1, -0.0, 1e300})}) {
    write_npy(folder / "x.npy", tensor);
    const Tensor back = read_npy(folder / "x.npy");
    EXPECT_EQ(back.dtype, tensor.dtype);
    EXPECT_EQ(back.shape, tensor.shape);
    EXPECT_EQ(back.bytes, tensor.bytes);
  }
}

TEST(Npy, VersionsOrdersAndTypes) {
  const std::string c = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  for (int version = 1; version <= 3; ++version)
    EXPECT_EQ(from_npy(file_of(c + "    \n", bytes_of(kSix), version)).floats(), kSix) << version;
  // Columns one after the other, and the entries in another order, with double quotes, without a last comma.
  const Tensor fortran = from_npy(
      file_of(R"({"shape":(2,3),"fortran_order":True,"descr":"<f8"})", bytes_of<double>({1, 4, 2, 5, 3, 6})));
  EXPECT_EQ(fortran.floats(), kSix);
  EXPECT_EQ(fortran.shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(from_npy(file_of("{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }",
                             bytes_of<std::int64_t>({-7, 9})))
                .doubles(),
            (std::vector<double>{-7, 9}));
}

TEST(Npy, WhatCannotBeUsedIsNamedWithItsCure) {
  const auto header = [](const std::string& descr, const std::string& order, const std::string& shape) {
    return "{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
  };
  const std::string data = bytes_of(kSix);
  const auto said = [&](const std::string& text, const std::string& part) {
    const std::string what = trouble(file_of(text, data));
    EXPECT_NE(what.find(part), std::string::npos) << text << " -> " << what;
  };
  ASSERT_EQ(trouble(file_of(header("'<f4'", "False", "(2, 3)"), data)), "");
  said(header("'>f4'", "False", "(2, 3)"), "astype('float32')");
  said(header("'|O'", "False", "(2, 3)"), "astype('float32')");
  said(header("[('a', '<f4'), ('b', '<f4')]", "False", "(3,)"), "records");
  said(header("'<f4'", "False", "(1, 2, 3)"), "(1, 2, 3)");
  said(header("'<f4'", "False", "()"), "reshape");
  said(header("'<f4'", "False", "(2, 4)"), "32 bytes, there are 24");
  said(header("'<f4'", "False", "(2, 2)"), "16 bytes, there are 24");
  said(header("'<f4'", "False", "(-2, -3)"), "sizes");
  said(header("'<f4'", "False", "(4611686018427387904, 4611686018427387904)"), "impossible");
  said(header("'<f4'", "False", "(99999999999999999999, 3)"), "sizes");
  said(header("'<f4'", "Maybe", "(2, 3)"), "True nor False");
  said("{'descr': '<f4', 'shape': (2, 3)}", "lacks");
  said("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", "twice");
  said("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'more': 'x'}", "unknown");
  said("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} # and more", "goes on");
  said("__import__('os')", "malformed");
  EXPECT_NE(trouble(file_of(header("'<f4'", "False", "(2, 3)"), data, 4)).find("version"), std::string::npos);
  EXPECT_NE(trouble("PK\x03\x04 a zip").find("numpy.save"), std::string::npos);
}

TEST(Npy, DamageIsRefusedNeverTrusted) {
  const std::string good = to_npy(Tensor::of({2, 3}, kSix));
  for (std::size_t length = 0; length < good.size(); ++length)
    EXPECT_NE(trouble(good.substr(0, length)), "") << length;
  EXPECT_NE(trouble(good + "x"), "");
  Random random(7);
  for (int trial = 0; trial < 3000; ++trial) {
    std::string damaged = good;
    damaged[random.below(128)] = static_cast<char>(random());
    try {
      const Tensor tensor = from_npy(damaged);
      EXPECT_EQ(tensor.floats().size(), static_cast<std::size_t>(tensor.count()));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Input);
    }
  }
}

TEST(Npy, TheFileIsNamed) {
  const test::TemporaryFolder folder;
  write_file(folder / "broken.npy", "nothing");
  try {
    (void)read_npy(folder / "broken.npy");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("broken.npy"), std::string::npos);
  }
  EXPECT_THROW((void)read_npy(folder / "missing.npy"), Error);
}

}  // namespace
}  // namespace isoscan::core
