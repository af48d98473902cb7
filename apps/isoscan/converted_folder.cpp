#include "converted_folder.hpp"

#include <vector>

#include <boost/algorithm/string/predicate.hpp>
#include <boost/filesystem.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/partials.hpp"
#include "isoscan/engine/manifest.hpp"
#include "isoscan/engine/store.hpp"
#include "isoscan/io/bids.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;
using config::Json;

namespace {

constexpr const char* kName = "Isoscan: scans converted to NIfTI";
constexpr const char* kDescription = "dataset_description.json";
constexpr const char* kReadme =
    R"(MR scans converted to NIfTI by Isoscan: voxels as they were acquired, in their places. The JSON file beside a scan says
how it was acquired and read. Patients' data stayed behind: subjects are pseudonyms.

status/ holds one file for each scan and input: converted, failed or skipped, and why.
)";

/// Whether a JSON file says this of itself.
bool says(const fs::path& file, const char* key, const std::string& value) {
  try {
    const Json json = config::read_json(file, core::ErrorKind::Input);
    const Json* found = json.is_object() ? json.find(key) : nullptr;
    return found != nullptr && found->is_string() && found->as_string() == value;
  } catch (const core::Error&) {
    return false;
  }
}

/// "x/sub-01_T1w" of "x/sub-01_T1w.nii.gz"; empty for a file that is no NIfTI by its name.
std::string without_ending(const std::string& file) {
  for (const char* ending : {".nii.gz", ".nii", ".hdr", ".hdr.gz", ".img", ".img.gz"}) {
    if (boost::iends_with(file, ending)) return file.substr(0, file.size() - std::string(ending).size());
  }
  return {};
}

/// convert_scan puts its mark into the sidecar of each volume.
bool is_converted(const fs::path& volume) {
  return says(without_ending(volume.string()) + ".json", "ConversionSoftware", "Isoscan");
}

/// Scans beside the subjects' folders and in them: where convert writes.
std::vector<fs::path> volumes_of(const fs::path& out) {
  std::vector<fs::path> volumes;
  const auto take = [&](const fs::path& file) {
    boost::system::error_code error;
    const std::string name = file.filename().string();
    const bool scan =
        !core::is_partial(file) && (!without_ending(name).empty() || boost::iends_with(name, ".dcm"));
    if (scan && fs::is_regular_file(file, error)) volumes.push_back(file);
  };
  boost::system::error_code error;
  for (fs::directory_iterator entry(out, error), end; !error && entry != end; entry.increment(error)) {
    take(entry->path());
    if (!boost::starts_with(entry->path().filename().string(), "sub-")) continue;
    boost::system::error_code inner;
    for (fs::recursive_directory_iterator at(entry->path(), inner), last; !inner && at != last;
         at.increment(inner)) {
      take(at->path());
    }
  }
  return volumes;
}

void remove_volume(const fs::path& volume) {
  if (!is_converted(volume)) return;
  boost::system::error_code ignored;
  fs::remove(volume, ignored);
  fs::remove(without_ending(volume.string()) + ".json", ignored);
}

std::set<fs::path> targets_of(const fs::path& out, const std::vector<io::ScanSource>& scans) {
  std::set<fs::path> targets;
  for (const io::ScanSource& scan : scans) targets.insert(out / io::converted_path(scan));
  return targets;
}

}  // namespace

void require_converted_folder(const fs::path& out) {
  if (fs::exists(out / kDescription) && !says(out / kDescription, "Name", kName)) {
    throw core::Error(
        core::ErrorKind::Config,
        out.string() +
            ": is a data set that `isoscan convert` did not make; choose another output folder, "
            "originals stay untouched");
  }
  for (const fs::path& volume : volumes_of(out)) {
    if (is_converted(volume)) continue;
    throw core::Error(core::ErrorKind::Config,
                      out.string() + ": holds " + volume.lexically_relative(out).string() +
                          ", which `isoscan convert` did not write; choose another output folder, originals "
                          "stay untouched");
  }
}

void mark_converted_folder(const fs::path& out, const io::SourceDataset& source) {
  core::remove_dead_partials(out);
  core::write_if_changed(out / kDescription, io::dataset_description(kName, io::DatasetType::Raw, source));
  core::write_if_changed(out / "README", kReadme);
  core::write_if_changed(out / ".bidsignore", "other/\nstatus/\n");
}

void remove_converted(const fs::path& out, const io::ScanSource& scan) {
  remove_volume(out / io::converted_path(scan));
}

void remove_converted(const fs::path& out, const std::string& input,
                      const std::vector<io::ScanSource>& scans) {
  const std::string name = without_ending(fs::path(input).filename().string());
  if (name.empty()) return;
  const std::set<fs::path> targets = targets_of(out, scans);
  for (const fs::path& volume : volumes_of(out)) {
    const std::string converted = without_ending(volume.filename().string());
    if (converted != name || targets.count(volume) > 0 || !is_converted(volume)) continue;
    remove_volume(volume);
    boost::system::error_code ignored;
    const std::string id = converted.substr(0, converted.rfind('_'));
    fs::remove(out / "status" / (pipeline::file_name_of(id) + ".json"), ignored);
  }
}

std::set<std::string> left_over(const fs::path& out, const std::vector<io::ScanSource>& scans) {
  const std::set<fs::path> targets = targets_of(out, scans);
  std::set<std::string> names;
  for (const fs::path& volume : volumes_of(out)) {
    if (targets.count(volume) == 0 && is_converted(volume))
      names.insert(without_ending(volume.filename().string()));
  }
  return names;
}

}  // namespace isoscan::app
