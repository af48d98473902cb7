#include "isoscan/engine/store.hpp"

#include <cerrno>
#include <cstdio>

#include <boost/filesystem.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"

#include "record.hpp"
#include "source_digests.hpp"
#include "staging.hpp"
#include "system.hpp"

namespace isoscan::pipeline {

namespace fs = boost::filesystem;
using config::Json;

Store::Store(fs::path root, Hook hook)
    : root_(std::move(root)),
      hook_(std::move(hook)),
      digests_(std::make_unique<SourceDigestFile>(root_ / "source-digests.txt")) {}
Store::~Store() = default;

fs::path Store::entry(const std::string& stage, const std::string& key) const {
  return root_ / stage / key;
}

fs::path Store::output(const std::string& stage, const std::string& key, const std::string& name) const {
  return entry(stage, key) / name;
}

fs::path Store::checkpoint(const std::string& stage, const std::string& key) const {
  return root_ / stage / "checkpoint" / key;
}

namespace {

/// Empty where the output is as recorded.
std::string trouble_of(const fs::path& file, const OutputRecord& expected, bool hash) {
  struct stat status {};
  const std::string name = file.filename().string();
  if (::lstat(file.c_str(), &status) != 0) return "its output " + name + " is missing";
  if (!S_ISREG(status.st_mode)) return "its output " + name + " is no file";
  if (static_cast<std::uint64_t>(status.st_size) != expected.bytes) {
    return "its output " + name + " has " + std::to_string(status.st_size) + " bytes in place of " +
           std::to_string(expected.bytes);
  }
  if (hash && core::sha256_file(file) != expected.sha256)
    return "its output " + name + " was changed or damaged";
  return {};
}

}  // namespace

Lookup Store::find(const std::string& stage, const std::string& key, bool hash) const {
  const fs::path folder = entry(stage, key);
  const fs::path file = folder / "record.json";
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    if (::stat(folder.c_str(), &status) == 0) return {std::nullopt, "its record.json is missing"};
    return {};
  }
  Lookup found;
  try {
    found.record = record_of(Json::parse(core::read_file(file), "record.json"));
    if (found.record->key != key || key_of(found.record->parts) != key) {
      return {std::nullopt, "its record.json was changed: it does not give this key"};
    }
    for (const auto& [name, output] : found.record->outputs) {
      if (auto trouble = trouble_of(folder / name, output, hash); !trouble.empty())
        return {std::nullopt, trouble};
    }
  } catch (const core::Error& error) {
    return {std::nullopt, std::string("its record.json or outputs cannot be read: ") + error.what()};
  }
  return found;
}

Staging Store::stage(const std::string& stage_name) const {
  fs::path folder = root_ / stage_name / "staging" / staging_name();
  make_folders(folder);
  return Staging(std::move(folder));
}

namespace {

std::map<std::string, OutputRecord> seal_outputs(const fs::path& folder, const std::string& stage,
                                                 const std::vector<std::string>& names) {
  std::map<std::string, OutputRecord> outputs;
  for (const std::string& name : names) {
    const fs::path file = folder / name;
    struct stat status {};
    if (::lstat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
      throw core::Error(core::ErrorKind::Internal,
                        "stage '" + stage + "' did not write its output '" + name + "'");
    }
    // Read-only, as a hard link in an output folder is this very file.
    if (::chmod(file.c_str(), 0444) != 0) throw file_error(file, "cannot be made read-only", errno);
    outputs[name] = {core::sha256_file(file), static_cast<std::uint64_t>(status.st_size)};
  }
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (outputs.count(name) == 0) {
      throw core::Error(core::ErrorKind::Internal,
                        "stage '" + stage + "' wrote '" + name + "', which its spec does not declare");
    }
  }
  return outputs;
}

bool same_bytes(const Record& a, const Record& b) {
  if (a.outputs.size() != b.outputs.size()) return false;
  for (const auto& [name, output] : a.outputs) {
    const auto found = b.outputs.find(name);
    if (found == b.outputs.end() || found->second.sha256 != output.sha256) return false;
  }
  return true;
}

}  // namespace

