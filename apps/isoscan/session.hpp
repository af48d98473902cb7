/// @file One run of the program: where it works, what it says, and the chains that it runs.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/core/context.hpp"
#include "isoscan/engine/run.hpp"
#include "isoscan/engine/run_log.hpp"
#include "isoscan/engine/store.hpp"
#include "isoscan/engine/terminal_progress.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/stages/run_options.hpp"

#include "gathering.hpp"

namespace isoscan::app {

class Session {
 public:
  /// Writes nothing until a chain runs or the store is asked for: what is wrong with the places of a run is
  /// said before.
  /// @param out       output of this run, by which the work folder tells it from others
  /// @param log_file  JSON lines of this run are appended here
  Session(boost::filesystem::path work, boost::filesystem::path out, const boost::filesystem::path& log_file,
          config::Json settings, std::stop_token stop);

  [[nodiscard]] const config::Json& settings() const { return settings_; }
  [[nodiscard]] const stages::RunOptions& options() const { return options_; }
  /// Empty, or the secret that subjects' labels are made with.
  [[nodiscard]] const std::string& key() const { return key_; }
  [[nodiscard]] pipeline::Store& store();
  [[nodiscard]] const boost::filesystem::path& work() const { return work_; }
  /// For what is done beside the chains: stop token and threads.
  [[nodiscard]] const core::Context& context() const { return context_; }

  /// Lists SCANS, or those that are wanted, and says what was set aside. Of scans that are gathered, those
  /// that the plan of this chain names. @throws Error(Input) where nothing can be used; Lost where all are
  /// gone.
  [[nodiscard]] io::ScanList find(const boost::filesystem::path& scans, const io::ScanFilter& only = {},
                                  const std::string& chain = "");

  /// Runs a chain with progress from..to of the whole; says which units failed.
  [[nodiscard]] pipeline::RunResult run(const std::string& name, const pipeline::Chain& chain,
                                        const pipeline::Cohort& cohort, double from, double to);

  /// From now on what was computed elsewhere is gathered.
  void gather(Gathering gathering) { gathering_ = std::move(gathering); }
  [[nodiscard]] const Gathering& gathering() const { return gathering_; }
  /// Scans that were planned and were not found again, by the name of their chain.
  [[nodiscard]] const std::vector<pipeline::Unit>& gone(const std::string& chain) { return gone_[chain]; }

  /// A line for people, on stderr.
  void say(const std::string& line);

  /// "nothing to do: ..." or how many steps ran; over all chains so far.
  [[nodiscard]] std::string work_done() const;

 private:
  config::Json settings_;
  stages::RunOptions options_;
  std::string key_;
  boost::filesystem::path work_;
  boost::filesystem::path out_;
  boost::filesystem::path log_file_;
  std::optional<pipeline::Store> store_;
  std::optional<pipeline::RunLog> log_;
  std::vector<std::string> warnings_;  ///< for the log
  std::shared_ptr<pipeline::TerminalProgress> progress_;
  core::Context context_;
  Gathering gathering_;
  std::map<std::string, std::vector<pipeline::Unit>> gone_;
  std::size_t ran_ = 0;
  std::size_t reused_ = 0;
};

/// The settings that may change bytes, as they may be shown: without cores, memory and checks; of a pseudonym
/// key only that there was one.
[[nodiscard]] config::Json result_settings(const config::Json& settings);

/// How many cores the settings ask for (0: all of this machine).
[[nodiscard]] int cores_of(const stages::RunOptions& options);

/// The one output of a cohort or site step. @throws Error of the step where it failed.
[[nodiscard]] boost::filesystem::path output_of(const pipeline::RunResult& result,
                                                const pipeline::Store& store, const std::string& stage,
                                                const std::string& unit, const std::string& port);

/// Copies a stored file to where the user wants it, whole or not at all; one that holds these bytes already
/// is left alone. Returns whether it was written.
bool put_copy(const boost::filesystem::path& from, const boost::filesystem::path& to);

}  // namespace isoscan::app
