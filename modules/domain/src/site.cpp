#include "isoscan/domain/site.hpp"

#include <cmath>

#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"
#include "isoscan/domain/atlas_file.hpp"
#include "isoscan/domain/contents.hpp"

#include "site_checks.hpp"
#include "tensors.hpp"

namespace isoscan::domain {

namespace {

constexpr const char* kKind = "isoscan site model";
constexpr const char* kMapPrefix = "map/";
constexpr const char* kContent = "content";
constexpr const char* kSiteAlone = "site alone";
constexpr int kSiteAloneFormat = 3;
constexpr int kRefinedFormat = 4;

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

/// Reads the quantiles of SiteModel::site_corrected.
bool reads_corrected(Method method) {
  return method == Method::TwoPassHistogramMatch || method == Method::Gaussian || method == Method::Enot;
}

/// Of earlier versions there is no such entry.
int count_of_people(const core::TensorFile& file, int scans) {
  const std::uint64_t people = whole_number(file, "people");
  if (people < 1 || people > static_cast<std::uint64_t>(scans)) throw bad("entry \"people\" is out of range");
  return static_cast<int>(people);
}

bool is_site_alone(const core::TensorFile& file) {
  const auto found = file.metadata.find(kContent);
  if (found == file.metadata.end()) return false;
  if (found->second != kSiteAlone)
    throw bad("entry \"content\" is none that is known: update, or adapt again");
  return true;
}

void put_floats(core::TensorFile& file, const std::string& name, const std::vector<float>& values) {
  file.tensors[name] = core::Tensor::of({static_cast<std::int64_t>(values.size())}, values);
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
  if (holds(file, "site_code")) model.site_code = get_finite_floats(file, "site_code");
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

/// Of a file that leaves the shared restorer to the package.
void get_code_and_restorer(const core::TensorFile& file, SiteModel& model) {
  const bool told = holds(file, "site_code") || holds(file, "site_vector");
  if (!told || holds(file, "restorer/")) model.restorer = get_restorer(file, "restorer");
  if (!told) return;
  if (holds(file, "site_code")) {
    model.site_code = get_finite_floats(file, "site_code");
    if (model.site_code.empty()) throw bad("tensor \"site_code\" is empty");
  } else {
    model.site_vector = get_finite_floats(file, "site_vector");
    if (model.site_vector.empty()) throw bad("tensor \"site_vector\" is empty");
  }
  model.shared_share = get_number(file, "shared_share", 0.0, 1.0);
}

void put_refinement(core::TensorFile& file, const SiteModel& model) {
  put_map(file, "rung_evidence", model.rung_evidence);
  if (model.kept_rung != Rung::ZeroShot) file.metadata["rung"] = std::string(name(model.kept_rung));
  if (!model.shared_parameters.empty()) put_floats(file, "shared_parameters", model.shared_parameters);
}

void get_refinement(const core::TensorFile& file, SiteModel& model) {
  model.rung_evidence = get_numbers(file, "rung_evidence");
  const auto word = file.metadata.find("rung");
  if (word != file.metadata.end()) {
    if (word->second == name(Rung::Vector)) model.kept_rung = Rung::Vector;
    if (word->second == name(Rung::Weights)) model.kept_rung = Rung::Weights;
    if (model.kept_rung == Rung::ZeroShot) throw bad("entry \"rung\" is none that a site is refined by");
    if (model.site_code.empty()) throw bad("entry \"rung\" is of a site without a code");
  }
  const bool own = holds(file, "shared_parameters");
  if (own != (model.kept_rung == Rung::Weights))
    throw bad("tensor \"shared_parameters\" does not fit the site's rung");
  if (own) model.shared_parameters = get_finite_floats(file, "shared_parameters");
}

/// What belongs to the reference and not to the site.
void put_package_part(core::TensorFile& file, const SiteModel& model) {
  put(file, "site", model.site);
  put(file, "site_matched", model.site_matched);
  put(file, "reference", model.reference);
  put(file, "nyul_landmarks", model.nyul_landmarks);
  put_ranges(file, "reference_range", model.reference_ranges);
  put(file, "histogram_low", model.histogram_low);
  put(file, "histogram_high", model.histogram_high);
  put(file, "plausibility", model.plausibility);
  if (model.method != Method::Restore) return;
  put(file, "atlas", model.atlas);
  if (model.site_vector.empty()) return;
  put(file, "shared_restorer", model.shared_restorer);
  put(file, "reference_restorer", model.reference_restorer);
}

void get_package_part(const core::TensorFile& file, SiteModel& model) {
  const Presence corrected = reads_corrected(model.method) ? Presence::Required : Presence::Optional;
  model.reference = get_level(file, "reference");
  // Nobody reads these of a model; one that was completed has none.
  model.site = get_level(file, "site", Presence::Optional);
  model.site_matched = get_level(file, "site_matched", Presence::Optional);
  model.site_corrected = get_level(file, "site_corrected", corrected);
  model.nyul_landmarks = get(file, "nyul_landmarks", kLandmarkCount);
  model.reference_ranges = get_ranges(file, "reference_range");
  model.histogram_low = get(file, "histogram_low", core::kTissueCount * kHistogramBins);
  model.histogram_high = get(file, "histogram_high", core::kTissueCount * kHistogramBins);
  model.plausibility = get_plausibility(file, "plausibility");
  if (model.method == Method::Restore) model.atlas = get_atlas(file, "atlas");
}

}  // namespace

bool lacks_package(const SiteModel& model) {
  return model.reference.quantiles.empty();
}

Rung rung_of(const SiteModel& model) {
  if (model.site_vector.empty() && model.site_code.empty()) return Rung::PerSite;
  return model.restorer.empty() ? model.kept_rung : Rung::Averaged;
}

core::TensorFile to_tensors(const SiteModel& model, SiteContent content) {
  const bool alone = content == SiteContent::SiteAlone;
  core::TensorFile file;
  if (alone) {
    stamp(file, kKind, model.rung_evidence.empty() ? kSiteAloneFormat : kRefinedFormat);
    file.metadata[kContent] = kSiteAlone;
  } else {
    if (model.rung_evidence.empty()) {
      stamp(file, kKind);
    } else {
      stamp(file, kKind, kRefinedFormat);
    }
    put_package_part(file, model);
  }
  file.metadata["software"] = model.software;
  file.metadata["method"] = std::string(name(model.method));
  file.metadata["reference_digest"] = model.reference_digest;
  file.metadata["seed"] = std::to_string(model.seed);
  file.metadata["scans"] = std::to_string(model.scans);
  if (model.people > 0) file.metadata["people"] = std::to_string(model.people);
  file.metadata["no_change_needed"] = model.no_change_needed ? "true" : "false";
  put(file, "spacing_mm", model.spacing_mm);
  if (!alone || reads_corrected(model.method)) put(file, "site_corrected", model.site_corrected);
  put(file, "band_sd_mm", model.band_sd_mm);
  put(file, "shrinkage", model.shrinkage);
  put_map(file, "distance_before", model.distance_before);
  put_map(file, "distance_after", model.distance_after);
  put_lines(file, "map_column", model.map_columns);
  if (!model.look.empty()) {
    put_lines(file, "look_name", model.look.names);
    put(file, "look_mean", model.look.mean);
    if (!model.look.sd.empty()) put(file, "look_sd", model.look.sd);
    if (!model.reference_look.empty()) put(file, "reference_look_mean", model.reference_look.mean);
  }
  put_lines(file, "warning", model.warnings);
  if (model.method == Method::Restore) {
    if (alone) put(file, "by_atlas", model.by_atlas || !model.atlas.empty() ? 1.0 : 0.0);
    put(file, "acquisition", model.acquisition);
    put(file, "patch_ball", model.patch_ball);
    put(file, "patch_surroundings", model.patch_surroundings);
    if (!model.restorer.empty()) put(file, "restorer", model.restorer);
    if (rung_of(model) != Rung::PerSite) {
      if (!model.site_code.empty()) put_floats(file, "site_code", model.site_code);
      if (!alone || model.site_code.empty()) put_floats(file, "site_vector", model.site_vector);
      put(file, "shared_share", model.shared_share);
      put_refinement(file, model);
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
  if (file.metadata.count("people") > 0) model.people = count_of_people(file, model.scans);
  model.no_change_needed = text(file, "no_change_needed") == "true";
  if (!model.no_change_needed && text(file, "no_change_needed") != "false") {
    throw bad("entry \"no_change_needed\" is neither true nor false");
  }
  model.spacing_mm = get_spacing(file, "spacing_mm");
  const bool alone = is_site_alone(file);
  if (!alone) {
    get_package_part(file, model);
  } else if (reads_corrected(model.method)) {
    model.site_corrected = get_level(file, "site_corrected");
  }
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
    if (holds(file, "reference_look_mean")) {
      model.reference_look.names = model.look.names;
      model.reference_look.mean = get(file, "reference_look_mean", model.look.names.size());
    }
  }
  model.warnings = get_lines(file, "warning");
  const std::string prefix = kMapPrefix;
  for (const auto& [key, value] : file.metadata) {
    if (key.starts_with(prefix)) model.map.metadata[key.substr(prefix.size())] = value;
  }
  for (const auto& [key, value] : file.tensors) {
    if (key.starts_with(prefix)) model.map.tensors[key.substr(prefix.size())] = value;
  }
  if (!alone) require_fits_reference(model);
  if (model.method == Method::Restore) {
    if (alone) model.by_atlas = get_number(file, "by_atlas", 0.0, 1.0) > 0.0;
    model.acquisition = get_acquisition(file, "acquisition");
    model.patch_ball = static_cast<int>(get_number(file, "patch_ball", 1.0, 36.0));
    model.patch_surroundings = get_band_sds(file, "patch_surroundings");
    if (alone) {
      get_code_and_restorer(file, model);
    } else {
      get_restorers(file, model);
    }
    get_refinement(file, model);
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

void save(const SiteModel& model, const boost::filesystem::path& file, SiteContent content) {
  core::TensorFile tensors = to_tensors(model, content);
  core::seal(tensors);
  check_contents(tensors, FileKind::SiteModel);
  core::write_tensor_file(file, tensors);
}

SiteModel load_site(const boost::filesystem::path& file) {
  const core::TensorFile content = core::read_tensor_file(file);
  try {
    check_stamp(content, kKind);  // what it is comes before whether it is sound
    core::check_seal(content);
    check_contents(content, FileKind::SiteModel);
    return site_model(content);
  } catch (const core::Error& error) {
    throw error.within(file.filename().string());
  }
}

}  // namespace isoscan::domain
