/// @file What point spread and white noise leave unsaid of a scanner: a filter of any shape and the noise's
/// colour. Private to harmonize.
///
/// Deep in white matter there is little but noise, elsewhere there is anatomy as well: noise is in both, so
/// the difference of the two spectra, elsewhere less flat, is anatomy's alone, and the ratio of the site's
/// difference to that of made scans is the square of the transfer function that made scans lack. Between
/// stationary Gaussian fields that filter, real and positive, is the optimal transport map. What is left in
/// the flat parts is the noise's spectrum. Solved around simulations, as the point spread is.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/domain/acquisition.hpp"

namespace isoscan::harmonize {

/// Evidence of the reference's people as an acquisition sees them; `round` names the noise's seeds.
using Simulation = std::function<std::vector<domain::AcquisitionEvidence>(
    const domain::Acquisition& acquisition, int round)>;

/// @param start  point spread and noise as found before; contrast is corrected once more
/// @param reference  the people's own evidence, unseen by any site
/// @return nothing where the spectra differ by no more than chance shows between people, or with fewer than
/// four of them, who cannot tell; `detail` is empty where noise alone differs.
[[nodiscard]] std::optional<domain::Acquisition> fit_filter(
    const domain::Acquisition& start, const std::vector<domain::AcquisitionEvidence>& reference,
    const std::vector<domain::AcquisitionEvidence>& site, const Simulation& simulate, int rounds,
    const core::Context& context);

}  // namespace isoscan::harmonize
