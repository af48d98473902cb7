// What one scan tells of its acquisition.
#include <algorithm>
#include <cmath>
#include <utility>

#include "isoscan/core/smooth.hpp"
#include "isoscan/features/fine_structure.hpp"
#include "isoscan/harmonize/acquisition.hpp"
#include "isoscan/preprocess/morphology.hpp"
#include "isoscan/preprocess/tissue.hpp"

namespace isoscan::harmonize {

namespace {

using domain::AcquisitionEvidence;

constexpr double kCsfDepth = 6.0;  // mm below the brain's surface, where no rim of the mask is taken for CSF
constexpr double kCsfQuantile = 0.1;

/// Where the brain is white matter through and through, and elsewhere: weights that sum to one.
std::vector<core::Volume> flat_and_elsewhere(const core::Volume& white, const core::Mask& brain,
                                             const core::Context& context) {
  constexpr double kSurroundings = 1.5;  // voxels
  constexpr double kPower = 12.0;        // only where all around is white matter
  core::Volume flat = core::gaussian_in(white, brain, kSurroundings * white.grid.spacing_mm()[0], context);
  core::Volume elsewhere(white.grid);
  for (std::size_t n = 0; n < flat.voxels.size(); ++n) {
    flat.voxels[n] =
        static_cast<float>(std::pow(std::clamp(static_cast<double>(flat.voxels[n]), 0.0, 1.0), kPower));
    elsewhere.voxels[n] = 1.0F - flat.voxels[n];
  }
  return {std::move(flat), std::move(elsewhere)};
}

/// The brightness that a tenth of the surely CSF deep in the brain lies below: ventricles, not thin sulci.
/// `otherwise` where there is none.
double pure_csf_of(const core::Volume& image, const core::Volume& csf, const core::Mask& brain,
                   double otherwise) {
  const core::Mask deep = preprocess::erode(brain, kCsfDepth);
  std::vector<std::pair<float, double>> voxels;
  double weight = 0.0;
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    const double p = csf.voxels[n];
    if (deep.voxels[n] == 0 || !(p > 0.0)) continue;
    voxels.emplace_back(image.voxels[n], p * p * p * p);
    weight += voxels.back().second;
  }
  std::sort(voxels.begin(), voxels.end());
  double sum = 0.0;
  for (const auto& voxel : voxels) {
    sum += voxel.second;
    if (sum >= kCsfQuantile * weight) return std::max(1e-3, static_cast<double>(voxel.first));
  }
  return otherwise;
}

}  // namespace

AcquisitionEvidence acquisition_evidence(const core::Volume& corrected, const core::Mask& brain,
                                         const core::Context& context) {
  const preprocess::TissueFit fit = preprocess::classify_tissue(corrected, brain, context);
  core::Volume image = corrected;
  const auto white = static_cast<float>(preprocess::white_matter_level(image, fit.maps));
  for (float& v : image.voxels) v /= white;
  AcquisitionEvidence evidence;
  for (std::size_t t = 0; t < evidence.tissue_mean.size(); ++t) {
    const std::vector<float>& posterior = fit.maps.posterior[t].voxels;
    double weight = 0.0;
    double sum = 0.0;
    for (std::size_t n = 0; n < image.voxels.size(); ++n) {
      if (brain.voxels[n] == 0) continue;
      const double p = posterior[n];
      weight += p * p * p * p;  // the purer the better, no threshold (summarize.cpp)
      sum += p * p * p * p * static_cast<double>(image.voxels[n]);
    }
    evidence.tissue_mean[t] = std::max(1e-3, sum / std::max(1e-9, weight));
  }
  constexpr auto kCsf = static_cast<std::size_t>(core::Tissue::Csf);
  evidence.pure_csf = pure_csf_of(image, fit.maps.posterior[kCsf], brain, evidence.tissue_mean[kCsf]);
  evidence.fine_structure = features::fine_structure(image, brain, context).value;
  std::vector<features::FineStructure> parts = features::fine_structure_of(
      image, brain, flat_and_elsewhere(fit.maps[core::Tissue::WhiteMatter], brain, context), context);
  evidence.flat_structure = std::move(parts[0].value);
  evidence.edge_structure = std::move(parts[1].value);
  return evidence;
}

}  // namespace isoscan::harmonize
