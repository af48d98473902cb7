/// @file What is usual at the reference for a scan of a site. Private to report.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "isoscan/report/run_report.hpp"

namespace isoscan::report {

/// Of each site its own numbers, where the record has them; else those of the columns.
class SiteReferences {
 public:
  /// Holds on to the report.
  explicit SiteReferences(const RunReport& report);

  [[nodiscard]] SiteReference of(const std::string& site, std::size_t column) const;
  /// Of the row's value, by its site's range.
  [[nodiscard]] bool outside(const RunRow& row, std::size_t column) const;
  [[nodiscard]] std::size_t outside_count(const RunRow& row) const;

 private:
  const std::vector<MeasureColumn>& columns_;
  std::map<std::string, const SiteFit*> sites_;
};

}  // namespace isoscan::report
