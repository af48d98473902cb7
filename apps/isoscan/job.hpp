/// @file What `isoscan run` is to do, from its CONFIG file (data_schemas/job.schema.json) and flags.
#pragma once

#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/engine/batch.hpp"

#include "request.hpp"

namespace isoscan::app {

struct Job {
  Request request;
  boost::filesystem::path work;
  std::string executor;
  int processes = 1;           ///< local
  std::int64_t memory_mb = 0;  ///< local: of tasks at work together; 0: what is free
  int at_once = 0;             ///< slurm; 0: as Slurm likes
  double retry_memory_factor = 2.0;
  pipeline::BatchOptions packing;
  std::vector<std::string> sbatch;
  std::vector<std::string> launcher;
  std::string kernels;  ///< --kernels of planning and of each task; empty: the fastest where it is planned
};

/// The job of a file with `changes` ("batch.at_once=20", "options.bound=0.3") on top; paths in it are
/// relative to the file. @throws Error(Config|Io) naming file and key.
[[nodiscard]] Job job_of(const boost::filesystem::path& file, const std::vector<std::string>& changes);

/// The JSON of a job file with the changes, checked and with every default filled in.
[[nodiscard]] config::Json job_json(const boost::filesystem::path& file,
                                    const std::vector<std::string>& changes);

/// What is free on this machine now.
[[nodiscard]] std::int64_t free_memory_mb();

}  // namespace isoscan::app
