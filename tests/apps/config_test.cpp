// `isoscan config`: what it prints is what `isoscan run` takes.
#include "isoscan/config/json.hpp"
#include "isoscan/core/files.hpp"

#include "program.hpp"

namespace isoscan {
namespace {

using config::Json;

TEST(ConfigCommand, WhatInitPrintsIsGoodAndHasEveryKeyThatExplainKnows) {
  const test::TemporaryFolder folder;
  const Finished made = isoscan_program("config init");
  ASSERT_EQ(made.status, 0) << made.output;
  core::write_file(folder / "night.json", made.output);
  fs::create_directories(folder / "our_site");  // paths are relative to the file
  const Finished good = isoscan_program("config check " + (folder / "night.json").string());
  EXPECT_EQ(good.status, 0) << good.output;
  EXPECT_TRUE(has(good.output, "good, as CONFIG of `isoscan run`")) << good.output;

  const Json json = Json::parse(made.output, "config init");
  std::istringstream keys(isoscan_program("config explain").output);
  std::size_t known = 0;
  for (std::string key; std::getline(keys, key); ++known) {
    // The first follows from the reference, the others are of a single process, or of learning a reference.
    if (key == "options.method" || key == "options.cores" || key == "options.memory_mb" ||
        key == "options.reference_spacing_mm")
      continue;
    const Json* at = &json;
    for (std::size_t begin = 0; at != nullptr && begin <= key.size();) {
      const auto dot = std::min(key.find('.', begin), key.size());
      at = at->find(key.substr(begin, dot - begin));
      begin = dot + 1;
    }
    EXPECT_NE(at, nullptr) << key;
  }
  EXPECT_GT(known, 40U);
}

TEST(ConfigCommand, CheckNamesWhatIsWrong) {
  const test::TemporaryFolder folder;
  const auto wrong = [&](const std::string& text, const std::string& words) {
    core::write_file(folder / "night.json", text);
    const Finished finished = isoscan_program("config check " + (folder / "night.json").string());
    EXPECT_EQ(finished.status, 2) << finished.output;
    EXPECT_TRUE(has(finished.output, words)) << finished.output;
    EXPECT_TRUE(has(finished.output, "night.json")) << finished.output;
  };
  wrong(R"({"scans": "a", "reference": "b", "out": "c", "bacth": {}})", "bacth");
  wrong(R"({"scans": "a", "reference": "b", "out": "c", "batch": {"processes": -1}})", "processes");
  wrong(R"({"scans": "a", "reference": "b", "out": "c", "options": {"bound": 5}})", "bound");
  wrong(R"({"scans": "a", "out": "c"})", "\"reference\"");
  wrong(R"({"bound": "wide"})", "bound");
  core::write_file(folder / "night.json", R"({"bound": 0.3})");
  EXPECT_TRUE(has(isoscan_program("config check " + (folder / "night.json").string()).output,
                  "good, as options of --config"));
}

TEST(ConfigCommand, ExplainSaysMeaningDefaultAndRange) {
  const Finished words = isoscan_program("config explain bound");
  EXPECT_EQ(words.status, 0) << words.output;
  for (const char* part :
       {"options.bound", "default: 0.4", "above: 0", "at most: 2", "--set options.bound=VALUE"})
    EXPECT_TRUE(has(words.output, part)) << part << '\n' << words.output;
  const Finished other = isoscan_program("config explain batch.proceses");
  EXPECT_EQ(other.status, 2);
  EXPECT_TRUE(has(other.output, "did you mean 'batch.processes'?")) << other.output;
}

}  // namespace
}  // namespace isoscan
