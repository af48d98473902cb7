#include <algorithm>
#include <functional>
#include <set>

#include <boost/algorithm/string.hpp>
#include <boost/filesystem/path.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/io/scan.hpp"

#include "bids_name.hpp"

namespace isoscan::io {

using core::Error;
using core::ErrorKind;

namespace {

/// One list of the filter, and how the label is read off a scan.
struct Wanted {
  const char* what;    // for people
  const char* prefix;  // "sub-"
  std::set<std::string> labels;
  std::function<std::string(const ScanSource&)> label_of;
};

/// "01" and "1" are one run.
std::string run_number(const std::string& label) {
  if (!boost::all(label, boost::is_digit())) return label;
  const std::string plain = boost::trim_left_copy_if(label, [](char c) { return c == '0'; });
  return plain.empty() && !label.empty() ? "0" : plain;
}

std::string list_of(const std::set<std::string>& labels) {
  constexpr std::size_t kNamed = 12;
  std::string text;
  std::size_t said = 0;
  for (const std::string& label : labels) {
    if (label.empty() || ++said > kNamed) continue;
    text += (text.empty() ? "" : ", ") + label;
  }
  if (said > kNamed) text += " and " + std::to_string(said - kNamed) + " more";
  return text;
}

/// What the name of an input that is set aside tells: its folders' and its own entities.
ScanSource named_by(const std::string& name) {
  const boost::filesystem::path path(name);
  ScanSource told;
  told.suffix.clear();
  for (const boost::filesystem::path& part : path.parent_path()) {
    const std::string folder = part.string();
    if (boost::starts_with(folder, "sub-")) told.subject = safe_label(folder.substr(4));
    if (boost::starts_with(folder, "ses-")) told.session = safe_label(folder.substr(4));
  }
  const ScanName own = parse_scan_name(stem_of(path));
  if (own.has_sub) told.subject = own.subject;
  if (!own.session.empty()) told.session = own.session;
  told.acq = own.acq;
  told.run = own.run;
  told.suffix = own.suffix;
  return told;
}

}  // namespace

ScanList select_scans(ScanList list, const ScanFilter& only) {
  if (only.empty()) return list;
  const std::vector<std::pair<Wanted, const std::vector<std::string>*>> given{
      {{"subject", "sub-", {}, [](const ScanSource& s) { return s.subject; }}, &only.subjects},
      {{"session", "ses-", {}, [](const ScanSource& s) { return s.session; }}, &only.sessions},
      {{"acquisition", "acq-", {}, [](const ScanSource& s) { return s.acq; }}, &only.acquisitions},
      {{"run", "run-", {}, [](const ScanSource& s) { return run_number(s.run); }}, &only.runs},
      {{"suffix", "", {}, [](const ScanSource& s) { return s.suffix; }}, &only.suffixes}};
  std::vector<ScanSource> named;  // what the names of inputs that are set aside tell
  for (const SetAside& input : list.set_aside) named.push_back(named_by(input.name));
  std::vector<Wanted> all;
  for (const auto& [kind, labels] : given) {
    if (labels->empty()) continue;
    Wanted wanted = kind;
    std::set<std::string> there;
    for (const ScanSource& scan : list.scans) there.insert(wanted.label_of(scan));
    std::set<std::string> known = there;
    for (const ScanSource& input : named) known.insert(wanted.label_of(input));
    for (const std::string& written : *labels) {
      const std::string prefix = wanted.prefix;
      std::string label =
          safe_label(boost::starts_with(written, prefix) ? written.substr(prefix.size()) : written);
      if (prefix == "run-") label = run_number(label);
      if (label.empty() || known.count(label) == 0) {
        const std::string others = list_of(there);
        throw Error(ErrorKind::Config,
                    std::string("no scan has the ") + wanted.what + " \"" + written + "\"; " +
                        (others.empty() ? "no scan has one" : "there is " + others) +
                        (kind.what == std::string("suffix")
                             ? "; only `isoscan convert --all` takes other contrasts than T1w"
                             : ""));
      }
      wanted.labels.insert(label);
    }
    all.push_back(std::move(wanted));
  }
  const auto fits = [&](const ScanSource& scan, bool told_only) {
    return std::all_of(all.begin(), all.end(), [&](const Wanted& wanted) {
      const std::string label = wanted.label_of(scan);
      return (told_only && label.empty()) || wanted.labels.count(label) > 0;
    });
  };
  ScanList kept;
  kept.warnings = std::move(list.warnings);
  kept.left_out = list.left_out;
  kept.tree = std::move(list.tree);
  for (ScanSource& scan : list.scans) {
    if (fits(scan, false)) kept.scans.push_back(std::move(scan));
  }
  for (std::size_t n = 0; n < named.size(); ++n) {
    if (fits(named[n], true)) kept.set_aside.push_back(std::move(list.set_aside[n]));
  }
  kept.left_out += list.scans.size() - kept.scans.size() + list.set_aside.size() - kept.set_aside.size();
  if (kept.scans.empty() && kept.set_aside.empty())
    throw Error(ErrorKind::Config, "no scan has all of the labels that were asked for together");
  return kept;
}

}  // namespace isoscan::io
