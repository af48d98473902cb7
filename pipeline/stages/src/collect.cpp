#include "isoscan/stages/collect.hpp"

#include <algorithm>
#include <set>

#include <boost/filesystem.hpp>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/partials.hpp"
#include "isoscan/core/tensor_file.hpp"
#include "isoscan/io/bids.hpp"
#include "isoscan/report/report_folder.hpp"
#include "isoscan/stages/dataset_files.hpp"
#include "isoscan/stages/prepared_file.hpp"
#include "isoscan/stages/scan_unit.hpp"

#include "page_record.hpp"
#include "part.hpp"
#include "uncertainty_sidecar.hpp"

namespace isoscan::stages {

namespace fs = boost::filesystem;
using config::Json;
using pipeline::ExportMode;
using pipeline::OutputFile;
using pipeline::StepResult;

namespace {

constexpr const char* kStatusFormat = "isoscan-status-1";

/// The stages that look at a scan before anything is made of it: a scan that they cannot use is refused, not
/// broken.
bool refuses(const StepResult& step) {
  return step.stage != "survey" && step.failure &&
         (step.failure->kind == core::ErrorKind::Input || step.failure->kind == core::ErrorKind::Geometry);
}

/// @returns its path below `out`
std::string write_status_file(const fs::path& out, const std::string& scan, const std::string& state,
                              const std::string& reason, Json::Object more) {
  more["format"] = kStatusFormat;
  more["scan"] = scan;
  more["state"] = state;
  more["reason"] = reason;
  const Json status(std::move(more));
  config::validate(status, config::Schema::Status, "status of " + scan, core::ErrorKind::Internal);
  const std::string path = "status/" + pipeline::file_name_of(scan) + ".json";
  core::write_if_changed(out / path, status.dump_pretty());
  return path;
}

class Collector {
 public:
  Collector(const Collection& what, const pipeline::RunResult& result, const pipeline::Store& store)
      : what_(what), result_(result), store_(store), outputs_(what.more) {}

  Tally run(const pipeline::Chain& chain) {
    // Jobs of a part each look after nothing but their own.
    if (!what_.some_of_many) core::remove_dead_partials(what_.out);
    if (what_.dicom_out)
      derived_ = derive_dicom(*what_.dicom_out, what_.list, what_.out, what_.settings, result_, store_);
    for (const io::ScanSource& scan : what_.list.scans) {
      const auto before = static_cast<std::ptrdiff_t>(outputs_.size());
      collect_scan(scan);
      outputs_of_[scan.id()].assign(outputs_.begin() + before, outputs_.end());
    }
    for (const LostScan& scan : what_.lost_scans) collect_lost(scan);
    for (const io::SetAside& input : what_.list.set_aside)
      collect_set_aside(public_input(input, what_.pseudonym_key));
    for (const io::SetAside& input : what_.lost) collect_set_aside(input);
    collect_sites();
    written(write_dataset_files(what_.out, what_.source, dicom_folder_inside()));
    if (what_.some_of_many) {
      for (const io::ScanSource& scan : what_.list.scans) write_part(scan, chain);
      return tally_;
    }
    tally_.warning = left_over(what_.out, what_.list.scans);
    written(write_reports(what_.out, report::run_files(run_report())));
    written(write_participants(what_.out, sites_of(what_.list.scans)));
    write_manifest(chain);
    return tally_;
  }

 private:
  void write(const std::string& path, const std::string& bytes) {
    core::write_if_changed(what_.out / path, bytes);
    outputs_.push_back(pipeline::output_file(what_.out, path));
  }

  /// Files that another function wrote into OUT.
  void written(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) outputs_.push_back(pipeline::output_file(what_.out, path));
  }

  OutputFile put(const StepResult& step, const std::string& port, const std::string& path) {
    outputs_.push_back(pipeline::export_output(store_, step, port, what_.out, path, ExportMode::Link));
    return outputs_.back();
  }

  [[nodiscard]] Json json_of(const std::string& stage, const std::string& unit,
                             const std::string& port) const {
    const StepResult* step = result_.find(stage, unit);
    return config::read_json(store_.output(stage, step->key, port));
  }

  void write_status(const std::string& scan, const std::string& state, const std::string& reason,
                    Json::Object more) {
    written({write_status_file(what_.out, scan, state, reason, std::move(more))});
  }

  [[nodiscard]] bool wants_uncertainty() const {
    const Json* wanted = what_.settings.find("uncertainty");
    return wanted != nullptr && wanted->as_bool();
  }

