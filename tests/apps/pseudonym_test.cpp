// --pseudonym-key, end to end: labels that cannot be guessed, and a key that stands nowhere.
#include <set>

#include "isoscan/config/json.hpp"
#include "isoscan/config/schema.hpp"
#include "isoscan/core/files.hpp"

#include "../io/dicom_files.hpp"
#include "program.hpp"

namespace isoscan {
namespace {

std::set<std::string> states(const fs::path& out) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(out / "status"))
    names.insert(entry.path().filename().string());
  return names;
}

TEST_F(Program, AKeyHidesSubjectsAndStandsNowhere) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const test::TemporaryFolder folder;
  test::SliceFacts facts;
  facts.patient = "0004711";
  test::write_series(folder / "in/DOE^JANE", facts, 30, 3.0);  // no brain: refused, which is told by label
  core::write_file(
      folder / "in/sub-new01_T1w.nii.gz",
      core::read_file(scans() /
                      "new-hospital/sub-new01/anat/sub-new01_T1w.nii.gz"));  // so that the run goes on
  core::write_file(folder / "in/DOE^JOHN/IM1.dcm",
                   std::string(128, '\0') + "DICM" + std::string(400, '\x7f'));
  const std::string key = "a secret of the hospital 86a1c0";
  core::write_file(folder / "keys/ours.key", key);
  core::write_file(folder / "keys/theirs.key", key + "!");
  core::write_file(folder / "keys/short.key", "too short");
  core::write_file(folder / "keys/options.json",
                   "{\"pseudonym_key\": \"" + (folder / "keys/ours.key").string() + "\"}");
  const auto run = [&](const std::string& out, const std::string& with) {
    return isoscan_program("harmonize " + (folder / "in").string() + " --reference " +
                           (harmonized() / "reference.isoref").string() + " --method none --cores 2 --out " +
                           (folder / out).string() + with);
  };
  const std::string flag = " --pseudonym-key " + (folder / "keys").string() + "/";
  for (const char* out : {"plain", "ours", "again", "file", "theirs"}) with_results(folder / out);
  std::string words = run("plain", "").output;
  for (const auto& [out, with] :
       std::map<std::string, std::string>{{"ours", flag + "ours.key"},
                                          {"again", flag + "ours.key"},
                                          {"file", " --config " + (folder / "keys/options.json").string()},
                                          {"theirs", flag + "theirs.key"}}) {
    words += run(out, with).output;
  }
  const auto plain = states(folder / "plain");
  const auto ours = states(folder / "ours");
  ASSERT_EQ(plain.size(), 3U) << words;
  const std::string guess = "sub-p" + core::sha256("\n0004711").substr(0, 8) + ".json";
  EXPECT_EQ(plain.count(guess), 1U);
  EXPECT_EQ(ours.size(), 3U);
  EXPECT_EQ(states(folder / "again"), ours);
  EXPECT_EQ(states(folder / "file"), ours);
  EXPECT_EQ(digests(folder / "again"), digests(folder / "ours"));
  // The series' label and the name of the broken input both depend on the key.
  const auto theirs = states(folder / "theirs");
  for (const std::string& name : ours) {
    if (name == "sub-new01.json") continue;  // named by its user
    EXPECT_EQ(plain.count(name), 0U) << name;
    EXPECT_EQ(theirs.count(name), 0U) << name;
  }
  const config::Json manifest = config::read_json(folder / "ours/manifest.json", config::Schema::Manifest);
  EXPECT_EQ(manifest.at("config").at("pseudonym_key").as_string(), "given");
  EXPECT_FALSE(config::read_json(folder / "plain/manifest.json").at("config").contains("pseudonym_key"));
  // Neither the key nor a digest of it, in outputs, work folder or words.
  for (fs::recursive_directory_iterator at(folder / "ours"), end; at != end; ++at) {
    if (fs::is_regular_file(at->path())) words += core::read_file(at->path());
  }
  EXPECT_FALSE(has(words, key));
  EXPECT_FALSE(has(words, core::sha256(key)));
  EXPECT_FALSE(has(words, core::sha256(key).substr(0, 16)));
  EXPECT_FALSE(has(words, core::hmac_sha256(key, "")));

  const Finished too_short = run("short", flag + "short.key");
  EXPECT_EQ(too_short.status, 2) << too_short.output;
  EXPECT_TRUE(has(too_short.output, "at least 16 bytes")) << too_short.output;
  EXPECT_EQ(run("none", flag + "none.key").status, 4);
}

}  // namespace
}  // namespace isoscan
