#include <iostream>
#include <memory>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"
#include "isoscan/io/study.hpp"

#include "commands.hpp"
#include "common_flags.hpp"

namespace isoscan::app {

namespace {

struct Flags {
  std::string scans;
  std::string out;
  std::string site_rule;
  std::string site_table;
  std::string pseudonym_key;
  int cores = 0;
};

io::DeviceTag tag_of(const std::string& word) {
  if (word == "manufacturer") return io::DeviceTag::Manufacturer;
  if (word == "model") return io::DeviceTag::Model;
  if (word == "field_strength") return io::DeviceTag::FieldStrength;
  if (word == "station_hash") return io::DeviceTag::StationHash;
  return io::DeviceTag::Software;  // the schema allows no other
}

io::SiteRule read_rule(const std::string& file) {
  const config::Json json =
      config::with_defaults(config::read_json(file, config::Schema::SiteRule), config::Schema::SiteRule);
  io::SiteRule rule;
  rule.label.clear();
  for (const config::Json& word : json.at("label").items()) rule.label.push_back(tag_of(word.as_string()));
  for (const config::Json& given : json.at("matches").items()) {
    const auto text = [&](const char* key) {
      const config::Json* value = given.find(key);
      return value == nullptr ? std::string() : value->as_string();
    };
    io::SiteMatch match;
    match.site = text("site");
    match.manufacturer = text("manufacturer");
    match.model = text("model");
    match.station_hash = text("station_hash");
    match.software = text("software");
    if (const config::Json* tesla = given.find("field_strength")) match.field_strength_t = tesla->as_number();
    rule.matches.push_back(std::move(match));
  }
  return rule;
}

void say(const Flags& flags, const io::IngestSummary& summary) {
  const auto lines = [](const char* title, const auto& counts) {
    if (counts.empty()) return;
    std::cerr << title << '\n';
    for (const auto& [what, count] : counts)
      std::cerr << "  " << count << "  " << core::printable(what) << '\n';
  };
  std::cerr << summary.files << (summary.files == 1 ? " DICOM header" : " DICOM headers");
  if (summary.reused > 0) std::cerr << " (" << summary.reused << " known from before, not read again)";
  std::cerr << '\n';
  lines("volumes by class:", summary.classes);
  lines("T1w to harmonize by site:", summary.sites);
  lines("inputs skipped by reason:", summary.skipped);
  if (summary.duplicates > 0)
    std::cerr << summary.duplicates << (summary.duplicates == 1 ? " duplicate" : " duplicates")
              << ", set aside\n";
  for (const std::string& warning : summary.warnings)
    std::cerr << "warning: " << core::printable(warning) << '\n';
  constexpr std::size_t kShown = 20;
  for (std::size_t n = 0; n < summary.broken.size() && n < kShown; ++n)
    std::cerr << "broken: " << summary.broken[n].name << ": " << summary.broken[n].reason << '\n';
  if (summary.broken.size() > kShown)
    std::cerr << "broken: " << summary.broken.size() - kShown << " more, see scans.tsv and inputs.tsv\n";
  std::cerr << "written: " << flags.out
            << "/study.json, scans.tsv, inputs.tsv; private/ holds paths: keep it here\n";
}

int ingest(const Flags& flags, std::stop_token stop) {
  io::IngestOptions options;
  options.pseudonym_key = read_pseudonym_key(flags.pseudonym_key);
  if (!flags.site_rule.empty()) options.rule = read_rule(flags.site_rule);
  if (!flags.site_table.empty()) options.table = io::read_site_table(flags.site_table);
  const Console console = open_console(std::move(stop), flags.cores);
  const core::Context& context = console.context;
  const io::IngestSummary summary = io::ingest(flags.scans, flags.out, options, context);
  console.progress->clear();
  say(flags, summary);
  return summary.broken.empty() ? 0 : 8;
}

}  // namespace

void add_ingest(CLI::App& program, Action& chosen) {
  auto* command = program.add_subcommand(
      "ingest", "Take stock of a tree of scans: classes, sites, duplicates; copies nothing");
  const auto flags = std::make_shared<Flags>();
  command
      ->add_option("SCANS", flags->scans,
                   "Folder of DICOM or NIfTI, DICOMDIR, BIDS data set, one file, or TSV table")
      ->required();
  command->add_option("--out", flags->out, "STUDY: a new folder, or one of an earlier ingest")->required();
  command->add_option("--site-rule", flags->site_rule,
                      "JSON file: which site a device is of (default: manufacturer-model-field)");
  command->add_option("--site-table", flags->site_table,
                      "TSV: site, and one or more of subject, path, station_hash; wins over the rule");
  command->add_option(
      "--pseudonym-key", flags->pseudonym_key,
      "File of at least 16 secret bytes: DICOM subjects' labels cannot be guessed without it");
  command->add_option("--cores", flags->cores, "Processor cores to use (default: all)")
      ->check(CLI::Range(0, 4096));
  command->footer(R"(examples:
  isoscan ingest /archive/export --out study
  isoscan ingest /media/cdrom/DICOMDIR --out study --pseudonym-key our.key
  isoscan ingest /archive/export --out study --site-rule sites.json
  isoscan harmonize study --reference ours.isoref --out out        # takes the list, looks for nothing again

Stopped (Ctrl-C, power cut), it goes on where it was when it is run again. STUDY/study.json, scans.tsv and inputs.tsv hold
pseudonyms and no path; STUDY/private holds paths and is closed to others. exit status 8: some inputs are broken.)");
  command->callback([flags, &chosen] {
    chosen = [flags](std::stop_token stop) { return ingest(*flags, std::move(stop)); };
  });
}

}  // namespace isoscan::app
