/// @file One restorer for all sites: a site is a short vector of scales and shifts, which a hypernetwork
/// tells from statistics of its scans. After Alanov et al., "HyperDomainNet", NeurIPS 2022, and Perez et al.,
/// "FiLM", AAAI 2018.
///
///   answer(z; d) = scale (f(z; d) - f(z; 0)),   d = U (H(e) - H(0)),   e = (statistics - reference's) /
///   spread
///
/// f reads patch rows (features/patches.hpp) turned to principal axes; before each of its layers every
/// channel is multiplied by 1 + its scale and its shift is added. For the reference's own statistics d is
/// exactly 0 and so is the answer, whatever the weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/core/tensor_file.hpp"
#include "isoscan/domain/restorer.hpp"

namespace isoscan::domain {

struct SharedRestorerOptions {
  std::vector<int> hidden{96, 96, 96};    ///< of the shared network: SiLU, residual between equal widths
  std::vector<int> hyper_hidden{64, 64};  ///< of the hypernetwork H: SiLU
  int bottleneck = 32;                    ///< numbers that H gives
  int steps = 3000;                       ///< of SOAP, cosine to 1 %
  int sites = 32;                         ///< a step, drawn at random
  int rows = 64;                          ///< of each of them
  double rate = 2e-3;
  int basis_every = 10;    ///< SOAP's refresh (transport::AdamOptions); 0: plain Adam
  double average = 0.998;  ///< decay of the averaged weights that are kept
  double drop = 0.15;      ///< chance that a group of statistics is hidden from H in a step
  int judge_every = 500;   ///< steps

  [[nodiscard]] std::string problem() const;  ///< the first thing wrong in words; empty when usable
};

/// Plain numbers: may be saved, compared, copied. Layers are laid out as transport::nn::Network does.
struct SharedRestorer {
  int dims = 0;
  std::vector<int> hidden;
  int patch_ball = 0;  ///< of features::PatchSpace, which the rows are of
  std::vector<double> patch_surroundings;
  std::vector<double> row_mean;   ///< dims
  std::vector<double> row_scale;  ///< dims
  std::vector<float> turn;        ///< dims x dims, row-major: scaled rows to principal axes
  std::vector<float> parameters;  ///< of f
  double scale = 1.0;             ///< above 0

  std::vector<std::string> statistics;  ///< names, in order
  std::vector<double> reference;        ///< of the reference's own people, each a mean
  std::vector<double> spread;           ///< of virtual sites: what counts as one
  std::vector<int> hyper_hidden;
  std::vector<float> hyper_parameters;  ///< of H
  std::vector<float> directions;        ///< U: bottleneck x numbers(), row-major

  /// Mahalanobis distance of held-out virtual sites' statistics, rising: how far known sites lie.
  std::vector<double> known_distances;
  std::vector<double> known_factor;  ///< inverse Cholesky factor of their covariance, row-major

  int sites = 0;  ///< virtual ones that it was learnt from
  /// Statistics of each of the reference's own people, less their mean, in units of the spread; people x
  /// statistics, row-major: what chance shows.
  std::vector<float> people;
  /// What restoring did to scans of held-out virtual sites, which are known to be right: the site's
  /// statistics (row by row as `people`), the gradient correlation before and after, and the root mean square
  /// change.
  std::vector<float> made_statistics;
  std::vector<double> made_gradient_correlation;
  std::vector<double> made_change;
  int made_people = 0;  ///< different people among those scans

