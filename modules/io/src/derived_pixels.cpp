#include "derived_pixels.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "isoscan/core/error.hpp"

namespace isoscan::io {

namespace {

constexpr std::size_t kLongestDs = 16;
constexpr std::size_t kWindowSamples = 1'000'000;

/// Rounded up, as a power of two whose text says it exactly where 16 characters can.
void choose_slope(double low, double high, StoredVoxels& to) {
  to.is_signed = low < 0.0;
  const double top = to.is_signed ? 32767.0 : 65535.0;
  const double bottom = to.is_signed ? 32768.0 : 1.0;
  const double needed = std::max(high / top, -low / bottom);
  if (!(needed > 0.0)) {
    to.slope_text = "1";
    return;
  }
  int exponent = 0;
  (void)std::frexp(needed, &exponent);
  for (exponent -= 2;; ++exponent) {
    to.slope_text = ds_text(std::ldexp(1.0, exponent));
    to.slope = std::strtod(to.slope_text.c_str(), nullptr);
    if (to.slope >= needed) return;
  }
}

}  // namespace

std::string ds_text(double value) {
  std::array<char, 64> text{};
  std::string shortest;
  for (int digits = 17; digits > 0; --digits) {
    const auto [end, code] =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, digits);
    const std::string here(text.data(), end);
    if (code != std::errc() || here.size() > kLongestDs) continue;
    if (std::strtod(here.c_str(), nullptr) == value) {
      shortest = here;
    } else {
      return shortest.empty() ? here : shortest;
    }
  }
  return shortest;
}

StoredVoxels stored_voxels(const core::Volume& volume) {
  StoredVoxels to;
  double low = 0.0;
  double high = 0.0;
  for (const float value : volume.voxels) {
    if (!std::isfinite(value))
      throw core::Error(core::ErrorKind::Numeric, "the volume holds values that are not finite");
    low = std::min(low, static_cast<double>(value));
    high = std::max(high, static_cast<double>(value));
  }
  choose_slope(low, high, to);
  to.stored.reserve(volume.voxels.size());
  for (const float value : volume.voxels) {
    const double stored = std::nearbyint(static_cast<double>(value) / to.slope);
    to.largest_error = std::max(to.largest_error, std::abs(stored * to.slope - static_cast<double>(value)));
    to.stored.push_back(static_cast<std::uint16_t>(static_cast<std::int32_t>(stored)));
  }
  const std::size_t stride = std::max<std::size_t>(1, volume.voxels.size() / kWindowSamples);
  std::vector<float> some;
  for (std::size_t v = 0; v < volume.voxels.size(); v += stride) some.push_back(volume.voxels[v]);
  to.window_low = core::quantile(some, 0.01);
  to.window_high = core::quantile(some, 0.995);
  return to;
}

}  // namespace isoscan::io
