#include "request.hpp"

#include <algorithm>
#include <iostream>
#include <set>

#include <boost/filesystem.hpp>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/printable.hpp"
#include "isoscan/domain/reference.hpp"
#include "isoscan/harmonize/reference_scans.hpp"

#include "common_flags.hpp"
#include "run_flags.hpp"
#include "scan_flags.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;
using config::Json;

bool is_package(const fs::path& reference) {
  if (!fs::exists(reference)) {
    throw core::Error(core::ErrorKind::Io,
                      reference.string() + ": is not there; name a .isoref file or a folder of scans");
  }
  if (fs::is_regular_file(reference) && reference.extension() == ".isosite") {
    throw core::Error(core::ErrorKind::Config,
                      reference.string() +
                          ": is a site model, and --reference wants a reference package "
                          "(.isoref) or scans; `isoscan apply --site` takes site models");
  }
  return fs::is_regular_file(reference) && reference.extension() == ".isoref";
}

fs::path work_folder(const std::string& asked, const fs::path& out, bool out_is_folder) {
  if (!asked.empty()) return asked;
  return (out_is_folder ? out : fs::absolute(out).parent_path()) / ".isoscan";
}

fs::path scans_beside(const fs::path& package) {
  fs::path scans = package;
  return scans.replace_extension(".isoscans");
}

fs::path record_beside(const fs::path& package) {
  return package.string() + ".json";
}

namespace {

/// Whether the method restore can learn from the reference's own scans: always, where it is learnt from scans
/// too.
bool has_scans(const fs::path& reference) {
  if (!fs::is_regular_file(reference) || reference.extension() != ".isoref") return true;
  const fs::path scans = scans_beside(reference);
  return fs::is_regular_file(scans) && harmonize::load_reference_scans(scans).scans.size() > 1;
}

}  // namespace

std::string usual_method(const fs::path& reference) {
  if (has_scans(reference)) return "restore";
  const domain::ReferencePackage package = domain::load_reference(reference);
  if (!package.shared.empty()) return "restore";
  const bool sample = !package.levels.empty() && package.levels.front().pooled.row_count() > 0;
  return sample ? "enot" : "two-pass";
}

bool falls_to_zero_shot(const Json& given, const fs::path& reference) {
  const Json* restore = given.find("restore");
  if (given.at("method") != Json("restore") || (restore != nullptr && restore->contains("rung")))
    return false;
  return !has_scans(reference) && !domain::load_reference(reference).shared.empty();
}

Json method_settings(const RunFlags& flags, const fs::path& reference) {
  const std::string usual = usual_method(reference);
  Json given = flags.given(usual);
  const bool named = given.contains("method");
  if (!named) given["method"] = usual;
  Json settings = flags.settings(usual);
  if (falls_to_zero_shot(given, reference)) {
    settings["restore"]["rung"] = "zero-shot";
    std::cerr << "rung zero-shot: " << core::printable(scans_beside(reference).string())
              << " is not there, or of one person; the package's shared restorer needs no scans\n";
  }
  const Json& rung = settings.at("restore").at("rung");
  if (settings.at("method") == Json("restore") &&
      ((rung == Json("zero-shot") && (flags.steps || flags.match_resolution)) ||
       (rung == Json("vector") && flags.steps))) {
    throw core::Error(core::ErrorKind::Config,
                      "--steps and --match-resolution are for the rung per-site; " + rung.as_string() +
                          " trains no network" +
                          (rung == Json("vector") ? ", it has no use for --steps" : ""));
  }
  if (usual != "restore" && !named) {
    std::cerr << "method " << usual << ": " << core::printable(scans_beside(reference).string())
              << " is not there, or of one person, and the usual method, restore, learns from it\n";
  }
  return settings;
}

