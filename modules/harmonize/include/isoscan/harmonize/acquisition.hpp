/// @file Blind physics: how a site's scanner sees heads, estimated from a few of its scans against scans of
/// other people at the reference, and the reference's people as that scanner would have seen them.
///
/// No person is known at both places, so only statistics are compared: the mean brightness of the tissues and
/// the autocovariance of fine detail (features/fine_structure.hpp). A Gaussian point spread multiplies the
/// power spectrum, white noise adds a constant, so both can be told apart by their lags. The model is solved
/// in closed form around a simulation: the reference's people are seen as estimated so far, their statistics
/// are measured in the same way, and what is left to the site's corrects the estimate (indirect inference;
/// Gourieroux, Monfort and Renault, J. Appl. Econometrics 8, 1993, S85). Whatever the model and the
/// measurement leave out is left out on both sides.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/domain/acquisition.hpp"
#include "isoscan/harmonize/people.hpp"
#include "isoscan/preprocess/prepare.hpp"

namespace isoscan::harmonize {

struct AcquisitionOptions {
  int rounds = 4;         ///< of simulation
  int filter_rounds = 4;  ///< of simulation for a filter and the noise's colour; 0: neither is looked for
  bool shrink =
      true;  ///< towards the reference by what chance would show: value (1 - SD^2 / value^2), 0 at the least

  [[nodiscard]] std::string problem() const;
};

/// @param corrected  bias-corrected, any unit  @param brain  its mask
[[nodiscard]] domain::AcquisitionEvidence acquisition_evidence(const core::Volume& corrected,
                                                               const core::Mask& brain,
                                                               const core::Context& context);

/// A person of the reference as the acquisition sees them: contrast, point spread, filter, then `field` (the
/// 98th percentile of a random second-order receive field; 0: none) and Rician noise. In scanner units.
/// @param truth  of the reference, white matter = 1
[[nodiscard]] core::Volume seen_by(const domain::Acquisition& acquisition, const preprocess::Prepared& truth,
                                   double field, std::uint64_t seed, const core::Context& context);

/// The image with only that part of the acquisition's point spread in which the site resolves more
/// (Acquisition::finer where there is a filter): what a truth looks like whose detail is to be kept.
[[nodiscard]] core::Volume sharpened_as(const domain::Acquisition& acquisition, core::Volume image,
                                        int threads);

struct AcquisitionFit {
  domain::Acquisition found;
  /// The same with a filter of any shape and coloured noise, where spectra differ by more than chance. Which
  /// of the two is nearer to the site has to be seen on made scans (restoration.hpp).
  std::optional<domain::Acquisition> with_filter;
  /// The same as `found` by the brightness of pure CSF (AcquisitionEvidence::pure_csf), where that and the
  /// mean of its class tell of different factors by more than chance.
  std::optional<domain::Acquisition> with_pure_csf;
  double pure_csf_surprise = 0.0;  ///< of that, as `surprise`
  /// The largest of the seven estimates in units of its chance SD, before shrinking.
  double surprise = 0.0;
  /// The same for random parts of the reference's own people (as many as the site has scans, a quarter of the
  /// people at the most) against the rest; rising. Empty with fewer than four people.
  std::vector<double> null_surprise;
};

/// The site's acquisition from its scans' evidence. SDs say what chance would show between so many people.
/// @param people  of the reference: at least 2
/// @throws Error(Input) where evidence or people are too few; Error(Numeric) where the evidence is not
/// usable.
[[nodiscard]] AcquisitionFit estimate_acquisition(const People& people,
                                                  const std::vector<domain::AcquisitionEvidence>& site,
                                                  const AcquisitionOptions& options,
                                                  const core::Context& context);

}  // namespace isoscan::harmonize
