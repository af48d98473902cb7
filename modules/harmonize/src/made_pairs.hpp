/// @file What fits on made pairs share: the pairs of a site, the rows that are learnt from them, and the
/// check on scans that nothing was learnt from. Private to harmonize.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "isoscan/harmonize/restoration.hpp"

#include "pairs.hpp"

namespace isoscan::harmonize {

inline constexpr const char* kUnusable = "scans made as this site would have made them cannot be used";
inline constexpr const char* kTooFar =
    ": the site is too far from the reference; choose another reference, or --method enot";

/// Makes the n-th pair, of one of the reference's people.
using SitePairMaker = std::function<Pair(std::size_t n, std::size_t person, const core::Context& context)>;

/// Estimates `model.acquisition`, with `surprise` and `null_surprise`, and says how its pairs are made.
/// @param people, model, reference, options  outlive what is returned; throws as fit_restoration does
[[nodiscard]] SitePairMaker pairs_of_site(domain::SiteModel& model, const People& people,
                                          const std::vector<domain::AcquisitionEvidence>& site,
                                          const domain::LevelSummary& corrected,
                                          const domain::LevelSummary& reference,
                                          const RestoreOptions& options, RestorationFit& distances,
                                          const core::Context& context);

/// Rows of `count` pairs, one batch each; empty where a pair cannot be used.
/// @param options  its patches, spot_rows and rows are read
/// @throws Error(Input) where most cannot.
[[nodiscard]] std::vector<Batch> sampled_pairs(std::size_t count, const PairMaker& make,
                                               const RestoreOptions& options, const core::Context& context);

/// The restored image's detail: what is left of it over its local mean.
[[nodiscard]] core::Volume detail_of(const core::Volume& image, const core::Mask& brain,
                                     const core::Context& context);
/// Where there is no detail (outside of the brain) the image stays as it is.
void add_detail(core::Volume& image, const core::Volume& detail, double share);

/// Pairs from the `first` on, never learnt from: they set the detail gain, what restoring does where it is
/// right, and how far it is off.
void check_on_pairs(domain::SiteModel& model, std::size_t first, const PairMaker& make,
                    const RestoreOptions& options, const core::Context& context);

}  // namespace isoscan::harmonize
