#include "isoscan/harmonize/shared_restorer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/test/support.hpp"

#include "kept_training.hpp"
#include "toy_site.hpp"
#include "virtual_people.hpp"

namespace isoscan::harmonize {
namespace {

/// Six made heads, and a package that was taught a few virtual sites of them.
struct Taught {
  std::vector<test::Toy> home;
  domain::ReferencePackage package;
  domain::SharedRestorerFit fit;
};

SharedOptions few_sites() {
  SharedOptions options;
  options.sites = 24;
  options.held_out = 4;
  options.rows = 600;
  options.ranges.bias = {0.02, 0.1};
  options.network.hidden = {32, 32};
  options.network.hyper_hidden = {32};
  options.network.bottleneck = 8;
  options.network.steps = 600;
  options.network.sites = 8;
  options.network.rows = 64;
  options.network.rate = 4e-3;
  options.network.average = 0.98;
  options.network.judge_every = 100;
  return options;
}

const Taught& taught() {
  static const Taught one = [] {
    Taught t;
    t.home = people(1, 6);
    t.package = reference_of(t.home, quick());
    std::vector<preprocess::Prepared> heads;
    for (const test::Toy& toy : t.home) heads.push_back(unpack(pack(toy.prepared)));
    core::Context context;
    context.threads = 2;
    t.fit =
        train_shared_restorer(heads, t.package.levels.front().pooled, t.package.atlas, few_sites(), context);
    t.package.shared = t.fit.restorer;
    return t;
  }();
  return one;
}

FitOptions zero_shot() {
  FitOptions options = quick();
  options.restore.rung = Rung::ZeroShot;
  return options;
}

TEST(SharedRestorerOfHeads, KnowsHeldOutSitesOfOtherPeople) {
  const domain::SharedRestorerFit& fit = taught().fit;
  EXPECT_LT(*std::min_element(fit.held_out_db.begin(), fit.held_out_db.end()), -1.0);
  EXPECT_LE(fit.restorer.sites, 24);  // a scan that cannot be used is left out
  EXPECT_GE(fit.restorer.sites, 20);
  EXPECT_EQ(fit.restorer.statistics.size(), fit.restorer.reference.size());
  EXPECT_GE(fit.restorer.made_change.size(), 3U);
  for (const double change : fit.restorer.made_change) EXPECT_GT(change, 0.0);
}

TEST(SharedRestorerOfHeads, BringsASiteNearerWithoutAnImageOfTheReference) {
  const Taught& t = taught();
  const std::vector<test::Toy> site = other_site(10, 3);
  const domain::SiteModel model = site_of(site, t.package, Method::Restore, zero_shot());
  EXPECT_EQ(model.site_vector.size(), t.package.shared.numbers());
  EXPECT_FALSE(model.made_ranges.empty());
  const test::Toy truth = test::toy_scan(20);
  const test::Toy seen = other_site(20, 1)[0];
  const double before = rms_in_brain(seen.prepared.image, truth.prepared.image, truth.prepared.brain);
  domain::SiteModel ungated = model;
  ungated.null_surprise.clear();
  const double after =
      rms_in_brain(harmonized_image(seen.prepared, ungated, {}), truth.prepared.image, truth.prepared.brain);
  EXPECT_LT(after, 0.9 * before);
}

TEST(SharedRestorerOfHeads, TheModelSaysTheSameAfterSaveAndLoadAndWithoutTheSampleOfRows) {
  const Taught& t = taught();
  const std::vector<test::Toy> site = other_site(10, 2);
  const domain::SiteModel model = site_of(site, t.package, Method::Restore, zero_shot());
  domain::ReferencePackage sparse = t.package;
  for (domain::ReferenceLevel& level : sparse.levels) level.pooled.rows.clear();
  domain::SiteModel of_sparse = site_of(site, sparse, Method::Restore, zero_shot());
  of_sparse.reference_digest = model.reference_digest;
  EXPECT_EQ(core::to_safetensors(domain::to_tensors(of_sparse)),
            core::to_safetensors(domain::to_tensors(model)));
  for (const Method method : {Method::Gaussian, Method::Enot})
    EXPECT_THROW((void)site_of(site, sparse, method, quick()), core::Error);
  const domain::SiteModel back =
      domain::site_model(core::from_safetensors(core::to_safetensors(domain::to_tensors(model))));
  EXPECT_EQ(back.site_vector, model.site_vector);
  EXPECT_EQ(back.reference_restorer, model.reference_restorer);
  core::Context three;
  three.threads = 3;
  EXPECT_EQ(harmonized_image(site[0].prepared, model, {}).voxels,
            harmonized_image(site[0].prepared, back, three).voxels);
}

TEST(SharedRestorerOfHeads, TheMeanOfBothLiesBetweenThem) {
  const Taught& t = taught();
  const std::vector<test::Toy> site = other_site(10, 3);
  FitOptions options = quick();
  options.restore.shared_share = 0.25;
  options.restore.patches = few_sites().patches;
  domain::SiteModel both = site_of(site, t.package, Method::Restore, options, t.home);
  EXPECT_EQ(domain::rung_of(both), Rung::Averaged);
  EXPECT_FALSE(both.errors.empty());
  both.null_surprise.clear();  // no gate, no gain: the plain answers
  both.made_ranges.clear();
  both.detail_gain = 1.0;
  domain::SiteModel own = both;
  own.shared_share = 0.0;
  domain::SiteModel told = both;
  told.restorer = {};
  const preprocess::Prepared seen = other_site(20, 1)[0].prepared;
  const core::Volume mean = harmonized_image(seen, both, {});
  const core::Volume by_own = harmonized_image(seen, own, {});
  const core::Volume by_shared = harmonized_image(seen, told, {});
  double apart = 0.0;
  for (std::size_t n = 0; n < mean.voxels.size(); ++n) {
    if (by_own.voxels[n] == 0.0F || by_shared.voxels[n] == 0.0F) continue;  // cut at 0
    ASSERT_NEAR(mean.voxels[n], 0.75F * by_own.voxels[n] + 0.25F * by_shared.voxels[n], 2e-5F);
    apart = std::max(apart, std::abs(static_cast<double>(by_own.voxels[n] - by_shared.voxels[n])));
  }
  EXPECT_GT(apart, 0.01);

  options.restore.rung = Rung::PerSite;
  domain::SiteModel alone = site_of(site, t.package, Method::Restore, options, t.home);
  EXPECT_EQ(domain::rung_of(alone), Rung::PerSite);
  EXPECT_EQ(alone.restorer, own.restorer);
  // Where the package's restorer does not know the site, the site's own goes alone, and says so.
  options.restore.rung = Rung::Averaged;
  domain::ReferencePackage narrow = t.package;
  narrow.shared.known_distances = {0.01};
  const domain::SiteModel fell = site_of(site, narrow, Method::Restore, options, t.home);
  EXPECT_EQ(domain::rung_of(fell), Rung::PerSite);
  EXPECT_EQ(fell.restorer, alone.restorer);
  ASSERT_FALSE(fell.warnings.empty());
  EXPECT_NE(fell.warnings.front().find("of its own alone"), std::string::npos) << fell.warnings.front();
}

TEST(SharedRestorerOfHeads, RungsAboveZeroShotAreKeptWhereTheyDoBetterOnPeopleHeldOut) {
  const Taught& t = taught();
  const std::vector<test::Toy> site = other_site(10, 3);
  FitOptions options = quick();
  options.restore.prior = 0.3;
  options.restore.weights.steps = 60;
  options.restore.weights.sites = 8;
  options.restore.weights.rate = 2e-3;
  options.restore.rung = Rung::Ladder;
  const domain::SiteModel told = site_of(site, t.package, Method::Restore, zero_shot());
  const domain::SiteModel climbed = site_of(site, t.package, Method::Restore, options, t.home);
  ASSERT_EQ(climbed.rung_evidence.size(), 3U);
  const auto db = [&](const domain::SiteModel& model, Rung rung) {
    return model.rung_evidence.at(std::string(domain::name(rung)));
  };
  const double before = db(climbed, Rung::ZeroShot);
  const double by_vector = db(climbed, Rung::Vector);
  const double by_weights = db(climbed, Rung::Weights);
  const Rung best = by_weights < std::min(before, by_vector) ? Rung::Weights
                    : by_vector < before                     ? Rung::Vector
                                                             : Rung::ZeroShot;
  EXPECT_EQ(domain::rung_of(climbed), best);
  EXPECT_NE(best, Rung::ZeroShot);  // the toy's site is no virtual site's
  EXPECT_LT(db(climbed, best), before);
  EXPECT_EQ(climbed.shared_parameters.empty(), best != Rung::Weights);
  EXPECT_FALSE(climbed.errors.empty());
  EXPECT_EQ(climbed.surprise, told.surprise);  // the shared restorer's gate

  // One that is forced is kept, with a warning where it is no better; without any trust in the pairs it is
  // zero-shot, bit by bit.
  options.restore.rung = Rung::Vector;
  options.restore.prior = std::numeric_limits<double>::infinity();
  const domain::SiteModel forced = site_of(site, t.package, Method::Restore, options, t.home);
  EXPECT_EQ(domain::rung_of(forced), Rung::Vector);
  EXPECT_EQ(forced.site_code, told.site_code);
  EXPECT_EQ(forced.shared_restorer, told.shared_restorer);
  EXPECT_EQ(db(forced, Rung::Vector), db(forced, Rung::ZeroShot));
  ASSERT_FALSE(forced.warnings.empty());
  EXPECT_NE(forced.warnings.front().find("no better than zero-shot"), std::string::npos);
}

TEST(SharedRestorerOfHeads, APackageWithoutOneAndSitesFarOffAreRefused) {
  const Taught& t = taught();
  const std::vector<test::Toy> site = other_site(10, 2);
  domain::ReferencePackage bare = t.package;
  bare.shared = {};
  const auto refused = [](const auto& work, const char* words) {
    try {
      work();
      ADD_FAILURE() << "no error where \"" << words << "\" was expected";
    } catch (const core::Error& error) {
      EXPECT_EQ(error.kind(), core::ErrorKind::Input);
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    }
  };
  refused([&] { (void)site_of(site, bare, Method::Restore, zero_shot()); }, "--restorer");
  auto far = summaries_of(site, t.package, Method::Restore, zero_shot());
  for (domain::ScanSummary& scan : far) {
    for (double& v : scan.corrected.front().feature_sd) v *= 50.0;
    for (double& v : scan.acquisition.front().tissue_mean) v *= 40.0;
  }
  domain::ReferencePackage near = t.package;
  near.shared.known_distances = {0.5};
  auto far_of_near = far;
  for (domain::ScanSummary& scan : far_of_near) scan.reference_digest = domain::digest(near);
  refused([&] { (void)fit_site(far_of_near, near, Method::Restore, zero_shot(), {}); }, "further");
}

TEST(SharedRestorerOfHeads, TheReferencesOwnPeopleAreLeftAlone) {
  const Taught& t = taught();
  const domain::SiteModel model = site_of(people(1, 6), t.package, Method::Restore, zero_shot());
  ASSERT_EQ(model.null_surprise.size(), 100U);
  EXPECT_TRUE(nothing_to_do(model));
}

TEST(KeptTraining, AScanComesBackAndADamagedFileIsNone) {
  const test::TemporaryFolder folder;
  domain::SharedScan scan;
  scan.site = 7;
  scan.held_out = true;
  scan.statistics = {0.5, -1e-300};
  scan.rows = {1.0F, 2.0F, -3.0F, 4.0F};
  scan.targets = {0.25F, -0.5F};
  EXPECT_FALSE(kept_scan(folder / "a.safetensors").has_value());
  keep_scan(scan, folder / "a.safetensors");
  const auto back = kept_scan(folder / "a.safetensors");
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->site, scan.site);
  EXPECT_EQ(back->held_out, scan.held_out);
  EXPECT_EQ(back->statistics, scan.statistics);
  EXPECT_EQ(back->rows, scan.rows);
  EXPECT_EQ(back->targets, scan.targets);
  std::string bytes = core::read_file(folder / "a.safetensors");
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  core::write_file(folder / "a.safetensors", bytes);
  EXPECT_FALSE(kept_scan(folder / "a.safetensors").has_value());
}

TEST(KeptTraining, AKilledOneGoesOnToTheSamePackage) {
  const Taught& t = taught();
  SharedOptions options = few_sites();
  options.sites = 10;
  options.held_out = 1;
  options.scans = 1;
  options.network.steps = 20;
  options.network.judge_every = 10;
  std::vector<preprocess::Prepared> heads;
  for (std::size_t n = 0; n < 4; ++n) heads.push_back(unpack(pack(t.home[n].prepared)));
  core::Context context;
  context.threads = 2;
  const auto train = [&](const SharedRun& run) {
    return train_shared_restorer(heads, t.package.levels.front().pooled, t.package.atlas, options, context,
                                 run);
  };
  const test::TemporaryFolder folder;
  SharedRun run;
  run.folder = folder.path();
  run.watch = [](const domain::SharedRestorerFit&) {
    throw core::Error(core::ErrorKind::Cancelled, "killed");
  };
  EXPECT_THROW((void)train(run), core::Error);
  ASSERT_TRUE(kept_checkpoint(folder / "training.safetensors").has_value());
  ASSERT_TRUE(kept_scan(folder / "scan-10.safetensors").has_value());
  std::vector<int> watched;
  run.watch = [&](const domain::SharedRestorerFit& so_far) { watched = so_far.judged_steps; };
  const domain::SharedRestorerFit resumed = train(run);
  EXPECT_EQ(watched, (std::vector<int>{10, 20}));
  boost::filesystem::remove(folder / "training.safetensors");  // from the first step, of the same scans
  const domain::SharedRestorerFit whole = train(run);
  EXPECT_EQ(resumed.restorer, whole.restorer);
  EXPECT_EQ(resumed.held_out_db, whole.held_out_db);
}

TEST(VirtualPeople, AllAreSeenAndNobodyTwiceByASite) {
  for (std::size_t learnt = 2; learnt <= 20; ++learnt) {
    std::vector<int> seen(learnt + 2, 0);
    for (std::size_t n = 0; n < 2 * 5 * learnt; ++n) ++seen[person_of_scan(n, false, learnt, 2)];
    for (std::size_t p = 0; p < learnt; ++p) EXPECT_EQ(seen[p], 10) << p << " of " << learnt;
    EXPECT_EQ(seen[learnt], 0);
    for (std::size_t site = 0; site < 30; ++site)
      EXPECT_NE(person_of_scan(2 * site, false, learnt, 2), person_of_scan(2 * site + 1, false, learnt, 2));
    EXPECT_GE(person_of_scan(7, true, learnt, 2), learnt);
  }
}

TEST(SharedRestorerOfHeads, MistakesAreSaid) {
  const std::vector<preprocess::Prepared> few;
  EXPECT_THROW((void)train_shared_restorer(few, {}, {}, few_sites(), {}), core::Error);
  SharedOptions options;
  options.sites = 0;
  EXPECT_NE(options.problem().find("sites"), std::string::npos);
  EXPECT_THROW((void)site_statistics(domain::ScanSummary{}), core::Error);
  for (const Rung rung : domain::kRungs) EXPECT_EQ(domain::rung_named(domain::name(rung)), rung);
  EXPECT_THROW((void)domain::rung_named("third"), core::Error);
}

}  // namespace
}  // namespace isoscan::harmonize
