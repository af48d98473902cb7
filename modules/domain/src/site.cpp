#include "isoscan/domain/site.hpp"

#include "isoscan/core/error.hpp"

#include "tensors.hpp"

namespace isoscan::domain {

namespace {

constexpr const char* kKind = "isoscan site model";
constexpr const char* kMapPrefix = "map/";

}  // namespace

core::TensorFile to_tensors(const SiteModel& model) {
  core::TensorFile file;
  stamp(file, kKind);
  file.metadata["software"] = model.software;
  file.metadata["method"] = std::string(name(model.method));
  file.metadata["reference_digest"] = model.reference_digest;
  file.metadata["seed"] = std::to_string(model.seed);
  file.metadata["scans"] = std::to_string(model.scans);
  file.metadata["no_change_needed"] = model.no_change_needed ? "true" : "false";
  put(file, "spacing_mm", model.spacing_mm);
  put(file, "site", model.site);
  put(file, "site_corrected", model.site_corrected);
  put(file, "site_matched", model.site_matched);
  put(file, "reference", model.reference);
  put(file, "nyul_landmarks", model.nyul_landmarks);
  put_ranges(file, "reference_range", model.reference_ranges);
  put(file, "histogram_low", model.histogram_low);
  put(file, "histogram_high", model.histogram_high);
  put(file, "band_sd_mm", model.band_sd_mm);
  put(file, "shrinkage", model.shrinkage);
  put_map(file, "distance_before", model.distance_before);
  put_map(file, "distance_after", model.distance_after);
  put_lines(file, "map_column", model.map_columns);
  put_lines(file, "warning", model.warnings);
  for (const auto& [key, value] : model.map.metadata) file.metadata[kMapPrefix + key] = value;
  for (const auto& [key, value] : model.map.tensors) file.tensors[kMapPrefix + key] = value;
  return file;
}

SiteModel site_model(const core::TensorFile& file) {
  check_stamp(file, kKind);
  SiteModel model;
  model.software = text(file, "software");
  model.method = method_named(text(file, "method"));
  model.reference_digest = text(file, "reference_digest");
  model.seed = whole_number(file, "seed");
  model.scans = static_cast<int>(whole_number(file, "scans"));
  model.no_change_needed = text(file, "no_change_needed") == "true";
  model.spacing_mm = get_number(file, "spacing_mm");
  model.site = get_level(file, "site");
  model.site_corrected = get_level(file, "site_corrected");
  model.site_matched = get_level(file, "site_matched");
  model.reference = get_level(file, "reference");
  model.nyul_landmarks = get(file, "nyul_landmarks");
  model.reference_ranges = get_ranges(file, "reference_range");
  model.histogram_low = get(file, "histogram_low");
  model.histogram_high = get(file, "histogram_high");
  model.band_sd_mm = get(file, "band_sd_mm");
  model.shrinkage = get_number(file, "shrinkage");
  model.distance_before = get_numbers(file, "distance_before");
  model.distance_after = get_numbers(file, "distance_after");
  model.map_columns = get_lines(file, "map_column");
  model.warnings = get_lines(file, "warning");
  const std::string prefix = kMapPrefix;
  for (const auto& [key, value] : file.metadata) {
    if (key.starts_with(prefix)) model.map.metadata[key.substr(prefix.size())] = value;
  }
  for (const auto& [key, value] : file.tensors) {
    if (key.starts_with(prefix)) model.map.tensors[key.substr(prefix.size())] = value;
  }
  const bool wants_map = model.method == Method::Gaussian || model.method == Method::Enot;
  if (wants_map && model.map.tensors.empty()) {
    throw core::Error(core::ErrorKind::Input, "the site model lacks its transport map");
  }
  return model;
}

void save(const SiteModel& model, const boost::filesystem::path& file) {
  core::TensorFile content = to_tensors(model);
  core::seal(content);
  core::write_tensor_file(file, content);
}

SiteModel load_site(const boost::filesystem::path& file) {
  const core::TensorFile content = core::read_tensor_file(file);
  try {
    check_stamp(content, kKind);  // what it is comes before whether it is sound
    core::check_seal(content);
    return site_model(content);
  } catch (const core::Error& error) {
    throw error.within(file.filename().string());
  }
}

}  // namespace isoscan::domain
