#include "adapt_sites.hpp"

#include <set>

#include <boost/filesystem.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"
#include "isoscan/domain/site.hpp"
#include "isoscan/engine/store.hpp"
#include "isoscan/stages/scan_unit.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;

namespace {

constexpr const char* kExtension = ".isosite";

}  // namespace

bool is_site_folder(const fs::path& out) {
  return out.extension() != kExtension;
}

fs::path site_file(const fs::path& folder, const std::string& site) {
  return folder / (pipeline::file_name_of(site) + kExtension);
}

std::vector<std::string> sites_of(const io::ScanList& list) {
  std::set<std::string> sites;
  for (const io::ScanSource& scan : list.scans) sites.insert(scan.site);
  return {sites.begin(), sites.end()};
}

void require_site_folder(const fs::path& folder) {
  const auto fail = [&](const fs::path& what, const std::string& why) {
    throw core::Error(core::ErrorKind::Config, core::printable("--out " + what.string() + ": " + why));
  };
  if (!fs::exists(folder)) {
    // A slip of the pen for a file, rather than a folder of that name.
    if (!folder.extension().empty())
      fail(folder, std::string("the site model to write must be called something") + kExtension +
                       "; a folder without an extension gets one for each site");
    return;
  }
  if (!fs::is_directory(folder))
    fail(folder,
         std::string("is no folder, and the site model to write must be called something") + kExtension);
  const fs::path record = folder / "adapt.json";
  if (fs::exists(record)) {
    try {
      (void)config::read_json(record).at("outputs");
    } catch (const core::Error&) {
      fail(record, "is there and is no record of a run; take it away, or choose another folder");
    }
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != kExtension) continue;
    try {
      (void)domain::load_site(entry.path());
    } catch (const core::Error& error) {
      fail(entry.path(), std::string("is there and is no such package (") + error.what() +
                             "); take it away, or choose another folder");
    }
  }
}

void require_learnt(const pipeline::RunResult& result, const io::ScanList& list, const std::string& site) {
  const pipeline::StepResult* fitted = result.find("fit-site", site);
  if (fitted == nullptr) throw core::Error(core::ErrorKind::Internal, "no step fit-site of " + site);
  const auto fail = [](const pipeline::StepResult& step, const std::string& who) {
    throw core::Error(step.failure->kind, who + step.stage + ": " + step.failure->message);
  };
  if (fitted->failure) fail(*fitted, "");
  if (!fitted->key.empty()) return;
  for (const pipeline::Unit& unit : stages::cohort_of(list).units) {
    if (unit.site != site) continue;
    if (const pipeline::StepResult* failed = result.failure_of(unit); failed != nullptr)
      fail(*failed, unit.id + ": ");
  }
  throw core::Error(core::ErrorKind::Input, "fit-site was not reached: " + fitted->why);
}

void require_most_plausible(const pipeline::RunResult& result, const io::ScanList& list,
                            const std::string& site) {
  std::size_t scans = 0;
  std::size_t refused = 0;
  for (const pipeline::Unit& unit : stages::cohort_of(list).units) {
    if (unit.site != site) continue;
    ++scans;
    const pipeline::StepResult* step = result.find("plausible", unit.id);
    refused += step != nullptr && step->failure ? 1 : 0;
  }
  if (2 * refused <= scans) return;
  throw core::Error(
      core::ErrorKind::Input,
      std::to_string(refused) + " of the site's " + std::to_string(scans) +
          " scans do not look like T1w scans of heads, so the site is not learnt from the rest: "
          "look at those named above, or take them all with --no-plausibility");
}

}  // namespace isoscan::app
