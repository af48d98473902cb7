/// @file What follows what: each chain is a plain list of stages.
#pragma once

#include "isoscan/engine/stage.hpp"
#include "isoscan/stages/run_options.hpp"

namespace isoscan::stages {

/// Scans of the reference -> fit-reference/reference.isoref.
[[nodiscard]] pipeline::Chain reference_chain(const RunOptions& options);
/// Scans of sites + shared/reference -> fit-site/site.isosite for each site.
[[nodiscard]] pipeline::Chain adapt_chain(const RunOptions& options);
/// Scans of one site + shared/site, and shared/reference where the site's file leaves something to it ->
/// volumes and pages.
[[nodiscard]] pipeline::Chain apply_chain(const RunOptions& options);
/// adapt_chain and volumes and pages, in one.
[[nodiscard]] pipeline::Chain harmonize_chain(const RunOptions& options);

}  // namespace isoscan::stages
