// Packages and models of every kind, as the domain's own tests make them.
#include "isoscan/core/tensor_file.hpp"

#include "../domain/made_models.hpp"
#include "seeds.hpp"

namespace isoscan::fuzz {

std::vector<Seed> model_seeds() {
  std::vector<Seed> seeds;
  domain::ReferencePackage package = domain::package();
  for (domain::ReferenceLevel& level : package.levels) level.pooled.rows.resize(level.pooled.dims() * 4);
  package.levels.resize(2);
  seeds.push_back({"reference", core::to_safetensors(domain::to_tensors(package))});
  domain::ScanSummary summary;
  summary.levels = {domain::level(1.0, 1, 3), domain::level(1.5, 2, 3)};
  summary.corrected = {domain::level(1.5, 4, 0)};
  seeds.push_back({"summary", core::to_safetensors(domain::to_tensors(summary))});
#ifdef ISOSCAN_FUZZ_SITE
  for (const domain::Method method :
       {domain::Method::Gaussian, domain::Method::Enot, domain::Method::TwoPassHistogramMatch})
    seeds.push_back({"site-" + std::string(domain::name(method)),
                     core::to_safetensors(domain::to_tensors(domain::site(method)))});
#endif
  return seeds;
}

}  // namespace isoscan::fuzz
