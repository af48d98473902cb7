/// @file Sites of the scans of a study.
#pragma once

#include <string>
#include <vector>

#include "isoscan/io/site_rule.hpp"

#include "candidates.hpp"

namespace isoscan::io {

/// By the first row of the table that fits, else as it was given (participants.tsv, a table of scans), else
/// by the rule. Call it when labels are given. What no row and no match fits is said in `warnings`, and what
/// row fits nothing.
void give_sites(std::vector<Candidate>& candidates, const SiteRule& rule, const std::vector<SiteRow>& table,
                std::vector<std::string>& warnings);

}  // namespace isoscan::io
