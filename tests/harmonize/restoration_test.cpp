#include "isoscan/harmonize/restoration.hpp"

#include <cmath>
#include <functional>
#include <memory>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/preprocess/tissue.hpp"
#include "isoscan/quality/anatomy.hpp"

#include "kept_volume.hpp"
#include "pairs.hpp"
#include "toy_site.hpp"

namespace isoscan::harmonize {
namespace {

domain::LevelSummary pooled(const domain::ReferencePackage& reference) {
  return reference.level(kSpacing).pooled;
}

/// What a scanner that blurs, changes contrast and is noisy makes of a toy, prepared as a scan is.
test::Toy seen(const test::Toy& toy, std::uint64_t seed) {
  domain::Acquisition scanner;
  scanner.contrast = {{{1.15, 0.0}, {0.94, 0.0}, {1.0, 0.0}}};
  scanner.blur = {{{0.5, 0.0}, {0.5, 0.0}, {0.5, 0.0}}};
  scanner.noise_variance = {0.0004, 0.0};
  test::Toy out = toy;
  out.native = seen_by(scanner, toy.prepared, 0.2, seed, {});
  out.prepared = preprocess::prepare(out.native, toy.prepared.brain, {}, {});
  return out;
}

/// A network that says `answer` of every voxel.
domain::SiteModel constant_model(double answer) {
  domain::SiteModel model;
  model.method = Method::Restore;
  model.spacing_mm = kSpacing;
  model.patch_ball = 1;
  model.patch_surroundings = {2.0};
  model.restorer.dims = 11;
  model.restorer.hidden = {2};
  model.restorer.row_mean.assign(11, 0.0);
  model.restorer.row_scale.assign(11, 1.0);
  model.restorer.parameters.assign(12 * 2 + 3, 0.0F);
  model.restorer.mean = answer;
  return model;
}

TEST(MakePair, BothSidesLieOnOneGridAndOfTheReferenceItselfAreNearlyTheSame) {
  FitOptions options = quick();
  const std::vector<test::Toy> home = people(1, 3);
  const domain::LevelSummary reference = pooled(reference_of(home, options));
  options.restore.jitter = 0.0;
  options.restore.spots_per_ml = 0.0;
  const preprocess::Prepared truth = unpack(pack(home[0].prepared));
  for (const double field : {0.0, 0.3}) {
    options.restore.field = field;
    const Pair pair = make_pair(truth, {}, reference, {}, options.restore, 5, {});
    EXPECT_TRUE(pair.truth.grid == truth.image.grid);
    EXPECT_TRUE(pair.corrected.grid == truth.image.grid);
    EXPECT_TRUE(pair.brain.grid == truth.image.grid);
    EXPECT_EQ(pair.truth.voxels, truth.image.voxels);
    EXPECT_EQ(pair.brain.voxels, truth.brain.voxels);
    EXPECT_LT(rms_in_brain(pair.truth, pair.corrected, pair.brain), 0.025) << field;
  }
}

/// Where the site is the sharper one, its detail is part of what is right, unless it is to be given up.
TEST(MakePair, ASharperSiteIsBluntedOnlyWhereAsked) {
  FitOptions options = quick();
  options.restore.spots_per_ml = 0.0;
  options.restore.jitter = 0.0;
  const std::vector<test::Toy> home = people(1, 2);
  const domain::LevelSummary reference = pooled(reference_of(home, options));
  const preprocess::Prepared& truth = home[0].prepared;
  domain::Acquisition sharper;
  sharper.blur[1].value = -0.2;
  EXPECT_NE(make_pair(truth, sharper, reference, {}, options.restore, 5, {}).truth.voxels,
            truth.image.voxels);
  options.restore.match_resolution = true;
  EXPECT_EQ(make_pair(truth, sharper, reference, {}, options.restore, 5, {}).truth.voxels,
            truth.image.voxels);
}

TEST(MakePair, APersonUnpackedForItGivesTheSameAndKeptVolumesComeBack) {
  FitOptions options = quick();
  const std::vector<test::Toy> home = people(1, 2);
  const domain::LevelSummary reference = pooled(reference_of(home, options));
  const preprocess::Prepared truth = unpack(pack(home[0].prepared));
  const Pair kept = make_pair(truth, {}, reference, {}, options.restore, 5, {});
  const Pair pair = make_pair(std::make_shared<const preprocess::Prepared>(truth), {}, reference, {},
                              options.restore, 5, {});
  EXPECT_EQ(pair.truth.voxels, kept.truth.voxels);
  EXPECT_EQ(pair.corrected.voxels, kept.corrected.voxels);
  for (const core::Volume* volume : {&pair.truth, &pair.corrected}) {
    const core::Volume back = KeptVolume(*volume).whole();
    EXPECT_EQ(back.grid, volume->grid);
    EXPECT_EQ(back.voxels, volume->voxels);
  }
}

TEST(MakePair, SpotsAreOnBothSidesAndTheSeedDecides) {
  FitOptions options = quick();
  const std::vector<test::Toy> home = people(1, 2);
  const domain::LevelSummary reference = pooled(reference_of(home, options));
  const preprocess::Prepared truth = unpack(pack(home[0].prepared));
  const Pair a = make_pair(truth, {}, reference, {}, options.restore, 5, {});
  core::Context three;
  three.threads = 3;
  const Pair again = make_pair(truth, {}, reference, {}, options.restore, 5, three);
  EXPECT_EQ(a.truth.voxels, again.truth.voxels);
  EXPECT_EQ(a.corrected.voxels, again.corrected.voxels);
  const Pair b = make_pair(truth, {}, reference, {}, options.restore, 6, {});
  EXPECT_NE(a.truth.voxels, b.truth.voxels);
  std::size_t changed = 0;
  double both = 0.0;
  double own = 0.0;
  for (std::size_t n = 0; n < truth.image.voxels.size(); ++n) {
    const double spot = static_cast<double>(a.truth.voxels[n]) - static_cast<double>(truth.image.voxels[n]);
    if (truth.brain.voxels[n] == 0) {
      ASSERT_EQ(spot, 0.0);
      continue;
    }
    changed += std::abs(spot) > 0.05 ? 1 : 0;
    both += spot * (static_cast<double>(a.corrected.voxels[n]) - static_cast<double>(truth.image.voxels[n]));
    own += spot * spot;
  }
  EXPECT_GT(changed, 20U);
  // Strong changes are among the spots that are learnt from more often, and all of those changed.
  EXPECT_GE(a.spots.size(), changed / 2);
  const core::Volume& white = truth.tissue[core::Tissue::WhiteMatter];
  std::size_t in_white = 0;
  for (const std::size_t n : a.spots) {
    ASSERT_NE(truth.brain.voxels[n], 0);
    ASSERT_NE(a.truth.voxels[n], truth.image.voxels[n]);
    in_white += white.voxels[n] > 0.5F ? 1 : 0;
  }
  // Most lie in white matter, where lesions are looked for.
  EXPECT_GT(in_white, a.spots.size() / 2);
  EXPECT_LT(changed, truth.brain.count() / 5);
  EXPECT_NEAR(both / own, 1.0, 0.15);
}

TEST(Restored, AddsWhatTheNetworkSaysInTheBrainAndNowhereElse) {
  const test::Toy toy = test::toy_scan(4);
  const core::Volume& image = toy.prepared.image;
  core::Context three;
  three.threads = 3;
  const core::Volume more = restored(image, toy.prepared.brain, constant_model(0.125), {});
  EXPECT_EQ(more.voxels, restored(image, toy.prepared.brain, constant_model(0.125), three).voxels);
  const core::Volume none = restored(image, toy.prepared.brain, constant_model(-9.0), {});
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    if (toy.prepared.brain.voxels[n] == 0) {
      ASSERT_EQ(more.voxels[n], image.voxels[n]);
      ASSERT_EQ(none.voxels[n], image.voxels[n]);
    } else {
      ASSERT_NEAR(more.voxels[n], image.voxels[n] + 0.125F, 1e-6F);
      ASSERT_EQ(none.voxels[n], 0.0F);  // never below nothing
    }
  }
}

TEST(Restored, TheDetailGainToo) {
  test::Toy toy = test::toy_scan(4);
  core::Volume& image = toy.prepared.image;
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    if (toy.prepared.brain.voxels[n] == 0) image.voxels[n] = -1.0F;  // as some scanners' backgrounds are
  }
  domain::SiteModel model = constant_model(0.0);
  model.detail_gain = 1.5;
  const core::Volume sharper = restored(image, toy.prepared.brain, model, {});
  std::size_t changed = 0;
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    if (toy.prepared.brain.voxels[n] == 0) {
      ASSERT_EQ(sharper.voxels[n], -1.0F);
    } else {
      changed += sharper.voxels[n] != image.voxels[n] ? 1 : 0;
    }
  }
  EXPECT_GT(changed, toy.prepared.brain.count() / 2);
}

