#include "isoscan/engine/proof.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/digest.hpp"
#include "isoscan/engine/cohort_file.hpp"
#include "isoscan/engine/manifest.hpp"

#include "fakes.hpp"

namespace isoscan::pipeline::test {
namespace {

using config::Json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kPrivate =
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
    "-----END PRIVATE KEY-----\n";

/// A run of three scans with a model file that all share, and its proof.
class ProofTest : public Fixture {
 protected:
  ProofTest() {
    core::write_file(folder / "model.bin", "a model");
    cohort.shared["model"] = {{folder / "model.bin"}, ""};
    apply->the_spec.inputs.push_back("shared/model");
    core::write_file(folder / "sign.pem", kPrivate);
    core::write_file(folder / "other.pem", std::string(kPrivate).replace(60, 1, "B"));
  }

  void finish(const fs::path& key = {}) {
    const RunResult result = [&] {
      RunLog log(out / "run.jsonl");
      RunOptions options;
      options.log = &log;
      return go(options);
    }();
    const Store store(store_path());
    std::vector<OutputFile> files;
    for (const std::string of : {"a", "b", "c"}) {
      files.push_back(export_output(store, *result.find("apply", of), "out.txt", out,
                                    "sub-" + of + "/final.txt", ExportMode::Copy));
    }
    files.push_back(
        export_output(store, *result.find("fit", "X"), "out.txt", out, "sites/X.isosite", ExportMode::Copy));
    core::write_file(out / "index.html", "<html>");
    files.push_back(output_file(out, "index.html"));
    config::write_json(out / "manifest.json",
                       manifest(Json(Json::Object{{"bound", 0.3}}), {manifest_chain(chain, result)}, files));
    write_proof(
        out, store,
        [](const std::string& unit) {
          return unit == "a" ? std::vector<std::string>{"few scans"} : std::vector<std::string>{};
        },
        key);
  }

  [[nodiscard]] Verification check(const fs::path& key = {}, const MadeOfRecords& made = {}) const {
    const Store store(store_path());
    // As it was kept: what verify reads.
    const Cohort kept = cohort_from(to_json(cohort, store_path()), store_path());
    return verify_proof(out, &store, {{"run", kept}}, key, made);
  }

  /// The file with `from` replaced, whatever protects it.
  void edit(const fs::path& file, const std::string& from, const std::string& to) const {
    std::string text = core::read_file(file);
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << file << " has no " << from;
    text.replace(at, from.size(), to);
    core::write_file(file, text);
  }
  [[nodiscard]] fs::path stored(const std::string& stage, const std::string& unit, const std::string& file) {
    const Json json = config::read_json(out / "manifest.json");
    for (const Json& step : json.at("chains").items().front().at("steps").items()) {
      if (step.at("stage") == Json(stage) && step.at("unit") == Json(unit))
        return store_path() / stage / step.at("key").as_string() / file;
    }
    return {};
  }

