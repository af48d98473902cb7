// What a fit hands over of its potentials: the networks, and the way from the caller's rows to them.
#include "trainer.hpp"

namespace isoscan::transport {

FittedPotential Trainer::potential_of(const Side& side, const std::optional<nn::AffineBase>& base,
                                      bool on_target, PotentialSide name) const {
  auto impl = std::make_shared<FittedPotential::Impl>(
      FittedPotential::Impl{name, record_unit(), cost_weights_, std::nullopt, std::nullopt,
                            network_of(side, base, MapKind::Potential)});
  if (symmetric_) {
    impl->own = on_target ? symmetric_->to_target : symmetric_->to_source;
    impl->other = on_target ? symmetric_->to_source : symmetric_->to_target;
  }
  if (composed_) impl->other = *options_.start;
  return FittedPotential(std::move(impl));
}

FittedPotential Trainer::target_potential(PotentialSide name) const {
  return potential_of(*target_side_, inverse_base_, true, name);
}

std::optional<FittedPotential> Trainer::source_potential(PotentialSide name) const {
  if (options_.map_kind != MapKind::Potential || composed_) return std::nullopt;
  return potential_of(*source_side_, forward_base_, false, name);
}

}  // namespace isoscan::transport
