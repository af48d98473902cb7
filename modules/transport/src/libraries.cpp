#include "isoscan/transport/libraries.hpp"

#include <cstdlib>

#include <dlfcn.h>
#include <torch/version.h>

#include "isoscan/transport/nn/kernels.hpp"

namespace isoscan::transport {

namespace {

/// What the BLAS that is loaded says of itself; empty where it is not OpenBLAS.
std::string ask(const char* function) {
  using Text = const char* (*)();
  const auto text = reinterpret_cast<Text>(dlsym(RTLD_DEFAULT, function));
  return text == nullptr ? std::string() : std::string(text());
}

}  // namespace

std::string libraries() {
  // The first two words, "OpenBLAS 0.3.21"; what follows names the processor that this process runs on.
  std::string blas = ask("openblas_get_config");
  if (const std::size_t second = blas.find(' '); second != std::string::npos) {
    blas = blas.substr(0, blas.find(' ', second + 1));
  }
  std::string kernel = ask("openblas_get_corename");
  if (kernel.empty()) {
    const char* wanted = std::getenv("OPENBLAS_CORETYPE");
    kernel = wanted == nullptr ? "default" : wanted;
  }
  return std::string("torch ") + TORCH_VERSION + ", blas " + (blas.empty() ? "of another make" : blas) +
         ", kernel " + kernel + ", own loops " + nn::kernels().name;
}

}  // namespace isoscan::transport
