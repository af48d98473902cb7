#include "isoscan/transport/solver.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include <c10/core/InferenceMode.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"

#include "training.hpp"

namespace isoscan::transport {

using core::Error;
using core::ErrorKind;

namespace {

// A batch is cut into parts of this many rows, each computed by one thread; gradients are added in the order
// of the parts. So the bits do not depend on the thread count, and activations of a part stay in the cache.
constexpr std::int64_t kPartRows = 256;
constexpr std::int64_t kRowsForScaling = 16384;
constexpr double kRunaway = 1e6;
// A correction is a first-order step: beyond a tenth of the data's own spread it is not to be trusted.
constexpr double kLongestCorrection = 0.1;

at::Tensor tensor_of(const std::vector<float>& values) {
  at::Tensor result = at::empty({static_cast<std::int64_t>(values.size())}, at::kFloat);
  std::copy(values.begin(), values.end(), result.data_ptr<float>());
  return result;
}

/// One side: its network, optimiser and averaged weights.
struct Side {
  nn::Network network;
  Adam adam;
  Average average;
  Side(nn::Network net, const AdamOptions& options, double decay)
      : network(std::move(net)),
        adam(options, network.parameter_count()),
        average(decay, network.parameters()) {}
};

/// A direction of transport: the map being fitted, the potential it is fitted against.
struct Direction {
  std::unique_ptr<nn::TransportMap> map;
  nn::Potential potential;
  Side* map_side;
  Side* potential_side;
};

class Trainer {
 public:
  Trainer(const Sampler& source, const Sampler& target, const SolverOptions& options,
          const core::Context& context)
      : options_(options),
        context_(context),
        both_ways_(options.bidirectional || options.potential_side == PotentialSide::Source),
        composed_(options.start && options.start_kind == StartKind::Compose),
        source_(source, composed_ ? &*options.start : nullptr),
        target_(target, nullptr),
        scaling_(
            scaling_of(Feed(source_).rows(kRowsForScaling), Feed(target_).rows(kRowsForScaling), options)) {
    dim_ = source.dim();
    moved_ = dim_ - options_.context_dims;
    build();
  }

  Fit run() {
    const auto begin = std::chrono::steady_clock::now();
    Summary summary;
    summary.cost_unit = scaling_.cost_unit;
    nn::StepSums window;
    int in_window = 0;
    for (int step = 0; step < options_.steps; ++step) {
      context_.check_stop();
      const double progress = static_cast<double>(step) / options_.steps;
      const bool swapped = options_.bidirectional && step % 2 == 1;
      Direction& direction = *directions_[swapped ? 1 : 0];
      Feed& from = swapped ? target_ : source_;
      Feed& to = swapped ? source_ : target_;
      for (int k = 1; k < options_.map_steps; ++k) map_step(direction, from, progress);
      const nn::StepSums sums = joint_step(direction, from, to, progress);
      source_side_->average.add(source_side_->network.parameters());
      if (both_ways_) target_side_->average.add(target_side_->network.parameters());
      summary.steps = step + 1;

      const auto rows = static_cast<double>(options_.batch);
      if (const auto trouble = divergence(sums); !trouble.empty()) {
        summary.ended = trouble + " at step " + std::to_string(step + 1);
        break;
      }
      window.dual += sums.dual / rows;
      window.map_cost += sums.map_cost / rows;
      window.expectile += sums.expectile / rows;
      window.violations += sums.violations / rows;
      ++in_window;
      if ((step + 1) % options_.log_every == 0 || step + 1 == options_.steps) {
        const double unit = scaling_.cost_unit / cost_.factor / in_window;
        summary.log.push_back({step + 1, unit * window.dual, unit * window.map_cost,
                               options_.expectile_weight * window.expectile / in_window,
                               window.violations / in_window});
        window = {};
        in_window = 0;
        context_.progress.report(static_cast<double>(step + 1) / options_.steps);
      }
    }
    summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    summary.steps_per_second = summary.steps / std::max(summary.seconds, 1e-9);
    return finish(std::move(summary));
  }

