#include "isoscan/io/study.hpp"

#include <algorithm>
#include <tuple>

#include <boost/algorithm/string.hpp>
#include <boost/filesystem.hpp>

#include "isoscan/core/append_file.hpp"
#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/partials.hpp"

#include "candidates.hpp"
#include "header_store.hpp"
#include "keyed_labels.hpp"
#include "sites.hpp"
#include "study_list.hpp"
#include "study_text.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;

namespace {

/// Only an empty folder, a new one or a study may be written into, and none among the scans.
void require_study_folder(const fs::path& study, const fs::path& root) {
  boost::system::error_code error;
  // Of a table or one file nothing but these is looked at: a study may lie beside them.
  const fs::path tree = tree_of(root);
  if (core::lies_in(study, tree.empty() ? root : tree)) {
    throw Error(ErrorKind::Config, study.string() +
                                       ": lies among the scans; choose a folder outside, originals stay "
                                       "untouched");
  }
  if (!fs::exists(study, error)) return;
  const bool ours = is_study(study) || is_unfinished_study(study);
  if (!ours && !(fs::is_directory(study, error) && fs::is_empty(study, error))) {
    throw Error(ErrorKind::Config,
                study.string() + ": is there and is no study; choose a new folder or an empty one");
  }
}

IngestSummary summary_of(const Found& found, const HeaderStore& headers) {
  IngestSummary summary;
  for (const Candidate& c : found.candidates) {
    ++summary.classes[class_of(c.verdict)];
    if (c.verdict.broken) summary.broken.push_back({c.where, c.verdict.reason, true});
    if (c.verdict.contrast == Contrast::T1w && c.verdict.reason.empty()) ++summary.sites[c.source.site];
  }
  for (const SetAside& input : found.set_aside) {
    if (input.broken) {
      summary.broken.push_back(input);
    } else if (boost::starts_with(input.reason, "the same image as") ||
               boost::starts_with(input.reason, "holds the same voxels")) {
      ++summary.duplicates;
    } else {
      ++summary.skipped[input.reason];
    }
  }
  summary.files = headers.size();
  summary.reused = headers.reused();
  summary.warnings = found.warnings;
  return summary;
}

}  // namespace

IngestSummary ingest(const fs::path& scans, const fs::path& study, const IngestOptions& options,
                     const core::Context& context) {
  const fs::path root = fs::absolute(plain_root(scans)).lexically_normal();
  if (is_study(root) || is_unfinished_study(root))
    throw Error(ErrorKind::Config, scans.string() + ": is what an ingest made, and no folder of scans");
  const fs::path out = fs::absolute(study).lexically_normal();
  require_study_folder(out, root);
  const fs::path hidden = out / kPrivateFolder;
  core::make_private_folder(hidden);
  keep_key_of(out, options.pseudonym_key);
  core::remove_dead_partials(out);
  core::remove_dead_partials(hidden);
  HeaderStore headers(hidden / kJournalFile);
  Look look;
  look.take = Take::Everything;
  look.headers = &headers;
  Found found = look_for(root, look, context.slice(0.0, 0.97, "look for scans"));
  const core::Context rest = context.slice(0.97, 1.0, "write the study");
  rest.progress.report(0.0);
  set_copies_aside(found, rest);
  key_labels(found, options.pseudonym_key);
  warn_of_shared_images(
      found, [&](const std::string& person) { return dicom_label(person, options.pseudonym_key); });
  found.tree = tree_of(root);
  found.shared.clear();
  give_labels(found);
  give_sites(found.candidates, options.rule, options.table, found.warnings);
  std::sort(found.set_aside.begin(), found.set_aside.end(), [](const SetAside& a, const SetAside& b) {
    return std::tie(a.name, a.reason) < std::tie(b.name, b.reason);
  });
  rest.check_stop();
  headers.tidy();
  const std::string body = study_list_body(found);
  std::vector<ScanSource*> harmonized;
  for (Candidate& c : found.candidates) {
    if (is_wanted(c.verdict, {})) harmonized.push_back(&c.source);
  }
  warn_of_mixed_scanners(harmonized, found.warnings);
  const IngestSummary summary = summary_of(found, headers);
  const std::string text = study_json(found, summary, options.pseudonym_key);
  const auto write = [&](const fs::path& file, const std::string& bytes,
                         core::Readers readers = core::Readers::Usual) {
    core::write_if_changed(file, bytes, readers);
  };
  write(hidden / kListFile, study_list_head(found, options.pseudonym_key, core::sha256(text)) + body,
        core::Readers::Owner);
  write(hidden / "files.tsv",
        files_table(found, fs::is_directory(root) ? root : root.parent_path(), options.pseudonym_key),
        core::Readers::Owner);
  write(out / "scans.tsv", scans_table(found));
  write(out / "inputs.tsv", inputs_table(found, options.pseudonym_key));
  write(out / kStudyFile, text);  // last: where it is, the study is whole
  return summary;
}

}  // namespace isoscan::io
