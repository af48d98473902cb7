/// @file What the program adds to the engine's proof: where the inputs of a run lie, and a scan's warnings.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/engine/store.hpp"
#include "isoscan/engine/unit.hpp"

namespace CLI {
class App;
}

namespace isoscan::app {

/// Where a batch keeps its cohorts, below its folder.
inline constexpr const char* kCohorts = "cohorts";

/// Leaves in the folder, which is of this work folder, which files a chain works on.
void keep_cohort(const boost::filesystem::path& folder, const boost::filesystem::path& work,
                 const std::string& chain, const pipeline::Cohort& cohort);
/// By the name of a chain: what was kept there; nothing where there is none that reads.
[[nodiscard]] std::map<std::string, pipeline::Cohort> kept_cohorts(const boost::filesystem::path& folder,
                                                                   const boost::filesystem::path& work);
/// Where a work folder, which several outputs may share, keeps the cohorts of the last run of `out`. Of a
/// folder that was moved with its work folder: of the one run that is there.
[[nodiscard]] boost::filesystem::path cohorts_of(const boost::filesystem::path& work,
                                                 const boost::filesystem::path& out);

/// The output folders of runs that used this work folder, absolute; they may be gone. One that holds the work
/// folder is found wherever both were moved to.
[[nodiscard]] std::vector<boost::filesystem::path> outputs_of(const boost::filesystem::path& work);

/// From now on the work folder knows nothing of this output.
void forget_output(const boost::filesystem::path& work, const boost::filesystem::path& out);

/// pipeline::write_proof, with the warnings of OUT/status; the store remembers OUT for outputs_of.
void write_proof(const boost::filesystem::path& out, const pipeline::Store& store,
                 const boost::filesystem::path& sign_key);

/// Whether runs kept their intermediate results there.
[[nodiscard]] bool is_work_folder(const boost::filesystem::path& folder);

/// OUT and --work, as commands that look at a run have them.
void add_run_place(CLI::App& command, std::string& out, std::string& work);

/// The work folder of an output folder: as asked, else OUT/.isoscan, else OUT itself where it is one.
[[nodiscard]] boost::filesystem::path work_of(const std::string& asked, const boost::filesystem::path& out);

}  // namespace isoscan::app