/// Models that domain's reader lets pass, as it knows no patches.
TEST(Restored, AModelThatDoesNotFitItsPatchesIsAnInputError) {
  const test::Toy toy = test::toy_scan(4);
  const auto refused = [&](const std::function<void(domain::SiteModel&)>& change) {
    domain::SiteModel model = constant_model(0.0);
    change(model);
    try {
      (void)restored(toy.prepared.image, toy.prepared.brain, model, {});
      ADD_FAILURE() << "passes";
    } catch (const core::Error& error) {
      EXPECT_EQ(error.kind(), core::ErrorKind::Input) << error.what();
      EXPECT_NE(std::string(error.what()).find("adapt the site again"), std::string::npos) << error.what();
    }
  };
  refused([](domain::SiteModel& m) { m.patch_ball = 2; });
  refused([](domain::SiteModel& m) { m.patch_surroundings = {1.0, 2.0}; });
  refused([](domain::SiteModel& m) { m.patch_surroundings.clear(); });
  refused([](domain::SiteModel& m) { m.patch_surroundings = {90.0}; });
  refused([](domain::SiteModel& m) { m.restorer = {}; });
}

/// Where truth is known: a network that is shown what is missing learns it.
TEST(FitRestorerToPairs, LearnsAKnownDifference) {
  const test::Toy toy = test::toy_scan(5);
  const auto make = [&](std::size_t, const core::Context&) {
    Pair pair;
    pair.truth = toy.prepared.image;
    pair.corrected = toy.prepared.image;
    for (float& v : pair.corrected.voxels) v = 0.8F * v + 0.1F;
    pair.brain = toy.prepared.brain;
    return pair;
  };
  FitOptions options = quick();
  domain::SiteModel model = constant_model(0.0);
  const RestorationFit fit = fit_restorer_to_pairs(model, 2, make, options.restore, {});
  EXPECT_EQ(model.patch_ball, options.restore.patches.ball);
  EXPECT_EQ(model.patch_surroundings, options.restore.patches.surroundings);
  EXPECT_LT(fit.loss.back(), fit.loss.front());
  const Pair pair = make(0, {});
  const double before = rms_in_brain(pair.corrected, pair.truth, pair.brain);
  EXPECT_LT(rms_in_brain(restored(pair.corrected, pair.brain, model, {}), pair.truth, pair.brain),
            0.1 * before);
}

