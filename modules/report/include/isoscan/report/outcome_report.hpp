/// @file The record of an outcome table, and its page: which method to trust, for what, and where not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "isoscan/report/scan_report.hpp"

namespace isoscan::report {

struct OutcomeMetric {
  std::string key;    ///< as in the table: "psnr_db"
  std::string title;  ///< "PSNR"
  std::string unit;   ///< "" for a ratio
  Direction direction = Direction::Neither;
  double aim = 0.0;             ///< of Direction::Near
  std::optional<Range> wanted;  ///< what a method is asked to reach
  std::string definition;       ///< plain words
  bool by_repeat = false;       ///< one value a repeat, not a person
};

struct Spread {
  double mean = 0.0;
  double sd = 0.0;
  std::optional<Range> interval;  ///< 95 %, of the mean; absent where chance over people is not known
  std::size_t count = 0;
};

/// How a method stands to the baseline in one measure.
enum class Standing : std::uint8_t {
  Baseline,
  Better,   ///< the interval of the gain lies above 0
  Worse,    ///< below 0
  Unclear,  ///< it holds 0: not told apart
  Unknown,  ///< there is a gain without an interval
  None,     ///< there is nothing to compare
};

struct OutcomeCell {
  std::optional<Spread> value;
  std::optional<Spread> less_baseline;  ///< as the table has it: paired difference of the values
  /// The more, the better, by the measure's direction: the mean, less the mean, or less the mean distance
  /// from the aim.
  std::optional<double> score;
  std::optional<Spread> gain;  ///< score less the baseline's, in pairs
  Standing standing = Standing::None;
  std::vector<std::optional<double>> values;  ///< one a person, or a repeat
};

struct OutcomeRow {
  std::string method;
  std::string explanation;         ///< one line
  bool yardstick = false;          ///< no method: it knows the truth, or it is a null. It cannot be the best.
  std::vector<OutcomeCell> cells;  ///< by OutcomeReport::metrics
};

struct OutcomeReport {
  std::string title;     ///< "travellers"
  std::string subtitle;  ///< the table's own title
  std::string question;  ///< what the test answers, one sentence
  std::string baseline;  ///< a row's method
  std::vector<OutcomeMetric> metrics;
  std::vector<OutcomeRow> rows;
  std::vector<std::string> people;                            ///< pseudonyms, in the order of the values
  std::vector<std::string> notes;                             ///< the test's own
  std::vector<std::pair<std::string, std::string>> left_out;  ///< who, why
  std::string command;                                        ///< without names of files
  std::string version;                                        ///< "isoscan 0.1.0"
  std::string date;                                           ///< "2026-12-01", or ""
  std::vector<std::pair<std::string, std::string>> facts;     ///< scanner, seed, counts
  std::vector<std::pair<std::string, std::string>> settings;  ///< name, JSON text
};

struct OutcomePageOptions {
  std::size_t limit_bytes = 1'900'000;  ///< dots, then lines of the table are left out until the page fits

  /// The first thing wrong, or empty.
  [[nodiscard]] std::string problem() const;
};

/// A self-contained HTML page as scan_page: verdict in words, every method against the baseline, a figure a
/// measure, the table, how it was made, a glossary. What is left out for the limit is said on the page. The
/// same record gives the same bytes. @throws core::Error(Config) on options; core::Error(Internal) where a
/// row has not as many cells as there are metrics.
[[nodiscard]] std::string outcome_page(const OutcomeReport& report, const OutcomePageOptions& options = {});

/// How an outcome page begins: by it a file is known as one.
[[nodiscard]] bool is_outcome_page(const std::string& html);

/// How much of single values a figure shows.
enum class Dots : std::uint8_t { Named, Bare, None };

/// A row a method: mean, SD and interval over the values of single people; the baseline as a line. HTML to
/// embed as it is; a sentence instead of a drawing where there is no value.
[[nodiscard]] std::string whisker_svg(const OutcomeReport& report, std::size_t metric,
                                      Dots dots = Dots::Named);

}  // namespace isoscan::report
