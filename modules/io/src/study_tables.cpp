#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <optional>

#include "isoscan/core/printable.hpp"
#include "isoscan/io/bids.hpp"

#include "device.hpp"
#include "study_text.hpp"

namespace isoscan::io {

namespace {

/// As a spreadsheet takes it for text: no tab, no newline, no formula; "n/a" where there is nothing.
std::string field(const std::string& text) {
  if (text.empty()) return "n/a";
  const std::string shown = core::printable(text);
  const bool formula =
      std::string_view("=+@").find(shown.front()) != std::string_view::npos ||
      (shown.front() == '-' && shown.size() > 1 && std::isdigit(static_cast<unsigned char>(shown[1])) == 0);
  return formula ? "'" + shown : shown;
}

std::string field(const std::optional<double>& value) {
  if (!value) return "n/a";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", *value);
  return text.data();
}

std::string row(std::initializer_list<std::string> fields) {
  std::string line;
  for (const std::string& one : fields) line.append(line.empty() ? "" : "\t").append(one);
  return line + "\n";
}

template <class Values>
std::string by(const Values& values) {
  std::string text;
  for (const auto value : values)
    text.append(text.empty() ? "" : " x ").append(field(std::optional<double>(value)));
  return text;
}

}  // namespace

std::string volume_name(const ScanSource& scan) {
  const std::string path = converted_path(scan, "");
  return path.substr(path.rfind('/') + 1);
}

std::string scans_table(const Found& found) {
  std::string table = row({"volume",
                           "class",
                           "shows",
                           "harmonize",
                           "reason",
                           "site",
                           "manufacturer",
                           "model",
                           "field_strength_t",
                           "station_hash",
                           "software",
                           "series",
                           "files",
                           "bytes",
                           "size",
                           "spacing_mm",
                           "repetition_time_ms",
                           "echo_time_ms",
                           "inversion_time_ms",
                           "flip_angle_deg",
                           "warnings"});
  for (const Candidate& c : found.candidates) {
    const Acquisition& a = c.source.acquisition;
    const bool harmonize = c.verdict.contrast == Contrast::T1w && c.verdict.reason.empty();
    const std::string& reason = c.verdict.reason.empty() ? c.verdict.no_volume : c.verdict.reason;
    const bool grid = c.size[0] > 0;
    table += row({field(volume_name(c.source)),
                  field(class_of(c.verdict)),
                  field(c.verdict.what),
                  harmonize ? "yes" : "no",
                  field(reason),
                  field(c.source.site),
                  field(a.manufacturer),
                  field(a.model),
                  field(a.field_strength_t),
                  field(a.station_hash),
                  field(a.software),
                  field(c.source.series),
                  std::to_string(c.source.files.size()),
                  std::to_string(c.bytes),
                  grid ? by(c.size) : "n/a",
                  grid ? by(c.spacing_mm) : "n/a",
                  field(a.repetition_time_ms),
                  field(a.echo_time_ms),
                  field(a.inversion_time_ms),
                  field(a.flip_angle_deg),
                  std::to_string(c.source.warnings.size())});
  }
  return table;
}

std::string inputs_table(const Found& found, const std::string& pseudonym_key) {
  std::string table = row({"input", "state", "reason"});
  for (const SetAside& input : found.set_aside) {
    const SetAside shown = public_input(input, pseudonym_key);
    table += row({field(shown.name), shown.broken ? "broken" : "skipped", field(shown.reason)});
  }
  return table;
}

std::string files_table(const Found& found, const boost::filesystem::path& root,
                        const std::string& pseudonym_key) {
  std::string table = row({"name", "path"});
  for (const Candidate& c : found.candidates) {
    const std::string name = field(volume_name(c.source));
    for (const auto& file : c.source.files) table += row({name, field(file.string())});
  }
  for (const SetAside& input : found.set_aside)
    table += row({field(public_input(input, pseudonym_key).name), field((root / input.name).string())});
  return table;
}

}  // namespace isoscan::io
