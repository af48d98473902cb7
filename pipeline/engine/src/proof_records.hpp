/// @file The provenance files of a run against its manifest.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <boost/filesystem/path.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/engine/proof.hpp"

#include "manifest_index.hpp"
#include "record.hpp"

namespace isoscan::pipeline {

class RecordCheck {
 public:
  using Broken = std::function<void(const std::string& link, const std::string& what)>;
  using Key = std::pair<std::string, std::string>;  ///< stage and key

  /// @param json  what `manifest` is the index of; both must outlive this
  RecordCheck(const config::Json& json, const ManifestIndex& manifest, Broken broken);

  /// One file: it must be of the unit that its name says, its records must follow from the manifest, and the
  /// outputs that it names be those of the manifest.
  /// @param name  below OUT/provenance
  void check(const std::string& name, const config::Json& file);

  [[nodiscard]] const std::map<Key, config::Json>& records() const { return records_; }
  [[nodiscard]] std::size_t count() const { return count_; }
  /// Steps of the manifest of which no file has a record.
  [[nodiscard]] std::size_t missing() const;

 private:
  void check_record(const std::string& link, const std::string& chain, const std::string& unit,
                    const Record& record);
  void check_input(const std::string& which, const std::string& chain, const std::string& unit,
                   const std::string& port, const config::Json& digest);

  const ManifestIndex& manifest_;
  Broken broken_;
  std::string last_chain_;                       ///< whose units made the files of OUT
  std::map<std::string, config::Json> outputs_;  ///< of the manifest, by unit
  std::map<Key, config::Json> records_;
  std::size_t count_ = 0;
};

}  // namespace isoscan::pipeline