 private:
  void build() {
    const std::int64_t n = dim_;
    cost_ = cost_of(options_, scaling_.coordinates, scaling_.cost_unit);
    std::optional<nn::AffineBase> forward_base;
    std::optional<nn::AffineBase> inverse_base;
    if (options_.start && !composed_) {
      forward_base = base_of(*options_.start, scaling_.coordinates);
      require_symmetric(*forward_base, moved_);
      inverse_base = base_of(options_.start->inverse(), scaling_.coordinates);
      require_symmetric(*inverse_base, moved_);
    }
    output_scale_ = tensor_of(scaling_.output_scale);
    if (options_.correct_conjugate) {
      double variance = 0.0;
      for (const float s : scaling_.output_scale) variance += static_cast<double>(s) * static_cast<double>(s);
      correction_limit_ = kLongestCorrection * std::sqrt(variance);
    }
    const at::Tensor input_scale = tensor_of(scaling_.input_scale);
    // Centred coordinates: the networks need no offset of their own.
    const at::Tensor input_offset = at::zeros({n}, at::kFloat);
    core::Random map_random(context_.seed, "transport map network");
    core::Random potential_random(context_.seed, "transport potential network");
    const bool free = options_.map_kind == MapKind::Free;
    nn::Network map_network(n, free ? moved_ : 1, options_.map_network, map_random);
    nn::Network potential_network(n, 1, options_.potential_network, potential_random);
    map_network.set_input_scale(input_scale, input_offset);
    potential_network.set_input_scale(input_scale, input_offset);
    source_side_ = std::make_unique<Side>(map_network, options_.map_adam, options_.map_average);
    target_side_ = std::make_unique<Side>(potential_network, options_.potential_adam, options_.map_average);

    const nn::Potential target_potential(target_side_->network, moved_, cost_.factor, inverse_base);
    forward_base_ = forward_base;
    inverse_base_ = inverse_base;
    if (free) {
      directions_[0].emplace(
          Direction{std::make_unique<nn::FreeMap>(source_side_->network, moved_, forward_base, output_scale_),
                    target_potential, source_side_.get(), target_side_.get()});
    } else {
      const nn::Potential source_potential(source_side_->network, moved_, cost_.factor, forward_base);
      directions_[0].emplace(Direction{std::make_unique<nn::PotentialMap>(source_potential), target_potential,
                                       source_side_.get(), target_side_.get()});
      directions_[1].emplace(Direction{std::make_unique<nn::PotentialMap>(target_potential), source_potential,
                                       target_side_.get(), source_side_.get()});
    }

    for (std::int64_t first = 0; first < options_.batch; first += kPartRows)
      parts_.push_back({first, std::min(kPartRows, options_.batch - first), {}, {}, {}, {}});
    for (Part& part : parts_) {
      part.source_gradient = at::zeros({source_side_->network.parameter_count()}, at::kFloat);
      part.target_gradient = at::zeros({target_side_->network.parameter_count()}, at::kFloat);
    }
    x_ = at::empty({options_.batch, n}, at::kFloat);
    y_ = at::empty({options_.batch, n}, at::kFloat);
  }

  struct Part {
    std::int64_t first;
    std::int64_t rows;
    nn::StepState state;
    nn::StepSums sums;
    at::Tensor source_gradient;
    at::Tensor target_gradient;
  };
  [[nodiscard]] at::Tensor& gradient_of(Part& part, const Side* side) const {
    return side == source_side_.get() ? part.source_gradient : part.target_gradient;
  }

  template <typename Work>
  nn::StepSums over_parts(const Work& work) {
    // Threads that sleep when they wait: torch's own pool spins, and on a shared machine that costs more than
    // it gives.
    core::parallel_for(static_cast<std::int64_t>(parts_.size()), context_.threads,
                       [&](std::int64_t begin, std::int64_t end) {
                         const c10::InferenceMode no_graph;
                         for (std::int64_t p = begin; p < end; ++p) {
                           Part& part = parts_[static_cast<std::size_t>(p)];
                           part.sums = work(part);
                         }
                       });
    nn::StepSums total;
    for (const Part& part : parts_) {
      total.dual += part.sums.dual;
      total.map_cost += part.sums.map_cost;
      total.expectile += part.sums.expectile;
      total.violations += part.sums.violations;
    }
    return total;
  }

  void update(Side& side, double progress) {
    at::Tensor& sum = gradient_of(parts_.front(), &side);
    for (std::size_t p = 1; p < parts_.size(); ++p) sum.add_(gradient_of(parts_[p], &side));
    side.adam.step(side.network.parameters(), sum, progress);
  }

  [[nodiscard]] nn::StepSettings settings() const {
    return {options_.expectile, options_.expectile_weight, options_.context_cost,
            options_.batch,     correction_limit_,         cost_};
  }

  void map_step(Direction& direction, Feed& from, double progress) {
    from.next(scaling_.coordinates, x_);
    const nn::StepSettings how = settings();
    over_parts([&](Part& part) {
      return nn::map_gradients(*direction.map, direction.potential, x_.narrow(0, part.first, part.rows), how,
                               part.state, gradient_of(part, direction.map_side));
    });
    update(*direction.map_side, progress);
  }

