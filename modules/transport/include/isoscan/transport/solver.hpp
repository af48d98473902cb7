/// @file The ENOT solver: neural optimal transport from a source sample to a target sample with expectile
/// regularisation. Source: Buzun, Bobrin, Dylov, "Expectile Regularization for Fast and Accurate Training of
/// Neural Optimal Transport", NeurIPS 2024 (arXiv 2403.03777). What it does, in one page: docs/transport.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/transport/conjugate_map.hpp"
#include "isoscan/transport/fitted_map.hpp"
#include "isoscan/transport/fitted_potential.hpp"
#include "isoscan/transport/gaussian.hpp"
#include "isoscan/transport/sampler.hpp"

namespace isoscan::transport {

enum class MapKind : std::uint8_t {
  Free,       ///< T(x) = start(x) + network(x), last layer zero at the start
  Potential,  ///< T(x) = start(x) - grad f(x) / 2 from a source-side potential: the gradient of a function by
              ///< construction
};

enum class StartKind : std::uint8_t {
  Base,  ///< one map from source to target; the target potential starts at the quadratic that belongs to the
         ///< affine start
  Compose,    ///< solve from start(source) to target, then chain: for a start that is not optimal itself
  Symmetric,  ///< Base, solved in coordinates in which the start is the identity: source by the root of its
              ///< matrix, target by the inverse root. The answer is the same, the problem better conditioned.
};

enum class Activation : std::uint8_t { Elu, Silu };

/// What is done with a map that came from a network, once its potential is fitted.
enum class ExactConjugate : std::uint8_t {
  Never,
  /// Made exact (conjugate_map.hpp), and kept where T(x) then lies nearer the other side's rows: a measure
  /// that neither optimises. 32 pairs of fresh batches decide, so noise does not; a fixed sample sets a tenth
  /// of its rows aside for it (sampler.hpp, `hold_out`), a generator none.
  IfBetter,
  Always,  ///< kept unless it throws rows away from the other side
};

struct NetworkOptions {
  std::vector<std::int64_t> hidden{64, 64, 64};
  Activation activation = Activation::Elu;
  bool residual = true;    ///< h + act(W h + b) between layers of equal width
  bool quadratic = false;  ///< first layer act((xA)^2 + xW + b): contains all quadratic functions
  bool skips = false;      ///< the other layers read the input too, as the first one does: act(W h + ... + b)
  /// Potentials only: weights between hidden layers are kept >= 0 and those of the last <= 0, so that the
  /// network is concave and c(x, y) - g(y) has one minimum in y (Amos, Xu and Kolter 2017). Needs Elu.
  bool input_convex = false;

  [[nodiscard]] std::string problem() const;
};

/// Adam (Kingma and Ba 2015) with a cosine from `rate` down to `rate * final_fraction` over the run.
struct AdamOptions {
  double rate = 2e-3;
  double beta1 = 0.5;
  double beta2 = 0.9;
  double epsilon = 1e-8;
  double final_fraction = 0.01;
  /// Above 0: a run of more steps N than this goes at rate sqrt(full_rate_steps / N): a high rate that is
  /// good for a short run can throw a long one off its way.
  int full_rate_steps = 0;
  /// 0: plain Adam. Above: each weight matrix is stepped in the eigenbasis of its gradients' covariances,
  /// refreshed every so many steps (SOAP; Vyas et al. 2024, arXiv 2409.11321).
  int basis_every = 0;
  double basis_decay = 0.95;  ///< of the covariances

  [[nodiscard]] std::string problem() const;
};

/// A cost of one pair of rows in the caller's units. x, y: the `moved` leading columns. When `gradient` is
/// not null it takes the derivative by y. Must be callable from several threads.
using RowCost = std::function<double(const float* x, const float* y, std::int64_t moved, float* gradient)>;

struct SolverOptions {
  double expectile = 0.99;  ///< tau, 0.5..1
  double expectile_weight =
      0.1;  ///< lambda >= 0; 0 is plain max-min. In units of 1 / cost, cost scaled as `standardise` says
  /// Where tau and lambda end; nothing: they stay. In between they go by a straight line.
  std::optional<double> expectile_last;
  std::optional<double> expectile_weight_last;
  int steps = 2000;   ///< potential steps
  int map_steps = 3;  ///< map updates for each potential step; 1 is the step as published
  std::int64_t batch = 1024;
  bool bidirectional = false;  ///< each other step swaps the roles of the sides; needs MapKind::Potential
  bool dot_product =
      false;  ///< the cost -<x,y> in place of |x-y|^2 (same map; dual and regulariser are half)
  MapKind map_kind = MapKind::Free;
  PotentialSide potential_side = PotentialSide::Target;
  /// True: before a potential step each T(x) is moved once towards the exact minimum of c(x, y) - g(y), by
  /// the chord T(2x - x'), where x' is the point whose minimum T(x) already is. Squared costs, MapKind::Free.
  /// One more forward pass; the inner problem is then solved to second order in the map's own error.
  bool correct_conjugate = false;
  /// True: where one of the target rows that share a row's part of the batch (256 rows) solves its inner
  /// problem better than T(x) does, the potential sees that row in its place, and the map is pulled towards
  /// it. A potential that rises where the map does not go is so pushed down at once. Squared costs without
  /// context.
  bool batch_candidates = false;
  NetworkOptions map_network;
  NetworkOptions potential_network;
  AdamOptions map_adam;
  AdamOptions potential_adam;
  double map_average =
      0.998;  ///< decay of the averaged map weights that are returned; 0 returns the last ones
  /// cost = sum_i cost_weights[i] |x_i - y_i|^cost_power over the moved columns; empty weights mean 1.
  /// Positive.
  std::vector<double> cost_weights;
  /// 2: the squared distance. Any other power above 1 needs what `cost` needs.
  double cost_power = 2.0;
  /// Any other cost, in place of the weighted squared distance; needs MapKind::Free and a start that is the
  /// identity or composed.
  RowCost cost;
  /// Trailing columns that the map and the potential read, and that the map never moves.
  std::int64_t context_dims = 0;
  /// Weight, for each standardised context column, of a difference in context in the regulariser's random
  /// pairs.
  double context_cost = 1.0;
  /// True: cost in units of its mean variance a column, networks read standardised columns. False: raw
  /// numbers.
  bool standardise = true;
  /// Where the map starts; nothing means the identity. The networks learn what is left, and are zero at the
  /// start.
  std::optional<AffineMap> start;
  StartKind start_kind = StartKind::Base;
  /// rho: 0 keeps both proportions. Above 0 mass may differ on either side, at the price rho times the
  /// Kullback-Leibler divergence (cost scaled as `standardise` says): rows that only far mass could serve are
  /// let go. Source: Chizat et al. 2018; the semi-dual form of Choi, Choi and Kang 2023.
  double unbalanced = 0.0;
  /// Ends the run when, over `stop_patience` records, neither the dual nor the map's cost moved by more than
  /// this share from the records before; 0 never does.
  double stop_tolerance = 0.0;
  int stop_patience = 10;
  /// Of the forward map with PotentialSide::Target, of the inverse with PotentialSide::Source, of both when
  /// bidirectional. Squared costs. Applying such a map costs up to `conjugate.iterations` evaluations a row.
  ExactConjugate exact_conjugate = ExactConjugate::Never;
  ConjugateOptions conjugate;
  int log_every = 50;  ///< steps between two records, progress reports and looks at the stop rule

