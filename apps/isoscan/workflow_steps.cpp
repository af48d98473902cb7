#include "workflow_steps.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include <boost/filesystem.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"
#include "isoscan/core/signature.hpp"
#include "isoscan/domain/reference.hpp"
#include "isoscan/domain/site.hpp"
#include "isoscan/harmonize/reference_scans.hpp"
#include "isoscan/harmonize/restoration.hpp"
#include "isoscan/harmonize/uncertainty.hpp"
#include "isoscan/io/derived_dicom.hpp"
#include "isoscan/stages/scan_unit.hpp"

#include "adapt_sites.hpp"
#include "file_signature.hpp"
#include "package_of_site.hpp"
#include "places.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;

namespace {

void require_model(const fs::path& file, const char* option, const char* made_by) {
  if (!fs::is_regular_file(file)) {
    throw core::Error(core::ErrorKind::Io, file.string() + ": is no file; " + option +
                                               " needs one made by `isoscan " + made_by + "`");
  }
}

/// Whether a run of this program began to write the data set: the manifest comes last, and a run may have
/// been killed before it.
bool is_ours(const fs::path& out) {
  if (fs::exists(out / "manifest.json") || fs::exists(out / "parts")) return true;
  try {
    const config::Json about = config::read_json(out / "dataset_description.json");
    if (about.at("DatasetType") != config::Json("derivative")) return false;
    const auto& makers = about.at("GeneratedBy").items();
    return std::any_of(makers.begin(), makers.end(),
                       [](const config::Json& maker) { return maker.at("Name") == config::Json("Isoscan"); });
  } catch (const core::Error&) {
    return false;
  }
}

/// Outputs go neither among scans nor over a data set that this program did not make.
void require_output(const fs::path& scans, const fs::path& out, Output kind = Output::DataSet) {
  require_apart(scans, out, kind);
  if (fs::exists(out / "dataset_description.json") && !is_ours(out)) {
    throw core::Error(
        core::ErrorKind::Config,
        out.string() + ": is a data set that isoscan did not make; choose another output folder");
  }
}

/// The same for the folder of derived DICOM, which is also no other output folder, and holds people under one
/// kind of name.
void require_dicom_output(const Request& request) {
  if (request.dicom_out.empty()) return;
  const fs::path& to = request.dicom_out;
  const auto fail = [&](const std::string& what) {
    throw core::Error(core::ErrorKind::Config, "--dicom-out " + to.string() + ": " + what);
  };
  require_output(request.scans, to, Output::Dicom);
  if (!request.reference.empty() && !is_package(request.reference))
    require_output(request.reference, to, Output::Dicom);
  if (fs::exists(to) && !fs::is_directory(to)) fail("is no folder");
  if (fs::weakly_canonical(fs::absolute(to)) == fs::weakly_canonical(fs::absolute(request.out)))
    fail("is the folder of --out; choose another, as DICOM is sent with all that lies there");
  const bool keep = request.settings.at("dicom_identity").as_string() == "keep";
  const std::string clash = io::clash_with(
      to, {keep ? io::DicomIdentity::Keep : io::DicomIdentity::Remove, pseudonym_key(request.settings)});
  if (!clash.empty()) {
    fail("holds " + clash +
         "; choose another folder, so that who a pseudonym is cannot be read off what is sent with it");
  }
}

/// Of a study whose labels were made with a key, UIDs that are made without one would tell who is who.
void require_key(const Request& request) {
  const bool removes = request.settings.at("dicom_identity").as_string() == "remove";
  const fs::path study = request.scans / "study.json";
  if (request.dicom_out.empty() || !removes || !pseudonym_key(request.settings).empty() ||
      !fs::is_regular_file(study))
    return;
  const config::Json facts = config::read_json(study, core::ErrorKind::Input);
  const config::Json* pseudonyms = facts.is_object() ? facts.find("pseudonyms") : nullptr;
  if (pseudonyms != nullptr && *pseudonyms == config::Json("keyed")) {
    throw core::Error(core::ErrorKind::Config,
                      "--dicom-out of a study whose labels were made with a key needs that key too: give "
                      "--pseudonym-key FILE, so that its UIDs cannot be guessed either");
  }
}

/// For a rung that cannot do without it. Said before scans are prepared, not after.
void require_shared_restorer(const Request& request) {
  const std::string& rung = request.settings.at("restore").at("rung").as_string();
  if (rung == domain::name(domain::Rung::PerSite) || rung == domain::name(domain::Rung::Averaged)) return;
  const bool package = is_package(request.reference);
  if (package ? !domain::load_reference(request.reference).shared.empty()
              : request.settings.at("shared_restorer").at("sites").as_integer() > 0)
    return;
  throw core::Error(core::ErrorKind::Config,
                    core::printable(request.reference.string()) + ": --rung " + rung +
                        " needs a package with a shared restorer: make it with `isoscan "
                        "reference --restorer`, or choose --rung per-site or --method enot");
}

/// The method "restore" learns from the reference's own scans, which a package does not hold, unless the
/// package's shared restorer is asked.
bool learns_from_scans(const config::Json& settings) {
  return settings.at("method").as_string() == domain::name(domain::Method::Restore) &&
         settings.at("restore").at("rung").as_string() != domain::name(domain::Rung::ZeroShot);
}

void require_reference_scans(const Request& request) {
  if (request.settings.at("method").as_string() == domain::name(domain::Method::Restore))
    require_shared_restorer(request);
  if (!learns_from_scans(request.settings)) return;
  const fs::path scans = scans_beside(request.reference);
  if (!fs::is_regular_file(scans)) {
    throw core::Error(
        core::ErrorKind::Io,
        scans.string() +
            ": is no file; --method restore learns from the reference's own scans, which `isoscan "
            "reference` writes beside its package: put them there, or choose --method enot");
  }
  (void)harmonize::load_reference_scans(scans);
}

/// Said before an hour of work, not after.
void require_uncertainty(const Request& request) {
  const config::Json* wanted = request.settings.find("uncertainty");
  if (wanted == nullptr || !wanted->as_bool()) return;
  const bool fitted = !request.site.empty();
  const domain::SiteModel model = fitted ? domain::load_site(request.site) : domain::SiteModel{};
  const std::string method =
      fitted ? std::string(domain::name(model.method)) : request.settings.at("method").as_string();
  if (!fitted && method == domain::name(domain::Method::Restore) && !learns_from_scans(request.settings))
    throw core::Error(core::ErrorKind::Config,
                      "--uncertainty: the rung zero-shot does not say how far its voxels may be off; --rung "
                      "per-site does");
  if (method != domain::name(domain::Method::Restore))
    throw core::Error(core::ErrorKind::Config,
                      "--uncertainty: the method \"" + method +
                          "\" does not say how far its voxels may be off; --method restore does");
  if (fitted && domain::rung_of(model) == domain::Rung::ZeroShot && !harmonize::has_uncertainty(model))
    throw core::Error(
        core::ErrorKind::Input,
        request.site.string() +
            ": --uncertainty: a site of the rung zero-shot does not say how far its voxels may be "
            "off; adapt it with --rung per-site");
  if (fitted && !harmonize::has_uncertainty(model))
    throw core::Error(
        core::ErrorKind::Input,
        request.site.string() +
            ": does not say how far its voxels may be off (made by an earlier version, or of too "
            "few made scans): adapt the site again, or leave out --uncertainty");
}

/// A package is never written over anything but a package of its kind.
void require_name(const fs::path& out, const char* extension,
                  const std::function<void(const fs::path&)>& load) {
  if (out.extension() != extension || fs::is_directory(out)) {
    throw core::Error(core::ErrorKind::Config,
                      "--out " + out.string() + ": the file to write must be called something" + extension);
  }
  if (!fs::exists(out)) return;
  try {
    load(out);
  } catch (const core::Error& error) {
    throw core::Error(core::ErrorKind::Config, "--out " + out.string() +
                                                   ": is there and is no such package (" + error.what() +
                                                   "); take it away, or choose another name");
  }
}

bool compares_rows(const Request& request) {
  const std::string& method = request.settings.at("method").as_string();
  return method == domain::name(domain::Method::Gaussian) || method == domain::name(domain::Method::Enot);
}

/// Of methods that compare feature rows.
void require_sample(const Request& request) {
  if (!compares_rows(request)) return;
  for (const domain::ReferenceLevel& level : domain::load_reference(request.reference).levels) {
    if (level.pooled.row_count() > 0) continue;
    throw core::Error(core::ErrorKind::Input,
                      core::printable(request.reference.string()) + ": --method " +
                          request.settings.at("method").as_string() +
                          " needs the sample of feature rows, and the package holds none: make it without "
                          "--without-sample, or choose --method restore or two-pass");
  }
}

/// The same where the reference is learnt in this run.
void require_learnt_sample(const Request& request) {
  const config::Json* sample = request.settings.find("feature_sample");
  if (sample == nullptr || sample->as_bool() || !compares_rows(request)) return;
  throw core::Error(core::ErrorKind::Config,
                    "--method " + request.settings.at("method").as_string() +
                        " needs the sample of feature rows: leave feature_sample at true, or choose --method "
                        "restore or two-pass");
}

}  // namespace

