#include "study_list.hpp"

#include <fstream>
#include <optional>

#include <boost/filesystem.hpp>
#include <nlohmann/json.hpp>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"

#include "cbor.hpp"
#include "pieces.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;
using nlohmann::json;

namespace {

/// Names all fields of a scan but its read choices: one that is added does not compile before it is named.
template <class Archive, class Source>
void scan_fields(Archive& to, Source& scan) {
  auto& [subject, session, acq, run, suffix, site, covariates, kind, files, part, read, brain_mask,
         acquisition, warnings, series, entities, bids_path] = scan;
  (void)read;  // the reader's choice
  to(subject, session, acq, run, suffix, site, covariates, part, warnings, series, entities, bids_path, kind,
     files, brain_mask);
  auto& [modality, manufacturer, model, software, station_hash, sequence, image_type, field_strength_t,
         repetition_time_ms, echo_time_ms, inversion_time_ms, flip_angle_deg, slice_thickness_mm] =
      acquisition;
  to(modality, manufacturer, model, software, station_hash, sequence, image_type, field_strength_t,
     repetition_time_ms, echo_time_ms, inversion_time_ms, flip_angle_deg, slice_thickness_mm);
}

template <class Archive, class Item>
void candidate_fields(Archive& to, Item& candidate) {
  auto& [source, where, person, visit, order, named, verdict, family, site_given, size, spacing_mm, stamps,
         bytes] = candidate;
  scan_fields(to, source);
  // Who and when made the labels, which are there: they are left out.
  (void)person;
  (void)visit;
  (void)order;
  (void)named;
  (void)site_given;
  to(where, family, size, spacing_mm, bytes, stamps);
  auto& [contrast, what, reason, broken, no_volume, volumes, needs_first_volume, needs_resample, no_head] =
      verdict;
  to(contrast, what, reason, broken, no_volume, volumes, needs_first_volume, needs_resample, no_head);
}

struct Out {
  json list = json::array();
  template <class... Values>
  void operator()(const Values&... values) {
    (list.push_back(of(values)), ...);
  }
  template <class Value>
  static json of(const Value& value) {
    return value;
  }
  template <class Value>
  static json of(const std::optional<Value>& value) {
    return value ? of(*value) : json();
  }
  static json of(const fs::path& path) { return path.string(); }
  static json of(const std::vector<fs::path>& paths) {
    json all = json::array();
    for (const fs::path& path : paths) all.push_back(path.string());
    return all;
  }
  static json of(const std::vector<FileStamp>& stamps) {
    json all = json::array();
    for (const FileStamp& stamp : stamps) all.push_back({stamp.bytes, stamp.mtime_ns});
    return all;
  }
};

struct In {
  const json& list;
  std::size_t at = 0;
  template <class... Values>
  void operator()(Values&... values) {
    (take(list.at(at++), values), ...);
  }
  template <class Value>
  static void take(const json& from, Value& value) {
    take_value(from, value);
  }
  template <class Value>
  static void take(const json& from, std::optional<Value>& value) {
    value.reset();
    if (from.is_null()) return;
    Value given{};
    take(from, given);
    value = std::move(given);
  }
  static void take(const json& from, fs::path& path) { path = from.get<std::string>(); }
  static void take(const json& from, std::vector<fs::path>& paths) {
    paths.clear();
    for (const json& path : from) paths.emplace_back(path.get<std::string>());
  }
  static void take(const json& from, std::vector<FileStamp>& stamps) {
    stamps.clear();
    for (const json& stamp : from) {
      FileStamp taken;
      take_value(stamp.at(0), taken.bytes);
      take_value(stamp.at(1), taken.mtime_ns);
      stamps.push_back(taken);
    }
  }
};

std::string key_mark(const std::string& key) {
  return key.empty() ? std::string() : core::hmac_sha256(key, "isoscan study").substr(0, 16);
}

std::string cbor(const json& value) {
  std::string bytes;
  json::to_cbor(value, bytes);
  return bytes;
}

/// Why the files are not those that were looked at; empty where they are.
std::string change_of(const Candidate& c) {
  for (std::size_t f = 0; f < c.source.files.size(); ++f) {
    const FileStamp now = stamp_of(c.source.files[f]);
    if (now == c.stamps[f]) continue;
    const char* what = now == FileStamp{} ? " is no longer there" : " changed since the study was made";
    // No name of the file: what is said here is shown to others too.
    return (c.source.files.size() == 1 ? std::string("its file") : std::string("one of its files")) + what +
           "; run `isoscan ingest` again";
  }
  return {};
}

}  // namespace

