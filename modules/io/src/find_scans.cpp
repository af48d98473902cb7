#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <utility>

#include <boost/algorithm/string.hpp>
#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"

#include "bids_name.hpp"
#include "candidates.hpp"
#include "keyed_labels.hpp"
#include "table_scans.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;

namespace {

enum class FileKind : std::uint8_t { Nifti, Dicom, Companion, Other };

/// By its first bytes: DICOM with its mark, or bare data elements of group 2 or 8 as old exports have them.
bool looks_like_dicom(const fs::path& file) {
  std::array<char, 132> head{};
  std::ifstream in(file.string(), std::ios::binary);
  in.read(head.data(), head.size());
  const auto got = in.gcount();
  if (got >= 132 && std::string_view(head.data() + 128, 4) == "DICM") return true;
  if (got < 16) return false;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(head[at]); };
  const bool group = (byte(0) == 2 || byte(0) == 8) && byte(1) == 0 && byte(3) == 0;
  const bool group_big = byte(0) == 0 && (byte(1) == 2 || byte(1) == 8) && byte(2) == 0;
  const bool explicit_vr = std::isupper(byte(4)) != 0 && std::isupper(byte(5)) != 0;
  const bool short_length = byte(6) == 0 && byte(7) == 0 && byte(5) <= 1;
  return (group && (explicit_vr || short_length)) || (group_big && explicit_vr);
}

/// Files that rightly lie among scans and hold none.
bool is_companion(const fs::path& file) {
  static const std::set<std::string> endings{
      ".json", ".tsv", ".csv",  ".txt", ".md",   ".rst", ".bval", ".bvec",  ".html",   ".log",    ".pdf",
      ".png",  ".jpg", ".jpeg", ".svg", ".xml",  ".yml", ".yaml", ".toml",  ".py",     ".sh",     ".m",
      ".r",    ".mat", ".xlsx", ".xls", ".docx", ".cff", ".bib",  ".jsonl", ".isoref", ".isosite"};
  static const std::set<std::string> names{"README",  "CHANGES", "LICENSE", "COPYING",
                                           "VERSION", "AUTHORS", "NOTICE"};
  return endings.count(boost::to_lower_copy(file.extension().string())) > 0 ||
         names.count(file.filename().string()) > 0;
}