  /// A map of an earlier run is of another volume, or was not asked for now.
  void remove_uncertainty(const io::ScanSource& scan) const {
    boost::system::error_code ignored;
    for (const char* extension : {".nii.gz", ".json"})
      fs::remove(what_.out / io::uncertainty_path(scan, extension), ignored);
  }

  void collect_failure(const io::ScanSource& scan, const StepResult& step) {
    const std::string id = scan.id();
    const bool refused = refuses(step);
    // An output of an earlier run is no longer true of this scan.
    boost::system::error_code ignored;
    const fs::path volume = what_.out / io::harmonized_path(scan);
    fs::remove(volume, ignored);
    fs::remove(what_.out / io::harmonized_path(scan, ".json"), ignored);
    remove_uncertainty(scan);
    for (fs::path at = volume.parent_path(); at != what_.out; at = at.parent_path())
      fs::remove(at, ignored);  // only where nothing else is in it
    if (what_.dicom_out) {
      const fs::path series = what_.dicom_out->folder / derived_folder(scan);
      if (io::is_derived_folder(series)) fs::remove_all(series, ignored);
    }
    report::ScanReport facts;
    facts.warnings = scan.warnings;
    set_what_is_known(scan, facts.provenance);
    facts.images = images_of_input(scan);
    write_failure({id, scan.site, step.failure ? step.failure->kind : core::ErrorKind::Internal, step.stage,
                   step.failure ? step.failure->public_message : step.why},
                  refused, std::move(facts));
  }

  void collect_lost(const LostScan& scan) { write_failure(scan, false, {}); }

  /// @param facts  what is known of it beside
  void write_failure(const LostScan& scan, bool refused, report::ScanReport facts) {
    (refused ? tally_.refused : tally_.failed)++;
    Json::Object more;
    more["error"] = Json(Json::Object{{"kind", core::name(scan.kind)}, {"stage", scan.stage}});
    write_status(scan.id, refused ? "refused" : "failed", scan.reason, std::move(more));
    facts.id = scan.id;
    facts.verdict = refused ? report::Verdict::Refused : report::Verdict::Failed;
    facts.reason = scan.reason;
    facts.provenance.pseudonym = scan.id;
    facts.provenance.site = scan.site;
    facts.provenance.versions = {{"isoscan", pipeline::program_version()}};
    remove_pictures(what_.out, scan.id);
    report::ScanRecord record = report::scan_record(std::move(facts));
    written(write_reports(what_.out, report::scan_files(record)));
    scans_.push_back(std::move(record.facts));
  }

  /// Of a scan that could be prepared: its pictures say more than the reason alone.
  [[nodiscard]] std::optional<report::ScanImages> images_of_input(const io::ScanSource& scan) const {
    const StepResult* step = result_.find("prepare", scan.id());
    if (step == nullptr || step->key.empty() || step->failure) return std::nullopt;
    try {
      auto prepared =
          prepared_scan(core::read_tensor_file(store_.output("prepare", step->key, "prepared.safetensors")));
      report::ScanImages images;
      images.before = io::read_scan(scan).volume;
      for (float& v : images.before.voxels) v = static_cast<float>(v / prepared.white_matter);
      images.brain = std::move(prepared.brain);
      images.tissue = std::move(prepared.tissue);
      images.reference_like_missing = "the scan was not harmonized";
      return images;
    } catch (const core::Error&) {
      return std::nullopt;  // the page says what went wrong before
    }
  }

  /// Of a scan without an output: what went in, and what it would have been made with.
  void set_what_is_known(const io::ScanSource& scan, report::Provenance& from) const {
    from.input_sha256 = digest_of(scan.id(), "source/scan");
    from.method = what_.settings.at("method").as_string();
    from.options = Json(Json::Object{{"bound", what_.settings.at("bound")}}).dump();
    // Of a model that was fitted elsewhere it is the model's, which is not read here.
    if (digest_of("", "shared/site").empty()) from.seed = run_options(what_.settings).seed;
    const StepResult* fitted = result_.find("fit-site", scan.site);
    if (fitted != nullptr && !fitted->key.empty() && !fitted->failure)
      from.models.emplace_back("site model",
                               core::sha256_file(store_.output("fit-site", fitted->key, "site.isosite")));
    for (const auto& [port, name] : {std::pair("shared/site", "site model"),
                                     std::pair("shared/reference", "reference package, its file")}) {
      if (const std::string digest = digest_of("", port); !digest.empty())
        from.models.emplace_back(name, digest);
    }
  }

