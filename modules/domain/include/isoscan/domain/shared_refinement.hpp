/// @file A site refined on made pairs of it: its code alone, or the weights of a copy of the shared network.
/// The reference stays exactly as it is: its code is 0, and f(z; 0) is taken off whatever the weights.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/domain/shared_restorer.hpp"

namespace isoscan::domain {

/// Voxels of made scans of a site.
struct SiteRows {
  std::vector<float> rows;     ///< n x dims, as patches give them
  std::vector<float> targets;  ///< n: what the scan lacks of the truth
};

/// The code z that is least in
///
///   mean (answer - target)^2 / the same of `code`  +  prior * mean ((z - code) / sd)^2
///
/// by Gauss and Newton. sd is that of the codes of virtual sites, times how long `code` is among them (1 at
/// most): of the reference, whose code is 0, nothing is learnt.
/// @param prior  0 or more; infinite: `code` itself, bit by bit
/// The same bits for every thread count. @throws Error(Input) where something does not fit; Error(Config);
/// Error(Cancelled).
[[nodiscard]] std::vector<float> refined_code(const SharedRestorer& shared, const std::vector<float>& code,
                                              const SiteRows& pairs, double prior,
                                              const core::Context& context);

/// A virtual site near the one that is refined.
struct NearSite {
  std::vector<float> vector;  ///< as vector_of_code gives it
  SiteRows pairs;
};

struct WeightOptions {
  int steps = 600;  ///< of SOAP, cosine to 1 %
  int sites = 32;   ///< a step: one half of them the site itself, the others drawn from those near it
  int rows = 64;    ///< of each
  double rate = 5e-4;
  int basis_every = 10;
  double average = 0.99;

  [[nodiscard]] std::string problem() const;  ///< the first thing wrong in words; empty when usable
};

/// SharedRestorer::parameters of a copy that is taught the site; without sites near it all of a step is the
/// site itself. The same bits for every thread count.
/// @throws Error(Config); Error(Input); Error(Numeric) where the fit runs away; Error(Cancelled).
[[nodiscard]] std::vector<float> refined_weights(const SharedRestorer& shared,
                                                 const std::vector<float>& site_vector, const SiteRows& pairs,
                                                 const std::vector<NearSite>& near,
                                                 const WeightOptions& options, const core::Context& context);

/// Squared error of the answer over that of no answer, in dB: the lower the better.
[[nodiscard]] double error_db(const SharedRestorer& shared, const std::vector<float>& site_vector,
                              const SiteRows& pairs);

/// Mahalanobis distance between two sites, each by the statistics of its scans (site_distance: from the
/// reference).
[[nodiscard]] double distance_between(const SharedRestorer& shared,
                                      const std::vector<std::vector<double>>& scans,
                                      const std::vector<std::vector<double>>& others);

}  // namespace isoscan::domain
