#include "isoscan/engine/manifest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/digest.hpp"

#include "fakes.hpp"

namespace isoscan::pipeline::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ManifestTest : public Fixture {
 protected:
  config::Json made(const RunResult& result, const fs::path& out, ExportMode mode = ExportMode::Copy) const {
    const Store store(store_path());
    std::vector<OutputFile> files;
    for (const std::string of : {"c", "a"}) {
      files.push_back(
          export_output(store, *result.find("apply", of), "out.txt", out, of + "/final.txt", mode));
    }
    core::write_file(out / "index.html", "<html>");
    files.push_back(output_file(out, "index.html"));
    return manifest(config::Json(config::Json::Object{{"bound", 0.3}}), {manifest_chain(chain, result)},
                    files);
  }
};

std::uintmax_t inode(const fs::path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? status.st_ino : 0;
}

TEST_F(ManifestTest, IsValidNamesEverythingAndHasNoPlaceOrTime) {
  prepare->before = [](const StageIo& io, const core::Context&) {
    const fs::path file = io.file("source/scan");
    if (core::read_file(file) == "scan b")
      throw core::Error(core::ErrorKind::Input, file.string() + ": not a brain");
  };
  const fs::path out = folder / "out";
  const config::Json json = made(go(), out);
  EXPECT_THAT(config::problems(json, config::Schema::Manifest), IsEmpty());
  EXPECT_THAT(json.dump(), Not(HasSubstr(folder.path().string())));
  EXPECT_THAT(json.dump(), Not(HasSubstr("time")));
  const config::Json& one = json.at("chains").items().front();
  EXPECT_EQ(one.at("inputs").at("a").at("source/scan").as_string(), core::sha256("scan a"));
  EXPECT_EQ(one.at("failures").items().front().at("message").as_string(), "the scan of b: not a brain");
  EXPECT_EQ(one.at("steps").items().size(), 7U);  // prepare a c, fit X Y, apply a c, index
  const auto& outputs = json.at("outputs").items();
  ASSERT_EQ(outputs.size(), 3U);
  EXPECT_EQ(outputs[0].at("path").as_string(), "a/final.txt");
  EXPECT_EQ(outputs[0].at("sha256").as_string(), core::sha256_file(out / "a/final.txt"));
}

TEST_F(ManifestTest, TheSameRunTwiceGivesTheSameBytes) {
  const std::string first = made(go({}, 1), folder / "out").dump_pretty();
  EXPECT_EQ(made(go({}, 4), folder / "out").dump_pretty(), first) << "a second run, all done";
  fs::remove_all(store_path());
  fs::remove_all(folder / "out");
  EXPECT_EQ(made(go({}, 4), folder / "elsewhere").dump_pretty(), first) << "from nothing, to another folder";
}

TEST_F(ManifestTest, ExportCopiesOnceAndRepairs) {
  const RunResult result = go();
  const fs::path file = folder / "out/a/final.txt";
  (void)made(result, folder / "out");
  const auto before = inode(file);
  EXPECT_EQ(core::read_file(file), content(result, "apply", "a"));
  (void)made(result, folder / "out");
  EXPECT_EQ(inode(file), before) << "a file that is right is left alone";
  core::write_file(file, "edited");
  (void)made(result, folder / "out");
  EXPECT_EQ(core::read_file(file), content(result, "apply", "a"));
}

TEST_F(ManifestTest, ExportLinksAndUnlinks) {
  const RunResult result = go();
  const fs::path file = folder / "out/a/final.txt";
  const fs::path stored = Store(store_path()).output("apply", result.find("apply", "a")->key, "out.txt");
  (void)made(result, folder / "out", ExportMode::Link);
  EXPECT_EQ(inode(file), inode(stored));
  (void)made(result, folder / "out", ExportMode::Link);
  EXPECT_EQ(inode(file), inode(stored));
  (void)made(result, folder / "out", ExportMode::Copy);
  EXPECT_NE(inode(file), inode(stored)) << "a copy is a file of its own";
  EXPECT_EQ(core::read_file(file), core::read_file(stored));
  for (const auto& entry : fs::directory_iterator(file.parent_path()))
    EXPECT_EQ(entry.path(), file) << "a leftover";
}

