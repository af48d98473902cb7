// What tells a site from another, in numbers that differ little between people.
#include "site_statistics.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/features/bands.hpp"
#include "isoscan/features/fine_structure.hpp"
#include "isoscan/harmonize/shared_restorer.hpp"

namespace isoscan::harmonize {

namespace {

constexpr std::array<std::array<int, 3>, 12> kLags{{{1, 0, 0},
                                                    {0, 1, 0},
                                                    {0, 0, 1},
                                                    {2, 0, 0},
                                                    {0, 2, 0},
                                                    {0, 0, 2},
                                                    {3, 0, 0},
                                                    {0, 3, 0},
                                                    {0, 0, 3},
                                                    {1, 1, 0},
                                                    {1, 0, 1},
                                                    {0, 1, 1}}};
constexpr double kLeast = 1e-7;  // of a variance, white matter = 1

double log_of(double v) {
  return std::log(std::max(kLeast, v));
}

void add_structure(std::vector<double>& out, const std::vector<double>& values) {
  features::FineStructure structure;
  structure.reach = features::kFineStructureReach;
  structure.value = values;
  if (values.size() <= structure.index(structure.reach, structure.reach, structure.reach))
    throw core::Error(core::ErrorKind::Input, "the scan's summary holds another fine structure");
  const double variance = std::max(kLeast, structure.at(0, 0, 0));
  out.push_back(std::log(variance));
  for (const auto& lag : kLags) out.push_back(structure.at(lag[0], lag[1], lag[2]) / variance);
}

}  // namespace

StatisticNames statistic_names(std::size_t bands) {
  StatisticNames out;
  const auto add = [&](const std::string& name, int group) {
    out.names.push_back(name);
    out.groups.push_back(group);
  };
  for (const char* name : {"csf", "gm", "wm", "pure_csf"}) add(name, 0);
  int group = 1;
  for (const char* part : {"flat", "edges"}) {
    add(std::string(part) + "_variance", group);
    for (const auto& lag : kLags)
      add(std::string(part) + "_" + std::to_string(lag[0]) + std::to_string(lag[1]) + std::to_string(lag[2]),
          group);
    ++group;
  }
  for (std::size_t b = 0; b < bands; ++b) add("band" + std::to_string(b) + "_sd", group);
  for (const char* name : {"gradient_sd", "local_sd_sd", "second_x_sd", "second_y_sd", "second_z_sd",
                           "gradient_mean", "local_sd_mean"})
    add(name, group);
  return out;
}

std::vector<double> statistics_from(const domain::AcquisitionEvidence& evidence, std::size_t bands,
                                    const std::vector<double>& feature_mean,
                                    const std::vector<double>& feature_sd) {
  if (feature_sd.size() != bands + features::BandSpace::kContext || feature_mean.size() != feature_sd.size())
    throw core::Error(core::ErrorKind::Input, "the scan's summary holds other bands");
  std::vector<double> out;
  for (const double mean : evidence.tissue_mean) out.push_back(std::log(std::max(1e-3, mean)));
  out.push_back(std::log(std::max(1e-3, evidence.pure_csf)));
  add_structure(out, evidence.flat_structure);
  add_structure(out, evidence.edge_structure);
  for (std::size_t n = 0; n < bands + 5; ++n) out.push_back(log_of(feature_sd[n]));
  out.push_back(log_of(feature_mean[bands]));
  out.push_back(log_of(feature_mean[bands + 1]));
  return out;
}

std::vector<double> site_statistics(const domain::ScanSummary& scan) {
  if (scan.acquisition.size() != 1 || scan.corrected.size() != 1)
    throw core::Error(core::ErrorKind::Input,
                      "a scan was not summed up for the method \"restore\": run the site's scans again");
  const domain::LevelSummary& level = scan.corrected.front();
  return statistics_from(scan.acquisition.front(), level.band_sd_mm.size() + 1, level.feature_mean,
                         level.feature_sd);
}

}  // namespace isoscan::harmonize
