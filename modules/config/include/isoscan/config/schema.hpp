/// @file JSON checked against a schema (JSON Schema draft-07). Unknown keys are errors where the schema says
/// so.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"

namespace isoscan::config {

/// What data_schemas/<name>.schema.json describes.
enum class Schema : std::uint8_t {
  Run,             ///< options of a run
  Manifest,        ///< manifest.json of an output folder
  Status,          ///< status file of one scan
  Record,          ///< record.json beside the results of one stage
  VirtualScanner,  ///< one virtual scanner
  SiteRule,        ///< which site a scan is of, by its device
  Study,           ///< study.json of `isoscan ingest`
  Evaluation,      ///< rows of a table of `isoscan evaluate`
  ScanReport,      ///< facts of one scan's page
  ScanFigures,     ///< pictures and curves of one scan's page
  RunReport,       ///< facts of a run's index page
  Provenance,      ///< provenance/<chain>/<unit>.json of an output folder
  Proof,           ///< provenance/index.json of an output folder
  Job,             ///< what `isoscan run` is to do
  Progress,        ///< what `isoscan status --json` prints
};

/// The text of the schema; it is part of the program.
[[nodiscard]] std::string_view schema_text(Schema schema);

/// One thing that is wrong.
struct Problem {
  std::string pointer;  ///< JSON pointer to the place, "/transport/tau"; empty for the whole
  std::string message;  ///< what is wrong and what is allowed
};

/// All that is wrong, in document order; empty when the value is valid.
[[nodiscard]] std::vector<Problem> problems(const Json& value, Schema schema);
/// The same by a schema at hand. @throws Error(Internal) where the schema itself is malformed.
[[nodiscard]] std::vector<Problem> problems(const Json& value, const Json& schema);

/// @param name  the file (or other source), for the message
/// @throws Error(kind) "<name>: /transport/tua: unknown key; did you mean 'tau'?" with the first problem, and
/// how many
///         there are beside it.
void validate(const Json& value, Schema schema, const std::string& name,
              core::ErrorKind kind = core::ErrorKind::Config);

/// read_json and validate.
[[nodiscard]] Json read_json(const boost::filesystem::path& file, Schema schema,
                             core::ErrorKind kind = core::ErrorKind::Config);

/// The value with every missing member that has a "default" in the schema filled in, at every depth.
[[nodiscard]] Json with_defaults(const Json& value, Schema schema);
[[nodiscard]] Json with_defaults(const Json& value, const Json& schema);

/// The candidate nearest to `word` (letters put in, left out, changed or swapped), or empty where none is
/// near enough to be meant.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace isoscan::config
