#include "package_of_site.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"
#include "isoscan/domain/reference.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;

namespace {

constexpr const char* kCure =
    ": give the package that it was adapted to with --reference FILE, or put it beside the site model; "
    "`isoscan "
    "adapt --self-contained` keeps all in one file";

[[noreturn]] void refuse(const fs::path& site, const domain::SiteModel& model, const std::string& found) {
  throw core::Error(core::ErrorKind::Input,
                    core::printable(site.string() + ": belongs to the reference package " +
                                    model.reference_digest + found) +
                        kCure);
}

/// Sorted; nothing where the folder cannot be read.
void add_packages_in(const fs::path& folder, std::vector<fs::path>& to) {
  std::vector<fs::path> found;
  boost::system::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    boost::system::error_code ignored;
    if (entry->path().extension() == ".isoref" && fs::is_regular_file(entry->path(), ignored))
      found.push_back(entry->path());
  }
  std::sort(found.begin(), found.end());
  to.insert(to.end(), found.begin(), found.end());
}

/// What `adapt` read, as its work folder beside the model remembers.
void add_remembered(const fs::path& site, std::vector<fs::path>& to) {
  try {
    const Request adapted = load_request(work_folder("", site, false), site);
    const bool of_it =
        adapted.command == "adapt" &&
        (fs::equivalent(adapted.out, site) || fs::equivalent(adapted.out, fs::absolute(site).parent_path()));
    if (of_it && fs::is_regular_file(adapted.reference)) to.push_back(adapted.reference);
  } catch (const core::Error&) {  // no such folder, or another version's
  } catch (const fs::filesystem_error&) {
  }
}

std::string digest_of(const fs::path& package) {
  return domain::digest(domain::load_reference(package));
}

}  // namespace

fs::path package_of_site(const Request& request) {
  const domain::SiteModel model = domain::load_site(request.site);
  if (!request.reference.empty()) {
    if (!is_package(request.reference))
      throw core::Error(core::ErrorKind::Config,
                        core::printable(request.reference.string()) +
                            ": --reference with --site is the reference package (.isoref) of the site model");
    if (const std::string given = digest_of(request.reference); given != model.reference_digest)
      refuse(request.site, model, ", and " + request.reference.string() + " is " + given);
    return domain::lacks_package(model) ? request.reference : fs::path();
  }
  if (!domain::lacks_package(model)) return {};
  const fs::path folder = fs::absolute(request.site).parent_path();
  std::vector<fs::path> candidates;
  add_packages_in(folder, candidates);
  add_packages_in(folder.parent_path(), candidates);
  add_remembered(request.site, candidates);
  std::string found;
  for (const fs::path& candidate : candidates) {
    try {
      const std::string digest = digest_of(candidate);
      if (digest == model.reference_digest) return candidate;
      if (found.empty()) found = ", and " + candidate.string() + " is " + digest;
    } catch (const core::Error& error) {  // broken, or of another version
      if (found.empty()) found = ", and " + candidate.string() + " cannot be read (" + error.what() + ")";
    }
  }
  refuse(request.site, model, found.empty() ? ", which is neither beside it nor in the folder above" : found);
}

domain::SiteModel whole_site(const Request& request) {
  domain::SiteModel model = domain::load_site(request.site);
  if (const fs::path package = package_of_site(request); !package.empty())
    domain::complete(model, domain::load_reference(package));
  return model;
}

}  // namespace isoscan::app
