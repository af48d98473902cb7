#include "common_flags.hpp"

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <thread>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"

namespace isoscan::app {

std::string read_pseudonym_key(const std::string& file) {
  if (file.empty()) return {};
  constexpr std::size_t kShortest = 16;
  constexpr std::uintmax_t kLongest = 1 << 20;
  std::string key;
  try {
    key = core::read_file(file, kLongest);
  } catch (const core::Error& error) {
    // Anything may be a key, but a scan that was named by mistake is not.
    if (error.kind() != core::ErrorKind::Resource) throw;
    throw core::Error(core::ErrorKind::Config, file + ": a pseudonym key has at most 1 MiB");
  }
  if (key.size() < kShortest) {
    throw core::Error(core::ErrorKind::Config, file +
                                                   ": a pseudonym key needs at least 16 bytes, as from "
                                                   "`head -c 32 /dev/urandom`");
  }
  return key;
}

Console open_console(std::stop_token stop, int cores) {
  Console made;
  made.progress = std::make_shared<pipeline::TerminalProgress>(std::cerr, pipeline::options_for_stderr());
  made.context.stop = std::move(stop);
  made.context.progress = core::Progress(made.progress);
  made.context.threads =
      cores > 0 ? cores : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  return made;
}

void add_read_flags(CLI::App& command, const std::string& group, std::optional<std::string>& scaling,
                    bool& first_volume, bool& resample) {
  command
      .add_option(
          "--scaling", scaling,
          "Which numbers DICOM voxels stand for: auto (Philips' floating values where their factors are "
          "there, else rescale; the default), rescale, stored, real-world or philips")
      ->group(group);
  command.add_flag("--first-volume", first_volume, "Of a series over time take the first volume")
      ->group(group);
  command.add_flag("--resample", resample, "Bring tilted or unevenly spaced slices onto a right-angled grid")
      ->group(group);
}

}  // namespace isoscan::app