Published Store::publish(Staging staging, const KeyParts& parts, const std::vector<std::string>& outputs,
                         const Made& made) {
  const auto at = [&](std::string_view moment) {
    if (hook_) hook_(moment);
  };
  at("staged");
  Record record{key_of(parts), parts, seal_outputs(staging.folder(), parts.stage, outputs), made};
  write_new_file(staging.folder() / "record.json", to_json(record).dump_pretty());
  // Flushed one after the other at the end, most of them share one commit of the journal. The rename is not
  // flushed: should a power cut undo it, only work is lost.
  for (const std::string& name : outputs) sync(staging.folder() / name);
  sync(staging.folder() / "record.json");
  sync(staging.folder());
  at("recorded");

  const fs::path target = entry(parts.stage, record.key);
  constexpr int kTries = 5;  // each further one means that somebody else put a broken result there meanwhile
  for (int attempt = 0; attempt < kTries; ++attempt) {
    if (std::rename(staging.folder().c_str(), target.c_str()) == 0) {
      staging.release();
      at("published");
      boost::system::error_code ignored;
      fs::remove_all(checkpoint(parts.stage, record.key), ignored);
      return {std::move(record), false};
    }
    if (errno != ENOTEMPTY && errno != EEXIST && errno != ENOTDIR) {
      throw file_error(target, "cannot be put in place", errno);
    }
    // Somebody was faster with the same key, or what lies there is the reason why this ran.
    if (Lookup there = find(parts.stage, record.key, true); there.record) {
      const bool other = !same_bytes(*there.record, record);
      return {std::move(*there.record), other};
    }
    const Staging broken(root_ / parts.stage / "staging" / staging_name());
    if (std::rename(target.c_str(), broken.folder().c_str()) != 0 && errno != ENOENT) {
      throw file_error(target, "holds a damaged result and cannot be moved away", errno);
    }
  }
  throw core::Error(core::ErrorKind::Io, target.string() + ": damaged results keep appearing there");
}

std::string file_name_of(const std::string& unit) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string name;
  for (const char c : unit) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-' || (c == '.' && !name.empty());
    if (plain) {
      name += c;
    } else {
      name += '%';
      name += kDigits[static_cast<unsigned char>(c) >> 4];
      name += kDigits[static_cast<unsigned char>(c) & 15];
    }
  }
  // File systems end at 255 bytes; the digest keeps long names apart.
  constexpr std::size_t kLongest = 200;
  if (name.size() > kLongest) name = name.substr(0, kLongest - 17) + "%" + core::sha256(unit).substr(0, 16);
  return name;
}

std::optional<Json> Store::last(const std::string& stage, const std::string& unit) const {
  const fs::path file = root_ / stage / "last" / (file_name_of(unit) + ".json");
  boost::system::error_code error;
  if (!fs::exists(file, error)) return std::nullopt;
  try {
    return Json::parse(core::read_file(file), file.string());
  } catch (const core::Error&) {
    return std::nullopt;
  }
}

void Store::set_last(const std::string& stage, const std::string& unit, const Json& value) const {
  const fs::path file = root_ / stage / "last" / (file_name_of(unit) + ".json");
  const fs::path staged = root_ / stage / "staging" / staging_name();
  make_folders(file.parent_path());
  make_folders(staged.parent_path());
  // Not flushed to disk: after a power cut it may be gone, and only a sentence is lost.
  write_new_file(staged, value.dump() + "\n");
  if (std::rename(staged.c_str(), file.c_str()) != 0) {
    const int code = errno;
    ::unlink(staged.c_str());
    throw file_error(file, "cannot be put in place", code);
  }
}

std::string Store::digest(const Source& source) {
  if (source.files.empty()) return core::sha256(source.text);
  return digest_of(digests_->digest(source.files), source.text);
}

int Store::remove_stale() const {
  boost::system::error_code error;
  int removed = 0;
  for (fs::directory_iterator stage(root_, error), end; !error && stage != end; stage.increment(error)) {
    boost::system::error_code none;
    for (fs::directory_iterator work(stage->path() / "staging", none), last_work; !none && work != last_work;
         work.increment(none)) {
      if (!is_stale(work->path())) continue;
      boost::system::error_code ignored;
      if (fs::remove_all(work->path(), ignored) > 0 && !ignored) ++removed;
    }
  }
  return removed;
}

}  // namespace isoscan::pipeline
