#include "isoscan/domain/site.hpp"

#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"
#include "isoscan/domain/atlas_file.hpp"
#include "isoscan/transport/fitted_map.hpp"

#include "tensors.hpp"

namespace isoscan::domain {

namespace {

constexpr const char* kKind = "isoscan site model";
constexpr const char* kMapPrefix = "map/";
constexpr double kSameSpacing = 0.01;  // share by which two spacings may differ and count as one

core::Error bad(const std::string& what) {
  return {core::ErrorKind::Input, core::printable(what)};
}

std::vector<float> get_finite_floats(const core::TensorFile& file, const std::string& name) {
  const core::Tensor& tensor = file.at(name);
  if (tensor.dtype != core::DType::F32 || tensor.shape.size() != 1)
    throw bad("tensor \"" + name + "\" should be a list of 32-bit floats");
  std::vector<float> values = tensor.floats();
  for (const float v : values) {
    if (!std::isfinite(v)) throw bad("tensor \"" + name + "\" holds what is no number");
  }
  return values;
}

Method method_of(const std::string& word) {
  try {
    return method_named(word);
  } catch (const core::Error& error) {  // here it is no mistake of the user's
    throw bad(std::string("entry \"method\": ") + error.what());
  }
}

bool matches(Method method) {
  return method == Method::TwoPassHistogramMatch || method == Method::Gaussian || method == Method::Enot ||
         method == Method::Restore;
}

bool maps(Method method) {
  return method == Method::Gaussian || method == Method::Enot;
}

/// Empty parts fit.
void require_fit(const SiteModel& model, const LevelSummary& level, const std::string& name) {
  if (level.quantiles.empty()) return;
  if (std::abs(level.spacing_mm - model.spacing_mm) > kSameSpacing * model.spacing_mm) {
    throw bad("tensor \"" + name + "/spacing_mm\" is not the model's spacing");
  }
  if (level.dims() != model.reference.dims()) {
    throw bad("tensor \"" + name + "/feature_mean\" has other columns than the reference's");
  }
}

/// The columns that the map reads begin with all bands, and the map has as many.
void require_map_fits(const SiteModel& model) {
  if (model.band_sd_mm != model.reference.band_sd_mm) {
    throw bad("tensor \"band_sd_mm\" is not the reference's");
  }
  const std::size_t bands = model.band_sd_mm.size() + 1;
  const std::size_t columns = model.map_columns.size();
  if (columns < bands || columns > model.reference.dims()) {
    throw bad("the entries \"map_column\" name " + std::to_string(columns) + " columns, of " +
              std::to_string(bands) + " bands");
  }
  for (std::size_t b = 0; b < bands; ++b) {
    if (model.map_columns[b] != "band" + std::to_string(b)) {
      throw bad("the entries \"map_column\" do not begin with the bands in order");
    }
  }
  if (model.map.tensors.empty()) throw bad("the site model lacks its transport map");
  const std::int64_t dim = transport::FittedMap::from_tensors(model.map).dim();
  if (dim != static_cast<std::int64_t>(columns)) {
    throw bad("the map has " + std::to_string(dim) + " columns, the entries \"map_column\" name " +
              std::to_string(columns));
  }
}

bool holds(const core::TensorFile& file, const std::string& name) {
  const auto found = file.tensors.lower_bound(name);
  return found != file.tensors.end() && found->first.starts_with(name);
}

/// The site's own restorer, what the shared one makes of its vector, or both.
void get_restorers(const core::TensorFile& file, SiteModel& model) {
  const bool shared = holds(file, "site_vector") || holds(file, "shared_restorer/");
  if (!shared || holds(file, "restorer/")) model.restorer = get_restorer(file, "restorer");
  if (!shared) return;
  model.site_vector = get_finite_floats(file, "site_vector");
  model.shared_restorer = get_restorer(file, "shared_restorer");
  model.reference_restorer = get_restorer(file, "reference_restorer");
  model.shared_share = get_number(file, "shared_share", 0.0, 1.0);
  const Restorer& of_site = model.shared_restorer;
  const Restorer& of_reference = model.reference_restorer;
  if (of_reference.hidden != of_site.hidden || of_reference.row_mean != of_site.row_mean ||
      of_reference.row_scale != of_site.row_scale || of_reference.scale != of_site.scale)
    throw bad("tensor \"reference_restorer/row_mean\" does not fit the shared restorer");
  if (!model.restorer.empty() && model.restorer.dims != of_site.dims)
    throw bad("tensor \"restorer/row_mean\" does not fit the shared restorer");
  std::size_t channels = of_reference.row_mean.size();
  for (const int width : of_reference.hidden) channels += static_cast<std::size_t>(width);
  if (model.site_vector.size() != 2 * channels)
    throw bad("tensor \"site_vector\" does not fit the shared restorer");
}

}  // namespace

Rung rung_of(const SiteModel& model) {
  if (model.site_vector.empty()) return Rung::PerSite;
  return model.restorer.empty() ? Rung::ZeroShot : Rung::Averaged;
}

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
  if (!model.look.empty()) {
    put_lines(file, "look_name", model.look.names);
    put(file, "look_mean", model.look.mean);
    if (!model.look.sd.empty()) put(file, "look_sd", model.look.sd);
  }
  put(file, "plausibility", model.plausibility);
  put_lines(file, "warning", model.warnings);
  if (model.method == Method::Restore) {
    put(file, "atlas", model.atlas);
    put(file, "acquisition", model.acquisition);
    put(file, "patch_ball", model.patch_ball);
    put(file, "patch_surroundings", model.patch_surroundings);
    if (!model.restorer.empty()) put(file, "restorer", model.restorer);
    if (!model.site_vector.empty()) {
      file.tensors["site_vector"] =
          core::Tensor::of({static_cast<std::int64_t>(model.site_vector.size())}, model.site_vector);
      put(file, "shared_restorer", model.shared_restorer);
      put(file, "reference_restorer", model.reference_restorer);
      put(file, "shared_share", model.shared_share);
    }
    put(file, "detail_gain", model.detail_gain);
    put(file, "surprise", model.surprise);
    put(file, "null_surprise", model.null_surprise);
    put_ranges(file, "made_range", model.made_ranges);
    put(file, "made_people", static_cast<double>(model.made_people));
    if (!model.errors.empty()) put(file, "errors", model.errors);
  }
  for (const auto& [key, value] : model.map.metadata) file.metadata[kMapPrefix + key] = value;
  for (const auto& [key, value] : model.map.tensors) file.tensors[kMapPrefix + key] = value;
  return file;
}

