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

/// The metadata entry that holds `content_digest` in sealed files.
inline constexpr const char* kSealKey = "content_sha256";

/// SHA-256 over the names, types, shapes and bytes of all tensors and over the metadata but the seal itself:
/// what the file says, not how its header is laid out.
[[nodiscard]] std::string content_digest(const TensorFile& file);
/// Writes the content's digest into the metadata, so that damage on a disk or on the way is noticed.
void seal(TensorFile& file);
/// @throws Error(Input) where the content is not what was sealed, or there is no seal; says so, and that the
/// file is to be copied or made again.
void check_seal(const TensorFile& file);

/// The same content gives the same bytes (names sorted, no time stamps).
[[nodiscard]] std::string to_safetensors(const TensorFile& file);
/// Checks every length and offset before it trusts one; tensors lie side by side and fill the file, as the
/// format demands. @throws Error(Input).
[[nodiscard]] TensorFile from_safetensors(std::string_view bytes);

[[nodiscard]] TensorFile read_tensor_file(const boost::filesystem::path& file);
void write_tensor_file(const boost::filesystem::path& file, const TensorFile& content);  ///< atomic

}  // namespace isoscan::core