void check_places(const Request& request, bool asks_for_spacing, const std::string& asked_work) {
  if (asks_for_spacing && !request.reference.empty() && is_package(request.reference)) {
    throw core::Error(core::ErrorKind::Config, "--spacing is for learning a reference; " +
                                                   request.reference.string() +
                                                   " is learnt, at spacings of its own");
  }
  // What is kept there would be found as scans the next time.
  for (const auto& scans : {request.scans, request.reference}) {
    if (asked_work.empty() || scans.empty() || !fs::is_directory(scans)) continue;
    if (core::lies_in(asked_work, scans)) {
      throw core::Error(core::ErrorKind::Config, "--work " + asked_work + ": lies among the scans of " +
                                                     scans.string() + "; choose a folder outside");
    }
  }
}

std::string leaf_name(const fs::path& path) {
  const fs::path plain = fs::absolute(path).lexically_normal();
  return (plain.filename() == "." || plain.filename().empty() ? plain.parent_path() : plain)
      .filename()
      .string();
}

std::string pseudonym_key(const Json& settings) {
  const Json* file = settings.find("pseudonym_key");
  if (file == nullptr || file->as_string().empty()) return {};
  return read_pseudonym_key(file->as_string());
}

io::ReadChoices read_choices(const Json& settings) {
  const Json all = config::with_defaults(settings, config::Schema::Run);
  return {io::scaling_named(all.at("scaling").as_string()), all.at("first_volume").as_bool(),
          all.at("resample").as_bool()};
}

io::ScanList list_scans(const fs::path& scans, const io::FindOptions& options, const core::Context& context,
                        const std::function<void(const std::string&)>& say) {
  io::ScanList list = io::find_scans(scans, context, options);
  const std::string folder = leaf_name(scans);
  std::set<std::string> sites;
  for (io::ScanSource& scan : list.scans) {
    if (scan.site == "unknown" && !folder.empty()) scan.site = folder;
    sites.insert(scan.site);
  }
  int skipped = 0;
  for (const io::SetAside& input : list.set_aside) {
    if (input.broken) {
      say("broken: " + input.name + ": " + input.reason);
    } else {
      ++skipped;
    }
  }
  say("found " + std::to_string(list.scans.size()) + (list.scans.size() == 1 ? " scan" : " scans") +
      (sites.size() > 1 ? " of " + std::to_string(sites.size()) + " sites" : std::string()) + " in " +
      scans.string() +
      (skipped > 0 ? "; " + std::to_string(skipped) +
                         (skipped == 1 ? " other input skipped, with its reason in the status files"
                                       : " other inputs skipped, each with its reason in the status files")
                   : std::string()) +
      (list.left_out > 0 ? "; " + std::to_string(list.left_out) + " left out by the labels asked for"
                         : std::string()));
  for (const std::string& warning : list.warnings) say("warning: " + warning);
  if (list.scans.empty()) {
    std::string why = scans.string() + ": holds no scan that can be harmonized";
    if (!list.set_aside.empty()) {
      why += "; for example " + list.set_aside.front().name + ": " + list.set_aside.front().reason;
    }
    throw core::Error(core::ErrorKind::Input, why);
  }
  return list;
}

namespace {

/// As a shell takes it for one word.
std::string quoted(const std::string& word) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || c >= 0x80 ||
           std::string_view("._-/+,:=@%").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

/// Options of the solver that have no flag differ from their defaults.
bool needs_config(const Json& settings) {
  const Json defaults = config::with_defaults(Json(Json::Object{}), config::Schema::Run);
  for (const char* part : {"transport", "restore"}) {
    Json options = settings.at(part);
    options["steps"] = defaults.at(part).at("steps");
    if (options.contains("rung")) options["rung"] = defaults.at(part).at("rung");
    if (options.contains("match_resolution"))
      options["match_resolution"] = defaults.at(part).at("match_resolution");
    if (options != defaults.at(part)) return true;
  }
  return settings.at("shared_restorer") != defaults.at("shared_restorer");
}

}  // namespace

