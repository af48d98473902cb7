#include "ro_crate.hpp"

#include <array>
#include <cctype>
#include <ctime>
#include <set>
#include <string_view>

#include <boost/algorithm/string/predicate.hpp>
#include <boost/filesystem.hpp>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;
using config::Json;

namespace {

Json reference(const std::string& id) {
  return Json::Object{{"@id", id}};
}

/// As a relative URI: the graph's identifiers are URIs.
std::string encoded(const std::string& path) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string uri;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._~/").find(c) != std::string_view::npos) {
      uri += c;
    } else {
      uri += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return uri;
}

std::string media_type(const std::string& path) {
  for (const auto& [end, type] : {std::pair{".nii.gz", "application/gzip"},
                                  {".json", "application/json"},
                                  {".jsonl", "application/jsonl"},
                                  {".png", "image/png"},
                                  {".html", "text/html"},
                                  {".tsv", "text/tab-separated-values"}}) {
    if (boost::ends_with(path, end)) return type;
  }
  return "application/octet-stream";
}

/// The id of the terms of use.
constexpr const char* kTerms = "#terms";

class Crate {
 public:
  explicit Crate(const fs::path& out) : out_(out) {}

  Json make() {
    const fs::path manifest_file = out_ / "manifest.json";
    if (!fs::is_regular_file(manifest_file) || !fs::is_directory(out_ / "provenance")) {
      throw core::Error(core::ErrorKind::Input,
                        out_.string() +
                            ": holds no manifest.json and provenance/: finish the run "
                            "first");
    }
    const Json manifest = config::read_json(manifest_file, config::Schema::Manifest, core::ErrorKind::Input);
    Json parts{Json::Array{}};
    for (const Json& output : manifest.at("outputs").items()) {
      const std::string& path = output.at("path").as_string();
      // A page may have been made again since (isoscan report).
      if (path.starts_with("reports/") && fs::is_regular_file(out_ / path)) {
        add_file(parts, path);
      } else {
        add_file(parts, path, output.at("sha256").as_string());
      }
    }
    for (const char* name : {"manifest.json", "run.jsonl"}) {
      if (fs::is_regular_file(out_ / name)) add_file(parts, name);
    }
    actions(parts);
    // Of what travels with a scan nothing is known but its digest: names may be a patient's.
    for (const std::string& digest : inputs_) {
      graph_.push_back(Json::Object{{"@id", "#sha256-" + digest},
                                    {"@type", "CreativeWork"},
                                    {"name", "an input, known by its digest"},
                                    {"sha256", digest}});
    }
    Json mentions{Json::Array{}};
    for (const std::string& action : actions_) mentions.push_back(reference(action));
    graph_.push_back(Json::Object{{"@id", "#isoscan"},
                                  {"@type", "SoftwareApplication"},
                                  {"name", "Isoscan"},
                                  {"version", manifest.at("isoscan")}});
    Json root(
        Json::Object{{"@id", "./"},
                     {"@type", "Dataset"},
                     {"name", "MR scans harmonized by Isoscan"},
                     {"description",
                      "T1-weighted MR scans, made to look as if the scanner of a reference site had made "
                      "them. Research use only: not for diagnosis."},
                     {"datePublished", last_time_.empty() ? time_of(manifest_file) : last_time_},
                     {"license", reference(kTerms)},
                     {"hasPart", parts},
                     {"mentions", mentions}});
    graph_.push_back(
        Json::Object{{"@id", kTerms},
                     {"@type", "CreativeWork"},
                     {"name", "The terms of the source scans"},
                     {"description",
                      "The files are made of the source scans, so whoever holds those decides who may "
                      "use these and what for."}});
    graph_.push_back(std::move(root));
    graph_.push_back(Json::Object{{"@id", "ro-crate-metadata.json"},
                                  {"@type", "CreativeWork"},
                                  {"conformsTo", reference("https://w3id.org/ro/crate/1.1")},
                                  {"about", reference("./")}});
    // The context of 1.1 does not know sha256: without its meaning readers would drop every digest.
    Json context{Json::Array{}};
    context.push_back("https://w3id.org/ro/crate/1.1/context");
    context.push_back(Json::Object{{"sha256", "http://schema.org/sha256"}});
    return Json::Object{{"@context", context}, {"@graph", std::move(graph_)}};
  }

