// Single entries and tensors of saved maps and potentials, and the affine map.
#include <cstdio>

#include "saved_parts.hpp"

namespace isoscan::transport::saved {

using core::Error;
using core::ErrorKind;

namespace {

std::string words(const Shape& shape) {
  std::string text;
  for (const std::int64_t s : shape) text += (text.empty() ? "" : ", ") + std::to_string(s);
  return "(" + text + ")";
}

template <class T>
std::vector<T> finite(std::vector<T> values, const std::string& key) {
  for (const T v : values) {
    if (!std::isfinite(v))
      throw Error(ErrorKind::Input, "saved map or potential: the tensor \"" + key + "\" is not finite");
  }
  return values;
}

}  // namespace

const std::string& entry(const TensorFile& file, const std::string& key) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end())
    throw Error(ErrorKind::Input, "saved map or potential: the entry \"" + key + "\" is missing");
  return found->second;
}

double number(const TensorFile& file, const std::string& key) {
  const std::string& text = entry(file, key);
  try {
    std::size_t used = 0;
    const double value = std::stod(text, &used);
    if (used == text.size() && std::isfinite(value)) return value;
  } catch (const std::exception&) {  // said below
  }
  throw Error(ErrorKind::Input, "saved map or potential: the entry \"" + key + "\" is no number");
}

std::int64_t integer(const TensorFile& file, const std::string& key, std::int64_t low, std::int64_t high) {
  const double value = number(file, key);
  if (value < static_cast<double>(low) || value > static_cast<double>(high) || value != std::floor(value))
    throw Error(ErrorKind::Input, "saved map or potential: the entry \"" + key + "\" is out of range");
  return static_cast<std::int64_t>(value);
}

std::string exact(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

bool choice(const TensorFile& file, const std::string& key, std::string_view yes, std::string_view no) {
  const std::string& text = entry(file, key);
  if (text == yes) return true;
  if (text == no) return false;
  throw Error(ErrorKind::Input, "saved map or potential: the entry \"" + key + "\" is neither \"" +
                                    std::string(yes) + "\" nor \"" + std::string(no) + "\"");
}

const core::Tensor& shaped(const TensorFile& file, const std::string& key, core::DType dtype,
                           const Shape& shape) {
  const core::Tensor& tensor = file.at(key);
  if (tensor.dtype != dtype)
    throw Error(ErrorKind::Input,
                "saved map or potential: the tensor \"" + key + "\" is of another type of number");
  if (tensor.shape != shape)
    throw Error(ErrorKind::Input, "saved map or potential: the tensor \"" + key + "\" has the shape " +
                                      words(tensor.shape) + ", not " + words(shape));
  return tensor;
}

std::vector<float> shaped_floats(const TensorFile& file, const std::string& key, const Shape& shape) {
  return finite(shaped(file, key, core::DType::F32, shape).floats(), key);
}

std::vector<double> shaped_doubles(const TensorFile& file, const std::string& key, const Shape& shape) {
  return finite(shaped(file, key, core::DType::F64, shape).doubles(), key);
}

double positive(const TensorFile& file, const std::string& key) {
  const double value = number(file, key);
  if (!(value > 0.0))
    throw Error(ErrorKind::Input, "saved map or potential: the entry \"" + key + "\" is not positive");
  return value;
}

void put(TensorFile& file, const std::string& prefix, const AffineMap& map) {
  const TensorFile inner = map.to_tensors();
  for (const auto& [key, value] : inner.metadata) file.metadata[prefix + key] = value;
  for (const auto& [key, value] : inner.tensors) file.tensors[prefix + key] = value;
}

AffineMap get_affine(const TensorFile& file, const std::string& prefix, std::int64_t dim) {
  if (dim < 1)
    throw Error(ErrorKind::Input,
                "saved map or potential: the tensor \"" + prefix + "mean_source\" is empty");
  AffineMap map;
  map.dim = dim;
  map.context_dims = integer(file, prefix + "context_dims", 0, map.dim - 1);
  const auto values = [&](const char* key, const Shape& shape) {
    return finite(shaped(file, prefix + key, core::DType::F64, shape).doubles(), prefix + key);
  };
  map.mean_source = values("mean_source", {map.dim});
  map.mean_target = values("mean_target", {map.dim});
  map.matrix = values("matrix", {map.dim, map.dim});
  return map;
}

}  // namespace isoscan::transport::saved
