#include "site_references.hpp"

#include "measures.hpp"

namespace isoscan::report {

SiteReferences::SiteReferences(const RunReport& report) : columns_(report.columns) {
  for (const SiteFit& fit : report.sites) sites_[fit.site] = &fit;
}

SiteReference SiteReferences::of(const std::string& site, std::size_t column) const {
  const auto found = sites_.find(site);
  if (found != sites_.end() && column < found->second->reference.size())
    return found->second->reference[column];
  const MeasureColumn& common = columns_.at(column);
  // A record of an earlier version counts the reference's people by site.
  return {common.reference, common.reference_mean, common.reference_sd,
          found == sites_.end() ? 0 : found->second->reference_scans};
}

bool SiteReferences::outside(const RunRow& row, std::size_t column) const {
  return column < row.measures.size() &&
         lies_outside(row.measures[column], of(row.site, column).range, columns_.at(column).direction);
}

std::size_t SiteReferences::outside_count(const RunRow& row) const {
  std::size_t count = 0;
  for (std::size_t n = 0; n < columns_.size(); ++n) count += outside(row, n) ? 1 : 0;
  return count;
}

}  // namespace isoscan::report