TEST(Restore, BringsABluntAndNoisySiteNearerThanTwoPassDoes) {
  FitOptions options = quick();
  options.restore.network.steps = 2000;
  options.restore.people = 4;
  options.restore.scans = 4;
  options.restore.rows = 6000;
  const auto quiet = [](std::uint64_t person) {
    return test::toy_scan(person, 0.005, [](double v, double, double, double) { return v; });
  };
  std::vector<test::Toy> home;
  for (std::uint64_t n = 1; n < 5; ++n) home.push_back(quiet(n));
  const domain::ReferencePackage reference = reference_of(home, options);
  std::vector<test::Toy> site;
  for (std::uint64_t n = 10; n < 13; ++n) site.push_back(seen(quiet(n), n));
  const test::Toy truth = quiet(20);
  const test::Toy scan = seen(truth, 20);
  const auto error = [&](Method method) {
    const domain::SiteModel model = site_of(site, reference, method, options, home);
    return rms_in_brain(harmonized_image(scan.prepared, model, {}), truth.prepared.image,
                        truth.prepared.brain);
  };
  EXPECT_LT(error(Method::Restore), 0.9 * error(Method::TwoPassHistogramMatch));
}

TEST(Restore, IsRefusedWithoutTheReferencesScansOrWithAnothers) {
  const FitOptions options = quick();
  const std::vector<test::Toy> home = people(1, 3);
  const domain::ReferencePackage reference = reference_of(home, options);
  const std::vector<test::Toy> site = other_site(10, 1);
  const auto summaries = summaries_of(site, reference, Method::Restore, options);
  const auto refused = [&](const std::vector<domain::ScanSummary>& scans, const ReferenceScans* people,
                           const std::string& cure) {
    try {
      (void)fit_site(scans, reference, Method::Restore, options, {}, people);
      ADD_FAILURE() << cure << ": passes";
    } catch (const core::Error& error) {
      EXPECT_EQ(error.kind(), core::ErrorKind::Input);
      EXPECT_NE(std::string(error.what()).find(cure), std::string::npos) << error.what();
    }
  };
  refused(summaries, nullptr, ".isoscans");
  ReferenceScans scans = scans_of(home, reference);
  scans.source_digest = reference_of(people(5, 3), options).source_digest;
  refused(summaries, &scans, "made with it");
  scans = scans_of(home, reference);
  scans.scans.resize(1);
  refused(summaries, &scans, "at least 2 people");
  scans = scans_of(home, reference);
  refused(summaries_of(site, reference, Method::Gaussian, options), &scans, "run the site's scans again");
  // Other methods do not ask for them.
  EXPECT_NO_THROW((void)fit_site(summaries, reference, Method::TwoPassHistogramMatch, options, {}));
}

