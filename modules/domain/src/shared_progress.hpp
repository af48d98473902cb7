/// @file How far the training of a shared restorer is, and its checkpoints. Private to domain.
#pragma once

#include <ATen/ATen.h>

#include "isoscan/core/random.hpp"
#include "isoscan/core/tensor_file.hpp"
#include "isoscan/domain/shared_restorer.hpp"
#include "isoscan/transport/nn/adam.hpp"

namespace isoscan::domain {

/// All that the next step depends on but the optimiser's own state.
struct SharedProgress {
  at::Tensor parameters, averaged, best;
  core::Random pick;  ///< of batches
  int steps = 0;      ///< done
  double best_db = 1e300;
};

[[nodiscard]] core::TensorFile checkpoint_of(const SharedProgress& at, const SharedRestorerFit& fit,
                                             const transport::nn::Adam& adam);
/// @throws Error(Input) where the file is no checkpoint of such a fit.
void restore(SharedProgress& at, SharedRestorerFit& fit, transport::nn::Adam& adam,
             const core::TensorFile& file);

}  // namespace isoscan::domain
