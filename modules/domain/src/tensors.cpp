#include "tensors.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "isoscan/core/error.hpp"

namespace isoscan::domain {

namespace {

using core::Error;
using core::ErrorKind;
using core::TensorFile;

constexpr int kFormatVersion = 1;

std::string numbered(const std::string& name, std::size_t n) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "%04zu", n);
  return name + "/" + digits;
}

}  // namespace

void stamp(TensorFile& file, std::string_view kind) {
  file.metadata["kind"] = std::string(kind);
  file.metadata["format_version"] = std::to_string(kFormatVersion);
}

void check_stamp(const TensorFile& file, std::string_view kind) {
  const auto found = file.metadata.find("kind");
  if (found == file.metadata.end() || found->second != kind) {
    const std::string is = found == file.metadata.end() ? "something else" : "an " + found->second;
    throw Error(ErrorKind::Input, "this is " + is + ", not an " + std::string(kind));
  }
  if (whole_number(file, "format_version") > kFormatVersion) {
    throw Error(ErrorKind::Input, "written by a newer version of Isoscan: update, or make the file again");
  }
}

const std::string& text(const TensorFile& file, const std::string& key) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) throw Error(ErrorKind::Input, "entry \"" + key + "\" is missing");
  return found->second;
}

std::uint64_t whole_number(const TensorFile& file, const std::string& key) {
  const std::string& value = text(file, key);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size()) {
    throw Error(ErrorKind::Input, "entry \"" + key + "\" is no whole number");
  }
  return number;
}

void put(TensorFile& file, const std::string& name, const std::vector<double>& values) {
  file.tensors[name] = core::Tensor::of({static_cast<std::int64_t>(values.size())}, values);
}

std::vector<double> get(const TensorFile& file, const std::string& name) {
  return file.at(name).doubles();
}

void put(TensorFile& file, const std::string& name, double value) {
  put(file, name, std::vector<double>{value});
}

double get_number(const TensorFile& file, const std::string& name) {
  const std::vector<double> values = get(file, name);
  if (values.size() != 1) throw Error(ErrorKind::Input, "tensor \"" + name + "\" should hold one number");
  return values.front();
}

void put_lines(TensorFile& file, const std::string& name, const std::vector<std::string>& lines) {
  for (std::size_t n = 0; n < lines.size(); ++n) file.metadata[numbered(name, n)] = lines[n];
}

std::vector<std::string> get_lines(const TensorFile& file, const std::string& name) {
  std::vector<std::string> lines;
  for (std::size_t n = 0;; ++n) {
    const auto found = file.metadata.find(numbered(name, n));
    if (found == file.metadata.end()) return lines;
    lines.push_back(found->second);
  }
}

void put_map(TensorFile& file, const std::string& name,
             const std::map<std::string, std::vector<double>>& values) {
  for (const auto& [key, value] : values) put(file, name + "/" + key, value);
}

std::map<std::string, std::vector<double>> get_map(const TensorFile& file, const std::string& name) {
  std::map<std::string, std::vector<double>> values;
  const std::string prefix = name + "/";
  for (auto at = file.tensors.lower_bound(prefix); at != file.tensors.end() && at->first.starts_with(prefix);
       ++at) {
    values[at->first.substr(prefix.size())] = at->second.doubles();
  }
  return values;
}

void put_map(TensorFile& file, const std::string& name, const std::map<std::string, double>& values) {
  for (const auto& [key, value] : values) put(file, name + "/" + key, value);
}

std::map<std::string, double> get_numbers(const TensorFile& file, const std::string& name) {
  std::map<std::string, double> numbers;
  for (const auto& [key, value] : get_map(file, name)) {
    if (value.size() != 1)
      throw Error(ErrorKind::Input, "tensor \"" + name + "/" + key + "\" should hold one number");
    numbers[key] = value.front();
  }
  return numbers;
}

void put_ranges(TensorFile& file, const std::string& name, const std::map<std::string, Range>& ranges) {
  for (const auto& [key, r] : ranges) put(file, name + "/" + key, {r.mean, r.sd, r.min, r.max});
}

std::map<std::string, Range> get_ranges(const TensorFile& file, const std::string& name) {
  std::map<std::string, Range> ranges;
  for (const auto& [key, r] : get_map(file, name)) {
    if (r.size() != 4) throw Error(ErrorKind::Input, "range \"" + key + "\" should hold four numbers");
    ranges[key] = {r[0], r[1], r[2], r[3]};
  }
  return ranges;
}

void put(TensorFile& file, const std::string& name, const LevelSummary& level) {
  put(file, name + "/spacing_mm", level.spacing_mm);
  put(file, name + "/quantiles", level.quantiles);
  put(file, name + "/mean", level.mean);
  put(file, name + "/sd", level.sd);
  put(file, name + "/tissue_mean", std::vector<double>(level.tissue_mean.begin(), level.tissue_mean.end()));
  put(file, name + "/tissue_share",
      std::vector<double>(level.tissue_share.begin(), level.tissue_share.end()));
  put(file, name + "/tissue_histograms", level.tissue_histograms);
  put(file, name + "/band_sd_mm", level.band_sd_mm);
  put(file, name + "/feature_mean", level.feature_mean);
  put(file, name + "/feature_sd", level.feature_sd);
  file.tensors[name + "/rows"] = core::Tensor::of(
      {static_cast<std::int64_t>(level.row_count()), static_cast<std::int64_t>(level.dims())}, level.rows);
}

LevelSummary get_level(const TensorFile& file, const std::string& name) {
  LevelSummary level;
  level.spacing_mm = get_number(file, name + "/spacing_mm");
  level.quantiles = get(file, name + "/quantiles");
  level.mean = get_number(file, name + "/mean");
  level.sd = get_number(file, name + "/sd");
  const std::vector<double> mean = get(file, name + "/tissue_mean");
  const std::vector<double> share = get(file, name + "/tissue_share");
  level.tissue_histograms = get(file, name + "/tissue_histograms");
  level.band_sd_mm = get(file, name + "/band_sd_mm");
  level.feature_mean = get(file, name + "/feature_mean");
  level.feature_sd = get(file, name + "/feature_sd");
  const core::Tensor& rows = file.at(name + "/rows");
  level.rows = rows.floats();
  const bool fits = (level.quantiles.empty() || level.quantiles.size() == kQuantileCount) &&
                    mean.size() == level.tissue_mean.size() && share.size() == level.tissue_share.size() &&
                    level.feature_sd.size() == level.feature_mean.size() && rows.shape.size() == 2 &&
                    rows.shape[1] == static_cast<std::int64_t>(level.dims());
  if (!fits) throw Error(ErrorKind::Input, "level \"" + name + "\": the tensors do not fit together");
  std::copy(mean.begin(), mean.end(), level.tissue_mean.begin());
  std::copy(share.begin(), share.end(), level.tissue_share.begin());
  return level;
}

}  // namespace isoscan::domain