  /// Of what was read of a unit ("" for what all share); empty where it was not.
  [[nodiscard]] std::string digest_of(const std::string& unit, const std::string& port) const {
    const auto found = result_.sources.find(unit);
    if (found == result_.sources.end()) return {};
    const auto digest = found->second.find(port);
    return digest == found->second.end() ? std::string() : digest->second;
  }

  void collect_scan(const io::ScanSource& scan) {
    const std::string id = scan.id();
    const pipeline::Unit unit = unit_of(scan);
    if (const StepResult* step = result_.failure_of(unit)) {
      collect_failure(scan, *step);
      return;
    }
    if (const auto derived = derived_.find(id); derived != derived_.end() && derived->second.failure) {
      StepResult step;
      step.stage = "derive-dicom";
      step.unit = id;
      step.failure = derived->second.failure;
      tally_.lost_dicom.push_back(id + ": " + step.stage + ": " + step.failure->message);
      collect_failure(scan, step);
      return;
    }
    const StepResult* applied = result_.find("apply", id);
    const StepResult* paged = result_.find("page", id);
    if (applied == nullptr || paged == nullptr || applied->key.empty() || paged->key.empty())
      return;  // stopped
    const Json about = json_of("apply", id, "apply.json");
    const bool passes = about.at("passed_through").as_bool();
    (passes ? tally_.passed : tally_.harmonized)++;
    const OutputFile volume = put(*applied, "harmonized.nii.gz", io::harmonized_path(scan, ".nii.gz"));
    write(io::harmonized_path(scan, ".json"), sidecar(scan, volume).dump_pretty());
    std::optional<OutputFile> uncertainty;
    if (!wants_uncertainty() || about.at("uncertainty").is_null()) {
      remove_uncertainty(scan);
    } else {
      uncertainty = put(*applied, "uncertainty.nii.gz", io::uncertainty_path(scan));
      write(io::uncertainty_path(scan, ".json"),
            uncertainty_sidecar(about, volume.path, what_.settings.at("intensity_scale")).dump_pretty());
    }
    put(*paged, "page.html", "reports/" + id + ".html");
    put(*paged, "facts.json", "reports/" + id + ".json");
    put(*paged, "figures.json", "reports/figures/" + id + ".json");
    put(*paged, "thumbnail.png", "reports/thumbnails/" + id + ".png");
    const Json measured = json_of("measure", id, "measures.json");
    Json::Object more;
    Json::Object measures;
    for (const Json& measure : measured.at("measures").items())
      measures[measure.at("name").as_string()] = measure.at("value");
    more["measures"] = Json(std::move(measures));
    Json::Array warnings = measured.at("warnings").items();
    for (const std::string& warning : scan.warnings) warnings.emplace_back(warning);
    more["warnings"] = Json(std::move(warnings));
    Json::Array made{Json(Json::Object{{"path", volume.path}, {"sha256", volume.sha256}})};
    if (uncertainty)
      made.emplace_back(Json::Object{{"path", uncertainty->path}, {"sha256", uncertainty->sha256}});
    more["outputs"] = Json(std::move(made));
    if (what_.dicom_out) {
      if (const auto derived = derived_.find(id); derived != derived_.end()) {
        more["derived_dicom"] = derived->second.record;
        tally_.derived++;
      } else {
        tally_.not_dicom++;
      }
    }
    if (passes) {
      write_status(id, "passed-through",
                   std::string("the site differs from the reference no more than the reference from itself") +
                       (wants_uncertainty() ? "; no voxel was changed, so no uncertainty applies" : ""),
                   std::move(more));
    } else {
      write_status(id, "ok", "", std::move(more));
    }
    scans_.push_back(report::read_facts(what_.out / "reports", id));
  }

  void collect_set_aside(io::SetAside input) {
    (input.broken ? tally_.broken : tally_.set_aside)++;
    const std::string plain = input.name;
    for (int n = 2; !names_.insert(input.name).second; ++n) input.name = plain + "-" + std::to_string(n);
    set_aside_.push_back(input);
    write_input_status(what_.out, input);
    written({"status/" + pipeline::file_name_of(input.name) + ".json"});
  }

  void collect_sites() {
    std::set<std::string> sites;
    for (const io::ScanSource& scan : what_.list.scans) sites.insert(scan.site);
    for (const std::string& site : sites) {
      const StepResult* fitted = result_.find("fit-site", site);
      if (fitted == nullptr || fitted->key.empty() || fitted->failure) continue;
      put(*fitted, "site.isosite", "sites/" + pipeline::file_name_of(site) + ".isosite");
    }
  }

