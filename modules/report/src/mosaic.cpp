#include "isoscan/report/mosaic.hpp"

#include <algorithm>
#include <cmath>

#include "isoscan/core/error.hpp"

namespace isoscan::report {
namespace {

constexpr int kChangeColours = 255;
constexpr int kWidthColours = 64;
constexpr int kThumbnailWidth = 72;
constexpr int kThumbnailHeight = 96;
constexpr int kThumbnailGreys = 16;

double window_share(float value, const GreyWindow& window) {
  const double share = (value - window.low) / (window.high - window.low);
  return std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : 0.0;
}

/// Piecewise linear between black, a strong and a light colour.
Rgba ramp(double share, const Rgba& strong, const Rgba& light) {
  static constexpr Rgba kBlack{0, 0, 0, 255};
  constexpr double kKnee = 0.6;
  const bool lower = share < kKnee;
  const double t = lower ? share / kKnee : (share - kKnee) / (1 - kKnee);
  const Rgba& from = lower ? kBlack : strong;
  const Rgba& to = lower ? strong : light;
  Rgba colour{0, 0, 0, 255};
  for (std::size_t c = 0; c < 3; ++c) {
    colour[c] = static_cast<std::uint8_t>(std::lround(from[c] + t * (to[c] - from[c])));
  }
  return colour;
}

std::vector<Rgba> make_change_palette() {
  constexpr int kZero = kChangeColours / 2;
  std::vector<Rgba> palette(kChangeColours);
  for (int n = 0; n <= kZero; ++n) {
    const double share = static_cast<double>(n) / kZero;
    palette[static_cast<std::size_t>(kZero - n)] = ramp(share, {32, 108, 196, 255}, {178, 226, 255, 255});
    palette[static_cast<std::size_t>(kZero + n)] = ramp(share, {204, 92, 18, 255}, {255, 232, 158, 255});
  }
  return palette;
}

/// The same area at twice the resolution.
Slice finer(const Slice& slice) {
  Slice twice = slice;
  for (std::size_t a = 0; a < 3; ++a) {
    twice.origin_mm[a] -= 0.25 * (slice.right_mm[a] + slice.down_mm[a]);
    twice.right_mm[a] *= 0.5;
    twice.down_mm[a] *= 0.5;
  }
  twice.width *= 2;
  twice.height *= 2;
  return twice;
}

/// Marks pixels above one half that have a neighbour below.
void mark_edges(const std::vector<float>& share, Picture& picture, std::uint8_t mark) {
  const auto in = [&](int x, int y) {
    if (x < 0 || y < 0 || x >= picture.width || y >= picture.height) return false;
    return share[static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width) +
                 static_cast<std::size_t>(x)] > 0.5F;
  };
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      if (in(x, y) && !(in(x - 1, y) && in(x + 1, y) && in(x, y - 1) && in(x, y + 1)))
        picture.at(x, y) = mark;
    }
  }
}

}  // namespace

Picture grey_slice(const core::Volume& volume, const Slice& slice, const GreyWindow& window) {
  Picture picture(slice.width, slice.height, PixelKind::Grey);
  const std::vector<float> values = sample(volume, slice);
  std::transform(values.begin(), values.end(), picture.pixels.begin(), [&](float value) {
    return static_cast<std::uint8_t>(std::lround(255.0 * window_share(value, window)));
  });
  return picture;
}

const std::vector<Rgba>& change_palette() {
  static const std::vector<Rgba> palette = make_change_palette();
  return palette;
}

Picture change_slice(const core::Volume& change, const Slice& slice, double scale) {
  if (!(scale > 0)) throw core::Error(core::ErrorKind::Internal, "change map: the scale must be above zero");
  constexpr int kZero = kChangeColours / 2;
  Picture picture(slice.width, slice.height, PixelKind::Indexed);
  picture.palette = change_palette();
  const std::vector<float> values = sample(change, slice);
  std::transform(values.begin(), values.end(), picture.pixels.begin(), [&](float value) {
    const double share = std::isfinite(value) ? std::clamp(value / scale, -1.0, 1.0) : 0.0;
    return static_cast<std::uint8_t>(kZero + std::lround(kZero * share));
  });
  return picture;
}

const std::vector<Rgba>& half_width_palette() {
  static const std::vector<Rgba> palette = [] {
    std::vector<Rgba> colours;
    for (int n = 0; n < kWidthColours; ++n) {
      colours.push_back(
          ramp(static_cast<double>(n) / (kWidthColours - 1), {134, 58, 178, 255}, {240, 214, 255, 255}));
    }
    return colours;
  }();
  return palette;
}

