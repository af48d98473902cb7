#include "isoscan/harmonize/write_back.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"

#include "toy_scan.hpp"

namespace isoscan::harmonize {
namespace {

core::Volume shifted(const core::Volume& image, float by) {
  core::Volume out = image;
  for (float& v : out.voxels) v += by;
  return out;
}

TEST(WriteBack, KeepsTheGridAndEveryBitOutsideTheHead) {
  const test::Toy toy = test::toy_scan(1);
  const WrittenBack out = write_back(toy.native, toy.prepared, shifted(toy.prepared.image, 0.1F), {}, {});
  EXPECT_TRUE(out.volume.grid == toy.native.grid);
  EXPECT_TRUE(out.change.grid == toy.native.grid);
  for (std::size_t n = 0; n < out.volume.voxels.size(); ++n) {
    if (toy.prepared.head.voxels[n] != 0) continue;
    ASSERT_EQ(out.volume.voxels[n], toy.native.voxels[n]);
    ASSERT_EQ(out.change.voxels[n], 0.0F);
  }
}

TEST(WriteBack, NoChangeAndNoFieldGiveTheInputBackBitForBit) {
  const test::Toy toy = test::toy_scan(1);
  const WrittenBack out = write_back(toy.native, toy.prepared, toy.prepared.image, {}, {});
  EXPECT_EQ(out.volume.voxels, toy.native.voxels);
  EXPECT_EQ(out.max_change, 0.0);
}

TEST(WriteBack, StaysWithinTheBoundAndCountsWhatReachesIt) {
  const test::Toy toy = test::toy_scan(1);
  WriteBackOptions options;
  options.bound = 0.25;
  const WrittenBack far =
      write_back(toy.native, toy.prepared, shifted(toy.prepared.image, -3.0F), options, {});
  EXPECT_NEAR(far.max_change, 0.25, 1e-7);
  EXPECT_GT(far.share_at_bound, 0.9);
  for (const float v : far.change.voxels) ASSERT_LE(std::abs(v), 0.25F);
  const WrittenBack near =
      write_back(toy.native, toy.prepared, shifted(toy.prepared.image, 0.1F), options, {});
  EXPECT_EQ(near.share_at_bound, 0.0);
  EXPECT_NEAR(near.max_change, 0.1, 1e-5);
}

TEST(WriteBack, FadesAtTheBrainsEdgeOfWholeHeadsOnly) {
  test::Toy toy = test::toy_scan(1);
  const core::Volume harmonized = shifted(toy.prepared.image, 0.2F);
  const auto smallest = [&] {
    const WrittenBack out = write_back(toy.native, toy.prepared, harmonized, {.edge_mm = 6.0}, {});
    float least = 1.0F;
    for (std::size_t n = 0; n < out.change.voxels.size(); ++n) {
      if (toy.prepared.brain.voxels[n] != 0) least = std::min(least, out.change.voxels[n]);
    }
    return least;
  };
  EXPECT_LT(smallest(), 0.1F);
  toy.prepared.skull_stripped = true;
  EXPECT_NEAR(smallest(), 0.2F, 1e-5F);
}

TEST(WriteBack, DividesTheFieldOutInTheBrainAndFadesItInTheHead) {
  test::Toy toy = test::toy_scan(1);
  for (float& v : toy.prepared.log_bias.voxels) v = 0.3F;
  core::Volume native = toy.native;
  for (float& v : native.voxels) v *= std::exp(0.3F);
  const WrittenBack out = write_back(native, toy.prepared, toy.prepared.image, {}, {});
  for (std::size_t n = 0; n < native.voxels.size(); ++n) {
    const float ratio = out.volume.voxels[n] / native.voxels[n];
    ASSERT_GE(ratio, std::exp(-0.3F) - 1e-5F);
    ASSERT_LE(ratio, toy.prepared.brain.voxels[n] != 0 ? std::exp(-0.3F) + 1e-5F : 1.0F);
  }
}

TEST(WriteBack, WorksFromACoarserGridAndScalesToTheReference) {
  const test::Toy toy = test::toy_scan(1);
  core::Volume fine(core::with_spacing(toy.native.grid, 1.25), 100.0F);
  WriteBackOptions options;
  options.scale = IntensityScale::Reference;
  options.reference_white_matter = 1000.0;
  const WrittenBack out = write_back(fine, toy.prepared, shifted(toy.prepared.image, 0.1F), options, {});
  EXPECT_TRUE(out.volume.grid == fine.grid);
  EXPECT_NEAR(out.volume.voxels[0], 500.0F, 1e-3F);  // air: 100 of 200 is half of white matter
  const auto& size = fine.grid.size;
  EXPECT_NEAR(out.volume.at(size[0] / 2, size[1] / 2, size[2] / 2), 600.0F, 1.0F);
}

TEST(WriteBack, RefusesOtherGridsAndBadOptions) {
  const test::Toy toy = test::toy_scan(1);
  const core::Volume other(core::with_spacing(toy.native.grid, 4.0));
  EXPECT_THROW((void)write_back(toy.native, toy.prepared, other, {}, {}), core::Error);
  EXPECT_THROW((void)write_back(toy.native, toy.prepared, toy.prepared.image, {.bound = 0.0}, {}),
               core::Error);
}

}  // namespace
}  // namespace isoscan::harmonize
