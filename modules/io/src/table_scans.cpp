#include "table_scans.hpp"

#include <algorithm>
#include <map>

#include <boost/algorithm/string.hpp>
#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"

#include "bids_name.hpp"
#include "table.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;

namespace {

std::string without_prefix(const std::string& label, const char* prefix) {
  return boost::istarts_with(label, prefix) ? label.substr(4) : label;  // "sub-", "ses-", "run-", "acq-"
}

/// Two spellings that become one label would merge two people; a path given twice would count a scan twice.
void check_rows(const fs::path& file, const Table& table) {
  const auto fail = [&](const TableRow& row, const char* column, const std::string& what) {
    throw Error(ErrorKind::Input, file.string() + ": line " + std::to_string(row.line) + ", column " +
                                      std::to_string(table.column_number(column)) + " (" + column +
                                      "): " + core::printable(what));
  };
  std::map<std::string, int> paths;
  std::map<std::string, std::pair<std::string, int>> subjects;
  for (const TableRow& row : table.rows) {
    const auto [path, fresh] = paths.try_emplace(row.at("path"), row.line);
    if (!fresh) fail(row, "path", "is the same as on line " + std::to_string(path->second));
    for (const auto& [column, prefix] : {std::pair{"subject", "sub-"}, std::pair{"session", "ses-"},
                                         std::pair{"run", "run-"}, std::pair{"acq", "acq-"}}) {
      const std::string written = row.at(column);
      if (!written.empty() && safe_label(without_prefix(written, prefix)).empty()) {
        fail(row, column, "has no letter or digit");
      }
    }
    const std::string subject = without_prefix(row.at("subject"), "sub-");
    if (subject.empty()) continue;
    const auto [known, first] = subjects.try_emplace(safe_label(subject), std::pair{subject, row.line});
    if (!first && known->second.first != subject) {
      fail(row, "subject",
           "becomes the label " + known->first + ", as does another spelling on line " +
               std::to_string(known->second.second) + "; labels hold letters and digits only");
    }
  }
}

/// The one scan that a row names, as a file or as a folder with one series.
void add_row(const fs::path& folder, const TableRow& row, const Look& look, Found& found,
             const core::Context& context) {
  const fs::path written(row.at("path"));
  const fs::path path = fs::absolute(written, folder).lexically_normal();
  const std::string name =
      core::printable(written.is_absolute() ? written.filename().string() : written.generic_string());
  const std::string place = "line " + std::to_string(row.line) + ": ";
  boost::system::error_code error;
  if (!fs::exists(path, error)) {
    const bool missing = !error || error == boost::system::errc::no_such_file_or_directory;
    found.set_aside.push_back(
        {name,
         place + (missing ? "there is no such file or folder" : "cannot be reached: " + error.message()),
         true});
    return;
  }
  Found inside = look_into(path, true, look, context);
  // A wider look finds more in a folder than the one scan to harmonize that the row means.
  const auto meant =
      std::stable_partition(inside.candidates.begin(), inside.candidates.end(), [&](const Candidate& c) {
        return is_wanted(c.verdict, {Take::T1w, look.read, nullptr});
      });
  if (meant - inside.candidates.begin() == 1) {
    for (auto at = meant; at != inside.candidates.end(); ++at)
      found.set_aside.push_back({name, place + at->where + ": " + at->verdict.reason, at->verdict.broken});
    inside.candidates.resize(1);
  }
  if (inside.candidates.size() != 1) {
    std::string reason = "holds " + std::to_string(inside.candidates.size()) + " scans, a row names one";
    bool broken = true;
    if (inside.candidates.empty() && !inside.set_aside.empty()) {
      reason = inside.set_aside.front().reason;
      broken = inside.set_aside.front().broken;
    }
    found.set_aside.push_back({name, place + reason, broken});
    return;
  }
  found.shared.insert(found.shared.end(), inside.shared.begin(), inside.shared.end());
  Candidate c = std::move(inside.candidates.front());
  c.where = name;
  if (const std::string subject = without_prefix(row.at("subject"), "sub-"); !subject.empty()) {
    c.source.subject = safe_label(subject);
    c.person = "subject " + c.source.subject;
    c.named = true;
  }
  if (const std::string session = without_prefix(row.at("session"), "ses-"); !session.empty())
    c.source.session = safe_label(session);
  if (const std::string run = without_prefix(row.at("run"), "run-"); !run.empty())
    c.source.run = safe_label(run);
  if (const std::string acq = without_prefix(row.at("acq"), "acq-"); !acq.empty())
    c.source.acq = safe_label(acq);
  if (const std::string site = row.at("site"); !site.empty()) {
    c.source.site = site;
    c.site_given = true;
  }
  if (const std::string mask = row.at("mask"); !mask.empty()) {
    c.source.brain_mask = fs::absolute(mask, folder).lexically_normal();
    if (!fs::is_regular_file(*c.source.brain_mask, error)) {
      found.set_aside.push_back(
          {name, place + "there is no mask file " + fs::path(mask).filename().string(), true});
      return;
    }
  }
  for (const auto& [column, value] : row.fields) {
    if (column != "path" && column != "subject" && column != "session" && column != "run" &&
        column != "acq" && column != "site" && column != "mask") {
      c.source.covariates[column] = value;
    }
  }
  found.candidates.push_back(std::move(c));
}

}  // namespace

Found scans_of_table(const fs::path& file, const Look& look, const core::Context& context) {
  const Table table = read_table(file, "path");
  check_rows(file, table);
  Found found;
  const fs::path folder = fs::absolute(file).parent_path();
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    context.check_stop();
    context.progress.report(static_cast<double>(r) / static_cast<double>(table.rows.size()));
    add_row(folder, table.rows[r], look, found, context);
  }
  return found;
}

}  // namespace isoscan::io
