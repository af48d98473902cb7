/// @file The fuzz targets as ordinary tests, under any compiler and its sanitizers: good files, what once was
/// found, and damage to good files that needs no luck to meet.
#include <algorithm>

#include <boost/filesystem.hpp>
#include <gtest/gtest.h>

#include "isoscan/core/files.hpp"
#include "isoscan/core/random.hpp"

#include "targets.hpp"

namespace isoscan::fuzz {
namespace {

namespace fs = boost::filesystem;

class Replay : public testing::TestWithParam<Target> {};

TEST_P(Replay, GoodFiles) {
  const auto good = seeds(GetParam().name);
  ASSERT_FALSE(good.empty());
  for (const Seed& seed : good) {
    SCOPED_TRACE(seed.name);
    GetParam().run(seed.bytes);
  }
}

/// found/<target>/: each file once crashed, leaked, hung or took too much memory.
TEST_P(Replay, WhatWasFound) {
  const fs::path folder = fs::path(ISOSCAN_SOURCE_DIR "/tests/fuzz/found") / GetParam().name;
  if (!fs::is_directory(folder)) GTEST_SKIP() << "nothing was found with " << GetParam().name;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    SCOPED_TRACE(file.filename().string());
    GetParam().run(core::read_file(file));
  }
}

/// Cut after any byte of the header, then at steps.
TEST_P(Replay, CutShort) {
  constexpr std::size_t kEveryByte = 700;
  for (const Seed& seed : seeds(GetParam().name)) {
    SCOPED_TRACE(seed.name);
    const std::size_t step = std::max<std::size_t>(seed.bytes.size() / 60, 1);
    for (std::size_t at = 0; at < seed.bytes.size();
         at += at < kEveryByte && seed.bytes.size() < 4096 ? 1 : step)
      GetParam().run(std::string_view(seed.bytes).substr(0, at));
  }
}

/// One bit, a length of all ones, a length of nothing: at places drawn by a seed.
TEST_P(Replay, Damaged) {
  core::Random random(7, "damage");
  for (const Seed& seed : seeds(GetParam().name)) {
    SCOPED_TRACE(seed.name);
    if (seed.bytes.size() < 5) continue;  // no place for four bytes
    for (int trial = 0; trial < 120; ++trial) {
      std::string bytes = seed.bytes;
      const std::size_t at =
          random.below(std::min<std::size_t>(bytes.size() - 4, trial % 2 == 0 ? 1500 : SIZE_MAX));
      if (trial % 3 == 0) bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
      if (trial % 3 == 1) bytes.replace(at, 4, "\xff\xff\xff\x7f");
      if (trial % 3 == 2) bytes.replace(at, 4, 4, '\0');
      GetParam().run(bytes);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Replay, testing::ValuesIn(targets()),
                         [](const testing::TestParamInfo<Target>& target) {
                           return std::string(target.param.name);
                         });

}  // namespace
}  // namespace isoscan::fuzz
