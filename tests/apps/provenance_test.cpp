// `isoscan verify`, `provenance` and `gc` on a run of the program. The 22 planted changes are in
// tests/engine.
#include <ctime>
#include <functional>
#include <set>

#include "isoscan/config/json.hpp"
#include "isoscan/config/schema.hpp"
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
  std::set<std::string> ids;
  std::vector<std::string> referenced;
  const std::function<void(const Json&)> look = [&](const Json& part) {
    if (part.is_array()) {
      for (const Json& item : part.items()) look(item);
    } else if (part.is_object() && part.members().size() == 1 && part.contains("@id")) {
      referenced.push_back(part.at("@id").as_string());
    } else if (part.is_object()) {
      for (const auto& [name, member] : part.members()) look(member);
    }
  };
  for (const Json& entity : metadata.at("@graph").items()) {
    EXPECT_TRUE(ids.insert(entity.at("@id").as_string()).second) << entity.at("@id").as_string() << " twice";
    look(entity);
    if (entity.at("@id") != Json("./")) continue;
    EXPECT_FALSE(entity.at("datePublished").as_string().empty());
    EXPECT_TRUE(entity.contains("license"));
  }
  EXPECT_GT(referenced.size(), 50U);
  for (const std::string& id : referenced)
    EXPECT_TRUE(ids.count(id) > 0 || id.starts_with("https://w3id.org/ro/crate/"))
        << id << " is nowhere in the graph";
  for (const char* part :
       {"manifest.json", "run.jsonl", "provenance/index.json", "provenance/harmonize/sub-new01.json"})
    EXPECT_TRUE(ids.count(part) > 0) << part;

  EXPECT_EQ(isoscan_program("provenance " + harmonized().string() + " sub-nobody").status, 3);
  EXPECT_EQ(isoscan_program("provenance " + harmonized().string()).status, 2) << "neither scan nor crate";
}

TEST_F(ProofCommands, AnOutputThatWasMovedWithItsWorkFolderIsWhatItWas) {
  const fs::path moved = out() / "moved";
  fs::rename(harmonized(), moved);
  const Finished proof = isoscan_program("verify " + moved.string());
  const Finished gc = isoscan_program("gc " + moved.string() + " --dry-run");
  const Finished words = isoscan_program("explain " + moved.string());
  fs::rename(moved, harmonized());
  // The reference that was learnt lies in the work folder, and is an input of the scans.
  EXPECT_EQ(proof.status, 0) << proof.output;
  EXPECT_FALSE(has(proof.output, "not hashed")) << proof.output;
  EXPECT_EQ(gc.status, 0) << gc.output;
  EXPECT_EQ(words.status, 0) << words.output;
  EXPECT_FALSE(has(words.output, "would run")) << words.output;
}

/// Results and batches of a work folder, as if they were of last week.
void make_old(const fs::path& work) {
  const std::time_t last_week = std::time(nullptr) - 7 * 24 * 3600;
  for (fs::directory_iterator stage(work), end; stage != end; ++stage) {
    if (!fs::is_directory(stage->path())) continue;
    for (fs::directory_iterator entry(stage->path()); entry != end; ++entry)
      fs::last_write_time(entry->path(), last_week);
  }
}

