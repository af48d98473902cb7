#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include "isoscan/core/error.hpp"
#include "isoscan/core/student.hpp"
#include "isoscan/harmonize/plausibility.hpp"

namespace isoscan::harmonize {

namespace {

using domain::kPortraitEdge;

constexpr std::size_t kFewestPeople = 3;

/// What speaks against a scan that is out of bounds, in words.
struct Words {
  const char* measure;
  bool low_only;  ///< an agreement: too good is no fault
  const char* below;
  const char* above;
};

constexpr std::array<Words, 13> kWords{{
    {"csf_place", true, "CSF does not lie where it lies in heads", ""},
    {"grey_place", true, "grey matter does not lie where it lies in heads", ""},
    {"white_place", true, "white matter does not lie where it lies in heads", ""},
    {"agreement", true, "its tissues do not fill the places that they fill in heads", ""},
    {"upright", true, "it looks no less like a head turned upside down or front to back", ""},
    {"outline", true, "what is taken for the brain has not the outline of one", ""},
    {"mirror_outline", true, "the left and the right half of what is taken for the brain differ in outline",
     ""},
    {"mirror_white", true, "the left and the right half of what is taken for the brain differ inside", ""},
    {"size", false, "what is taken for the brain is too small", "what is taken for the brain is too large"},
    {"width", false, "what is taken for the brain is too narrow for its length",
     "what is taken for the brain is too wide for its length"},
    {"height", false, "what is taken for the brain is too low for its length",
     "what is taken for the brain is too high for its length"},
    {"partial", false, "grey and white matter border on each other too little",
     "grey and white matter are not told apart"},
    {"mixed", false, "grey and white matter are not folded into each other",
     "grey and white matter lie mixed"},
}};

const Words& words_of(const std::string& measure) {
  for (const Words& w : kWords) {
    if (measure == w.measure) return w;
  }
  throw core::Error(core::ErrorKind::Input,
                    "unknown measure \"" + measure + "\" in the bounds of plausible heads");
}

/// Mean of the plain portraits but one person's, and its mirror image.
std::vector<float> mean_without(const std::vector<std::vector<domain::Portrait>>& people,
                                std::size_t left_out) {
  const std::size_t size = people.front().front().cells.size();
  std::vector<double> sum(size, 0.0);
  double count = 0.0;
  for (std::size_t p = 0; p < people.size(); ++p) {
    if (p == left_out) continue;
    count += 2.0;
    const std::vector<float>& cells = people[p].front().cells;
    for (std::size_t c = 0; c < size; ++c) {
      const std::size_t x = c % kPortraitEdge;
      sum[c] += static_cast<double>(cells[c]) + static_cast<double>(cells[c - x + (kPortraitEdge - 1 - x)]);
    }
  }
  std::vector<float> mean(size);
  for (std::size_t c = 0; c < size; ++c) mean[c] = static_cast<float>(sum[c] / count);
  return mean;
}

/// One measure of each person's portraits -> what a new person's may be.
domain::Bound bound_of(const std::string& measure, const std::vector<std::vector<double>>& values,
                       double tail) {
  const auto people = static_cast<double>(values.size());
  std::vector<double> means;
  double all = 0.0;
  double views = 0.0;
  double within = 0.0;
  for (const std::vector<double>& of : values) {
    double mean = 0.0;
    for (const double v : of) mean += v / static_cast<double>(of.size());
    for (const double v : of) within += (v - mean) * (v - mean);
    views += static_cast<double>(of.size());
    all += mean / people;
    means.push_back(mean);
  }
  double between = 0.0;
  for (const double m : means) between += (m - all) * (m - all) / (people - 1.0);
  // The variance of one scan of one person: that of people's means holds 1 / k of what differs between the k
  // portraits of one person, the rest comes on top.
  const double freedom = std::max(1.0, views - people);
  const double rest = within / freedom * (1.0 - people / views);
  const double variance = between + rest;
  // Satterthwaite: few people tell little of people, many views much of views.
  const double degrees =
      variance > 0.0 ? variance * variance / (between * between / (people - 1.0) + rest * rest / freedom)
                     : people - 1.0;
  const double reach = core::student_quantile(tail, std::max(1.0, std::floor(degrees))) *
                       std::sqrt(variance * (1.0 + 1.0 / people));
  constexpr double kLeastReach = 1e-6;  // portraits of one and the same scan
  domain::Bound bound;
  bound.measure = measure;
  bound.mean = all;
  bound.sd = std::sqrt(variance);
  bound.low = all - std::max(kLeastReach, reach);
  bound.high =
      words_of(measure).low_only ? std::numeric_limits<double>::max() : all + std::max(kLeastReach, reach);
  return bound;
}

}  // namespace

std::string PlausibilityOptions::problem() const {
  if (views < 0 || views > 100) return "views must lie in 0..100";
  if (!(refusals > 0.0 && refusals < 0.5)) return "refusals must lie in 0..0.5, both excluded";
  return {};
}

domain::Plausibility fit_plausibility(const std::vector<std::vector<domain::Portrait>>& people,
                                      const PlausibilityOptions& options, const core::Context& context) {
  if (const std::string problem = options.problem(); !problem.empty())
    throw core::Error(core::ErrorKind::Config, "plausible heads: " + problem);
  domain::Plausibility out;
  if (people.size() < kFewestPeople) return out;
  out.people = static_cast<int>(people.size());
  out.refusals = options.refusals;
  out.cells = mean_without(people, people.size());
  std::vector<std::string> names;
  std::vector<std::vector<std::vector<double>>> values;  // of a measure, of a person, of a view
  for (std::size_t p = 0; p < people.size(); ++p) {
    context.check_stop();
    const std::vector<float> others = mean_without(people, p);
    for (std::size_t v = 0; v < people[p].size(); ++v) {
      const std::vector<Measure> found = measures(people[p][v], others);
      if (names.empty()) {
        for (const Measure& m : found) names.push_back(m.name);
        values.assign(names.size(), std::vector<std::vector<double>>(people.size()));
      }
      for (std::size_t m = 0; m < found.size(); ++m) values[m][p].push_back(found[m].value);
    }
    out.views += static_cast<int>(people[p].size()) - 1;
  }
  // All sides that a scan may leave by share the refusals (Bonferroni).
  double sides = 0.0;
  for (const std::string& name : names) sides += words_of(name).low_only ? 1.0 : 2.0;
  for (std::size_t m = 0; m < names.size(); ++m)
    out.bounds.push_back(bound_of(names[m], values[m], options.refusals / sides));
  return out;
}

PlausibilityVerdict judge(const domain::Portrait& portrait, const domain::Plausibility& plausibility) {
  PlausibilityVerdict verdict;
  if (plausibility.empty()) return verdict;
  const std::vector<Measure> found = measures(portrait, plausibility.cells);
  std::string against;
  for (const domain::Bound& bound : plausibility.bounds) {
    for (const Measure& m : found) {
      if (m.name != bound.measure) continue;
      const double reach = bound.mean - bound.low;
      const bool low = m.value < bound.mean;
      if (!low && bound.high > bound.mean + 2.0 * reach) continue;  // an agreement better than expected
      const double off = std::abs(m.value - bound.mean) / reach;
      const double distance = std::isfinite(off) ? off : 1e6;  // what cannot be measured is no head
      if (distance <= verdict.distance) continue;
      verdict.measure = m.name;
      verdict.distance = distance;
      const Words& words = words_of(m.name);
      against = low ? words.below : words.above;
    }
  }
  if (verdict.distance <= 1.0) return verdict;
  std::array<char, 160> numbers{};
  std::snprintf(numbers.data(), numbers.size(),
                " (%s, %.1f times as far off as %.3g of 100 scans of heads like the reference's %d people)",
                verdict.measure.c_str(), verdict.distance, 100.0 * (1.0 - plausibility.refusals),
                plausibility.people);
  verdict.problem = "no T1w scan of a whole, upright head like the reference's: " + against + numbers.data() +
                    ": look at it and leave it out, correct it, or take it as it is with --no-plausibility";
  return verdict;
}

PlausibilityVerdict require_plausible(const preprocess::Prepared& prepared,
                                      const domain::Plausibility& plausibility,
                                      const core::Context& context) {
  if (plausibility.empty()) return {};
  PlausibilityVerdict verdict = judge(take_portrait(prepared, context), plausibility);
  if (!verdict.problem.empty()) throw core::Error(core::ErrorKind::Input, verdict.problem);
  return verdict;
}

}  // namespace isoscan::harmonize
