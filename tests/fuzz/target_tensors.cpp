#include "isoscan/core/npy.hpp"
#include "isoscan/core/tensor_file.hpp"

#include "judge.hpp"
#include "targets.hpp"

namespace isoscan::fuzz {

void tensors(std::string_view bytes) {
  if (bytes.starts_with("\x93NUMPY")) {
    judged([&] {
      const core::Tensor tensor = core::from_npy(bytes);
      const core::Tensor again = core::from_npy(core::to_npy(tensor));
      require(again.shape == tensor.shape && again.bytes == tensor.bytes, ".npy does not go round");
      (void)tensor.floats();
    });
    return;
  }
  judged([&] {
    const core::TensorFile file = core::from_safetensors(bytes);
    judged([&] { core::check_seal(file); });
    for (const auto& [name, tensor] : file.tensors) {
      (void)tensor.doubles();
      (void)tensor.floats();
    }
    const core::TensorFile again = core::from_safetensors(core::to_safetensors(file));
    require(core::content_digest(again) == core::content_digest(file), "safetensors do not go round");
  });
}

}  // namespace isoscan::fuzz
