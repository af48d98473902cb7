#include "isoscan/domain/acquisition.hpp"

#include "isoscan/core/error.hpp"

#include "tensors.hpp"

namespace isoscan::domain {

namespace {

constexpr double kLeastContrast = 0.05;
constexpr double kMostContrast = 20.0;
constexpr double kMostBlur = 100.0;  // voxels squared
constexpr double kMostNoise = 1.0;   // variance
constexpr double kLargestTap = 100.0;
constexpr std::size_t kNumbers = 14;  // seven estimates

/// Empty, or an odd cube of taps.
std::vector<double> get_taps(const core::TensorFile& file, const std::string& name) {
  std::vector<double> taps = get(file, name);
  bool fits = taps.empty();
  for (std::size_t reach = 0; reach <= static_cast<std::size_t>(kLargestTapReach) && !fits; ++reach) {
    const std::size_t edge = 2 * reach + 1;
    fits = taps.size() == edge * edge * edge;
  }
  if (!fits) throw core::Error(core::ErrorKind::Input, "tensor \"" + name + "\" holds no cube of taps");
  for (const double t : taps) {
    if (!(t >= -kLargestTap && t <= kLargestTap))
      throw core::Error(core::ErrorKind::Input, "tensor \"" + name + "\" holds no taps");
  }
  return taps;
}

}  // namespace

void put(core::TensorFile& file, const std::string& name, const Acquisition& acquisition) {
  std::vector<double> all;
  const auto add = [&](const Estimate& e) {
    all.push_back(e.value);
    all.push_back(e.sd);
  };
  for (const Estimate& e : acquisition.contrast) add(e);
  for (const Estimate& e : acquisition.blur) add(e);
  add(acquisition.noise_variance);
  put(file, name, all);
  put(file, name + "/detail", acquisition.detail);
  put(file, name + "/noise_colour", acquisition.noise_colour);
  put(file, name + "/finer", std::vector<double>(acquisition.finer.begin(), acquisition.finer.end()));
}

Acquisition get_acquisition(const core::TensorFile& file, const std::string& name) {
  const std::vector<double> all = get(file, name, kNumbers);
  std::size_t at = 0;
  const auto take = [&](double low, double high) {
    const Estimate e{all[at], all[at + 1]};
    at += 2;
    if (!(e.value >= low && e.value <= high && e.sd >= 0.0))
      throw core::Error(core::ErrorKind::Input, "tensor \"" + name + "\" holds no acquisition");
    return e;
  };
  Acquisition acquisition;
  for (Estimate& e : acquisition.contrast) e = take(kLeastContrast, kMostContrast);
  for (Estimate& e : acquisition.blur) e = take(-kMostBlur, kMostBlur);
  acquisition.noise_variance = take(0.0, kMostNoise);
  acquisition.detail = get_taps(file, name + "/detail");
  acquisition.noise_colour = get_taps(file, name + "/noise_colour");
  const std::vector<double> finer = get(file, name + "/finer", acquisition.finer.size());
  for (std::size_t a = 0; a < finer.size(); ++a) {
    if (!(finer[a] >= -kMostBlur && finer[a] <= 0.0))
      throw core::Error(core::ErrorKind::Input, "tensor \"" + name + "/finer\" holds no point spread");
    acquisition.finer[a] = finer[a];
  }
  return acquisition;
}

void put(core::TensorFile& file, const std::string& name, const AcquisitionEvidence& evidence) {
  put(file, name + "/fine_structure", evidence.fine_structure);
  put(file, name + "/flat_structure", evidence.flat_structure);
  put(file, name + "/edge_structure", evidence.edge_structure);
  put(file, name + "/tissue_mean",
      std::vector<double>(evidence.tissue_mean.begin(), evidence.tissue_mean.end()));
  put(file, name + "/pure_csf", evidence.pure_csf);
}

AcquisitionEvidence get_acquisition_evidence(const core::TensorFile& file, const std::string& name) {
  AcquisitionEvidence evidence;
  evidence.fine_structure = get(file, name + "/fine_structure");
  evidence.flat_structure = get(file, name + "/flat_structure", evidence.fine_structure.size());
  evidence.edge_structure = get(file, name + "/edge_structure", evidence.fine_structure.size());
  const std::vector<double> mean = get(file, name + "/tissue_mean", evidence.tissue_mean.size());
  for (std::size_t t = 0; t < mean.size(); ++t) {
    if (!(mean[t] > 0.0))
      throw core::Error(core::ErrorKind::Input, "tensor \"" + name + "/tissue_mean\" holds no brightness");
    evidence.tissue_mean[t] = mean[t];
  }
  evidence.pure_csf = get_number(file, name + "/pure_csf", 1e-6, 1e6);
  return evidence;
}

}  // namespace isoscan::domain