  /// The line of .bidsignore where derived DICOM lies in OUT; else nothing.
  [[nodiscard]] std::string dicom_folder_inside() const {
    if (!what_.dicom_out) return {};
    const fs::path out = fs::weakly_canonical(fs::absolute(what_.out));
    const fs::path folder = fs::weakly_canonical(fs::absolute(what_.dicom_out->folder));
    const std::string below = folder.lexically_relative(out).generic_string();
    return below.empty() || below.starts_with("..") ? std::string() : below + "/\n";
  }

  [[nodiscard]] Json sidecar(const io::ScanSource& scan, const OutputFile& volume) const {
    const Json applied = json_of("apply", scan.id(), "apply.json");
    const Json prepared = json_of("prepare", scan.id(), "prepare.json");
    Json sidecar = config::Json::parse(io::acquisition_json(scan.acquisition), "acquisition");
    sidecar["Description"] =
        applied.at("passed_through").as_bool()
            ? "T1w of a site that needed no harmonizing: the voxels of its source. Research use only."
            : "T1w harmonized to a reference site by Isoscan: receive field divided out, intensities mapped, "
              "grid "
              "unchanged. Research use only.";
    sidecar["SkullStripped"] = prepared.at("skull_stripped");
    const std::string source = io::source_address(scan);
    sidecar["Sources"] = Json(Json::Array{Json(source)});
    // The grid is the source's: its own space, or whatever space the source was brought into.
    const bool own_space = scan.entities.count("space") == 0;
    sidecar["SpatialReference"] = own_space ? std::string("orig") : source;
    if (scan.entities.count("res") > 0) sidecar["Resolution"] = "As of the source";
    sidecar["IsoscanVersion"] = pipeline::program_version();
    sidecar["HarmonizationMethod"] = applied.at("method");
    sidecar["IntensityScale"] = what_.settings.at("intensity_scale");
    sidecar["WhiteMatterIntensity"] = applied.at("white_matter");
    sidecar["ChangeBound"] = what_.settings.at("bound");
    sidecar["LargestChange"] = applied.at("max_change");
    sidecar["ShareOfVoxelsAtBound"] = applied.at("share_at_bound");
    sidecar["BrainMask"] = prepared.at("brain_mask");
    sidecar["BrainVolumeMl"] = prepared.at("brain_ml");
    sidecar["SourceStoredAs"] = prepared.at("stored_as");
    sidecar["Notes"] = prepared.at("notes");
    sidecar["ReferenceSha256"] = applied.at("reference_digest");
    sidecar["OutputSha256"] = volume.sha256;
    if (const std::string digest = digest_of(scan.id(), "source/scan"); !digest.empty())
      sidecar["SourceSha256"] = digest;
    return sidecar;
  }

  [[nodiscard]] report::RunReport run_report() const {
    Tally counts = tally_;
    counts.warning.clear();  // a line of its own
    report::RunReport run = run_of(what_.out / "reports", scans_);
    run.title = "Isoscan: harmonization run";
    run.method = what_.settings.at("method").as_string();
    run.command = what_.command;
    run.version = pipeline::program_version();
    run.facts = {{"Scans", std::to_string(what_.list.scans.size())}, {"Result", counts.text()}};
    if (what_.dicom_out) run.facts.emplace_back("Derived DICOM", counts.dicom_text());
    for (const std::string& warning : what_.list.warnings) run.facts.emplace_back("Warning", warning);
    if (!tally_.warning.empty()) run.facts.emplace_back("Warning", tally_.warning);
    for (const io::SetAside& input : set_aside_)
      run.set_aside.push_back({input.name, input.reason, input.broken});
    return run;
  }

  /// What collect_parts needs of this scan when the jobs of all scans are done.
  void write_part(const io::ScanSource& scan, const pipeline::Chain& chain) {
    if (outputs_of_[scan.id()].empty()) return;  // stopped
    const std::string name = pipeline::file_name_of(scan.id());
    Part part;
    part.scan = scan.id();
    part.site = scan.site;
    part.command = what_.command;
    part.settings = what_.settings;
    part.warnings = what_.list.warnings;
    part.chains = what_.chains;
    part.chains.push_back(of_scan(pipeline::manifest_chain(chain, result_), scan.id(), scan.site));
    part.lost = what_.lost;
    part.outputs = outputs_of_[scan.id()];
    part.outputs.insert(part.outputs.end(), what_.more.begin(), what_.more.end());
    for (const OutputFile& output : outputs_) {
      if (output.stage == "fit-site" && output.unit == scan.site) part.outputs.push_back(output);
    }
    core::write_if_changed(what_.out / "parts" / (name + ".json"), to_json(part).dump_pretty());
  }