void require_signatures(const Request& request) {
  if (request.signed_by.empty()) return;
  if (!request.site.empty()) {
    require_model(request.site, "--site", "adapt");
    require_signature(request.site, request.signed_by);
    if (const fs::path package = package_of_site(request); !package.empty())
      require_signature(package, request.signed_by);
  } else if (is_package(request.reference)) {
    require_signature(request.reference, request.signed_by);
    // The reference's own scans decide a site's restorer as much as the package does.
    if (request.settings.is_object() && learns_from_scans(request.settings))
      require_signature(scans_beside(request.reference), request.signed_by);
  } else {
    throw core::Error(core::ErrorKind::Config,
                      "--signed-by is for a reference package (.isoref); scans are not signed");
  }
}

void check_request(const Request& request) {
  if (!request.sign_key.empty())
    (void)core::sign_ed25519(request.sign_key, "");  // said before an hour of work
  require_signatures(request);
  if (request.command == "reference") {
    require_name(request.out, ".isoref", [](const fs::path& file) { (void)domain::load_reference(file); });
    require_name(scans_beside(request.out), ".isoscans",
                 [](const fs::path& file) { (void)harmonize::load_reference_scans(file); });
    require_apart(request.scans, request.out);
  } else if (request.command == "adapt") {
    if (is_site_folder(request.out))
      require_site_folder(request.out);
    else
      require_name(request.out, ".isosite", [](const fs::path& file) { (void)domain::load_site(file); });
    require_apart(request.scans, request.out);
    require_model(request.reference, "--reference", "reference");
    (void)domain::load_reference(request.reference);
    require_sample(request);
    require_reference_scans(request);
  } else if (!request.site.empty()) {
    require_model(request.site, "--site", "adapt");
    require_output(request.scans, request.out);
    // A wrong file is said before an hour of work, not after.
    (void)whole_site(request);
    require_uncertainty(request);
    require_dicom_output(request);
    require_key(request);
  } else {
    require_uncertainty(request);
    require_output(request.scans, request.out);
    if (is_package(request.reference)) {
      (void)domain::load_reference(request.reference);
      require_sample(request);
      require_reference_scans(request);
    } else {
      require_learnt_sample(request);
      if (request.settings.at("method").as_string() == domain::name(domain::Method::Restore))
        require_shared_restorer(request);
      require_output(request.reference, request.out);
    }
    require_dicom_output(request);
    require_key(request);
  }
}