TEST(Restore, SaysHowItsFitWent) {
  const FitOptions options = quick();
  const std::vector<test::Toy> home = people(1, 3);
  const domain::ReferencePackage reference = reference_of(home, options);
  const ReferenceScans scans = scans_of(home, reference);
  const SiteFit fit = fit_site(summaries_of(other_site(10, 2), reference, Method::Restore, options),
                               reference, Method::Restore, options, {}, &scans);
  EXPECT_TRUE(fit.summary.usable);
  EXPECT_EQ(fit.summary.steps, options.restore.network.steps);
  ASSERT_FALSE(fit.summary.loss.empty());
  EXPECT_EQ(fit.summary.loss.size(), fit.summary.logged_steps.size());
  EXPECT_EQ(fit.model.restorer.dims, options.restore.patches.dims());
  EXPECT_GT(fit.model.acquisition.noise_variance.value, 0.0);  // twice the noise
}

/// A network that says nothing of scans that lack nothing: the gain alone makes the edges stronger.
TEST(FitRestorerToPairs, TheDetailGainBringsTheEdgesEnergyToWhatIsWanted) {
  const test::Toy toy = test::toy_scan(5);
  const auto make = [&](std::size_t, const core::Context&) {
    return Pair{toy.prepared.image, toy.prepared.image, toy.prepared.brain};
  };
  FitOptions options = quick();
  options.restore.network.steps = 1;  // the last layer is zero: the network gives the mean, 0
  options.restore.edge_energy = 1.1;
  domain::SiteModel model = constant_model(0.0);
  (void)fit_restorer_to_pairs(model, 2, make, options.restore, {});
  EXPECT_GT(model.detail_gain, 1.01);
  EXPECT_LT(model.detail_gain, 1.3);
  options.restore.edge_energy = 0.9;  // has it already
  (void)fit_restorer_to_pairs(model, 2, make, options.restore, {});
  EXPECT_EQ(model.detail_gain, 1.0);
  EXPECT_EQ(model.made_ranges.count("gradient_correlation"), 1U);
  EXPECT_EQ(model.made_ranges.count("change_rms"), 1U);
  EXPECT_EQ(model.made_ranges.size(), 2U) << "no tissue is known of these pairs";
}

