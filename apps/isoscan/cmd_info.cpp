#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>

#include <boost/filesystem.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/config/schema.hpp"
#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"
#include "isoscan/domain/contents.hpp"
#include "isoscan/domain/reference.hpp"
#include "isoscan/domain/site.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/stages/collect.hpp"

#include "commands.hpp"
#include "file_signature.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;
using config::Json;

namespace {

Json number_map(const std::map<std::string, double>& values) {
  Json::Object object;
  for (const auto& [key, value] : values) object[key] = value;
  return Json(std::move(object));
}

/// Bytes of the numbers by what they are, and of all names and texts.
Json bytes_of(const fs::path& file) {
  const core::TensorFile content = core::read_tensor_file(file);
  const auto size = static_cast<std::int64_t>(fs::file_size(file));
  Json::Object bytes{{"in_all", size}};
  std::int64_t rest = size;
  for (const domain::ContentPart& part : domain::parts_of(content)) {
    bytes[part.name] = static_cast<std::int64_t>(part.bytes);
    rest -= static_cast<std::int64_t>(part.bytes);
  }
  bytes["names_and_texts"] = rest;
  return Json(std::move(bytes));
}

/// Numbers that are this site's alone of what restores it.
std::int64_t own_numbers(const domain::SiteModel& model) {
  const std::size_t told = model.site_code.empty() ? model.site_vector.size() : model.site_code.size();
  return static_cast<std::int64_t>(told + model.restorer.parameters.size() + model.shared_parameters.size());
}

/// Of the network that all sites share.
std::int64_t shared_numbers(const domain::SharedRestorer& shared) {
  return static_cast<std::int64_t>(shared.parameters.size() + shared.hyper_parameters.size() +
                                   shared.directions.size());
}

Json of_reference(const fs::path& file) {
  const auto package = domain::load_reference(file);
  Json::Array levels;
  bool sample = false;
  for (const domain::ReferenceLevel& level : package.levels) {
    sample = sample || level.pooled.row_count() > 0;
    levels.emplace_back(Json::Object{{"spacing_mm", level.pooled.spacing_mm},
                                     {"feature_rows", static_cast<std::int64_t>(level.pooled.row_count())},
                                     {"features", static_cast<std::int64_t>(level.pooled.dims())},
                                     {"measures", number_map(domain::measures(level.pooled))}});
  }
  return Json(Json::Object{
      {"kind", "reference package"},
      {"software", package.software},
      {"scans", package.scans},
      {"spacing_mm", package.spacing_mm},
      {"seed", package.seed},
      {"digest", domain::digest(package)},
      {"source_digest", package.source_digest},
      {"levels", Json(std::move(levels))},
      {"warnings", Json::array(package.warnings)},
      {"atlas_people", package.atlas.people},
      {"shared_restorer_sites", package.shared.sites},
      {"shared_restorer_numbers", shared_numbers(package.shared)},
      {"bytes", bytes_of(file)},
      {"holds", std::string("statistics, ") + (sample ? "sampled feature rows" : "no feature rows") +
                    " and an atlas of 40^3 cells averaged over the people; no image of anybody, no "
                    "name"}});
}

Json of_site(const fs::path& file) {
  const auto model = domain::load_site(file);
  return Json(Json::Object{
      {"kind", "site model"},
      {"software", model.software},
      {"method", domain::name(model.method)},
      {"rung", model.method != domain::Method::Restore ? Json() : Json(domain::name(domain::rung_of(model)))},
      {"held_out_db", number_map(model.rung_evidence)},
      {"scans", model.scans},
      {"people", model.people > 0 ? Json(model.people) : Json()},
      {"spacing_mm", model.spacing_mm},
      {"seed", model.seed},
      {"digest", core::sha256_file(file)},
      {"reference_digest", model.reference_digest},
      {"self_contained", !domain::lacks_package(model)},
      {"own_numbers", own_numbers(model)},
      {"bytes", bytes_of(file)},
      {"distance_before", number_map(model.distance_before)},
      {"distance_after_matching", number_map(model.distance_after)},
      {"no_change_needed", model.no_change_needed},
      {"shrinkage", model.shrinkage},
      {"warnings", Json::array(model.warnings)}});
}

Json of_folder(const fs::path& folder) {
  const Json manifest =
      config::read_json(folder / "manifest.json", config::Schema::Manifest, core::ErrorKind::Input);
  std::map<std::string, std::int64_t> states;
  Json::Array attention;
  // Only what the last run made counts: its folder may hold files of earlier ones.
  std::set<std::string> made;
  for (const Json& output : manifest.at("outputs").items()) made.insert(output.at("path").as_string());
  for (const std::string& file : made) {
    if (!file.starts_with("status/") || !fs::exists(folder / file)) continue;
    const Json status = config::read_json(folder / file, config::Schema::Status, core::ErrorKind::Input);
    const std::string& state = status.at("state").as_string();
    states[state]++;
    if (state == "failed" || state == "refused") {
      attention.push_back(status.at("scan").as_string() + ": " + state + ": " +
                          status.at("reason").as_string());
    }
  }
  std::int64_t of_last_run = 0;
  std::int64_t of_earlier_runs = 0;
  for (const std::string& volume : stages::harmonized_volumes(folder))
    (made.count(volume) > 0 ? of_last_run : of_earlier_runs)++;
  Json::Object counts;
  for (const auto& [state, count] : states) counts[state] = count;
  return Json(Json::Object{
      {"kind", "output of a run"},
      {"isoscan", manifest.at("isoscan")},
      {"options", manifest.contains("config") ? manifest.at("config") : Json()},
      {"states", Json(std::move(counts))},
      {"volumes", Json(Json::Object{{"of_the_last_run", of_last_run}, {"of_earlier_runs", of_earlier_runs}})},
      {"needs_attention", Json(std::move(attention))},
      {"files", static_cast<std::int64_t>(manifest.at("outputs").items().size())},
      {"report", "reports/index.html"}});
}

Json of_scans(const fs::path& path) {
  const io::ScanList list = io::find_scans(path, core::Context{});
  if (list.scans.empty()) {
    for (const io::SetAside& input : list.set_aside) {
      if (!input.broken) continue;
      const std::string cure =
          input.reason.find(';') == std::string::npos ? "; copy it again, or leave it out" : "";
      throw core::Error(core::ErrorKind::Input,
                        path.string() + (fs::is_directory(path) ? ": " + input.name : std::string()) + ": " +
                            input.reason + cure);
    }
  }
  Json::Array scans;
  for (const io::ScanSource& scan : list.scans) {
    Json::Object about{
        {"id", scan.id()}, {"site", scan.site}, {"files", static_cast<std::int64_t>(scan.files.size())}};
    if (list.scans.size() == 1) {
      const io::LoadedScan loaded = io::read_scan(scan);
      const core::Grid& grid = loaded.volume.grid;
      about["size"] = Json::array(grid.size);
      about["spacing_mm"] = Json::array(grid.spacing_mm());
      about["world_from_voxel_lps"] = Json::array(grid.world_from_voxel.matrix);
      about["origin_lps_mm"] = Json::array(grid.world_from_voxel.offset);
      about["stored_as"] = loaded.stored_as;
      about["notes"] = Json::array(loaded.notes);
    }
    scans.emplace_back(std::move(about));
  }
  Json::Array set_aside;
  for (const io::SetAside& input : list.set_aside) {
    set_aside.emplace_back(
        Json::Object{{"name", input.name}, {"reason", input.reason}, {"broken", input.broken}});
  }
  return Json(Json::Object{
      {"kind", "scans"}, {"scans", Json(std::move(scans))}, {"set_aside", Json(std::move(set_aside))}});
}

Json about(const fs::path& path) {
  if (!fs::exists(path)) throw core::Error(core::ErrorKind::Io, path.string() + ": is not there");
  if (fs::is_directory(path) && fs::exists(path / "manifest.json")) return of_folder(path);
  if (path.extension() == ".isoref") return of_reference(path);
  if (path.extension() == ".isosite") return of_site(path);
  return of_scans(path);
}

/// "key: value" lines; nested values are indented.
void print(const Json& value, const std::string& indent) {
  if (value.is_object()) {
    for (const auto& [key, member] : value.members()) {
      const bool nested =
          (member.is_object() && !member.members().empty()) ||
          (member.is_array() && !member.items().empty() && !member.items().front().is_number());
      std::cout << indent << key << ':' << (nested ? "\n" : " ");
      if (nested) {
        print(member, indent + "  ");
      } else if (member.is_string()) {
        std::cout << member.as_string() << '\n';
      } else {
        std::cout << member.dump() << '\n';
      }
    }
    return;
  }
  for (const Json& item : value.items()) {
    if (item.is_object()) {
      std::cout << indent << "-\n";
      print(item, indent + "  ");
    } else {
      std::cout << indent << "- " << (item.is_string() ? item.as_string() : item.dump()) << '\n';
    }
  }
}

}  // namespace