  void write_manifest(const pipeline::Chain& chain) {
    std::vector<Json> chains = what_.chains;
    chains.push_back(pipeline::manifest_chain(chain, result_));
    const Json manifest = pipeline::manifest(what_.settings, chains, outputs_);
    core::write_if_changed(what_.out / "manifest.json", manifest.dump_pretty());
  }

  const Collection& what_;
  const pipeline::RunResult& result_;
  const pipeline::Store& store_;
  std::vector<OutputFile> outputs_;
  std::map<std::string, DerivedDicom> derived_;                ///< by scan
  std::map<std::string, std::vector<OutputFile>> outputs_of_;  ///< by scan
  std::vector<report::ScanReport> scans_;
  std::vector<io::SetAside> set_aside_;  ///< as others may see them
  std::set<std::string> names_;
  Tally tally_;
};

}  // namespace

void write_input_status(const fs::path& out, const io::SetAside& input) {
  Json::Object more;
  if (input.broken) more["error"] = Json(Json::Object{{"kind", "input"}, {"stage", "find"}});
  (void)write_status_file(out, input.name, input.broken ? "failed" : "skipped", input.reason,
                          std::move(more));
}

std::string Tally::text() const {
  const auto count = [](int n, const char* what) { return std::to_string(n) + " " + what; };
  std::string text = count(harmonized, harmonized == 1 ? "scan harmonized" : "scans harmonized");
  if (passed > 0) text += ", " + count(passed, "passed through unchanged");
  if (refused > 0) text += ", " + count(refused, "refused");
  if (failed > 0) text += ", " + count(failed, "failed");
  if (broken > 0) text += ", " + count(broken, broken == 1 ? "input broken" : "inputs broken");
  if (set_aside > 0) text += "; " + count(set_aside, set_aside == 1 ? "input skipped" : "inputs skipped");
  if (!warning.empty()) text += "; warning: " + warning;
  return text;
}

std::string Tally::dicom_text() const {
  std::string text = std::to_string(derived) + " derived DICOM series";
  if (not_dicom > 0)
    text += "; " + std::to_string(not_dicom) + (not_dicom == 1 ? " scan has" : " scans have") +
            " none, as the source is no DICOM";
  return text;
}

std::vector<std::string> harmonized_volumes(const fs::path& out) {
  std::vector<std::string> volumes;
  boost::system::error_code error;
  for (fs::directory_iterator person(out, error), end; !error && person != end; person.increment(error)) {
    if (!person->path().filename().string().starts_with("sub-")) continue;
    boost::system::error_code inner;
    for (fs::recursive_directory_iterator at(person->path(), inner), last; !inner && at != last;
         at.increment(inner)) {
      const std::string name = at->path().filename().string();
      if (name.find("_desc-harmonized_") != std::string::npos && name.ends_with(".nii.gz") &&
          !name.ends_with("_uncertainty.nii.gz"))
        volumes.push_back(at->path().lexically_relative(out).generic_string());
    }
  }
  std::sort(volumes.begin(), volumes.end());
  return volumes;
}

std::string left_over(const fs::path& out, const std::vector<io::ScanSource>& scans) {
  constexpr std::size_t kNamed = 5;
  std::set<std::string> ours;
  for (const io::ScanSource& scan : scans) ours.insert(io::harmonized_path(scan));
  std::size_t count = 0;
  std::string names;
  for (const std::string& volume : harmonized_volumes(out)) {
    if (ours.count(volume) > 0 || ++count > kNamed) continue;
    const std::string name = fs::path(volume).filename().string();
    names += (names.empty() ? "" : ", ") + name.substr(0, name.find("_desc-"));
  }
  if (count == 0) return {};
  if (count > kNamed) names += " and " + std::to_string(count - kNamed) + " more";
  return std::to_string(count) + (count == 1 ? " scan" : " scans") + " of an earlier run " +
         (count == 1 ? "is" : "are") + " still in OUT and not part of this report: " + names +
         "; remove what is not wanted or use another --out";
}

Tally collect(const Collection& what, const pipeline::Chain& chain, const pipeline::RunResult& result,
              const pipeline::Store& store) {
  return Collector(what, result, store).run(chain);
}

}  // namespace isoscan::stages
