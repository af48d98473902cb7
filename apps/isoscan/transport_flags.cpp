#include "transport_flags.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <thread>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/error.hpp"

#include "sample_files.hpp"

namespace isoscan::app {

using core::Error;
using core::ErrorKind;

void RunningFlags::add_seed(CLI::App& command) {
  command.add_option("--seed", seed, "Start of every random stream, a whole number from 0 (default 0)")
      ->check(CLI::Validator(
          // CLI11 would take -1 for the largest number there is.
          [](const std::string& word) {
            if (word.starts_with('-')) return std::string("must not be negative");
            // strtoull would take the largest number there is for a larger one.
            const bool digits = !word.empty() && std::all_of(word.begin(), word.end(),
                                                             [](char c) { return c >= '0' && c <= '9'; });
            errno = 0;
            (void)std::strtoull(word.c_str(), nullptr, 10);
            return digits && errno == 0 ? std::string() : "must be a whole number below 2^64, not " + word;
          },
          ""));
}

void RunningFlags::add_threads(CLI::App& command) {
  command.add_option("--threads", threads, "Threads to use (default: all cores); the result is the same")
      ->check(from_to(1, 4096));
}

void RunningFlags::add_overwrite(CLI::App& command) {
  command.add_flag("--overwrite", overwrite,
                   "Replace files that are there already, also those that this command did not make");
}

void SampleFlags::add_to(CLI::App& command) {
  const char* group = "Samples";
  command.add_option("--source", source, std::string("Rows to move from: ") + kTableHelp)
      ->required()
      ->group(group);
  command.add_option("--target", target, "Rows to move to, not paired with the source's; likewise")
      ->required()
      ->group(group);
  command
      .add_option("--source-weights", source_weights,
                  "One weight for each source row, 0 or more, any scale (default: equal)")
      ->group(group);
  command.add_option("--target-weights", target_weights, "The same for the target's rows")->group(group);
  command.add_option("--picture", picture, "Also draw the map here (.svg); tables of two columns only");
}

std::vector<std::string> SampleFlags::files() const {
  std::vector<std::string> files;
  for (const std::string& place : {source, target, source_weights, target_weights})
    files.push_back(file_of(place).string());
  return files;
}

void SampleFlags::require_picture_name() const {
  if (!picture.empty() && boost::filesystem::path(picture).extension() != ".svg")
    throw Error(ErrorKind::Config, "--picture " + picture + ": pictures are .svg files");
}

void SampleFlags::require_picture_columns(std::int64_t columns) const {
  if (!picture.empty() && columns != 2)
    throw Error(ErrorKind::Config, "--picture draws maps of two columns; these tables have " +
                                       std::to_string(columns) + ": leave it out");
}

TransportWork::TransportWork(const RunningFlags& flags, std::stop_token stop)
    : progress_(std::make_shared<pipeline::TerminalProgress>(std::cerr, pipeline::options_for_stderr())) {
  context.stop = std::move(stop);
  context.progress = core::Progress(progress_);
  context.seed = flags.seed;
  context.threads =
      flags.threads > 0 ? flags.threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

std::string text(const char* format, ...) {
  char buffer[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  return buffer;
}

}  // namespace isoscan::app
