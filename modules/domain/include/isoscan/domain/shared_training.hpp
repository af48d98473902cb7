/// @file The training of a shared restorer (shared_restorer.hpp), watched, kept and gone on with.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/core/tensor_file.hpp"
#include "isoscan/domain/shared_restorer.hpp"

namespace isoscan::domain {

/// What a caller may watch and keep of a fit.
struct SharedRestorerRun {
  /// Called at each judged step but the last, with all that is needed to go on.
  std::function<void(const core::TensorFile& checkpoint)> save;
  /// Called after it, at the last step too, with the fit so far (its restorer is not made yet).
  std::function<void(const SharedRestorerFit& so_far)> watch;
  /// A checkpoint to go on from, or null: the end is that of a fit that was not interrupted, bit by bit. It
  /// must be of the same scans, options and seed.
  const core::TensorFile* resume = nullptr;
};

/// As without `run`. @throws Error(Input) also where the checkpoint is of another fit.
[[nodiscard]] SharedRestorerFit fit_shared_restorer(
    std::vector<SharedScan>& scans, const std::vector<std::vector<double>>& reference,
    const std::vector<std::string>& names, const std::vector<int>& groups, int dims,
    const SharedRestorerOptions& options, const core::Context& context, const SharedRestorerRun& run);

}  // namespace isoscan::domain