Picture half_width_slice(const core::Volume& half_width, const Slice& slice, double scale) {
  if (!(scale > 0))
    throw core::Error(core::ErrorKind::Internal, "uncertainty map: the scale must be above zero");
  Picture picture(slice.width, slice.height, PixelKind::Indexed);
  picture.palette = half_width_palette();
  const std::vector<float> values = sample(half_width, slice);
  std::transform(values.begin(), values.end(), picture.pixels.begin(), [&](float value) {
    const double share = std::isfinite(value) ? std::clamp(value / scale, 0.0, 1.0) : 0.0;
    return static_cast<std::uint8_t>(std::lround((kWidthColours - 1) * share));
  });
  return picture;
}

Picture contour_slice(const core::TissueMaps& tissue, const Slice& slice) {
  const Slice fine = finer(slice);
  Picture picture(fine.width, fine.height, PixelKind::Indexed);
  picture.palette = {{0, 0, 0, 0}, {64, 224, 208, 255}, {255, 190, 70, 255}};
  const std::vector<float> white = sample(tissue[core::Tissue::WhiteMatter], fine);
  std::vector<float> brain = sample(tissue[core::Tissue::GreyMatter], fine);
  for (std::size_t n = 0; n < brain.size(); ++n) brain[n] += white[n];
  mark_edges(brain, picture, 1);
  mark_edges(white, picture, 2);
  return picture;
}

Picture side_by_side(const std::vector<Picture>& pictures, int gap) {
  if (pictures.empty()) throw core::Error(core::ErrorKind::Internal, "mosaic of no pictures");
  int width = 0;
  int height = 0;
  for (const Picture& part : pictures) {
    if (part.kind != pictures.front().kind || part.palette != pictures.front().palette) {
      throw core::Error(core::ErrorKind::Internal, "mosaic of pictures of several kinds");
    }
    width += part.width + (width > 0 ? gap : 0);
    height = std::max(height, part.height);
  }
  Picture whole(width, height, pictures.front().kind);
  whole.palette = pictures.front().palette;
  if (whole.kind == PixelKind::Indexed) {
    const auto black = std::find(whole.palette.begin(), whole.palette.end(), Rgba{0, 0, 0, 255});
    const auto place = black == whole.palette.end() ? 0 : black - whole.palette.begin();
    std::fill(whole.pixels.begin(), whole.pixels.end(), static_cast<std::uint8_t>(place));
  }
  std::size_t left = 0;
  for (const Picture& part : pictures) {
    const std::size_t line = static_cast<std::size_t>(part.width) * part.channels();
    for (int y = 0; y < part.height; ++y) {
      const auto row = static_cast<std::size_t>(y);
      const auto from = part.pixels.begin() + static_cast<std::ptrdiff_t>(row * line);
      const std::size_t to = (row * static_cast<std::size_t>(whole.width) + left) * whole.channels();
      std::copy(from, from + static_cast<std::ptrdiff_t>(line),
                whole.pixels.begin() + static_cast<std::ptrdiff_t>(to));
    }
    left += static_cast<std::size_t>(part.width) + static_cast<std::size_t>(gap);
  }
  return whole;
}

Picture thumbnail(const core::Volume& volume, const core::Mask& brain, const GreyWindow& window) {
  MosaicOptions options;
  options.slices = 5;  // the fourth of five lies at 69 % of the brain's height, above the ventricles' floor
  options.margin_mm = 2.0;
  options.pixel_mm = 1.0;
  // A first look gives the extent; the second is made to measure.
  const std::vector<Slice> look = choose_slices(volume.grid, brain, Plane::Axial, options);
  const double wide = look.front().width / static_cast<double>(kThumbnailWidth - 3);
  const double high = look.front().height / static_cast<double>(kThumbnailHeight - 3);
  options.pixel_mm = std::clamp(std::max(wide, high), 0.1, 20.0);
  const std::vector<Slice> slices = choose_slices(volume.grid, brain, Plane::Axial, options);
  const Slice& slice = slices[std::min<std::size_t>(3, slices.size() - 1)];
  Picture picture(slice.width, slice.height, PixelKind::Indexed);
  for (int n = 0; n < kThumbnailGreys; ++n) {
    const auto grey = static_cast<std::uint8_t>(n * 255 / (kThumbnailGreys - 1));
    picture.palette.push_back({grey, grey, grey, 255});
  }
  const std::vector<float> values = sample(volume, slice);
  std::transform(values.begin(), values.end(), picture.pixels.begin(), [&](float value) {
    return static_cast<std::uint8_t>(std::lround((kThumbnailGreys - 1) * window_share(value, window)));
  });
  return picture;
}

}  // namespace isoscan::report
