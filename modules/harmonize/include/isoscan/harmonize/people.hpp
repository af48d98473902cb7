/// @file The reference's people, one by one: at 1 mm all of them at once take more memory than a fit may.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "isoscan/preprocess/prepare.hpp"

namespace isoscan::harmonize {

/// A list of prepared scans that are kept elsewhere, or made when they are wanted. Calls may come from
/// several threads.
class People {
 public:
  using Load = std::function<preprocess::Prepared(std::size_t n)>;

  People(std::size_t count, Load load) : count_(count), load_(std::move(load)) {}
  /// @param people  outlive this
  // NOLINTNEXTLINE(google-explicit-constructor): a list of people is a list of people
  People(const std::vector<preprocess::Prepared>& people) : count_(people.size()), kept_(&people) {}

  [[nodiscard]] std::size_t size() const { return count_; }
  /// The n-th, as long as the pointer lives.
  [[nodiscard]] std::shared_ptr<const preprocess::Prepared> operator[](std::size_t n) const {
    if (kept_ != nullptr) return {std::shared_ptr<const void>(), &(*kept_)[n]};
    return std::make_shared<const preprocess::Prepared>(load_(n));
  }

 private:
  std::size_t count_;
  const std::vector<preprocess::Prepared>* kept_ = nullptr;
  Load load_;
};

}  // namespace isoscan::harmonize