/// Why a file that is neither NIfTI nor DICOM was left, with a cure where its name tells one.
std::string other_reason(const fs::path& file) {
  const std::string name = boost::to_lower_copy(file.filename().string());
  for (const char* ending : {".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".7z", ".rar", ".tar.xz"}) {
    if (boost::ends_with(name, ending)) return "an archive: unpack it first";
  }
  for (const char* ending : {".gz", ".bz2", ".xz", ".zst"}) {
    if (boost::ends_with(name, ending)) return "a packed file: unpack it first";
  }
  for (const char* ending :
       {".mgz", ".mgh", ".nrrd", ".nhdr", ".mha", ".mhd", ".mnc", ".v", ".par", ".rec", ".head", ".brik"}) {
    if (boost::ends_with(name, ending))
      return "the format " + name.substr(name.rfind('.')) + " is not read: convert it to NIfTI";
  }
  return "neither NIfTI nor DICOM";
}

FileKind kind_of(const fs::path& file) {
  if (has_nifti_name(file)) return FileKind::Nifti;
  if (boost::iequals(file.filename().string(), "DICOMDIR")) return FileKind::Dicom;
  const std::string ending = boost::to_lower_copy(file.extension().string());
  if (ending == ".dcm" || ending == ".ima") return FileKind::Dicom;
  if (is_companion(file)) return FileKind::Companion;
  return looks_like_dicom(file) ? FileKind::Dicom : FileKind::Other;
}

class Walk {
 public:
  Walk(const fs::path& root, Found& found, const core::Context& context)
      : root_(root), found_(found), context_(context) {}

  void folder(const fs::path& at) {
    context_.check_stop();
    std::vector<fs::path> entries;
    boost::system::error_code error;
    for (fs::directory_iterator entry(at, error), end; !error && entry != end; entry.increment(error))
      entries.push_back(entry->path());
    if (error) leave(at, "the folder cannot be read (" + error.message() + ")", true);
    std::sort(entries.begin(), entries.end());
    const bool data_set = fs::is_regular_file(at / "dataset_description.json", error);
    std::vector<fs::path> nifti;
    for (const fs::path& entry : entries) {
      const std::string name = entry.filename().string();
      if (name.front() == '.') continue;  // .git, .bidsignore, ._copies of other systems
      if (fs::is_directory(entry, error)) {
        if (data_set && (name == "derivatives" || name == "sourcedata")) {
          leave(entry, "not read inside a BIDS data set: name this folder itself to read it", false);
        } else if (data_set && name == "code") {
          continue;
        } else if (fs::is_symlink(entry, error)) {
          leave(entry, "a link to a folder: not followed", false);
        } else {
          folder(entry);
        }
      } else {
        file(entry, nifti);
      }
    }
    sort_nifti_files(root_, nifti, false, found_);
  }

  void file(const fs::path& at, std::vector<fs::path>& nifti) {
    boost::system::error_code error;
    if (!fs::is_regular_file(at, error)) {
      leave(at, fs::is_symlink(at, error) ? "a link that leads nowhere" : "not a file",
            fs::is_symlink(at, error));
      return;
    }
    switch (kind_of(at)) {
      case FileKind::Nifti:
        nifti.push_back(at);
        return;
      case FileKind::Dicom:
        dicom.push_back(at);
        return;
      case FileKind::Companion:
        return;
      case FileKind::Other:
        if (boost::iends_with(at.string(), ".img") || boost::iends_with(at.string(), ".img.gz")) {
          if (!fs::is_regular_file(at.parent_path() / (stem_of(at) + ".hdr"), error)) {
            leave(at, "its .hdr file is missing beside it", true);
          }
          return;
        }
        leave(at, other_reason(at), false);
    }
  }

  std::vector<fs::path> dicom;

 private:
  void leave(const fs::path& at, const std::string& reason, bool broken) {
    found_.set_aside.push_back({name_below(root_, at), reason, broken});
  }

  const fs::path& root_;
  Found& found_;
  const core::Context& context_;
};

}  // namespace

std::string name_below(const fs::path& root, const fs::path& file) {
  if (file == root) return file.filename().string();
  const fs::path relative = file.lexically_relative(root);
  return relative.empty() || boost::starts_with(relative.string(), "..") ? file.filename().string()
                                                                         : relative.generic_string();
}

std::string reason_without_path(const std::string& message, const fs::path& file) {
  std::string reason = message;
  boost::erase_all(reason, file.string() + ": ");
  boost::replace_all(reason, file.parent_path().string() + "/", "");
  return reason;
}

Found look_into(const fs::path& root, bool by_name, const core::Context& context) {
  Found found;
  Walk walk(root, found, context);
  if (fs::is_directory(root)) {
    walk.folder(root);
  } else {
    std::vector<fs::path> nifti;
    walk.file(root, nifti);
    sort_nifti_files(root, nifti, by_name, found);
  }
  sort_dicom_files(root, walk.dicom, found, context);
  return found;
}

namespace {

ScanList list_of(Found found, const core::Context& context, const FindOptions& options) {
  const std::string& key = options.pseudonym_key;
  set_copies_aside(found, context);
  key_labels(found, key);
  warn_of_shared_images(found, [&](const std::string& person) { return dicom_label(person, key); });
  ScanList list = with_unique_labels(std::move(found));
  for (ScanSource& scan : list.scans) scan.read = options.read;
  warn_of_mixed_scanners(list);
  return select_scans(std::move(list), options.only);
}

}  // namespace

ScanList find_scans(const fs::path& scans, const core::Context& context, const FindOptions& options) {
  boost::system::error_code error;
  if (!fs::exists(scans, error))
    throw Error(ErrorKind::Io, scans.string() + ": there is no such file or folder");
  fs::path root = scans;
  if (root.filename() == "." || root.filename().empty())
    root = root.parent_path().empty() ? fs::path(".") : root.parent_path();
  if (!fs::is_directory(root, error) && boost::iends_with(root.string(), ".tsv")) {
    return list_of(scans_of_table(root, context), context, options);
  }
  return list_of(look_into(root, true, context), context, options);
}

}  // namespace isoscan::io
