#include "isoscan/engine/store.hpp"

#include <csignal>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/digest.hpp"

#include "fakes.hpp"

namespace isoscan::pipeline::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StoreTest : public Fixture {
 protected:
  StoreTest() { chain = {prepare, apply_alone()}; }

  /// Without site or cohort, so that each step can be looked at alone.
  std::shared_ptr<FakeStage> apply_alone() {
    apply->the_spec.inputs = {"prepare/out.txt"};
    return apply;
  }
  fs::path output_of(const RunResult& result, const std::string& of) const {
    return Store(store_path()).output("prepare", result.find("prepare", of)->key, "out.txt");
  }
  /// As root would, or a failing disk.
  static void damage(const fs::path& file, const std::string& text) {
    fs::permissions(file, fs::owner_read | fs::owner_write);
    std::ofstream(file.string(), std::ios::trunc) << text;
  }
};

TEST_F(StoreTest, TheRecordIsValidAndHoldsTheDigest) {
  const RunResult result = go();
  const fs::path file = output_of(result, "a");
  const auto record = config::read_json(file.parent_path() / "record.json", config::Schema::Record);
  EXPECT_EQ(record.at("key").as_string(), file.parent_path().filename().string());
  EXPECT_EQ(record.at("outputs").at("out.txt").at("sha256").as_string(), core::sha256_file(file));
  EXPECT_EQ(record.at("inputs").at("source/scan").as_string(), core::sha256("scan a"));
  EXPECT_GT(record.at("made").at("peak_memory_mb").as_number(), 1.0);
  EXPECT_EQ(core::read_file(file.parent_path() / "record.json").find(folder.path().string()),
            std::string::npos)
      << "no absolute path";
}

TEST_F(StoreTest, OutputsAreReadOnly) {
  const RunResult result = go();
  EXPECT_EQ(fs::status(output_of(result, "a")).permissions() &
                (fs::owner_write | fs::group_write | fs::others_write),
            fs::no_perms);
}

TEST_F(StoreTest, AMissingOrShortOutputIsMadeAgain) {
  const RunResult first = go();
  (void)ran->take();
  fs::remove(output_of(first, "a"));
  damage(output_of(first, "b"), "short");
  const RunResult second = go();
  EXPECT_THAT(ran->take(), ::testing::ElementsAre("prepare a", "prepare b"));
  EXPECT_EQ(second.find("prepare", "a")->why,
            "the stored result cannot be used: its output out.txt is missing");
  EXPECT_THAT(second.find("prepare", "b")->why, HasSubstr("its output out.txt has 5 bytes in place of"));
  EXPECT_EQ(content(second, "prepare", "b"), "scan b|+prepare{\"strength\":1}");
  (void)go();
  EXPECT_THAT(ran->take(), IsEmpty());
}

TEST_F(StoreTest, ChangedBytesOfTheSameLengthAreFoundByHashing) {
  const RunResult first = go();
  (void)ran->take();
  std::string text = core::read_file(output_of(first, "a"));
  text[0] = 'S';
  damage(output_of(first, "a"), text);
  (void)go();
  EXPECT_THAT(ran->take(), IsEmpty()) << "sizes alone do not tell";
  RunOptions options;
  options.check_outputs = true;
  const RunResult second = go(options);
  EXPECT_EQ(second.find("prepare", "a")->why,
            "the stored result cannot be used: its output out.txt was changed or damaged");
  EXPECT_THAT(ran->take(), ::testing::ElementsAre("prepare a"));
  EXPECT_EQ(content(second, "prepare", "a"), "scan a|+prepare{\"strength\":1}");
}

