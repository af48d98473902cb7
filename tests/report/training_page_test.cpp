#include "isoscan/report/training_page.hpp"

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"

namespace isoscan::report {
namespace {

bool has(const std::string& page, const std::string& text) {
  return page.find(text) != std::string::npos;
}

TEST(TrainingPage, ShowsTheCurveAndReloadsUntilTheEnd) {
  const std::string page = training_page({1500, 500, {500, 1000}, {-4.5, -4.25}});
  EXPECT_TRUE(has(page, "1000 of 1500 steps; the best so far is step 500")) << page;
  EXPECT_TRUE(has(page, "http-equiv=\"refresh\""));
  EXPECT_TRUE(has(page, "<td>500</td><td>-4.50</td>") || has(page, "4.50</td>"));
  EXPECT_TRUE(has(page, "class=\"best\""));
  const std::string ended = training_page({1500, 1500, {1500}, {-4.5}});
  EXPECT_FALSE(has(ended, "http-equiv=\"refresh\""));
  EXPECT_FALSE(has(ended, "nan"));
  EXPECT_FALSE(has(training_page({1500, 0, {}, {}}), "<svg"));
  EXPECT_THROW((void)training_page({1500, 0, {500}, {}}), core::Error);
}

}  // namespace
}  // namespace isoscan::report
