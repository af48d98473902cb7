#include "sites.hpp"

#include <algorithm>
#include <set>

#include <boost/algorithm/string.hpp>

namespace isoscan::io {

namespace {

bool fits(const SiteRow& row, const Candidate& c) {
  if (!row.subject.empty() && row.subject != c.source.subject) return false;
  if (!row.station_hash.empty() && row.station_hash != c.source.acquisition.station_hash) return false;
  return row.path.empty() || c.where == row.path || boost::starts_with(c.where, row.path + "/");
}

}  // namespace

void give_sites(std::vector<Candidate>& candidates, const SiteRule& rule, const std::vector<SiteRow>& table,
                std::vector<std::string>& warnings) {
  std::set<int> used;
  std::set<std::pair<int, int>> contradicted;  // lines: the first holds
  std::size_t unmatched = 0;
  std::size_t unnamed = 0;
  for (Candidate& c : candidates) {
    const auto row = std::find_if(table.begin(), table.end(), [&](const SiteRow& r) { return fits(r, c); });
    if (row != table.end()) {
      c.source.site = row->site;
      used.insert(row->line);
      const auto other = std::find_if(row + 1, table.end(),
                                      [&](const SiteRow& r) { return r.site != row->site && fits(r, c); });
      if (other != table.end()) contradicted.emplace(row->line, other->line);
      continue;
    }
    if (!table.empty()) ++unmatched;
    if (c.site_given) continue;
    c.source.site = site_of(rule, c.source.acquisition);
    if (c.source.site == "unknown") ++unnamed;
  }
  const auto scans = [](std::size_t n) { return std::to_string(n) + (n == 1 ? " volume" : " volumes"); };
  if (unmatched > 0) {
    warnings.push_back(scans(unmatched) +
                       " on no row of the site table: the rule over the device's tags gives their site");
  }
  if (unnamed > 0) {
    warnings.push_back(scans(unnamed) + " of no known site (\"unknown\"): " +
                       (rule.matches.empty() && !rule.label.empty() ? "no device is named"
                                                                    : "no match of the site rule fits") +
                       "; name them in a --site-rule or --site-table");
  }
  for (const auto& [line, other] : contradicted) {
    used.insert(other);
    warnings.push_back("lines " + std::to_string(line) + " and " + std::to_string(other) +
                       " of the site table give one volume two sites: line " + std::to_string(line) +
                       " holds");
  }
  for (const SiteRow& row : table) {
    if (used.count(row.line) == 0)
      warnings.push_back("line " + std::to_string(row.line) + " of the site table fits no scan");
  }
}

}  // namespace isoscan::io
