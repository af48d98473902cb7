/// @file Simulated travellers: real people of one scanner, some of them seen again through a virtual scanner.
/// The truth is known voxel by voxel; the people that a method learns from are not those that it is judged
/// on.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"
#include "isoscan/evaluate/table.hpp"
#include "isoscan/harmonize/harmonize.hpp"
#include "isoscan/phantom/virtual_scanner.hpp"
#include "isoscan/preprocess/prepare.hpp"

namespace isoscan::evaluate {

enum class Role : std::uint8_t { Reference, Site, Test };
/// "reference", "site", "test". @throws Error(Config) naming these.
[[nodiscard]] Role role_named(const std::string& name);

/// A real person. Images are loaded one at a time, when needed.
struct Person {
  std::string id;
  std::function<core::Volume()> load;
  /// The mask on the scan's grid; may be empty: the brain is estimated.
  std::function<std::optional<core::Mask>(const core::Grid& scan)> load_brain;
  std::optional<Role> role;  ///< given for all people, or for none: then the split is drawn by seed
};

struct TravellersOptions {
  phantom::VirtualScanner scanner;
  double spacing_mm = 1.5;  ///< everything happens on the isotropic grid of this spacing
  int people_site = 4;      ///< without roles: so many learn the site,
  int people_test = 4;      ///<   so many are judged, the rest is the reference
  std::vector<harmonize::Method> methods{domain::kMethods.begin(), domain::kMethods.end()};
  bool bias_oracle = true;  ///< a row with the true receive field divided out in place of the second pass
  /// A row with the method "restore" learnt from true pairs, the reference's people seen by the scanner
  /// itself: what is left between the two is what learning without pairs costs. Only where "restore" is among
  /// the methods.
  bool pair_oracle = true;
  /// Every test person is seen a second time, with made-up lesions (evaluate/lesions.hpp): are they kept?
  bool lesions = false;
  harmonize::FitOptions fit;

  [[nodiscard]] std::string problem() const;
};

/// A person at the reference and as the virtual scanner saw them.
struct Traveller {
  std::string id;
  preprocess::Prepared truth;  ///< the real scan: bias-corrected, white matter = 1
  preprocess::Prepared seen;   ///< the virtual scan, prepared by the same chain with the truth's brain mask
  core::Volume true_log_bias;
};

/// @param scanner_seed  the same for all people of the site
[[nodiscard]] Traveller make_traveller(const Person& person, const phantom::VirtualScanner& scanner,
                                       double spacing_mm, std::uint64_t scanner_seed,
                                       std::uint64_t person_seed, const core::Context& context);

/// Roles as given, or drawn by seed. @throws Error(Config) where some people have a role and others none;
/// Error(Input) where a role has too few (reference 2, site 1, test 1).
[[nodiscard]] std::vector<Role> roles_of(const std::vector<Person>& people, const TravellersOptions& options,
                                         std::uint64_t seed);

/// The experiment: learn the reference and, with each method, the site; judge on the test people inside the
/// brain. Peak memory: one person, plus the summaries. Context::seed draws the split, the scanner's field and
/// the persons' noise, coil load and gain, the latter by a person's place in `people`: another order is
/// another draw. A person who cannot be read or prepared is left out, and named in the table.
/// @throws Error(Config) for options with a problem; Error(Input) where too few people are left, naming those
/// that were left out; Error of learning.
[[nodiscard]] OutcomeTable travellers(const std::vector<Person>& people, const TravellersOptions& options,
                                      const core::Context& context);

}  // namespace isoscan::evaluate
