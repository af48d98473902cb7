/// @file People of the phantom, skull-stripped and prepared, and what a virtual scanner makes of them.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "isoscan/phantom/head.hpp"
#include "isoscan/phantom/virtual_scanner.hpp"
#include "isoscan/preprocess/prepare.hpp"
#include "isoscan/preprocess/tissue.hpp"

namespace isoscan::test {

inline constexpr double kPhantomSpacing = 2.5;

inline preprocess::Prepared made_person(std::uint64_t seed) {
  phantom::HeadOptions options;
  options.grid = phantom::brain_grid(kPhantomSpacing);
  options.whole_head = false;
  phantom::SyntheticHead head = phantom::make_head(options, seed, {});
  preprocess::Prepared out;
  out.image = std::move(head.image);
  out.brain = head.brain;
  out.head = std::move(head.brain);
  out.tissue =
      preprocess::classify_tissue(out.image, out.brain, {}).maps;  // as of a scan; the truth is not known
  out.log_bias = core::Volume(options.grid);
  out.skull_stripped = true;
  return out;
}

inline std::vector<preprocess::Prepared> made_persons(std::uint64_t from, std::uint64_t count) {
  std::vector<preprocess::Prepared> out;
  for (std::uint64_t n = 0; n < count; ++n) out.push_back(made_person(from + n));
  return out;
}

inline core::Volume scan_of(const preprocess::Prepared& person, const phantom::VirtualScanner& scanner,
                            std::uint64_t seed) {
  return phantom::scan_with(scanner, person.image, person.brain, person.tissue, 1, seed, {}).image;
}

}  // namespace isoscan::test
