/// @file A scan as the engine sees it: an id, a site, files, and a text with what else the voxels depend on.
#pragma once

#include "isoscan/engine/stage.hpp"
#include "isoscan/engine/unit.hpp"
#include "isoscan/io/scan.hpp"

namespace isoscan::stages {

/// Sources: "scan" (files, and JSON of kind and acquisition), "label" (JSON of id and site: only pages read
/// it, as results must not depend on names) and, where there is one, "mask".
[[nodiscard]] pipeline::Unit unit_of(const io::ScanSource& scan);

/// The scan that a stage finds at the port "source/scan": enough for io::read_scan; it has no subject or
/// session, as results must not depend on names.
[[nodiscard]] io::ScanSource scan_at(const pipeline::InputItem& item);

/// The units of a list, in its order.
[[nodiscard]] pipeline::Cohort cohort_of(const io::ScanList& list);

}  // namespace isoscan::stages
