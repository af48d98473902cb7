#include "isoscan/harmonize/harmonize.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/harmonize/plausibility.hpp"
#include "isoscan/test/support.hpp"

#include "toy_site.hpp"

namespace isoscan::harmonize {
namespace {

class EveryMethod : public ::testing::TestWithParam<Method> {};

TEST_P(EveryMethod, LeavesASiteThatIsTheReferenceNearlyAsItIs) {
  const FitOptions options = quick();
  const std::vector<test::Toy> scans = people(1, 3);
  const domain::ReferencePackage reference = reference_of(scans, options);
  const domain::SiteModel model = site_of(scans, reference, GetParam(), options, scans);
  for (const test::Toy& scan : scans) {
    const core::Volume image = harmonized_image(scan.prepared, model, {});
    EXPECT_EQ(image.grid, scan.prepared.image.grid);
    EXPECT_LT(rms_in_brain(image, scan.prepared.image, scan.prepared.brain), 0.02);
  }
}

TEST_P(EveryMethod, WorksWithOneScan) {
  const FitOptions options = quick();
  const std::vector<test::Toy> home = people(1, 3);
  const domain::ReferencePackage reference = reference_of(home, options);
  const std::vector<test::Toy> site = other_site(10, 1);
  const domain::SiteModel model = site_of(site, reference, GetParam(), options, home);
  EXPECT_EQ(model.scans, 1);
  const core::Volume image = harmonized_image(site[0].prepared, model, {});
  for (const float v : image.voxels) ASSERT_TRUE(std::isfinite(v));
}

TEST_P(EveryMethod, GivesTheSameBytesAfterSaveAndLoadAndOnAnyNumberOfThreads) {
  const test::TemporaryFolder folder;
  const FitOptions options = quick();
  const std::vector<test::Toy> home = people(1, 3);
  const domain::ReferencePackage reference = reference_of(home, options);
  const std::vector<test::Toy> site = other_site(10, 2);
  const domain::SiteModel model = site_of(site, reference, GetParam(), options, home);
  domain::save(model, folder / "m.isosite");
  core::Context three;
  three.threads = 3;
  EXPECT_EQ(harmonized_image(site[0].prepared, model, {}).voxels,
            harmonized_image(site[0].prepared, domain::load_site(folder / "m.isosite"), three).voxels);
  domain::save(model, folder / "alone.isosite", domain::SiteContent::SiteAlone);
  domain::SiteModel alone = domain::load_site(folder / "alone.isosite");
  EXPECT_THROW((void)harmonized_image(site[0].prepared, alone, {}), core::Error);
  domain::complete(alone, reference);
  EXPECT_EQ(harmonized_image(site[0].prepared, model, {}).voxels,
            harmonized_image(site[0].prepared, alone, {}).voxels);
  EXPECT_EQ(core::to_safetensors(domain::to_tensors(model)),
            core::to_safetensors(domain::to_tensors(site_of(site, reference, GetParam(), options, home))));
}

TEST_P(EveryMethod, LeavesVoxelsOutsideTheBrainAsPrepared) {
  const FitOptions options = quick();
  const std::vector<test::Toy> home = people(1, 3);
  const domain::ReferencePackage reference = reference_of(home, options);
  const std::vector<test::Toy> site = other_site(10, 1);
  const core::Volume image =
      harmonized_image(site[0].prepared, site_of(site, reference, GetParam(), options, home), {});
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    if (site[0].prepared.brain.voxels[n] != 0) continue;
    ASSERT_EQ(image.voxels[n], site[0].prepared.image.voxels[n]);
  }
}

TEST_P(EveryMethod, BringsAnotherSiteNearer) {
  const FitOptions options = quick();
  const std::vector<test::Toy> home = people(1, 4);
  const domain::ReferencePackage reference = reference_of(home, options);
  const domain::SiteModel model = site_of(other_site(10, 3), reference, GetParam(), options, home);
  const test::Toy truth = test::toy_scan(20);
  const test::Toy seen = other_site(20, 1)[0];
  const double before = rms_in_brain(seen.prepared.image, truth.prepared.image, truth.prepared.brain);
  const double after =
      rms_in_brain(harmonized_image(seen.prepared, model, {}), truth.prepared.image, truth.prepared.brain);
  if (GetParam() == Method::None) {
    EXPECT_EQ(after, before);
  } else {
    EXPECT_LT(after, 0.9 * before);
  }
}

INSTANTIATE_TEST_SUITE_P(Methods, EveryMethod, ::testing::ValuesIn(domain::kMethods),
                         [](const auto& parameter) {
                           std::string name(domain::name(parameter.param));
                           name.erase(std::remove(name.begin(), name.end(), '-'), name.end());
                           return name;
                         });

TEST(Baselines, AScanMatchedToItselfIsItself) {
  const FitOptions options = quick();
  const std::vector<test::Toy> one = people(1, 1);
  const domain::ReferencePackage reference = reference_of(one, options);
  for (const Method method : {Method::ZScore, Method::Nyul, Method::HistogramMatch}) {
    const core::Volume image =
        harmonized_image(one[0].prepared, site_of(one, reference, method, options), {});
    for (std::size_t n = 0; n < image.voxels.size(); ++n) {
      ASSERT_NEAR(image.voxels[n], one[0].prepared.image.voxels[n], 1e-6F) << domain::name(method);
    }
  }
}

TEST(Baselines, ZScoreAndNyulUndoALinearChangeAndHistogramMatchAMonotoneOne) {
  const FitOptions options = quick();
  const std::vector<test::Toy> one = people(1, 1);
  const domain::ReferencePackage reference = reference_of(one, options);
  const auto rms_after = [&](Method method, auto change) {
    std::vector<test::Toy> changed = one;
    for (std::size_t n = 0; n < changed[0].prepared.image.voxels.size(); ++n) {
      if (changed[0].prepared.brain.voxels[n] == 0) continue;
      float& v = changed[0].prepared.image.voxels[n];
      v = static_cast<float>(change(static_cast<double>(v)));
    }
    const core::Volume image =
        harmonized_image(changed[0].prepared, site_of(changed, reference, method, options), {});
    return rms_in_brain(image, one[0].prepared.image, one[0].prepared.brain);
  };
  const auto linear = [](double v) { return 1.3 * v - 0.2; };
  const auto curved = [](double v) { return std::pow(v, 0.7); };
  EXPECT_LT(rms_after(Method::ZScore, linear), 1e-6);
  EXPECT_LT(rms_after(Method::Nyul, linear), 2e-3);  // beyond the outer landmarks the slope is 1
  EXPECT_LT(rms_after(Method::HistogramMatch, curved), 2e-3);
  EXPECT_GT(rms_after(Method::ZScore, curved), 5e-3);  // a line cannot follow a curve
}

TEST(Baselines, TwoPassRemovesAFieldThatTheFirstPassLeft) {
  const FitOptions options = quick();
  const domain::ReferencePackage reference = reference_of(people(1, 4), options);
  const std::vector<test::Toy> site = other_site(10, 3);
  const test::Toy truth = test::toy_scan(20);
  const test::Toy seen = other_site(20, 1)[0];
  const auto error = [&](Method method) {
    return rms_in_brain(harmonized_image(seen.prepared, site_of(site, reference, method, options), {}),
                        truth.prepared.image, truth.prepared.brain);
  };
  EXPECT_LT(error(Method::TwoPassHistogramMatch), 0.95 * error(Method::HistogramMatch));
}

TEST(CorrectedImage, AgainstTheAtlasWhatAllPeopleShareIsNoField) {
  const auto brighter_in_front = [](double v, double, double y, double) { return v * std::exp(0.08 * y); };
  std::vector<test::Toy> home;
  for (std::uint64_t person = 1; person <= 4; ++person)
    home.push_back(test::toy_scan(person, 0.01, brighter_in_front));
  const domain::ReferencePackage reference = reference_of(home, quick());
  ASSERT_FALSE(reference.atlas.empty());
  EXPECT_EQ(reference.atlas.people, 4);
  const test::Toy other = test::toy_scan(20, 0.01, brighter_in_front);
  const auto change = [&](const preprocess::Atlas& atlas) {
    const core::Volume image = corrected_image(other.prepared, reference.level(kSpacing).pooled, atlas, {});
    return rms_in_brain(image, other.prepared.image, other.prepared.brain);
  };
  EXPECT_LT(change(reference.atlas), 0.5 * change({}));
}

TEST(Restore, FitsTheReceiveFieldAgainstTheAtlasUnlessToldNotTo) {
  FitOptions options = quick();
  const std::vector<test::Toy> home = people(1, 4);
  const domain::ReferencePackage reference = reference_of(home, options);
  const std::vector<test::Toy> site = other_site(10, 2);
  EXPECT_EQ(site_of(site, reference, Method::Restore, options, home).atlas, reference.atlas);
  const auto by_atlas = summaries_of(site, reference, Method::Restore, options);
  options.restore.atlas = false;
  const auto by_second_pass = summaries_of(site, reference, Method::Restore, options);
  EXPECT_NE(by_second_pass[0].corrected[0].quantiles, by_atlas[0].corrected[0].quantiles);
  EXPECT_EQ(by_second_pass[0].corrected[0].quantiles,
            summaries_of(site, reference, Method::Enot, options)[0].corrected[0].quantiles);
  EXPECT_TRUE(site_of(site, reference, Method::Restore, options, home).atlas.empty());
}

TEST(Summaries, OtherReferencesMethodsAndSpacingsAreRefused) {
  const FitOptions options = quick();
  const std::vector<test::Toy> scans = people(1, 2);
  const domain::ReferencePackage a = reference_of(scans, options);
  const domain::ReferencePackage b = reference_of(people(5, 2), options);
  const auto summary = summarize_for_site(scans[0].prepared, a, kSpacing, Method::Nyul, options, {});
  EXPECT_NO_THROW((void)fit_site({summary}, a, Method::ZScore, options, {}));
  EXPECT_THROW((void)fit_site({summary}, b, Method::ZScore, options, {}), core::Error);
  EXPECT_THROW((void)fit_site({summary}, a, Method::Enot, options, {}), core::Error);
  EXPECT_THROW((void)fit_site({}, a, Method::None, options, {}), core::Error);
  EXPECT_THROW((void)summarize_for_site(scans[0].prepared, a, 1.7, Method::Nyul, options, {}), core::Error);
  domain::SiteModel model = fit_site({summary}, a, Method::ZScore, options, {}).model;
  model.spacing_mm = 1.0;
  EXPECT_THROW((void)harmonized_image(scans[0].prepared, model, {}), core::Error);
}

TEST(Summaries, SessionsAreCountedAsScansOfOnePerson) {
  const FitOptions options = quick();
  const std::vector<test::Toy> scans = people(1, 2);
  const domain::ReferencePackage reference = reference_of(scans, options);
  std::vector<domain::ScanSummary> four;
  for (const std::size_t n : {0U, 1U, 0U, 1U})
    four.push_back(summarize_for_site(scans[n].prepared, reference, kSpacing, Method::ZScore, options, {}));
  const auto learnt = [&](const std::vector<std::string>& who) {
    return fit_site(four, reference, Method::ZScore, options, {}, nullptr, who).model;
  };
  const domain::SiteModel model = learnt({"a", "b", "a", "b"});
  EXPECT_EQ(model.scans, 4);
  EXPECT_EQ(model.people, 2);
  EXPECT_THAT(model.warnings, testing::Contains(testing::HasSubstr("learnt from 4 scans of 2 people: ")));
  EXPECT_EQ(learnt({}).people, 4);
  EXPECT_THAT(learnt({}).warnings, testing::Not(testing::Contains(testing::HasSubstr("learnt from"))));
  EXPECT_THROW((void)learnt({"a"}), core::Error);
  core::TensorFile file = domain::to_tensors(model);
  EXPECT_EQ(domain::site_model(file).people, 2);
  file.metadata["people"] = "5";
  EXPECT_THROW((void)domain::site_model(file), core::Error);
  file.metadata.erase("people");
  EXPECT_EQ(domain::site_model(file).people, 0) << "of earlier versions";
}

TEST(Summaries, TheReferenceKnowsWhatItWasMadeFromAndWhatIsNormal) {
  const FitOptions options = quick();
  const std::vector<test::Toy> scans = people(1, 4);
  const domain::ReferencePackage reference = reference_of(scans, options);
  EXPECT_EQ(reference.scans, 4);
  EXPECT_EQ(reference.source_digest.size(), 64U);
  EXPECT_NE(reference.source_digest, reference_of(people(5, 4), options).source_digest);
  const domain::ReferenceLevel& level = reference.level(kSpacing);
  EXPECT_LE(level.pooled.row_count(), options.reference_rows);
  EXPECT_GT(level.pooled.row_count(), 0.9 * static_cast<double>(options.reference_rows));
  EXPECT_NEAR(level.pooled.tissue_mean[2], 1.0, 0.05);
  EXPECT_EQ(level.null_distances.at("bands").size(), level.null_distances.at("intensity").size());
  EXPECT_TRUE(site_of(scans, reference, Method::None, options).no_change_needed);
  EXPECT_FALSE(site_of(other_site(10, 4), reference, Method::None, options).no_change_needed);
}

// The same scan once more tells nothing of people; a mean scan of another session is the mean of both.
TEST(Summaries, SessionsOfOnePersonCountAsOne) {
  const FitOptions options = quick();
  std::vector<domain::ScanSummary> once;
  for (const test::Toy& scan : people(1, 5)) {
    once.push_back(summarize(scan.prepared, {kSpacing}, options, {}));
    once.back().portraits = {take_portrait(scan.prepared, {})};
  }
  const domain::ScanSummary further = once.back();
  once.pop_back();
  std::vector<domain::ScanSummary> again = once;
  again.push_back(once[0]);
  again.push_back(once[0]);
  const std::vector<std::string> who{"a", "b", "c", "d", "a", "a"};
  const domain::ReferencePackage alone = fit_reference(once, options, {});
  const domain::ReferencePackage as_one = fit_reference(again, options, {}, who);
  const domain::ReferencePackage as_three = fit_reference(again, options, {});
  const domain::ReferenceLevel& expected = alone.levels[0];
  const domain::ReferenceLevel& found = as_one.levels[0];
  EXPECT_EQ(as_one.scans, 6);
  EXPECT_EQ(as_one.plausibility.people, 4);
  EXPECT_EQ(as_one.atlas.people, 4);
  EXPECT_NEAR(found.pooled.mean, expected.pooled.mean, 1e-12);
  EXPECT_GT(std::abs(as_three.levels[0].pooled.mean - expected.pooled.mean), 1e-6);
  for (const auto& [name, range] : expected.ranges) {
    EXPECT_NEAR(found.ranges.at(name).mean, range.mean, 1e-12) << name;
    EXPECT_EQ(found.ranges.at(name).scans, 4) << name;
    EXPECT_EQ(as_three.levels[0].ranges.at(name).scans, 6) << name;
  }
  const auto widest = [](const domain::ReferenceLevel& level) {
    return level.null_distances.at("intensity").back();
  };
  EXPECT_NEAR(widest(found), widest(expected), 1e-9);
  EXPECT_GT(std::abs(widest(as_three.levels[0]) - widest(expected)), 1e-6);
  for (std::size_t n = 0; n < expected.histogram_high.size(); n += 7)
    ASSERT_NEAR(found.histogram_high[n], expected.histogram_high[n], 1e-6) << n;
  for (std::size_t c = 0; c < alone.atlas.prior[1].size(); c += 101)
    ASSERT_NEAR(as_one.atlas.prior[1][c], alone.atlas.prior[1][c], 1e-4) << c;
  EXPECT_EQ(as_one.plausibility.cells, alone.plausibility.cells);

  again = once;
  again.push_back(further);
  const auto two = fit_reference(again, options, {}, {"a", "b", "c", "d", "d"}).levels[0];
  const auto mean = [&](std::size_t n) { return again[n].levels[0].mean; };
  EXPECT_NEAR(two.pooled.mean, (mean(0) + mean(1) + mean(2) + 0.5 * (mean(3) + mean(4))) / 4.0, 1e-12);
  EXPECT_THROW((void)fit_reference(again, options, {}, {"a"}), core::Error);
}

/// Models that domain's reader lets pass, as it knows no feature space: what they name is checked where it is
/// used.
TEST(MalformedModels, ColumnsThatThisVersionDoesNotMakeAreInputErrors) {
  const std::vector<test::Toy> home = people(1, 2);
  const domain::ReferencePackage reference = reference_of(home, quick());
  const domain::SiteModel good = site_of(other_site(11, 2), reference, Method::Gaussian, quick());
  const test::Toy scan = test::toy_scan(21);
  const auto expect_refused = [&](const domain::SiteModel& model, const std::string& word) {
    try {
      (void)harmonized_image(scan.prepared, model, {});
      ADD_FAILURE() << word << ": passes";
    } catch (const core::Error& error) {
      EXPECT_EQ(error.kind(), core::ErrorKind::Input) << error.what();
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
  };
  domain::SiteModel model = good;
  model.map_columns.emplace_back("colour");
  expect_refused(model, "colour");
  model = good;
  model.map_columns.emplace_back("head_x");  // known, and not what the map was fitted on
  expect_refused(model, "columns");
  model = good;
  model.map_columns.resize(1);
  expect_refused(model, "columns");
  model = good;
  model.reference.feature_mean.pop_back();
  expect_refused(model, "columns");

  domain::ReferencePackage other = reference;
  other.levels.front().pooled.feature_mean.pop_back();
  other.levels.front().pooled.feature_sd.pop_back();
  EXPECT_THROW((void)site_of(other_site(11, 2), other, Method::Gaussian, quick()), core::Error);
}

TEST(AtSpacing, KeepsPosteriorsThatSumToOneAndTheSameGridAsItIs) {
  const test::Toy toy = test::toy_scan(1);
  EXPECT_EQ(at_spacing(toy.prepared, kSpacing, {}).image.voxels, toy.prepared.image.voxels);
  const preprocess::Prepared coarse = at_spacing(toy.prepared, 1.5 * kSpacing, {});
  EXPECT_NEAR(coarse.image.grid.spacing_mm()[0], 1.5 * kSpacing, 1e-9);
  EXPECT_NEAR(coarse.brain.volume_ml(), toy.prepared.brain.volume_ml(),
              0.05 * toy.prepared.brain.volume_ml());
  for (std::size_t n = 0; n < coarse.brain.voxels.size(); ++n) {
    float sum = 0.0F;
    for (const core::Volume& p : coarse.tissue.posterior) sum += p.voxels[n];
    ASSERT_NEAR(sum, coarse.brain.voxels[n] != 0 ? 1.0F : 0.0F, 1e-4F);
  }
}

TEST(Options, SayWhatIsWrong) {
  FitOptions options = quick();
  EXPECT_EQ(options.problem(), "");
  options.enot.expectile = 0.2;
  EXPECT_NE(options.problem().find("expectile"), std::string::npos);
  options = quick();
  options.bands.sd_mm.clear();
  EXPECT_NE(options.problem().find("sd_mm"), std::string::npos);
  options = quick();
  options.restore.spots_per_ml = -1.0;
  EXPECT_NE(options.problem().find("restore.spots_per_ml"), std::string::npos);
  options = quick();
  options.restore.network.hidden.clear();
  EXPECT_NE(options.problem().find("restore: restorer.hidden"), std::string::npos);
}

}  // namespace
}  // namespace isoscan::harmonize