  fs::path out = folder / "out";
};

TEST_F(ProofTest, AWholeRunHoldsAndEverythingWasHashed) {
  finish();
  const Verification found = check();
  for (const BrokenLink& link : found.broken) ADD_FAILURE() << link.link << ": " << link.what;
  EXPECT_EQ(found.outputs, 5U);
  EXPECT_EQ(found.records, 9U);  // prepare, fit, apply, index
  EXPECT_EQ(found.stored, 9U);
  EXPECT_EQ(found.gone, 0U);
  EXPECT_EQ(found.sources, 4U);  // three scans and the model
  EXPECT_EQ(found.unchecked, 0U);
  EXPECT_FALSE(found.is_signed);
}

TEST_F(ProofTest, ItsFilesAreValidAndSayHowAScanCameToBe) {
  finish();
  EXPECT_THAT(config::problems(config::read_json(out / "provenance/index.json"), config::Schema::Proof),
              IsEmpty());
  const Json scan = config::read_json(out / "provenance/run/a.json");
  EXPECT_THAT(config::problems(scan, config::Schema::Provenance), IsEmpty());
  ASSERT_EQ(scan.at("records").items().size(), 2U);  // prepare, apply
  for (const Json& record : scan.at("records").items())
    EXPECT_THAT(config::problems(record, config::Schema::Record), IsEmpty());
  EXPECT_EQ(scan.at("records").items()[0].at("inputs").at("source/scan").as_string(), core::sha256("scan a"));
  EXPECT_EQ(scan.at("records").items()[1].at("inputs").at("shared/model").as_string(),
            core::sha256("a model"));
  EXPECT_EQ(scan.at("warnings").items().front().as_string(), "few scans");
  EXPECT_EQ(scan.at("outputs").items().front().at("path").as_string(), "sub-a/final.txt");
  EXPECT_THAT(scan.dump(), ::testing::Not(HasSubstr(folder.path().string())));
}

TEST_F(ProofTest, ASecondRunLeavesItAlone) {
  finish(folder / "sign.pem");
  const std::string before = core::read_file(out / "provenance/index.json");
  finish();  // also without the key: the signature still holds
  EXPECT_EQ(core::read_file(out / "provenance/index.json"), before);
  EXPECT_TRUE(check(folder / "sign.pem").signature_checked);
  EXPECT_THAT(check(folder / "sign.pem").broken, IsEmpty());
}

TEST_F(ProofTest, ADeletedStoreIsNoBrokenLinkAndItsRecordsStay) {
  finish();
  fs::remove_all(store_path());
  EXPECT_THAT(check().broken, IsEmpty());
  EXPECT_EQ(check().gone, 9U);
  write_proof(out, Store(store_path()), {}, {});
  EXPECT_EQ(check().records, 9U);
}

TEST_F(ProofTest, WithoutFilesOfTheInputsTheyCountAsUnchecked) {
  finish();
  const Verification found = verify_proof(out, nullptr, {}, {});
  EXPECT_THAT(found.broken, IsEmpty());
  EXPECT_EQ(found.unchecked, 4U);
}

TEST_F(ProofTest, UnitsThatAreGoneLeaveNoFileBehind) {
  finish();
  core::write_file(out / "provenance/run/zz.json", "{}");
  finish();
  EXPECT_FALSE(fs::exists(out / "provenance/run/zz.json"));
}

TEST_F(ProofTest, APageMadeAgainByAnotherVersionHoldsWhereItIsWhatTheRunsRecordsGive) {
  // The page of the later program; its record is an output of the run.
  const MadeOfRecords later = [&](const std::string& path) -> std::optional<std::string> {
    if (path != "index.html") return std::nullopt;
    return "<html><title>" + core::read_file(out / "sub-a/final.txt");
  };
  for (const fs::path& key : {fs::path(), folder / "sign.pem"}) {
    fs::remove_all(out);
    finish(key);
    core::write_file(out / "index.html", *later("index.html"));
    EXPECT_EQ(check(key).broken.size(), 1U) << "by nobody who makes pages";
    EXPECT_THAT(check(key, later).broken, IsEmpty());
    EXPECT_EQ(check(key, later).remade, 1U);

    core::write_file(out / "index.html", *later("index.html") + "forged");
    ASSERT_EQ(check(key, later).broken.size(), 1U);
    EXPECT_EQ(check(key, later).broken.front().link, "index.html");

    edit(out / "sub-a/final.txt", "scan a", "scan A");  // the record, and its page anew
    core::write_file(out / "index.html", *later("index.html"));
    ASSERT_EQ(check(key, later).broken.size(), 1U);
    EXPECT_EQ(check(key, later).broken.front().link, "sub-a/final.txt");
  }
}

TEST_F(ProofTest, AnotherKeyAndAMissingSignatureAreTold) {
  finish();
  ASSERT_EQ(check(folder / "sign.pem").broken.size(), 1U);
  EXPECT_EQ(check(folder / "sign.pem").broken.front().link, "provenance/index.json.sig");
  finish(folder / "sign.pem");
  EXPECT_THAT(check(folder / "sign.pem").broken, IsEmpty());
  ASSERT_EQ(check(folder / "other.pem").broken.size(), 1U);
  EXPECT_THAT(check(folder / "other.pem").broken.front().what, HasSubstr("signature does not hold"));
}

TEST_F(ProofTest, NoRunIsAnErrorThatSaysSo) {
  EXPECT_THROW((void)verify_proof(folder / "nowhere", nullptr, {}, {}), core::Error);
}

// What is changed below stands in the wording of the issue: a changed voxel, a swapped model, an edited
// record, a missing file.
class PlantedChange : public ProofTest {
 public:
  void plant(int number, std::string& link) {
    const auto record = [&](const std::string& unit) { return out / ("provenance/run/" + unit + ".json"); };
    switch (number) {
      case 1:  // a changed voxel
        link = "sub-a/final.txt";
        return edit(out / link, "scan a", "scan A");
      case 2:  // one more byte
        link = "sub-b/final.txt";
        return core::write_file(out / link, core::read_file(out / link) + " ");
      case 3:  // a missing volume
        link = "sub-c/final.txt";
        fs::remove(out / link);
        return;
      case 4:  // two scans exchanged
        link = "sub-a/final.txt";
        fs::rename(out / "sub-a/final.txt", out / "t");
        fs::rename(out / "sub-b/final.txt", out / "sub-a/final.txt");
        fs::rename(out / "t", out / "sub-b/final.txt");
        return;
      case 5:  // a swapped site model
        link = "sites/X.isosite";
        return core::write_file(out / link, "another model");
      case 6:  // an edited page
        link = "index.html";
        return core::write_file(out / link, "<HTML>");
      case 7:  // the model that all scans were made with
        link = "shared/model";
        return core::write_file(folder / "model.bin", "b model");
      case 8:  // a source
        link = "source/scan of b";
        return core::write_file(folder / "b.txt", "scan B");
      case 9:  // a source that is gone
        link = "source/scan of c";
        fs::remove(folder / "c.txt");
        return;
      case 10:  // who made it when
        link = "provenance/run/a.json";
        return edit(record("a"), "\"time\": \"2", "\"time\": \"1");
      case 11:  // an option in a record
        link = "provenance/run/b.json";
        return edit(record("b"), "\"strength\": 1", "\"strength\": 2");
      case 12:  // a record that is gone
        link = "provenance/run/c.json";
        fs::remove(record("c"));
        return;
      case 13:  // a record of nothing
        link = "provenance/run/d.json";
        return core::write_file(record("d"), core::read_file(record("c")));
      case 14:  // an option in the manifest
        link = "manifest.json";
        return edit(out / "manifest.json", "\"bound\": 0.3", "\"bound\": 0.2");
      case 15:  // the manifest and its output, together
        link = "manifest.json";
        core::write_file(out / "index.html", "<forged>");
        return edit(out / "manifest.json", core::sha256("<html>"), core::sha256("<forged>"));
      case 16:  // a manifest that is gone
        link = "manifest.json";
        fs::remove(out / "manifest.json");
        return;
      case 17:  // a line of the log
        link = "run.jsonl";
        return edit(out / "run.jsonl", "\"seed\":0", "\"seed\":1");
      case 18:  // the end of the log
        link = "run.jsonl";
        return core::write_file(out / "run.jsonl", core::read_file(out / "run.jsonl").substr(0, 200));
      case 19: {  // a stored result, of the same length
        const fs::path file = stored("fit", "X", "out.txt");
        link = "store/fit/" + file.parent_path().filename().string();
        return edit(file, "scan a", "scan A");
      }
      case 20: {  // a stored record
        const fs::path file = stored("prepare", "a", "record.json");
        link = "store/prepare/" + file.parent_path().filename().string() + "/record.json";
        return edit(file, "\"threads\": 1", "\"threads\": 7");
      }
      case 21: {  // a stored record's output
        const fs::path file = stored("prepare", "b", "out.txt");
        link = "store/prepare/" + file.parent_path().filename().string();
        fs::remove(file);
        return;
      }
      case 22: {  // an index that vouches for a forged record
        link = "provenance/index.json";
        const std::string before = core::sha256_file(record("a"));
        edit(record("a"), "few scans", "no warning");
        return edit(out / "provenance/index.json", before, core::sha256_file(record("a")));
      }
      default:
        FAIL();
    }
  }
};

/// A signature is needed for the last alone: an index that vouches for what nothing else contradicts.
TEST_F(PlantedChange, EachIsFoundAndNamedFirst) {
  finish(folder / "sign.pem");
  for (const bool with_key : {true, false}) {
    for (int number = 1; number <= (with_key ? 22 : 21); ++number) {
      // Each on a run of its own.
      fs::remove_all(out);
      fs::remove_all(store_path());
      for (const std::string id : {"a", "b", "c"}) write(id, "scan " + id);
      core::write_file(folder / "model.bin", "a model");
      const fs::path key = with_key ? folder / "sign.pem" : fs::path();
      finish(key);
      ASSERT_THAT(check(key).broken, IsEmpty());
      std::string link;
      plant(number, link);
      const Verification found = check(key);
      ASSERT_FALSE(found.broken.empty()) << "change " << number << " at " << link << " was not found";
      EXPECT_EQ(found.broken.front().link, link) << "change " << number << ": " << found.broken.front().what;
    }
  }
}

/// Without a signature too: what contradicts the manifest or the file's own name.
TEST_F(PlantedChange, AnIndexThatVouchesForForgeriesIsContradicted) {
  const auto record = [&](const std::string& unit) { return out / "provenance/run" / (unit + ".json"); };
  const auto forge = [&](const std::string& unit, const std::string& text) {
    finish();
    const std::string before = core::sha256_file(record(unit));
    core::write_file(record(unit), text);
    edit(out / "provenance/index.json", before, core::sha256(text));
    return check();
  };
  finish();
  const Verification other = forge("b", core::read_file(record("a")));
  ASSERT_FALSE(other.broken.empty());
  EXPECT_EQ(other.broken.front().link, "provenance/run/b.json");
  EXPECT_THAT(other.broken.front().what, HasSubstr("is of another scan"));

  finish();
  Json empty = config::read_json(record("b"));
  empty["records"] = Json(Json::Array{});
  EXPECT_EQ(forge("b", empty.dump()).unrecorded, 2U);
  empty["outputs"] = Json(Json::Array{});
  EXPECT_THAT(forge("b", empty.dump()).broken.front().what, HasSubstr("other outputs than the manifest"));
}

TEST_F(ProofTest, ALogThatNobodyVouchesForAndFilesThatNoRunMadeAreNamed) {
  finish();
  Json vouched = config::read_json(out / "provenance/index.json");
  vouched.members().erase("log");
  core::write_file(out / "provenance/index.json", vouched.dump());
  core::write_file(out / "sub-evil/final.txt", "forged");
  const Verification found = check();
  ASSERT_EQ(found.broken.size(), 1U);
  EXPECT_THAT(found.broken.front().what, HasSubstr("does not vouch for run.jsonl"));
  EXPECT_EQ(found.strangers, std::vector<std::string>{"sub-evil/final.txt"});
}

}  // namespace
}  // namespace isoscan::pipeline::test
