#include "candidates.hpp"

namespace isoscan::io {

void sort_dicom_files(const boost::filesystem::path& root, const std::vector<boost::filesystem::path>& files,
                      Found& found, const core::Context& context) {
  for (const auto& file : files) {
    context.check_stop();
    found.set_aside.push_back({name_below(root, file), "DICOM is not read yet; convert it to NIfTI", false});
  }
}

}  // namespace isoscan::io
