/// @file Records of reports in an output folder, for those who fill it.
#pragma once

#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/report/report_folder.hpp"

namespace isoscan::stages {

/// The report of a run over these scans: columns, rows and sites; whoever calls adds what is said of the run.
/// @param reports  the folder in which thumbnails lie
[[nodiscard]] report::RunReport run_of(const boost::filesystem::path& reports,
                                       const std::vector<report::ScanReport>& scans);

/// Writes files into OUT/reports; one that holds its bytes already is left alone. @returns their paths below
/// OUT
std::vector<std::string> write_reports(const boost::filesystem::path& out,
                                       const std::vector<report::ReportFile>& files);

/// Of an earlier run, where the scan has an output no more.
void remove_pictures(const boost::filesystem::path& out, const std::string& scan);

}  // namespace isoscan::stages
