#include "scan_flags.hpp"

#include <array>
#include <utility>

namespace isoscan::app {

using config::Json;

namespace {

struct Entry {
  const char* flags;  // the first is the one that is shown
  const char* key;
  std::vector<std::string> io::ScanFilter::*labels;
  const char* text;
};

constexpr std::array<Entry, 5> kEntries{
    {{"--participant-label,--participant_label", "subjects", &io::ScanFilter::subjects,
      "Only these people: labels with or without sub-"},
     {"--session-id,--session_id,--session-label,--session_label", "sessions", &io::ScanFilter::sessions,
      "Only these sessions: labels with or without ses-"},
     {"--acquisition", "acquisitions", &io::ScanFilter::acquisitions,
      "Only these acquisitions: labels with or without acq-"},
     {"--run", "runs", &io::ScanFilter::runs, "Only these runs: labels with or without run-"},
     {"--suffix", "suffixes", &io::ScanFilter::suffixes, "Only these contrasts, as T1w"}}};

}  // namespace

void add_scan_flags(CLI::App& command, io::ScanFilter& only) {
  for (const Entry& entry : kEntries) {
    command.add_option(entry.flags, only.*entry.labels, entry.text)->type_name("LABEL ...")->group("Scans");
  }
}

Json to_json(const io::ScanFilter& only) {
  Json json{Json::Object{}};
  for (const Entry& entry : kEntries) json[entry.key] = Json::array(only.*entry.labels);
  return json;
}

io::ScanFilter scan_filter_of(const Json& json) {
  io::ScanFilter only;
  for (const Entry& entry : kEntries) {
    if (const Json* labels = json.find(entry.key)) {
      for (const Json& label : labels->items()) (only.*entry.labels).push_back(label.as_string());
    }
  }
  return only;
}

std::string words_of(const io::ScanFilter& only) {
  std::string text;
  for (const Entry& entry : kEntries) {
    if ((only.*entry.labels).empty()) continue;
    const std::string flags = entry.flags;
    text += " " + flags.substr(0, flags.find(','));
    for (const std::string& label : only.*entry.labels) {
      // A label that was found is letters and digits, with its prefix at most.
      text += " " + label;
    }
  }
  return text;
}

}  // namespace isoscan::app