TEST_F(ManifestTest, ExportingWhatIsNotThereIsOurBug) {
  const RunResult result = go();
  EXPECT_THROW((void)export_output(Store(store_path()), *result.find("apply", "a"), "none", folder / "out",
                                   "x", ExportMode::Copy),
               core::Error);
}

class LogTest : public Fixture {
 protected:
  std::vector<config::Json> events() const {
    std::vector<config::Json> lines;
    std::istringstream text(core::read_file(folder / "logs/run.jsonl"));
    for (std::string line; std::getline(text, line);) lines.push_back(config::Json::parse(line, "log"));
    return lines;
  }
  std::map<std::string, int> counts() const {
    std::map<std::string, int> count;
    for (const auto& event : events()) ++count[event.at("event").as_string()];
    return count;
  }
};

TEST_F(LogTest, OneLineAnEvent) {
  prepare->before = [](const StageIo& io, const core::Context&) {
    if (core::read_file(io.file("source/scan")) == "scan b")
      throw core::Error(core::ErrorKind::Input, "bad\nfile");
  };
  {
    RunLog log(folder / "logs/run.jsonl");
    RunOptions options;
    options.log = &log;
    options.name = "adapt";
    (void)go(options, 4);
  }
  EXPECT_EQ(counts(), (std::map<std::string, int>{{"run-start", 1},
                                                  {"step-start", 8},
                                                  {"step-end", 7},
                                                  {"step-failed", 1},
                                                  {"step-not-reached", 1},
                                                  {"run-end", 1}}));
  for (const auto& event : events()) {
    EXPECT_EQ(event.at("run").as_string(), "adapt");
    EXPECT_THAT(event.at("time").as_string(), ::testing::MatchesRegex("20..-..-..T..:..:..\\....Z"));
    if (event.at("event").as_string() == "step-end") {
      EXPECT_GE(event.at("seconds").as_number(), 0.0);
      EXPECT_GT(event.at("peak_memory_mb").as_number(), 1.0);
    }
  }
  EXPECT_EQ(events().back().at("exit_status").as_integer(), 8);
  {
    RunLog log(folder / "logs/run.jsonl");  // a second run appends
    RunOptions options;
    options.log = &log;
    (void)go(options);
  }
  EXPECT_EQ(counts().at("step-done"), 7);
  EXPECT_EQ(counts().at("run-start"), 2);
}

TEST_F(LogTest, ALineThatWasCutSwallowsNoOther) {
  const fs::path file = folder / "logs/run.jsonl";
  core::write_file(file, "{\"event\": \"one\"}\n{\"event\": \"st");
  RunLog(file).write("two", {});
  RunLog(file).write("three", {});
  const std::string text = core::read_file(file);
  EXPECT_TRUE(text.starts_with("{\"event\": \"one\"}\n{\"event\": \"st\n{")) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
  RunLog whole(folder / "logs/whole.jsonl");
  whole.append(file);
  const std::string lines = core::read_file(folder / "logs/whole.jsonl");
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 3) << "without the one that was cut: " << lines;
}

TEST_F(LogTest, ALogThatCannotBeWrittenEndsTheRun) {
  EXPECT_THROW(RunLog(folder / "a.txt" / "run.jsonl"), core::Error);
  RunLog full("/dev/full");
  RunOptions options;
  options.log = &full;
  try {
    (void)go(options);
    FAIL();
  } catch (const core::Error& error) {
    EXPECT_EQ(error.kind(), core::ErrorKind::Resource);
  }
}

}  // namespace
}  // namespace isoscan::pipeline::test