SiteModel site_model(const core::TensorFile& file) {
  check_stamp(file, kKind);
  SiteModel model;
  model.software = text(file, "software");
  model.method = method_of(text(file, "method"));
  model.reference_digest = text(file, "reference_digest");
  model.seed = whole_number(file, "seed");
  model.scans = count_of_scans(file);
  model.no_change_needed = text(file, "no_change_needed") == "true";
  if (!model.no_change_needed && text(file, "no_change_needed") != "false") {
    throw bad("entry \"no_change_needed\" is neither true nor false");
  }
  model.spacing_mm = get_spacing(file, "spacing_mm");
  const Presence matching = matches(model.method) ? Presence::Required : Presence::Optional;
  model.reference = get_level(file, "reference");
  model.site = get_level(file, "site");
  model.site_corrected = get_level(file, "site_corrected", matching);
  model.site_matched = get_level(file, "site_matched", matching);
  require_fit(model, model.reference, "reference");
  require_fit(model, model.site, "site");
  require_fit(model, model.site_corrected, "site_corrected");
  require_fit(model, model.site_matched, "site_matched");
  model.nyul_landmarks = get(file, "nyul_landmarks", kLandmarkCount);
  model.reference_ranges = get_ranges(file, "reference_range");
  model.histogram_low = get(file, "histogram_low", core::kTissueCount * kHistogramBins);
  model.histogram_high = get(file, "histogram_high", core::kTissueCount * kHistogramBins);
  model.band_sd_mm = get_band_sds(file, "band_sd_mm");
  model.shrinkage = get_number(file, "shrinkage", 0.0, 1.0);
  model.distance_before = get_numbers(file, "distance_before");
  model.distance_after = get_numbers(file, "distance_after");
  model.map_columns = get_lines(file, "map_column");
  model.look.names = get_lines(file, "look_name");
  if (!model.look.names.empty()) {
    model.look.scans = model.scans;
    model.look.mean = get(file, "look_mean", model.look.names.size());
    if (holds(file, "look_sd")) model.look.sd = get(file, "look_sd", model.look.names.size());
  }
  model.plausibility = get_plausibility(file, "plausibility");
  model.warnings = get_lines(file, "warning");
  const std::string prefix = kMapPrefix;
  for (const auto& [key, value] : file.metadata) {
    if (key.starts_with(prefix)) model.map.metadata[key.substr(prefix.size())] = value;
  }
  for (const auto& [key, value] : file.tensors) {
    if (key.starts_with(prefix)) model.map.tensors[key.substr(prefix.size())] = value;
  }
  if (maps(model.method)) require_map_fits(model);
  if (model.method == Method::Restore) {
    model.atlas = get_atlas(file, "atlas");
    model.acquisition = get_acquisition(file, "acquisition");
    model.patch_ball = static_cast<int>(get_number(file, "patch_ball", 1.0, 36.0));
    model.patch_surroundings = get_band_sds(file, "patch_surroundings");
    get_restorers(file, model);
    model.detail_gain = get_number(file, "detail_gain", 0.5, 4.0);
    model.surprise = get_number(file, "surprise", 0.0, 1e12);
    model.null_surprise = get(file, "null_surprise");
    model.made_ranges = get_ranges(file, "made_range");
    if (file.tensors.count("made_people") > 0)
      model.made_people = static_cast<int>(get_number(file, "made_people", 0.0, 1e6));
    // A table of which nothing is there is none; of which something is there, all must be.
    const auto found = file.tensors.lower_bound("errors/");
    if (found != file.tensors.end() && found->first.starts_with("errors/"))
      model.errors = get_error_table(file, "errors");
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
