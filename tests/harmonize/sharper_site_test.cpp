#include "sharper_site.hpp"

#include <gtest/gtest.h>

namespace isoscan::harmonize {
namespace {

TEST(IsSharper, WhereItIsSureAlongSomeAxisAndNoFilterMadeIt) {
  domain::Acquisition seen;
  EXPECT_FALSE(is_sharper(seen));
  seen.blur[1] = {-0.1, 0.06};
  EXPECT_FALSE(is_sharper(seen)) << "chance";
  seen.blur[1] = {-0.1, 0.04};
  EXPECT_TRUE(is_sharper(seen));
  seen.detail.assign(27, 0.0);  // the narrow point spread is a sharpening filter's
  EXPECT_FALSE(is_sharper(seen));
  seen.finer[1] = -0.1;
  EXPECT_TRUE(is_sharper(seen));
}

TEST(KeepDetailOfSharper, LeavesTheSitesOwnRestorerAloneAndSaysSo) {
  domain::SiteModel model;
  model.restorer.dims = 3;
  model.shared_restorer.dims = model.reference_restorer.dims = 3;
  model.site_code = {1.0F};
  model.site_vector = {1.0F, 2.0F};
  model.shared_share = 0.5;
  keep_detail_of_sharper(model);
  EXPECT_EQ(model.shared_share, 0.5) << "it is as sharp as the reference";
  EXPECT_TRUE(model.warnings.empty());

  model.acquisition.blur[2] = {-0.2, 0.05};
  keep_detail_of_sharper(model);
  EXPECT_EQ(domain::rung_of(model), domain::Rung::PerSite);
  EXPECT_EQ(model.shared_share, 0.0);
  EXPECT_TRUE(model.shared_restorer.empty() && model.reference_restorer.empty());
  EXPECT_TRUE(model.site_code.empty() && model.site_vector.empty());
  ASSERT_EQ(model.warnings.size(), 1U);
  EXPECT_NE(model.warnings.front().find("sharper"), std::string::npos);
  keep_detail_of_sharper(model);
  EXPECT_EQ(model.warnings.size(), 1U);
}

}  // namespace
}  // namespace isoscan::harmonize
