#include "page_record.hpp"

#include <boost/filesystem.hpp>

#include "isoscan/core/files.hpp"
#include "isoscan/report/report_folder.hpp"

namespace isoscan::stages {

report::RunReport run_of(const boost::filesystem::path& reports,
                         const std::vector<report::ScanReport>& scans) {
  report::RunReport run;
  report::set_scans(
      run, scans,
      {"Grey / white matter", "Distance to the reference", "Edges kept in place", "Voxels at the bound"});
  for (report::RunRow& row : run.rows) {
    const std::string picture = "thumbnails/" + row.id + ".png";
    if (boost::filesystem::is_regular_file(reports / picture)) row.thumbnail = picture;
  }
  return run;
}

std::vector<std::string> write_reports(const boost::filesystem::path& out,
                                       const std::vector<report::ReportFile>& files) {
  std::vector<std::string> paths;
  for (const report::ReportFile& file : files) {
    paths.push_back("reports/" + file.path);
    core::write_if_changed(out / paths.back(), file.bytes);
  }
  return paths;
}

void remove_pictures(const boost::filesystem::path& out, const std::string& scan) {
  boost::system::error_code ignored;
  boost::filesystem::remove(out / "reports/figures" / (scan + ".json"), ignored);
  boost::filesystem::remove(out / "reports/thumbnails" / (scan + ".png"), ignored);
}

}  // namespace isoscan::stages
