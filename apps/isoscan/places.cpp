#include "places.hpp"

#include <algorithm>
#include <set>

#include <boost/algorithm/string/predicate.hpp>
#include <boost/filesystem.hpp>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/io/study.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;

namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw core::Error(core::ErrorKind::Config, what + ", originals stay untouched");
}

/// What is read when `scans` is named: the folder, or the tree that a DICOMDIR stands for.
fs::path tree_of(const fs::path& scans) {
  const bool index = boost::iequals(scans.filename().string(), "DICOMDIR") && !fs::is_directory(scans);
  return index ? fs::absolute(scans).parent_path() : scans;
}

}  // namespace

void require_apart(const fs::path& scans, const fs::path& out, Output kind) {
  const fs::path tree = tree_of(scans);
  if (core::lies_in(tree, out)) {
    refuse((kind == Output::Dicom ? "--dicom-out: the folder " : "the output folder ") + out.string() +
           " holds the scans " + scans.string() + ": choose another");
  }
  if (!fs::is_directory(tree) || !core::lies_in(out, tree)) return;
  const bool data_set = fs::is_regular_file(tree / "dataset_description.json");
  if (kind == Output::DataSet && data_set && core::lies_in(out, tree / "derivatives") &&
      !core::lies_in(tree / "derivatives", out))
    return;
  refuse((kind == Output::Dicom ? "--dicom-out " : "--out ") + out.string() + ": lies among the scans of " +
         scans.string() + "; choose a folder outside" +
         (kind == Output::DataSet && data_set ? ", or one below its derivatives/" : ""));
}

void require_apart(const io::ScanList& list, const fs::path& scans, const fs::path& out, Output kind) {
  if (!list.tree.empty() && io::is_study(scans)) require_apart(list.tree, out, kind);
  std::set<fs::path> folders;
  for (const io::ScanSource& scan : list.scans) {
    for (const fs::path& file : scan.files) folders.insert(fs::absolute(file).parent_path());
  }
  for (const fs::path& folder : folders) {
    if (core::lies_in(folder, out))
      refuse("the output folder " + out.string() + " holds scans of " + scans.string() + ": choose another");
  }
}

fs::path place_of(const fs::path& path) {
  boost::system::error_code error;
  fs::path place = fs::weakly_canonical(fs::absolute(path), error);
  if (error) place = fs::absolute(path).lexically_normal();
  const bool ends_in_slash = place.filename().empty() || place.filename() == ".";
  return ends_in_slash && place.has_parent_path() ? place.parent_path() : place;
}

std::string place_seen_from(const fs::path& folder, const fs::path& out) {
  const fs::path outer = place_of(out);
  if (folder.empty()) return outer.string();
  const fs::path inner = place_of(folder);
  const bool lies_in =
      std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
  return (lies_in ? outer.lexically_relative(inner) : outer).string();
}

std::string place_name(const fs::path& work, const fs::path& out) {
  return core::sha256(place_seen_from(work, out)).substr(0, 16);
}

}  // namespace isoscan::app
