#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <tuple>

#include "dicom_stack.hpp"
#include "nifti_affine.hpp"

namespace isoscan::io {

using core::Vec3;

namespace {

constexpr double kEvenSpacing = 0.03;    // share of the spacing by which one slice may be off its place
constexpr double kEvenSpacingMm = 0.02;  // rounding of positions to hundredths
constexpr double kSamePlaceMm = kEvenSpacingMm / 2;
constexpr double kTiltPixels = 0.25;  // drift across the whole stack, sideways

double dot(const Vec3& a, const Vec3& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

Vec3 minus(const Vec3& a, const Vec3& b) {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}

std::string said(const char* form, double value) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), form, value);
  return text.data();
}

std::string mm(double value) {
  return said("%.4g mm", value);
}

/// Which of two frames of one slice was acquired first.
class Earlier {
 public:
  Earlier(const std::vector<DicomImage>& images, const std::vector<DicomFrame>& frames) : images_(images) {
    positions_ = std::all_of(frames.begin(), frames.end(),
                             [](const DicomFrame& f) { return f.temporal_position.has_value(); });
    times_ = std::all_of(frames.begin(), frames.end(),
                         [](const DicomFrame& f) { return f.acquired_s.has_value(); });
  }
  bool operator()(const DicomFrame& a, const DicomFrame& b) const { return rank(a) < rank(b); }

 private:
  [[nodiscard]] std::tuple<int, double, int, std::size_t, unsigned, unsigned> rank(
      const DicomFrame& f) const {
    return {positions_ ? *f.temporal_position : 0,
            times_ ? *f.acquired_s : 0.0,
            images_[f.image].instance_number,
            f.image,
            f.number,
            f.tile};
  }
  const std::vector<DicomImage>& images_;
  bool positions_ = false;
  bool times_ = false;
};

/// Keeps the first volume of several on the same slices. @return what is wrong, in words.
std::string fold_repeats(const std::vector<DicomImage>& images, const Vec3& normal, double pixel_mm,
                         PlacedStack& placed) {
  std::vector<DicomFrame>& frames = placed.frames;
  const Earlier earlier(images, frames);
  const auto height = [&](const DicomFrame& f) { return dot(f.position, normal); };
  std::stable_sort(frames.begin(), frames.end(),
                   [&](const DicomFrame& a, const DicomFrame& b) { return height(a) < height(b); });
  std::vector<DicomFrame> first;
  std::size_t most = 1;
  std::size_t least = frames.size();
  std::size_t all = 0;
  for (std::size_t from = 0; from < frames.size();) {
    std::size_t to = from + 1;
    while (to < frames.size() && height(frames[to]) - height(frames[from]) < kSamePlaceMm) {
      const Vec3 aside = minus(frames[to].position, frames[from].position);
      if (std::sqrt(dot(aside, aside)) > std::max(kTiltPixels * pixel_mm, kSamePlaceMm))
        return "two of its slices lie side by side at the same height";
      ++to;
    }
    const auto begin = frames.begin() + static_cast<std::ptrdiff_t>(from);
    first.push_back(*std::min_element(begin, frames.begin() + static_cast<std::ptrdiff_t>(to), earlier));
    most = std::max(most, to - from);
    least = std::min(least, to - from);
    all += to - from;
    from = to;
  }
  // A scan that was stopped lacks slices of its last volume. One slice sent twice is no volume.
  if (most != least && (least == 1 || most > least + 1)) return "two of its slices lie in the same place";
  placed.repeats = most;
  placed.missing = most * first.size() - all;
  frames = std::move(first);
  return {};
}

/// Heights above the first slice; which are not evenly spaced?
struct Steps {
  std::string problem;  ///< no resampling mends it
  std::string uneven;   ///< in words; empty when even
  double usual = 0.0;
};

Steps steps_of(const std::vector<double>& at) {
  Steps found;
  const double mean = (at.back() - at.front()) / static_cast<double>(at.size() - 1);
  std::vector<double> steps;
  for (std::size_t f = 1; f < at.size(); ++f) steps.push_back(at[f] - at[f - 1]);
  bool even = true;
  for (std::size_t f = 0; f < at.size(); ++f) {
    const double off = std::abs(at[f] - (at.front() + mean * static_cast<double>(f)));
    even = even && off <= std::max(kEvenSpacing * mean, kEvenSpacingMm);
  }
  found.usual = mean;
  if (even) return found;
  std::nth_element(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2), steps.end());
  const double usual = steps[steps.size() / 2];
  const auto [low, high] = std::minmax_element(steps.begin(), steps.end());
  const double ratio = *high / usual;
  if (ratio > 1.5 && std::abs(ratio - std::round(ratio)) < 0.1 && *low > 0.9 * usual) {
    found.problem = "slices are missing: one step is " + mm(*high) + ", the others " + mm(usual);
    return found;
  }
  found.uneven = "its slices are not evenly spaced (from " + mm(*low) + " to " + mm(*high) + ")";
  found.usual = usual;
  return found;
}

