#include "dicomdir.hpp"

#include <map>
#include <set>

#include <boost/algorithm/string.hpp>
#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"

#include "dicom_file.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;

namespace {

constexpr DicomTag kRecords{0x0004, 0x1220};
constexpr DicomTag kFileId{0x0004, 0x1500};

/// Entries of folders by their names in lower case and without a version, each folder listed once.
class Folders {
 public:
  /// Empty where there is none.
  fs::path find(const fs::path& folder, const std::string& name) {
    boost::system::error_code error;
    if (fs::exists(folder / name, error)) return folder / name;
    const auto& entries = of(folder);
    const auto found = entries.find(plain(name));
    return found == entries.end() ? fs::path() : found->second;
  }

 private:
  static std::string plain(const std::string& name) {
    std::string lower = boost::to_lower_copy(name.substr(0, name.find(';')));
    if (boost::ends_with(lower, ".")) lower.pop_back();
    return lower;
  }
  const std::map<std::string, fs::path>& of(const fs::path& folder) {
    const auto [known, fresh] = folders_.try_emplace(folder);
    if (fresh) {
      boost::system::error_code error;
      std::set<fs::path> sorted;
      for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
        sorted.insert(at->path());
      for (const fs::path& entry : sorted) known->second.try_emplace(plain(entry.filename().string()), entry);
    }
    return known->second;
  }
  std::map<fs::path, std::map<std::string, fs::path>> folders_;
};

}  // namespace

DicomDirectory read_dicomdir(const fs::path& file) {
  const DicomFile dicom(file, DicomFile::Part::Header);
  if (!dicom.data().has(kRecords)) {
    throw core::Error(core::ErrorKind::Input,
                      file.string() + ": is no DICOMDIR (it has no directory records); name the folder");
  }
  DicomDirectory directory;
  Folders folders;
  std::set<fs::path> seen;
  for (const DicomItem& record : dicom.data().items(kRecords)) {
    const std::string id = record.text(kFileId);
    if (id.empty()) continue;
    ++directory.named;
    std::vector<std::string> parts;
    boost::split(parts, id, boost::is_any_of("\\"));
    fs::path at = file.parent_path().empty() ? fs::path(".") : file.parent_path();
    for (std::string& part : parts) {
      boost::trim(part);
      const bool plain = !part.empty() && part != "." && part != ".." && part.find('/') == std::string::npos;
      if (!at.empty()) at = plain ? folders.find(at, part) : fs::path();
    }
    boost::system::error_code error;
    if (at.empty() || !fs::is_regular_file(at, error)) continue;
    if (seen.insert(at).second) {
      directory.files.push_back(at);
    } else {
      --directory.named;
    }
  }
  return directory;
}

std::optional<std::string> missing_from(const fs::path& dicomdir) {
  try {
    const DicomDirectory directory = read_dicomdir(dicomdir);
    const std::size_t missing = directory.named - directory.files.size();
    if (missing == 0) return std::nullopt;
    return "a DICOMDIR: " + std::to_string(missing) + " of the " + std::to_string(directory.named) +
           " files that it names are not there; copy the medium again";  // no names: they may be a patient's
  } catch (const core::Error&) {
    return std::nullopt;
  }
}

}  // namespace isoscan::io
