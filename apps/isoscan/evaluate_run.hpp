/// @file What the subcommands of `isoscan evaluate` share: flags, listing, and where the table goes.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "isoscan/core/context.hpp"
#include "isoscan/engine/terminal_progress.hpp"
#include "isoscan/evaluate/table.hpp"
#include "isoscan/evaluate/travellers.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/stages/run_options.hpp"

#include "run_flags.hpp"

namespace isoscan::app {

struct EvaluateFlags {
  RunFlags run;
  std::string json;
  std::string tsv;
  std::string details;
  std::string page;
  const CLI::App* command = nullptr;  ///< what was typed; lives as long as the program

  /// The flags of the run, and --json, --tsv, --details and --page.
  void add_to(CLI::App& to);
};

/// A mild, medium, ... or FILE.json. @throws Error(Config) naming the file.
[[nodiscard]] phantom::VirtualScanner scanner_of(const std::string& name);

/// Loads the scan and its mask when asked; a `role` column of the table becomes the person's role.
[[nodiscard]] evaluate::Person person_of(const io::ScanSource& scan);
[[nodiscard]] std::vector<evaluate::Person> people_of(const io::ScanList& list);

/// One experiment: from flags to an exit status.
class EvaluateRun {
 public:
  /// @throws Error(Config) for options that mean nothing here, and for output files that are there already
  /// and are no tables of ours.
  EvaluateRun(const EvaluateFlags& flags, std::stop_token stop);

  /// The scans of a folder or table; says what is broken. Progress from..to.
  [[nodiscard]] io::ScanList list(const std::string& scans, double from, double to);
  /// Two-pass and the method asked for, or all.
  [[nodiscard]] std::vector<domain::Method> methods() const;
  /// As asked for, else 0.
  [[nodiscard]] double spacing_mm() const { return run_.reference_spacing_mm; }
  [[nodiscard]] const harmonize::FitOptions& fit() const { return run_.fit; }
  [[nodiscard]] core::Context context(double from, double to, const std::string& label) const;
  [[nodiscard]] std::uint64_t seed() const { return context_.seed; }

  /// Prints the table, writes the files, says who was left out. @returns 0, or 8 where somebody was.
  [[nodiscard]] int finish(evaluate::OutcomeTable table);

 private:
  const EvaluateFlags& flags_;
  std::shared_ptr<pipeline::TerminalProgress> progress_;
  core::Context context_;
  stages::RunOptions run_;
  bool method_given_ = false;
  io::FindOptions wanted_;
  std::vector<io::ScanList> lists_;
};

}  // namespace isoscan::app
