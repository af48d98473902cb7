#include "isoscan/report/scan_record.hpp"

#include <cmath>
#include <utility>

#include "isoscan/core/error.hpp"

#include "scan_figures.hpp"

namespace isoscan::report {

namespace {

constexpr std::size_t kSmallestLimitBytes = 300'000;

}  // namespace

std::string ScanPageOptions::problem() const {
  if (std::string problem = mosaic.problem(); !problem.empty()) return problem;
  if (!(std::isfinite(window.low) && std::isfinite(window.high) && window.low < window.high)) {
    return "the grey window must run from low to a higher high";
  }
  if (!(change_scale >= 0.0 && std::isfinite(change_scale))) return "change_scale must be 0 or above";
  if (limit_bytes < kSmallestLimitBytes) return "limit_bytes must be at least 300000";
  return {};
}

std::string scan_page(const ScanReport& report, const ScanPageOptions& options) {
  return scan_page(scan_record(report, options));
}

ScanRecord scan_record(ScanReport report, const ScanPageOptions& options) {
  if (const std::string problem = options.problem(); !problem.empty()) {
    throw core::Error(core::ErrorKind::Config, "report: " + problem);
  }
  const std::optional<ScanImages> images = std::exchange(report.images, std::nullopt);
  ScanRecord record{std::move(report), std::nullopt};
  if (images) {
    const std::size_t words_bytes = scan_page(record).size();
    constexpr std::size_t kReserve = 60'000;  // histograms, colour bar, tiles' tags
    const std::size_t left = options.limit_bytes > words_bytes + kReserve
                                 ? options.limit_bytes - words_bytes - kReserve
                                 : kReserve;
    record.figures = make_figures(*images, options, left);
  }
  return record;
}

}  // namespace isoscan::report
