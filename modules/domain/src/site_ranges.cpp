#include "isoscan/domain/site_ranges.hpp"

#include "isoscan/core/error.hpp"

#include "tensors.hpp"

namespace isoscan::domain {

namespace {

constexpr const char* kName = "site_range";

}  // namespace

void save(const SiteModel& model, const SiteRanges& ranges, const boost::filesystem::path& file) {
  core::TensorFile content = to_tensors(model);
  put_ranges(content, kName, ranges);
  core::seal(content);
  core::write_tensor_file(file, content);
}

SiteRanges load_site_ranges(const boost::filesystem::path& file) {
  const core::TensorFile content = core::read_tensor_file(file);
  try {
    core::check_seal(content);
    return get_ranges(content, kName);
  } catch (const core::Error& error) {
    throw error.within(file.filename().string());
  }
}

}  // namespace isoscan::domain
