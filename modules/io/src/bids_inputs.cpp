#include "bids_inputs.hpp"

#include <algorithm>
#include <bit>

#include <boost/algorithm/string.hpp>
#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"

#include "bids_name.hpp"
#include "device.hpp"
#include "table.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Error;

namespace {

constexpr std::size_t kMostEntities = 10;  // 2^10 names are tried in each folder

/// Names of the JSON files that may hold for a scan of this name, those with fewer entities first.
std::vector<std::string> general_names(const BidsName& name) {
  std::vector<std::pair<int, std::string>> names;
  const std::size_t count = std::min(name.entities.size(), kMostEntities);
  for (unsigned subset = 0; subset < 1U << count; ++subset) {
    std::string text;
    for (std::size_t e = 0; e < count; ++e) {
      if ((subset >> e & 1U) != 0) text += name.entities[e].first + "-" + name.entities[e].second + "_";
    }
    names.emplace_back(std::popcount(subset), text + name.suffix + ".json");
  }
  std::sort(names.begin(), names.end());
  std::vector<std::string> sorted;
  for (auto& [entities, text] : names) sorted.push_back(std::move(text));
  return sorted;
}

void set_aside_once(Found& found, const SetAside& entry) {
  const bool known = std::any_of(found.set_aside.begin(), found.set_aside.end(),
                                 [&](const SetAside& s) { return s.name == entry.name; });
  if (!known) found.set_aside.push_back(entry);
}

/// The row that tells of this label ("01" of "sub-01"), or null. Each table is read once, however many scans
/// it tells of.
const TableRow* row_of(const fs::path& root, const fs::path& file, const std::string& column,
                       const char* prefix, const std::string& label, Found& found) {
  const auto [entry, fresh] = found.tables.try_emplace(file.string());
  boost::system::error_code unreachable;
  if (fresh && fs::is_regular_file(file, unreachable)) {
    try {
      LabelledTable read{read_table(file, column), {}};
      for (std::size_t r = 0; r < read.table.rows.size(); ++r) {
        const std::string written = read.table.rows[r].at(column);
        read.row_of[safe_label(written.substr(boost::istarts_with(written, prefix) ? 4 : 0))] = r;
      }
      entry->second = std::make_shared<const LabelledTable>(std::move(read));
    } catch (const Error& error) {
      found.set_aside.push_back({name_below(root, file),
                                 "site and covariates not used: " + reason_without_path(error.what(), file),
                                 true});
    }
  }
  const LabelledTable* table = entry->second.get();
  const auto row = table == nullptr ? decltype(table->row_of.begin()){} : table->row_of.find(label);
  return table == nullptr || row == table->row_of.end() ? nullptr : &table->table.rows[row->second];
}

bool is_labels(const std::string& part) {
  if (safe_label(part) == part) return true;  // "anat"
  const std::size_t hyphen = part.find('-');
  return hyphen == 3 && (part.substr(0, 3) == "sub" || part.substr(0, 3) == "ses") &&
         safe_label(part.substr(4)) == part.substr(4) && part.size() > 4;
}

}  // namespace

fs::path data_set_of(const fs::path& scan) {
  constexpr int kDeepest = 4;  // sub-X/ses-Y/anat/scan
  fs::path at = scan.parent_path();
  for (int up = 0; up < kDeepest && at.has_parent_path(); ++up, at = at.parent_path()) {
    if (boost::starts_with(at.filename().string(), "sub-")) return at.parent_path();
  }
  return scan.parent_path();
}

std::vector<fs::path> sidecars_of(const fs::path& data_set, const fs::path& scan) {
  std::vector<fs::path> folders;
  for (fs::path at = scan.parent_path(); !at.empty(); at = at.parent_path()) {
    folders.push_back(at);
    if (at == data_set || folders.size() > 8) break;
  }
  if (folders.empty() || folders.back() != data_set) folders = {scan.parent_path()};
  std::vector<fs::path> found;
  const BidsName name = parse_bids_name(stem_of(scan));
  const fs::path own = scan.parent_path() / (stem_of(scan) + ".json");
  boost::system::error_code error;
  if (!name.suffix.empty() && !name.entities.empty() && name.entities.front().first == "sub") {
    const std::vector<std::string> names = general_names(name);
    for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) {
      for (const std::string& json : names) {
        if (*folder / json != own && fs::is_regular_file(*folder / json, error))
          found.push_back(*folder / json);
      }
    }
  }
  if (fs::is_regular_file(own, error)) found.push_back(own);
  return found;
}

Acquisition inherited_acquisition(const fs::path& root, const std::vector<fs::path>& sidecars, Found& found) {
  std::vector<fs::path> good;
  for (const fs::path& json : sidecars) {
    try {
      (void)read_sidecar({json});
      good.push_back(json);
    } catch (const Error& error) {
      set_aside_once(found, {name_below(root, json),
                             "sidecar not used: " + reason_without_path(error.what(), json), false});
    }
  }
  return good.empty() ? Acquisition{} : read_sidecar(good);
}

void take_tables(const fs::path& root, const fs::path& data_set, Candidate& c, Found& found) {
  ScanSource& source = c.source;
  const auto take = [&](const TableRow* row, bool with_site) {
    if (row == nullptr) return;
    for (const auto& [column, value] : row->fields) {
      if (column == "site" && with_site) {
        source.site = value;
        c.site_given = true;
      }
      if (column != "site" && column != "subject" && column != "session" && column != "path")
        source.covariates[column] = value;
    }
  };
  take(row_of(root, data_set / "participants.tsv", "subject", "sub-", source.subject, found), true);
  if (source.session.empty()) return;
  const std::string person = "sub-" + source.subject;
  take(row_of(root, data_set / person / (person + "_sessions.tsv"), "session", "ses-", source.session, found),
       false);
}

std::string bids_path_of(const fs::path& data_set, const fs::path& scan) {
  boost::system::error_code error;
  if (!fs::is_regular_file(data_set / "dataset_description.json", error)) return {};
  const fs::path below = scan.lexically_relative(data_set);
  const BidsName name = parse_bids_name(stem_of(scan));
  if (below.empty() || name.suffix.empty() || name.entities.empty()) return {};
  for (const fs::path& part : below.parent_path()) {
    if (!is_labels(part.string())) return {};
  }
  return below.generic_string();
}

}  // namespace isoscan::io