TEST_F(StoreTest, ADamagedRecordIsNoticed) {
  const RunResult first = go();
  (void)ran->take();
  const fs::path a = output_of(first, "a").parent_path() / "record.json";
  const fs::path b = output_of(first, "b").parent_path() / "record.json";
  const fs::path c = output_of(first, "c").parent_path() / "record.json";
  damage(a, "{");
  std::string text = core::read_file(b);
  text.replace(text.find("\"strength\": 1"), 13, "\"strength\": 2");
  damage(b, text);
  fs::remove(c);
  const RunResult second = go();
  EXPECT_EQ(ran->take().size(), 3U);
  EXPECT_THAT(second.find("prepare", "a")->why, HasSubstr("cannot be read"));
  EXPECT_THAT(second.find("prepare", "b")->why,
              HasSubstr("its record.json was changed: it does not give this key"));
  EXPECT_THAT(second.find("prepare", "c")->why, HasSubstr("its record.json is missing"));
}

/// Runs the chain in a child process that is killed, as by `kill -9`, at a moment of its first publication.
void run_and_die_at(const std::string& moment, const Chain& chain, const Cohort& cohort,
                    const fs::path& root) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    Store store(root, [&](std::string_view now) {
      if (now == moment) ::kill(::getpid(), SIGKILL);
    });
    (void)pipeline::run(chain, cohort, store, {}, core::Context{});
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "was not killed at " << moment;
}

TEST_F(StoreTest, KilledAtAnyMomentTheNextRunGivesTheSameBytes) {
  const RunResult undisturbed = go();
  for (const std::string moment : {"staged", "recorded", "published"}) {
    fs::remove_all(store_path());
    run_and_die_at(moment, chain, cohort, store_path());
    EXPECT_EQ(staged(), moment == "published" ? 0 : 1) << moment;
    int whole = 0;
    for (const auto& entry : fs::directory_iterator(store_path() / "prepare")) {
      if (entry.path().filename().string().size() == 64) ++whole;
    }
    EXPECT_EQ(whole, moment == "published" ? 1 : 0) << moment;
    const RunResult after = go();
    EXPECT_EQ(staged(), 0) << "what the killed run left was cleaned up";
    EXPECT_EQ(after.find("prepare", "a")->state, moment == "published" ? StepState::Done : StepState::Ran);
    for (std::size_t n = 0; n < after.steps.size(); ++n) {
      EXPECT_EQ(after.steps[n].key, undisturbed.steps[n].key);
      EXPECT_EQ(after.steps[n].outputs.at("out.txt").sha256,
                undisturbed.steps[n].outputs.at("out.txt").sha256);
    }
  }
}

TEST_F(StoreTest, TwoRunnersShareAStore) {
  prepare->before = [](const StageIo&, const core::Context&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  };
  std::vector<RunResult> results(4);
  {
    std::vector<std::jthread> runners;
    for (auto& result : results) runners.emplace_back([&result, this] { result = go({}, 2); });
  }
  for (const RunResult& result : results) {
    EXPECT_EQ(result.exit_status(), 0);
    for (std::size_t n = 0; n < result.steps.size(); ++n) {
      EXPECT_EQ(result.steps[n].outputs.at("out.txt").sha256,
                results[0].steps[n].outputs.at("out.txt").sha256);
    }
  }
  EXPECT_EQ(staged(), 0);
}

TEST_F(StoreTest, TheFirstResultUnderAKeyStays) {
  Store store(store_path());
  const KeyParts parts{"prepare", 1, "", config::Json(config::Json::Object{}), std::nullopt, {}};
  const auto publish = [&](const std::string& text) {
    Staging staging = store.stage("prepare");
    core::write_file(staging.folder() / "out.txt", text);
    return store.publish(std::move(staging), parts, {"out.txt"}, Made{});
  };
  EXPECT_FALSE(publish("first").other_bytes);
  const Published again = publish("first");
  EXPECT_FALSE(again.other_bytes);
  const Published second = publish("second");
  EXPECT_TRUE(second.other_bytes);
  EXPECT_EQ(second.record.outputs.at("out.txt").sha256, core::sha256("first"));
  EXPECT_EQ(core::read_file(store.output("prepare", key_of(parts), "out.txt")), "first");
  EXPECT_EQ(staged(), 0);
}