std::string public_command(const Request& request) {
  // Requests of earlier versions lack keys that came later.
  const Json settings = config::with_defaults(request.settings, config::Schema::Run);
  const std::set<Flag>& honoured = flags_of(request.command);
  const Json defaults = config::with_defaults(Json(Json::Object{}), config::Schema::Run);
  // No name of a file or folder: an archive's export is often called after the patient.
  const bool packaged = request.reference.extension() == ".isoref";
  const bool bids = request.command == "bids";
  std::string text =
      bids ? "isoscan bids BIDS_DIR OUTPUT_DIR participant" : "isoscan " + request.command + " SCANS";
  if (!request.reference.empty())
    text += packaged ? " --reference REFERENCE.isoref" : " --reference REFERENCE_SCANS";
  if (!request.site.empty()) text += " --site SITE.isosite";
  if (!bids) text += " --out OUT" + words_of(request.only);  // of a participant's job: the same for all
  // Where the file must be named, flags say the rest: it may hold other values, and flags win over it.
  const bool with_config = honoured.count(Flag::Method) > 0 && needs_config(settings);
  if (with_config) text += " --config CONFIG.json";
  const auto add = [&](Flag flag, const char* word, const Json& value, const Json& usual, bool always) {
    const bool fitted = bids && !request.site.empty() && (flag == Flag::Method || flag == Flag::Steps);
    if (honoured.count(flag) == 0 || fitted || (!always && !with_config && value == usual)) return;
    text += std::string(" ") + word + " " + (value.is_string() ? quoted(value.as_string()) : value.dump());
  };
  const auto add_key = [&](Flag flag, const char* word, const char* key, bool always) {
    add(flag, word, settings.at(key), defaults.at(key), always);
  };
  add_key(Flag::Method, "--method", "method", true);
  add_key(Flag::Bound, "--bound", "bound", true);
  add_key(Flag::Intensity, "--intensity", "intensity_scale", false);
  if (honoured.count(Flag::Uncertainty) > 0 && settings.at("uncertainty").as_bool()) text += " --uncertainty";
  if (!packaged) add_key(Flag::Spacing, "--spacing", "reference_spacing_mm", false);
  for (const auto& [method, part] : {std::pair{"enot", "transport"}, {"restore", "restore"}}) {
    if (settings.at("method") != Json(method)) continue;
    add(Flag::Steps, "--steps", settings.at(part).at("steps"), defaults.at(part).at("steps"), false);
  }
  if (settings.at("method") == Json("restore") && settings.at("restore").at("match_resolution").as_bool() &&
      honoured.count(Flag::MatchResolution) > 0 && !(bids && !request.site.empty()))
    text += " --match-resolution";
  if (settings.at("method") == Json("restore") && !(bids && !request.site.empty()))
    add(Flag::Rung, "--rung", settings.at("restore").at("rung"), defaults.at("restore").at("rung"), false);
  if (const Json& taught = settings.at("shared_restorer");
      honoured.count(Flag::Restorer) > 0 && taught != defaults.at("shared_restorer")) {
    Json by_flag = defaults.at("shared_restorer");
    by_flag["sites"] = kVirtualSites;
    text += taught == by_flag ? " --restorer" : " --config CONFIG.json";
  }
  if (honoured.count(Flag::Sample) > 0 && !settings.at("feature_sample").as_bool())
    text += " --without-sample";
  if (honoured.count(Flag::Plausibility) > 0 && !settings.at("plausibility").as_bool())
    text += " --no-plausibility";
  add_key(Flag::Seed, "--seed", "seed", true);
  if (!request.dicom_out.empty()) {
    text += " --dicom-out DICOM_OUT";
    add_key(Flag::DicomOut, "--dicom-identity", "dicom_identity", true);
  }
  if (!settings.at("pseudonym_key").as_string().empty()) text += " --pseudonym-key KEY";
  add_key(Flag::Read, "--scaling", "scaling", false);
  for (const auto& [word, key] :
       {std::pair{" --first-volume", "first_volume"}, {" --resample", "resample"}}) {
    if (honoured.count(Flag::Read) > 0 && settings.at(key).as_bool()) text += word;
  }
  if (!request.kernels.empty()) text += " --kernels " + quoted(request.kernels);
  return text;
}

}  // namespace isoscan::app
