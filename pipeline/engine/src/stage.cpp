#include "isoscan/engine/stage.hpp"

#include <algorithm>
#include <utility>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"

namespace isoscan::pipeline {

namespace fs = boost::filesystem;

namespace {

[[noreturn]] void undeclared(const std::string& port) {
  throw core::Error(core::ErrorKind::Internal,
                    "a stage asks for '" + port + "', which its spec does not declare");
}

}  // namespace

StageIo::StageIo(std::map<std::string, std::vector<InputItem>> inputs, std::vector<std::string> outputs,
                 fs::path staging, fs::path checkpoint)
    : inputs_(std::move(inputs)),
      outputs_(std::move(outputs)),
      staging_(std::move(staging)),
      checkpoint_(std::move(checkpoint)) {}

const std::vector<InputItem>& StageIo::items(const std::string& port) const {
  const auto found = inputs_.find(port);
  if (found == inputs_.end()) undeclared(port);
  return found->second;
}

const InputItem& StageIo::one(const std::string& port) const {
  const auto& all = items(port);
  if (all.size() != 1) {
    throw core::Error(core::ErrorKind::Internal,
                      "'" + port + "' holds " + std::to_string(all.size()) + " items; read it with items()");
  }
  return all.front();
}

bool StageIo::has(const std::string& port) const {
  return !one(port).digest.empty();
}

const fs::path& StageIo::file(const std::string& port) const {
  const auto& all = one(port).files;
  if (all.size() != 1) {
    throw core::Error(core::ErrorKind::Internal,
                      "'" + port + "' holds " + std::to_string(all.size()) + " files where one is needed");
  }
  return all.front();
}

const std::vector<fs::path>& StageIo::files(const std::string& port) const {
  return one(port).files;
}

const std::string& StageIo::text(const std::string& port) const {
  return one(port).text;
}

fs::path StageIo::output(const std::string& name) const {
  if (std::find(outputs_.begin(), outputs_.end(), name) == outputs_.end()) undeclared(name);
  return staging_ / name;
}

fs::path StageIo::checkpoint() const {
  boost::system::error_code error;
  fs::create_directories(checkpoint_, error);
  if (error) {
    throw core::Error(core::ErrorKind::Io,
                      checkpoint_.string() + ": the folder cannot be made (" + error.message() + ")");
  }
  return checkpoint_;
}

}  // namespace isoscan::pipeline
