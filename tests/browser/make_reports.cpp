// Makes reports for the browser to open, without any model: FOLDER/run (one scan of each verdict, with scans
// for the viewer), FOLDER/many (5,000 scans) and FOLDER/outcome.html. With a number, FOLDER/pages alone: so
// many records with pictures as large as those of real scans, for `time isoscan report FOLDER/pages`.
#include <cstdlib>
#include <iostream>

#include <boost/filesystem.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/report/outcome_report.hpp"
#include "isoscan/report/report_folder.hpp"

#include "../report/made_scan.hpp"

namespace isoscan {
namespace {

namespace fs = boost::filesystem;
using config::Json;
using report::Verdict;

void put(const fs::path& folder, const std::vector<report::ReportFile>& files) {
  for (const report::ReportFile& file : files) core::write_file(folder / file.path, file.bytes);
}

core::Grid grid_of(double spacing_mm) {
  return test::grid_of({0, 1, 2}, {true, true, false}, {150, 190, 140}, {spacing_mm, spacing_mm, spacing_mm});
}

/// Pictures of few pixels: the browser takes most of its time for them.
report::ScanPageOptions coarse() {
  report::ScanPageOptions options;
  options.mosaic.pixel_mm = 2.0;
  options.mosaic.slices = 4;
  return options;
}

/// A scan with numbers of its own; texts are calm but for one that is hostile.
report::ScanReport made_scan(const std::string& id, Verdict verdict, double spacing_mm) {
  report::ScanReport scan = test::made_report(test::made_images(grid_of(spacing_mm)), "calm");
  scan.id = id;
  scan.verdict = verdict;
  scan.reason = "made up to be " + std::string(report::name(verdict));
  scan.warnings = {"<script>document.title = 'owned'</script>"};
  scan.provenance.pseudonym = id;
  scan.provenance.site = "hospital";
  scan.provenance.input_sha256 = core::sha256("in" + id);
  scan.provenance.output_sha256 = core::sha256("out" + id);
  scan.provenance.site_scans = 5;
  scan.provenance.reference_scans = 20;
  scan.provenance.white_matter_before = 1.0;
  scan.provenance.white_matter_after = 1.0;
  scan.index_page = "index.html";
  scan.measures = {{"Grey / white matter", 0.71, 0.6, "", "", report::Range{0.65, 0.75}, "Contrast",
                    report::Direction::Near, 0.7, 0.02, 0.6},
                   {"CNR",
                    {},
                    {},
                    "skull-stripped: there is no air",
                    "",
                    {},
                    "Contrast to noise",
                    report::Direction::Higher},
                   {"Brain volume", 1210.0, {}, "", "ml", {}, "Of the brain mask"}};
  scan.images->half_width = scan.images->after;
  for (float& v : scan.images->half_width->voxels) v *= 0.04F;
  scan.images->reference_like = scan.images->before;
  scan.images->reference_people = 20;
  if (verdict == Verdict::PassedThrough) scan.images->after = scan.images->before;
  if (verdict == Verdict::Refused) scan.images->after.reset();
  if (verdict == Verdict::Failed) scan.images.reset();
  if (verdict == Verdict::Refused || verdict == Verdict::Failed) scan.provenance.output_sha256.clear();
  return scan;
}

void make_run(const fs::path& out) {
  std::vector<report::ScanReport> facts;
  for (const auto& [id, verdict] :
       {std::pair("sub-01", Verdict::Harmonized), std::pair("sub-02", Verdict::PassedThrough),
        std::pair("sub-03", Verdict::Refused), std::pair("sub-04", Verdict::Failed),
        std::pair("sub-05", Verdict::Harmonized)}) {
    report::ScanReport scan = made_scan(id, verdict, 2.0);
    const std::string name = std::string(id) + "/anat/" + id;
    const bool has_output = !scan.provenance.output_sha256.empty();
    if (has_output) {
      const fs::path volume = out / (name + "_desc-harmonized_T1w.nii.gz");
      io::write_nifti(out.parent_path() / "scans" / (name + "_T1w.nii.gz"), scan.images->before);
      io::write_nifti(volume, *scan.images->after);
      scan.provenance.output_sha256 = core::sha256_file(volume);
    }
    const report::ScanRecord record = report::scan_record(scan, coarse());
    put(out / "reports", report::scan_files(record));
    facts.push_back(record.facts);
    if (!has_output) continue;
    const Json status(Json::Object{
        {"format", "isoscan-status-1"},
        {"scan", id},
        {"state", "ok"},
        {"reason", ""},
        {"outputs",
         Json(Json::Array{Json(Json::Object{{"path", name + "_desc-harmonized_T1w.nii.gz"},
                                            {"sha256", record.facts.provenance.output_sha256}})})}});
    config::write_json(out / "status" / (std::string(id) + ".json"), status);
  }
  config::write_json(out / ".isoscan/last-run.json",
                     Json(Json::Object{{"scans", fs::absolute(out.parent_path() / "scans").string()},
                                       {"settings", Json(Json::Object{})}}));
  report::RunReport run;
  report::set_scans(run, facts, {"Grey / white matter", "Brain volume"});
  for (report::RunRow& row : run.rows)
    if (row.verdict != Verdict::Failed) row.thumbnail = "thumbnails/" + row.id + ".png";
  run.set_aside = {{"localizer", "three planes in one series", false}, {"cut.nii", "ends early", true}};
  run.version = "isoscan";
  put(out / "reports", report::run_files(run));
}

void make_many(const fs::path& reports) {
  constexpr int kScans = 5000;
  core::Random random(11);
  const fs::path thumbnails = reports / "thumbnails";
  const fs::path picture = thumbnails / "sub-x.png";
  core::write_file(picture,
                   report::scan_record(made_scan("x", Verdict::Harmonized, 4.0)).figures->thumbnail_png);
  std::vector<report::ScanReport> facts;
  for (int n = 0; n < kScans; ++n) {
    report::ScanReport scan;
    scan.id = "sub-" + std::to_string(10000 + n) + "_ses-1";
    scan.verdict = n % 97 == 0   ? Verdict::Failed
                   : n % 53 == 0 ? Verdict::Refused
                   : n % 7 == 0  ? Verdict::PassedThrough
                                 : Verdict::Harmonized;
    scan.reason = "made up, kind " + std::to_string(n % 9);
    scan.provenance.site = "site-" + std::to_string(n % 12);
    scan.provenance.site_scans = 20;
    scan.provenance.reference_scans = 30;
    if (scan.verdict >= Verdict::PassedThrough) {
      scan.provenance.output_sha256 = core::sha256(scan.id);
      for (int m = 0; m < 30; ++m) {
        const double value = 0.7 + 0.03 * random.normal();
        scan.measures.push_back({"Measure " + std::to_string(m), value, value - 0.1, "", "",
                                 report::Range{0.62, 0.78}, "A made-up number", report::Direction::Near, 0.7,
                                 0.03, 0.6});
      }
      fs::create_hard_link(picture, thumbnails / (scan.id + ".png"));
    }
    facts.push_back(std::move(scan));
  }
  report::RunReport run;
  report::set_scans(run, facts, {"Measure 0", "Measure 1", "Measure 2", "Measure 3"});
  for (report::RunRow& row : run.rows)
    if (!row.output_sha256.empty()) row.thumbnail = "thumbnails/" + row.id + ".png";
  put(reports, report::run_files(run));
}

/// The page of an evaluation: one method better than the baseline, one worse.
void make_outcome(const fs::path& file) {
  report::OutcomeReport table;
  table.title = "travellers";
  table.subtitle = "made up";
  table.question = "Whose scans are nearest to the truth?";
  table.baseline = "two-pass";
  table.version = "isoscan";
  table.metrics = {{"psnr", "PSNR", "dB", report::Direction::Higher, 0.0, report::Range{30.0, 40.0},
                    "How near to the truth.", false}};
  table.people = {"a", "b", "c"};
  const auto row = [&](const std::string& method, double mean, report::Standing standing) {
    report::OutcomeCell cell;
    cell.value = report::Spread{mean, 0.5, report::Range{mean - 1.0, mean + 1.0}, 3};
    cell.score = mean;
    cell.standing = standing;
    if (standing != report::Standing::Baseline)
      cell.less_baseline = cell.gain =
          report::Spread{mean - 31.0, 0.5, report::Range{mean - 32.0, mean - 30.0}, 3};
    cell.values = {mean - 0.5, mean, mean + 0.5};
    table.rows.push_back({method, "Made up.", false, {cell}});
  };
  row("restore", 34.0, report::Standing::Better);
  row("two-pass", 31.0, report::Standing::Baseline);
  row("zscore", 28.0, report::Standing::Worse);
  table.notes = {"<script>document.title = 'owned'</script>"};
  table.left_out = {{"d", "no brain was found"}};
  core::write_file(file, report::outcome_page(table));
}

void make_pages(const fs::path& reports, int count) {
  report::ScanRecord record = report::scan_record(made_scan("x", Verdict::Harmonized, 1.0));
  std::vector<report::ScanReport> facts;
  for (int n = 0; n < count; ++n) {
    record.facts.id = "sub-" + std::to_string(1000 + n);
    put(reports, report::scan_files(record));
    facts.push_back(record.facts);
  }
  report::RunReport run;
  report::set_scans(run, facts, {"Grey / white matter"});
  put(reports, report::run_files(run));
}

}  // namespace
}  // namespace isoscan

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) return 2;
  try {
    if (argc == 3) {
      isoscan::make_pages(boost::filesystem::path(argv[1]) / "pages/reports", std::stoi(argv[2]));
      return EXIT_SUCCESS;
    }
    isoscan::make_run(boost::filesystem::path(argv[1]) / "run");
    isoscan::make_many(boost::filesystem::path(argv[1]) / "many/reports");
    isoscan::make_outcome(boost::filesystem::path(argv[1]) / "outcome.html");
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return EXIT_SUCCESS;
}
