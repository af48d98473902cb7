/// @file Where the reference package is that a site model leaves its other half to.
#pragma once

#include <boost/filesystem/path.hpp>

#include "isoscan/domain/site.hpp"

#include "request.hpp"

namespace isoscan::app {

/// The package of the request's site model, by its digest: as --reference names it; else a .isoref file
/// beside the model or in the folder above; else the one that `isoscan adapt` read when it wrote the model
/// there. Empty where the model is self-contained. @throws Error(Io|Input) naming the digests and the cure
/// where there is none, or --reference names another.
[[nodiscard]] boost::filesystem::path package_of_site(const Request& request);

/// The request's site model with what its package has. @throws Error as package_of_site, load_site.
[[nodiscard]] domain::SiteModel whole_site(const Request& request);

}  // namespace isoscan::app
