#include "processor_kernels.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <unistd.h>

#include "isoscan/core/error.hpp"

namespace isoscan::app {

namespace {

struct Kernels {
  const char* name;
  const char* blas;
  const char* loops;
  const char* torch;
};

#if defined(__x86_64__)
constexpr const char* kPlainBlas = "Prescott";  // SSE3: what OpenBLAS has for any x86-64
#else
constexpr const char* kPlainBlas = "ARMV8";
#endif

/// The fastest first.
constexpr std::array<Kernels, 3> kKernels{{{"avx512", "SkylakeX", "avx512", "avx512"},
                                           {"avx2", "Haswell", "avx2", "avx2"},
                                           {"plain", kPlainBlas, "plain", "default"}}};

constexpr std::array<const char*, 3> kVariables{"OPENBLAS_CORETYPE", "ISOSCAN_TRANSPORT_KERNELS",
                                                "ATEN_CPU_CAPABILITY"};

/// Set by choose_kernels, whatever it was.
constexpr const char* kAsked = "ISOSCAN_ASKED_KERNELS";

std::array<const char*, 3> values(const Kernels& kernels) {
  return {kernels.blas, kernels.loops, kernels.torch};
}

bool runs_here(const Kernels& kernels) {
#if defined(__x86_64__)
  if (std::strcmp(kernels.name, "avx512") == 0)
    return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
           __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
  if (std::strcmp(kernels.name, "avx2") == 0)
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
#endif
  return std::strcmp(kernels.name, "plain") == 0;
}

bool set_already(const Kernels& kernels) {
  const auto wanted = values(kernels);
  for (std::size_t n = 0; n < kVariables.size(); ++n) {
    const char* now = std::getenv(kVariables[n]);
    if (now == nullptr || std::strcmp(now, wanted[n]) != 0) return false;
  }
  return true;
}

/// The words without the flag; its value, or nothing.
const char* take_flag(int& argc, std::vector<char*>& words) {
  const std::size_t length = std::strlen(kKernelsFlag);
  for (std::size_t n = 1; n < words.size(); ++n) {
    if (std::strcmp(words[n], "--") == 0) return nullptr;
    if (std::strncmp(words[n], kKernelsFlag, length) != 0) continue;
    const bool joined = words[n][length] == '=';
    if (!joined && words[n][length] != '\0') continue;
    if (!joined && n + 1 == words.size())
      throw core::Error(core::ErrorKind::Config, "--kernels: a name is needed: avx512, avx2 or plain");
    const char* value = joined ? words[n] + length + 1 : words[n + 1];
    const auto from = words.begin() + static_cast<std::ptrdiff_t>(n);
    words.erase(from, from + (joined ? 1 : 2));
    argc = static_cast<int>(words.size());
    return value;
  }
  return nullptr;
}

const Kernels& wanted(const char* name) {
  for (const Kernels& kernels : kKernels) {
    if (name == nullptr ? !runs_here(kernels) : std::strcmp(kernels.name, name) != 0) continue;
    if (runs_here(kernels)) return kernels;
    throw core::Error(
        core::ErrorKind::Config,
        std::string("--kernels ") + name +
            ": this processor does not have these instructions; run it where they are there "
            "(on a cluster batch.sbatch, as --constraint), or with --kernels avx2 or plain from the start");
  }
  throw core::Error(core::ErrorKind::Config,
                    std::string("--kernels ") + name + ": is not known; there are avx512, avx2 and plain");
}

void put_back(const std::vector<char*>& words, char** argv) {
  std::copy(words.begin(), words.end(), argv);
  argv[words.size()] = nullptr;
}

void set_variables(const Kernels& kernels) {
  const auto to = values(kernels);
  for (std::size_t n = 0; n < kVariables.size(); ++n) ::setenv(kVariables[n], to[n], 1);
}

}  // namespace

void set_kernels(int argc, char** argv) {
  std::vector<char*> words(argv, argv + argc);
  set_variables(wanted(take_flag(argc, words)));
}

void drop_kernels(int& argc, char** argv) {
  std::vector<char*> words(argv, argv + argc);
  if (const char* asked = take_flag(argc, words)) (void)wanted(asked);
  put_back(words, argv);
}

void choose_kernels(int& argc, char** argv) {
  std::vector<char*> words(argv, argv + argc);
  const char* asked = take_flag(argc, words);
  const Kernels& kernels = wanted(asked);
  if (!set_already(kernels)) {
    set_variables(kernels);
    ::execv("/proc/self/exe", argv);
    // Not started anew (no /proc): go on with what the libraries took, and say so in the provenance.
    for (const char* variable : kVariables) ::unsetenv(variable);
  }
  put_back(words, argv);
  if (asked == nullptr) ::unsetenv(kAsked);
  if (asked != nullptr) ::setenv(kAsked, asked, 1);
}

std::string asked_kernels() {
  const char* asked = std::getenv(kAsked);
  return asked == nullptr ? "" : asked;
}

void require_kernels(const std::string& name) {
  if (name.empty() || !asked_kernels().empty() || name == chosen_kernels()) return;
  set_variables(wanted(name.c_str()));
  std::ifstream in("/proc/self/cmdline");
  std::vector<std::string> words;
  for (std::string word; std::getline(in, word, '\0');) words.push_back(word);
  if (words.empty()) return;
  words.insert(words.begin() + 1, {kKernelsFlag, name});
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execv("/proc/self/exe", pointers.data());
}

std::string chosen_kernels() {
  for (const Kernels& kernels : kKernels) {
    if (set_already(kernels)) return kernels.name;
  }
  return {};
}

}  // namespace isoscan::app