bool is_study(const fs::path& folder) {
  boost::system::error_code error;
  if (!fs::is_regular_file(folder / kStudyFile, error)) return false;
  std::ifstream in((folder / kStudyFile).string(), std::ios::binary);
  std::string start(64, '\0');  // the format stands first in it
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  return start.find("\"" + std::string(kStudyFormat) + "\"") != std::string::npos;
}

bool is_unfinished_study(const fs::path& folder) {
  boost::system::error_code error;
  return fs::is_regular_file(folder / kPrivateFolder / kJournalFile, error) && !is_study(folder);
}

void keep_key_of(const fs::path& folder, const std::string& pseudonym_key) {
  const fs::path file = folder / kPrivateFolder / kKeyFile;
  boost::system::error_code error;
  const std::string mark = key_mark(pseudonym_key);
  const std::string before = fs::exists(file, error) ? core::read_file(file, 64) : std::string();
  if (before.empty() || before == mark) {
    if (!mark.empty()) core::write_if_changed(file, mark, core::Readers::Owner);
    return;
  }
  throw Error(ErrorKind::Config, folder.string() +
                                     ": the labels of this study are made with a pseudonym key, and " +
                                     (mark.empty() ? "none is given" : "this is another one") +
                                     ": give that key with --pseudonym-key, or choose a new folder");
}

std::string study_list_head(const Found& found, const std::string& pseudonym_key,
                            const std::string& study_digest) {
  return piece(cbor({{"format", kStudyFormat},
                     {"study", study_digest},
                     {"key", key_mark(pseudonym_key)},
                     {"tree", found.tree.string()},
                     {"candidates", found.candidates.size()},
                     {"set_aside", found.set_aside.size()}}));
}

std::string study_list_body(const Found& found) {
  std::string bytes;
  for (const Candidate& candidate : found.candidates) {
    Out to;
    candidate_fields(to, candidate);
    bytes += piece(cbor(to.list));
  }
  for (const SetAside& input : found.set_aside)
    bytes += piece(cbor({input.name, input.reason, input.broken}));
  return bytes += piece(cbor(found.warnings));
}

Found read_study(const fs::path& study, const std::string& pseudonym_key, const Look& look) {
  const auto fail = [&](const std::string& what, ErrorKind kind = ErrorKind::Input) {
    throw Error(kind, study.string() + ": " + what);
  };
  const fs::path file = study / kPrivateFolder / kListFile;
  if (!fs::exists(file)) {
    fail("is a study without its private part, so that its files cannot be found; run `isoscan ingest` here");
  }
  const std::string bytes = core::read_file(file);
  Found found;
  json head;
  bool whole = false;
  const auto count = [&](const char* what) {
    std::size_t number = 0;
    take_value(head.at(what), number);
    return number;
  };
  const auto take = [&](std::string_view part) {
    const json fields = value_of_cbor(part);
    if (head.is_null()) {
      head = fields;
      return head.is_object() && head.value("format", "") == kStudyFormat;
    }
    if (found.candidates.size() < count("candidates")) {
      Candidate candidate;
      In from{fields};
      candidate_fields(from, candidate);
      if (candidate.stamps.size() != candidate.source.files.size()) return false;
      found.candidates.push_back(std::move(candidate));
    } else if (found.set_aside.size() == count("set_aside")) {
      fields.get_to(found.warnings);
      whole = true;
    } else {
      found.set_aside.push_back(
          {fields.at(0).get<std::string>(), fields.at(1).get<std::string>(), fields.at(2).get<bool>()});
    }
    return true;
  };
  try {
    const std::uint64_t good = each_piece(bytes, take);
    if (good != bytes.size() || !whole)
      fail("its private list is damaged or of another version; run `isoscan ingest` again");
    if (head.at("study").get<std::string>() != core::sha256_file(study / kStudyFile))
      fail("study.json is not what its private list was written with; run `isoscan ingest` again");
    if (!pseudonym_key.empty() && head.at("key").get<std::string>() != key_mark(pseudonym_key)) {
      fail(
          "its labels were not made with this --pseudonym-key; run `isoscan ingest` with it, or leave it out",
          ErrorKind::Config);
    }
  } catch (const json::exception&) {
    fail("its private list is damaged or of another version; run `isoscan ingest` again");
  }
  found.tree = head.value("tree", "");
  keep_wanted(study, look, found);
  std::vector<Candidate> there;
  for (Candidate& c : found.candidates) {
    if (const std::string change = change_of(c); change.empty()) {
      there.push_back(std::move(c));
    } else {
      found.set_aside.push_back({c.where, change, true});
    }
  }
  found.candidates = std::move(there);
  return found;
}

}  // namespace isoscan::io
