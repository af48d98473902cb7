/// @file Maps and potentials in tensor files: every number bit for bit, every type, shape and word checked
/// before it is used. Entries and tensors of a part carry the part's prefix ("0.", "0.start.", ...).
#pragma once

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "isoscan/core/error.hpp"
#include "isoscan/core/tensor_file.hpp"

#include "map_parts.hpp"

namespace isoscan::transport::saved {

using core::TensorFile;
using Shape = std::vector<std::int64_t>;

/// All of these: @throws Error(Input) naming the entry or tensor that is missing or does not fit.
[[nodiscard]] const std::string& entry(const TensorFile& file, const std::string& key);
[[nodiscard]] double number(const TensorFile& file, const std::string& key);
[[nodiscard]] double positive(const TensorFile& file, const std::string& key);
[[nodiscard]] std::int64_t integer(const TensorFile& file, const std::string& key, std::int64_t low,
                                   std::int64_t high);
/// True where the entry is `yes`, false where it is `no`; anything else is an error.
[[nodiscard]] bool choice(const TensorFile& file, const std::string& key, std::string_view yes,
                          std::string_view no);
/// The tensor, of this type and shape exactly.
[[nodiscard]] const core::Tensor& shaped(const TensorFile& file, const std::string& key, core::DType dtype,
                                         const Shape& shape);
[[nodiscard]] std::vector<float> shaped_floats(const TensorFile& file, const std::string& key,
                                               const Shape& shape);
[[nodiscard]] std::vector<double> shaped_doubles(const TensorFile& file, const std::string& key,
                                                 const Shape& shape);

/// A double as text that reads back to the same bits.
[[nodiscard]] std::string exact(double value);

void put(TensorFile& file, const std::string& prefix, const AffineMap& map);
[[nodiscard]] AffineMap get_affine(const TensorFile& file, const std::string& prefix, std::int64_t dim);
void put(TensorFile& file, const std::string& prefix, const NeuralPart& part);
[[nodiscard]] NeuralPart get_neural(const TensorFile& file, const std::string& prefix);
void put(TensorFile& file, const std::string& prefix, const FittedPotential::Impl& potential);
[[nodiscard]] std::shared_ptr<const FittedPotential::Impl> get_potential(const TensorFile& file,
                                                                         const std::string& prefix);

}  // namespace isoscan::transport::saved