TEST(FitRestorerToPairs, AFewMadeScansThatCannotBeUsedAreLeftOutManyAreRefused) {
  const test::Toy toy = test::toy_scan(5);
  const auto maker = [&](std::size_t every) {
    return [&, every](std::size_t n, const core::Context&) {
      if (n % every == 0) throw core::Error(core::ErrorKind::Input, "no brain is seen");
      return Pair{toy.prepared.image, toy.prepared.image, toy.prepared.brain};
    };
  };
  FitOptions options = quick();
  options.restore.network.steps = 1;
  options.restore.check_scans = 6;
  domain::SiteModel model = constant_model(0.0);
  EXPECT_NO_THROW((void)fit_restorer_to_pairs(model, 6, maker(6), options.restore, {}));
  try {
    (void)fit_restorer_to_pairs(model, 6, maker(2), options.restore, {});
    ADD_FAILURE() << "passes";
  } catch (const core::Error& error) {
    EXPECT_EQ(error.kind(), core::ErrorKind::Input);
    EXPECT_NE(std::string(error.what()).find("no brain is seen"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("another reference"), std::string::npos) << error.what();
  }
}

/// The network says nothing, so tissue of the restored scan is what is found in the scan itself.
TEST(FitRestorerToPairs, TissueOfMadeScansIsHeldAgainstWhatWasThere) {
  const test::Toy toy = test::toy_scan(5);
  const std::vector<std::int8_t> own =
      quality::tissue_classes(preprocess::classify_tissue(toy.prepared.image, toy.prepared.brain, {}).maps);
  constexpr auto kWhite = static_cast<std::int8_t>(core::Tissue::WhiteMatter);
  std::vector<std::int8_t> wrong = own;  // every other voxel of white matter is something else
  int all = 0;
  for (std::int8_t& each : wrong) {
    if (each == kWhite && ++all % 2 == 0) each = -1;
  }
  const double left = (all + 1) / 2;
  FitOptions options = quick();
  options.restore.network.steps = 1;
  options.restore.edge_energy = 0.9;  // has it already
  domain::SiteModel model = constant_model(0.0);
  const auto made = [&](std::vector<std::int8_t> classes) {
    (void)fit_restorer_to_pairs(
        model, 2,
        [&](std::size_t, const core::Context&) {
          return Pair{toy.prepared.image, toy.prepared.image, toy.prepared.brain, {}, classes};
        },
        options.restore, {});
    return model.made_ranges;
  };
  const auto right = made(own);
  for (const char* name : domain::kMadeDice) EXPECT_EQ(right.at(name).min, 1.0) << name;
  const auto half = made(wrong);
  const domain::Range white = half.at("dice_wm");
  EXPECT_NEAR(white.mean, 2.0 * left / (all + left), 1e-12);
  EXPECT_EQ(white.scans, options.restore.check_scans);
  EXPECT_EQ(half.at("dice_gm").min, 1.0);
}

/// Spectra that need a filter differ by more than chance, whatever the seven estimates say.
TEST(Gates, ASiteWithAFilterIsNotLeftAlone) {
  domain::SiteModel model = constant_model(0.0);
  model.surprise = 1.0;
  model.null_surprise = {1.5, 2.0, 2.5};
  EXPECT_TRUE(nothing_to_do(model));
  model.acquisition.detail = {1.0};
  EXPECT_FALSE(nothing_to_do(model));
}

TEST(Gates, WhatMadeScansDoNotShowIsRefused) {
  domain::SiteModel model = constant_model(0.0);
  model.made_ranges["gradient_correlation"] = {0.95, 0.005, 0.94, 0.96};
  model.made_ranges["change_rms"] = {0.05, 0.004, 0.045, 0.056};
  model.made_people = 6;
  const auto says = [&](double correlation, double change) {
    return RestorationCheck{correlation, change}.problem(model);
  };
  EXPECT_EQ(says(0.95, 0.05), "");
  EXPECT_EQ(says(0.93, 0.068), "");
  EXPECT_EQ(says(1.0, 0.0), "");
  EXPECT_NE(says(0.90, 0.05).find("edges would move"), std::string::npos);
  EXPECT_NE(says(0.95, 0.08).find("the change would be 0.080"), std::string::npos);
  const test::Toy toy = test::toy_scan(3);
  const RestorationCheck same = check_restoration(toy.prepared.image, toy.prepared.image, toy.prepared.brain);
  EXPECT_NEAR(same.gradient_correlation, 1.0, 1e-9);
  EXPECT_EQ(same.change_rms, 0.0);
}

/// Of right scans whose changes spread as they usually do, one in 200 is refused, however few made scans
/// there are to tell.
TEST(Gates, FewMadeScansDoNotRefuseRightOnes) {
  core::Random random(5, "gates");
  constexpr double kLogSd = 0.14;
  constexpr int kTrials = 20000;
  for (const int people : {2, 4, 6, 12}) {
    int refused = 0;
    int wrong_pass = 0;
    for (int trial = 0; trial < kTrials; ++trial) {
      std::vector<double> made;
      for (int n = 0; n < people; ++n) made.push_back(0.03 * std::exp(kLogSd * random.normal()));
      domain::Range range{0.0, 0.0, 0.0, 1.0};
      for (const double value : made) range.mean += value / people;
      for (const double value : made) range.sd += (value - range.mean) * (value - range.mean);
      range.sd = std::sqrt(range.sd / (people - 1));
      domain::SiteModel model;
      model.made_ranges["change_rms"] = range;
      model.made_people = people;
      if (!RestorationCheck{1.0, 0.03 * std::exp(kLogSd * random.normal())}.problem(model).empty()) ++refused;
      if (RestorationCheck{1.0, 0.09}.problem(model).empty()) ++wrong_pass;
    }
    EXPECT_LT(refused, 0.01 * kTrials) << people;
    EXPECT_GT(refused, 0) << people;
    EXPECT_LT(wrong_pass, 0.02 * kTrials) << people;  // three times the right change
  }
}

TEST(Gates, ASiteWithinTheReferencesOwnSpreadIsLeftAlone) {
  domain::SiteModel model = constant_model(0.25);
  for (int n = 1; n <= 100; ++n) model.null_surprise.push_back(0.05 * n);
  model.surprise = 4.7;
  EXPECT_TRUE(nothing_to_do(model));
  model.surprise = 4.9;
  EXPECT_FALSE(nothing_to_do(model));
  model.null_surprise.clear();  // nothing is known of the reference's spread
  model.surprise = 0.0;
  EXPECT_FALSE(nothing_to_do(model));
  model.null_surprise = {1.0, 2.0};
  const test::Toy toy = test::toy_scan(3);
  model.reference.quantiles = {0.0, 1.0};  // its package is at hand
  EXPECT_EQ(harmonized_image(toy.prepared, model, {}).voxels, toy.prepared.image.voxels);
}

TEST(RestoreOptions, SayWhatIsWrong) {
  EXPECT_EQ(RestoreOptions{}.problem(), "");
  const auto refused = [](const std::function<void(RestoreOptions&)>& change, const std::string& word) {
    RestoreOptions options;
    change(options);
    EXPECT_NE(options.problem().find(word), std::string::npos) << word;
  };
  refused([](RestoreOptions& o) { o.acquisition.rounds = 0; }, "rounds");
  refused([](RestoreOptions& o) { o.acquisition.filter_rounds = -1; }, "filter_rounds");
  refused([](RestoreOptions& o) { o.spot_rows = 11.0; }, "spot_rows");
  refused([](RestoreOptions& o) { o.patches.ball = 0; }, "ball");
  refused([](RestoreOptions& o) { o.network.steps = 0; }, "steps");
  refused([](RestoreOptions& o) { o.people = 1; }, "people");
  refused([](RestoreOptions& o) { o.scans = 1; }, "scans");
  refused([](RestoreOptions& o) { o.rows = 99; }, "rows");
  refused([](RestoreOptions& o) { o.jitter = std::nan(""); }, "jitter");
  refused([](RestoreOptions& o) { o.field = -0.1; }, "field");
  refused([](RestoreOptions& o) { o.spots_per_ml = 11.0; }, "spots_per_ml");
  refused([](RestoreOptions& o) { o.edge_energy = std::nan(""); }, "edge_energy");
  refused([](RestoreOptions& o) { o.check_scans = 1; }, "check_scans");
  refused([](RestoreOptions& o) { o.prior = std::nan(""); }, "prior");
  refused([](RestoreOptions& o) { o.weights.sites = 4; }, "sites");
}

}  // namespace
}  // namespace isoscan::harmonize
