#include "isoscan/transport/recipe.hpp"

namespace isoscan::transport {

SolverOptions strong_options(std::int64_t dim, std::int64_t context_dims) {
  const std::int64_t moved = dim - context_dims;
  const std::int64_t width = moved <= 4 ? 64 : moved <= 16 ? 128 : 256;
  SolverOptions options;
  for (NetworkOptions* network : {&options.map_network, &options.potential_network}) {
    network->hidden.assign(3, width);
    network->quadratic = true;
    network->skips = true;
  }
  options.context_dims = context_dims;
  options.start_kind = context_dims > 0 ? StartKind::Base : StartKind::Symmetric;
  options.batch = 512;
  options.map_steps = 3;
  options.correct_conjugate = true;
  options.batch_candidates = context_dims == 0;
  options.expectile_weight = 0.0;
  options.map_adam = {moved <= 16 ? 8e-3 : 5e-3, 0.5, 0.95, 1e-8, 0.005};
  options.map_adam.full_rate_steps = 2000;
  options.map_adam.basis_every = 20;
  options.potential_adam = options.map_adam;
  options.map_average = 0.998;
  return options;
}

}  // namespace isoscan::transport
