#include "trainer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <c10/core/InferenceMode.h>

#include "isoscan/core/parallel.hpp"

namespace isoscan::transport {

namespace {

// A batch is cut into parts of this many rows, each computed by one thread; gradients are added in the order
// of the parts. So the bits do not depend on the thread count, and activations of a part stay in the cache.
constexpr std::int64_t kPartRows = 256;
constexpr std::int64_t kRowsForScaling = 16384;
// A correction is a first-order step: beyond a tenth of the data's own spread it is not to be trusted.
constexpr double kLongestCorrection = 0.1;

at::Tensor tensor_of(const std::vector<float>& values) {
  at::Tensor result = at::empty({static_cast<std::int64_t>(values.size())}, at::kFloat);
  std::copy(values.begin(), values.end(), result.data_ptr<float>());
  return result;
}

std::optional<SymmetricCoordinates> symmetric_of(const SolverOptions& options) {
  if (!options.start || options.start_kind != StartKind::Symmetric) return std::nullopt;
  return symmetric_coordinates(*options.start, options.cost_weights);
}

/// Of the squared cost, one a moved column; empty where the cost is another.
std::vector<double> squared_weights(const SolverOptions& options, std::int64_t dim) {
  if (options.cost || options.cost_power != 2.0) return {};
  if (!options.cost_weights.empty()) return options.cost_weights;
  return std::vector<double>(static_cast<std::size_t>(dim - options.context_dims), 1.0);
}

/// The rate that a run of so many steps goes at.
void settle_rate(AdamOptions& adam, int steps) {
  if (adam.full_rate_steps > 0 && steps > adam.full_rate_steps)
    adam.rate *= std::sqrt(static_cast<double>(adam.full_rate_steps) / steps);
}

/// In symmetric coordinates the start is the identity and the cost has no weights; the built-in cost of
/// another power is a function of a pair.
SolverOptions settled(SolverOptions options) {
  if (options.start && options.start_kind == StartKind::Symmetric) {
    options.start.reset();
    options.cost_weights.clear();
  }
  settle_rate(options.map_adam, options.steps);
  settle_rate(options.potential_adam, options.steps);
  if (options.cost_power == 2.0) return options;
  options.cost = [power = options.cost_power, weights = std::move(options.cost_weights)](
                     const float* x, const float* y, std::int64_t moved, float* gradient) {
    double sum = 0.0;
    for (std::int64_t d = 0; d < moved; ++d) {
      const double e = static_cast<double>(y[d]) - static_cast<double>(x[d]);
      const double weight = weights.empty() ? 1.0 : weights[static_cast<std::size_t>(d)];
      const double slope = weight * std::pow(std::abs(e), power - 1.0);
      sum += slope * std::abs(e);
      if (gradient != nullptr) gradient[d] = static_cast<float>(power * std::copysign(slope, e));
    }
    return sum;
  };
  options.cost_power = 2.0;
  options.cost_weights.clear();
  return options;
}

}  // namespace

Trainer::Side::Side(std::string side, nn::Network net, const AdamOptions& options, double decay)
    : name(std::move(side)),
      network(std::move(net)),
      adam(options, network.parameter_count(), network.matrices()),
      average(decay, network.parameters()) {}

Trainer::Trainer(const Sampler& source, const Sampler& target, const SolverOptions& options,
                 const core::Context& context)
    : symmetric_(symmetric_of(options)),
      cost_weights_(squared_weights(options, source.dim())),
      options_(settled(options)),
      threads_(context.threads),
      seed_(context.seed),
      composed_(options_.start && options_.start_kind == StartKind::Compose),
      source_(source, symmetric_  ? &symmetric_->to_source
                      : composed_ ? &*options_.start
                                  : nullptr),
      target_(target, symmetric_ ? &symmetric_->to_target : nullptr),
      scaling_(
          scaling_of(Feed(source_).rows(kRowsForScaling), Feed(target_).rows(kRowsForScaling), options_)),
      dim_(source.dim()),
      moved_(dim_ - options_.context_dims),
      cost_(cost_of(options_, scaling_.coordinates, scaling_.cost_unit)),
      output_scale_(tensor_of(scaling_.output_scale)) {
  if (options_.correct_conjugate)
    correction_limit_ = kLongestCorrection * std::sqrt(static_cast<double>(moved_));
  source_.settle(scaling_.coordinates);
  target_.settle(scaling_.coordinates);
  build_bases();
  build_sides();
  build_parts();
}

void Trainer::build_bases() {
  if (!options_.start || composed_) return;
  forward_base_ = base_of(*options_.start, scaling_.coordinates);
  require_symmetric(*forward_base_, moved_);
  inverse_base_ = base_of(options_.start->inverse(), scaling_.coordinates);
  require_symmetric(*inverse_base_, moved_);
}

void Trainer::build_sides() {
  const bool free = options_.map_kind == MapKind::Free;
  core::Random map_random(seed_, "transport map network");
  core::Random potential_random(seed_, "transport potential network");
  nn::Network map_network(dim_, free ? moved_ : 1, options_.map_network, map_random);
  nn::Network potential_network(dim_, 1, options_.potential_network, potential_random);
  // Centred coordinates: the networks need no offset of their own.
  const at::Tensor input_scale = tensor_of(scaling_.input_scale);
  const at::Tensor input_offset = at::zeros({dim_}, at::kFloat);
  map_network.set_input_scale(input_scale, input_offset);
  potential_network.set_input_scale(input_scale, input_offset);
  source_side_ = std::make_unique<Side>("map", map_network, options_.map_adam, options_.map_average);
  target_side_ =
      std::make_unique<Side>("potential", potential_network, options_.potential_adam, options_.map_average);

  const nn::Potential target_potential(target_side_->network, moved_, cost_.factor, inverse_base_);
  if (free) {
    directions_[0].emplace(
        Direction{std::make_unique<nn::FreeMap>(source_side_->network, moved_, forward_base_, output_scale_),
                  target_potential, source_side_.get(), target_side_.get()});
    return;
  }
  const nn::Potential source_potential(source_side_->network, moved_, cost_.factor, forward_base_);
  directions_[0].emplace(Direction{std::make_unique<nn::PotentialMap>(source_potential), target_potential,
                                   source_side_.get(), target_side_.get()});
  directions_[1].emplace(Direction{std::make_unique<nn::PotentialMap>(target_potential), source_potential,
                                   target_side_.get(), source_side_.get()});
}

void Trainer::build_parts() {
  for (std::int64_t first = 0; first < options_.batch; first += kPartRows)
    parts_.push_back({first, std::min(kPartRows, options_.batch - first), {}, {}, {}, {}});
  for (Part& part : parts_) {
    part.source_gradient = at::zeros({source_side_->network.parameter_count()}, at::kFloat);
    part.target_gradient = at::zeros({target_side_->network.parameter_count()}, at::kFloat);
  }
  x_ = at::empty({options_.batch, dim_}, at::kFloat);
  y_ = at::empty({options_.batch, dim_}, at::kFloat);
}

nn::StepSums Trainer::step(int index) {
  const double progress = static_cast<double>(index) / options_.steps;
  const bool swapped = options_.bidirectional && index % 2 == 1;
  Direction& direction = *directions_[swapped ? 1 : 0];
  Feed& from = swapped ? target_ : source_;
  Feed& to = swapped ? source_ : target_;
  for (int k = 1; k < options_.map_steps; ++k) map_step(direction, from, progress);
  const nn::StepSums sums = joint_step(direction, from, to, progress);
  source_side_->average.add(source_side_->network.parameters());
  target_side_->average.add(target_side_->network.parameters());
  return sums;
}

at::Tensor& Trainer::gradient_of(Part& part, const Side* side) const {
  return side == source_side_.get() ? part.source_gradient : part.target_gradient;
}

template <typename Work>
nn::StepSums Trainer::over_parts(const Work& work) {
  // Threads that sleep when they wait: torch's own pool spins, and on a shared machine that costs more than
  // it gives.
  core::parallel_for(static_cast<std::int64_t>(parts_.size()), threads_,
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
    total.replaced += part.sums.replaced;
  }
  return total;
}

void Trainer::update(Side& side, double progress) {
  at::Tensor& sum = gradient_of(parts_.front(), &side);
  for (std::size_t p = 1; p < parts_.size(); ++p) sum.add_(gradient_of(parts_[p], &side));
  if (!at::isfinite(sum.sum()).item<bool>()) {
    // The fit has diverged: nothing may be learned from this, and finite() must say so.
    side.network.parameters().fill_(std::numeric_limits<float>::quiet_NaN());
    return;
  }
  side.adam.step(side.network.parameters(), sum, progress, threads_);
  side.network.project();
}

nn::StepSettings Trainer::settings(double progress) const {
  const auto ramp = [&](double first, const std::optional<double>& last) {
    return last ? first + progress * (*last - first) : first;
  };
  nn::StepSettings result;
  result.expectile = ramp(options_.expectile, options_.expectile_last);
  result.expectile_weight = ramp(options_.expectile_weight, options_.expectile_weight_last);
  result.context_cost = options_.context_cost;
  result.unbalanced = options_.unbalanced;
  result.batch = options_.batch;
  result.correction_limit = correction_limit_;
  result.correction_scale = output_scale_;
  result.candidates = options_.batch_candidates;
  result.cost = cost_;
  return result;
}

void Trainer::map_step(Direction& direction, Feed& from, double progress) {
  from.next(x_);
  const nn::StepSettings how = settings(progress);
  over_parts([&](Part& part) {
    return nn::map_gradients(*direction.map, direction.potential, x_.narrow(0, part.first, part.rows), how,
                             part.state, gradient_of(part, direction.map_side));
  });
  update(*direction.map_side, progress);
}

nn::StepSums Trainer::joint_step(Direction& direction, Feed& from, Feed& to, double progress) {
  from.next(x_);
  to.next(y_);
  const nn::StepSettings how = settings(progress);
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

bool Trainer::finite() const {
  for (const Side* side : {source_side_.get(), target_side_.get()}) {
    if (!at::isfinite(side->network.parameters()).all().item<bool>() ||
        !at::isfinite(side->average.value()).all().item<bool>())
      return false;
  }
  return true;
}

NeuralPart Trainer::network_of(const Side& side, const std::optional<nn::AffineBase>& base,
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

FittedMap Trainer::map_of(const Side& side, const std::optional<nn::AffineBase>& base, MapKind kind,
                          bool forward) const {
  auto impl = std::make_shared<FittedMap::Impl>();
  impl->dim = dim_;
  impl->context_dims = options_.context_dims;
  if (composed_) impl->parts.emplace_back(*options_.start);
  if (symmetric_) impl->parts.emplace_back(forward ? symmetric_->to_source : symmetric_->to_target);
  impl->parts.emplace_back(network_of(side, base, kind));
  if (symmetric_) impl->parts.emplace_back(forward ? symmetric_->from_target : symmetric_->from_source);
  return FittedMap(std::move(impl));
}

FittedMap Trainer::map() const {
  return map_of(*source_side_, forward_base_, options_.map_kind, true);
}

FittedMap Trainer::map_of_potential() const {
  return map_of(*target_side_, inverse_base_, MapKind::Potential, false);
}

FittedMap Trainer::identity() const {
  auto impl = std::make_shared<FittedMap::Impl>();
  impl->dim = dim_;
  impl->context_dims = options_.context_dims;
  return FittedMap(std::move(impl));
}

void Trainer::save(core::TensorFile& file) const {
  for (const Side* side : {source_side_.get(), target_side_.get()}) {
    save_tensor(side->name + ".parameters", side->network.parameters(), file);
    side->adam.save(side->name + ".adam", file);
    side->average.save(side->name + ".average", file);
  }
  source_.save("source.random", file);
  target_.save("target.random", file);
}

void Trainer::restore(const core::TensorFile& file) {
  for (Side* side : {source_side_.get(), target_side_.get()}) {
    restore_tensor(side->name + ".parameters", side->network.parameters(), file);
    side->adam.restore(side->name + ".adam", file);
    side->average.restore(side->name + ".average", file);
  }
  source_.restore("source.random", file);
  target_.restore("target.random", file);
}

}  // namespace isoscan::transport
