/// @file Why units of a batch have no result, as their tasks reported it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include <boost/filesystem/path.hpp>

#include "batch_file.hpp"

namespace isoscan::app {

/// A report's "unit" where the task itself failed, before any step.
inline constexpr const char* kTheTask = "the task";
/// Beginning of the message of a step that waited in vain for another.
inline constexpr const char* kNotReached = "not reached: ";

class BatchReasons {
 public:
  explicit BatchReasons(const Batch& batch);
  /// In words without a path; nothing where no task tells of this step.
  [[nodiscard]] std::optional<std::string> of(const std::string& stage, const std::string& unit) const;

 private:
  std::map<std::pair<std::string, std::string>, std::string> words_;
};

/// Of the last batch that wrote to `out`; nothing where there was none.
[[nodiscard]] std::optional<BatchReasons> last_reasons(const boost::filesystem::path& work,
                                                       const boost::filesystem::path& out);

}  // namespace isoscan::app
