#include "dicom_stack.hpp"

#include <algorithm>
#include <cmath>

namespace isoscan::io {

using core::Vec3;

namespace {

constexpr double kSameDirection =
    1e-3;  // radians between slices of one volume; devices write 6 digits and more

double distance(const Vec3& a, const Vec3& b) {
  return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

bool close(const std::optional<double>& a, const std::optional<double>& b, double tolerance) {
  if (a.has_value() != b.has_value()) return false;
  return !a || std::abs(*a - *b) <= tolerance;
}

bool belong_together(const DicomImage& a_image, const DicomFrame& a, const DicomImage& b_image,
                     const DicomFrame& b) {
  if (a_image.rows != b_image.rows || a_image.columns != b_image.columns || a.placed != b.placed)
    return false;
  if (a_image.series_number != b_image.series_number) return false;  // derived images under the same UID
  if (a.image_type != b.image_type) return false;
  if (!close(a.echo_time_ms, b.echo_time_ms, 0.05) || !close(a.inversion_time_ms, b.inversion_time_ms, 1.0))
    return false;
  if (!a.placed) return true;
  return distance(a.along_row, b.along_row) < kSameDirection &&
         distance(a.along_column, b.along_column) < kSameDirection &&
         std::abs(a.row_spacing_mm - b.row_spacing_mm) < 1e-4 &&
         std::abs(a.column_spacing_mm - b.column_spacing_mm) < 1e-4;
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

}  // namespace isoscan::io
