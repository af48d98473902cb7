// libFuzzer's two functions for the target that CMake names.
#include <cstddef>
#include <cstdint>

#include "targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  isoscan::fuzz::ISOSCAN_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
