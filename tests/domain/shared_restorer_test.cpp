#include "isoscan/domain/shared_restorer.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"

#include "made_models.hpp"
#include "made_sites.hpp"

namespace isoscan::domain {
namespace {

double answer_of(const SharedRestorer& shared, const std::vector<float>& vector,
                 const std::vector<float>& row) {
  float with = 0.0F;
  float without = 0.0F;
  RestorerFunction(restorer_of(shared, vector))(row.data(), 1, &with);
  RestorerFunction(restorer_of(shared, {}))(row.data(), 1, &without);
  return static_cast<double>(with) - static_cast<double>(without);
}

TEST(SharedRestorer, ANewSiteIsToldFromItsStatistics) {
  const SharedRestorerFit fit = taught();
  ASSERT_EQ(fit.judged_steps.size(), 6U);
  EXPECT_LT(*std::min_element(fit.held_out_db.begin(), fit.held_out_db.end()), -10.0);
  for (const double a : {-0.3, 0.2, 0.45}) {
    const std::vector<float> vector = site_vector(fit.restorer, {{2.0 + a, 0.0}});
    EXPECT_EQ(vector.size(), fit.restorer.numbers());
    double error = 0.0;
    double lacking = 0.0;
    const SharedScan scan = scan_of(0, a, 777, 100);
    for (std::size_t r = 0; r < 100; ++r) {
      const std::vector<float> row(scan.rows.begin() + static_cast<std::ptrdiff_t>(r * kDims),
                                   scan.rows.begin() + static_cast<std::ptrdiff_t>((r + 1) * kDims));
      const double target = scan.targets[r];
      error += std::pow(answer_of(fit.restorer, vector, row) - target, 2.0);
      lacking += target * target;
    }
    EXPECT_LT(error, 0.1 * lacking) << a;
  }
}

TEST(SharedRestorer, TheReferenceIsLeftExactlyAlone) {
  const SharedRestorer shared = taught().restorer;
  const std::vector<float> vector = site_vector(shared, {shared.reference, shared.reference});
  for (const float v : vector) EXPECT_EQ(v, 0.0F);
  EXPECT_EQ(restorer_of(shared, vector), restorer_of(shared, {}));
  EXPECT_EQ(site_distance(shared, {shared.reference}).distance, 0.0);
}

TEST(SharedRestorer, TheMeanOfTheScansIsRead) {
  const SharedRestorer shared = shared_restorer();
  const auto of_two = site_vector(shared, {{-1.0, -0.5}, {-1.25, -0.25}});
  const auto of_mean = site_vector(shared, {{-1.125, -0.375}});
  for (std::size_t n = 0; n < of_two.size(); ++n) EXPECT_NEAR(of_two[n], of_mean[n], 1e-6F);
  EXPECT_NE(of_two, site_vector(shared, {{-1.0, -0.5}}));
}

TEST(SharedRestorer, GivesTheSameBitsOnAnyNumberOfThreads) {
  SharedRestorerOptions options = quick();
  options.steps = 60;
  options.drop = 0.3;
  const SharedRestorerFit one = taught(1, options);
  const SharedRestorerFit three = taught(3, options);
  EXPECT_EQ(one.restorer, three.restorer);
  EXPECT_EQ(one.held_out_db, three.held_out_db);
}

TEST(SharedRestorer, AKilledTrainingGoesOnToTheSameBits) {
  SharedRestorerOptions options = quick();
  options.steps = 45;
  options.drop = 0.3;
  options.judge_every = 10;
  std::vector<core::TensorFile> kept;
  std::vector<std::size_t> watched;
  SharedRestorerRun run;
  run.save = [&](const core::TensorFile& file) { kept.push_back(file); };
  run.watch = [&](const SharedRestorerFit& so_far) { watched.push_back(so_far.held_out_db.size()); };
  const SharedRestorerFit whole = taught(1, options, run);
  ASSERT_EQ(kept.size(), 4U);
  EXPECT_EQ(watched, (std::vector<std::size_t>{1, 2, 3, 4, 5}));
  const core::TensorFile file = core::from_safetensors(core::to_safetensors(kept[1]));
  SharedRestorerRun again;
  again.resume = &file;
  const SharedRestorerFit resumed = taught(2, options, again);
  EXPECT_EQ(resumed.restorer, whole.restorer);
  EXPECT_EQ(resumed.held_out_db, whole.held_out_db);
  EXPECT_EQ(resumed.judged_steps, whole.judged_steps);
  EXPECT_EQ(resumed.best_step, whole.best_step);
  core::TensorFile other = file;
  other.tensors["averaged"] = core::Tensor::of({1}, std::vector<float>{1.0F});
  again.resume = &other;
  EXPECT_THROW((void)taught(1, options, again), core::Error);
  other.metadata.clear();
  EXPECT_THROW((void)taught(1, options, again), core::Error);
}

TEST(SharedRestorer, DistancesRiseAndKnowWhatIsFar) {
  const SharedRestorer shared = taught().restorer;
  EXPECT_LT(site_distance(shared, {{2.1, 0.0}}).distance, site_distance(shared, {{2.4, 0.0}}).distance);
  EXPECT_EQ(site_distance(shared, {{9.0, 0.0}}).share_nearer, 1.0);
  ASSERT_FALSE(shared.known_distances.empty());
  EXPECT_TRUE(std::is_sorted(shared.known_distances.begin(), shared.known_distances.end()));
  EXPECT_TRUE(null_site_distances(shared, 4, 1).empty());  // of two people
  const SharedRestorer five = shared_restorer();
  const std::vector<double> null = null_site_distances(five, 4, 1);
  ASSERT_EQ(null.size(), 100U);
  EXPECT_TRUE(std::is_sorted(null.begin(), null.end()));
  EXPECT_GT(null.front(), 0.0);
}

TEST(SharedRestorer, TheNearestMadeScansComeFirst) {
  SharedRestorer shared = shared_restorer();
  shared.known_factor = {1.0, 0.0, 0.0, 1.0};
  shared.made_statistics = {4.0F, 0.0F, 0.5F, 0.0F, 2.0F, 0.0F};
  EXPECT_EQ(nearest_made(shared, {shared.reference}), (std::vector<std::size_t>{1, 2, 0}));
}

TEST(SharedRestorer, MistakesAreSaid) {
  const SharedRestorer shared = shared_restorer();
  EXPECT_THROW((void)site_vector(shared, {}), core::Error);
  EXPECT_THROW((void)site_vector(shared, {{1.0}}), core::Error);
  EXPECT_THROW((void)restorer_of(shared, std::vector<float>(3)), core::Error);
  std::vector<SharedScan> few{scan_of(0, 0.1, 1)};
  EXPECT_THROW((void)fit_shared_restorer(few, {{2.0, 0.0}}, {"gain", "nothing"}, {0, 1}, kDims, quick(), {}),
               core::Error);
  SharedRestorerOptions options = quick();
  options.sites = 7;
  EXPECT_NE(options.problem().find("sites"), std::string::npos);
  options = quick();
  options.drop = 1.0;
  EXPECT_NE(options.problem().find("drop"), std::string::npos);
}

}  // namespace
}  // namespace isoscan::domain
