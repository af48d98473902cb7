#include "damage.hpp"

#include <fstream>

#include <boost/algorithm/string.hpp>
#include <boost/filesystem.hpp>

#include "table.hpp"

namespace isoscan::bad_input {

namespace fs = boost::filesystem;

void write(const fs::path& file, const std::string& bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream(file.string(), std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

fs::path lay(const std::string& damage, const fs::path& folder) {
  fs::create_directories(folder);
  Makers makers = nifti_damage();
  makers.merge(dicom_damage());
  makers.merge(tree_damage());
  if (damage != "nothing" && damage != "tree-deep") write(folder / "good.nii", good_nifti(1));
  makers.at(damage)(folder);
  return boost::starts_with(damage, "table-") ? folder / "scans.tsv" : folder;
}

bool needs_another_user(const std::string& damage) {
  return boost::starts_with(damage, "tree-unreadable");
}

}  // namespace isoscan::bad_input
