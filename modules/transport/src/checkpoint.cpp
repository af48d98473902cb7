// The pieces of a run that its next step depends on, to a file and back.
#include <algorithm>
#include <bit>
#include <cstring>

#include "isoscan/core/error.hpp"

#include "training.hpp"

namespace isoscan::transport {

using core::Error;
using core::ErrorKind;

namespace {

/// 64-bit words as they are: bytes of a U8 tensor.
core::Tensor words(const std::vector<std::uint64_t>& values) {
  core::Tensor tensor;
  tensor.dtype = core::DType::U8;
  tensor.shape = {static_cast<std::int64_t>(8 * values.size())};
  for (std::uint64_t value : values) {
    for (int b = 0; b < 8; ++b) tensor.bytes.push_back(static_cast<std::uint8_t>(value >> (8 * b)));
  }
  return tensor;
}

std::vector<std::uint64_t> words_of(const std::string& name, std::size_t count,
                                    const core::TensorFile& file) {
  const core::Tensor& tensor = file.at(name);
  if (tensor.dtype != core::DType::U8 || tensor.bytes.size() != 8 * count)
    throw Error(ErrorKind::Input, "checkpoint: tensor " + name + " does not fit");
  std::vector<std::uint64_t> values(count, 0);
  for (std::size_t i = 0; i < tensor.bytes.size(); ++i)
    values[i / 8] |= static_cast<std::uint64_t>(tensor.bytes[i]) << (8 * (i % 8));
  return values;
}

}  // namespace

void save_tensor(const std::string& name, const at::Tensor& tensor, core::TensorFile& file) {
  const float* from = tensor.data_ptr<float>();
  file.tensors[name] = core::Tensor::of({tensor.numel()}, std::vector<float>(from, from + tensor.numel()));
}

void restore_tensor(const std::string& name, const at::Tensor& into, const core::TensorFile& file) {
  const std::vector<float> values = file.at(name).floats();
  if (static_cast<std::int64_t>(values.size()) != into.numel())
    throw Error(ErrorKind::Input, "checkpoint: tensor " + name + " has " + std::to_string(values.size()) +
                                      " numbers where the run has " + std::to_string(into.numel()));
  std::copy(values.begin(), values.end(), into.data_ptr<float>());
}

void nn::Adam::save(const std::string& name, core::TensorFile& file) const {
  for (const auto& [part, tensor] : state()) save_tensor(name + part, tensor, file);
  file.tensors[name + ".count"] = words({static_cast<std::uint64_t>(count_)});
}

void nn::Adam::restore(const std::string& name, const core::TensorFile& file) {
  for (const auto& [part, tensor] : state()) restore_tensor(name + part, tensor, file);
  count_ = static_cast<std::int64_t>(words_of(name + ".count", 1, file).front());
}

void Average::save(const std::string& name, core::TensorFile& file) const {
  save_tensor(name + ".value", value_, file);
  file.tensors[name + ".count"] = words({static_cast<std::uint64_t>(count_)});
}

void Average::restore(const std::string& name, const core::TensorFile& file) {
  restore_tensor(name + ".value", value_, file);
  count_ = static_cast<int>(words_of(name + ".count", 1, file).front());
}

void Feed::save(const std::string& name, core::TensorFile& file) const {
  const core::Random::State state = sampler_.state();
  file.tensors[name] = words({state.begin(), state.end()});
}

void Feed::restore(const std::string& name, const core::TensorFile& file) {
  core::Random::State state{};
  const auto values = words_of(name, state.size(), file);
  std::copy(values.begin(), values.end(), state.begin());
  sampler_.restore(state);
}

}  // namespace isoscan::transport
