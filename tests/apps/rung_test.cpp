// A package that was taught one restorer for all sites, and a new site that is told from its scans alone.
#include "isoscan/config/json.hpp"
#include "isoscan/core/files.hpp"

#include "program.hpp"

namespace isoscan {
namespace {

// RFC 8032, 7.1, test 2; the other pair is of test 1.
constexpr const char* kKey =
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
    "-----END PRIVATE KEY-----\n";
constexpr const char* kOtherKey =
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";

/// A package without feature rows, signed by `folder`/key.pem. Nothing is computed.
void expect_no_sample_and_a_signature(const fs::path& folder, const std::string& scans) {
  const std::string package = (folder / "ours.isoref").string();
  const std::string key = (folder / "key.pem").string();
  core::write_file(folder / "other.pem", kOtherKey);
  const Finished about = isoscan_program("info " + package + " --key " + key);
  EXPECT_EQ(about.status, 0) << about.output;
  EXPECT_TRUE(has(about.output, "signature: holds") && has(about.output, "no feature rows")) << about.output;
  const Finished wrong = isoscan_program("info " + package + " --key " + (folder / "other.pem").string());
  EXPECT_EQ(wrong.status, 3) << wrong.output;
  EXPECT_TRUE(has(wrong.output, "ours.isoref") && has(wrong.output, "does not hold")) << wrong.output;
  const fs::path changed = folder / "changed/ours.isoref";
  fs::create_directories(changed.parent_path());
  fs::copy_file(package + ".sig", changed.string() + ".sig");
  std::string bytes = core::read_file(package);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  core::write_file(changed, bytes);
  EXPECT_EQ(isoscan_program("info " + changed.string() + " --key " + key).status, 3);
  const std::string adapt = "adapt " + scans + " --dry-run --out " + (folder / "s.isosite").string();
  const Finished refused =
      isoscan_program(adapt + " --reference " + changed.string() + " --signed-by " + key);
  EXPECT_EQ(refused.status, 3) << refused.output;
  EXPECT_TRUE(has(refused.output, "signature")) << refused.output;
  fs::remove(changed.string() + ".sig");
  const Finished bare = isoscan_program(adapt + " --reference " + changed.string() + " --signed-by " + key);
  EXPECT_EQ(bare.status, 3) << bare.output;
  EXPECT_TRUE(has(bare.output, "is not signed")) << bare.output;
  for (const char* method : {"gaussian", "enot"}) {
    const Finished none =
        isoscan_program(adapt + " --reference " + package + " --signed-by " + key + " --method " + method);
    EXPECT_EQ(none.status, 3) << none.output;
    EXPECT_TRUE(has(none.output, "ours.isoref") && has(none.output, "--without-sample")) << none.output;
  }
}

/// Where `folder`/new.isosite finds its package. Nothing is computed: `adapt` finds its results stored.
template <class Adapt>
void expect_package_is_found_or_named(const std::string& ours, const fs::path& folder,
                                      const fs::path& foreign, const std::string& digest,
                                      const Adapt& adapt) {
  const auto planned = [&](const fs::path& site, const std::string& more) {
    return isoscan_program("apply " + ours + " --cores 2 --dry-run --site " + site.string() + " --out " +
                           (folder / "o").string() + more);
  };
  const fs::path away = folder / "far/away";
  fs::create_directories(away);
  fs::copy_file(folder / "new.isosite", away / "new.isosite");
  const Finished alone = planned(away / "new.isosite", "");
  EXPECT_EQ(alone.status, 3) << alone.output;
  EXPECT_TRUE(has(alone.output, digest) && has(alone.output, "--reference")) << alone.output;
  const Finished other = planned(away / "new.isosite", " --reference " + foreign.string());
  EXPECT_EQ(other.status, 3) << other.output;
  EXPECT_TRUE(has(other.output, digest) && has(other.output, foreign.string() + " is ")) << other.output;
  const Finished named = planned(away / "new.isosite", " --reference " + (folder / "ours.isoref").string());
  EXPECT_EQ(named.status, 0) << named.output;
  // All in one file; and the package where adapt read it, as the work folder remembers.
  EXPECT_EQ(adapt(" --self-contained", "all.isosite").status, 0);
  fs::rename(folder / "all.isosite", away / "all.isosite");
  const Finished whole = planned(away / "all.isosite", "");
  EXPECT_EQ(whole.status, 0) << whole.output;
  EXPECT_GT(fs::file_size(away / "all.isosite"), 4U * fs::file_size(folder / "new.isosite"));
  fs::rename(folder / "ours.isoref", away / "ours.isoref");
  EXPECT_EQ(planned(folder / "new.isosite", "").status, 3);
  fs::rename(away / "ours.isoref", folder / "ours.isoref");
}

TEST_F(Program, APackageWithASharedRestorerNeedsNoScansOfTheReference) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const test::TemporaryFolder folder;
  const std::string ours = (scans() / "new-hospital").string();
  core::write_file(folder / "few.json", R"({"shared_restorer": {"sites": 10, "steps": 60}})");
  const std::string package = (folder / "ours.isoref").string();
  core::write_file(folder / "key.pem", kKey);
  const Finished learnt =
      isoscan_program("reference " + (scans() / "reference").string() + " --spacing 4 --cores 2 --config " +
                      (folder / "few.json").string() + " --without-sample --sign-key " +
                      (folder / "key.pem").string() + " --out " + package);
  ASSERT_EQ(learnt.status, 0) << learnt.output;
  expect_no_sample_and_a_signature(folder.path(), ours);
  const Finished about = isoscan_program("info " + package);
  EXPECT_TRUE(has(about.output, "shared_restorer_sites: 10")) << about.output;
  const auto adapt = [&](const std::string& flags, const std::string& to) {
    return isoscan_program("adapt " + ours + " --cores 2 --reference " + package + " --out " +
                           (folder / to).string() + flags);
  };
  // Where the scans are, the usual rung is the mean of both, and zero-shot must be asked for.
  core::write_file(folder / "quick.json", R"({"restore": {"steps": 100, "scans": 4}})");
  const Finished both = adapt(" --config " + (folder / "quick.json").string(), "both.isosite");
  ASSERT_EQ(both.status, 0) << both.output;
  EXPECT_TRUE(has(isoscan_program("info " + (folder / "both.isosite").string()).output, "rung: averaged"));
  const Finished asked = adapt(" --rung zero-shot", "asked.isosite");
  ASSERT_EQ(asked.status, 0) << asked.output;
  EXPECT_FALSE(has(asked.output, "is not there")) << asked.output;
  fs::remove(folder / "ours.isoscans");
  const Finished adapted = adapt("", "new.isosite");
  ASSERT_EQ(adapted.status, 0) << adapted.output;
  EXPECT_TRUE(has(adapted.output, "rung zero-shot")) << adapted.output;
  EXPECT_EQ(core::sha256_file(folder / "asked.isosite"), core::sha256_file(folder / "new.isosite"));
  EXPECT_TRUE(has(isoscan_program("info " + (folder / "new.isosite").string()).output, "rung: zero-shot"));