void check_scans(const Request& request, const fs::path& scans, const io::ScanList& list,
                 const fs::path& work) {
  require_apart(list, scans, request.out);
  require_apart(list, scans, work, Output::Work);
  if (!request.dicom_out.empty()) require_apart(list, scans, request.dicom_out, Output::Dicom);
}

std::string one_site_of(const io::ScanList& list) {
  const std::vector<std::string> sites = sites_of(list);
  if (sites.size() > 1) {
    std::string names;
    for (const std::string& site : sites) names += (names.empty() ? "" : ", ") + site;
    throw core::Error(core::ErrorKind::Input,
                      "the scans come from " + std::to_string(sites.size()) + " sites (" + names +
                          "): give --out a folder, for a model of each, or let `isoscan harmonize` fit one "
                          "map a site");
  }
  return sites.front();
}

void share_reference(pipeline::Cohort& cohort, const config::Json& settings, const fs::path& package) {
  cohort.shared["reference"] = {{package}, ""};
  if (learns_from_scans(settings)) cohort.shared["reference_scans"] = {{scans_beside(package)}, ""};
}

pipeline::Cohort cohort_with_site(const io::ScanList& list, const Request& request) {
  pipeline::Cohort cohort = stages::cohort_of(list);
  cohort.shared["site"] = {{request.site}, ""};
  if (const fs::path package = package_of_site(request); !package.empty())
    cohort.shared["reference"] = {{package}, ""};
  return cohort;
}

pipeline::Cohort cohort_with_reference(const io::ScanList& list, const config::Json& settings,
                                       const fs::path& package) {
  pipeline::Cohort cohort = stages::cohort_of(list);
  share_reference(cohort, settings, package);
  return cohort;
}

pipeline::Cohort learning_cohort(const io::ScanList& all, const io::ScanList& wanted,
                                 const config::Json& settings, const fs::path& package) {
  std::set<std::string> ids;
  std::set<std::string> sites;
  for (const io::ScanSource& scan : wanted.scans) {
    ids.insert(scan.id());
    sites.insert(scan.site);
  }
  pipeline::Cohort cohort;
  for (const io::ScanSource& scan : all.scans) {
    if (sites.count(scan.site) == 0) continue;
    cohort.units.push_back(stages::unit_of(scan));
    if (ids.count(scan.id()) == 0) cohort.units.back().last_stage = "summarize-site";
  }
  share_reference(cohort, settings, package);
  return cohort;
}

}  // namespace isoscan::app