  nn::StepSums joint_step(Direction& direction, Feed& from, Feed& to, double progress) {
    from.next(scaling_.coordinates, x_);
    to.next(scaling_.coordinates, y_);
    const nn::StepSettings how = settings();
    const nn::StepSums sums = over_parts([&](Part& part) {
      return nn::enot_gradients(*direction.map, direction.potential, x_.narrow(0, part.first, part.rows),
                                y_.narrow(0, part.first, part.rows), how, part.state,
                                gradient_of(part, direction.map_side),
                                gradient_of(part, direction.potential_side));
    });
    update(*direction.map_side, progress);
    update(*direction.potential_side, progress);
    return sums;
  }

  [[nodiscard]] std::string divergence(const nn::StepSums& sums) const {
    if (!std::isfinite(sums.dual) || !std::isfinite(sums.map_cost) || !std::isfinite(sums.expectile))
      return "diverged: a loss is not finite";
    // Means over the batch; the solver's cost of a random pair is about twice the number of columns when
    // standardised.
    if (options_.standardise && sums.map_cost / static_cast<double>(options_.batch * moved_) > kRunaway)
      return "diverged: the map moves rows beyond all measure";
    return {};
  }

  [[nodiscard]] NeuralPart part_of(const Side& side, const std::optional<nn::AffineBase>& base,
                                   MapKind kind) const {
    const bool averaged = options_.map_average > 0.0;
    return {scaling_.coordinates,
            options_.context_dims,
            kind,
            cost_.factor,
            base,
            output_scale_,
            side.network.with_parameters(averaged ? side.average.value() : side.network.parameters())};
  }

  [[nodiscard]] FittedMap start_map() const {
    if (options_.start) return FittedMap(*options_.start);
    auto impl = std::make_shared<FittedMap::Impl>();
    impl->dim = dim_;
    impl->context_dims = options_.context_dims;
    return FittedMap(std::move(impl));
  }

  [[nodiscard]] FittedMap map_of(const Side& side, const std::optional<nn::AffineBase>& base,
                                 MapKind kind) const {
    auto impl = std::make_shared<FittedMap::Impl>();
    impl->dim = dim_;
    impl->context_dims = options_.context_dims;
    if (composed_) impl->parts.emplace_back(*options_.start);
    impl->parts.emplace_back(part_of(side, base, kind));
    return FittedMap(std::move(impl));
  }

  Fit finish(Summary summary) {
    Fit fit;
    if (summary.ended.empty()) {
      const bool finite = at::isfinite(source_side_->network.parameters()).all().item<bool>() &&
                          at::isfinite(source_side_->average.value()).all().item<bool>();
      summary.usable = finite;
      summary.ended = finite ? "ran all " + std::to_string(summary.steps) + " steps"
                             : "diverged: the last step gave weights that are not finite";
    }
    fit.map = summary.usable ? map_of(*source_side_, forward_base_, options_.map_kind) : start_map();
    if (both_ways_ && summary.usable) fit.inverse = map_of(*target_side_, inverse_base_, MapKind::Potential);
    fit.summary = std::move(summary);
    return fit;
  }

  const SolverOptions& options_;
  const core::Context& context_;
  bool both_ways_;  ///< the potential's own map is wanted too
  bool composed_;
  Feed source_;
  Feed target_;
  Scaling scaling_;
  std::int64_t dim_ = 0;
  std::int64_t moved_ = 0;
  nn::Cost cost_;
  double correction_limit_ = 0.0;
  at::Tensor output_scale_;
  std::optional<nn::AffineBase> forward_base_;
  std::optional<nn::AffineBase> inverse_base_;
  std::unique_ptr<Side> source_side_;
  std::unique_ptr<Side> target_side_;
  std::optional<Direction> directions_[2];
  std::vector<Part> parts_;
  at::Tensor x_;
  at::Tensor y_;
};

}  // namespace

Fit fit_enot(const Sampler& source, const Sampler& target, const SolverOptions& options,
             const core::Context& context) {
  if (source.dim() != target.dim())
    throw Error(ErrorKind::Input, "transport: the source has " + std::to_string(source.dim()) +
                                      " columns, the target " + std::to_string(target.dim()));
  if (const auto wrong = options.problem(source.dim()); !wrong.empty())
    throw Error(ErrorKind::Config, "transport: " + wrong);
  require_independent(source, target);
  try {
    const c10::InferenceMode no_graph;
    use_torch_threads();
    if (options.potential_side == PotentialSide::Target) return Trainer(source, target, options, context).run();
    SolverOptions backward = options;
    if (options.start) backward.start = options.start->inverse();
    Fit fit = Trainer(target, source, backward, context).run();
    if (!fit.inverse) fit.inverse = options.start ? FittedMap(*options.start) : FittedMap(source.dim());
    std::swap(fit.map, *fit.inverse);
    return fit;
  } catch (const c10::Error& error) {
    throw Error(ErrorKind::Internal, std::string("transport: ") + error.what_without_backtrace());
  }
}

}  // namespace isoscan::transport
