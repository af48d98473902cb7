#include "isoscan/evaluate/page.hpp"

#include <cmath>

#include "isoscan/core/version.hpp"
#include "isoscan/evaluate/measures.hpp"

namespace isoscan::evaluate {

namespace {

using report::Direction;
using report::OutcomeCell;
using report::OutcomeMetric;
using report::Spread;
using report::Standing;

PerPerson numbers_of(const PerPerson& values) {
  PerPerson kept = values;
  for (auto& value : kept) {
    if (value && !std::isfinite(*value)) value.reset();
  }
  return kept;
}

Spread spread_of(const Statistic& s, bool with_interval) {
  // Equal values whose mean is rounded have no spread.
  const double sd = s.sd > 1e-12 * std::abs(s.mean) ? s.sd : 0.0;
  Spread spread{s.mean, sd, std::nullopt, static_cast<std::size_t>(s.count)};
  if (with_interval && s.count > 1) spread.interval = report::Range{s.low, s.high};
  return spread;
}

/// The more, the better. @param metric  with a direction
PerPerson scores_of(const OutcomeMetric& metric, PerPerson values) {
  for (auto& value : values) {
    if (!value) continue;
    if (metric.direction == Direction::Lower) *value = -*value;
    if (metric.direction == Direction::Near) *value = -std::abs(*value - metric.aim);
  }
  return values;
}

Standing standing_of(const Spread& gain) {
  if (!gain.interval) return Standing::Unknown;
  if (gain.interval->low > 0.0) return Standing::Better;
  return gain.interval->high < 0.0 ? Standing::Worse : Standing::Unclear;
}

const PerPerson* values_of(const OutcomeTable& table, const std::string& method, const std::string& measure) {
  for (const TableRow& row : table.rows) {
    if (row.method != method) continue;
    const auto found = row.measures.find(measure);
    return found == row.measures.end() ? nullptr : &found->second;
  }
  return nullptr;
}

/// @param own, base  scores
void compare(OutcomeCell& cell, const PerPerson& own, const PerPerson& base, bool by_repeat) {
  if (own.size() != base.size()) return;  // a row over others
  const auto gain = paired_difference(own, base);
  if (!gain) return;
  cell.gain = spread_of(*gain, !by_repeat);
  cell.standing = standing_of(*cell.gain);
}

OutcomeCell cell_of(const OutcomeTable& table, const TableRow& row, const OutcomeMetric& metric) {
  OutcomeCell cell;
  const auto found = row.measures.find(metric.key);
  if (found == row.measures.end()) return cell;
  const PerPerson own = numbers_of(found->second);
  cell.values = own;
  const bool of_people = !metric.by_repeat && own.size() == table.people.size();
  if (const auto s = statistic(own)) cell.value = spread_of(*s, of_people);
  const bool directed = metric.direction != Direction::Neither;
  if (directed) {
    if (const auto score = statistic(scores_of(metric, own))) cell.score = score->mean;
  }
  if (row.method == table.baseline) {
    if (cell.value) cell.standing = Standing::Baseline;
    return cell;
  }
  const PerPerson* other = values_of(table, table.baseline, metric.key);
  if (other == nullptr) return cell;
  const PerPerson base = numbers_of(*other);
  if (of_people && own.size() == base.size()) {
    if (const auto d = paired_difference(own, base)) cell.less_baseline = spread_of(*d, true);
  }
  if (directed) compare(cell, scores_of(metric, own), scores_of(metric, base), metric.by_repeat);
  return cell;
}

std::string spacing_of(const OutcomeTable& table) {
  const auto found = table.settings.find("spacing_mm");
  return found == table.settings.end() || found->second == "0" || found->second == "0.0"
             ? std::string()
             : found->second + " mm";
}

}  // namespace

report::OutcomeReport outcome_report(const OutcomeTable& table, const PageFacts& facts) {
  report::OutcomeReport out;
  out.title = table.test;
  out.subtitle = table.title;
  out.question = question_of(table.test);
  out.baseline = table.baseline;
  for (const std::string& measure : table.measures) {
    OutcomeMetric metric = measure_named(table.test, measure);
    metric.by_repeat = table.by_repeat.count(measure) > 0;
    out.metrics.push_back(std::move(metric));
  }
  for (const TableRow& row : table.rows) {
    report::OutcomeRow line;
    line.method = row.method;
    line.explanation = row_explanation(row.method);
    line.yardstick = table.yardsticks.count(row.method) > 0;
    for (const OutcomeMetric& metric : out.metrics) line.cells.push_back(cell_of(table, row, metric));
    out.rows.push_back(std::move(line));
  }
  out.people = table.people;
  out.notes = table.notes;
  for (const LeftOut& who : table.left_out) out.left_out.emplace_back(who.id, who.reason);
  out.command = facts.command;
  out.version = core::software();
  out.date = facts.date;
  out.facts = {
      {"Test", table.test},
      {"Scanner", table.scanner},
      {"Values a method", std::to_string(table.people.size())},
      {"Site learnt from",
       table.k > 0 ? std::to_string(table.k) + (table.k == 1 ? " person" : " people") : std::string()},
      {"Compared at", spacing_of(table)},
      {"Seed", std::to_string(table.seed)},
      {"Baseline", table.baseline}};
  for (const auto& [name, value] : table.settings) out.settings.emplace_back(name, value);
  return out;
}

}  // namespace isoscan::evaluate
