/// Where slices lie: which voxel axis is which direction of the patient, which slices, which pixels.
#include <algorithm>
#include <cmath>
#include <limits>

#include "isoscan/core/error.hpp"
#include "isoscan/report/mosaic.hpp"

namespace isoscan::report {
namespace {

using core::Vec3;

constexpr int kLeft = 0;
constexpr int kPosterior = 1;
constexpr int kSuperior = 2;
constexpr double kFinestPixelMm = 0.75;
constexpr double kCoarsestPixelMm = 1.05;
/// Slices lie between these shares of the brain's box: nearer to its faces they show little but cortex cut
/// flat.
constexpr double kFirstShare = 0.12;
constexpr double kLastShare = 0.88;
constexpr int kMaxPixels = 2048;

void require_usable(const core::Grid& grid) {
  if (const char* problem = grid.problem(); *problem != '\0') {
    throw core::Error(core::ErrorKind::Geometry, std::string("picture of a volume: the grid is ") + problem);
  }
}

Vec3 unit(const Vec3& v) {
  const double length = std::hypot(v[0], v[1], v[2]);
  return {v[0] / length, v[1] / length, v[2] / length};
}

Vec3 scaled(const Vec3& v, double factor) {
  return {v[0] * factor, v[1] * factor, v[2] * factor};
}

/// "R", or "RA" where the direction leans towards a second one by more than 20 degrees or so.
std::string label(const Vec3& direction) {
  static constexpr char kPositive[] = {'L', 'P', 'S'};
  static constexpr char kNegative[] = {'R', 'A', 'I'};
  const Vec3 u = unit(direction);
  std::array<int, 3> order{0, 1, 2};
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return std::abs(u[a]) > std::abs(u[b]); });
  std::string text;
  for (const int axis : order) {
    if (!text.empty() && std::abs(u[axis]) < 0.35) break;
    if (text.size() == 2) break;
    text += u[axis] > 0 ? kPositive[axis] : kNegative[axis];
  }
  return text;
}

struct Box {
  Vec3 low, high;  ///< voxel coordinates, inclusive
};

/// The mask's box in voxel coordinates of `grid`, cut to the grid; the whole grid where the mask is empty.
Box brain_box(const core::Grid& grid, const core::Mask& brain) {
  const Box whole{{0, 0, 0},
                  {static_cast<double>(grid.size[0] - 1), static_cast<double>(grid.size[1] - 1),
                   static_cast<double>(grid.size[2] - 1)}};
  constexpr double kFar = std::numeric_limits<double>::infinity();
  Box box{{kFar, kFar, kFar}, {-kFar, -kFar, -kFar}};
  if (brain.voxels.empty()) return whole;
  const core::Affine there = grid.world_from_voxel.inverse() * brain.grid.world_from_voxel;
  const bool same = brain.grid == grid;
  std::size_t at = 0;
  for (std::int64_t k = 0; k < brain.grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < brain.grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < brain.grid.size[0]; ++i, ++at) {
        if (brain.voxels[at] == 0) continue;
        const Vec3 here{static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)};
        const Vec3 v = same ? here : there(here);
        for (int a = 0; a < 3; ++a) {
          box.low[a] = std::min(box.low[a], v[a]);
          box.high[a] = std::max(box.high[a], v[a]);
        }
      }
    }
  }
  for (int a = 0; a < 3; ++a) {
    box.low[a] = std::max(box.low[a], whole.low[a]);
    box.high[a] = std::min(box.high[a], whole.high[a]);
    if (!(box.low[a] <= box.high[a])) return whole;  // empty, or a mask that lies elsewhere
  }
  return box;
}

/// Pixels along one side of the picture, in voxels of one axis.
struct Side {
  int voxel_axis = 0;
  double start = 0.0;  ///< voxel coordinate of the first pixel's centre
  double step = 1.0;   ///< voxels a pixel, negative where the picture runs against the index
  int count = 1;
};

