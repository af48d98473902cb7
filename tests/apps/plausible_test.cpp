// A scan that is no head but nearly looks like one, among a site's: learnt without it, refused by name, and
// taken where one insists.
#include "isoscan/config/json.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/test/foreign.hpp"

#include "program.hpp"

namespace isoscan {
namespace {

class Plausible : public Program {
 protected:
  void SetUp() override {
    ASSERT_EQ(demo_->status, 0) << demo_->output;
    for (const char* id : {"new01", "new02"}) core::write_file(file(id), core::read_file(scan(id)));
    phantom("new03");
    reference = (harmonized() / "reference.isoref").string();
  }
  static fs::path scan(const std::string& id) {
    return scans() / "new-hospital" / ("sub-" + id) / "anat" / ("sub-" + id + "_T1w.nii.gz");
  }
  [[nodiscard]] fs::path file(const std::string& id) const {
    return folder / "site" / ("sub-" + id) / "anat" / ("sub-" + id + "_T1w.nii.gz");
  }
  void phantom(const std::string& id) const {
    fs::create_directories(file(id).parent_path());
    io::write_nifti(file(id), test::make_foreign("shells", io::read_nifti(scan(id)).volume));
  }
  [[nodiscard]] Finished adapt(const std::string& more) const {
    return isoscan_program("adapt " + (folder / "site").string() +
                           " --method two-pass --cores 2 --reference " + reference + " --out " +
                           (folder / "new.isosite").string() + " " + more);
  }
  [[nodiscard]] Finished apply(const std::string& out, const std::string& more) const {
    return isoscan_program("apply " + (folder / "site").string() + " --cores 2 --site " +
                           (folder / "new.isosite").string() + " --out " + (folder / out).string() + " " +
                           more);
  }

  test::TemporaryFolder folder;
  std::string reference;
};

TEST_F(Plausible, APhantomIsRefusedByNameAndTheOthersGoOn) {
  const Finished adapted = adapt("");
  EXPECT_EQ(adapted.status, 8) << adapted.output;
  EXPECT_TRUE(has(adapted.output, "new03")) << adapted.output;
  EXPECT_TRUE(has(adapted.output, "--no-plausibility")) << adapted.output;
  ASSERT_TRUE(fs::exists(folder / "new.isosite"));
  const Finished applied = apply("out", "");
  EXPECT_EQ(applied.status, 8) << applied.output;
  const auto status = [&](const char* id) {
    return config::read_json(folder / "out/status" / ("sub-" + std::string(id) + ".json"));
  };
  EXPECT_EQ(status("new01").at("state").as_string(), "ok");
  EXPECT_EQ(status("new03").at("state").as_string(), "refused");
  EXPECT_TRUE(has(status("new03").at("reason").as_string(), "no T1w scan of a whole, upright head"));
  EXPECT_TRUE(has(core::read_file(folder / "out/reports/sub-new03.html"), "no T1w scan of a whole"));
  EXPECT_FALSE(fs::exists(folder / "out/sub-new03"));
  // What went in, by what it was judged, and how it looks; no seed was used here.
  const config::Json from = config::read_json(folder / "out/reports/sub-new03.json").at("provenance");
  EXPECT_EQ(from.at("input_sha256").as_string().size(), 64U);
  EXPECT_EQ(from.at("models").items().at(0).items().at(1).as_string(),
            core::sha256_file(folder / "new.isosite"));
  EXPECT_EQ(from.at("method").as_string(), "two-pass");
  EXPECT_TRUE(from.at("seed").is_null());
  EXPECT_EQ(from.at("output_sha256").as_string(), "");
  const std::string page = core::read_file(folder / "out/reports/sub-new03.html");
  EXPECT_TRUE(has(page, "The scan as it came") && has(page, "class=\"before\""));
  EXPECT_FALSE(has(page, "<dt>Seed</dt>"));
  EXPECT_TRUE(fs::is_regular_file(folder / "out/reports/thumbnails/sub-new03.png"));

  const Finished taken = apply("all", "--no-plausibility");
  EXPECT_EQ(taken.status, 0) << taken.output;
  EXPECT_TRUE(fs::exists(folder / "all/sub-new03"));
}

TEST_F(Plausible, ASiteMostOfWhoseScansAreNoHeadsIsRefused) {
  phantom("new02");
  const Finished adapted = adapt("");
  EXPECT_EQ(adapted.status, 3) << adapted.output;
  EXPECT_TRUE(has(adapted.output, "2 of the site's 3 scans")) << adapted.output;
  EXPECT_FALSE(fs::exists(folder / "new.isosite"));
  EXPECT_EQ(adapt("--no-plausibility").status, 0);
}

}  // namespace
}  // namespace isoscan
