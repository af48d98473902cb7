#include "walk.hpp"

#include <algorithm>
#include <set>

#include <boost/algorithm/string.hpp>
#include <boost/filesystem.hpp>

#include "bids_name.hpp"
#include "dicom_sniff.hpp"
#include "study_list.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;

namespace {

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

/// In words, with a cure where its name tells one.
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

bool is_img(const fs::path& file) {
  return boost::iends_with(file.string(), ".img") || boost::iends_with(file.string(), ".img.gz");
}

/// The voxels of a NIfTI pair whose header lies beside them.
bool is_half_of_a_pair(const fs::path& file) {
  boost::system::error_code error;
  return is_img(file) && fs::is_regular_file(file.parent_path() / (stem_of(file) + ".hdr"), error);
}

class Walk {
 public:
  Walk(const fs::path& root, const Look& look, Found& found, const core::Context& context)
      : root_(root), look_(look), found_(found), context_(context) {}

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
        } else if (is_study(entry) || is_unfinished_study(entry)) {
          leave(entry, "what `isoscan ingest` made: name this folder itself to use it", false);
        } else {
          folder(entry);
        }
      } else {
        file(entry, nifti);
      }
    }
    sort_nifti_files(root_, nifti, false, look_, found_);
  }

  void file(const fs::path& at, std::vector<fs::path>& nifti) {
    boost::system::error_code error;
    if (!fs::is_regular_file(at, error)) {
      const bool nowhere = fs::is_symlink(at, error) && !fs::exists(at, error);
      leave(at, nowhere ? "a link that leads nowhere" : "not a file", nowhere);
    } else if (has_nifti_name(at)) {
      nifti.push_back(at);
    } else if (has_dicom_name(at) || (!is_companion(at) && !is_half_of_a_pair(at))) {
      dicom.push_back(at);
    }
  }

  std::vector<fs::path> dicom;

 private:
  void leave(const fs::path& at, const std::string& reason, bool broken) {
    found_.set_aside.push_back({name_below(root_, at), reason, broken});
  }

  const fs::path& root_;
  const Look& look_;
  Found& found_;
  const core::Context& context_;
};

}  // namespace

SetAside left_file(const fs::path& root, const fs::path& file) {
  if (is_img(file)) return {name_below(root, file), "its .hdr file is missing beside it", true};
  return {name_below(root, file), other_reason(file), false};
}

std::vector<fs::path> walk(const fs::path& root, bool by_name, const Look& look, Found& found,
                           const core::Context& context) {
  Walk walk(root, look, found, context);
  if (fs::is_directory(root)) {
    walk.folder(root);
  } else {
    std::vector<fs::path> nifti;
    walk.file(root, nifti);
    sort_nifti_files(root, nifti, by_name, look, found);
  }
  return std::move(walk.dicom);
}

}  // namespace isoscan::io
