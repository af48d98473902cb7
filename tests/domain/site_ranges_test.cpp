#include "isoscan/domain/site_ranges.hpp"

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/test/support.hpp"

#include "made_models.hpp"

namespace isoscan::domain {
namespace {

SiteModel model() {
  SiteModel m = site(Method::ZScore);
  m.reference_ranges = {{"gm_wm", {0.6, 0.01, 0.58, 0.63, 12}}};
  return m;
}

TEST(SiteRanges, SaveAndLoadAreBitIdentical) {
  const test::TemporaryFolder folder;
  const SiteRanges ranges{{"cjv", {0.4, 1.0 / 3.0, 0.1, 0.9, 5}}, {"gm_wm", {0.6, 0.0, 0.6, 0.6, 1}}};
  save(model(), ranges, folder / "a.isosite");
  EXPECT_EQ(load_site_ranges(folder / "a.isosite"), ranges);
  EXPECT_EQ(load_site(folder / "a.isosite").reference_ranges, model().reference_ranges)
      << "the model beside them";
  save(model(), folder / "b.isosite");
  EXPECT_TRUE(load_site_ranges(folder / "b.isosite").empty());
}

TEST(SiteRanges, FilesThatDoNotCountAreReadAsNotKnown) {
  const test::TemporaryFolder folder;
  core::TensorFile file = to_tensors(model());
  core::Tensor& range = file.tensors.at("reference_range/gm_wm");
  ASSERT_EQ(range.shape, std::vector<std::int64_t>{5});
  range.shape = {4};
  range.bytes.resize(4 * sizeof(double));
  EXPECT_EQ(site_model(file).reference_ranges.at("gm_wm"), (Range{0.6, 0.01, 0.58, 0.63, 0}));
  range.shape = {3};
  range.bytes.resize(3 * sizeof(double));
  EXPECT_THROW((void)site_model(file), core::Error);
}

TEST(SiteRanges, FlippedBitsAreFound) {
  const test::TemporaryFolder folder;
  save(model(), {{"cjv", {0.4, 0.1, 0.1, 0.9, 5}}}, folder / "a.isosite");
  std::string bytes = core::read_file(folder / "a.isosite");
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  core::write_file(folder / "a.isosite", bytes);
  EXPECT_THROW((void)load_site_ranges(folder / "a.isosite"), core::Error);
}

}  // namespace
}  // namespace isoscan::domain
