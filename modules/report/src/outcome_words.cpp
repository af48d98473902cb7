#include "outcome_words.hpp"

#include <algorithm>
#include <cmath>

#include "text.hpp"

namespace isoscan::report {
namespace {

constexpr std::size_t kMostNames = 8;
constexpr std::size_t kFewPeople = 8;
constexpr int kDigits = 4;

std::string shown(const std::string& method) {
  return clipped(method, 60);
}

/// "a, b and c", cut after a few.
std::string listed(const std::vector<std::string>& names) {
  std::string text;
  const std::size_t most = std::min(names.size(), kMostNames);
  for (std::size_t n = 0; n < most; ++n) {
    const bool last = n + 1 == names.size();
    text += (n == 0 ? "" : last ? " and " : ", ") + names[n];
  }
  if (names.size() > most) text += " and " + std::to_string(names.size() - most) + " more";
  return text;
}

std::string percent_interval(const Range& range) {
  return "95 % interval " + number(range.low) + " to " + number(range.high);
}

/// Methods that share the highest score; yardsticks take no part.
std::vector<const OutcomeRow*> best_rows(const OutcomeReport& report, std::size_t metric) {
  std::vector<const OutcomeRow*> best;
  double highest = 0.0;
  for (const OutcomeRow& row : report.rows) {
    const auto& score = row.cells[metric].score;
    if (row.yardstick || !score || !std::isfinite(*score)) continue;
    if (best.empty() || *score > highest) {
      best.clear();
      highest = *score;
    }
    if (*score == highest) best.push_back(&row);
  }
  return best;
}

std::vector<std::string> standing_so(const OutcomeReport& report, std::size_t metric, Standing standing,
                                     bool with_gain) {
  std::vector<std::string> names;
  for (const OutcomeRow& row : report.rows) {
    const OutcomeCell& cell = row.cells[metric];
    if (row.yardstick || cell.standing != standing) continue;
    std::string name = shown(row.method);
    if (with_gain && cell.gain) name += " (by " + number(std::abs(cell.gain->mean)) + ")";
    names.push_back(std::move(name));
  }
  return names;
}

std::string best_sentence(const OutcomeReport& report, std::size_t metric) {
  const OutcomeMetric& what = report.metrics[metric];
  const std::vector<const OutcomeRow*> best = best_rows(report, metric);
  if (best.empty()) return "No method has a value.";
  const OutcomeRow& first = *best.front();
  const OutcomeCell& cell = first.cells[metric];
  const std::string value = cell.value ? with_unit(what, cell.value->mean) : std::string();
  if (best.size() > 1) {
    std::vector<std::string> names;
    for (const OutcomeRow* row : best) names.push_back(shown(row->method));
    const auto scored = std::count_if(report.rows.begin(), report.rows.end(), [&](const OutcomeRow& row) {
      return !row.yardstick && row.cells[metric].score;
    });
    if (static_cast<std::size_t>(scored) == best.size()) return "All methods are alike at " + value + ".";
    return listed(names) + " share the first place at " + value + ".";
  }
  if (first.method == report.baseline)
    return "No method is ahead of " + shown(first.method) + " (" + value + ").";
  const std::string gain = gain_words(what, cell, report.baseline);
  switch (cell.standing) {
    case Standing::Better:
      return shown(first.method) + " is best: " + value + ", " + gain + ".";
    case Standing::Unclear:
      return shown(first.method) + " has the best mean, " + value + ", but is not told apart from " +
             shown(report.baseline) + ": " + gain_words(what, cell, "") + ".";
    case Standing::Unknown:
      return shown(first.method) + " has the best mean, " + value + ", " + gain +
             "; there is no interval, so this may be chance.";
    case Standing::Worse:  // values of other people are missing
      return shown(first.method) + " has the best mean, " + value + ", yet where both have values it is " +
             gain + ".";
    default:
      return shown(first.method) + " has the best mean, " + value +
             "; there is no baseline to compare it with.";
  }
}

/// Methods whose mean is what is asked for.
std::vector<std::string> reaching(const OutcomeReport& report, std::size_t metric) {
  const Range wanted = report.metrics[metric].wanted.value_or(Range{});
  std::vector<std::string> reached;
  for (const OutcomeRow& row : report.rows) {
    const auto& value = row.cells[metric].value;
    if (!row.yardstick && value && value->mean >= wanted.low && value->mean <= wanted.high)
      reached.push_back(shown(row.method));
  }
  return reached;
}

std::string wanted_sentence(const OutcomeReport& report, std::size_t metric) {
  const auto& wanted = report.metrics[metric].wanted;
  if (!wanted) return {};
  const std::vector<std::string> reached = reaching(report, metric);
  std::string range;
  if (std::isfinite(wanted->low) && std::isfinite(wanted->high))
    range = tick_number(wanted->low) + " to " + tick_number(wanted->high);
  else
    range = std::isfinite(wanted->low) ? "at least " + tick_number(wanted->low)
                                       : "at most " + tick_number(wanted->high);
  return "Asked for: " + range + "; " +
         (reached.empty() ? "no method's mean is there." : "there is the mean of " + listed(reached) + ".");
}

/// In how many measures a method stands so, with their names.
std::vector<std::string> measures_where(const OutcomeReport& report, const OutcomeRow& row,
                                        Standing standing) {
  std::vector<std::string> names;
  for (std::size_t m = 0; m < report.metrics.size(); ++m) {
    if (row.cells[m].standing == standing) names.push_back(clipped(report.metrics[m].title, 60));
  }
  return names;
}

}  // namespace

std::string with_unit(const OutcomeMetric& metric, double value, int digits) {
  if (!std::isfinite(value)) return "n/a";
  return number(value, digits) + (metric.unit.empty() ? "" : " " + clipped(metric.unit, 30));
}

std::string direction_words(const OutcomeMetric& metric) {
  switch (metric.direction) {
    case Direction::Higher:
      return "higher is better";
    case Direction::Lower:
      return "lower is better";
    case Direction::Near:
      return "nearer to " + tick_number(metric.aim) + " is better";
    case Direction::Neither:
      break;
  }
  return "no direction is good by itself";
}

std::string gain_words(const OutcomeMetric& metric, const OutcomeCell& cell, const std::string& baseline) {
  if (!cell.gain || !std::isfinite(cell.gain->mean)) return {};
  const Spread& gain = *cell.gain;
  const bool near = metric.direction == Direction::Near;
  const bool ahead = gain.mean >= 0.0;
  std::string text = with_unit(metric, std::abs(gain.mean), 3);
  text += near ? (ahead ? " nearer to " : " farther from ") + tick_number(metric.aim)
               : std::string(ahead ? " better" : " worse");
  if (!baseline.empty()) text += " than " + shown(baseline);
  if (gain.interval) {
    const Range shown_as = ahead ? *gain.interval : Range{-gain.interval->high, -gain.interval->low};
    text += " (" + percent_interval(shown_as) + ")";
  }
  return text;
}

std::string value_words(const OutcomeMetric& metric, const Spread& spread) {
  std::string text = with_unit(metric, spread.mean) + ", SD " + number(spread.sd);
  if (spread.interval)
    text += ", 95 % interval of the mean " + number(spread.interval->low, kDigits) + " to " +
            number(spread.interval->high, kDigits);
  return text + ", " +
         (metric.by_repeat ? counted(spread.count, "repeat", "repeats")
                           : counted(spread.count, "person", "people"));
}

std::string headline(const OutcomeReport& report) {
  std::size_t first = report.metrics.size();
  bool any_better = false;
  bool any_interval = false;
  for (std::size_t m = report.metrics.size(); m-- > 0;) {
    if (!is_judged(report, m)) continue;
    first = m;
    for (const OutcomeRow& row : report.rows) {
      if (row.yardstick) continue;
      any_better = any_better || row.cells[m].standing == Standing::Better;
      any_interval = any_interval || (row.cells[m].gain && row.cells[m].gain->interval);
    }
  }
  if (first == report.metrics.size()) return "No measure of this table says which method is better.";
  const std::string baseline = shown(report.baseline);
  std::string text = "In " + clipped(report.metrics[first].title, 60) +
                     ", the first measure of this test: " + best_sentence(report, first);
  if (!any_interval)
    return text + " With these values no method can be told from " + baseline + " beyond chance.";
  if (!any_better)
    return text + " On these people no method is shown to be better than " + baseline + " in any measure.";
  const std::vector<const OutcomeRow*> best = best_rows(report, first);
  if (best.size() != 1 || best.front()->method == report.baseline)
    return text + " In other measures methods are ahead of " + baseline + ": see each measure below.";
  const OutcomeRow& row = *best.front();
  const std::vector<std::string> better = measures_where(report, row, Standing::Better);
  const std::vector<std::string> worse = measures_where(report, row, Standing::Worse);
  const std::vector<std::string> unclear = measures_where(report, row, Standing::Unclear);
  std::size_t judged = better.size() + worse.size() + unclear.size();
  text += " Over the " + counted(judged, "measure", "measures") + " with an interval, " + shown(row.method) +
          " is better than " + baseline + " in " + std::to_string(better.size()) + ", not told apart in " +
          std::to_string(unclear.size());
  return text + (worse.empty() ? " and worse in none." : " and worse in " + listed(worse) + ".");
}

std::vector<std::string> cautions(const OutcomeReport& report) {
  std::vector<std::string> lines;
  std::vector<std::string> missed;
  for (std::size_t m = 0; m < report.metrics.size(); ++m) {
    if (report.metrics[m].wanted && is_judged(report, m) && reaching(report, m).empty())
      missed.push_back(clipped(report.metrics[m].title, 60));
  }
  if (!missed.empty()) lines.push_back("No method reaches what is asked for in: " + listed(missed) + ".");
  std::size_t intervals = 0;
  std::size_t repeated = 0;
  for (std::size_t m = 0; m < report.metrics.size(); ++m) {
    repeated += report.metrics[m].by_repeat ? 1 : 0;
    for (const OutcomeRow& row : report.rows)
      intervals += row.cells[m].gain && row.cells[m].gain->interval && !row.yardstick ? 1 : 0;
  }
  if (!report.people.empty() && report.people.size() < kFewPeople)
    lines.push_back("Each mean is over " + counted(report.people.size(), "value", "values") +
                    " only: an example more than a proof. Other people, another seed or another draw move "
                    "the means; paired differences move less.");
  if (intervals > 1)
    lines.push_back(
        std::to_string(intervals) +
        " comparisons with the baseline are on this page, each with an interval of its own: of such "
        "intervals about one in twenty misses the truth by chance.");
  if (repeated > 0)
    lines.push_back(
        counted(repeated, "measure has", "measures have") +
        " one value a repeat, on the same people. Their SD tells nothing of other people, so they "
        "have no interval and nobody is called better or worse by them.");
  if (!report.left_out.empty())
    lines.push_back(counted(report.left_out.size(), "input", "inputs") +
                    " could not be used; everything here is of the rest.");
  return lines;
}

bool is_judged(const OutcomeReport& report, std::size_t metric) {
  return report.metrics[metric].direction != Direction::Neither && !best_rows(report, metric).empty();
}

MetricVerdict verdict_of(const OutcomeReport& report, std::size_t metric) {
  MetricVerdict verdict;
  verdict.best = best_sentence(report, metric);
  const std::string baseline = shown(report.baseline);
  const auto sentence = [&](Standing standing, const std::string& words, bool with_gain) {
    const std::vector<std::string> names = standing_so(report, metric, standing, with_gain);
    return names.empty() ? std::string() : words + listed(names) + ".";
  };
  const bool near = report.metrics[metric].direction == Direction::Near;
  const std::string aim = tick_number(report.metrics[metric].aim);
  verdict.worse = sentence(
      Standing::Worse,
      near ? "Farther from " + aim + " than " + baseline + ": " : "Worse than " + baseline + ": ", true);
  const std::string better = sentence(
      Standing::Better,
      near ? "Nearer to " + aim + " than " + baseline + ": " : "Better than " + baseline + ": ", true);
  const std::string unclear = sentence(Standing::Unclear, "Not told apart from " + baseline + ": ", false);
  verdict.others = better + (better.empty() || unclear.empty() ? "" : " ") + unclear;
  verdict.wanted = wanted_sentence(report, metric);
  return verdict;
}

}  // namespace isoscan::report
