#include "isoscan/domain/site_ranges.hpp"

#include "isoscan/core/error.hpp"
#include "isoscan/domain/contents.hpp"

#include "tensors.hpp"

namespace isoscan::domain {

namespace {

constexpr const char* kName = "site_range";

}  // namespace

void save(const SiteModel& model, const SiteRanges& ranges, const boost::filesystem::path& file,
          SiteContent content) {
  core::TensorFile tensors = to_tensors(model, content);
  put_ranges(tensors, kName, ranges);
  core::seal(tensors);
  check_contents(tensors, FileKind::SiteModel);
  core::write_tensor_file(file, tensors);
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
