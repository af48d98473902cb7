/// @file Where each output came from, and proof that nothing was changed since.
///
///     OUT/provenance/<chain>/<unit>.json   how this scan (site, cohort) came to be: the record of each step,
///                                          the files of OUT made from it, its warnings
///     OUT/provenance/index.json            digests of manifest.json, of these files and of the run log so
///     far OUT/provenance/index.json.sig        Ed25519 signature of index.json, where a key was given
///
/// So one digest holds the whole chain: index -> manifest -> outputs; index -> records -> stored results ->
/// sources and models. Records hold times and hosts: unlike the manifest they differ between two runs that
/// each compute everything.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/engine/store.hpp"
#include "isoscan/engine/unit.hpp"

namespace isoscan::pipeline {

/// What a person should know of a unit, for its provenance file.
using WarningsOf = std::function<std::vector<std::string>(const std::string& unit)>;

/// Writes OUT/provenance of what OUT/manifest.json says. Files that hold their bytes already are left alone,
/// those of units that the manifest no longer names go. Steps whose records are no longer in the store (it
/// may be deleted) keep the record that is there, or have none.
/// @param signing_key  PEM file, or empty: a signature of an earlier run goes where it no longer holds
/// @throws Error(Io|Resource|Input|Config).
void write_proof(const boost::filesystem::path& out, const Store& store, const WarningsOf& warnings_of,
                 const boost::filesystem::path& signing_key);

/// The bytes of a file of OUT that follows from records of OUT alone (a page, a table), made from them again;
/// nothing where the file is none.
using MadeOfRecords = std::function<std::optional<std::string>(const std::string& path)>;

/// One broken link of the chain.
struct BrokenLink {
  std::string
      link;  ///< what of the chain: a file below OUT, "store/<stage>/<key>/<file>", "source/scan of X"
  std::string what;  ///< "was changed: ...", in words
};

struct Verification {
  std::vector<BrokenLink> broken;      ///< in the order of the chain: the first is where to look
  std::size_t outputs = 0;             ///< files of OUT that were hashed
  std::size_t remade = 0;              ///< of these, pages made again from their records by another version
  std::size_t records = 0;             ///< records that were checked
  std::size_t unrecorded = 0;          ///< steps of the manifest without a record
  std::vector<std::string> strangers;  ///< files among the volumes and sites of OUT that no run made
  std::size_t stored = 0;              ///< results of the store that were hashed
  std::size_t gone = 0;                ///< results that are no longer in the store: nothing to hash
  std::size_t sources = 0;             ///< inputs that were hashed
  std::size_t unchecked = 0;           ///< inputs of which this machine does not know the files
  bool is_signed = false;              ///< a signature is there
  bool signature_checked = false;      ///< and holds for the key that was given
};

/// Hashes the whole chain again; nothing is remembered digests' word. Changes nothing.
/// @param store     null: only OUT is checked
/// @param cohorts   by the name of a chain: where its inputs lie; others count as unchecked
/// @param key       PEM file with which the signature must hold, or empty
/// @param made_of_records  a file with other bytes than the run made holds where these are its bytes: its
///                  records are outputs of the run, and are hashed themselves; may be empty
/// @throws Error(Input) where OUT holds no run; Error(Io|Config) of the key file.
[[nodiscard]] Verification verify_proof(const boost::filesystem::path& out, const Store* store,
                                        const std::map<std::string, Cohort>& cohorts,
                                        const boost::filesystem::path& key,
                                        const MadeOfRecords& made_of_records = {});

}  // namespace isoscan::pipeline
