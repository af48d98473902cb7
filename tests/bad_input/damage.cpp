#include "damage.hpp"

#include <cstdint>
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

int seed_of(const fs::path& folder) {
  std::uint32_t hash = 2166136261U;
  const std::string name = folder.filename().string();
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return static_cast<int>(hash % 1000000U) + 10;
}

fs::path lay(const std::string& damage, const fs::path& folder) {
  fs::create_directories(folder);
  Makers makers = nifti_damage();
  makers.merge(dicom_damage());
  makers.merge(tree_damage());
  if (damage != "nothing" && damage != "tree-deep") write(folder / "good.nii", good_nifti(seed_of(folder)));
  makers.at(damage)(folder);
  return boost::starts_with(damage, "table-") ? folder / "scans.tsv" : folder;
}

bool needs_another_user(const std::string& damage) {
  return boost::starts_with(damage, "tree-unreadable");
}

}  // namespace isoscan::bad_input