  // A site is its own numbers: a code of 32, of some 60000 that all sites share.
  EXPECT_LT(fs::file_size(folder / "new.isosite"), 25U * 1024U);
  const config::Json of_site =
      config::Json::parse(isoscan_program("info --json " + (folder / "new.isosite").string()).output, "info");
  const config::Json of_package =
      config::Json::parse(isoscan_program("info --json " + package).output, "info");
  EXPECT_FALSE(of_site.at("self_contained").as_bool());
  EXPECT_EQ(of_site.at("reference_digest").as_string(), of_package.at("digest").as_string());
  EXPECT_LT(1000 * of_site.at("own_numbers").as_integer(),
            of_package.at("shared_restorer_numbers").as_integer());
  expect_package_is_found_or_named(ours, folder.path(), harmonized() / "reference.isoref",
                                   of_package.at("digest").as_string(), adapt);

  const std::string site = " --site " + (folder / "new.isosite").string();
  const Finished applied =
      isoscan_program("apply " + ours + " --cores 2" + site + " --out " + (folder / "out").string());
  // Ten sites teach little: what would change too much is refused, which is said; nothing fails.
  EXPECT_TRUE(applied.status == 0 || applied.status == 8) << applied.output;
  const config::Json status = config::read_json(folder / "out/status/sub-new01.json");
  const std::string& state = status.at("state").as_string();
  EXPECT_TRUE(state == "ok" || state == "refused" || state == "passed-through") << state;

  // What this rung does not tell cannot be asked for.
  const Finished none =
      isoscan_program("apply " + ours + " --uncertainty" + site + " --out " + (folder / "n").string());
  EXPECT_EQ(none.status, 3) << none.output;
  EXPECT_TRUE(has(none.output, "per-site")) << none.output;
  const Finished steps = adapt(" --steps 5", "x.isosite");
  EXPECT_EQ(steps.status, 2) << steps.output;
  EXPECT_TRUE(has(steps.output, "--steps")) << steps.output;
  const Finished lacking = adapt(" --rung per-site", "x.isosite");
  EXPECT_EQ(lacking.status, 4) << lacking.output;
  EXPECT_TRUE(has(lacking.output, "ours.isoscans")) << lacking.output;
}

TEST_F(Program, ZeroShotIsRefusedBeforeAnyWorkWhereNothingWasTaught) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const test::TemporaryFolder folder;
  const std::string restore = "harmonize " + (scans() / "new-hospital").string() + " --reference " +
                              (scans() / "reference").string() + " --method restore --out " +
                              (folder / "out").string();
  const Finished lacking = isoscan_program(restore + " --rung zero-shot");
  EXPECT_EQ(lacking.status, 2) << lacking.output;
  EXPECT_TRUE(has(lacking.output, "--restorer")) << lacking.output;
  EXPECT_FALSE(fs::exists(folder / "out/manifest.json"));
  EXPECT_EQ(isoscan_program(harmonize(folder / "out") + " --rung zero-shot").status, 2);  // of two-pass
  EXPECT_EQ(isoscan_program(restore + " --rung third").status, 2);
}

}  // namespace
}  // namespace isoscan
