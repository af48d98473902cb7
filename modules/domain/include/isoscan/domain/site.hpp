/// @file All that is needed to bring scans of one site to a reference. Its file holds what is the site's own
/// and names the reference package that has the rest, or holds all of it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/tensor_file.hpp"
#include "isoscan/core/volume.hpp"
#include "isoscan/domain/acquisition.hpp"
#include "isoscan/domain/error_table.hpp"
#include "isoscan/domain/look.hpp"
#include "isoscan/domain/method.hpp"
#include "isoscan/domain/plausibility.hpp"
#include "isoscan/domain/reference.hpp"
#include "isoscan/domain/restorer.hpp"

namespace isoscan::domain {

/// Of SiteModel::made_ranges, by core::Tissue.
inline constexpr std::array<const char*, core::kTissueCount> kMadeDice{"dice_csf", "dice_gm", "dice_wm"};

struct SiteModel {
  std::string software;  ///< "isoscan 0.1.0"
  Method method = Method::None;
  std::string reference_digest;  ///< domain::digest of the package it was fitted to
  std::uint64_t seed = 0;
  int scans = 0;            ///< of the site, that it was learnt from
  int people = 0;           ///< whose scans these are; 0: not known (models of earlier versions)
  double spacing_mm = 0.0;  ///< working spacing: scans are prepared at this one

  // What each method reads of the reference and of the site; unused parts are empty. Those marked (package)
  // are the reference package's, and empty in a model whose file left them to it, until complete().
  LevelSummary site;            ///< the mean scan as prepared, without rows
  LevelSummary site_corrected;  ///< the same after the second bias pass, where the method has one
  LevelSummary
      site_matched;  ///< the same, then each scan matched by its own histogram, where the method matches
  LevelSummary reference;                         ///< the reference's level, without rows (package)
  std::vector<double> nyul_landmarks;             ///< (package)
  std::map<std::string, Range> reference_ranges;  ///< ReferenceLevel::ranges, for reports (package)
  std::vector<double> histogram_low;              ///< ReferenceLevel::histogram_low, for reports (package)
  std::vector<double> histogram_high;             ///< (package)
  std::vector<double> band_sd_mm;                 ///< Gaussian, Enot: the band space at spacing_mm
  std::vector<std::string> map_columns;  ///< Gaussian, Enot: which columns of the band space the map reads
  core::TensorFile map;    ///< Gaussian, Enot: the map on feature rows, as transport::FittedMap saves it
  double shrinkage = 1.0;  ///< Gaussian, Enot: share of the map's displacement that is applied

  // Restore. Unused parts are empty.
  preprocess::Atlas
      atlas;              ///< ReferencePackage::atlas, where the receive field is fitted against it (package)
  bool by_atlas = false;  ///< of a file that leaves the atlas to the package: it is fitted against it
  Acquisition acquisition;                 ///< as estimated from the scans
  int patch_ball = 0;                      ///< of features::PatchSpace
  std::vector<double> patch_surroundings;  ///< of features::PatchSpace
  /// The site's own: what to add to the corrected scan, from its patch rows. Empty on the rung zero-shot.
  Restorer restorer;
  /// Of a site that was told by the shared restorer (domain/shared_restorer.hpp): its code (empty in models
  /// of earlier versions), and (package) the vector that it stands for, the restorer that this makes, and
  /// that of the reference itself, whose answer is taken off. Else empty.
  std::vector<float> site_code;
  std::vector<float> site_vector;
  Restorer shared_restorer;
  Restorer reference_restorer;
  /// Vector or Weights: the code, or a copy of the shared network, was refined on made pairs of the site.
  Rung kept_rung = Rung::ZeroShot;
  /// Weights: SharedRestorer::parameters of the copy, in place of the package's. Else empty.
  std::vector<float> shared_parameters;
  /// Of each rung that was tried, by name: squared error on made scans of people of the reference whom it was
  /// not refined on, over that of leaving them as they are, in dB.
  std::map<std::string, double> rung_evidence;
  /// Where both are there: 0 the own answer alone .. 1 the shared one alone.
  double shared_share = 0.0;
  /// The restored image's detail, less its local mean, is multiplied by this: a least-squares answer is
  /// smoother than what it estimates.
  double detail_gain = 1.0;
  double surprise = 0.0;              ///< harmonize::AcquisitionFit::surprise
  std::vector<double> null_surprise;  ///< the same between parts of the reference, rising
  /// What restoring does to made scans, which are known to be right: "gradient_correlation" between the scan
  /// before and after, "change_rms" in the brain; what lies far outside is refused. kMadeDice: how well
  /// tissue is found again; not of zero-shot alone, nor in models of earlier versions.
  std::map<std::string, Range> made_ranges;
  int made_people = 6;  ///< different people among those made scans; earlier models do not say
  /// How far restored voxels are from the truth in made scans, by harmonize::kErrorFeatures; empty in models
  /// of earlier versions, and where too few made scans could be used.
  ErrorTable errors;

  std::map<std::string, double>
      distance_before;  ///< domain::distances of the prepared mean scan to the reference
  std::map<std::string, double> distance_after;  ///< the same after matching, where the method matches
  /// True where every distance before lies within the reference's null distribution: a hint for reports, not
  /// acted on.
  bool no_change_needed = false;
  Look look;            ///< of its scans; empty in models of earlier versions
  Look reference_look;  ///< of the reference's mean scan
  Plausibility
      plausibility;  ///< ReferencePackage::plausibility; empty: no scan is judged by its look (package)
  std::vector<std::string> warnings;
};

/// Of a site model of "restore": what restorers are there.
[[nodiscard]] Rung rung_of(const SiteModel& model);

/// What a site's file holds.
enum class SiteContent : std::uint8_t {
  SelfContained,  ///< all that applying needs
  SiteAlone,      ///< what is the site's own; the rest is in its reference package
};

[[nodiscard]] core::TensorFile to_tensors(const SiteModel& model,
                                          SiteContent content = SiteContent::SelfContained);
/// @throws Error(Input) where it is no site model, of a newer format, or incomplete; or, naming the
/// tensor or entry, where one has another type, shape or range than the method wants.
[[nodiscard]] SiteModel site_model(const core::TensorFile& file);

/// Extension .isosite by convention. Writing is atomic and seals the content with its digest
/// (core::seal), which the reader checks. @throws Error(Io|Input) naming the file and the cure.
void save(const SiteModel& model, const boost::filesystem::path& file,
          SiteContent content = SiteContent::SelfContained);
[[nodiscard]] SiteModel load_site(const boost::filesystem::path& file);

/// Whether the file that the model was read from left something to its reference package.
[[nodiscard]] bool lacks_package(const SiteModel& model);
/// Takes from the package what the model lacks; nothing where it lacks nothing. The same bits as before they
/// were left out. @throws Error(Input) naming both where the package is another than the site was adapted
/// with, or where something does not fit.
void complete(SiteModel& model, const ReferencePackage& package);

}  // namespace isoscan::domain
