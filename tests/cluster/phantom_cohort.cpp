// Made-up heads at any voxel size, so that a cluster's tests have many scans and little to compute:
//   isoscan_phantom_cohort FOLDER REFERENCE SITE SPACING_MM
// writes REFERENCE people to FOLDER/reference and SITE others, seen by another scanner, to
// FOLDER/new-hospital.
#include <cstdlib>
#include <iostream>
#include <string>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/phantom/head.hpp"
#include "isoscan/phantom/virtual_scanner.hpp"

namespace {

namespace fs = boost::filesystem;
using namespace isoscan;

struct Site {
  std::string folder;
  std::string label;  ///< of its people, before the number
  phantom::VirtualScanner scanner;
  std::uint64_t scanner_seed = 0;
  std::uint64_t first_person = 0;
};

void write_site(const fs::path& folder, const Site& site, int people, double spacing_mm) {
  for (int n = 1; n <= people; ++n) {
    const std::uint64_t seed = site.first_person + static_cast<std::uint64_t>(n);
    phantom::HeadOptions options;
    options.grid = phantom::head_grid(spacing_mm);
    options.age_years = 30.0 + static_cast<double>(seed % 7) * 6.0;
    const phantom::SyntheticHead head = phantom::make_head(options, seed, {});
    const auto scan =
        phantom::scan_with(site.scanner, head.image, head.brain, head.tissue, site.scanner_seed, seed, {});
    const std::string subject = "sub-" + site.label + std::to_string(n);
    io::write_nifti(folder / site.folder / subject / "anat" / (subject + "_T1w.nii.gz"), scan.image);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: isoscan_phantom_cohort FOLDER REFERENCE SITE SPACING_MM\n";
    return 2;
  }
  try {
    const double spacing_mm = std::atof(argv[4]);
    phantom::VirtualScanner reference;
    reference.name = "reference";
    reference.bias = 0.1;
    reference.noise = 0.015;
    write_site(argv[1], {"reference", "ref", reference, 1, 0}, std::atoi(argv[2]), spacing_mm);
    write_site(argv[1], {"new-hospital", "new", phantom::preset("medium"), 2, 100000}, std::atoi(argv[3]),
               spacing_mm);
  } catch (const core::Error& error) {
    std::cerr << "isoscan_phantom_cohort: " << error.what() << '\n';
    return core::exit_status(error.kind());
  }
  return 0;
}
