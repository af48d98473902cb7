// Judgements: the table, its torn and damaged lines, the last word, agreement against published examples.
#include "isoscan/report/ratings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"

namespace isoscan::report {
namespace {

using config::Json;

Json judgement(const std::string& rater, const std::string& scan, const std::string& word) {
  return Json(Json::Object{{"rater", rater},
                           {"scan", scan},
                           {"rating", word},
                           {"artefacts", Json(Json::Array{"noise", "motion", "noise"})},
                           {"comment", "one\ttwo\nthree"},
                           {"output_sha256", std::string(64, 'a')}});
}

std::vector<Rating> table_of(const std::vector<std::array<std::string, 3>>& rows) {
  std::vector<Rating> ratings;
  for (const auto& [rater, scan, word] : rows)
    ratings.push_back(rating_of(judgement(rater, scan, word), "2026-11-29T07:15:00Z"));
  return ratings;
}

TEST(Ratings, ALineReadsBackAsItWasWritten) {
  const Rating rating = rating_of(judgement("Ann", "sub-01_ses-1", "reject"), "2026-11-29T07:15:00Z");
  EXPECT_EQ(rating.artefacts, (std::vector<std::string>{"motion", "noise"}))
      << "in the list's order, once each";
  EXPECT_EQ(rating.comment, "one two three") << "a comment cannot make columns or lines";
  const std::string table = std::string(kRatingsHeader) + ratings_line(rating);
  const std::vector<Rating> read = read_ratings(table, "ratings.tsv");
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(to_json(read[0]), to_json(rating));
}

TEST(Ratings, ATornLastLineIsLeftOutAndADamagedOneIsNamed) {
  const std::string good = std::string(kRatingsHeader) +
                           ratings_line(rating_of(judgement("Ann", "a", "accept"), "2026-11-29T07:15:00Z"));
  for (std::size_t cut = kRatingsHeader.size(); cut + 1 < good.size(); ++cut)
    EXPECT_TRUE(read_ratings(good.substr(0, cut), "t").empty()) << cut;
  EXPECT_EQ(read_ratings(good.substr(0, good.size() - 1), "t").size(), 1U)
      << "whole but for its end: somebody appended it by hand";
  EXPECT_EQ(read_ratings(good + "2026\tBo", "t").size(), 1U);
  try {
    (void)read_ratings(good + "no rating\n" + good, "ratings.tsv");
    FAIL() << "a damaged line was taken";
  } catch (const core::Error& error) {
    EXPECT_EQ(error.kind(), core::ErrorKind::Input);
    EXPECT_THAT(error.what(), testing::StartsWith("ratings.tsv:3: has 1 columns, not 8"));
  }
}

TEST(Ratings, TablesThatWereJoinedInAnyOrderSayTheSame) {
  const auto line = [](const char* word, const char* time) {
    return ratings_line(rating_of(judgement("Ann", "a", word), time));
  };
  const std::string old = line("reject", "2026-11-20T07:15:00Z");
  const std::string later = line("accept", "2026-11-29T07:15:00Z");
  const std::string header(kRatingsHeader);
  for (const std::string& table : {header + old + later, header + later + header + old}) {
    const auto last = latest(read_ratings(table, "t"));
    ASSERT_EQ(last.size(), 1U);
    EXPECT_EQ(last[0].judgement, Judgement::Accept);
  }
  std::string windows = header + old;
  for (std::size_t at = 0; (at = windows.find('\n', at)) != std::string::npos; at += 2)
    windows.insert(at, "\r");
  EXPECT_EQ(read_ratings(windows, "t").size(), 1U) << "as a spreadsheet saves it";
}

TEST(Ratings, NoFieldIsAFormulaAndAllReadBack) {
  Json json = judgement("=HYPERLINK(1)", "a", "accept");
  json["comment"] = "@cmd|x";
  const Rating rating = rating_of(json, "2026-11-29T07:15:00Z");
  const std::string line = ratings_line(rating);
  EXPECT_THAT(line, testing::HasSubstr("\t'=HYPERLINK(1)\t"));
  EXPECT_THAT(line, testing::HasSubstr("\t'@cmd|x\t"));
  EXPECT_EQ(to_json(read_ratings(std::string(kRatingsHeader) + line, "t").at(0)), to_json(rating));
}

TEST(Ratings, WhatWasSaidOfAnEarlierOutputDoesNotCount) {
  const std::vector<Rating> ratings = table_of({{"Ann", "a", "accept"}, {"Bo", "a", "reject"}});
  const std::string now(64, 'a');
  EXPECT_EQ(current(ratings, {{"a", now}}).size(), 2U);
  EXPECT_TRUE(current(ratings, {{"a", std::string(64, 'b')}}).empty());
  EXPECT_TRUE(current(ratings, {}).empty()) << "no such scan";
  EXPECT_EQ(agreement(current(ratings, {{"a", std::string(64, 'b')}})).by_two, 0U);
}

TEST(Ratings, WhatAPageSendsIsCheckedWhole) {
  const auto refused = [](const std::string& key, const Json& value) {
    Json json = judgement("Ann", "a", "accept");
    json[key] = value;
    try {
      (void)rating_of(json, "now");
    } catch (const core::Error& error) {
      return error.kind() == core::ErrorKind::Input;
    }
    return false;
  };
  EXPECT_TRUE(refused("rater", ""));
  EXPECT_TRUE(refused("rater", " \t "));
  EXPECT_TRUE(refused("rater", std::string(65, 'x')));
  EXPECT_TRUE(refused("scan", "../../etc/passwd"));
  EXPECT_TRUE(refused("rating", "maybe"));
  EXPECT_TRUE(refused("artefacts", Json(Json::Array{"<b>"})));
  EXPECT_TRUE(refused("artefacts", "motion"));
  EXPECT_TRUE(refused("comment", std::string(1001, 'x')));
  EXPECT_TRUE(refused("output_sha256", "xyz"));
  EXPECT_TRUE(refused("time", "1999-01-01T00:00:00Z")) << "the browser's clock is not asked";
  EXPECT_FALSE(refused("comment", std::string(1000, 'x')));
}

Json box(const Json& low, const Json& high, const std::string& artefact = "ghosts",
         const std::string& plane = "axial") {
  return Json(Json::Object{{"artefact", artefact}, {"plane", plane}, {"low", low}, {"high", high}});
}

TEST(Ratings, BoxesAreKeptWithKindPlaneAndVoxels) {
  Json json = judgement("Ann", "sub-01", "reject");
  json["boxes"] =
      Json(Json::Array{box(Json(Json::Array{40, 60, 72}), Json(Json::Array{55, 61, 72})),
                       box(Json(Json::Array{0, 1, 2}), Json(Json::Array{0, 1, 2}), "motion", "coronal")});
  const Rating rating = rating_of(json, "2026-11-29T07:15:00Z");
  const std::string line = ratings_line(rating);
  EXPECT_THAT(line, testing::EndsWith("\tghosts:axial:40,60,72:55,61,72;motion:coronal:0,1,2:0,1,2\n"));
  const auto read = read_ratings(std::string(kRatingsHeader) + line, "ratings.tsv");
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(to_json(read[0]), to_json(rating));
  EXPECT_EQ(read[0].boxes.at(1).plane, Plane::Coronal);
}

TEST(Ratings, ABoxThatIsNoneIsRefusedFromThePageAndFromTheTable) {
  const Json low = Json(Json::Array{1, 2, 3});
  const std::vector<Json> bad{box(Json(Json::Array{2, 2, 3}), low),  // begins beyond its end
                              box(Json(Json::Array{-1, 2, 3}), low), box(low, Json(Json::Array{1, 2, 99999})),
                              box(low, Json(Json::Array{1, 2})),     box(low, low, "<b>"),
                              box(low, low, "ghosts", "oblique"),    Json("ghosts:axial:1,2,3:1,2,3")};
  for (const Json& each : bad) {
    Json json = judgement("Ann", "a", "accept");
    json["boxes"] = Json(Json::Array{each});
    EXPECT_THROW((void)rating_of(json, "now"), core::Error) << each.dump();
  }
  Json json = judgement("Ann", "a", "accept");
  Json::Array many(kMostBoxes + 1, box(low, low));
  json["boxes"] = Json(many);
  EXPECT_THROW((void)rating_of(json, "now"), core::Error);
  const std::string line = ratings_line(rating_of(judgement("Ann", "a", "accept"), "2026-11-29T07:15:00Z"));
  const std::string begin = std::string(kRatingsHeader) + line.substr(0, line.rfind('\t') + 1);
  for (const char* field :
       {"ghosts", "ghosts:axial:1,2,3", "ghosts:axial:1,2,3:1,2", "ghosts:axial:1,2,3:0,2,3",
        "ghosts:axial:1,2,x:1,2,3", "ghosts:axial:1,2,3:1,2,3;", "x:axial:1,2,3:1,2,3"}) {
    EXPECT_THROW((void)read_ratings(begin + field + "\n", "t"), core::Error) << field;
  }
}

TEST(Ratings, ATableWithoutBoxesIsStillRead) {
  const std::string line = ratings_line(rating_of(judgement("Ann", "a", "accept"), "2026-11-29T07:15:00Z"));
  const std::string earlier = line.substr(0, line.rfind('\t')) + "\n";
  const auto read = read_ratings(std::string(kRatingsHeaderWithoutBoxes) + earlier, "t");
  ASSERT_EQ(read.size(), 1U);
  EXPECT_TRUE(read[0].boxes.empty());
  EXPECT_EQ(ratings_line(read[0]), line);
}

TEST(Ratings, ALineHasBoxesOrNotWhateverItsHeaderSays) {
  const std::string line = ratings_line(rating_of(judgement("Ann", "a", "accept"), "2026-11-29T07:15:00Z"));
  const std::string earlier = line.substr(0, line.rfind('\t')) + "\n";
  for (const std::string_view header : {kRatingsHeader, kRatingsHeaderWithoutBoxes}) {
    const std::string begin(header);
    EXPECT_EQ(read_ratings(begin + earlier + line, "t").size(), 2U);
    EXPECT_EQ(has_earlier_form(begin + line), header == kRatingsHeaderWithoutBoxes);
    EXPECT_TRUE(has_earlier_form(begin + earlier));
  }
  EXPECT_TRUE(read_ratings(std::string(kRatingsHeader) + earlier.substr(0, earlier.size() - 1), "t").empty())
      << "may have lost its boxes with its end";
}

TEST(Ratings, ATimeHasOneForm) {
  const std::string line = ratings_line(rating_of(judgement("Ann", "a", "accept"), "2026-11-29T07:15:00Z"));
  const std::string rest = line.substr(line.find('\t'));
  const std::string header(kRatingsHeader);
  EXPECT_EQ(read_ratings(header + "2026-02-28T23:59:59Z" + rest, "t").size(), 1U);
  for (const char* time :
       {"", "now", "2026-11-29 07:15:00Z", "2026-11-29T07:15:00", "2026-13-29T07:15:00Z",
        "2026-11-00T07:15:00Z", "2026-11-29T24:15:00Z", "2026-11-29T07:15:00.5Z", "29-11-2026T07:15:00Z",
        "\xEF\xBC\x92"
        "026-11-29T07:15Z"})
    EXPECT_THROW((void)read_ratings(header + time + rest, "t"), core::Error) << time;
}

TEST(Ratings, AnnAndAnnInSmallLettersAreOnePerson) {
  const auto last = latest(table_of({{"Ann", "a", "accept"}, {"ann", "a", "reject"}, {"Bo", "a", "reject"}}));
  ASSERT_EQ(last.size(), 2U);
  EXPECT_EQ(agreement(last).raters, 2U);
  EXPECT_EQ(agreement(last).agreed, 1U);
}

TEST(Ratings, TheLastWordOfEachRaterCounts) {
  const auto ratings = table_of({{"Ann", "a", "accept"}, {"Bo", "a", "accept"}, {"Ann", "a", "unsure"}});
  const auto last = latest(ratings);
  ASSERT_EQ(last.size(), 2U);
  EXPECT_EQ(last[0].rater, "Bo");
  EXPECT_EQ(last[1].judgement, Judgement::Unsure);
}

TEST(Ratings, AcceptedIsWhatNobodyDoubtsOnTheOutputThatIsThere) {
  const auto ratings = table_of({{"Ann", "both", "accept"},
                                 {"Bo", "both", "accept"},
                                 {"Ann", "doubted", "accept"},
                                 {"Bo", "doubted", "unsure"},
                                 {"Ann", "stale", "accept"},
                                 {"Ann", "gone", "accept"},
                                 {"Ann", "changed", "reject"},
                                 {"Ann", "changed", "accept"}});
  const std::string now(64, 'a');
  EXPECT_EQ(
      accepted(ratings, {{"both", now}, {"doubted", now}, {"stale", std::string(64, 'b')}, {"changed", now}}),
      (std::vector<std::string>{"both", "changed"}));
}

// Krippendorff, Computing Krippendorff's Alpha-Reliability (2011): its examples A, B and C.
TEST(KrippendorffAlpha, AgreesWithThePublishedExamples) {
  const auto pairs = [](const std::vector<int>& a, const std::vector<int>& b) {
    std::vector<std::vector<int>> units;
    for (std::size_t n = 0; n < a.size(); ++n) units.push_back({a[n], b[n]});
    return units;
  };
  const auto binary =
      krippendorff_alpha(pairs({0, 1, 0, 0, 0, 0, 0, 0, 1, 0}, {1, 1, 1, 0, 0, 1, 0, 0, 0, 0}));
  ASSERT_TRUE(binary);
  EXPECT_NEAR(*binary, 0.095, 0.0005);
  // a b c d e as 1 .. 5
  const auto nominal =
      krippendorff_alpha(pairs({1, 1, 2, 2, 4, 3, 3, 3, 5, 4, 4, 1}, {2, 1, 2, 2, 2, 3, 3, 3, 5, 4, 4, 4}));
  ASSERT_TRUE(nominal);
  EXPECT_NEAR(*nominal, 0.692, 0.0005);
  const auto missing = krippendorff_alpha({{1, 1, 1},
                                           {2, 2, 3, 2},
                                           {3, 3, 3, 3},
                                           {3, 3, 3, 3},
                                           {2, 2, 2, 2},
                                           {1, 2, 3, 4},
                                           {4, 4, 4, 4},
                                           {1, 1, 2, 1},
                                           {2, 2, 2, 2},
                                           {5, 5, 5},
                                           {1, 1},
                                           {3}});
  ASSERT_TRUE(missing);
  EXPECT_NEAR(*missing, 0.743, 0.0005);
}

TEST(KrippendorffAlpha, HasNoValueWhereNothingCanBeCompared) {
  EXPECT_FALSE(krippendorff_alpha({}));
  EXPECT_FALSE(krippendorff_alpha({{1}, {2}}));
  EXPECT_FALSE(krippendorff_alpha({{1, 1}, {1, 1}})) << "all the same: chance has no room";
  EXPECT_EQ(krippendorff_alpha({{1, 1}, {2, 2}}), 1.0);
}

TEST(Ratings, AgreementCountsScansThatTwoJudged) {
  const Agreement found = agreement(latest(table_of({{"Ann", "a", "accept"},
                                                     {"Bo", "a", "accept"},
                                                     {"Ann", "b", "reject"},
                                                     {"Bo", "b", "accept"},
                                                     {"Ann", "c", "unsure"}})));
  EXPECT_EQ(found.raters, 2U);
  EXPECT_EQ(found.scans, 3U);
  EXPECT_EQ(found.by_two, 2U);
  EXPECT_EQ(found.agreed, 1U);
}

}  // namespace
}  // namespace isoscan::report
