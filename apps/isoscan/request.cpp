#include "request.hpp"

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;
using config::Json;

namespace {

constexpr const char* kFile = "last-run.json";

std::string text_of(const fs::path& path) {
  return path.empty() ? "" : fs::absolute(path).lexically_normal().string();
}

}  // namespace

void save(const Request& request, const fs::path& work) {
  config::write_json(work / kFile, Json(Json::Object{{"command", request.command},
                                                     {"scans", text_of(request.scans)},
                                                     {"reference", text_of(request.reference)},
                                                     {"site", text_of(request.site)},
                                                     {"out", text_of(request.out)},
                                                     {"settings", request.settings}}));
}

Request load_request(const fs::path& work) {
  if (!fs::exists(work / kFile)) {
    throw core::Error(core::ErrorKind::Input,
                      work.string() + ": holds no run of isoscan; name the output folder of one");
  }
  const Json json = config::read_json(work / kFile, core::ErrorKind::Input);
  Request request;
  request.command = json.at("command").as_string();
  request.scans = json.at("scans").as_string();
  request.reference = json.at("reference").as_string();
  request.site = json.at("site").as_string();
  request.out = json.at("out").as_string();
  request.settings = json.at("settings");
  return request;
}

bool is_package(const fs::path& reference) {
  if (!fs::exists(reference)) {
    throw core::Error(core::ErrorKind::Io,
                      reference.string() + ": is not there; name a .isoref file or a folder of scans");
  }
  return fs::is_regular_file(reference) && reference.extension() == ".isoref";
}

fs::path work_folder(const std::string& asked, const fs::path& out, bool out_is_folder) {
  if (!asked.empty()) return asked;
  return (out_is_folder ? out : fs::absolute(out).parent_path()) / ".isoscan";
}

std::string leaf_name(const fs::path& path) {
  const fs::path plain = fs::absolute(path).lexically_normal();
  return (plain.filename() == "." || plain.filename().empty() ? plain.parent_path() : plain)
      .filename()
      .string();
}

io::ScanList list_scans(const fs::path& scans, const core::Context& context) {
  io::ScanList list = io::find_scans(scans, context);
  const std::string folder = leaf_name(scans);
  for (io::ScanSource& scan : list.scans) {
    if (scan.site == "unknown" && !folder.empty()) scan.site = folder;
  }
  return list;
}

std::string public_command(const Request& request) {
  std::string text = "isoscan " + request.command + " " + leaf_name(request.scans);
  if (!request.reference.empty()) text += " --reference " + leaf_name(request.reference);
  if (!request.site.empty()) text += " --site " + leaf_name(request.site);
  return text + " --method " + request.settings.at("method").as_string() + " --bound " +
         request.settings.at("bound").dump() + " --seed " + request.settings.at("seed").dump();
}

}  // namespace isoscan::app