/// `forward`: the picture's side runs with the world axis (to the left, back or head).
Side lay_side(const core::Grid& grid, const AnatomicalAxes& axes, const Box& box, int world_axis,
              bool forward, double pixel_mm, double margin_mm) {
  Side side;
  side.voxel_axis = axes.voxel_axis[world_axis];
  const auto axis = static_cast<std::size_t>(side.voxel_axis);
  const double spacing = grid.spacing_mm()[axis];
  const auto last = static_cast<double>(grid.size[axis] - 1);
  const double low = std::max(0.0, std::floor(box.low[axis] - margin_mm / spacing));
  const double high = std::min(last, std::ceil(box.high[axis] + margin_mm / spacing));
  double step = pixel_mm / spacing;
  // A pixel a voxel, where they nearly agree: no interpolation, nothing is softened.
  if (std::abs(step - 1.0) < 0.02) step = 1.0;
  step = std::max(step, (high - low) / (kMaxPixels - 1));
  side.count = static_cast<int>(std::floor((high - low) / step + 1e-9)) + 1;
  const double slack = (high - low) - (side.count - 1) * step;
  const bool with_index = forward != axes.flipped[world_axis];
  side.start = with_index ? low + slack / 2 : high - slack / 2;
  if (step == 1.0) side.start = with_index ? low : high;
  side.step = with_index ? step : -step;
  return side;
}

constexpr double kNoStep = 1e-7;  // voxels over a whole picture: rounding of the two affines

/// Between which voxels of an axis a place lies, and how far on.
struct Place {
  std::int64_t low = 0;
  std::int64_t high = 0;
  double share = 0.0;
  bool inside = false;
};

Place place_of(double v, std::int64_t size) {
  const auto last = static_cast<double>(size - 1);
  if (!(v > -0.5 - 1e-6 && v < last + 0.5 + 1e-6)) return {};
  // Rounding of the two affines must not blend in a neighbour.
  if (const double whole = std::round(v); std::abs(v - whole) < 1e-5) v = whole;
  v = std::clamp(v, 0.0, last);
  const auto low = static_cast<std::int64_t>(v);
  return {low, std::min(low + 1, size - 1), v - static_cast<double>(low), true};
}

float interpolated(const core::Volume& volume, const std::array<Place, 3>& place) {
  const auto line = [&](std::int64_t j, std::int64_t k) {
    const double a = volume.at(place[0].low, j, k);
    return place[0].share == 0.0 ? a : a + place[0].share * (volume.at(place[0].high, j, k) - a);
  };
  const auto sheet = [&](std::int64_t k) {
    const double a = line(place[1].low, k);
    return place[1].share == 0.0 ? a : a + place[1].share * (line(place[1].high, k) - a);
  };
  const double a = sheet(place[2].low);
  return static_cast<float>(place[2].share == 0.0 ? a : a + place[2].share * (sheet(place[2].high) - a));
}

}  // namespace

const char* name(Plane plane) {
  switch (plane) {
    case Plane::Axial:
      return "axial";
    case Plane::Coronal:
      return "coronal";
    case Plane::Sagittal:
      return "sagittal";
  }
  return "";
}

std::string MosaicOptions::problem() const {
  if (slices < 1 || slices > 40) return "slices must be in 1..40";
  if (!(pixel_mm == 0.0 || (pixel_mm >= 0.1 && pixel_mm <= 20.0))) return "pixel_mm must be 0 or in 0.1..20";
  if (!(margin_mm >= 0.0 && margin_mm <= 500.0)) return "margin_mm must be in 0..500";
  return {};
}

AnatomicalAxes anatomical_axes(const core::Grid& grid) {
  require_usable(grid);
  std::array<Vec3, 3> direction;
  for (int axis = 0; axis < 3; ++axis) direction[axis] = unit(grid.world_from_voxel.column(axis));
  AnatomicalAxes best;
  double best_product = -1.0;
  std::array<int, 3> order{0, 1, 2};
  do {
    double product = 1.0;
    for (int world = 0; world < 3; ++world) product *= std::abs(direction[order[world]][world]);
    if (product > best_product) {
      best_product = product;
      best.voxel_axis = order;
    }
  } while (std::next_permutation(order.begin(), order.end()));
  for (int world = 0; world < 3; ++world) best.flipped[world] = direction[best.voxel_axis[world]][world] < 0;
  return best;
}

