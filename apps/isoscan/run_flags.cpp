#include "run_flags.hpp"

#include "isoscan/config/schema.hpp"
#include "isoscan/core/error.hpp"

namespace isoscan::app {

using config::Json;

void RunFlags::add_to(CLI::App& command) {
  const char* group = "Run";
  command
      .add_option("--config", config_file, "JSON file of options (docs/configuration.md); flags win over it")
      ->group(group);
  command
      .add_option("--method", method,
                  "none, zscore, nyul, histogram, two-pass, gaussian or enot (the default)")
      ->group(group);
  command.add_option("--bound", bound, "Largest change of a voxel, white matter = 1 (default 0.4)")
      ->group(group);
  command
      .add_option(
          "--intensity", intensity,
          "source (default: the scan's own units, background untouched) or reference (white matter = 1000)")
      ->group(group);
  command
      .add_option("--spacing", spacing_mm,
                  "Working spacing of a reference in mm (default: its coarsest voxel edge)")
      ->group(group);
  command.add_option("--steps", steps, "Training steps of the ENOT map")->group(group);
  command.add_option("--seed", seed, "Start of every random stream (default 0)")->group(group);
  command.add_option("--cores", cores, "Processor cores to use (default: all)")->group(group);
  command
      .add_option("--memory-mb", memory_mb,
                  "Memory that steps at work may need together (default: what is free)")
      ->group(group);
  command.add_option("--work", work, "Folder of intermediate results (default: .isoscan beside the output)")
      ->group(group);
  command.add_flag("--check", check, "Hash stored results again before they are reused")->group(group);
  command.add_flag("--dry-run", dry_run, "Say what would run and why, and run nothing")->group(group);
}

Json RunFlags::settings() const {
  Json settings{Json::Object{}};
  if (!config_file.empty()) settings = config::read_json(config_file, config::Schema::Run);
  if (method) settings["method"] = *method;
  if (bound) settings["bound"] = *bound;
  if (intensity) settings["intensity_scale"] = *intensity;
  if (spacing_mm) settings["reference_spacing_mm"] = *spacing_mm;
  if (steps) settings["transport"]["steps"] = *steps;
  if (seed) settings["seed"] = *seed;
  if (cores) settings["cores"] = *cores;
  if (memory_mb) settings["memory_mb"] = *memory_mb;
  if (check) settings["check_outputs"] = true;
  config::validate(settings, config::Schema::Run, "options");
  return config::with_defaults(settings, config::Schema::Run);
}

}  // namespace isoscan::app
