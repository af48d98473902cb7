/// @file Image quality and anatomy of one scan as measures of its report.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/domain/site.hpp"
#include "isoscan/domain/site_ranges.hpp"
#include "isoscan/preprocess/prepare.hpp"
#include "isoscan/report/scan_report.hpp"

#include "scan_values.hpp"

namespace isoscan::stages {

/// Where a further scan lies with 99 of 100 people of a normal law, by mean, SD and number of those seen
/// (core::prediction_reach), or what was seen where that is wider. Nothing of fewer than `fewest` scans.
[[nodiscard]] std::optional<report::Range> usual(const domain::Range& seen, int fewest);

/// The same of all but one that is among them, so that a scan is not held against itself. Least and most are
/// not told without it: the law's limits alone.
[[nodiscard]] std::optional<report::Range> usual_of_others(const domain::Range& seen, double value,
                                                           int fewest);

/// What others show, by the names of domain::measures and quality::measure_image_quality.
struct KnownScans {
  std::map<std::string, domain::Range> reference;
  int reference_people = 0;  ///< where a range does not say how many it is of; 0: not known
  /// Before harmonizing. Those of earlier versions do not say how many they are of: they were measured before
  /// bias correction, and nothing is held against them.
  domain::SiteRanges site;
  bool among_them = false;  ///< the scan is one of the site's
};
constexpr int kFewestOfSite = 3;  ///< scans that a site's range is told of

/// Sets what the reference's and the site's scans show of a measure, where it is known by this name. Its
/// value before is set already.
void compare(report::Measure& measure, const std::string& name, const KnownScans& known);

/// quality::measure_image_quality before and after, both after bias correction, on the working grid and the
/// tissue of the input. What
/// makes no sense on this image says why.
void add_image_quality(std::vector<report::Measure>& measures, const preprocess::Prepared& before,
                       const preprocess::Prepared& after, const KnownScans& known);

/// What scans show that were made for the site's map, whose truth is known: of SiteModel::made_ranges.
class OfMadeScans {
 public:
  OfMadeScans(const domain::SiteModel& model, const std::string& name);
  /// A share of `below` of made scans of further people lies below; nothing where none were made.
  [[nodiscard]] std::optional<double> least(double below) const;
  [[nodiscard]] std::string words() const;  ///< a sentence with their mean, least and most; "" of none

 private:
  std::optional<domain::Range> seen_;
  int people_ = 0;
};

/// Is the anatomy kept: tissue classes found again in the output against those of the input, and dark spots
/// inside white matter (lesions, wide vessels' spaces) with their contrast.
void add_anatomy(std::vector<report::Measure>& measures, const preprocess::Prepared& before,
                 const preprocess::Prepared& after, const domain::SiteModel& model,
                 const core::Context& context);

}  // namespace isoscan::stages
