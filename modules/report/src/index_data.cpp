#include "index_data.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "isoscan/report/site_effect.hpp"

#include "json_fields.hpp"
#include "site_references.hpp"
#include "text.hpp"

namespace isoscan::report {

using config::Json;

namespace {

Json shortened(const std::optional<double>& value) {
  if (!value || !std::isfinite(*value)) return {};
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.5g", *value);
  return Json(std::strtod(digits, nullptr));
}

Json shortened(const std::vector<std::optional<double>>& values) {
  Json::Array list;
  for (const auto& value : values) list.push_back(shortened(value));
  return Json(std::move(list));
}

Json pair_of(const std::optional<Range>& range) {
  return range ? Json(Json::Array{shortened(range->low), shortened(range->high)}) : Json();
}

std::string shown(const std::string& text, std::size_t limit) {
  return made_visible(clipped(text, limit));
}

/// Texts by number, each kept once.
class Texts {
 public:
  std::int64_t number_of(const std::string& text) {
    const auto [found, fresh] = places_.try_emplace(text, static_cast<std::int64_t>(list_.size()));
    if (fresh) list_.emplace_back(text);
    return found->second;
  }
  [[nodiscard]] std::size_t size() const { return list_.size(); }
  [[nodiscard]] Json json() const { return Json(list_); }

 private:
  std::map<std::string, std::int64_t> places_;
  Json::Array list_;
};

}  // namespace

std::string index_data(const std::vector<RunRow>& rows, const RunReport& report) {
  Json::Array column_list;
  for (const MeasureColumn& column : report.columns) {
    Json::Object about{{"name", shown(column.name, 80)},
                       {"unit", shown(column.unit, 30)},
                       {"about", shown(column.explanation, 300)},
                       {"better", name(column.direction)},
                       {"table", column.in_table}};
    if (column.reference) about["range"] = pair_of(column.reference);
    if (column.reference_sd) about["sd"] = shortened(column.reference_sd);
    column_list.emplace_back(std::move(about));
  }
  Texts sites;
  Texts reasons;
  Json::Array list;
  for (const RunRow& row : rows) {
    list.emplace_back(
        Json::Array{Json(shown(row.id, 200)), Json(sites.number_of(shown(row.site, 100))),
                    Json(static_cast<int>(row.verdict)), Json(static_cast<std::int64_t>(row.warnings)),
                    Json(reasons.number_of(shown(row.reason, 240))),
                    Json(row.page.empty() ? std::string() : relative_link(clipped(row.page, 300))),
                    Json(row.thumbnail.empty() ? std::string() : relative_link(clipped(row.thumbnail, 300))),
                    Json(row.output_sha256.substr(0, 64)), shortened(row.measures), shortened(row.before)});
  }
  for (const SiteFit& fit : report.sites) (void)sites.number_of(shown(fit.site, 100));
  Json::Array fits(sites.size());
  const SiteReferences references(report);
  for (const SiteFit& fit : report.sites) {
    Json::Array ranges;
    Json::Array sds;
    Json::Array reach;  // of one further scan by chance
    const auto count = [](int number) { return static_cast<std::size_t>(std::max(0, number)); };
    for (std::size_t n = 0; n < report.columns.size(); ++n) {
      const SiteReference reference = references.of(fit.site, n);
      ranges.push_back(pair_of(reference.range));
      sds.push_back(shortened(reference.sd));
      reach.push_back(shortened(chance_of_difference(1, learnt_from(fit), count(reference.people))));
    }
    fits.at(static_cast<std::size_t>(sites.number_of(shown(fit.site, 100)))) =
        Json(Json::Object{{"scans", fit.scans},
                          {"learnt", counted_scans(fit.scans, fit.people)},
                          {"here", fit.learnt_here},
                          {"fitted", shortened(fit.fitted)},
                          {"ranges", Json(std::move(ranges))},
                          {"sds", Json(std::move(sds))},
                          {"reach", Json(std::move(reach))}});
  }
  std::string text = Json(Json::Object{{"columns", Json(std::move(column_list))},
                                       {"sites", sites.json()},
                                       {"fits", Json(std::move(fits))},
                                       {"reasons", reasons.json()},
                                       {"rows", Json(std::move(list))}})
                         .dump();
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return safe;
}

}  // namespace isoscan::report
