/// @file Final outputs, and the manifest of a run: what was read, done and made, by digest. The same run
/// twice gives the same bytes: no times, hosts, thread counts or absolute paths (those stand in the run log).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/engine/run.hpp"
#include "isoscan/engine/stage.hpp"
#include "isoscan/engine/store.hpp"

namespace isoscan::pipeline {

/// A file of the output folder.
struct OutputFile {
  std::string path;  ///< below the output folder, with '/'
  std::string sha256;
  std::string stage;  ///< stage, unit and port are empty for files that no stage made
  std::string unit;
  std::string port;
};

enum class ExportMode : std::uint8_t {
  Copy,  ///< a file of its own (sharing blocks where the file system can)
  Link,  ///< a hard link: takes no room, is read-only; a copy where the store is on another disk
};

/// Puts an output of a finished step (Done or Ran) into the output folder, whole or not at all. A file that
/// holds these bytes already is left alone.
/// @throws Error(Internal) where the step has no such output; Error(Io|Resource).
OutputFile export_output(const Store& store, const StepResult& step, const std::string& port,
                         const boost::filesystem::path& out, const std::string& relative_path,
                         ExportMode mode);

/// A file that was written into the output folder by other means, for the manifest. @throws Error(Io).
[[nodiscard]] OutputFile output_file(const boost::filesystem::path& out, const std::string& relative_path);

/// One entry of the manifest's "chains".
[[nodiscard]] config::Json manifest_chain(const Chain& chain, const RunResult& result);

/// manifest.json, valid by config::Schema::Manifest. `outputs` are sorted by path.
/// @param options  of the run, defaults filled in, without what must not change bytes (cores, memory)
[[nodiscard]] config::Json manifest(const config::Json& options, const std::vector<config::Json>& chains,
                                    std::vector<OutputFile> outputs);

/// The version of this program, "0.1.0".
[[nodiscard]] std::string program_version();

}  // namespace isoscan::pipeline
