// `isoscan verify`, `provenance` and `gc` on a run of the program. The 22 planted changes are in
// tests/engine.
#include "isoscan/config/json.hpp"
#include "isoscan/core/files.hpp"

#include "program.hpp"

namespace isoscan {
namespace {

using config::Json;

class ProofCommands : public Program {
 protected:
  void SetUp() override { ASSERT_EQ(demo_->status, 0) << demo_->output; }
};

/// The demo's output without its work folder, to be changed.
fs::path copy_of(const fs::path& out, const test::TemporaryFolder& folder) {
  const fs::path copy = folder / "out";
  for (fs::recursive_directory_iterator at(out), end; at != end; ++at) {
    if (at->path().filename() == ".isoscan") {
      at.disable_recursion_pending();
    } else if (fs::is_regular_file(at->path())) {
      core::write_file(copy / fs::relative(at->path(), out), core::read_file(at->path()));
    }
  }
  return copy;
}

TEST_F(ProofCommands, VerifyHashesAllAndNamesAChangedVoxelAndAMissingFile) {
  const Finished whole = isoscan_program("verify " + harmonized().string());
  EXPECT_EQ(whole.status, 0) << whole.output;
  EXPECT_TRUE(has(whole.output, "all links hold")) << whole.output;

  const test::TemporaryFolder folder;
  const fs::path copy = copy_of(harmonized(), folder);
  const std::string verify = "verify " + copy.string() + " --all";
  EXPECT_EQ(isoscan_program(verify).status, 0);
  const std::string volume = "sub-new02/anat/sub-new02_desc-harmonized_T1w.nii.gz";
  std::string bytes = core::read_file(copy / volume);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  core::write_file(copy / volume, bytes);
  fs::remove(copy / "reports/sub-new01.html");
  const Finished broken = isoscan_program(verify);
  EXPECT_EQ(broken.status, 3) << broken.output;
  EXPECT_TRUE(has(broken.output, "broken: " + volume + ": was changed after the run")) << broken.output;
  EXPECT_TRUE(has(broken.output, "broken: reports/sub-new01.html: is missing")) << broken.output;
  EXPECT_EQ(isoscan_program("verify " + folder.path().string()).status, 3) << "holds no run";
}

TEST_F(ProofCommands, ProvenancePrintsAScansStepsAndACrateOfAll) {
  const Finished one = isoscan_program("provenance " + harmonized().string() + " sub-new01");
  ASSERT_EQ(one.status, 0) << one.output;
  const Json json = Json::parse(one.output, "provenance");
  EXPECT_EQ(json.at("unit").as_string(), "sub-new01");
  EXPECT_EQ(json.at("records").items().front().at("stage").as_string(), "survey");
  EXPECT_EQ(json.at("records").items().back().at("stage").as_string(), "page");

  const Finished crate = isoscan_program("provenance " + harmonized().string() + " --ro-crate");
  ASSERT_EQ(crate.status, 0) << crate.output;
  const Json metadata = Json::parse(crate.output, "ro-crate");
  EXPECT_EQ(metadata.at("@context").items().front().as_string(), "https://w3id.org/ro/crate/1.1/context");
  EXPECT_TRUE(has(crate.output, "sub-new01_desc-harmonized_T1w.nii.gz"));

  EXPECT_EQ(isoscan_program("provenance " + harmonized().string() + " sub-nobody").status, 3);
  EXPECT_EQ(isoscan_program("provenance " + harmonized().string()).status, 2) << "neither scan nor crate";
}

TEST_F(ProofCommands, GcFreesWhatNoManifestNamesAndNothingElse) {
  const test::TemporaryFolder folder;
  const std::string site = (harmonized() / "sites" / "new-hospital.isosite").string();
  const auto apply = [&](const std::string& bound) {
    return isoscan_program("apply " + (scans() / "new-hospital").string() +
                           " --participant-label new01 --site " + site + " --cores 2 --out " +
                           (folder / "out").string() + " --bound " + bound);
  };
  ASSERT_EQ(apply("0.33").status, 0);
  ASSERT_EQ(apply("0.34").status, 0);  // the manifest names these; apply and page of 0.33 nobody
  const std::string gc = "gc " + (folder / "out").string() + " --hours 0";
  const Finished dry = isoscan_program(gc + " --dry-run");
  EXPECT_EQ(dry.status, 0) << dry.output;
  EXPECT_TRUE(has(dry.output, "of 2 results; 7 that a manifest names stay")) << dry.output;
  const Finished freed = isoscan_program(gc);
  EXPECT_TRUE(has(freed.output, "of 2 results; 7 that a manifest names stay")) << freed.output;
  EXPECT_TRUE(has(isoscan_program(gc).output, "freed 0 MB of 0 results")) << "a second time";
  EXPECT_TRUE(has(apply("0.34").output, "nothing to do"));
  EXPECT_EQ(isoscan_program("gc " + folder.path().string()).status, 2) << "there is no work folder";
  fs::remove(folder / "out/manifest.json");
  EXPECT_EQ(isoscan_program(gc).status, 3) << "without a manifest nothing is freed";
}

}  // namespace
}  // namespace isoscan
