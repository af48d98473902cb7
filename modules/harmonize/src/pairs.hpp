/// @file What learning from pairs shares: spots on both sides, and the rows that a pair is learnt from.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "isoscan/core/random.hpp"
#include "isoscan/harmonize/restoration.hpp"

namespace isoscan::harmonize {

/// Small balls, brighter or darker than what is there by 8 to 40 %, six of ten of them in white matter, where
/// lesions are looked for. Returns the voxels that they changed.
std::vector<std::size_t> add_spots(core::Volume& image, const core::Mask& brain, const core::Volume& white,
                                   double per_ml, core::Random& random);

struct Batch {
  std::vector<float> rows, targets;
};

/// Rows and targets of voxels spread evenly over the brain, and of more voxels of its spots.
[[nodiscard]] Batch sampled(const Pair& pair, const features::PatchSpace& space, std::size_t rows,
                            double spot_rows, core::Random& random, const core::Context& context);

/// make_pair of a person who is let go as soon as nothing of them is needed any more: unpacked for this pair
/// alone, a person is its largest part.
[[nodiscard]] Pair make_pair(std::shared_ptr<const preprocess::Prepared> person,
                             const domain::Acquisition& acquisition, const domain::LevelSummary& reference,
                             const preprocess::Atlas& atlas, const RestoreOptions& options,
                             std::uint64_t seed, const core::Context& context);

}  // namespace isoscan::harmonize
