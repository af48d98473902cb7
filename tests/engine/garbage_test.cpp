#include "isoscan/engine/garbage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isoscan/engine/manifest.hpp"

#include "fakes.hpp"

namespace isoscan::pipeline::test {
namespace {

class GarbageTest : public Fixture {
 protected:
  [[nodiscard]] NamedResults named(const RunResult& result) const {
    NamedResults found;
    add_named(found, manifest(config::Json(config::Json::Object{}), {manifest_chain(chain, result)}, {}));
    return found;
  }
};

TEST_F(GarbageTest, WhatAManifestNamesStaysAndTheRestGoes) {
  (void)go();
  apply->options["strength"] = 2;  // index runs anew as well
  const RunResult now = go();
  const Store store(store_path());
  const Garbage dry = remove_unnamed(store, named(now), 0, true);
  EXPECT_EQ(dry.kept, 9U);
  EXPECT_EQ(dry.freed, 4U);  // three of apply, one of index
  EXPECT_GT(dry.bytes, 0U);
  EXPECT_EQ(remove_unnamed(store, named(now), 0, false).freed, 4U);
  EXPECT_EQ(remove_unnamed(store, named(now), 0, false).freed, 0U);
  (void)ran->take();
  EXPECT_EQ(go().count(StepState::Done), 9U);
  EXPECT_THAT(ran->take(), ::testing::IsEmpty());
  EXPECT_EQ(staged(), 0);
}

TEST_F(GarbageTest, YoungResultsStayAsARunMayBeAboutToNameThem) {
  (void)go();
  const Garbage found = remove_unnamed(Store(store_path()), {}, 3600, false);
  EXPECT_EQ(found.young, 9U);
  EXPECT_EQ(found.freed, 0U);
}

TEST_F(GarbageTest, OldCheckpointsAndLeavingsOfTheDeadGo) {
  const Store store(store_path());
  const std::string key(64, 'a');
  core::write_file(store.checkpoint("fit", key) / "step-100", "half a fit");
  core::write_file(store_path() / "fit/staging/elsewhere-1-1-x/out.txt", "half");
  fs::last_write_time(store_path() / "fit/staging/elsewhere-1-1-x/out.txt", 1000000);
  fs::last_write_time(store_path() / "fit/staging/elsewhere-1-1-x", 1000000);
  EXPECT_EQ(remove_unnamed(store, {}, 0, false).freed, 2U);
  EXPECT_FALSE(fs::exists(store.checkpoint("fit", key)));
}

TEST_F(GarbageTest, NoManifestIsAnError) {
  NamedResults found;
  EXPECT_THROW(add_named(found, config::Json(config::Json::Object{{"format", "other"}})), core::Error);
}

}  // namespace
}  // namespace isoscan::pipeline::test