/// Sideways drift of slices, and the words for it where it is too large.
std::string tilt_of(const std::vector<Vec3>& places, double pixel_mm) {
  double most = 0.0;
  for (const Vec3& p : places) most = std::max(most, std::hypot(p[0], p[1]));
  if (most <= kTiltPixels * pixel_mm) return {};
  const Vec3& last = places.back();
  double off_line = 0.0;
  for (const Vec3& p : places) {
    const double share = p[2] / last[2];
    off_line = std::max(off_line, std::hypot(p[0] - share * last[0], p[1] - share * last[1]));
  }
  std::string words = "its slices are shifted against each other by up to " + mm(most);
  if (off_line <= kTiltPixels * pixel_mm) {
    const double degrees = std::atan2(std::hypot(last[0], last[1]), last[2]) * 180.0 / std::numbers::pi;
    return words + " (gantry tilt of " + said("%.3g", degrees) + " degrees)";
  }
  return words + " (moved slices)";
}

core::Grid grid_of(const DicomFrame& first, const Vec3& step, const core::Index3& size) {
  core::Grid grid;
  grid.size = size;
  for (std::size_t row = 0; row < 3; ++row) {
    grid.world_from_voxel.matrix[3 * row] = first.along_row[row] * first.column_spacing_mm;
    grid.world_from_voxel.matrix[3 * row + 1] = first.along_column[row] * first.row_spacing_mm;
    grid.world_from_voxel.matrix[3 * row + 2] = step[row];
    grid.world_from_voxel.offset[row] = first.position[row];
  }
  return grid;
}

/// The right-angled grid that holds all slices; `places_mm` then count from its first voxel.
void lay_grid_around(PlacedStack& placed, const DicomFrame& first, const Vec3& normal, double usual_mm,
                     core::Index3 size) {
  std::vector<Vec3>& places = placed.places_mm;
  const double span = places.back()[2];
  const auto steps = std::max<std::int64_t>(1, std::lround(span / usual_mm));
  const double step_mm = span / static_cast<double>(steps);
  Vec3 least = places.front();
  Vec3 most = places.front();
  for (const Vec3& p : places) {
    for (std::size_t a = 0; a < 2; ++a) {
      least[a] = std::min(least[a], p[a]);
      most[a] = std::max(most[a], p[a]);
    }
  }
  const Vec3 spacing{first.column_spacing_mm, first.row_spacing_mm, step_mm};
  for (std::size_t a = 0; a < 2; ++a)
    size[a] += static_cast<std::int64_t>(std::ceil((most[a] - least[a]) / spacing[a] - 1e-3));
  size[2] = steps + 1;
  placed.grid = grid_of(first, {normal[0] * step_mm, normal[1] * step_mm, normal[2] * step_mm}, size);
  for (std::size_t a = 0; a < 3; ++a)
    placed.grid.world_from_voxel.offset[a] +=
        first.along_row[a] * least[0] + first.along_column[a] * least[1];
  for (Vec3& p : places) p = {p[0] - least[0], p[1] - least[1], p[2]};
}

}  // namespace

PlacedStack place(const std::vector<DicomImage>& images, const DicomStack& stack,
                  const ReadChoices& choices) {
  PlacedStack placed;
  placed.frames = stack.frames;
  const DicomFrame first = stack.frames.front();
  const auto refuse = [&](const std::string& why) {
    placed.problem = why;
    return placed;
  };
  if (!first.placed) return refuse("its images have no usable position, orientation or pixel size");
  const Vec3 normal = cross(first.along_row, first.along_column);
  const double pixel = std::min(first.row_spacing_mm, first.column_spacing_mm);
  if (std::string why = fold_repeats(images, normal, pixel, placed); !why.empty()) return refuse(why);
  if (placed.frames.size() < 2) return refuse("has one slice: a volume is needed");

  const DicomFrame& lowest = placed.frames.front();
  std::vector<Vec3> places;
  std::vector<double> at;
  for (const DicomFrame& f : placed.frames) {
    const Vec3 from = minus(f.position, lowest.position);
    places.push_back({dot(from, first.along_row), dot(from, first.along_column), dot(from, normal)});
    at.push_back(places.back()[2]);
  }
  const Steps steps = steps_of(at);
  if (!steps.problem.empty()) return refuse(steps.problem);
  placed.uneven = steps.uneven;
  if (const std::string tilt = tilt_of(places, pixel); !tilt.empty())
    placed.uneven += (placed.uneven.empty() ? "" : "; ") + tilt;
  if (!placed.uneven.empty() && !choices.resample)
    return refuse(placed.uneven + "; --resample brings them onto a right-angled grid (linear)");

  const core::Index3 size{images[first.image].columns, images[first.image].rows,
                          static_cast<std::int64_t>(at.size())};
  DicomFrame origin = first;
  origin.position = lowest.position;
  if (placed.uneven.empty()) {
    Vec3 step = minus(placed.frames.back().position, lowest.position);
    for (double& v : step) v /= static_cast<double>(at.size() - 1);
    placed.grid = grid_of(origin, step, size);
  } else {
    placed.places_mm = std::move(places);
    lay_grid_around(placed, origin, normal, steps.usual, size);
  }
  placed.grid = rounded_to_float(placed.grid);
  placed.problem = placed.grid.problem();
  return placed;
}

}  // namespace isoscan::io
