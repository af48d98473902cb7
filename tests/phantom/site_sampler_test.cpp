#include "isoscan/phantom/site_sampler.hpp"

#include <set>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"

namespace isoscan::phantom {
namespace {

TEST(DrawSite, GivesUsableScannersWithinTheRanges) {
  const SiteRanges ranges;
  ASSERT_EQ(ranges.problem(), "");
  int ringing = 0;
  int coils = 0;
  double least_csf = 10.0;
  double most_csf = 0.0;
  for (std::uint64_t n = 0; n < 2000; ++n) {
    const VirtualScanner site = draw_site(ranges, 3, n);
    ASSERT_EQ(site.problem(), "") << n;
    EXPECT_EQ(site.contrast[2], 1.0);
    EXPECT_GE(site.contrast[1], ranges.grey.low);
    EXPECT_LE(site.contrast[1], ranges.grey.high);
    EXPECT_LE(site.noise, ranges.noise.high);
    ringing += site.ringing != std::array<double, 3>{0, 0, 0} ? 1 : 0;
    coils += site.bias_kind == BiasKind::Coils ? 1 : 0;
    least_csf = std::min(least_csf, site.contrast[0]);
    most_csf = std::max(most_csf, site.contrast[0]);
  }
  EXPECT_NEAR(least_csf, ranges.csf.low, 0.02);
  EXPECT_NEAR(most_csf, ranges.csf.high, 0.05);
  EXPECT_NEAR(coils / 2000.0, ranges.coils_share, 0.04);
  EXPECT_NEAR(ringing / 2000.0, ranges.ringing_share * (1.0 - 0.4 * 0.4 * 0.4), 0.03);
}

TEST(DrawSite, IsDecidedBySeedAndNumberAlone) {
  const SiteRanges ranges;
  EXPECT_EQ(draw_site(ranges, 3, 17), draw_site(ranges, 3, 17));
  std::set<std::string> names;
  for (std::uint64_t n = 0; n < 50; ++n) names.insert(to_json(draw_site(ranges, 3, n)));
  EXPECT_EQ(names.size(), 50U);
  EXPECT_NE(draw_site(ranges, 3, 17), draw_site(ranges, 4, 17));
}

TEST(DrawSite, WithoutAnyShareOnlyToneAndFieldAreLeft) {
  SiteRanges ranges;
  ranges.coils_share = ranges.blur_share = ranges.axis_blur_share = ranges.thick_share = 0.0;
  ranges.noise_share = ranges.coloured_share = ranges.ringing_share = ranges.ghost_share = 0.0;
  ranges.gap_share = ranges.median_share = ranges.sharpening_share = 0.0;
  const VirtualScanner site = draw_site(ranges, 3, 5);
  VirtualScanner plain;
  plain.name = site.name;
  plain.contrast = site.contrast;
  plain.gamma = site.gamma;
  plain.bias = site.bias;
  EXPECT_EQ(site, plain);
}

TEST(DrawSite, RangesThatFallAreRefused) {
  SiteRanges ranges;
  ranges.grey = {1.2, 0.8};
  EXPECT_NE(ranges.problem().find("grey"), std::string::npos);
  EXPECT_THROW((void)draw_site(ranges, 1, 1), core::Error);
  ranges = {};
  ranges.noise = {-0.1, 0.1};
  EXPECT_NE(ranges.problem().find("noise"), std::string::npos);
  ranges = {};
  ranges.gap_share = 1.5;
  EXPECT_NE(ranges.problem().find("gap_share"), std::string::npos);
}

}  // namespace
}  // namespace isoscan::phantom
