#include "run_flags.hpp"

#include <map>

#include <boost/filesystem.hpp>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/error.hpp"

#include "common_flags.hpp"
#include "key_value.hpp"

namespace isoscan::app {

using config::Json;

const std::set<Flag>& flags_of(const std::string& command) {
  using enum Flag;
  static const std::map<std::string, std::set<Flag>> kFlags{
      {"harmonize", {Method, Bound,        Intensity, Uncertainty,  Spacing, Steps,    MatchResolution,
                     Rung,   Plausibility, Seed,      PseudonymKey, Read,    DicomOut, Cores,
                     Memory, Work,         Check,     DryRun,       Sign,    SignedBy}},
      {"reference",
       {Restorer, Sample, Spacing, Seed, PseudonymKey, Read, Cores, Memory, Work, Check, DryRun, Sign}},
      {"adapt",
       {Method, Steps, MatchResolution, Rung, Plausibility, Seed, PseudonymKey, Read, Cores, Memory, Work,
        Check, DryRun, Sign, SignedBy}},
      {"apply",
       {Bound, Intensity, Uncertainty, Plausibility, Seed, PseudonymKey, Read, DicomOut, Cores, Memory, Work,
        Check, DryRun, Sign, SignedBy}},
      // Cores, memory and the work folder have the names that BIDS Apps give them (cmd_bids.cpp).
      {"bids",
       {Method, Bound, Intensity, Uncertainty, Spacing, Steps, MatchResolution, Rung, Plausibility, Seed,
        PseudonymKey, Read, Check, DryRun, Sign}},
      {"demo", {Method, Bound, Intensity, Spacing, Steps, MatchResolution, Seed, Cores, Memory, Work, Check}},
      // isoscan evaluate ...
      {"travellers", {Method, Spacing, Steps, MatchResolution, Seed, PseudonymKey, Cores}},
      {"rescan", {Method, Spacing, Steps, MatchResolution, Seed, PseudonymKey, Cores}},
      {"sites", {Method, Spacing, Steps, MatchResolution, Seed, PseudonymKey, Cores}},
      {"controls", {Method, Spacing, Steps, MatchResolution, Seed, PseudonymKey, Cores}},
      {"longitudinal", {Method, Spacing, Steps, MatchResolution, Seed, PseudonymKey, Cores}},
      {"bias", {Spacing, Seed, PseudonymKey, Cores}},
  };
  const auto found = kFlags.find(command);
  if (found == kFlags.end()) throw core::Error(core::ErrorKind::Internal, "no flags for " + command);
  return found->second;
}

void RunFlags::add_to(CLI::App& command) {
  const std::string name = command.get_name();
  const std::set<Flag>& honoured = flags_of(name);
  const char* group = "Run";
  static const std::set<std::string> kEvaluate{"travellers", "rescan",       "sites",
                                               "controls",   "longitudinal", "bias"};
  const bool evaluates = kEvaluate.count(name) > 0;
  const auto option = [&](Flag flag, const char* word, auto& value, const char* text) {
    if (honoured.count(flag) > 0) command.add_option(word, value, text)->group(group);
  };
  command
      .add_option("--config", config_file, "JSON file of options (docs/configuration.md); flags win over it")
      ->group(group);
  command
      .add_option("--set", set,
                  "KEY=VALUE, any option of docs/configuration.md, as restore.scans=24; may be repeated")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group(group);
  option(Flag::Method, "--method", method,
         evaluates ? "Judge this method and two-pass alone (default: all)"
                   : "restore (the default where the reference's own scans or a shared restorer are at "
                     "hand), enot (else), "
                     "gaussian, two-pass, "
                     "histogram, nyul, zscore or none");
  option(Flag::Bound, "--bound", bound, "Largest change of a voxel, white matter = 1 (default 0.4)");
  option(Flag::Intensity, "--intensity", intensity,
         "source (default: the scan's own units, background untouched) or reference (white matter = 1000)");
  if (honoured.count(Flag::Uncertainty) > 0) {
    command
        .add_flag("--uncertainty", uncertainty,
                  "Write a map of how far each voxel may be off (90 %) beside each scan; method restore")
        ->group(group);
  }
  option(Flag::Spacing, "--spacing", spacing_mm,
         name == "travellers" ? "Voxel size in mm at which everything happens (default 1.5)"
         : evaluates ? "Voxel size in mm at which everything happens (default: the coarsest voxel edge)"
                     : "Working spacing of a reference in mm (default: its coarsest voxel edge)");
  option(Flag::Steps, "--steps", steps, "Training steps of the method enot or restore");
  if (honoured.count(Flag::MatchResolution) > 0) {
    command
        .add_flag("--match-resolution", match_resolution,
                  "Method restore: blur a site that is sharper than the reference; else its detail stays")
        ->group(group);
  }
  option(
      Flag::Rung, "--rung", rung,
      "Method restore: zero-shot (the package's shared restorer, seconds), per-site (a network of the site's "
      "own, taught on the reference's scans, a minute or two), averaged (their mean, the default; it is "
      "per-site where the package has no shared restorer, and zero-shot where the reference's scans are not "
      "there), vector or weights (zero-shot's code, or all weights of a copy of the shared restorer, refined "
      "on pairs made of the reference's scans) or ladder (of zero-shot, vector and weights, what does best "
      "on "
      "made scans of people held out)");
  if (honoured.count(Flag::Restorer) > 0) {
    command
        .add_flag("--restorer", restorer,
                  "Teach the package one restorer for all sites: a new site is then told from its scans in "
                  "seconds, without any image of the reference (an hour of processor time at 1.5 mm, more at "
                  "finer voxels)")
        ->group(group);
  }
  if (honoured.count(Flag::Sample) > 0) {
    command
        .add_flag("--without-sample", without_sample,
                  "Keep the sampled feature rows out of the package: they tell for sure who is in it "
                  "(docs/site-files.md). The methods gaussian and enot need them")
        ->group(group);
  }
  if (honoured.count(Flag::Plausibility) > 0) {
    command
        .add_flag("--no-plausibility", no_plausibility,
                  "Take scans that do not look like a T1w scan of a whole, upright head too")
        ->group(group);
  }
  option(Flag::Seed, "--seed", seed, "Start of every random stream (default 0)");
  option(Flag::PseudonymKey, "--pseudonym-key", pseudonym_key,
         "File of at least 16 secret bytes: DICOM subjects' labels cannot be guessed without it");
  if (honoured.count(Flag::Read) > 0) add_read_flags(command, group, scaling, first_volume, resample);
  option(Flag::DicomOut, "--dicom-out", dicom_out,
         "Folder for a derived DICOM series of each harmonized scan whose source is DICOM");
  option(
      Flag::DicomOut, "--dicom-identity", dicom_identity,
      "remove (default: de-identified, UIDs mapped) or keep (patient and study, to go back to the archive)");
  option(Flag::Cores, "--cores", cores, "Processor cores to use (default: all)");
  option(Flag::Memory, "--memory-mb", memory_mb,
         "Memory that steps at work may need together (default: what is free)");
  option(Flag::Work, "--work", work, "Folder of intermediate results (default: .isoscan beside the output)");
  option(
      Flag::Sign, "--sign-key", sign_key,
      name == "reference" || name == "adapt"
          ? "PEM file of an Ed25519 private key that signs the file: OUT.sig beside it (docs/provenance.md)"
          : "PEM file of an Ed25519 private key that signs the provenance (docs/provenance.md)");
  option(Flag::SignedBy, "--signed-by", signed_by,
         "PEM file of the Ed25519 public key that the package, and a site model, must be signed with");
  if (honoured.count(Flag::Check) > 0) {
    command.add_flag("--check", check, "Hash stored results again before they are reused")->group(group);
  }
  if (honoured.count(Flag::DryRun) > 0) {
    command.add_flag("--dry-run", dry_run, "Say what would run and why, and run nothing")->group(group);
  }
}

Json RunFlags::given(const std::string& usual_method) const {
  Json settings{Json::Object{}};
  if (!config_file.empty()) settings = config::read_json(config_file, config::Schema::Run);
  for (const std::string& text : set) set_value(settings, text);
  if (method) settings["method"] = *method;
  if (bound) settings["bound"] = *bound;
  if (intensity) settings["intensity_scale"] = *intensity;
  if (uncertainty) settings["uncertainty"] = true;
  if (spacing_mm) settings["reference_spacing_mm"] = *spacing_mm;
  if (steps) {
    const Json* named = settings.find("method");
    const std::string method_of_steps =
        named != nullptr && named->is_string() ? named->as_string() : usual_method;
    if (method_of_steps != "restore") settings["transport"]["steps"] = *steps;
    if (method_of_steps == "restore" || method_of_steps.empty()) settings["restore"]["steps"] = *steps;
  }
  if (match_resolution) settings["restore"]["match_resolution"] = true;
  if (rung) settings["restore"]["rung"] = *rung;
  if (restorer) {
    if (!settings.contains("shared_restorer")) settings["shared_restorer"] = Json(Json::Object{});
    if (!settings.at("shared_restorer").contains("sites"))
      settings["shared_restorer"]["sites"] = kVirtualSites;
  }
  if (without_sample) settings["feature_sample"] = false;
  if (no_plausibility) settings["plausibility"] = false;
  if (seed) settings["seed"] = *seed;
  if (pseudonym_key) settings["pseudonym_key"] = *pseudonym_key;
  if (scaling) settings["scaling"] = *scaling;
  if (first_volume) settings["first_volume"] = true;
  if (resample) settings["resample"] = true;
  if (dicom_identity) settings["dicom_identity"] = *dicom_identity;
  if (cores) settings["cores"] = *cores;
  if (memory_mb) settings["memory_mb"] = *memory_mb;
  if (check) settings["check_outputs"] = true;
  config::validate(settings, config::Schema::Run, "options");
  return settings;
}

Json RunFlags::settings(const std::string& usual_method) const {
  Json said = given(usual_method);
  if (!said.contains("method") && !usual_method.empty()) said["method"] = usual_method;
  Json settings = config::with_defaults(said, config::Schema::Run);
  if (const std::string& name = settings.at("method").as_string();
      steps && name != "enot" && name != "restore") {
    throw core::Error(core::ErrorKind::Config, "--steps is for the methods enot and restore; the method \"" +
                                                   name + "\" is not trained");
  }
  if (const std::string& name = settings.at("method").as_string(); match_resolution && name != "restore") {
    throw core::Error(core::ErrorKind::Config, "--match-resolution is for the method restore; the method \"" +
                                                   name + "\" knows nothing of resolution");
  }
  if (const std::string& name = settings.at("method").as_string(); rung && name != "restore") {
    throw core::Error(core::ErrorKind::Config,
                      "--rung is for the method restore; the method \"" + name + "\" has none");
  }
  if (dicom_identity && dicom_out.empty()) {
    throw core::Error(core::ErrorKind::Config,
                      "--dicom-identity is for derived DICOM: name its folder with --dicom-out");
  }
  if (const std::string& key = settings.at("pseudonym_key").as_string(); !key.empty()) {
    settings["pseudonym_key"] = boost::filesystem::absolute(key).lexically_normal().string();
  }
  return settings;
}

}  // namespace isoscan::app
