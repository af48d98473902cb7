#include "isoscan/core/volume.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/io/site_rule.hpp"

#include "judge.hpp"
#include "table.hpp"
#include "targets.hpp"

namespace isoscan::fuzz {

namespace {

/// A folder with two scans, a.nii and sub/b.nii, and a mask of a.
const boost::filesystem::path& folder_with_scans() {
  static const Scratch folder;
  static const bool written = [] {
    core::Volume a(core::Grid{{9, 9, 9}, {}}, 1.0F);
    a.voxels[100] = 2.0F;
    io::write_nifti(folder.path() / "a.nii", a);
    a.voxels[101] = 3.0F;
    io::write_nifti(folder.path() / "sub/b.nii", a);
    core::Mask mask(a.grid);
    mask.voxels[100] = 1;
    io::write_nifti(folder.path() / "mask.nii", mask);
    return true;
  }();
  (void)written;
  return folder.path();
}

}  // namespace

void table(std::string_view bytes) {
  static const Scratch own;
  bool within = true;
  judged([&] { (void)io::read_site_table(own.put("sites.tsv", bytes)); });
  judged([&] {
    const io::Table read = io::read_table(own.put("t.tsv", bytes), "path");
    for (const io::TableRow& row : read.rows) {
      require(!row.at("path").empty(), "a row without its path");
      within = within && row.at("path").front() != '/' && row.at("path").find("..") == std::string::npos;
    }
  });
  if (!within) return;  // a row may name any folder, "/" too: that would be read for hours
  const auto file = folder_with_scans() / "scans.tsv";
  std::ofstream(file.string(), std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  judged([&] {
    for (const io::ScanSource& scan : io::find_scans(file, {}).scans)
      require(!scan.subject.empty() && !scan.id().empty(), "a scan without a label");
  });
}

void sidecar(std::string_view bytes) {
  const auto file = folder_with_scans() / "a.json";
  std::ofstream(file.string(), std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  judged([&] {
    for (const io::ScanSource& scan : io::find_scans(folder_with_scans() / "a.nii", {}).scans)
      require(!scan.site.empty(), "a scan without a site");
  });
  boost::filesystem::remove(file);
}

}  // namespace isoscan::fuzz