  [[nodiscard]] bool empty() const { return dims == 0; }
  /// Of a site: a scale and a shift for each channel that a layer reads.
  [[nodiscard]] std::size_t numbers() const;
  bool operator==(const SharedRestorer&) const = default;
};

/// One scan with its truth. All scans of a fit have as many statistics and rows of one width.
struct SharedScan {
  std::size_t site = 0;
  /// Not learnt from: such scans say which step was the best, and how far known sites lie. All scans of a
  /// site alike; best of people whom no other site shows.
  bool held_out = false;
  std::vector<double> statistics;
  std::vector<float> rows;     ///< n x dims
  std::vector<float> targets;  ///< n: what the scan lacks of the truth
};

struct SharedRestorerFit {
  SharedRestorer restorer;
  std::vector<int> judged_steps;
  /// Mean over the held-out sites of log10(error after / error before), in dB, from one scan's statistics, at
  /// the judged steps; the lower the better.
  std::vector<double> held_out_db;
  int best_step = 0;
};

/// @param scans      rows are overwritten (turned in place)
/// @param reference  statistics of the reference's own people, corrected as the scans were
/// @param groups     of each statistic: those of one group are hidden together
/// The same bits for every thread count. @throws Error(Config); Error(Input) with too few sites or
/// people; Error(Numeric) where a number is not finite or the fit runs away; Error(Cancelled).
[[nodiscard]] SharedRestorerFit fit_shared_restorer(std::vector<SharedScan>& scans,
                                                    const std::vector<std::vector<double>>& reference,
                                                    const std::vector<std::string>& names,
                                                    const std::vector<int>& groups, int dims,
                                                    const SharedRestorerOptions& options,
                                                    const core::Context& context);

/// Less the reference's, in units of the spread, within 5 of them. @throws Error(Input) where their number is
/// another.
[[nodiscard]] std::vector<float> standardised_statistics(const SharedRestorer& shared,
                                                         const std::vector<double>& scan);
/// What a site is told by: H(e) - H(0), from the statistics of its scans, each a list; their mean is read.
/// Exactly 0 where the mean is the reference's. @throws Error(Input) where their number is another.
[[nodiscard]] std::vector<float> site_code(const SharedRestorer& shared,
                                           const std::vector<std::vector<double>>& scans);
/// The vector d = U code, the same bits on every machine. @throws Error(Input) where the code has other
/// numbers than H gives.
[[nodiscard]] std::vector<float> vector_of_code(const SharedRestorer& shared, const std::vector<float>& code);
/// The vector of a site from the statistics of its scans: vector_of_code(shared, site_code(shared, scans)).
[[nodiscard]] std::vector<float> site_vector(const SharedRestorer& shared,
                                             const std::vector<std::vector<double>>& scans);
/// The largest distance of parts of the reference's own people from the rest, of as many as the site has
/// scans (a quarter of the people at the most), rising: what "no difference" looks like. Empty with fewer
/// than four.
[[nodiscard]] std::vector<double> null_site_distances(const SharedRestorer& shared, std::size_t scans,
                                                      std::uint64_t seed);
/// Rows of SharedRestorer::made_statistics, by their distance from the site, nearest first.
[[nodiscard]] std::vector<std::size_t> nearest_made(const SharedRestorer& shared,
                                                    const std::vector<std::vector<double>>& scans);

/// How far the site lies from the reference among sites like those that were learnt from: Mahalanobis
/// distance, and the share of held-out virtual sites that lie nearer (1: further than all of them).
struct SiteDistance {
  double distance = 0.0;
  double share_nearer = 0.0;
};
[[nodiscard]] SiteDistance site_distance(const SharedRestorer& shared,
                                         const std::vector<std::vector<double>>& scans);

/// f(.; d) as a restorer of its own: scales and shifts are folded into its weights. The site's answer is this
/// less restorer_of(shared, {}), the restorer of the reference.
[[nodiscard]] Restorer restorer_of(const SharedRestorer& shared, const std::vector<float>& site_vector);

/// Under "name/...".
void put(core::TensorFile& file, const std::string& name, const SharedRestorer& shared);
/// Empty where there is none. @throws Error(Input) naming the tensor where one is missing, does not fit or
/// holds what it may not.
[[nodiscard]] SharedRestorer get_shared_restorer(const core::TensorFile& file, const std::string& name);

}  // namespace isoscan::domain
