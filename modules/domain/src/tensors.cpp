#include "tensors.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"

namespace isoscan::domain {

namespace {

using core::Error;
using core::ErrorKind;
using core::TensorFile;

// 2: the atlas and restorers that are shared; 3: a site without its package; 4: a refined site
constexpr int kNewestFormat = 4;
constexpr double kWidestSpacingMm = 50.0;
constexpr double kWidestBandMm = 500.0;  // beyond a head; bounds the work of smoothing

Error bad_tensor(const std::string& name, const std::string& what) {
  return {ErrorKind::Input, core::printable("tensor \"" + name + "\" " + what)};
}

std::string numbered(const std::string& name, std::size_t n) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "%04zu", n);
  return name + "/" + digits;
}

}  // namespace

void stamp(TensorFile& file, std::string_view kind, int version) {
  file.metadata["kind"] = std::string(kind);
  file.metadata["format_version"] = std::to_string(version);
}

void check_stamp(const TensorFile& file, std::string_view kind) {
  const auto found = file.metadata.find("kind");
  if (found == file.metadata.end() || found->second != kind) {
    const std::string is = found == file.metadata.end() ? "something else" : "an " + found->second;
    throw Error(ErrorKind::Input, core::printable("this is " + is + ", not an " + std::string(kind)));
  }
  if (whole_number(file, "format_version") > kNewestFormat) {
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

int count_of_scans(const TensorFile& file) {
  const std::uint64_t scans = whole_number(file, "scans");
  if (scans < 1 || scans > 1'000'000'000) throw Error(ErrorKind::Input, "entry \"scans\" is out of range");
  return static_cast<int>(scans);
}

void put(TensorFile& file, const std::string& name, const std::vector<double>& values) {
  file.tensors[name] = core::Tensor::of({static_cast<std::int64_t>(values.size())}, values);
}

std::vector<double> get(const TensorFile& file, const std::string& name) {
  const core::Tensor& tensor = file.at(name);
  if (tensor.dtype != core::DType::F64) throw bad_tensor(name, "should hold 64-bit floats");
  if (tensor.shape.size() != 1) {
    throw bad_tensor(name, "has " + std::to_string(tensor.shape.size()) + " dimensions, not one");
  }
  std::vector<double> values = tensor.doubles();
  for (const double v : values) {
    if (!std::isfinite(v)) throw bad_tensor(name, "holds a number that is not finite");
  }
  return values;
}

std::vector<double> get(const TensorFile& file, const std::string& name, std::size_t count) {
  std::vector<double> values = get(file, name);
  if (values.size() != count) {
    throw bad_tensor(name,
                     "holds " + std::to_string(values.size()) + " numbers, not " + std::to_string(count));
  }
  return values;
}

double get_number(const TensorFile& file, const std::string& name, double low, double high) {
  const double value = get(file, name, 1).front();
  if (value < low || value > high) throw bad_tensor(name, "is out of range");
  return value;
}

double get_spacing(const TensorFile& file, const std::string& name) {
  const double value = get_number(file, name, 0.0, kWidestSpacingMm);
  if (value <= 0.0) throw bad_tensor(name, "is not above 0");
  return value;
}

std::vector<double> get_band_sds(const TensorFile& file, const std::string& name) {
  std::vector<double> values = get(file, name);
  double before = 0.0;
  for (const double sd : values) {
    if (sd <= before || sd > kWidestBandMm) throw bad_tensor(name, "does not rise from above 0");
    before = sd;
  }
  return values;
}

void put(TensorFile& file, const std::string& name, double value) {
  put(file, name, std::vector<double>{value});
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
    values[at->first.substr(prefix.size())] = get(file, at->first);
  }
  return values;
}

void put_map(TensorFile& file, const std::string& name, const std::map<std::string, double>& values) {
  for (const auto& [key, value] : values) put(file, name + "/" + key, value);
}

std::map<std::string, double> get_numbers(const TensorFile& file, const std::string& name) {
  std::map<std::string, double> numbers;
  for (const auto& [key, value] : get_map(file, name)) {
    if (value.size() != 1) throw bad_tensor(name + "/" + key, "should hold one number");
    numbers[key] = value.front();
  }
  return numbers;
}

void put_ranges(TensorFile& file, const std::string& name, const std::map<std::string, Range>& ranges) {
  for (const auto& [key, r] : ranges)
    put(file, name + "/" + key,
        std::vector<double>{r.mean, r.sd, r.min, r.max, static_cast<double>(r.scans)});
}

std::map<std::string, Range> get_ranges(const TensorFile& file, const std::string& name) {
  std::map<std::string, Range> ranges;
  for (const auto& [key, r] : get_map(file, name)) {
    // Earlier versions did not count.
    if (r.size() != 4 && r.size() != 5) throw bad_tensor(name + "/" + key, "should hold five numbers");
    ranges[key] = {r[0], r[1], r[2], r[3]};
    if (r.size() == 4) continue;
    if (!(r[4] >= 0.0 && r[4] <= 1e9)) throw bad_tensor(name + "/" + key, "is out of range");
    ranges[key].scans = static_cast<int>(r[4]);
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

namespace {

void require_empty(const TensorFile& file, const std::string& name) {
  for (const char* part :
       {"quantiles", "tissue_histograms", "band_sd_mm", "feature_mean", "feature_sd", "rows"}) {
    if (file.at(name + "/" + part).count() != 0) {
      throw bad_tensor(name + "/" + part, "holds numbers where the rest of its level is empty");
    }
  }
}

std::vector<float> get_rows(const TensorFile& file, const std::string& name, std::size_t dims) {
  const core::Tensor& rows = file.at(name);
  if (rows.dtype != core::DType::F32) throw bad_tensor(name, "should hold 32-bit floats");
  if (rows.shape.size() != 2 || rows.shape[1] != static_cast<std::int64_t>(dims)) {
    throw bad_tensor(name, "should hold rows of " + std::to_string(dims) + " numbers");
  }
  std::vector<float> values = rows.floats();
  for (const float v : values) {
    if (!std::isfinite(v)) throw bad_tensor(name, "holds a number that is not finite");
  }
  return values;
}

}  // namespace

LevelSummary get_level(const TensorFile& file, const std::string& name, Presence presence) {
  LevelSummary level;
  if (presence == Presence::Optional && get(file, name + "/quantiles").empty()) {
    require_empty(file, name);
    return level;
  }
  level.spacing_mm = get_spacing(file, name + "/spacing_mm");
  level.quantiles = get(file, name + "/quantiles", kQuantileCount);
  level.mean = get(file, name + "/mean", 1).front();
  level.sd = get_number(file, name + "/sd", 0.0, 1e300);
  const std::vector<double> mean = get(file, name + "/tissue_mean", level.tissue_mean.size());
  const std::vector<double> share = get(file, name + "/tissue_share", level.tissue_share.size());
  std::copy(mean.begin(), mean.end(), level.tissue_mean.begin());
  std::copy(share.begin(), share.end(), level.tissue_share.begin());
  level.tissue_histograms = get(file, name + "/tissue_histograms", core::kTissueCount * kHistogramBins);
  level.band_sd_mm = get_band_sds(file, name + "/band_sd_mm");
  level.feature_mean = get(file, name + "/feature_mean");
  if (level.band_sd_mm.empty() || level.dims() < level.band_sd_mm.size() + 1) {
    throw bad_tensor(name + "/feature_mean", "holds fewer columns than there are bands");
  }
  level.feature_sd = get(file, name + "/feature_sd", level.dims());
  for (const double sd : level.feature_sd) {
    if (sd < 0.0) throw bad_tensor(name + "/feature_sd", "holds a negative number");
  }
  level.rows = get_rows(file, name + "/rows", level.dims());
  return level;
}

}  // namespace isoscan::domain
