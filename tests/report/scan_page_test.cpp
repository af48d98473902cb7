#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/report/scan_record.hpp"
#include "isoscan/report/scan_report.hpp"

#include "html.hpp"
#include "made_scan.hpp"

namespace isoscan::report {
namespace {

const ScanImages& small_images() {
  static const ScanImages images =
      test::made_images(test::grid_of({2, 0, 1}, {true, false, true}, {150, 190, 140}, {3, 3, 3}));
  return images;
}

/// Nothing on the page is fetched, sent or run but what we put there.
void expect_closed(const std::string& html) {
  for (const test::Tag& tag : test::tags(html)) {
    for (const auto& [name, value] : tag.attributes) {
      EXPECT_NE(name.substr(0, 2), "on") << tag.name;
      EXPECT_NE(name, "style") << tag.name;
      if (name == "src") {
        EXPECT_EQ(value.substr(0, 22), "data:image/png;base64,");
      }
      if (name == "href") {
        EXPECT_TRUE(value.substr(0, 1) == "#" || value.substr(0, 2) == "./") << value;
        EXPECT_EQ(value.find(':'), std::string::npos) << value;
      }
      for (const char* loads :
           {"srcset", "action", "formaction", "poster", "background", "ping", "xlink:href"}) {
        EXPECT_NE(name, loads);
      }
    }
    for (const char* foreign :
         {"iframe", "object", "embed", "link", "base", "form", "video", "audio", "foreignObject"}) {
      EXPECT_NE(tag.name, foreign);
    }
  }
  const std::string style = test::between(html, "<style>", "</style>");
  EXPECT_EQ(style.find("url("), std::string::npos);
  EXPECT_EQ(style.find("@import"), std::string::npos);
  const std::string script = test::between(html, "<script>", "</script>");
  for (const char* network : {"fetch(", "XMLHttpRequest", "WebSocket", "sendBeacon", "import(", "http"}) {
    EXPECT_EQ(script.find(network), std::string::npos) << network;
  }
}

std::vector<std::string> tag_names(const std::string& html) {
  std::vector<std::string> names;
  for (const test::Tag& tag : test::tags(html)) names.push_back(tag.name);
  return names;
}

TEST(ScanPage, LoadsAndSendsNothing) {
  const std::string html = scan_page(test::made_report(small_images(), "calm"));
  expect_closed(html);
  EXPECT_EQ(html.find("http://"), std::string::npos);
  EXPECT_EQ(html.find("https://"), std::string::npos);
  EXPECT_NE(html.find("default-src &#39;none&#39;; img-src data:;"), std::string::npos);
  EXPECT_EQ(html.find("unsafe-inline"), std::string::npos);
}

TEST(ScanPage, ThePolicyNamesExactlyItsOwnStyleAndScript) {
  const std::string html = scan_page(test::made_report(small_images(), "calm"));
  for (const char* part : {"style", "script"}) {
    const std::string text =
        test::between(html, std::string("<") + part + ">", std::string("</") + part + ">");
    ASSERT_FALSE(text.empty());
    const std::string hex = core::sha256(text);
    std::string bytes;
    for (std::size_t n = 0; n < hex.size(); n += 2) {
      bytes += static_cast<char>(std::stoi(hex.substr(n, 2), nullptr, 16));
    }
    EXPECT_NE(html.find(std::string(part) + "-src &#39;sha256-" + base64(bytes) + "&#39;"), std::string::npos)
        << part;
  }
}

TEST(ScanPage, HostileTextMakesNoElementAndNoAttribute) {
  const std::vector<std::string> calm = tag_names(scan_page(test::made_report(small_images(), "calm")));
  for (const std::string& text : test::hostile_texts()) {
    const std::string html = scan_page(test::made_report(small_images(), text));
    expect_closed(html);
    EXPECT_EQ(tag_names(html), calm) << text.substr(0, 40);
    EXPECT_EQ(html.find("<script>alert"), std::string::npos);
    EXPECT_EQ(html.find("\xE2\x80\xAE"), std::string::npos) << "a mark that turns text around";
    EXPECT_EQ(html.find('\x1B'), std::string::npos);
    EXPECT_EQ(html.find('\xFF'), std::string::npos) << "no UTF-8";
    EXPECT_LT(html.size(), 2'000'000U);
  }
  const std::string html = scan_page(test::made_report(small_images(), test::hostile_texts()[5]));
  EXPECT_NE(html.find("evil[U+202E]gnp.exe"), std::string::npos) << "what was hidden is shown";
}

TEST(ScanPage, AFullSizeScanStaysUnderTwoMegabytes) {
  const core::Grid grid = test::grid_of({0, 1, 2}, {true, true, false}, {256, 256, 256}, {1, 1, 1});
  ScanReport report = test::made_report(test::made_images(grid), "calm");
  const std::string html = scan_page(report);
  EXPECT_LT(html.size(), 2'000'000U);
  EXPECT_GT(html.size(), 300'000U) << "the pictures are there";
}

TEST(ScanPage, PureNoiseStillFits) {
  const core::Grid grid = test::grid_of({0, 1, 2}, {false, false, false}, {256, 256, 256}, {1, 1, 1});
  core::Random random(2);
  ScanImages images;
  images.before = core::Volume(grid);
  images.after = core::Volume(grid);
  for (float& value : images.before.voxels) value = static_cast<float>(random.uniform(0, 1.3));
  for (float& value : images.after->voxels) value = static_cast<float>(random.uniform(0, 1.3));
  EXPECT_LT(scan_page(test::made_report(images, "noise")).size(), 2'000'000U);
}

TEST(ScanPage, SameRecordSameBytes) {
  const ScanReport report = test::made_report(small_images(), "calm");
  EXPECT_EQ(scan_page(report), scan_page(report));
}

TEST(ScanPage, SaysTheVerdictAndTheReasonFirst) {
  ScanReport report = test::made_report(small_images(), "calm");
  report.reason = "because of this";
  for (const Verdict verdict :
       {Verdict::Failed, Verdict::Refused, Verdict::PassedThrough, Verdict::Harmonized}) {
    report.verdict = verdict;
    const std::string html = scan_page(report);
    std::string word = name(verdict);
    word.front() = static_cast<char>(std::toupper(word.front()));
    EXPECT_NE(test::between(html, "<h1", "</h1>").find(word), std::string::npos);
    EXPECT_LT(html.find("because of this"), html.find("<img"));
    EXPECT_NE(html.find("Research use only"), std::string::npos);
  }
}

TEST(ScanPage, EveryPictureHasWordsAndASizeAndSidesAreMarked) {
  const std::string html = scan_page(test::made_report(small_images(), "calm"));
  std::size_t pictures = 0;
  for (const test::Tag& tag : test::tags(html)) {
    if (tag.name != "img") continue;
    ++pictures;
    EXPECT_TRUE(tag.attributes.contains("alt"));
    EXPECT_GT(std::stoi(tag.attributes.at("width")), 10);
    EXPECT_GT(std::stoi(tag.attributes.at("height")), 10);
  }
  // Three planes of six: before, after, contours, change, contours.
  EXPECT_EQ(pictures, 90U);
  EXPECT_EQ(test::occurrences(html, "<div class=\"tile\""), 36U);
  EXPECT_GE(test::occurrences(html, "<span class=\"mark l\">R</span>"), 24U);
  EXPECT_GE(test::occurrences(html, "<span class=\"mark l\">A</span>"), 12U);
}

TEST(ScanPage, ARefusedScanShowsItsInputAndNoChange) {
  ScanReport report = test::made_report(small_images(), "calm");
  report.verdict = Verdict::Refused;
  report.images->after.reset();
  const std::string html = scan_page(report);
  EXPECT_EQ(html.find("view-after\" checked"), std::string::npos);
  EXPECT_EQ(html.find("What was changed"), std::string::npos);
  EXPECT_NE(html.find("The scan as it came"), std::string::npos);
  EXPECT_EQ(test::occurrences(html, "<polyline class=\"after\""), 0U);
}

TEST(ScanPage, AnUnchangedScanSaysSo) {
  ScanReport report = test::made_report(small_images(), "calm");
  report.verdict = Verdict::PassedThrough;
  report.images->after = report.images->before;
  const std::string html = scan_page(report);
  EXPECT_NE(html.find("output equals input"), std::string::npos);
  EXPECT_EQ(html.find("What was changed"), std::string::npos);
}

TEST(ScanPage, AFailureNeedsNoPicture) {
  ScanReport report;
  report.id = "sub-01";
  report.reason = "the file ends early";
  const std::string html = scan_page(report);
  EXPECT_EQ(test::occurrences(html, "<img"), 0U);
  EXPECT_NE(html.find("the file ends early"), std::string::npos);
  EXPECT_EQ(html.find(">-1"), std::string::npos);
}

TEST(ScanPage, WithoutTissueItSaysWhyThereIsNoHistogram) {
  ScanReport report = test::made_report(small_images(), "calm");
  report.images->tissue.reset();
  const std::string html = scan_page(report);
  EXPECT_NE(html.find("Not shown: no tissue maps"), std::string::npos);
  EXPECT_EQ(html.find("id=\"contours\""), std::string::npos);
}

TEST(ScanPage, MeasuresSayWhereTheyLieOrWhyTheyDoNotApply) {
  ScanReport report;
  report.measures = {{"inside", 0.7, {}, "", "", Range{0.6, 0.8}, ""},
                     {"high", 0.9, {}, "", "", Range{0.6, 0.8}, ""},
                     {"low", 0.1, {}, "", "", Range{0.6, 0.8}, ""},
                     {"air", {}, {}, "no air in a skull-stripped scan", "", {}, ""},
                     {"broken", std::nan(""), {}, "", "", Range{0.6, 0.8}, ""}};
  EXPECT_EQ(measures_outside(report.measures), 2U);
  const std::string html = scan_page(report);
  EXPECT_NE(html.find("as usual"), std::string::npos);
  EXPECT_NE(html.find("above the reference"), std::string::npos);
  EXPECT_NE(html.find("below the reference"), std::string::npos);
  EXPECT_NE(html.find("not applicable: no air in a skull-stripped scan"), std::string::npos);
  EXPECT_NE(html.find("not applicable: the value is not a number"), std::string::npos);
}

TEST(ScanPage, WhatIsBetterThanTheReferenceIsNotOutside) {
  const auto outside = [](double value, Direction direction) {
    return measures_outside({{"m", value, {}, "", "", Range{0.6, 0.8}, "", direction}});
  };
  EXPECT_EQ(outside(0.9, Direction::Higher), 0U);
  EXPECT_EQ(outside(0.5, Direction::Higher), 1U);
  EXPECT_EQ(outside(0.9, Direction::Lower), 1U);
  EXPECT_EQ(outside(0.5, Direction::Lower), 0U);
  EXPECT_EQ(outside(0.9, Direction::Near) + outside(0.5, Direction::Near), 2U);
}

TEST(ScanPage, SaysHowManyLieOutsideByChance) {
  std::vector<Measure> measures(20, {"m", 0.7, {}, "", "", Range{0.6, 0.8}, ""});
  for (Measure& measure : measures) measure.reference_people = 12;
  EXPECT_EQ(outside_words(measures), "All 20 measures lie in the reference's range.");
  EXPECT_NEAR(outside_by_chance(measures), 0.2, 1e-12);
  measures[0].value = 0.9;
  measures[1].direction = Direction::Higher;  // one side
  EXPECT_NEAR(outside_by_chance(measures), 0.195, 1e-12);
  EXPECT_EQ(outside_words(measures),
            "1 of 20 measures lies outside the reference's range (by chance alone about 0.2 would).");
  EXPECT_EQ(outside_words({}), "No measure could be held against the reference.");
  ScanReport report;
  report.verdict = Verdict::Harmonized;
  report.measures = measures;
  EXPECT_NE(scan_page(report).find("about 0.2 outside by chance"), std::string::npos);
}

// A mask of 1.2 mm over a change of 0.94 mm: air, of which there is more than brain, must not count.
TEST(ScanPage, TheChangeIsTheBrainsWhateverGridTheMaskHas) {
  const auto grid = [](double mm) {
    return test::grid_of({0, 1, 2}, {true, true, false}, {150, 190, 140}, {mm, mm, mm});
  };
  ScanImages images = test::made_images(grid(0.94));
  images.change = core::Volume(images.before.grid);
  images.half_width = core::Volume(images.before.grid);
  for (std::size_t n = 0; n < images.brain.voxels.size(); ++n) {
    if (images.brain.voxels[n] == 0) continue;
    const bool left = n % 2 == 0;
    images.change->voxels[n] = left ? 0.1F : -0.2F;  // half of the brain at the bound of 0.2
    images.half_width->voxels[n] = 0.05F;
  }
  images.brain = test::made_images(grid(1.2)).brain;
  const ScanFigures figures = *scan_record(test::made_report(std::move(images), "calm")).figures;
  EXPECT_NEAR(figures.change->at_bound, 0.5, 0.01);
  EXPECT_GE(figures.change->typical, 0.1 - 1e-6);
  EXPECT_NEAR(figures.half_width.value(), 0.05, 1e-6);
  EXPECT_NEAR(figures.change->p99, 0.2, 1e-6);
}

TEST(ScanPage, SaysThatTheChangeComesAfterTheReceiveField) {
  ScanReport report = test::made_report(small_images(), "calm");
  report.images->receive_field = Range{0.81, 1.23};
  const std::string html = scan_page(report);
  EXPECT_NE(html.find("from 0.81 to 1.2 of its mean"), std::string::npos);
  EXPECT_NE(html.find("after the scan's receive field was divided out"), std::string::npos)
      << test::between(html, "id=\"change-title\"", "</div>");
  EXPECT_EQ(html.find("After minus before"), std::string::npos);
}

TEST(ScanPage, ASeedIsShownWhereOneWasUsed) {
  ScanReport report;
  EXPECT_EQ(scan_page(report).find("<dt>Seed</dt>"), std::string::npos);
  report.provenance.seed = 0;
  EXPECT_NE(scan_page(report).find("<dt>Seed</dt>"), std::string::npos);
}

TEST(ScanPage, SaysWhereTheScanLiesInItsSite) {
  ScanReport report;
  report.provenance.site_scans = 7;
  report.measures = {{"m", 0.7, 0.6, "", "", Range{0.6, 0.8}, ""}};
  EXPECT_EQ(scan_page(report).find("Before, in its site"), std::string::npos) << "nothing is known of it";
  report.measures[0].site = Range{0.65, 0.75};
  std::string html = scan_page(report);
  EXPECT_NE(html.find("0.650 to 0.750"), std::string::npos);
  EXPECT_NE(html.find("below the site"), std::string::npos);
  EXPECT_NE(html.find("the 7 scans, before harmonizing"), std::string::npos);
  EXPECT_EQ(html.find("this scan is one of them"), std::string::npos);
  report.provenance.learnt_here = true;
  html = scan_page(report);
  EXPECT_NE(html.find("this scan is one of them"), std::string::npos);
}

TEST(ScanPage, ShowsATypicalBrainOfTheReferenceOrSaysWhyNot) {
  ScanReport report = test::made_report(small_images(), "calm");
  report.images->reference_like_missing = "the package is of three people";
  std::string html = scan_page(report);
  EXPECT_NE(html.find("No picture of the reference: the package is of three people."), std::string::npos);
  EXPECT_EQ(html.find("id=\"view-reference\""), std::string::npos);
  report.images->reference_like = report.images->before;
  report.images->reference_people = 8;
  html = scan_page(report);
  EXPECT_NE(html.find("id=\"view-reference\""), std::string::npos);
  EXPECT_NE(html.find("the average of 8 people"), std::string::npos);
  const auto figures = scan_record(report).figures.value();
  EXPECT_EQ(figures.rows.at(0).tiles.at(0).reference, figures.rows.at(0).tiles.at(0).before)
      << "the same place in the same window";
}

TEST(ScanPage, EveryPictureSaysWhichVoxelsItShows) {
  const core::Grid grid = small_images().before.grid;
  const auto figures = scan_record(test::made_report(small_images(), "calm")).figures.value();
  for (const TileRow& row : figures.rows) {
    for (const Tile& tile : row.tiles) {
      const auto& [at, right, down] = tile.voxels.value();
      core::Vec3 last{};
      for (std::size_t a = 0; a < 3; ++a)
        last[a] = at[a] + right[a] * (tile.slice.width - 1) + down[a] * (tile.slice.height - 1);
      const core::Vec3 world = grid.world_from_voxel(last);
      for (std::size_t a = 0; a < 3; ++a) {
        EXPECT_NEAR(world[a],
                    tile.slice.origin_mm[a] + tile.slice.right_mm[a] * (tile.slice.width - 1) +
                        tile.slice.down_mm[a] * (tile.slice.height - 1),
                    1e-3);
        EXPECT_GE(last[a], -0.01);
        EXPECT_LE(last[a], static_cast<double>(grid.size[a] - 1) + 0.01);
      }
      int moving = 0;
      for (std::size_t a = 0; a < 3; ++a)
        moving += std::abs(right[a]) > 1e-6 || std::abs(down[a]) > 1e-6 ? 1 : 0;
      EXPECT_EQ(moving, 2) << "a slice stays in its plane of voxels";
    }
  }
}

TEST(ScanPage, TheBoundIsMarkedAndWhatItHeldBackIsSaid) {
  ScanReport report = test::made_report(small_images(), "calm");
  report.images->bound = 0.05;  // grey matter changes by 0.07
  for (std::size_t n = 0; n < report.images->before.voxels.size(); ++n) {
    float& after = report.images->after->voxels[n];
    const float before = report.images->before.voxels[n];
    after = std::clamp(after, before - 0.05F, before + 0.05F);
  }
  const std::string html = scan_page(report);
  EXPECT_NE(html.find("bound +0.05"), std::string::npos);
  EXPECT_NE(html.find("The bound of 0.050 held back"), std::string::npos);
  report.images->bound = 0.5;
  EXPECT_NE(scan_page(report).find("was not reached"), std::string::npos);
}

TEST(ScanPage, HowFarVoxelsMayBeOffIsShownWhereItIsStated) {
  ScanReport report = test::made_report(small_images(), "calm");
  EXPECT_EQ(scan_page(report).find("How far voxels may be off"), std::string::npos);
  report.images->half_width = core::Volume(report.images->before.grid, 0.04F);
  const std::string html = scan_page(report);
  EXPECT_NE(html.find("How far voxels may be off"), std::string::npos);
  EXPECT_NE(html.find("90 % of the brain"), std::string::npos);
  EXPECT_NE(html.find("Its median is 0.040"), std::string::npos);
  EXPECT_EQ(test::occurrences(html, "alt=\"uncertainty map"), 18U);
  EXPECT_NE(html.find("Colour bar of the uncertainty"), std::string::npos);
  report.images->after = report.images->before;  // passed through: nothing was done that may be off
  EXPECT_EQ(scan_page(report).find("How far voxels may be off"), std::string::npos);
}

TEST(ScanPage, ChangeNeedsOneGridOrToBeGiven) {
  ScanReport report = test::made_report(small_images(), "calm");
  core::Grid moved = report.images->before.grid;
  moved.world_from_voxel.offset[0] += 1.0;
  report.images->after->grid = moved;
  EXPECT_THROW((void)scan_page(report), core::Error);
  report.images->change = core::Volume(moved, 0.01F);
  EXPECT_NE(scan_page(report).find("What was changed"), std::string::npos);
}

TEST(ScanPage, RefusesOptionsThatCannotBe) {
  ScanPageOptions options;
  options.window = {1.0, 1.0};
  EXPECT_THROW((void)scan_page({}, options), core::Error);
  options = {};
  options.limit_bytes = 10;
  EXPECT_THROW((void)scan_page({}, options), core::Error);
  options = {};
  options.mosaic.slices = 0;
  EXPECT_THROW((void)scan_page({}, options), core::Error);
}

}  // namespace
}  // namespace isoscan::report
