#include "isoscan/stages/dataset_files.hpp"

#include "isoscan/core/files.hpp"
#include "isoscan/stages/collect.hpp"

namespace isoscan::stages {

namespace {

constexpr const char* kReadme =
    R"(T1-weighted MR scans, harmonized by Isoscan: made to look as if the scanner of a reference site had made them.
Research use only: not for diagnosis.

sub-*/[ses-*/]anat/*_desc-harmonized_T1w.nii.gz  the scans, each on the grid of its source; the JSON file beside a scan says
                                                 how it was made, from what (Sources) and how far it was changed
sub-*/[ses-*/]anat/*_desc-harmonized_uncertainty.nii.gz  where asked for: how far each voxel may be off (its JSON file)
participants.tsv   who is here (pseudonyms), and which site each person's map was fitted for
reports/           index.html: all scans at a glance, with a page for each; open it in a browser. The JSON files beside the
                   pages hold the same facts
ratings.tsv        what people judged (isoscan review)
status/            one file for each scan and input: harmonized, refused, failed or skipped, and why
sites/             the fitted map of each site (isoscan apply --site)
manifest.json      what was read, done and made, by digest
provenance/        how each scan came to be, step by step (isoscan verify checks all of it)

Folders and files that BIDS does not know stand in .bidsignore.
)";

// What else runs of Isoscan may leave in an output folder; BIDS knows none of it.
constexpr const char* kIgnored =
    "reports/\nstatus/\nsites/\nparts/\ndicom/\nprovenance/"
    "\nmanifest.json\nratings.tsv\nrun.jsonl\n*.isoref\n.isoscan/"
    "\n*_uncertainty.nii.gz\n*_uncertainty.json\n";

}  // namespace

std::vector<std::string> write_dataset_files(const boost::filesystem::path& out,
                                             const io::SourceDataset& source, const std::string& ignored) {
  core::write_if_changed(out / "dataset_description.json",
                         io::dataset_description("Isoscan: scans harmonized to a reference site",
                                                 io::DatasetType::Derivative, source));
  core::write_if_changed(out / "README", kReadme);
  core::write_if_changed(out / ".bidsignore", kIgnored + ignored);
  return {"dataset_description.json", "README", ".bidsignore"};
}

std::vector<std::string> write_participants(const boost::filesystem::path& out,
                                            const std::map<std::string, std::string>& sites) {
  std::map<std::string, std::string> present;
  for (const std::string& volume : harmonized_volumes(out)) {
    const std::string subject = volume.substr(4, volume.find('/') - 4);  // "sub-01/..."
    const auto site = sites.find(subject);
    present[subject] = site == sites.end() ? "" : site->second;
  }
  core::write_if_changed(out / "participants.tsv", io::participants_table(present));
  core::write_if_changed(out / "participants.json", io::participants_columns());
  return {"participants.tsv", "participants.json"};
}

std::map<std::string, std::string> sites_of(const std::vector<io::ScanSource>& scans) {
  std::map<std::string, std::string> sites;
  for (const io::ScanSource& scan : scans) {
    std::string& known = sites[scan.subject];
    if (known.find(scan.site) == std::string::npos) known += (known.empty() ? "" : "; ") + scan.site;
  }
  return sites;
}

}  // namespace isoscan::stages
