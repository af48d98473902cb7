/// @file Where results are kept: a folder a key, visible whole or not at all. No lock, no database: many
/// processes and machines may share one store.
///
///     <root>/<stage>/<key>/record.json, outputs    a result; record.json says how it came to be
///     <root>/<stage>/staging/<host>-<pid>-.../     work under way; one rename publishes it
///     <root>/<stage>/checkpoint/<key>/             what a long fit can go on from
///     <root>/<stage>/last/<unit>.json              the last key of this unit in parts, only to say why it
///     runs again <root>/source-digests.txt                    digests of source files that have not changed
///     since
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/engine/key.hpp"
#include "isoscan/engine/unit.hpp"

namespace isoscan::pipeline {

class SourceDigestFile;  // in src/

/// The circumstances of a result; recorded, never hashed.
struct Made {
  std::string isoscan;  ///< version of the program
  std::string time;     ///< UTC, ISO 8601
  std::string host;
  int threads = 1;
  double seconds = 0.0;
  double peak_memory_mb =
      0.0;            ///< highest resident memory of the whole process meanwhile (VmHWM of /proc/self/status)
  bool alone = true;  ///< no other step ran at the same time: seconds and memory are this step's own
  std::string kernel{};  ///< OPENBLAS_CORETYPE: the matrix kernels, which may change last bits; empty: the
                         ///< library's own choice
};

struct OutputRecord {
  std::string sha256;
  std::uint64_t bytes = 0;
};

/// record.json
struct Record {
  std::string key;
  KeyParts parts;
  std::map<std::string, OutputRecord> outputs;
  Made made;
};

/// What lies under a key.
struct Lookup {
  std::optional<Record> record;  ///< a sound result
  std::string trouble;           ///< in words, where something lies there that cannot be used
};

/// A folder for work under way; goes with the object unless it was published.
class Staging {
 public:
  explicit Staging(boost::filesystem::path folder);
  ~Staging();
  Staging(Staging&& other) noexcept;
  Staging& operator=(Staging&&) = delete;
  [[nodiscard]] const boost::filesystem::path& folder() const { return folder_; }
  /// It has become something else: nothing to remove.
  void release() { folder_.clear(); }

 private:
  boost::filesystem::path folder_;
};

struct Published {
  Record record;
  bool other_bytes =
      false;  ///< another run published this key first, with other bytes: the stage is not reproducible
};

class Store {
 public:
  /// Called at named moments ("staged", "recorded", "published"), for tests that end the process there.
  using Hook = std::function<void(std::string_view moment)>;

  explicit Store(boost::filesystem::path root, Hook hook = {});
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  [[nodiscard]] const boost::filesystem::path& root() const { return root_; }
  [[nodiscard]] boost::filesystem::path entry(const std::string& stage, const std::string& key) const;
  [[nodiscard]] boost::filesystem::path output(const std::string& stage, const std::string& key,
                                               const std::string& name) const;
  [[nodiscard]] boost::filesystem::path checkpoint(const std::string& stage, const std::string& key) const;

  /// A result whose record reads, belongs to this key and whose outputs have their recorded sizes; with
  /// `hash`, also their recorded digests.
  [[nodiscard]] Lookup find(const std::string& stage, const std::string& key, bool hash) const;

  /// A new folder for work under way. @throws Error(Io|Resource).
  [[nodiscard]] Staging stage(const std::string& stage_name) const;

  /// Hashes and syncs the outputs, writes record.json last, and renames. Where a sound result stands already,
  /// that one stays; a broken one is replaced. Outputs become read-only.
  /// @throws Error(Internal) where a declared output is missing or another file lies there;
  /// Error(Io|Resource).
  Published publish(Staging staging, const KeyParts& parts, const std::vector<std::string>& outputs,
                    const Made& made);

  /// The last key parts of this unit, with which `why` can be said; nothing where there are none that read.
  [[nodiscard]] std::optional<config::Json> last(const std::string& stage, const std::string& unit) const;
  void set_last(const std::string& stage, const std::string& unit, const config::Json& value) const;

  /// SHA-256 of the source. Digests of files are remembered by path, size, inode and times of change; a file
  /// that changed within the last two seconds is never remembered, as its next change might leave the same
  /// time stamp.
  /// @throws Error(Io) naming the file.
  [[nodiscard]] std::string digest(const Source& source);

  /// Removes what killed runs left in staging: folders of dead processes of this host, and of other hosts
  /// after a week.
  /// @returns how many.
  int remove_stale() const;

 private:
  boost::filesystem::path root_;
  Hook hook_;
  std::unique_ptr<SourceDigestFile> digests_;
};

/// A file name that is one for every unit id: what is no letter, digit, '.', '_', '-' is written %xx.
[[nodiscard]] std::string file_name_of(const std::string& unit);

}  // namespace isoscan::pipeline
