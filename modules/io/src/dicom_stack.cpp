#include "dicom_stack.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>

#include "nifti_affine.hpp"

namespace isoscan::io {

using core::Vec3;

namespace {

constexpr double kSameDirection =
    1e-3;  // radians between slices of one volume; devices write 6 digits and more
constexpr double kEvenSpacing = 0.03;    // share of the spacing by which one slice may be off its place
constexpr double kEvenSpacingMm = 0.02;  // rounding of positions to hundredths
constexpr double kTiltPixels = 0.25;     // drift across the whole stack, sideways

double dot(const Vec3& a, const Vec3& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

Vec3 minus(const Vec3& a, const Vec3& b) {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}

double length(const Vec3& a) {
  return std::sqrt(dot(a, a));
}

bool close(const std::optional<double>& a, const std::optional<double>& b, double tolerance) {
  if (a.has_value() != b.has_value()) return false;
  return !a || std::abs(*a - *b) <= tolerance;
}

bool belong_together(const DicomImage& a_image, const DicomFrame& a, const DicomImage& b_image,
                     const DicomFrame& b) {
  if (a_image.rows != b_image.rows || a_image.columns != b_image.columns || a.placed != b.placed)
    return false;
  if (a.image_type != b.image_type) return false;
  if (!close(a.echo_time_ms, b.echo_time_ms, 0.05) || !close(a.inversion_time_ms, b.inversion_time_ms, 1.0))
    return false;
  if (!a.placed) return true;
  return length(minus(a.along_row, b.along_row)) < kSameDirection &&
         length(minus(a.along_column, b.along_column)) < kSameDirection &&
         std::abs(a.row_spacing_mm - b.row_spacing_mm) < 1e-4 &&
         std::abs(a.column_spacing_mm - b.column_spacing_mm) < 1e-4;
}

std::string mm(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g mm", value);
  return text.data();
}

/// Removes volumes beyond the first where every slice is there equally often. Frames are sorted along the
/// normal.
std::size_t fold_repeats(std::vector<DicomFrame>& frames, const std::vector<double>& at) {
  std::size_t repeats = 1;
  while (repeats < at.size() && at[repeats] - at[0] < kEvenSpacingMm / 2) ++repeats;
  if (repeats == 1 || frames.size() % repeats != 0) return 1;
  for (std::size_t f = 0; f < frames.size(); f += repeats) {
    if (at[f + repeats - 1] - at[f] >= kEvenSpacingMm / 2) return 1;
  }
  std::vector<DicomFrame> first;
  for (std::size_t f = 0; f < frames.size(); f += repeats) first.push_back(frames[f]);
  frames = std::move(first);
  return repeats;
}

/// What is uneven about the distances between slices; empty when nothing is.
std::string uneven(const std::vector<double>& at) {
  const double mean = (at.back() - at.front()) / static_cast<double>(at.size() - 1);
  std::vector<double> steps;
  for (std::size_t f = 1; f < at.size(); ++f) steps.push_back(at[f] - at[f - 1]);
  const auto [least, most] = std::minmax_element(steps.begin(), steps.end());
  if (*least < kEvenSpacingMm / 2) return "two of its slices lie in the same place";
  bool even = true;
  for (std::size_t f = 0; f < at.size(); ++f) {
    const double off = std::abs(at[f] - (at.front() + mean * static_cast<double>(f)));
    even = even && off <= std::max(kEvenSpacing * mean, kEvenSpacingMm);
  }
  if (even) return {};
  std::nth_element(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2), steps.end());
  const double usual = steps[steps.size() / 2];
  const auto [low, high] = std::minmax_element(steps.begin(), steps.end());
  const double ratio = *high / usual;
  if (ratio > 1.5 && std::abs(ratio - std::round(ratio)) < 0.1 && *low > 0.9 * usual) {
    return "slices are missing: one step is " + mm(*high) + ", the others " + mm(usual);
  }
  return "its slices are not evenly spaced (from " + mm(*low) + " to " + mm(*high) + ")";
}

}  // namespace

std::vector<DicomStack> split_into_stacks(const std::vector<DicomImage>& images) {
  std::vector<std::size_t> order(images.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return images[a].instance_number < images[b].instance_number;
  });
  std::vector<DicomStack> stacks;
  for (const std::size_t i : order) {
    for (DicomFrame frame : images[i].frames) {
      frame.image = i;
      const auto home = std::find_if(stacks.rbegin(), stacks.rend(), [&](const DicomStack& s) {
        return belong_together(images[s.frames.front().image], s.frames.front(), images[i], frame);
      });
      if (home == stacks.rend()) {
        stacks.push_back({{frame}});
      } else {
        home->frames.push_back(frame);
      }
    }
  }
  return stacks;
}

PlacedStack place(const std::vector<DicomImage>& images, const DicomStack& stack) {
  PlacedStack placed;
  placed.frames = stack.frames;
  const DicomFrame& first = stack.frames.front();
  const auto refuse = [&](const std::string& why) {
    placed.problem = why;
    return placed;
  };
  if (!first.placed) return refuse("its images have no usable position, orientation or pixel size");
  const Vec3 normal = cross(first.along_row, first.along_column);
  const auto height = [&](const DicomFrame& f) { return dot(f.position, normal); };
  std::stable_sort(placed.frames.begin(), placed.frames.end(),
                   [&](const DicomFrame& a, const DicomFrame& b) { return height(a) < height(b); });
  std::vector<double> at;
  for (const DicomFrame& f : placed.frames) at.push_back(height(f));
  placed.repeats = fold_repeats(placed.frames, at);
  if (placed.repeats > 1) {
    at.clear();
    for (const DicomFrame& f : placed.frames) at.push_back(height(f));
  }
  if (at.size() < 2) return refuse("has one slice: a volume is needed");
  if (std::string why = uneven(at); !why.empty()) return refuse(why);

  const double steps = static_cast<double>(at.size() - 1);
  Vec3 step = minus(placed.frames.back().position, placed.frames.front().position);
  for (double& v : step) v /= steps;
  const double pixel = std::min(first.row_spacing_mm, first.column_spacing_mm);
  for (std::size_t f = 0; f < placed.frames.size(); ++f) {
    Vec3 off = minus(placed.frames[f].position, placed.frames.front().position);
    const double up = dot(off, normal);
    for (std::size_t a = 0; a < 3; ++a) off[a] -= up * normal[a];
    if (length(off) > kTiltPixels * pixel) {
      return refuse("its slices are shifted against each other by up to " + mm(length(off)) +
                    " (gantry tilt or moved slices)");
    }
  }
  placed.grid.size = {images[first.image].columns, images[first.image].rows,
                      static_cast<std::int64_t>(at.size())};
  for (std::size_t row = 0; row < 3; ++row) {
    placed.grid.world_from_voxel.matrix[3 * row] = first.along_row[row] * first.column_spacing_mm;
    placed.grid.world_from_voxel.matrix[3 * row + 1] = first.along_column[row] * first.row_spacing_mm;
    placed.grid.world_from_voxel.matrix[3 * row + 2] = step[row];
    placed.grid.world_from_voxel.offset[row] = placed.frames.front().position[row];
  }
  placed.grid = rounded_to_float(placed.grid);
  placed.problem = placed.grid.problem();
  return placed;
}

}  // namespace isoscan::io
