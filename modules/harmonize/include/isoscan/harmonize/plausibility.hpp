/// @file Is this a T1w scan of a head, whole and upright? Asked of every scan that is to be learnt from or
/// harmonized, by what the reference's own people look like: docs/methods.md, "Plausible heads".
#pragma once

#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/domain/plausibility.hpp"
#include "isoscan/preprocess/prepare.hpp"

namespace isoscan::harmonize {

struct PlausibilityOptions {
  int views = 4;  ///< of each person of the reference, through scanners drawn at random
  /// Share of scans like the reference's and their views that may be refused: a tenth of the 1 % that a user
  /// is promised; the rest is for people, masks and scanners that the null does not know.
  double refusals = 0.001;

  [[nodiscard]] std::string problem() const;  ///< the first thing wrong in words; empty when usable
};

/// The same for every working spacing up to 3 mm, which it is taken at.
[[nodiscard]] domain::Portrait take_portrait(const preprocess::Prepared& prepared,
                                             const core::Context& context);

/// The scan as it is, then as other scanners would have shown the same person (phantom/virtual_scanner.hpp,
/// drawn by the context's seed): contrast, receive field, blur and noise change, a mask cut tighter or
/// looser, and tissue classes are found anew. A view whose preparation fails is left out.
[[nodiscard]] std::vector<domain::Portrait> take_portraits(const preprocess::Prepared& prepared,
                                                           const PlausibilityOptions& options,
                                                           const core::Context& context);

/// One number a measure, by name as in Bound::measure.
struct Measure {
  std::string name;
  double value = 0.0;
};
/// @param cells  the mean portrait that the scan is held against
[[nodiscard]] std::vector<Measure> measures(const domain::Portrait& portrait,
                                            const std::vector<float>& cells);

/// @param people  of each person the portrait of the first scan, which alone stands in the mean, then its
/// views, and further scans with theirs. Each is measured against the mean of the others, so with fewer than
/// three people there is nothing to go by and the answer is empty.
[[nodiscard]] domain::Plausibility fit_plausibility(const std::vector<std::vector<domain::Portrait>>& people,
                                                    const PlausibilityOptions& options,
                                                    const core::Context& context);

struct PlausibilityVerdict {
  std::string measure;    ///< the one farthest off
  double distance = 0.0;  ///< of it, in units of its bound: above 1 it is refused
  std::string problem;    ///< one line in words, with the cure; empty where nothing speaks against the scan
};
[[nodiscard]] PlausibilityVerdict judge(const domain::Portrait& portrait,
                                        const domain::Plausibility& plausibility);

/// Of an older package, or of one of too few people.
inline constexpr const char* kNotJudged =
    "scans are not judged by their look (a foreign contrast, half a head): the reference was made by an "
    "older "
    "Isoscan or of fewer than three people; make it again of three or more with `isoscan reference`, and "
    "adapt the site again";

/// @throws Error(Input) with the verdict's problem.
PlausibilityVerdict require_plausible(const preprocess::Prepared& prepared,
                                      const domain::Plausibility& plausibility, const core::Context& context);

}  // namespace isoscan::harmonize
