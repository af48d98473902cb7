// Tables as rows of one measure each: for programs, spreadsheets and judges.
#include <array>
#include <cstdio>

#include "isoscan/config/json.hpp"
#include "isoscan/evaluate/table.hpp"

namespace isoscan::evaluate {

namespace {

using config::Json;

/// A measure of a row of the table.
struct Line {
  std::string method;
  std::string metric;
  const PerPerson* values = nullptr;
  std::optional<Statistic> statistic;
  std::optional<Statistic> less_baseline;
};

const PerPerson* baseline_values(const OutcomeTable& table, const std::string& metric) {
  for (const TableRow& row : table.rows) {
    if (row.method != table.baseline) continue;
    const auto found = row.measures.find(metric);
    return found == row.measures.end() ? nullptr : &found->second;
  }
  return nullptr;
}

std::vector<Line> lines_of(const OutcomeTable& table) {
  std::vector<Line> lines;
  for (const TableRow& row : table.rows) {
    for (const std::string& metric : table.measures) {
      const auto found = row.measures.find(metric);
      if (found == row.measures.end()) continue;
      Line line{row.method, metric, &found->second, statistic(found->second), std::nullopt};
      const PerPerson* base = baseline_values(table, metric);
      if (base != nullptr && row.method != table.baseline && base->size() == found->second.size() &&
          table.by_repeat.count(metric) == 0)
        line.less_baseline = paired_difference(found->second, *base);
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

std::string number(double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

}  // namespace

std::string to_json_rows(const OutcomeTable& table) {
  Json::Array rows;
  for (const Line& line : lines_of(table)) {
    Json::Array values;
    Json::Array ids;
    const bool of_people =
        table.by_repeat.count(line.metric) == 0 && line.values->size() == table.people.size();
    for (std::size_t n = 0; n < line.values->size(); ++n) {
      const auto& value = (*line.values)[n];
      values.push_back(value ? Json(*value) : Json(nullptr));
      ids.emplace_back(of_people ? table.people[n] : std::to_string(n + 1));
    }
    const auto& s = line.statistic;
    // One value has no interval.
    const bool interval = s && of_people && s->count > 1;
    Json::Object row{{"test", table.test},
                     {"scanner", table.scanner},
                     {"k", table.k},
                     {"seed", table.seed},
                     {"method", line.method},
                     {"metric", line.metric},
                     {"mean", s ? Json(s->mean) : Json(nullptr)},
                     {"sd", s ? Json(s->sd) : Json(nullptr)},
                     {"low", interval ? Json(s->low) : Json(nullptr)},
                     {"high", interval ? Json(s->high) : Json(nullptr)},
                     {"people", s ? s->count : 0},
                     {"over", of_people ? "people" : "repeats"},
                     {"values", Json(std::move(values))},
                     {"ids", Json(std::move(ids))}};
    if (const auto& d = line.less_baseline) {
      row.emplace("less_baseline", Json::Object{{"baseline", table.baseline},
                                                {"mean", d->mean},
                                                {"low", d->count > 1 ? Json(d->low) : Json(nullptr)},
                                                {"high", d->count > 1 ? Json(d->high) : Json(nullptr)},
                                                {"people", d->count}});
    }
    rows.emplace_back(std::move(row));
  }
  return Json(std::move(rows)).dump_pretty();
}

std::string to_tsv(const OutcomeTable& table) {
  std::string text =
      "test\tscanner\tk\tseed\tmethod\tmetric\tmean\tsd\tpeople\tlow\thigh\tless_baseline\t"
      "less_baseline_low\tless_baseline_high\n";
  for (const Line& line : lines_of(table)) {
    const auto cell = [](const std::optional<Statistic>& s, double Statistic::*part) {
      return s ? number((*s).*part) : std::string("n/a");
    };
    const auto bound = [&](const std::optional<Statistic>& of, double Statistic::*part) {
      return cell(of && of->count > 1 ? of : std::nullopt, part);
    };
    const bool of_draws = table.by_repeat.count(line.metric) > 0;
    text += table.test + "\t" + table.scanner + "\t" + std::to_string(table.k) + "\t" +
            std::to_string(table.seed) + "\t" + line.method + "\t" + line.metric + "\t" +
            cell(line.statistic, &Statistic::mean) + "\t" + cell(line.statistic, &Statistic::sd) + "\t" +
            std::to_string(line.statistic ? line.statistic->count : 0) + "\t" +
            bound(of_draws ? std::nullopt : line.statistic, &Statistic::low) + "\t" +
            bound(of_draws ? std::nullopt : line.statistic, &Statistic::high) + "\t" +
            cell(line.less_baseline, &Statistic::mean) + "\t" + bound(line.less_baseline, &Statistic::low) +
            "\t" + bound(line.less_baseline, &Statistic::high) + "\n";
  }
  return text;
}

}  // namespace isoscan::evaluate
