#include "sample_files.hpp"

#include "isoscan/core/error.hpp"
#include "isoscan/core/npy.hpp"
#include "isoscan/core/tensor_file.hpp"
#include "isoscan/core/version.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;
using transport::Rows;

namespace {

constexpr const char* kTensorEnding = ".safetensors";
constexpr const char* kContentKey = "content";
constexpr const char* kMovedRows = "isoscan moved rows";
constexpr const char* kSoftwareKey = "isoscan";

struct Place {
  fs::path file;
  std::string tensor;  ///< of a safetensors file; empty: its only table
};

Place place_of(const std::string& text) {
  if (const auto at = text.rfind(std::string(kTensorEnding) + ":"); at != std::string::npos) {
    const std::size_t end = at + std::string(kTensorEnding).size();
    return {text.substr(0, end), text.substr(end + 1)};
  }
  return {text, {}};
}

core::Tensor only_table(const core::TensorFile& file) {
  const core::Tensor* found = nullptr;
  std::string names;
  for (const auto& [name, tensor] : file.tensors) {
    if (tensor.shape.size() > 2 || tensor.shape.empty()) continue;
    found = &tensor;
    names += (names.empty() ? "" : ", ") + name;
  }
  if (found == nullptr) throw Error(ErrorKind::Input, "holds no tensor of one or two dimensions");
  if (names.find(", ") != std::string::npos)
    throw Error(ErrorKind::Input, "holds several tables; name one as FILE.safetensors:NAME: " + names);
  return *found;
}

core::Tensor read_tensor(const std::string& text) {
  const Place place = place_of(text);
  require_table_name(place.file);
  if (place.file.extension() == ".npy") return core::read_npy(place.file);
  const core::TensorFile file = core::read_tensor_file(place.file);
  try {
    return place.tensor.empty() ? only_table(file) : file.at(place.tensor);
  } catch (const Error& error) {
    throw error.within(place.file.string());
  }
}

Rows rows_of(const core::Tensor& tensor) {
  if (tensor.shape.empty() || tensor.shape.size() > 2)
    throw Error(ErrorKind::Input,
                "one or two dimensions are needed, it has " + std::to_string(tensor.shape.size()));
  Rows rows;
  rows.count = tensor.shape[0];
  rows.dim = tensor.shape.size() == 2 ? tensor.shape[1] : 1;
  rows.values = tensor.floats();
  return rows;
}

/// False for what is no safetensors file at all.
template <class Judge>
bool has_metadata(const fs::path& file, const Judge& judge) {
  if (file.extension() != kTensorEnding) return false;
  try {
    return judge(core::read_tensor_file(file).metadata);
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

void require_table_name(const fs::path& file) {
  if (file.extension() == ".npy" || file.extension() == kTensorEnding) return;
  throw Error(
      ErrorKind::Config,
      file.string() + ": tables are .npy or .safetensors files; numpy.save('rows.npy', array) makes one");
}

fs::path file_of(const std::string& place) {
  return place_of(place).file;
}

Rows read_rows(const std::string& place) {
  const core::Tensor tensor = read_tensor(place);
  try {
    Rows rows = rows_of(tensor);
    transport::require_usable(rows, place);
    return rows;
  } catch (const Error& error) {
    const std::string what = error.what();
    throw what.starts_with(place) ? error : error.within(place);
  }
}

std::vector<float> read_weights(const std::string& place, const Rows& rows) {
  if (place.empty()) return {};
  Rows weights;
  try {
    weights = rows_of(read_tensor(place));
  } catch (const Error& error) {
    const std::string what = error.what();
    throw what.starts_with(place_of(place).file.string()) ? error : error.within(place);
  }
  if (weights.dim != 1)
    throw Error(ErrorKind::Input,
                place + ": weights are one column, this has " + std::to_string(weights.dim) + " of them");
  transport::require_weights(weights.values, rows.count, place);
  if (weights.values.empty()) throw Error(ErrorKind::Input, place + ": holds no weights");
  return weights.values;
}

void write_rows(const fs::path& file, const Rows& rows) {
  require_table_name(file);
  core::Tensor tensor = core::Tensor::of({rows.count, rows.dim}, rows.values);
  if (file.extension() == ".npy") {
    core::write_npy(file, tensor);
    return;
  }
  core::TensorFile content;
  content.metadata[kContentKey] = kMovedRows;
  content.tensors.emplace("rows", std::move(tensor));
  core::write_tensor_file(file, content);
}

void write_map(const fs::path& file, const transport::FittedMap& map,
               const std::map<std::string, std::string>& notes) {
  core::TensorFile content = map.to_tensors();
  content.metadata.insert(notes.begin(), notes.end());
  content.metadata[kSoftwareKey] = core::software();
  core::seal(content);
  core::write_tensor_file(file, content);
}

void require_map_name(const std::string& flag, const fs::path& file) {
  if (file.extension() != kTensorEnding)
    throw Error(ErrorKind::Config, flag + " " + file.string() + ": maps are .safetensors files");
}

bool is_our_map(const fs::path& file) {
  return has_metadata(file, [](const auto& metadata) {
    return metadata.count("kind") > 0 && metadata.count(kSoftwareKey) > 0;
  });
}

bool is_our_table(const fs::path& file) {
  return has_metadata(file, [](const auto& metadata) {
    const auto content = metadata.find(kContentKey);
    return content != metadata.end() && content->second == kMovedRows;
  });
}

transport::FittedMap read_map(const fs::path& file) {
  const core::TensorFile content = core::read_tensor_file(file);
  try {
    if (content.metadata.count("kind") == 0)
      throw Error(ErrorKind::Input, "is no map; `isoscan transport fit` makes one");
    if (content.metadata.count(core::kSealKey) > 0) core::check_seal(content);
    return transport::FittedMap::from_tensors(content);
  } catch (const Error& error) {
    throw error.within(file.string());
  }
}

}  // namespace isoscan::app
