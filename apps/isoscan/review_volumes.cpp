#include "review_volumes.hpp"

#include <algorithm>

#include <boost/filesystem.hpp>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/append_file.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/io/nifti.hpp"

#include "common_flags.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;
using config::Json;

namespace {

core::Volume over(core::Volume volume, const std::optional<double>& white_matter) {
  if (!white_matter || !(*white_matter > 0.0))
    throw core::Error(core::ErrorKind::Input, "the record does not say how bright white matter is");
  for (float& v : volume.voxels) v = static_cast<float>(v / *white_matter);
  return volume;
}

std::string nifti_bytes(const core::Volume& volume) {
  // Heads are for nobody else's eyes: the folder is its owner's alone.
  const fs::path folder = fs::temp_directory_path() / fs::unique_path("isoscan-%%%%-%%%%-%%%%");
  core::make_private_folder(folder);
  const fs::path file = folder / "volume.nii";
  boost::system::error_code ignored;
  try {
    io::write_nifti(file, volume);
    std::string bytes = core::read_file(file);
    fs::remove_all(folder, ignored);
    return bytes;
  } catch (...) {
    fs::remove_all(folder, ignored);
    throw;
  }
}

}  // namespace

const io::ScanSource& ReviewVolumes::source(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  if (!list_) {
    const fs::path file = out_ / ".isoscan" / "last-run.json";
    if (!fs::is_regular_file(file))
      throw core::Error(core::ErrorKind::Io,
                        "the scans that were harmonized are not known here (no .isoscan/ in OUT)");
    const Json request = config::read_json(file, core::ErrorKind::Input);
    const Json settings = config::with_defaults(request.at("settings"), config::Schema::Run);
    io::FindOptions options;
    if (const Json* key = settings.find("pseudonym_key"); key != nullptr && key->is_string())
      options.pseudonym_key = read_pseudonym_key(key->as_string());
    options.read = {io::scaling_named(settings.at("scaling").as_string()),
                    settings.at("first_volume").as_bool(), settings.at("resample").as_bool()};
    list_ = io::find_scans(request.at("scans").as_string(), core::Context{}, options);
  }
  const auto found = std::find_if(list_->scans.begin(), list_->scans.end(),
                                  [&](const io::ScanSource& scan) { return scan.id() == id; });
  if (found == list_->scans.end())
    throw core::Error(core::ErrorKind::Input, "the scan is no longer where it was harmonized from");
  return *found;
}

core::Volume ReviewVolumes::before(const report::ScanReport& scan) {
  return over(io::read_scan(source(scan.id)).volume, scan.provenance.white_matter_before);
}

core::Volume ReviewVolumes::after(const report::ScanReport& scan) const {
  const Json status = config::read_json(out_ / "status" / (scan.id + ".json"), config::Schema::Status,
                                        core::ErrorKind::Input);
  const Json* outputs = status.find("outputs");
  if (outputs == nullptr || outputs->items().empty())
    throw core::Error(core::ErrorKind::Input, "the scan has no output");
  const fs::path file = out_ / outputs->items().front().at("path").as_string();
  if (!core::lies_in(file, out_)) throw core::Error(core::ErrorKind::Input, "the output lies outside of OUT");
  return over(io::read_nifti(file).volume, scan.provenance.white_matter_after);
}

std::string ReviewVolumes::missing(const report::ScanReport& scan) {
  try {
    (void)source(scan.id);
    return {};
  } catch (const core::Error& error) {
    return error.what();
  }
}

std::string ReviewVolumes::nifti(const report::ScanReport& scan, const std::string& which) {
  if (which == "before") return nifti_bytes(before(scan));
  core::Volume volume = after(scan);
  if (which == "after") return nifti_bytes(volume);
  if (which != "change") throw core::Error(core::ErrorKind::Input, "there are before, after and change");
  const core::Volume old = before(scan);
  core::require_same_grid(old.grid, volume.grid, "before and after");
  for (std::size_t n = 0; n < volume.voxels.size(); ++n) volume.voxels[n] -= old.voxels[n];
  return nifti_bytes(volume);
}

}  // namespace isoscan::app
