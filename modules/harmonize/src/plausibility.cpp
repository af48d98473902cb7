#include "isoscan/harmonize/plausibility.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "isoscan/core/error.hpp"

namespace isoscan::harmonize {

namespace {

using domain::kPortraitCells;
using domain::kPortraitEdge;

constexpr std::size_t kTissues = core::kTissueCount;
constexpr double kTiny = 1e-6;

double log_of(double value) {
  return std::log(std::max(kTiny, value));
}

double logit(double share) {
  const double p = std::clamp(share, kTiny, 1.0 - kTiny);
  return std::log(p / (1.0 - p));
}

double fisher(double correlation) {
  return std::atanh(std::clamp(correlation, -1.0 + kTiny, 1.0 - kTiny));
}

std::size_t mirror_of(std::size_t cell) {
  const std::size_t x = cell % kPortraitEdge;
  return cell - x + (kPortraitEdge - 1 - x);
}

/// Overlap of two brains: 2 |a b| / (|a| + |b|) of shares.
template <class A, class B>
double overlap(const A& a, const B& b) {
  double both = 0.0;
  double sum = kTiny;
  for (std::size_t c = 0; c < kPortraitCells; ++c) {
    both += std::min(a(c), b(c));
    sum += a(c) + b(c);
  }
  return 2.0 * both / sum;
}

/// Correlation over the cells that both brains fill, of what share of them is one tissue.
template <class A, class B, class W>
double correlation(const A& a, const B& b, const W& weight) {
  double sum = 0.0;
  double of_a = 0.0;
  double of_b = 0.0;
  double aa = 0.0;
  double bb = 0.0;
  double ab = 0.0;
  for (std::size_t c = 0; c < kPortraitCells; ++c) {
    const double w = weight(c);
    if (w <= 0.0) continue;
    const double x = a(c);
    const double y = b(c);
    sum += w;
    of_a += w * x;
    of_b += w * y;
    aa += w * x * x;
    bb += w * y * y;
    ab += w * x * y;
  }
  if (sum <= 0.0) return 0.0;
  const double va = aa / sum - of_a * of_a / (sum * sum);
  const double vb = bb / sum - of_b * of_b / (sum * sum);
  return va > 0.0 && vb > 0.0 ? (ab / sum - of_a * of_b / (sum * sum)) / std::sqrt(va * vb) : 0.0;
}

/// The cell at the place turned front to back and (or) upside down.
std::size_t flipped(std::size_t cell, bool front_back, bool up_down) {
  const std::size_t x = cell % kPortraitEdge;
  const std::size_t y = cell / kPortraitEdge % kPortraitEdge;
  const std::size_t z = cell / (kPortraitEdge * kPortraitEdge);
  constexpr std::size_t kLast = kPortraitEdge - 1;
  return ((up_down ? kLast - z : z) * kPortraitEdge + (front_back ? kLast - y : y)) * kPortraitEdge + x;
}

/// Correlation over all cells of what each tissue fills: outline and inside together.
double agreement(const std::vector<float>& a, const std::vector<float>& b, bool front_back, bool up_down) {
  double sum = 0.0;
  for (std::size_t t = 1; t <= kTissues; ++t) {
    const std::size_t from = t * kPortraitCells;
    sum += correlation(
        [&](std::size_t c) { return static_cast<double>(a[from + c]); },
        [&](std::size_t c) { return static_cast<double>(b[from + flipped(c, front_back, up_down)]); },
        [](std::size_t) { return 1.0; });
  }
  return fisher(sum / static_cast<double>(kTissues));
}

}  // namespace

std::vector<Measure> measures(const domain::Portrait& portrait, const std::vector<float>& cells) {
  const auto& own = portrait.cells;
  const auto brain = [&](std::size_t c) { return static_cast<double>(own[c]); };
  const auto expected = [&](std::size_t c) { return static_cast<double>(cells[c]); };
  const auto mirrored = [&](std::size_t c) { return static_cast<double>(own[mirror_of(c)]); };
  const auto part = [](const std::vector<float>& list, std::size_t t, std::size_t c) {
    const auto all = static_cast<double>(list[c]);
    return all > 0.05 ? static_cast<double>(list[(1 + t) * kPortraitCells + c]) / all : 0.0;
  };
  const auto weight = [&](std::size_t c) {
    const double w = std::min(brain(c), expected(c));
    return w > 0.05 ? w : 0.0;
  };
  const auto mirror_weight = [&](std::size_t c) {
    const double w = std::min(brain(c), mirrored(c));
    return w > 0.05 ? w : 0.0;
  };
  std::vector<Measure> out;
  constexpr std::array<const char*, kTissues> kPlaces{"csf_place", "grey_place", "white_place"};
  for (std::size_t t = 0; t < kTissues; ++t) {
    out.push_back(
        {kPlaces[t], fisher(correlation([&](std::size_t c) { return part(own, t, c); },
                                        [&](std::size_t c) { return part(cells, t, c); }, weight))});
  }
  const double as_it_is = agreement(own, cells, false, false);
  out.push_back({"agreement", as_it_is});
  out.push_back(
      {"upright", as_it_is - std::max({agreement(own, cells, true, false), agreement(own, cells, false, true),
                                       agreement(own, cells, true, true)})});
  out.push_back({"outline", logit(overlap(brain, expected))});
  out.push_back({"mirror_outline", logit(overlap(brain, mirrored))});
  out.push_back({"mirror_white", fisher(correlation([&](std::size_t c) { return part(own, 2, c); },
                                                    [&](std::size_t c) { return part(own, 2, mirror_of(c)); },
                                                    mirror_weight))});
  out.push_back({"size", log_of(portrait.brain_ml)});
  out.push_back({"width", log_of(portrait.sd_mm[0] / std::max(kTiny, portrait.sd_mm[1]))});
  out.push_back({"height", log_of(portrait.sd_mm[2] / std::max(kTiny, portrait.sd_mm[1]))});
  out.push_back({"partial", log_of(portrait.partial)});
  double mixed = 0.0;
  double sum = kTiny;
  for (std::size_t c = 0; c < kPortraitCells; ++c) {
    const double w = weight(c);
    sum += w;
    mixed += w * part(own, 1, c) * part(own, 2, c);
  }
  out.push_back({"mixed", log_of(mixed / sum)});
  return out;
}

}  // namespace isoscan::harmonize
