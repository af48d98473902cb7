// OUT/ratings.tsv: tables that were joined, torn or saved by a spreadsheet take further judgements and lose
// none.
#include "ratings_file.hpp"

#include <thread>

#include <boost/filesystem.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/test/support.hpp"

namespace isoscan::app {
namespace {

namespace fs = boost::filesystem;
using report::kRatingsHeader;
using report::kRatingsHeaderWithoutBoxes;

report::Rating rating(const std::string& rater, const std::string& time = "2026-11-29T07:15:00Z") {
  report::Rating made;
  made.time = time;
  made.rater = rater;
  made.scan = "sub-01";
  made.judgement = report::Judgement::Accept;
  return made;
}

std::string line(const std::string& rater) {
  return report::ratings_line(rating(rater));
}

/// Without its column for boxes.
std::string earlier(const std::string& rater) {
  const std::string whole = line(rater);
  return whole.substr(0, whole.rfind('\t')) + "\n";
}

std::string with_returns(std::string text) {
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) text.insert(at, "\r");
  return text;
}

class RatingsFile : public testing::Test {
 protected:
  std::string raters() const {
    std::string names;
    for (const report::Rating& each : read_ratings_file(file_)) names += each.rater + " ";
    return names;
  }
  std::string text() const { return core::read_file(file_); }
  void put(const std::string& text) const { core::write_file(file_, text); }

  test::TemporaryFolder temporary_;
  fs::path file_ = temporary_.path() / "ratings.tsv";
  const std::string header_{kRatingsHeader};
  const std::string old_header_{kRatingsHeaderWithoutBoxes};
};

TEST_F(RatingsFile, TheFirstJudgementBeginsTheTable) {
  EXPECT_EQ(append_rating(file_, rating("Ann")), "");
  EXPECT_EQ(append_rating(file_, rating("Bo")), "");
  EXPECT_EQ(text(), header_ + line("Ann") + line("Bo"));
}

TEST_F(RatingsFile, ALineThatOnlyLacksItsEndGetsItAndATornOneIsMovedAside) {
  std::string whole = header_ + line("Ann");
  whole.pop_back();
  put(whole);
  EXPECT_EQ(append_rating(file_, rating("Bo")), "");
  EXPECT_EQ(text(), header_ + line("Ann") + line("Bo"));
  const std::string cy = line("Cy");
  for (const std::size_t cut : {std::size_t{5}, cy.rfind('\t'), cy.size() - 2}) {
    put(header_ + line("Ann") + cy.substr(0, cut));
    EXPECT_EQ(append_rating(file_, rating("Bo")), cy.substr(0, cut)) << "a line of seven columns is torn too";
    EXPECT_EQ(text(), header_ + line("Ann") + line("Bo"));
    EXPECT_EQ(core::read_file(file_.string() + ".torn"), cy.substr(0, cut) + "\n");
    fs::remove(file_.string() + ".torn");
  }
  put("time\trat");
  EXPECT_EQ(append_rating(file_, rating("Bo")), "time\trat");
  EXPECT_EQ(text(), header_ + line("Bo"));
}

TEST_F(RatingsFile, AnEarlierTableTakesAJudgementWithBoxes) {
  put(old_header_ + earlier("Ann"));
  EXPECT_EQ(append_rating(file_, rating("Bo")), "");
  EXPECT_EQ(raters(), "Ann Bo ");
}

TEST_F(RatingsFile, TablesOfBothFormsInAnyOrderGetOneForm) {
  const std::string now = header_ + line("Ann");
  const std::string before = old_header_ + earlier("Bo");
  const std::string upgraded = header_ + line("Bo") + line("Ann");
  for (const std::string& table :
       {before + now, before + line("Ann"), with_returns(before + now), with_returns(before) + now}) {
    put(table);
    upgrade_ratings_file(file_);
    EXPECT_EQ(text(), upgraded) << table;
    upgrade_ratings_file(file_);
    EXPECT_EQ(text(), upgraded);
  }
  put(now + before);
  upgrade_ratings_file(file_);
  EXPECT_EQ(text(), header_ + line("Ann") + line("Bo"));
}

TEST_F(RatingsFile, AnUpgradeMovesATornTailAsideAndLeavesATableOfNowAlone) {
  put(old_header_ + earlier("Ann") + "2026-11-29T07:15:00Z\tBo");
  EXPECT_EQ(upgrade_ratings_file(file_), "2026-11-29T07:15:00Z\tBo");
  EXPECT_EQ(text(), header_ + line("Ann"));
  EXPECT_EQ(core::read_file(file_.string() + ".torn"), "2026-11-29T07:15:00Z\tBo\n");
  const std::string windows = with_returns(header_ + line("Ann"));
  put(windows);
  upgrade_ratings_file(file_);
  EXPECT_EQ(text(), windows);
  fs::remove(file_);
  upgrade_ratings_file(file_);
  EXPECT_FALSE(fs::exists(file_));
}

TEST_F(RatingsFile, ADamagedLineIsNamedAndNothingIsAppended) {
  const std::string damaged = header_ + "yesterday\tBo\tsub-01\taccept\tn/a\tn/a\tn/a\tn/a\n" + line("Ann");
  put(damaged);
  try {
    append_rating(file_, rating("Cy"));
    FAIL() << "a damaged table took a judgement";
  } catch (const core::Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("ratings.tsv:2: \"yesterday\" is no time like"));
  }
  EXPECT_EQ(text(), damaged);
}

