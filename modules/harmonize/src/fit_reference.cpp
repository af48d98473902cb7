#include <algorithm>
#include <cmath>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/core/version.hpp"
#include "isoscan/harmonize/harmonize.hpp"
#include "isoscan/harmonize/measure_ranges.hpp"
#include "isoscan/harmonize/plausibility.hpp"

#include "intensity.hpp"
#include "scans_by_person.hpp"

namespace isoscan::harmonize {

namespace {

constexpr int kLeastAtlasPeople = 4;  // fewer would be a picture of them
constexpr int kSplits = 50;           // random halves behind the null distributions

using Groups = std::vector<std::vector<std::size_t>>;  // places of each person's scans

std::map<std::string, std::vector<double>> null_of(std::vector<const domain::LevelSummary*> people,
                                                   std::uint64_t seed) {
  std::map<std::string, std::vector<double>> null;
  if (people.size() < 2) return null;
  core::Random random(seed, "harmonize.null");
  for (int split = 0; split < kSplits; ++split) {
    for (std::size_t n = people.size(); n > 1; --n) std::swap(people[n - 1], people[random.below(n)]);
    const auto middle = people.begin() + static_cast<std::ptrdiff_t>(people.size() / 2);
    const domain::LevelSummary a = domain::pool({people.begin(), middle}, 0, 0);
    const domain::LevelSummary b = domain::pool({middle, people.end()}, 0, 0);
    for (const auto& [name, value] : domain::distances(a, b)) null[name].push_back(value);
  }
  for (auto& [name, values] : null) std::sort(values.begin(), values.end());
  return null;
}

/// Pointwise over the people.
std::vector<double> histogram_quantile(const std::vector<const domain::LevelSummary*>& people, double q) {
  std::vector<double> out;
  for (std::size_t n = 0; n < people.front()->tissue_histograms.size(); ++n) {
    std::vector<float> values;
    for (const auto* person : people) values.push_back(static_cast<float>(person->tissue_histograms.at(n)));
    out.push_back(core::quantile(values, q));
  }
  return out;
}

/// The mean scan of each person, at one step of the ladder; who was scanned once, as that scan is.
class PeopleAtLevel {
 public:
  PeopleAtLevel(const std::vector<domain::ScanSummary>& scans, const Groups& groups, std::size_t level,
                std::uint64_t seed) {
    means_.reserve(groups.size());  // pointers into it stay
    for (const std::vector<std::size_t>& own : groups) {
      std::vector<const domain::LevelSummary*> levels;
      for (const std::size_t n : own) levels.push_back(&scans[n].levels[level]);
      if (levels.size() > 1) {
        means_.push_back(domain::pool(levels, levels.front()->row_count(), seed));
        levels = {&means_.back()};
      }
      people_.push_back(levels.front());
    }
  }
  PeopleAtLevel(const PeopleAtLevel&) = delete;
  PeopleAtLevel& operator=(const PeopleAtLevel&) = delete;
  [[nodiscard]] const std::vector<const domain::LevelSummary*>& list() const { return people_; }

 private:
  std::vector<domain::LevelSummary> means_;
  std::vector<const domain::LevelSummary*> people_;
};

/// Of each person the portrait of the first scan; views are those of all scans, and the further scans
/// themselves.
std::vector<std::vector<domain::Portrait>> portraits_of(const std::vector<domain::ScanSummary>& scans,
                                                        const Groups& groups) {
  std::vector<std::vector<domain::Portrait>> people;
  for (const std::vector<std::size_t>& own : groups) {
    std::vector<domain::Portrait> portraits;
    for (const std::size_t n : own)
      portraits.insert(portraits.end(), scans[n].portraits.begin(), scans[n].portraits.end());
    if (!portraits.empty()) people.push_back(std::move(portraits));
  }
  return people;
}

preprocess::AtlasSums atlas_of(const std::vector<domain::ScanSummary>& scans, const Groups& groups) {
  preprocess::AtlasSums sums;
  for (const std::vector<std::size_t>& own : groups) {
    if (own.size() == 1) {
      preprocess::merge_atlas(sums, scans[own.front()].atlas);
      continue;
    }
    preprocess::AtlasSums person;
    for (const std::size_t n : own) preprocess::merge_atlas(person, scans[n].atlas);
    preprocess::count_as_one(person);
    preprocess::merge_atlas(sums, person);
  }
  return sums;
}

}  // namespace

domain::ReferencePackage fit_reference(const std::vector<domain::ScanSummary>& scans,
                                       const FitOptions& options, const core::Context& context,
                                       const std::vector<std::string>& people) {
  if (const std::string problem = options.problem(); !problem.empty()) {
    throw core::Error(core::ErrorKind::Config, problem);
  }
  if (scans.empty()) throw core::Error(core::ErrorKind::Input, "no scan to learn the reference from");
  domain::ReferencePackage package;
  package.software = core::software();
  package.seed = context.seed;
  package.scans = static_cast<int>(scans.size());
  package.alpha = options.bands.alpha;
  package.band_sd_mm = options.bands.sd_mm;
  core::Sha256 digest;
  for (const domain::ScanSummary& scan : scans) {
    digest.update(core::to_safetensors(domain::to_tensors(scan)));
    if (scan.levels.size() != scans.front().levels.size() || scan.levels.empty()) {
      throw core::Error(core::ErrorKind::Input,
                        "the reference's summaries hold different spacings: make them again with one ladder");
    }
  }
  package.source_digest = digest.hex();
  const Groups groups = scans_by_person(scans.size(), people);
  for (std::size_t n = 0; n < scans.front().levels.size(); ++n) {
    context.check_stop();
    const PeopleAtLevel at_level(scans, groups, n, context.seed);
    std::vector<std::vector<double>> landmarks;
    for (const domain::LevelSummary* person : at_level.list())
      landmarks.push_back(nyul_landmarks(person->quantiles));
    domain::ReferenceLevel level;
    level.pooled = domain::pool(at_level.list(), options.reference_rows, context.seed);
    level.nyul_landmarks = nyul_standard(landmarks);
    std::vector<std::map<std::string, double>> measured;
    for (const domain::ScanSummary& scan : scans) measured.push_back(domain::measures(scan.levels[n]));
    level.ranges = ranges_of(measured, people);
    level.null_distances = null_of(at_level.list(), context.seed);
    level.histogram_low = histogram_quantile(at_level.list(), 0.05);
    level.histogram_high = histogram_quantile(at_level.list(), 0.95);
    package.levels.push_back(std::move(level));
  }
  package.spacing_mm = package.levels.front().pooled.spacing_mm;
  package.plausibility = fit_plausibility(portraits_of(scans, groups), {}, context);
  const preprocess::AtlasSums sums = atlas_of(scans, groups);
  if (sums.people >= kLeastAtlasPeople) package.atlas = preprocess::finish_atlas(sums, context);
  if (groups.size() < 4) {
    package.warnings.push_back(
        "learnt from " + std::to_string(scans.size()) + " scans" +
        (groups.size() < scans.size()
             ? " of " + std::to_string(groups.size()) + (groups.size() == 1 ? " person" : " people")
             : std::string()) +
        ": a reference should hold at least 4" + (groups.size() < scans.size() ? " people" : "") +
        ", better 20");
  }
  return package;
}

}  // namespace isoscan::harmonize
