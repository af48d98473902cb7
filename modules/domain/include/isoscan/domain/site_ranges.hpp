/// @file What a site's scans were like when its map was learnt: kept in the file of the site's model, for
/// reports; no method reads it.
#pragma once

#include <map>
#include <string>

#include <boost/filesystem/path.hpp>

#include "isoscan/domain/site.hpp"

namespace isoscan::domain {

/// Of measures over the site's scans before harmonizing, after bias correction, by the names of
/// SiteModel::reference_ranges.
using SiteRanges = std::map<std::string, Range>;

/// save(model, file), with the ranges beside it under the same seal.
void save(const SiteModel& model, const SiteRanges& ranges, const boost::filesystem::path& file,
          SiteContent content = SiteContent::SelfContained);
/// Empty for models of earlier versions. @throws Error(Io|Input) as load_site.
[[nodiscard]] SiteRanges load_site_ranges(const boost::filesystem::path& file);

}  // namespace isoscan::domain
