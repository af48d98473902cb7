/// @file What an outcome table says, in sentences. Private to report.
#pragma once

#include <string>
#include <vector>

#include "isoscan/report/outcome_report.hpp"

namespace isoscan::report {

/// "31.20 dB", "0.9512"; "n/a" for what is no number.
[[nodiscard]] std::string with_unit(const OutcomeMetric& metric, double value, int digits = 4);
/// "higher is better", "nearer to 1 is better", ...
[[nodiscard]] std::string direction_words(const OutcomeMetric& metric);
/// "0.55 dB better than two-pass (95 % interval 0.40 to 0.70)"; "" where there is nothing to compare.
/// @param baseline  empty: without "than ..."
[[nodiscard]] std::string gain_words(const OutcomeMetric& metric, const OutcomeCell& cell,
                                     const std::string& baseline);
/// "31.20 dB, SD 1.29, 95 % interval of the mean 29.1 to 33.3, 4 people".
[[nodiscard]] std::string value_words(const OutcomeMetric& metric, const Spread& spread);

/// The verdict: for the reader in a hurry.
[[nodiscard]] std::string headline(const OutcomeReport& report);
/// What to keep in mind: few people, intervals that miss by chance, who was left out.
[[nodiscard]] std::vector<std::string> cautions(const OutcomeReport& report);

/// Whether a measure has a good direction, and a method a value.
[[nodiscard]] bool is_judged(const OutcomeReport& report, std::size_t metric);

/// One measure's verdict.
struct MetricVerdict {
  std::string best;    ///< "restore is best: 33.0 dB, 3.6 dB better than two-pass (...)."
  std::string worse;   ///< "Worse than two-pass: none, zscore.", or empty
  std::string others;  ///< better and not told apart, or empty
  std::string wanted;  ///< "Asked for: 0.95 to 1.00. Reached by ...", or empty
};
[[nodiscard]] MetricVerdict verdict_of(const OutcomeReport& report, std::size_t metric);

}  // namespace isoscan::report
