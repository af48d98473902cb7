// The words of explain.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes.hpp"

namespace isoscan::pipeline::test {
namespace {

using Explain = Fixture;

TEST_F(Explain, BeforeTheFirstRun) {
  EXPECT_EQ(explained(),
            "prepare: would run: a, b, c: never ran\n"
            "fit: would run: X, Y: never ran; waits for 'prepare'\n"
            "apply: would run: a, b, c: never ran; waits for 'prepare' and 'fit'\n"
            "index: would run: cohort: never ran; waits for 'apply'\n"
            "0 of 9 steps are done, 9 would run.\n");
  EXPECT_FALSE(boost::filesystem::exists(store_path() / "prepare")) << "a plan makes nothing";
}

TEST_F(Explain, WhenAllIsDone) {
  (void)go();
  EXPECT_EQ(explained(),
            "prepare: done: a, b, c: its result is in the store\n"
            "fit: done: X, Y: its result is in the store\n"
            "apply: done: a, b, c: its result is in the store\n"
            "index: done: cohort: its result is in the store\n"
            "Nothing to do: all 9 steps are done.\n");
}

TEST_F(Explain, AfterAnOptionChanged) {
  (void)go();
  fit->options["bound"] = 0.35;
  (void)go();
  fit->options["bound"] = 0.3;
  fit->options["strength"] = 2;
  EXPECT_EQ(explained(),
            "prepare: done: a, b, c: its result is in the store\n"
            "fit: would run: X, Y: options changed: bound 0.35 -> 0.3, strength 1 -> 2\n"
            "apply: waits: a, b, c: runs again only if 'fit' come out with other bytes\n"
            "index: waits: cohort: runs again only if 'apply' come out with other bytes\n"
            "3 of 9 steps are done, 2 would run, 4 more depending on what they give.\n");
}

TEST_F(Explain, AfterAScanChangedAndALaterStageToo) {
  (void)go();
  write("c", "another");
  index->the_spec.version = 3;
  EXPECT_EQ(explained(),
            "prepare: done: a, b: its result is in the store\n"
            "prepare: would run: c: input bytes changed: source/scan\n"
            "fit: done: X: its result is in the store\n"
            "fit: waits: Y: runs again only if 'prepare' come out with other bytes\n"
            "apply: done: a, b: its result is in the store\n"
            "apply: waits: c: runs again only if 'prepare' and 'fit' come out with other bytes\n"
            "index: would run: cohort: stage version 1 -> 3\n"
            "5 of 9 steps are done, 2 would run, 2 more depending on what they give.\n");
}

TEST_F(Explain, AfterAFailure) {
  prepare->before = [](const StageIo& io, const core::Context&) {
    if (core::read_file(io.file("source/scan")) == "scan b")
      throw core::Error(core::ErrorKind::Input, "not a brain");
  };
  (void)go();
  // What was left out stays out: all else is done, and says so.
  EXPECT_EQ(explained(),
            "prepare: done: a, c: its result is in the store\n"
            "prepare: failed, would be tried again: b: not a brain\n"
            "fit: done: X, Y: its result is in the store\n"
            "apply: done: a, c: its result is in the store\n"
            "apply: not reached: b: 'prepare' failed for b\n"
            "index: done: cohort: its result is in the store\n"
            "7 of 9 steps are done, 1 failed before and would be tried again, 1 not reached because of "
            "these.\n");
  // With another option it is a new step that would run, not one that failed.
  prepare->options["strength"] = 2;
  const std::string changed = explained();
  EXPECT_THAT(changed,
              ::testing::HasSubstr("prepare: would run: a, b, c: options changed: strength 1 -> 2\n"));
  EXPECT_THAT(changed, ::testing::Not(::testing::HasSubstr("failed")));
}

TEST_F(Explain, ASourceThatIsGone) {
  (void)go();
  boost::filesystem::remove(folder / "a.txt");
  EXPECT_THAT(explained(), ::testing::HasSubstr("prepare: would fail: a: its input cannot be read: "));
  EXPECT_THAT(explained(), ::testing::HasSubstr("apply: not reached: a: 'prepare' failed for a\n"));
}

TEST_F(Explain, AResultThatIsGoneOrDamaged) {
  const RunResult result = go();
  const Store store(store_path());
  boost::filesystem::remove_all(store.entry("index", result.find("index", "cohort")->key));
  boost::filesystem::remove(store.output("prepare", result.find("prepare", "a")->key, "out.txt"));
  const std::string text = explained();
  EXPECT_THAT(
      text, ::testing::HasSubstr(
                "prepare: would run: a: the stored result cannot be used: its output out.txt is missing\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("index: waits: cohort: "));
}

TEST_F(Explain, ManyUnitsAreCounted) {
  for (int n = 0; n < 9; ++n) {
    const std::string id = "s" + std::to_string(n);
    write(id, id);
    cohort.units.push_back(unit(id, "X"));
  }
  EXPECT_THAT(explained(), ::testing::HasSubstr("prepare: would run: 12 units (a, b, ...): never ran\n"));
}

TEST(Differences, NamesWhatChanged) {
  using config::Json;
  KeyParts before{"s",       1,
                  "itk 5.2", Json(Json::Object{{"a", 1}, {"deep", Json::Object{{"x", 1}}}, {"gone", true}}),
                  1,         {}};
  before.inputs = {{"source/scan", "d1"},
                   {"source/mask", Json()},
                   {"p/list", Json::Array{Json::Object{{"unit", "u1"}, {"sha256", "1"}},
                                          Json::Object{{"unit", "u2"}, {"sha256", "2"}}}}};
  KeyParts now = before;
  EXPECT_TRUE(differences(before, now).empty());
  EXPECT_EQ(key_of(before), key_of(now));
  now.version = 2;
  now.libraries = "itk 5.3";
  now.options = Json(Json::Object{{"a", 1}, {"deep", Json::Object{{"x", 2}}}, {"new", "w"}});
  now.seed = std::nullopt;
  now.inputs = {{"source/scan", "d2"},
                {"source/mask", "m"},
                {"p/list", Json::Array{Json::Object{{"unit", "u2"}, {"sha256", "3"}},
                                       Json::Object{{"unit", "u3"}, {"sha256", "1"}}}}};
  EXPECT_THAT(differences(before, now),
              ::testing::ElementsAre(
                  "stage version 1 -> 2", "libraries changed: 'itk 5.2' -> 'itk 5.3'",
                  "options changed: deep.x 1 -> 2, gone is gone (was true), new is new (\"w\")",
                  "seed changed: 1 -> none",
                  "input p/list: 1 unit more (u3), 1 unit less (u1), 1 unit with other bytes (u2)",
                  "input source/mask was missing and is there now", "input bytes changed: source/scan"));
  EXPECT_NE(key_of(before), key_of(now));
  const KeyParts back = key_parts(Json::parse(to_json(now).dump(), "test"));
  EXPECT_EQ(key_of(back), key_of(now));
}

}  // namespace
}  // namespace isoscan::pipeline::test
