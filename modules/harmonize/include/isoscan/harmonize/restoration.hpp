/// @file Restoration: a network that undoes what a site's scanner does, learnt from true pairs that are made
/// without anybody scanned twice.
///
///   1. blind physics (acquisition.hpp): how the site sees heads;
///   2. pairs: each scan of the reference as the site would have seen it, several times, with receive fields,
///   noise and
///      a little uncertainty of the physics; prepared and corrected by the same chain as real scans, so that
///      what the chain leaves of the field is in the pairs;
///   3. a network from patches of the corrected scan (features/patches.hpp) to what it lacks of the truth.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/domain/method.hpp"
#include "isoscan/domain/reference.hpp"
#include "isoscan/domain/restorer.hpp"
#include "isoscan/domain/shared_refinement.hpp"
#include "isoscan/domain/site.hpp"
#include "isoscan/features/patches.hpp"
#include "isoscan/harmonize/acquisition.hpp"
#include "isoscan/harmonize/people.hpp"
#include "isoscan/harmonize/uncertainty.hpp"
#include "isoscan/preprocess/prepare.hpp"

namespace isoscan::harmonize {

using domain::Rung;

struct RestoreOptions {
  /// Averaged is PerSite where the package holds no shared restorer, or one that does not know the site.
  Rung rung = Rung::Averaged;
  /// Vector, Ladder: how strongly the code is drawn to zero-shot's, over the number of the site's scans
  /// (domain::refined_code).
  double prior = 1.0;
  domain::WeightOptions weights;  ///< of the rungs weights and ladder
  double shared_share = 0.5;      ///< Averaged: 0 the site's own restorer alone .. 1 the shared one alone
  AcquisitionOptions acquisition;
  features::PatchSpace patches;
  domain::RestorerOptions network;
  int people = 12;           ///< of the reference, at most
  int scans = 16;            ///< that are made of them in all, at least one each
  std::size_t rows = 40000;  ///< voxels of each made scan,
  double spot_rows = 0.45;   ///< and as many more as this share of them from its spots
  double jitter = 0.1;       ///< relative SD of the physics from scan to scan, beside its own uncertainty
  double field = 0.3;        ///< 98th percentile of the absolute log receive field
  /// Small bright and dark spots added to both sides of each pair, so many in a ml of brain (0: none), most
  /// of them in white matter: what is rare in the reference, as lesions are, must come through.
  double spots_per_ml = 0.05;
  /// Fit the receive field against the package's atlas where it has one (preprocess/atlas_bias.hpp), else by
  /// the second pass.
  bool atlas = true;
  /// Where the site is sharper than the reference, blur it to match. Else its detail stays: the truths of
  /// made scans are then as sharp as the site.
  bool match_resolution = false;
  /// Gradient energy at strong edges over the truth's that the output is brought to, where the network's is
  /// less; 0 leaves the network's answer, which is nearest in the mean.
  double edge_energy = 0.95;
  int check_scans =
      6;  ///< further made scans, never learnt from: they set the detail gain and what is refused,
  UncertaintyOptions uncertainty;  ///< and tell how far restored voxels may be off

  [[nodiscard]] std::string problem() const;
};

struct RestorationFit {
  /// Distance of made scans to the site's by point spread and noise alone, and with a filter of any shape;
  /// 0 where they were not compared.
  double plain_distance = 0.0;
  double filter_distance = 0.0;
  double pure_csf_distance = 0.0;  ///< by the brightness of pure CSF, where it was in doubt
  std::vector<int> logged_steps;
  std::vector<double> loss;  ///< RestorerFit::loss
};

/// One true pair, on the truth's grid.
struct Pair {
  core::Volume truth;      ///< white matter = 1, with its spots
  core::Volume corrected;  ///< as corrected_image leaves the made scan
  core::Mask brain;
  std::vector<std::size_t> spots{};  ///< voxels that a spot changed: learnt from more often than others
  std::vector<std::int8_t>
      classes{};  ///< quality::tissue_classes of the made scan, as preparation finds them
};

/// @param reference  pooled level that corrected_image reads, and the atlas (may be empty)
[[nodiscard]] Pair make_pair(const preprocess::Prepared& truth, const domain::Acquisition& acquisition,
                             const domain::LevelSummary& reference, const preprocess::Atlas& atlas,
                             const RestoreOptions& options, std::uint64_t seed, const core::Context& context);

/// Makes the n-th of `count` pairs; called from several threads.
using PairMaker = std::function<Pair(std::size_t n, const core::Context& context)>;

/// Fits `model.restorer` and the patch space on given pairs: how near the network can come where truth is
/// known.
[[nodiscard]] RestorationFit fit_restorer_to_pairs(domain::SiteModel& model, std::size_t count,
                                                   const PairMaker& make, const RestoreOptions& options,
                                                   const core::Context& context);

/// Fits `model.acquisition`, `model.restorer` and the patch space; made scans are corrected against
/// `model.atlas` as the site's were. Where the model holds the shared restorer's answer already, ranges,
/// detail gain and errors are those of the mean. Where point spread and noise do not tell
/// all of the acquisition (AcquisitionFit::with_filter), scans are made both ways, and the filter is
/// kept where its scans come clearly nearer to the site's; so is the factor of CSF by pure CSF's brightness.
/// @param people  of the reference, at the model's spacing
/// @param corrected  the site's scans, pooled, with feature rows; without rows no filter is taken
/// @throws Error(Input) with fewer than 2 people or without evidence; Error(Numeric) where training runs
/// away.
[[nodiscard]] RestorationFit fit_restoration(domain::SiteModel& model, const People& people,
                                             const std::vector<domain::AcquisitionEvidence>& site,
                                             const domain::LevelSummary& corrected,
                                             const domain::LevelSummary& reference,
                                             const RestoreOptions& options, const core::Context& context);

/// corrected + what the networks say is missing (their mean, where the site has both), in the brain, its
/// detail times the model's gain.
/// @param corrected  as corrected_image leaves a scan of the site
[[nodiscard]] core::Volume restored(const core::Volume& corrected, const core::Mask& brain,
                                    const domain::SiteModel& model, const core::Context& context);

/// What restoring did to a scan.
struct RestorationCheck {
  double gradient_correlation = 0.0;  ///< of the corrected and the restored image, in the brain
  double change_rms = 0.0;            ///< root mean square of the change in the brain, white matter = 1

  /// Why the result must not be given out, in words; empty where it lies within what made scans of this site
  /// show (SiteModel::made_ranges): the prediction limit for one further person that refuses 0.5 % of right
  /// scans for each of the two numbers.
  [[nodiscard]] std::string problem(const domain::SiteModel& model) const;
};
[[nodiscard]] RestorationCheck check_restoration(const core::Volume& corrected, const core::Volume& image,
                                                 const core::Mask& brain);

/// True where the site differs from the reference no more than 95 of 100 random parts of the reference differ
/// from the rest of it, and no filter was found: its scans are to be left alone.
[[nodiscard]] bool nothing_to_do(const domain::SiteModel& model);

}  // namespace isoscan::harmonize