TEST_F(RatingsFile, AClockThatWasSetBackMakesNothingOlder) {
  append_rating(file_, rating("Ann", "2026-11-29T08:00:00Z"));
  append_rating(file_, rating("ann", "2026-11-29T07:00:00Z"));
  append_rating(file_, rating("Bo", "2026-11-29T07:00:00Z"));
  const auto all = read_ratings_file(file_);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[1].time, "2026-11-29T08:00:00Z");
  EXPECT_EQ(all[2].time, "2026-11-29T07:00:00Z") << "another person's clock";
  EXPECT_EQ(report::latest(all).front().rater, "ann") << "the last word of one person";
}

TEST_F(RatingsFile, ImportAddsWhatIsNotThere) {
  append_rating(file_, rating("Ann"));
  EXPECT_EQ(import_ratings(file_, {rating("Ann"), rating("Bo")}).added, 1U);
  EXPECT_EQ(import_ratings(file_, {rating("Ann"), rating("Bo")}).added, 0U);
  EXPECT_EQ(raters(), "Ann Bo ");
}

TEST_F(RatingsFile, ImportSaysWhatWasTornInTheTable) {
  append_rating(file_, rating("Ann"));
  put(text() + "2026-11-29T07:15:00Z\tCy");
  EXPECT_EQ(import_ratings(file_, {rating("Bo")}).torn, "2026-11-29T07:15:00Z\tCy");
  EXPECT_EQ(raters(), "Ann Bo ");
  EXPECT_EQ(core::read_file(file_.string() + ".torn"), "2026-11-29T07:15:00Z\tCy\n");
  EXPECT_EQ(import_ratings(file_, {rating("Bo")}).torn, "");
}

TEST_F(RatingsFile, ImportKeepsTheLastOfThreeWordsWithinASecond) {
  report::Rating reject = rating("Ann");
  reject.judgement = report::Judgement::Reject;
  const report::Rating accept = rating("Ann");
  EXPECT_EQ(import_ratings(file_, {reject, accept, reject}).added, 3U);
  EXPECT_EQ(import_ratings(file_, {reject, accept, reject}).added, 0U);
  const auto all = read_ratings_file(file_);
  EXPECT_EQ(report::latest(all).front().judgement, report::Judgement::Reject);
}

TEST_F(RatingsFile, ManyAtOnceWhileTheTableIsReplacedLoseNone) {
  constexpr int kEach = 40;
  put(old_header_ + earlier("Zoe"));
  const auto judge = [&](const std::string& name) {
    for (int n = 0; n < kEach; ++n) append_rating(file_, rating(name + std::to_string(n)));
  };
  {
    const std::jthread ann([&] { judge("Ann"); });
    const std::jthread bo([&] { judge("Bo"); });
    const std::jthread other([&] {
      for (int n = 0; n < kEach; ++n) upgrade_ratings_file(file_);
    });
  }
  EXPECT_EQ(read_ratings_file(file_).size(), 2U * kEach + 1U);
}

TEST_F(RatingsFile, WhereNothingCouldBeKeptItIsSaidBefore) {
  EXPECT_NO_THROW(require_writable(file_));
  put(header_);
  EXPECT_NO_THROW(require_writable(file_));
  const auto refused = [](const fs::path& file) {
    try {
      require_writable(file);
    } catch (const core::Error& error) {
      return error.kind() == core::ErrorKind::Io;
    }
    return false;
  };
  EXPECT_TRUE(refused(temporary_.path() / "gone" / "ratings.tsv"));
  fs::create_directory(temporary_.path() / "folder.tsv");
  EXPECT_TRUE(refused(temporary_.path() / "folder.tsv"));
  fs::create_symlink(file_, temporary_.path() / "link.tsv");
  EXPECT_TRUE(refused(temporary_.path() / "link.tsv"));
  fs::permissions(file_, fs::owner_read);
  const bool may_write_anything = ::geteuid() == 0;
  EXPECT_EQ(refused(file_), !may_write_anything);
}

}  // namespace
}  // namespace isoscan::app
