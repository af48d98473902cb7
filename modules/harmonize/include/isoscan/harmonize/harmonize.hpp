/// @file Learn a reference, learn a site, bring a scan over. Scans come in as Prepared
/// (preprocess/prepare.hpp); what is learnt is summed up scan by scan, so that memory does not grow with
/// their number.
///
///   reference:  summarize(prepared, ladder) for each scan -> fit_reference(summaries) -> ReferencePackage
///   site:       summarize_for_site(prepared, package, method) for each scan -> fit_site(summaries) ->
///   SiteModel apply:      harmonized_image(prepared, model) -> write_back(native, prepared, image)
///   (write_back.hpp)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"
#include "isoscan/domain/reference.hpp"
#include "isoscan/domain/scan_summary.hpp"
#include "isoscan/domain/site.hpp"
#include "isoscan/features/bands.hpp"
#include "isoscan/harmonize/reference_scans.hpp"
#include "isoscan/harmonize/restoration.hpp"
#include "isoscan/preprocess/prepare.hpp"

namespace isoscan::harmonize {

using domain::Method;

/// Training of the ENOT map (enot.md). The defaults were chosen on virtual scanners, see docs/travellers.md.
struct EnotOptions {
  std::vector<int> map_hidden{32, 32, 32};
  std::vector<int> potential_hidden{32, 32, 32};
  int steps = 800;    ///< of the potential
  int map_steps = 2;  ///< of the map for each of the potential
  int batch = 512;
  double map_rate = 2e-3;  ///< Adam, cosine to 1 %
  double potential_rate = 2e-3;
  double expectile = 0.99;        ///< tau
  double expectile_weight = 0.3;  ///< lambda
  /// Context columns that map and potential read (features::BandSpace::names); never moved. Only columns
  /// whose distribution is the same at both sites may be named: what the potential can tell apart and the map
  /// cannot move drives the dual to infinity. That leaves head_x, head_y, head_z, which need many people
  /// (docs/travellers.md).
  std::vector<std::string> context;
  bool start_at_gaussian = true;  ///< else at the identity
  bool shrink = true;             ///< scale the displacement by what two halves of the site's scans agree on

  [[nodiscard]] std::string problem() const;
};

struct FitOptions {
  features::BandOptions bands;         ///< used by the reference; sites take the package's
  std::size_t rows_per_scan = 20000;   ///< sampled feature rows kept of each scan and level
  std::size_t reference_rows = 40000;  ///< kept in the package for each level; 0: none
  EnotOptions enot;
  RestoreOptions restore;

  [[nodiscard]] std::string problem() const;  ///< the first thing wrong in words; empty when usable
};

/// The prepared scan on the isotropic grid of another (coarser) spacing; as it is where it has that spacing
/// already.
[[nodiscard]] preprocess::Prepared at_spacing(const preprocess::Prepared& prepared, double spacing_mm,
                                              const core::Context& context);

/// Numbers of one scan at each spacing (none finer than the scan's own).
[[nodiscard]] domain::ScanSummary summarize(const preprocess::Prepared& prepared,
                                            const std::vector<double>& spacings_mm, const FitOptions& options,
                                            const core::Context& context);

/// Pooled over the people of the reference; all summaries hold the same spacings.
/// @param people  the person of each scan: sessions of one person count as one, by their mean, in the pooled
/// level, ranges, null distances, histograms, plausibility and atlas; empty: every scan is a person of its
/// own
/// @throws Error(Input) without scans or where they do not fit together; Error(Internal) where people are not
/// as many as scans.
[[nodiscard]] domain::ReferencePackage fit_reference(const std::vector<domain::ScanSummary>& scans,
                                                     const FitOptions& options, const core::Context& context,
                                                     const std::vector<std::string>& people = {});

/// Numbers of one scan of a site, at the site's working spacing: as prepared, and after two-pass matching to
/// the reference where the method needs that (Gaussian and Enot take their rows from there).
[[nodiscard]] domain::ScanSummary summarize_for_site(const preprocess::Prepared& prepared,
                                                     const domain::ReferencePackage& reference,
                                                     double spacing_mm, Method method,
                                                     const FitOptions& options, const core::Context& context);

/// The scan as methods that begin with two passes see it: the receive field estimated again with the
/// reference in view, the scan's own contrast, white matter = 1; outside the brain as prepared.
/// @param reference  pooled level of the package
/// @param atlas  of the package: the field is fitted against it; empty: against the mean brightness of the
/// reference's tissues
[[nodiscard]] core::Volume corrected_image(const preprocess::Prepared& prepared,
                                           const domain::LevelSummary& reference,
                                           const preprocess::Atlas& atlas, const core::Context& context);

/// How the fit of a site ended.
struct FitSummary {
  int steps = 0;      ///< of the potential, or of the restorer; 0 for closed forms
  std::string ended;  ///< why, in words
  bool usable = true;
  double shrinkage = 1.0;
  std::vector<double> logged_steps;  ///< one entry a logged step, with
  std::vector<double> dual;          ///<   the dual value
  std::vector<double> map_cost;      ///<   and the mean cost of the map's displacement;
  double plain_distance = 0.0;       ///< "restore": RestorationFit::plain_distance
  double filter_distance = 0.0;      ///<            and filter_distance
  double pure_csf_distance = 0.0;    ///<            and pure_csf_distance
  std::vector<double> loss;          ///<   the restorer: mean squared error over the target's variance
};

struct SiteFit {
  domain::SiteModel model;
  FitSummary summary;
};

/// One scan is enough for every method. @throws Error(Input) where the summaries were made for another
/// reference, spacing or method, and for "restore" where the reference's scans are not there or another
/// reference's; Error(Numeric) where training diverged.
/// @param people  the reference's own scans, for "restore"; else they may be null
/// @param who  the person of each of the site's scans, for the count; empty: every scan is a person of its
/// own
[[nodiscard]] SiteFit fit_site(const std::vector<domain::ScanSummary>& scans,
                               const domain::ReferencePackage& reference, Method method,
                               const FitOptions& options, const core::Context& context,
                               const ReferenceScans* people = nullptr,
                               const std::vector<std::string>& who = {});

/// The scan as the reference would have made it, on the working grid, white matter = 1; outside the brain as
/// prepared.
/// @throws Error(Geometry) where the scan was not prepared at the model's spacing.
[[nodiscard]] core::Volume harmonized_image(const preprocess::Prepared& prepared,
                                            const domain::SiteModel& model, const core::Context& context);

}  // namespace isoscan::harmonize
