#include "isoscan/evaluate/table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"

namespace isoscan::evaluate {

namespace {

using config::Json;

/// Student's t, 97.5 %, by degrees of freedom 1..30; beyond, a line in 1 / df to the normal's 1.96.
double t_quantile(int freedom) {
  static constexpr std::array<double, 30> kTable{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                                                 2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                                                 2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                                                 2.060,  2.056, 2.052, 2.048, 2.045, 2.042};
  if (freedom <= 30) return kTable[static_cast<std::size_t>(std::max(1, freedom) - 1)];
  return 1.960 + (2.042 - 1.960) * 30.0 / freedom;
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  if (text.size() >= width) return text;
  const std::string blanks(width - text.size(), ' ');
  return right ? blanks + text : text + blanks;
}

template <class... Values>
std::string printed(const char* format, Values... values) {
  std::array<char, 96> line{};
  std::snprintf(line.data(), line.size(), format, values...);
  return line.data();
}

const PerPerson* values_of(const OutcomeTable& table, const std::string& method, const std::string& measure) {
  for (const TableRow& row : table.rows) {
    if (row.method != method) continue;
    const auto found = row.measures.find(measure);
    return found == row.measures.end() ? nullptr : &found->second;
  }
  return nullptr;
}

std::optional<Statistic> difference_to_baseline(const OutcomeTable& table, const TableRow& row,
                                                const std::string& measure) {
  const PerPerson* base = values_of(table, table.baseline, measure);
  const auto own = row.measures.find(measure);
  if (base == nullptr || own == row.measures.end() || row.method == table.baseline) return std::nullopt;
  // A row over others, such as a null; draws on the same people, whose spread tells nothing of other people.
  if (base->size() != own->second.size() || table.by_repeat.count(measure) > 0) return std::nullopt;
  return paired_difference(own->second, *base);
}

Json json_of(const Statistic& s) {
  return Json::Object{{"mean", s.mean}, {"sd", s.sd}, {"count", s.count}, {"low", s.low}, {"high", s.high}};
}

}  // namespace

std::optional<Statistic> statistic(const PerPerson& values) {
  Statistic s;
  for (const auto& value : values) {
    if (!value) continue;
    s.mean += *value;
    ++s.count;
  }
  if (s.count == 0) return std::nullopt;
  s.mean /= s.count;
  for (const auto& value : values) {
    if (value) s.sd += (*value - s.mean) * (*value - s.mean);
  }
  s.sd = s.count > 1 ? std::sqrt(s.sd / (s.count - 1)) : 0.0;
  const double half =
      s.count > 1 ? t_quantile(s.count - 1) * s.sd / std::sqrt(static_cast<double>(s.count)) : 0.0;
  s.low = s.mean - half;
  s.high = s.mean + half;
  return s;
}

std::optional<Statistic> paired_difference(const PerPerson& a, const PerPerson& b) {
  if (a.size() != b.size()) throw core::Error(core::ErrorKind::Internal, "paired values differ in number");
  PerPerson differences;
  for (std::size_t n = 0; n < a.size(); ++n) {
    if (a[n] && b[n]) differences.emplace_back(*a[n] - *b[n]);
  }
  return statistic(differences);
}

std::string to_text(const OutcomeTable& table) {
  std::vector<std::vector<std::string>> cells;
  std::vector<std::string> head{"method"};
  const bool paired = !table.measures.empty() && table.by_repeat.count(table.measures.front()) == 0;
  for (std::size_t m = 0; m < table.measures.size(); ++m) {
    head.push_back(table.measures[m]);
    if (m == 0 && paired) head.push_back("less " + table.baseline + " [95 %]");
  }
  cells.push_back(head);
  for (const TableRow& row : table.rows) {
    std::vector<std::string> line{row.method};
    for (std::size_t m = 0; m < table.measures.size(); ++m) {
      const auto found = row.measures.find(table.measures[m]);
      const auto s = found == row.measures.end() ? std::nullopt : statistic(found->second);
      const bool coarse = table.measures[m].ends_with("_db");  // decibels
      const char* format = coarse ? "%.2f +- %.2f" : "%.4f +- %.4f";
      line.push_back(s ? printed(format, s->mean, s->sd) : "-");
      if (m > 0 || !paired) continue;
      const auto d = difference_to_baseline(table, row, table.measures[m]);
      if (d && d->count < 2) {
        line.push_back(printed(coarse ? "%+.2f" : "%+.4f", d->mean));  // one person has no interval
        continue;
      }
      const char* difference = coarse ? "%+.2f [%+.2f, %+.2f]" : "%+.4f [%+.4f, %+.4f]";
      line.push_back(d ? printed(difference, d->mean, d->low, d->high) : "-");
    }
    cells.push_back(line);
  }
  std::vector<std::size_t> widths(head.size(), 0);
  for (const auto& line : cells) {
    for (std::size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], line[c].size());
  }
  std::string text = table.title + "\n";
  for (const auto& line : cells) {
    for (std::size_t c = 0; c < line.size(); ++c)
      text += (c > 0 ? "  " : "") + padded(line[c], widths[c], c > 0);
    while (text.back() == ' ') text.pop_back();
    text += "\n";
  }
  for (const std::string& note : table.notes) text += note + "\n";
  return text;
}

std::string to_json(const OutcomeTable& table) {
  Json::Array rows;
  for (const TableRow& row : table.rows) {
    Json::Object measures;
    for (const auto& [name, values] : row.measures) {
      Json::Array list;
      for (const auto& value : values) list.push_back(value ? Json(*value) : Json(nullptr));
      Json::Object measure{{"values", Json(std::move(list))}};
      if (const auto s = statistic(values)) measure.emplace("statistic", json_of(*s));
      if (const auto d = difference_to_baseline(table, row, name))
        measure.emplace("less_baseline", json_of(*d));
      measures.emplace(name, Json(std::move(measure)));
    }
    rows.push_back(Json::Object{{"method", row.method}, {"measures", Json(std::move(measures))}});
  }
  Json::Object settings;
  for (const auto& [key, value] : table.settings)
    settings.emplace(key, Json::parse(value, "setting " + key, core::ErrorKind::Internal));
  Json::Array left_out;
  for (const LeftOut& who : table.left_out)
    left_out.emplace_back(Json::Object{{"id", who.id}, {"reason", who.reason}});
  const Json json = Json::Object{{"title", table.title},
                                 {"baseline", table.baseline},
                                 {"settings", Json(std::move(settings))},
                                 {"people", Json::array(table.people)},
                                 {"left_out", Json(std::move(left_out))},
                                 {"measures", Json::array(table.measures)},
                                 {"rows", Json(std::move(rows))},
                                 {"notes", Json::array(table.notes)}};
  return json.dump_pretty();
}

}  // namespace isoscan::evaluate
