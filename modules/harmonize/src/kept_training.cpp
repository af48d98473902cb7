#include "kept_training.hpp"

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"

namespace isoscan::harmonize {

void keep_scan(const domain::SharedScan& scan, const boost::filesystem::path& file) {
  core::TensorFile out;
  const auto size = [](const auto& list) {
    return std::vector<std::int64_t>{static_cast<std::int64_t>(list.size())};
  };
  out.metadata["site"] = std::to_string(scan.site);
  out.metadata["held_out"] = scan.held_out ? "true" : "false";
  out.tensors["statistics"] = core::Tensor::of(size(scan.statistics), scan.statistics);
  out.tensors["rows"] = core::Tensor::of(size(scan.rows), scan.rows);
  out.tensors["targets"] = core::Tensor::of(size(scan.targets), scan.targets);
  core::seal(out);
  core::write_tensor_file(file, out);
}

std::optional<domain::SharedScan> kept_scan(const boost::filesystem::path& file) {
  const std::optional<core::TensorFile> found = kept_checkpoint(file);
  if (!found) return std::nullopt;
  domain::SharedScan scan;
  scan.site = std::stoull(found->metadata.at("site"));
  scan.held_out = found->metadata.at("held_out") == "true";
  scan.statistics = found->at("statistics").doubles();
  scan.rows = found->at("rows").floats();
  scan.targets = found->at("targets").floats();
  return scan;
}

std::optional<core::TensorFile> kept_checkpoint(const boost::filesystem::path& file) {
  if (!boost::filesystem::exists(file)) return std::nullopt;
  try {
    core::TensorFile found = core::read_tensor_file(file);
    core::check_seal(found);
    return found;
  } catch (const core::Error&) {
    return std::nullopt;
  }
}

}  // namespace isoscan::harmonize