std::vector<Slice> choose_slices(const core::Grid& grid, const core::Mask& brain, Plane plane,
                                 const MosaicOptions& options) {
  if (const std::string problem = options.problem(); !problem.empty()) {
    throw core::Error(core::ErrorKind::Config, "pictures: " + problem);
  }
  const AnatomicalAxes axes = anatomical_axes(grid);
  const Box box = brain_box(grid, brain);
  const Vec3 spacing = grid.spacing_mm();
  const double finest = std::min({spacing[0], spacing[1], spacing[2]});
  const double pixel_mm =
      options.pixel_mm > 0 ? options.pixel_mm : std::clamp(finest, kFinestPixelMm, kCoarsestPixelMm);

  // Radiological convention: seen from the feet (axial), from the front (coronal), from the left (sagittal,
  // nose left).
  const int normal = plane == Plane::Axial ? kSuperior : plane == Plane::Coronal ? kPosterior : kLeft;
  const int right = plane == Plane::Sagittal ? kPosterior : kLeft;
  const int down = plane == Plane::Axial ? kPosterior : kSuperior;
  const Side across = lay_side(grid, axes, box, right, true, pixel_mm, options.margin_mm);
  const Side along = lay_side(grid, axes, box, down, plane == Plane::Axial, pixel_mm, options.margin_mm);

  const int through = axes.voxel_axis[normal];
  std::vector<double> places;
  for (int n = 0; n < options.slices; ++n) {
    double share =
        options.slices == 1 ? 0.5 : kFirstShare + (kLastShare - kFirstShare) * n / (options.slices - 1);
    if (axes.flipped[normal]) share = 1.0 - share;
    const double place = std::round(box.low[through] + share * (box.high[through] - box.low[through]));
    if (places.empty() || places.back() != place) places.push_back(place);
  }

  std::vector<Slice> slices;
  for (const double place : places) {
    Slice slice;
    slice.plane = plane;
    Vec3 voxel{};
    voxel[across.voxel_axis] = across.start;
    voxel[along.voxel_axis] = along.start;
    voxel[through] = place;
    slice.origin_mm = grid.world_from_voxel(voxel);
    slice.right_mm = scaled(grid.world_from_voxel.column(across.voxel_axis), across.step);
    slice.down_mm = scaled(grid.world_from_voxel.column(along.voxel_axis), along.step);
    slice.width = across.count;
    slice.height = along.count;
    slice.left = label(scaled(slice.right_mm, -1.0));
    slice.right = label(slice.right_mm);
    slice.top = label(scaled(slice.down_mm, -1.0));
    slice.bottom = label(slice.down_mm);
    double middle = slice.origin_mm[normal];
    middle +=
        0.5 * (slice.width - 1) * slice.right_mm[normal] + 0.5 * (slice.height - 1) * slice.down_mm[normal];
    Vec3 towards{};
    towards[normal] = middle < 0 ? -1.0 : 1.0;
    slice.position = label(towards) + " " + std::to_string(std::lround(std::abs(middle))) + " mm";
    slices.push_back(std::move(slice));
  }
  return slices;
}

std::vector<float> sample(const core::Volume& volume, const Slice& slice, float outside) {
  const core::Affine voxel_from_world = volume.grid.world_from_voxel.inverse();
  const core::Affine linear{voxel_from_world.matrix, {0, 0, 0}};
  const Vec3 origin = voxel_from_world(slice.origin_mm);
  const Vec3 right = linear(slice.right_mm);
  const Vec3 down = linear(slice.down_mm);
  // Places along each axis, once for a column or a row where the slice runs along the grid.
  std::array<std::vector<Place>, 3> places;
  std::array<std::array<std::size_t, 2>, 3> steps{};  // to the next pixel to the right, and below
  bool along_grid = true;
  for (std::size_t a = 0; a < 3; ++a) {
    const bool by_column = std::abs(right[a]) * slice.width > kNoStep;
    const bool by_row = std::abs(down[a]) * slice.height > kNoStep;
    along_grid = along_grid && !(by_column && by_row);
    const int count = by_column ? slice.width : by_row ? slice.height : 1;
    const double step = by_column ? right[a] : down[a];
    for (int n = 0; n < count; ++n) places[a].push_back(place_of(origin[a] + n * step, volume.grid.size[a]));
    steps[a] = {by_column ? 1U : 0U, by_row ? 1U : 0U};
  }
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(slice.width) * static_cast<std::size_t>(slice.height));
  for (int y = 0; y < slice.height; ++y) {
    for (int x = 0; x < slice.width; ++x) {
      std::array<Place, 3> at;
      for (std::size_t a = 0; a < 3; ++a) {
        at[a] = along_grid ? places[a][steps[a][0] * static_cast<std::size_t>(x) +
                                       steps[a][1] * static_cast<std::size_t>(y)]
                           : place_of(origin[a] + x * right[a] + y * down[a], volume.grid.size[a]);
        if (!at[a].inside) break;
      }
      const bool inside = at[0].inside && at[1].inside && at[2].inside;
      values.push_back(inside ? interpolated(volume, at) : outside);
    }
  }
  return values;
}

}  // namespace isoscan::report
