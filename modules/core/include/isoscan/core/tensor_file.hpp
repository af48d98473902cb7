/// @file The safetensors container (8-byte length, JSON header, raw little-endian bytes): the one binary
/// format for packages, site files and maps. Readable by every tool that knows safetensors.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/filesystem/path.hpp>

namespace isoscan::core {

enum class DType : std::uint8_t { F32, F64, I64, U8 };

struct Tensor {
  DType dtype = DType::F32;
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> bytes;  ///< row-major, little-endian

  [[nodiscard]] std::int64_t count() const;
  [[nodiscard]] static Tensor of(std::vector<std::int64_t> shape, const std::vector<float>& values);
  [[nodiscard]] static Tensor of(std::vector<std::int64_t> shape, const std::vector<double>& values);
  /// Values as float or double, converted. @throws Error(Input) where the count does not fit the shape.
  [[nodiscard]] std::vector<float> floats() const;
  [[nodiscard]] std::vector<double> doubles() const;
};

struct TensorFile {
  std::map<std::string, std::string> metadata;  ///< safetensors' "__metadata__": text only
  std::map<std::string, Tensor> tensors;

  /// @throws Error(Input) naming the missing tensor.
  [[nodiscard]] const Tensor& at(const std::string& name) const;
};

/// The same content gives the same bytes (names sorted, no time stamps).
[[nodiscard]] std::string to_safetensors(const TensorFile& file);
/// Checks every length and offset before it trusts one. @throws Error(Input).
[[nodiscard]] TensorFile from_safetensors(std::string_view bytes);

[[nodiscard]] TensorFile read_tensor_file(const boost::filesystem::path& file);
void write_tensor_file(const boost::filesystem::path& file, const TensorFile& content);  ///< atomic

}  // namespace isoscan::core
