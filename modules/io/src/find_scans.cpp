#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <boost/algorithm/string.hpp>
#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"

#include "candidates.hpp"
#include "dicomdir.hpp"
#include "header_store.hpp"
#include "keyed_labels.hpp"
#include "study_list.hpp"
#include "table_scans.hpp"
#include "walk.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;

std::string name_below(const fs::path& root, const fs::path& file) {
  const auto shown = [](const fs::path& path) { return core::printable(path.generic_string()); };
  if (file == root) return shown(file.filename());
  const fs::path relative = file.lexically_relative(root);
  return relative.empty() || boost::starts_with(relative.string(), "..") ? shown(file.filename())
                                                                         : shown(relative);
}

std::string reason_without_path(const std::string& message, const fs::path& file) {
  std::string reason = message;
  boost::erase_all(reason, file.string() + ": ");
  boost::replace_all(reason, file.parent_path().string() + "/", "");
  return core::printable(reason);
}

bool is_wanted(const Verdict& verdict, const Look& look) {
  const bool chosen = (verdict.needs_first_volume || verdict.needs_resample) &&
                      (!verdict.needs_first_volume || look.read.first_volume) &&
                      (!verdict.needs_resample || look.read.resample);
  switch (look.take) {
    case Take::T1w:
      return verdict.contrast == Contrast::T1w && !verdict.no_head && (verdict.reason.empty() || chosen);
    case Take::Volumes:
      return verdict.no_volume.empty() || chosen;
    case Take::Everything:
      break;
  }
  return true;
}

void keep_wanted(const fs::path& root, const Look& look, Found& found) {
  std::map<std::tuple<std::string, std::string, bool>, std::set<fs::path>> left;  // family, reason, broken
  const auto kept = std::stable_partition(found.candidates.begin(), found.candidates.end(),
                                          [&](const Candidate& c) { return is_wanted(c.verdict, look); });
  for (auto c = kept; c != found.candidates.end(); ++c) {
    if (c->source.session.empty() && !c->visit.empty()) found.visits[c->person].insert(c->visit);
    const Verdict& verdict = c->verdict;
    const bool no_volume = look.take == Take::Volumes || verdict.reason.empty();
    left[{c->family.empty() ? "\n" + c->where : c->family, no_volume ? verdict.no_volume : verdict.reason,
          verdict.broken}]
        .insert(c->source.files.begin(), c->source.files.end());
  }
  found.candidates.erase(kept, found.candidates.end());
  for (const auto& [fate, files] : left) {
    std::string name = name_below(root, *files.begin());
    if (files.size() > 1) name += " and " + std::to_string(files.size() - 1) + " more";
    found.set_aside.push_back({name, std::get<1>(fate), std::get<2>(fate)});
  }
}

Found look_into(const fs::path& root, bool by_name, const Look& look, const core::Context& context) {
  Found found;
  if (by_name && !fs::is_directory(root) && boost::iequals(root.filename().string(), "DICOMDIR")) {
    const fs::path folder = root.parent_path().empty() ? fs::path(".") : root.parent_path();
    const DicomDirectory directory = read_dicomdir(root);
    if (const auto lost = missing_from(root)) found.set_aside.push_back({"DICOMDIR", *lost, true});
    sort_dicom_files(folder, directory.files, look, found, context);
    keep_wanted(folder, look, found);
    return found;
  }
  const std::vector<fs::path> files =
      walk(root, by_name, look, found, context.slice(0.0, 0.02, "look around"));
  sort_dicom_files(root, files, look, found, context.slice(0.02, 1.0, "headers"));
  keep_wanted(root, look, found);
  return found;
}

fs::path plain_root(const fs::path& scans) {
  boost::system::error_code error;
  if (!fs::exists(scans, error))
    throw Error(ErrorKind::Io, scans.string() + ": there is no such file or folder");
  if (scans.filename() != "." && !scans.filename().empty()) return scans;
  return scans.parent_path().empty() ? fs::path(".") : scans.parent_path();
}

fs::path tree_of(const fs::path& root) {
  boost::system::error_code error;
  if (fs::is_directory(root, error)) return root;
  return boost::iequals(root.filename().string(), "DICOMDIR") ? fs::absolute(root).parent_path() : fs::path();
}

Found look_for(const fs::path& root, const Look& look, const core::Context& context) {
  if (!fs::is_directory(root) && boost::iends_with(root.string(), ".tsv"))
    return scans_of_table(root, look, context);
  return look_into(root, true, look, context);
}

ScanList find_scans(const fs::path& scans, const core::Context& context, const FindOptions& options) {
  const fs::path root = plain_root(scans);
  if (is_unfinished_study(root)) {
    throw Error(ErrorKind::Input,
                scans.string() +
                    ": an ingest began here and did not end; run `isoscan ingest` again with the "
                    "same options: it goes on where it was");
  }
  Look look;
  look.take = options.all ? Take::Volumes : Take::T1w;
  look.read = options.read;
  Found found;
  if (is_study(root)) {
    found = read_study(root, options.pseudonym_key, look);
  } else {
    HeaderStore headers;
    look.headers = &headers;
    found = look_for(root, look, context);
    found.tree = tree_of(root);
    set_copies_aside(found, context);
    key_labels(found, options.pseudonym_key);
    warn_of_shared_images(
        found, [&](const std::string& person) { return dicom_label(person, options.pseudonym_key); });
    give_labels(found);
  }
  std::vector<ScanSource*> sources;
  for (Candidate& c : found.candidates) {
    sources.push_back(&c.source);
    if (c.verdict.volumes > 1 && c.verdict.needs_first_volume) {
      c.source.warnings.push_back("the first of " + std::to_string(c.verdict.volumes) +
                                  " volumes of a series over time is taken");
    }
  }
  for (ScanSource* source : sources) source->read = options.read;
  warn_of_mixed_scanners(sources, found.warnings);
  return select_scans(list_of(std::move(found)), options.only);
}

}  // namespace isoscan::io
