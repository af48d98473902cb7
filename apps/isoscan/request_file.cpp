// Requests in the work folder.
#include <boost/filesystem.hpp>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"

#include "places.hpp"
#include "request.hpp"
#include "scan_flags.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;
using config::Json;

namespace {

constexpr const char* kFile = "last-run.json";

std::string text_of(const fs::path& path) {
  return path.empty() ? "" : fs::absolute(path).lexically_normal().string();
}

/// One a place of outputs: several may share a work folder.
fs::path file_of(const fs::path& work, const fs::path& out) {
  return work / "outputs" / (place_name(work, out) + ".json");
}

Request request_in(const fs::path& file) {
  const Json json = config::read_json(file, core::ErrorKind::Input);
  Request request;
  request.command = json.at("command").as_string();
  request.scans = json.at("scans").as_string();
  request.reference = json.at("reference").as_string();
  request.site = json.at("site").as_string();
  request.out = fs::absolute(json.at("out").as_string(), place_of(file.parent_path())).lexically_normal();
  if (const Json* dicom = json.find("dicom_out"); dicom != nullptr && !dicom->as_string().empty())
    request.dicom_out = fs::absolute(dicom->as_string(), request.out).lexically_normal();
  if (const Json* key = json.find("sign_key")) request.sign_key = key->as_string();
  if (const Json* key = json.find("signed_by")) request.signed_by = key->as_string();
  if (const Json* config = json.find("config")) request.config = config->as_string();
  if (const Json* all = json.find("self_contained")) request.self_contained = all->as_bool();
  if (const Json* kernels = json.find("kernels")) request.kernels = kernels->as_string();
  if (const Json* only = json.find("only")) request.only = scan_filter_of(*only);
  // A run of an earlier version may lack an option that is new.
  request.settings = config::with_defaults(json.at("settings"), config::Schema::Run);
  return request;
}

/// Relative where it lies in the folder.
std::string inner_or_whole(const fs::path& path, const fs::path& folder) {
  const fs::path inner = fs::path(text_of(path)).lexically_relative(text_of(folder));
  const bool lies_in = !path.empty() && !inner.empty() && *inner.begin() != fs::path("..");
  return lies_in ? inner.string() : text_of(path);
}

/// As a file of the folder, which may be moved together with the output that it lies in.
std::string text_of(const Request& request, const fs::path& folder) {
  const std::string seen = place_seen_from(folder, request.out);
  const Json json(Json::Object{{"command", request.command},
                               {"scans", text_of(request.scans)},
                               {"reference", text_of(request.reference)},
                               {"site", text_of(request.site)},
                               {"out", fs::path(seen).is_relative() ? seen : text_of(request.out)},
                               {"dicom_out", inner_or_whole(request.dicom_out, request.out)},
                               {"sign_key", text_of(request.sign_key)},
                               {"signed_by", text_of(request.signed_by)},
                               {"config", text_of(request.config)},
                               {"self_contained", request.self_contained},
                               {"only", to_json(request.only)},
                               {"kernels", request.kernels},
                               {"settings", request.settings}});
  return json.dump_pretty();
}

}  // namespace

void save(const Request& request, const fs::path& folder) {
  core::write_if_changed(folder / kFile, text_of(request, folder));
}

void save_run(const Request& request, const fs::path& work) {
  save(request, work);
  const fs::path own = file_of(work, request.out);
  core::write_if_changed(own, text_of(request, own.parent_path()), core::Readers::Owner);
}

Request load_request(const fs::path& work, const fs::path& out) {
  // Earlier versions named it by where the output lay.
  for (const fs::path& own : {file_of(work, out), work / "outputs" / (place_name({}, out) + ".json")}) {
    if (fs::is_regular_file(own)) return request_in(own);
  }
  return load_request(work);
}

Request load_request(const fs::path& work) {
  if (!fs::exists(work / kFile)) {
    throw core::Error(core::ErrorKind::Input,
                      work.string() +
                          ": holds no run of isoscan; name the output folder of one, or the folder that "
                          "its --work named");
  }
  return request_in(work / kFile);
}

}  // namespace isoscan::app
