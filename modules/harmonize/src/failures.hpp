/// @file Made scans that cannot be used: a few are left out, many say that they are no scans.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "isoscan/core/error.hpp"

namespace isoscan::harmonize {

class Failures {
 public:
  explicit Failures(std::size_t count) : reason_(count) {}

  /// Keeps an Input or Numeric error of the n-th as its reason; all else is thrown on. Different n may come
  /// from several threads.
  template <class Work>
  void run(std::size_t n, const Work& work) {
    try {
      work();
    } catch (const core::Error& error) {
      if (error.kind() != core::ErrorKind::Input && error.kind() != core::ErrorKind::Numeric) throw;
      reason_[n] = error.what();
    }
  }

  /// @throws Error(Input) where more than a third failed: "5 of 9 `what` (the first reason)`cure`".
  void require_most(const std::string& what, const std::string& cure = "") const {
    const auto failed = static_cast<std::size_t>(
        std::count_if(reason_.begin(), reason_.end(), [](const std::string& r) { return !r.empty(); }));
    if (3 * failed <= reason_.size()) return;
    const auto first =
        std::find_if(reason_.begin(), reason_.end(), [](const std::string& r) { return !r.empty(); });
    throw core::Error(core::ErrorKind::Input, std::to_string(failed) + " of " +
                                                  std::to_string(reason_.size()) + " " + what + " (" +
                                                  *first + ")" + cure);
  }

 private:
  std::vector<std::string> reason_;
};

}  // namespace isoscan::harmonize
