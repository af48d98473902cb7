/// @file What a stage promises before any data is seen, what it is given when it runs, and the chain of
/// stages.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/context.hpp"

namespace isoscan::pipeline {

/// How often a stage runs: once a scan, once a site, once for all.
enum class Scope : std::uint8_t { Image, Site, Cohort };

/// What a stage over many units does when some of them failed before it.
enum class FailedUnits : std::uint8_t {
  LeaveOut,  ///< it runs on those that are left (at least one)
  Refuse,    ///< it fails, naming them
};

/// What one run of a stage takes. None of it changes a result; the runner keeps the sum within what it was
/// given.
struct Resources {
  int threads = 1;               ///< 0: all that the run has
  std::int64_t memory_mb = 500;  ///< at its peak, for the largest scan expected
  int gpus = 0;
  double seconds = 1.0;  ///< a guess, for the time left until there is a measurement
};

struct StageSpec {
  std::string name;       ///< lower case, digits, '-'; also its folder in the store
  int version = 1;        ///< raise it when the same inputs may give other bytes
  std::string libraries;  ///< "itk 5.2.1": foreign code that makes the bytes
  Scope scope = Scope::Image;
  /// Ports: "prepare/image.nii.gz" is an output of an earlier stage, "source/scan" comes with the unit,
  /// "shared/reference" with the run. "source/mask?" may be missing. Where the port holds one thing for each
  /// of several units (a site or cohort stage reading image stages or sources), read it with StageIo::items.
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;  ///< file names, all of them; each is a port of those that follow
  Resources needs;
  FailedUnits failed_units = FailedUnits::LeaveOut;
  bool uses_seed = true;  ///< false: another seed does not make it run again, and context.seed is 0
};

/// One thing at an input port: files, or a text, of one unit.
struct InputItem {
  std::string unit;                            ///< scan id, or site; empty for what the run shares
  std::vector<boost::filesystem::path> files;  ///< read-only
  std::string text;
  std::string digest;  ///< SHA-256 of the content; empty: an optional source that is missing
};

/// What one run of a stage reads and where it writes. Asking for what the spec does not declare is
/// Error(Internal).
class StageIo {
 public:
  /// @param inputs   by port, without '?'
  /// @param staging  the folder that outputs are written to
  /// @param checkpoint  a folder that outlives a killed run of the same key; made on demand
  StageIo(std::map<std::string, std::vector<InputItem>> inputs, std::vector<std::string> outputs,
          boost::filesystem::path staging, boost::filesystem::path checkpoint);

  /// Whether the optional source is there.
  [[nodiscard]] bool has(const std::string& port) const;
  /// The one file of a port. @throws Error(Internal) where the port holds several.
  [[nodiscard]] const boost::filesystem::path& file(const std::string& port) const;
  /// The files of a port with one item (a DICOM series).
  [[nodiscard]] const std::vector<boost::filesystem::path>& files(const std::string& port) const;
  /// The text of a port with one item.
  [[nodiscard]] const std::string& text(const std::string& port) const;
  /// One item a unit, in unit order. Units that failed before are not there; the lists of all ports hold the
  /// same units (sites) in the same order.
  [[nodiscard]] const std::vector<InputItem>& items(const std::string& port) const;

  /// Where to write the output; a file of this name. Every declared output must be there when `run` returns.
  [[nodiscard]] boost::filesystem::path output(const std::string& name) const;

  /// For long fits: a folder that a killed run of the same key left and the next finds again. Write its files
  /// whole (core::write_file). It goes when the stage has succeeded. It must not change the result.
  [[nodiscard]] boost::filesystem::path checkpoint() const;

 private:
  const InputItem& one(const std::string& port) const;

  std::map<std::string, std::vector<InputItem>> inputs_;
  std::vector<std::string> outputs_;
  boost::filesystem::path staging_;
  boost::filesystem::path checkpoint_;
};

/// A stage is thin: read inputs, call one module function, write outputs. `run` is called from several
/// threads at once, and must depend on nothing but what `io` gives it, the options and context.seed (not on
/// the name of a unit or file, except those in items(), which enter the key).
class Stage {
 public:
  virtual ~Stage() = default;
  [[nodiscard]] virtual const StageSpec& spec() const noexcept = 0;
  /// A JSON object with defaults filled in: all options that may change the bytes.
  [[nodiscard]] virtual std::string canonical_options() const = 0;
  /// @throws core::Error: this unit fails, the others go on.
  virtual void run(const StageIo& io, const core::Context& context) const = 0;
};

/// Stages in an order in which each comes after those it reads.
using Chain = std::vector<std::shared_ptr<const Stage>>;

/// The first thing wrong with the chain, in words; empty when it can run.
[[nodiscard]] std::string problem(const Chain& chain);

}  // namespace isoscan::pipeline