TEST_F(StoreTest, OnlyTheDeadAreCleanedUp) {
  Store store(store_path());
  const Staging alive = store.stage("prepare");
  const fs::path parent = alive.folder().parent_path();
  const std::string mine = alive.folder().filename().string();
  // "<host>-<pid>-<start>-<random>": the same process id, started at another time, is another process.
  const std::string host = mine.substr(0, mine.rfind('-', mine.rfind('-', mine.rfind('-') - 1) - 1));
  fs::create_directories(parent / (host + "-" + std::to_string(::getpid()) + "-1-000000000000"));
  fs::create_directories(parent / (host + "-999999999-5-000000000000"));
  fs::create_directories(parent / "another-host-7-5-000000000000");
  fs::create_directories(parent / "old-host-7-5-000000000000");
  fs::last_write_time(parent / "old-host-7-5-000000000000", std::time(nullptr) - 8 * 24 * 3600);
  EXPECT_EQ(store.remove_stale(), 3);
  EXPECT_TRUE(fs::exists(alive.folder()));
  EXPECT_TRUE(fs::exists(parent / "another-host-7-5-000000000000"))
      << "how it fares cannot be seen from here";
}

TEST_F(StoreTest, DigestsOfSourcesAreRememberedOnlyWhileNothingChanged) {
  Store store(store_path());
  const Source a{{folder / "a.txt"}, ""};
  EXPECT_EQ(store.digest(a), core::sha256("scan a"));
  EXPECT_FALSE(fs::exists(store_path() / "source-digests.txt")) << "the file is too young to be trusted";
  write("a", "scan A");  // same length
  EXPECT_EQ(store.digest(a), core::sha256("scan A"));
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  EXPECT_EQ(store.digest(a), core::sha256("scan A"));
  EXPECT_TRUE(fs::exists(store_path() / "source-digests.txt"));
  const std::time_t time = fs::last_write_time(folder / "a.txt");
  {
    std::ofstream in_place((folder / "a.txt").string(), std::ios::in | std::ios::out);
    in_place << "SCAN";
  }
  fs::last_write_time(folder / "a.txt", time);
  EXPECT_EQ(store.digest(a), core::sha256("SCAN A"))
      << "same size, same time: the time of status change tells";

  // A second store object reads what the first remembered; lines that were torn are passed over.
  write("b", "scan b");
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  EXPECT_EQ(store.digest(Source{{folder / "b.txt"}, ""}), core::sha256("scan b"));
  const std::string lines = core::read_file(store_path() / "source-digests.txt");
  core::write_file(store_path() / "source-digests.txt", lines.substr(0, lines.size() - 5));
  EXPECT_EQ(Store(store_path()).digest(Source{{folder / "b.txt"}, ""}), core::sha256("scan b"));
}

TEST_F(StoreTest, DigestsCoverAllFilesAndTheText) {
  Store store(store_path());
  const auto digest = [&](const Source& source) { return store.digest(source); };
  const fs::path a = folder / "a.txt";
  const fs::path b = folder / "b.txt";
  EXPECT_NE(digest({{a, b}, ""}), digest({{b, a}, ""}));
  EXPECT_NE(digest({{a}, ""}), digest({{a}, "text"}));
  EXPECT_EQ(digest({{}, "text"}), core::sha256("text"));
  fs::copy_file(a, folder / "copy of a.txt");
  EXPECT_EQ(digest({{a, b}, "t"}), digest({{folder / "copy of a.txt", b}, "t"})) << "names do not count";
  EXPECT_THROW((void)digest({{folder / "none"}, ""}), core::Error);
  EXPECT_THROW((void)digest({{folder.path()}, ""}), core::Error);
}

TEST(FileName, IsOneForEveryUnit) {
  EXPECT_EQ(file_name_of("sub-01_ses-1"), "sub-01_ses-1");
  EXPECT_EQ(file_name_of("../x/y z"), "%2e.%2fx%2fy%20z");
  const std::string longest(5000, 'x');
  EXPECT_LE(file_name_of(longest).size(), 200U);
  EXPECT_NE(file_name_of(longest), file_name_of(longest + "y"));
}

}  // namespace
}  // namespace isoscan::pipeline::test
