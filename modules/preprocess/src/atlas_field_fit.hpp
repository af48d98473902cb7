/// @file The most probable field and offsets of the tissues under readings in blocks. Private to preprocess.
#pragma once

#include <vector>

#include "isoscan/preprocess/atlas_bias.hpp"

#include "field_fit.hpp"
#include "mixture.hpp"

namespace isoscan::preprocess {

/// By block and tissue: summed weights, and summed weighted distance of log intensity to the atlas.
struct TissueEvidence {
  std::vector<PerTissue> weight, reading;
};

/// Coefficients of the field. One offset a tissue is fitted beside them and dropped. A weight of 1 counts as
/// `unit` independent readings of SD anatomy_sd. Tukey's weights by reweighted least squares.
[[nodiscard]] std::vector<double> fit_field_and_offsets(const Basis& basis, const TissueEvidence& evidence,
                                                        const AtlasBiasOptions& options, double unit);

}  // namespace isoscan::preprocess
