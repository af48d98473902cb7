#include "isoscan/domain/reference.hpp"
#include "isoscan/domain/scan_summary.hpp"
#include "isoscan/harmonize/reference_scans.hpp"
#ifdef ISOSCAN_FUZZ_SITE
#include "isoscan/domain/site.hpp"
#include "isoscan/transport/fitted_map.hpp"
#endif

#include "judge.hpp"
#include "targets.hpp"

namespace isoscan::fuzz {

void model(std::string_view bytes) {
  core::TensorFile file;
  judged([&] { file = core::from_safetensors(bytes); });
  judged([&] {
    const domain::ReferencePackage reference = domain::reference_package(file);
    const domain::ReferenceLevel& level = reference.level(domain::working_spacing_mm(reference, 1.25));
    (void)domain::distances(level.pooled, level.pooled);
    (void)domain::pool({&level.pooled}, 10, 0);
    (void)domain::digest(reference);
  });
  judged([&] {
    const domain::ScanSummary summary = domain::scan_summary(file);
    for (const domain::LevelSummary& one : summary.levels) (void)domain::pool({&one}, 10, 0);
  });
  judged([&] {
    const harmonize::ReferenceScans scans = harmonize::reference_scans(file);
    for (const harmonize::PackedScan& scan : scans.scans) (void)harmonize::unpack(scan);
  });
#ifdef ISOSCAN_FUZZ_SITE
  judged([&] {
    const domain::SiteModel site = domain::site_model(file);
    if (domain::lacks_package(site)) return;
    (void)domain::distances(site.site, site.reference);
    if (site.method != domain::Method::Gaussian && site.method != domain::Method::Enot) return;
    const transport::FittedMap map = transport::FittedMap::from_tensors(site.map);
    transport::Rows rows(4, static_cast<std::int64_t>(site.map_columns.size()), 0.5F);
    (void)map.displacement(rows);
  });
#endif
}

}  // namespace isoscan::fuzz