  /// The first thing wrong in words, naming the option; empty when usable. `dim`: columns of the rows.
  [[nodiscard]] std::string problem(std::int64_t dim) const;
};

/// Means over the steps since the last record, in units of the caller's cost (of |x-y|^2 in the dot-product
/// form).
struct StepRecord {
  int step = 0;
  /// mean g_s + mean g_t: the transport cost when solved. Where the start is composed or symmetric, of the
  /// problem in the coordinates that it leads to; `dual_value` has it in the caller's.
  double dual = 0.0;
  double map_cost = 0.0;     ///< mean c(x, T(x))
  double regulariser = 0.0;  ///< lambda times both expectile terms, in units of the solver's scaled cost
  double violation = 0.0;    ///< share of pairs with g_s + g_t > c
  double replaced = 0.0;     ///< share of rows for which a target row of their part was better than T(x)
};

/// What was done about the exact conjugate of one map.
struct Refinement {
  bool inverse = false;  ///< the map target -> source; else source -> target
  bool kept = false;     ///< true: the map in Fit is the exact conjugate of its potential
  int batches = 0;       ///< pairs of held-out batches that were compared; 0 where nothing was
  /// Mean squared energy distance (metrics.hpp) between T(x) and fresh rows of the side it leads to, columns
  /// in units of their standard deviation: of the network's map, and of the exact conjugate on the same rows.
  double before = 0.0;
  double after = 0.0;
  double error = 0.0;  ///< standard error of after - before
  std::string why;     ///< in words
};

struct Summary {
  std::string ended;    ///< why, in words
  bool usable = false;  ///< false after divergence: then the returned map is the start
  int steps = 0;
  double seconds = 0.0;
  double steps_per_second = 0.0;
  double cost_unit = 1.0;               ///< the caller's cost / the solver's cost
  std::vector<Refinement> refinements;  ///< of `exact_conjugate`, forward first
  std::vector<StepRecord> log;
};

enum class Verdict : std::uint8_t { GoOn, GoodEnough, GiveUp };

/// What a caller may watch and keep of a run.
struct SolverRun {
  /// Called with each record. GoodEnough ends the run with its map; GiveUp ends it and returns the start.
  std::function<Verdict(const StepRecord& record)> observe;
  /// Called every `save_every` steps with all that is needed to go on.
  std::function<void(const core::TensorFile& checkpoint)> save;
  int save_every = 1000;
  /// A checkpoint to go on from, or null: the end is bit-identical to that of a run that was not interrupted.
  const core::TensorFile* resume = nullptr;
};

struct Fit {
  FittedMap map;  ///< source -> target
  /// target -> source: when bidirectional, or with PotentialSide::Source.
  std::optional<FittedMap> inverse;
  /// The potentials that were trained, with averaged weights as the map has them, in the caller's coordinates
  /// and cost. `target_potential` with PotentialSide::Target; `source_potential` with PotentialSide::Source
  /// and with MapKind::Potential (known by its gradient alone unless bidirectional). None after divergence.
  std::optional<FittedPotential> source_potential;
  std::optional<FittedPotential> target_potential;
  Summary summary;
};

/// Fits the map on independent batches of the two samplers (copies of them: the caller's stay as they are).
/// Seed, stop token, progress and threads come from the context. Same seed, same bytes, for every thread
/// count.
/// @throws Error(Config) naming the option; Error(Config) where the samplers draw the same numbers, or where
/// the checkpoint is that of another fit; Error(Input); Error(Cancelled). Divergence is no exception:
/// Summary::usable is false and Summary::ended says why.
[[nodiscard]] Fit fit_enot(const Sampler& source, const Sampler& target, const SolverOptions& options,
                           const core::Context& context, const SolverRun& run = {});

}  // namespace isoscan::transport
