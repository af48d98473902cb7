// Packages and models of every kind, as the domain's own tests make them.
#include "isoscan/core/tensor_file.hpp"
#include "isoscan/harmonize/reference_scans.hpp"

#include "../domain/made_models.hpp"
#include "seeds.hpp"

namespace isoscan::fuzz {

namespace {

/// Two scans of a few voxels.
harmonize::ReferenceScans reference_scans() {
  harmonize::ReferenceScans scans;
  scans.source_digest = "abc";
  scans.spacing_mm = 2.0;
  for (const std::uint8_t value : {std::uint8_t{100}, std::uint8_t{200}}) {
    harmonize::PackedScan scan;
    scan.grid.size = {3, 2, 2};
    scan.grid.world_from_voxel.matrix = {2, 0, 0, 0, 2, 0, 0, 0, 2};
    scan.region = {0, 1, 1, 1, 2, 1, 1, 2, 1, 0, 1, 0};
    scan.image.assign(2 * 9, value);
    scan.posterior = {value, 55, 0, 255};
    scans.scans.push_back(scan);
  }
  return scans;
}

}  // namespace

std::vector<Seed> model_seeds() {
  std::vector<Seed> seeds;
  domain::ReferencePackage package = domain::package();
  for (domain::ReferenceLevel& level : package.levels) level.pooled.rows.resize(level.pooled.dims() * 4);
  package.levels.resize(2);
  seeds.push_back({"reference", core::to_safetensors(domain::to_tensors(package))});
  domain::ScanSummary summary;
  summary.levels = {domain::level(1.0, 1, 3), domain::level(1.5, 2, 3)};
  summary.corrected = {domain::level(1.5, 4, 0)};
  summary.acquisition = {domain::evidence()};
  seeds.push_back({"summary", core::to_safetensors(domain::to_tensors(summary))});
  seeds.push_back({"scans", core::to_safetensors(harmonize::to_tensors(reference_scans()))});
#ifdef ISOSCAN_FUZZ_SITE
  for (const domain::Method method : {domain::Method::Gaussian, domain::Method::Enot,
                                      domain::Method::TwoPassHistogramMatch, domain::Method::Restore}) {
    seeds.push_back({"site-" + std::string(domain::name(method)),
                     core::to_safetensors(domain::to_tensors(domain::site(method)))});
    seeds.push_back(
        {"site-alone-" + std::string(domain::name(method)),
         core::to_safetensors(domain::to_tensors(domain::site(method), domain::SiteContent::SiteAlone))});
  }
#endif
  return seeds;
}

}  // namespace isoscan::fuzz