void add_info(CLI::App& program, Action& chosen) {
  auto* command = program.add_subcommand("info", "What a package, site model, scan or output folder holds");
  const auto file = std::make_shared<std::string>();
  const auto as_json = std::make_shared<bool>(false);
  command
      ->add_option("FILE", *file,
                   ".isoref, .isosite, a volume, a folder of scans, or the output folder of a run")
      ->required();
  const auto key = std::make_shared<std::string>();
  command->add_flag("--json", *as_json, "Print JSON");
  command->add_option(
      "--key", *key,
      "PEM file of the Ed25519 key that the signature (FILE.sig) of a package or site model must "
      "be of");
  command->footer("examples:\n  isoscan info out\n  isoscan info ours.isoref --key sign.pub.pem");
  command->callback([file, as_json, key, &chosen] {
    chosen = [file, as_json, key](std::stop_token) {
      if (!key->empty() && fs::exists(*file)) {
        if (fs::is_directory(*file))
          throw core::Error(
              core::ErrorKind::Config,
              core::printable(*file) + ": --key is for a package or a site model, and this is a folder");
        require_signature(*file, *key);
      }
      Json what = about(*file);
      if (!key->empty()) what["signature"] = "holds";
      if (*as_json) {
        std::cout << what.dump_pretty();
      } else {
        print(what, "");
      }
      return 0;
    };
  });
}

}  // namespace isoscan::app
