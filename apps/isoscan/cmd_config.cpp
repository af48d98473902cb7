#include <iostream>
#include <memory>
#include <optional>

#include <boost/filesystem.hpp>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"

#include "commands.hpp"
#include "job.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;
using config::Json;
using config::Schema;

namespace {

Json schema_of(Schema schema) {
  return Json::parse(config::schema_text(schema), "the embedded schema", core::ErrorKind::Internal);
}

/// The job's schema with that of its options in place.
Json whole_schema() {
  Json job = schema_of(Schema::Job);
  Json& options = job["properties"]["options"];
  options["properties"] = schema_of(Schema::Run).at("properties");
  return job;
}

int init() {
  Json json(Json::Object{{"scans", "new_hospital"}, {"reference", "our_site"}, {"out", "out"}});
  json = config::with_defaults(json, Schema::Job);
  json["options"] = config::with_defaults(Json(Json::Object{}), Schema::Run);
  // The method follows from the reference where none is named; a batch has its own cores and memory; a
  // package is learnt at spacings of its own.
  for (const char* key : {"method", "cores", "memory_mb", "reference_spacing_mm"})
    json["options"].members().erase(key);
  std::cout << json.dump_pretty();
  return 0;
}

/// Options of --config alone, or a job?
int check(const std::string& file) {
  const Json json = config::read_json(fs::path(file));
  const bool job =
      json.is_object() && (json.contains("scans") || json.contains("out") || json.contains("batch"));
  if (job) {
    (void)job_of(file, {});
  } else {
    config::validate(json, Schema::Run, file);
  }
  std::cout << file << ": good, as " << (job ? "CONFIG of `isoscan run`" : "options of --config") << '\n';
  return 0;
}

const Json* property(const Json& schema, const std::string& key) {
  const Json* at = &schema;
  std::string rest = key;
  while (at != nullptr) {
    const Json* properties = at->find("properties");
    const auto dot = rest.find('.');
    at = properties == nullptr ? nullptr : properties->find(rest.substr(0, dot));
    if (dot == std::string::npos) return at;
    rest = rest.substr(dot + 1);
  }
  return nullptr;
}

void list(const Json& schema, const std::string& prefix, std::vector<std::string>& keys) {
  const Json* properties = schema.find("properties");
  if (properties == nullptr) return;
  for (const auto& [key, value] : properties->members()) {
    keys.push_back(prefix + key);
    list(value, prefix + key + ".", keys);
  }
}

int explain(const std::string& asked) {
  const Json schema = whole_schema();
  std::vector<std::string> keys;
  list(schema, "", keys);
  if (asked.empty()) {
    for (const std::string& key : keys) std::cout << key << '\n';
    return 0;
  }
  // Options of the method are also known by their own name, as --config has them.
  std::string key = asked;
  const Json* found = property(schema, key);
  for (const char* part : {"options.", "batch."}) {
    if (found != nullptr) break;
    key = part + asked;
    found = property(schema, key);
  }
  if (found == nullptr) {
    std::string near = config::nearest(asked, keys);
    // A slip in the key's own name, without the way to it.
    std::vector<std::string> names;
    for (const std::string& one : keys) names.push_back(one.substr(one.rfind('.') + 1));
    if (near.empty()) near = config::nearest(asked, names);
    throw core::Error(core::ErrorKind::Config, "there is no option \"" + asked + "\"" +
                                                   (near.empty() ? "" : "; did you mean '" + near + "'?") +
                                                   " (`isoscan config explain` lists all)");
  }
  std::cout << key << '\n';
  if (const Json* text = found->find("description")) std::cout << "  " << text->as_string() << '\n';
  if (const Json* type = found->find("type")) std::cout << "  kind: " << type->as_string() << '\n';
  if (const Json* choices = found->find("enum")) std::cout << "  one of: " << choices->dump() << '\n';
  for (const auto& [word, name] : {std::pair{"minimum", "at least"},
                                   {"exclusiveMinimum", "above"},
                                   {"maximum", "at most"},
                                   {"exclusiveMaximum", "below"}}) {
    if (const Json* limit = found->find(word)) std::cout << "  " << name << ": " << limit->dump() << '\n';
  }
  if (const Json* usual = found->find("default")) std::cout << "  default: " << usual->dump() << '\n';
  std::cout << "  on the command line: isoscan run CONFIG --set " << key << "=VALUE\n";
  return 0;
}

}  // namespace

void add_config(CLI::App& program, Action& chosen) {
  auto* command = program.add_subcommand("config", "Make, check and explain the configuration file of a run");
  const auto text = std::make_shared<std::string>();
  command->require_subcommand(1);
  auto* make = command->add_subcommand("init", "Print a CONFIG for `isoscan run` with every default");
  make->footer("example:\n  isoscan config init > night.json");
  make->callback([&chosen] { chosen = [](std::stop_token) { return init(); }; });
  auto* look = command->add_subcommand("check", "Say what is wrong with a CONFIG, or a file of --config");
  look->add_option("FILE", *text, "JSON file")->required();
  look->footer("example:\n  isoscan config check night.json");
  look->callback([text, &chosen] { chosen = [text](std::stop_token) { return check(*text); }; });
  auto* tell = command->add_subcommand("explain", "Say what an option means, its default and its range");
  tell->add_option("KEY", *text, "As options.bound, bound or batch.at_once; without one all are listed");
  tell->footer("examples:\n  isoscan config explain bound\n  isoscan config explain batch.task_minutes");
  tell->callback([text, &chosen] { chosen = [text](std::stop_token) { return explain(*text); }; });
  command->footer(
      "examples:\n  isoscan config init > night.json\n  isoscan config check night.json\n  isoscan config "
      "explain bound");
}

}  // namespace isoscan::app
