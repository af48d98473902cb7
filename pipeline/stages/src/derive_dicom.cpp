#include "isoscan/stages/derive_dicom.hpp"

#include <atomic>
#include <vector>

#include <boost/filesystem.hpp>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/partials.hpp"
#include "isoscan/engine/manifest.hpp"
#include "isoscan/io/libraries.hpp"
#include "isoscan/io/nifti.hpp"

namespace isoscan::stages {

namespace fs = boost::filesystem;
using config::Json;

namespace {

constexpr int kVersion = 2;  // raise it when the same inputs may give other bytes

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  if (what.empty()) return text;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

/// Names of DICOM files and folders may name a patient.
std::string public_message(std::string message, const io::ScanSource& scan, const fs::path& folder) {
  for (const fs::path& file : scan.files) message = replaced(message, file.string(), "the scan");
  for (const fs::path& file : scan.files)
    message = replaced(message, file.parent_path().string(), "the scan");
  return replaced(message, folder.string(), "DICOM_OUT");
}

class Deriver {
 public:
  Deriver(const DicomOut& to, const fs::path& out, const Json& settings, const pipeline::RunResult& result,
          const pipeline::Store& store)
      : to_(to), out_(out), settings_(settings), result_(result), store_(store) {}

  [[nodiscard]] DerivedDicom derive(const io::ScanSource& scan) const {
    DerivedDicom derived;
    try {
      derived.record = series_of(scan);
    } catch (const core::Error& error) {
      if (error.kind() == core::ErrorKind::Cancelled) throw;
      derived.failure = {error.kind(), error.what(), public_message(error.what(), scan, to_.folder)};
    }
    return derived;
  }

 private:
  [[nodiscard]] Json series_of(const io::ScanSource& scan) const {
    const pipeline::StepResult& applied = *result_.find("apply", scan.id());
    const Json about = config::read_json(store_.output("apply", applied.key, "apply.json"));
    io::DerivationFacts facts;
    facts.version = pipeline::program_version();
    facts.method = about.at("method").as_string();
    facts.model_sha256 = about.at("reference_digest").as_string();
    facts.description = scan.suffix +
                        " harmonized to a reference site: receive field divided out, intensities mapped "
                        "(bound " +
                        settings_.at("bound").dump() + ", units of the " +
                        settings_.at("intensity_scale").as_string() + "), geometry unchanged.";
    const std::string identity = to_.identity == io::DicomIdentity::Keep ? "keep" : "remove";
    const std::string made_from = key_of(scan, applied, facts, identity);
    const std::string folder = derived_folder(scan);
    if (Json before = earlier(scan.id(), folder, made_from); !before.is_null()) return before;
    const core::Volume volume =
        io::read_nifti(store_.output("apply", applied.key, "harmonized.nii.gz")).volume;
    const io::DerivedSeries series =
        io::write_derived_dicom(scan, volume, facts, {to_.identity, to_.key}, to_.folder / folder);
    core::Sha256 lines;
    for (const io::DerivedFile& file : series.files) lines.update(file.name + " " + file.sha256 + "\n");
    return Json(Json::Object{{"folder", folder},
                             {"images", series.files.size()},
                             {"identity", identity},
                             {"series_uid", series.series_uid},
                             {"slope", series.slope},
                             {"largest_error", series.largest_error},
                             {"made_from", made_from},
                             {"sha256", lines.hex()}});
  }

  /// Of all that the bytes depend on. The key is in it by what it makes of a text, so that none can be tried.
  [[nodiscard]] std::string key_of(const io::ScanSource& scan, const pipeline::StepResult& applied,
                                   const io::DerivationFacts& facts, const std::string& identity) const {
    core::Sha256 digest;
    const std::string& source = result_.sources.at(scan.id()).at("source/scan");
    for (const std::string& text :
         {std::to_string(kVersion), io::libraries(), source, applied.outputs.at("harmonized.nii.gz").sha256,
          facts.version, facts.method, facts.model_sha256, facts.description, identity, scan.subject,
          scan.suffix, core::hmac_sha256(to_.key, "isoscan derived key\n" + source)})
      digest.update(text).update("\n");
    return digest.hex();
  }

  /// The record of the run before where its series is still what would be made now; else null.
  [[nodiscard]] Json earlier(const std::string& id, const std::string& folder,
                             const std::string& made_from) const {
    const fs::path file = out_ / "status" / (pipeline::file_name_of(id) + ".json");
    if (!fs::is_regular_file(file) || !io::is_derived_folder(to_.folder / folder)) return {};
    try {
      const Json status = config::read_json(file);
      const Json* record = status.find("derived_dicom");
      if (record == nullptr || record->at("made_from").as_string() != made_from) return {};
      const bool same = io::digest_of_series(to_.folder / folder) == record->at("sha256").as_string();
      return same ? *record : Json();
    } catch (const core::Error&) {
      return {};  // of another version, or damaged: it is made again
    }
  }

  const DicomOut& to_;
  const fs::path& out_;
  const Json& settings_;
  const pipeline::RunResult& result_;
  const pipeline::Store& store_;
};

}  // namespace

std::string derived_folder(const io::ScanSource& scan) {
  std::string path = "sub-" + scan.subject + "/";
  if (!scan.session.empty()) path += "ses-" + scan.session + "/";
  return path + scan.id() + "_desc-harmonized";
}

std::map<std::string, DerivedDicom> derive_dicom(const DicomOut& to, const io::ScanList& list,
                                                 const fs::path& out, const Json& settings,
                                                 const pipeline::RunResult& result,
                                                 const pipeline::Store& store) {
  std::vector<const io::ScanSource*> scans;
  for (const io::ScanSource& scan : list.scans) {
    const pipeline::StepResult* applied = result.find("apply", scan.id());
    const pipeline::StepResult* paged = result.find("page", scan.id());
    const bool done = applied != nullptr && paged != nullptr && !applied->key.empty() && !paged->key.empty();
    if (done && scan.kind == io::SourceKind::DicomSeries) scans.push_back(&scan);
  }
  if (fs::is_directory(to.folder)) core::remove_dead_partials(to.folder);
  std::vector<DerivedDicom> derived(scans.size());
  const Deriver deriver(to, out, settings, result, store);
  std::atomic<std::size_t> finished = 0;
  const auto count = static_cast<std::int64_t>(scans.size());
  core::parallel_for(count, to.context.threads, [&](std::int64_t begin, std::int64_t end) {
    for (auto n = static_cast<std::size_t>(begin); n < static_cast<std::size_t>(end); ++n) {
      to.context.check_stop();
      derived[n] = deriver.derive(*scans[n]);
      to.context.slice(0.0, 1.0, "derived DICOM")
          .progress.report(static_cast<double>(++finished) / static_cast<double>(count));
    }
  });
  std::map<std::string, DerivedDicom> by_id;
  for (std::size_t n = 0; n < scans.size(); ++n) by_id[scans[n]->id()] = std::move(derived[n]);
  return by_id;
}

}  // namespace isoscan::stages