TEST_F(ProofCommands, TwoStudiesOfOneWorkFolderAreEachProvenExplainedAndKept) {
  const test::TemporaryFolder folder;
  const std::string work = " --work " + (folder / "work").string();
  const auto out = [&](const std::string& of) { return (folder / of).string(); };
  for (const std::string of : {"new01", "new02"}) {
    const Finished run = isoscan_program(
        "apply " + (scans() / "new-hospital").string() + " --participant-label " + of + " --site " +
        (harmonized() / "sites" / "new-hospital.isosite").string() + " --cores 2 --out " + out(of) + work);
    ASSERT_EQ(run.status, 0) << run.output;
  }
  for (const std::string of : {"new01", "new02"}) {
    const Finished proof = isoscan_program("verify " + out(of) + "/" + work);  // however it is typed
    EXPECT_EQ(proof.status, 0) << proof.output;
    EXPECT_TRUE(has(proof.output, "and 4 inputs")) << proof.output;
    EXPECT_FALSE(has(proof.output, "not hashed")) << proof.output;
    const Finished words = isoscan_program("explain " + out(of) + work);
    EXPECT_EQ(words.status, 0) << words.output;
    EXPECT_TRUE(has(words.output, "apply: done: sub-" + of + ":")) << words.output;
  }
  // A disk that is not mounted: what lies there has results in this work folder all the same.
  make_old(folder / "work");
  fs::rename(folder / "new02", folder / "elsewhere");
  const std::string gc = "gc " + out("new01") + work + " --hours 1";
  const Finished refused = isoscan_program(gc);
  EXPECT_EQ(refused.status, 3) << refused.output;
  EXPECT_TRUE(has(refused.output, "new02/manifest.json") && has(refused.output, "--forget-missing"))
      << refused.output;
  const Finished told = isoscan_program(gc + " --forget-missing");
  EXPECT_EQ(told.status, 0) << told.output;
  EXPECT_TRUE(has(told.output, "of 6 results; 8 that a manifest names stay")) << told.output;
  EXPECT_EQ(isoscan_program(gc).status, 0) << "it is forgotten";
}

TEST_F(ProofCommands, AModelThatIsLearntHasARecordBesideIt) {
  const test::TemporaryFolder folder;
  const fs::path site = folder / "new.isosite";
  const Finished run =
      isoscan_program("adapt " + (scans() / "new-hospital").string() + " --reference " +
                      (harmonized() / "reference.isoref").string() + " --method two-pass --cores 2 --work " +
                      (harmonized() / ".isoscan").string() + " --out " + site.string());
  ASSERT_EQ(run.status, 0) << run.output;
  const Json record = config::read_json(folder / "new.isosite.json", config::Schema::Manifest);
  EXPECT_EQ(record.at("outputs").items().front().at("path").as_string(), "new.isosite");
  EXPECT_EQ(record.at("outputs").items().front().at("sha256").as_string(), core::sha256_file(site));
  const Json& chain = record.at("chains").items().front();
  EXPECT_EQ(chain.at("inputs").at("").at("shared/reference").as_string(),
            core::sha256_file(harmonized() / "reference.isoref"));
  EXPECT_TRUE(chain.contains("seed"));
  EXPECT_FALSE(has(record.dump(), folder.path().string())) << "no path of this machine";
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
  const std::string gc = "gc " + (folder / "out").string() + " --hours 1";
  make_old(folder / "out/.isoscan");
  const Finished dry = isoscan_program(gc + " --dry-run");
  EXPECT_EQ(dry.status, 0) << dry.output;
  EXPECT_TRUE(has(dry.output, "of 2 results; 8 that a manifest names stay")) << dry.output;
  const Finished freed = isoscan_program(gc);
  EXPECT_TRUE(has(freed.output, "of 2 results; 8 that a manifest names stay")) << freed.output;
  EXPECT_TRUE(has(isoscan_program(gc).output, "freed 0 MB of 0 results")) << "a second time";
  EXPECT_TRUE(has(apply("0.34").output, "nothing to do"));
  EXPECT_EQ(isoscan_program("gc " + (folder / "out").string() + " --hours 0.5").status, 2)
      << "a run may be at work";
  EXPECT_EQ(isoscan_program("gc " + folder.path().string()).status, 2) << "there is no work folder";
  fs::remove(folder / "out/manifest.json");
  EXPECT_EQ(isoscan_program(gc).status, 3) << "without a manifest nothing is freed";
  // As a run leaves it that is killed just before its manifest: it goes on, and over nobody else's data set.
  EXPECT_EQ(apply("0.34").status, 0);
  fs::remove(folder / "out/manifest.json");
  core::write_file(folder / "out/dataset_description.json", R"({"Name": "x", "DatasetType": "derivative"})");
  EXPECT_EQ(apply("0.34").status, 2);
}

}  // namespace
}  // namespace isoscan
