#include "isoscan/preprocess/atlas.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"

#include "atlas_brain.hpp"

namespace isoscan::preprocess {
namespace {

using test::atlas_of;
using test::make_shell_brain;
using test::person_of;

const test::Person& person() {
  static const test::Person one = person_of(make_shell_brain({.unit = 1.0}));
  return one;
}

AtlasSums sums_of(const test::Person& p) {
  AtlasSums sums;
  add_to_atlas(sums, p.image, p.brain, p.tissue, {});
  return sums;
}

TEST(HeadFrame, AnEllipsoidHasItsMoments) {
  const HeadFrame frame = head_frame(person().brain);
  for (std::size_t a = 0; a < 3; ++a) EXPECT_NEAR(frame.centre_mm[a], 0.0, 0.5);
  EXPECT_NEAR(frame.sd_mm[1] / frame.sd_mm[0], 1.2, 0.02);
  EXPECT_NEAR(frame(frame.centre_mm)[2], 0.0, 1e-9);
  EXPECT_THROW((void)head_frame(core::Mask(person().brain.grid)), core::Error);
}

TEST(Atlas, OfOnePersonHoldsThatPersonsMeans) {
  const Atlas atlas = atlas_of({&person()});
  EXPECT_EQ(atlas.problem(), "");
  EXPECT_EQ(atlas.people, 1);
  const AtlasReader reader(atlas);
  const auto place = reader.at({0.9, 0.0, 0.0});  // in the white shell
  EXPECT_NEAR(place.of(atlas.log_mean[2]), 0.0, 0.01);
  EXPECT_GT(place.of(atlas.prior[2]), 0.9);
  EXPECT_NEAR(reader.at({0.0, 2.1, 0.0}).of(atlas.log_mean[1]), std::log(0.7), 0.02);
  EXPECT_GT(reader.at({0.0, 0.0, 0.0}).of(atlas.prior[0]), 0.8);  // the ventricle
  const Atlas twice = atlas_of({&person(), &person()});
  for (std::size_t c = 0; c < twice.prior[2].size(); c += 97) {
    EXPECT_NEAR(twice.log_mean[2][c], atlas.log_mean[2][c], 1e-4);
    EXPECT_NEAR(twice.prior[2][c], atlas.prior[2][c], 1e-4);
  }
}

TEST(Atlas, IsSymmetricAndItsPriorsSumToOne) {
  test::Person leaning = person();
  leaning.image = test::times_exp(leaning.image, test::make_log_field(leaning.image.grid, 0.1));
  const Atlas atlas = atlas_of({&leaning});
  const auto edge = static_cast<std::size_t>(atlas.edge);
  for (std::size_t c = 0; c < atlas.prior[0].size(); c += 7) {
    const std::size_t mirror = c - c % edge + (edge - 1 - c % edge);
    for (std::size_t t = 0; t < 3; ++t) {
      EXPECT_NEAR(atlas.prior[t][c], atlas.prior[t][mirror], 1e-5);
      EXPECT_NEAR(atlas.log_mean[t][c], atlas.log_mean[t][mirror], 1e-5);
      EXPECT_NEAR(atlas.log_sd[t][c], atlas.log_sd[t][mirror], 1e-4);
    }
    EXPECT_NEAR(atlas.prior[0][c] + atlas.prior[1][c] + atlas.prior[2][c], 1.0, 1e-4);
  }
}

TEST(Atlas, MergingIsAdding) {
  const test::Person other = person_of(make_shell_brain({.ventricle_mm = 20.0, .unit = 1.0}, 2));
  AtlasSums both = sums_of(person());
  add_to_atlas(both, other.image, other.brain, other.tissue, {});
  AtlasSums merged;
  merge_atlas(merged, sums_of(person()));
  merge_atlas(merged, sums_of(other));
  EXPECT_EQ(both, merged);
  EXPECT_EQ(merged.people, 2);
  const Atlas atlas = finish_atlas(merged, {});
  EXPECT_EQ(atlas, atlas_of({&person(), &other}));
}

TEST(Atlas, ScansOfOnePersonCountAsTheirMean) {
  const AtlasSums once = sums_of(person());
  AtlasSums sums = once;
  for (int n = 0; n < 3; ++n) merge_atlas(sums, once);
  count_as_one(sums);  // of four, so that halves are exact
  EXPECT_EQ(sums, once);
  const test::Person other = person_of(make_shell_brain({.ventricle_mm = 20.0, .unit = 1.0}, 2));
  const AtlasSums second = sums_of(other);
  merge_atlas(sums, second);
  count_as_one(sums);
  EXPECT_EQ(sums.people, 1);
  EXPECT_DOUBLE_EQ(sums.log_level[1], 0.5 * (once.log_level[1] + second.log_level[1]));
}

TEST(Atlas, TheStorageOrderOfTheScanDoesNotMatter) {
  const Atlas straight = atlas_of({&person()});
  const test::Person turned = test::turned(person());
  const Atlas back = atlas_of({&turned});
  for (std::size_t c = 0; c < straight.prior[0].size(); c += 11) {
    for (std::size_t t = 0; t < 3; ++t) {
      EXPECT_NEAR(straight.prior[t][c], back.prior[t][c], 1e-3);
      EXPECT_NEAR(straight.log_mean[t][c], back.log_mean[t][c], 1e-3);
    }
  }
}

TEST(Atlas, RefusesWhatItCannotUse) {
  EXPECT_THROW((void)finish_atlas({}, {}), core::Error);
  AtlasSums sums = sums_of(person());
  AtlasOptions finer;
  finer.edge = 50;
  EXPECT_THROW(add_to_atlas(sums, person().image, person().brain, person().tissue, {}, finer), core::Error);
  finer.edge = 1;
  EXPECT_NE(finer.problem(), "");
  EXPECT_THROW((void)finish_atlas(sums, {}, finer), core::Error);
  EXPECT_EQ(AtlasOptions{}.problem(), "");
  Atlas broken = finish_atlas(sums, {});
  broken.prior[1].pop_back();
  EXPECT_NE(broken.problem(), "");
}

}  // namespace
}  // namespace isoscan::preprocess
