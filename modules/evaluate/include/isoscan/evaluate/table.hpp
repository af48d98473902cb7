/// @file Outcome tables: measures by method over the same people, compared in pairs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace isoscan::evaluate {

/// One value a person where the measure exists for that person.
using PerPerson = std::vector<std::optional<double>>;

struct TableRow {
  std::string method;
  std::map<std::string, PerPerson> measures;  ///< by measure name; as many values as the table has people
};

/// Somebody who should have taken part and could not.
struct LeftOut {
  std::string id;
  std::string reason;  ///< one line
};

struct OutcomeTable {
  std::string title;
  std::string test;     ///< "travellers", "rescan", "sites", "controls", "longitudinal", "bias"
  std::string scanner;  ///< the virtual scanner, or "real"
  int k = 0;            ///< people that the site was learnt from
  std::uint64_t seed = 0;
  std::string baseline;                         ///< the method that others are compared with, in pairs
  std::map<std::string, std::string> settings;  ///< what the table depends on; each value is JSON text
  std::vector<std::string> people;              ///< pseudonyms, in the order of the values
  std::vector<std::string> measures;            ///< column order
  std::set<std::string>
      by_repeat;  ///< measures with one value a repeat, not a person: classifiers, distances
  std::vector<TableRow> rows;
  /// Rows that are no method to choose: told the truth, a null, or perfect by definition.
  std::set<std::string> yardsticks;
  std::vector<std::string> notes;
  std::vector<LeftOut> left_out;  ///< the table is of the others
};

struct Statistic {
  double mean = 0.0;
  double sd = 0.0;  ///< sample SD, 0 for one value
  int count = 0;
  double low = 0.0;  ///< 95 % interval of the mean by Student's t; equal to the mean for one value
  double high = 0.0;
};

/// Over the values that exist. No value: nothing.
[[nodiscard]] std::optional<Statistic> statistic(const PerPerson& values);
/// Of a - b, person by person where both exist. @throws Error(Internal) where the counts differ.
[[nodiscard]] std::optional<Statistic> paired_difference(const PerPerson& a, const PerPerson& b);

/// Aligned columns: "mean sd" a measure; the first measure also with its paired difference to the baseline.
[[nodiscard]] std::string to_text(const OutcomeTable& table);
/// The whole experiment as one object: settings, people, who was left out, all values, statistics and paired
/// differences. Same table, same bytes.
[[nodiscard]] std::string to_json(const OutcomeTable& table);

/// One object a row and measure, in an array (data_schemas/evaluation.schema.json): test, scanner, k, seed,
/// method, metric, mean, sd, people (how many values), low and high (95 % interval of the mean), values, ids
/// (pseudonyms; for measures by repeat the numbers of the repeats) and less_baseline (paired difference).
/// Draws on the same people tell nothing of other people: measures by repeat have no interval and no
/// difference. A measure that exists for nobody has mean and sd null. Same table, same bytes.
[[nodiscard]] std::string to_json_rows(const OutcomeTable& table);
/// The same numbers as tab-separated text with a header; "n/a" where there is none.
[[nodiscard]] std::string to_tsv(const OutcomeTable& table);

}  // namespace isoscan::evaluate