 private:
  void add_file(Json& parts, const std::string& path, const std::string& sha256 = "") {
    parts.push_back(reference(encoded(path)));
    graph_.push_back(Json::Object{{"@id", encoded(path)},
                                  {"@type", "File"},
                                  {"name", fs::path(path).filename().string()},
                                  {"encodingFormat", media_type(path)},
                                  {"sha256", sha256.empty() ? core::sha256_file(out_ / path) : sha256}});
  }

  /// Of a run none of whose records is left: "2026-01-31T09:30:00Z".
  static std::string time_of(const fs::path& file) {
    const std::time_t time = fs::last_write_time(file);
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text.data();
  }

  void actions(Json& parts) {
    std::set<std::string> names;
    for (fs::recursive_directory_iterator at(out_ / "provenance"), end; at != end; ++at) {
      const std::string name = at->path().lexically_relative(out_ / "provenance").generic_string();
      if (name.find('/') != std::string::npos && at->path().extension() == ".json") names.insert(name);
    }
    for (const char* name : {"index.json", "index.json.sig"}) {
      if (fs::is_regular_file(out_ / "provenance" / name)) add_file(parts, std::string("provenance/") + name);
    }
    for (const std::string& name : names) {
      add_file(parts, "provenance/" + name);
      const Json file =
          config::read_json(out_ / "provenance" / name, config::Schema::Provenance, core::ErrorKind::Input);
      if (!file.at("records").items().empty()) action(file);
    }
  }

  void action(const Json& file) {
    const std::string id = "#" + encoded(file.at("chain").as_string() + "-" + file.at("unit").as_string());
    std::set<std::string> read;
    std::string time;
    Json options{Json::Array{}};
    for (const Json& record : file.at("records").items()) {
      for (const auto& [port, digest] : record.at("inputs").members()) {
        const bool outside = boost::starts_with(port, "source/") || boost::starts_with(port, "shared/");
        if (outside && digest.is_string()) read.insert(digest.as_string());
      }
      time = std::max(time, record.at("made").at("time").as_string());
      const std::string step = id + "-" + record.at("stage").as_string();
      options.push_back(reference(step));
      graph_.push_back(Json::Object{
          {"@id", step},
          {"@type", "PropertyValue"},
          {"name", record.at("stage").as_string() + " " + std::to_string(record.at("version").as_integer())},
          {"value", record.at("options").dump()}});
    }
    Json objects{Json::Array{}};
    for (const std::string& digest : read) objects.push_back(reference("#sha256-" + digest));
    inputs_.insert(read.begin(), read.end());
    Json results{Json::Array{}};
    for (const Json& output : file.at("outputs").items())
      results.push_back(reference(encoded(output.at("path").as_string())));
    Json made(Json::Object{{"@id", id},
                           {"@type", "CreateAction"},
                           {"name", file.at("chain").as_string() + " of " + file.at("unit").as_string()},
                           {"instrument", reference("#isoscan")},
                           {"object", objects},
                           {"result", results},
                           {"endTime", time},
                           {"additionalProperty", options}});
    graph_.push_back(std::move(made));
    actions_.push_back(id);
    last_time_ = std::max(last_time_, time);
  }

  const fs::path& out_;
  Json graph_{Json::Array{}};
  std::vector<std::string> actions_;
  std::set<std::string> inputs_;
  std::string last_time_;
};

}  // namespace

Json ro_crate(const fs::path& out) {
  return Crate(out).make();
}

}  // namespace isoscan::app
