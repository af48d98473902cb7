#include "noise.hpp"

namespace isoscan::phantom {

namespace {

/// The twelve edge directions of a cube, four of them twice.
constexpr float kEdges[16][3] = {{1, 1, 0},  {-1, 1, 0},  {1, -1, 0}, {-1, -1, 0}, {1, 0, 1},  {-1, 0, 1},
                                 {1, 0, -1}, {-1, 0, -1}, {0, 1, 1},  {0, -1, 1},  {0, 1, -1}, {0, -1, -1},
                                 {1, 1, 0},  {0, -1, 1},  {-1, 1, 0}, {0, -1, -1}};

std::uint32_t mixed(std::uint32_t h) {
  h = (h ^ (h >> 15)) * 0x2C1B3C6DU;
  h = (h ^ (h >> 12)) * 0x297A2D39U;
  return h ^ (h >> 15);
}

/// A point in its lattice cell; corner c has bit 0 for x, bit 1 for y, bit 2 for z.
struct Cell {
  float x, y, z;
  std::array<const float*, 8> edge;
  std::array<float, 8> dot;

  Cell(std::uint32_t seed, float px, float py, float pz) {
    const int i = floor_of(px);
    const int j = floor_of(py);
    const int k = floor_of(pz);
    x = px - static_cast<float>(i);
    y = py - static_cast<float>(j);
    z = pz - static_cast<float>(k);
    constexpr std::uint32_t kX = 0x8DA6B343U;
    constexpr std::uint32_t kY = 0xD8163841U;
    constexpr std::uint32_t kZ = 0xCB1AB31FU;
    const std::uint32_t x0 = static_cast<std::uint32_t>(i) * kX;
    const std::uint32_t y0 = static_cast<std::uint32_t>(j) * kY;
    const std::uint32_t z0 = static_cast<std::uint32_t>(k) * kZ + seed;
    for (std::uint32_t c = 0; c < 8; ++c) {
      const std::uint32_t a = c & 1U;
      const std::uint32_t b = (c >> 1) & 1U;
      const std::uint32_t d = c >> 2;
      const float* e = kEdges[mixed((x0 + a * kX) ^ (y0 + b * kY) ^ (z0 + d * kZ)) & 15U];
      edge[c] = e;
      dot[c] = e[0] * (x - static_cast<float>(a)) + e[1] * (y - static_cast<float>(b)) +
               e[2] * (z - static_cast<float>(d));
    }
  }

  static int floor_of(float v) {
    const int n = static_cast<int>(v);
    return v < static_cast<float>(n) ? n - 1 : n;
  }
};

float fade(float t) {
  return t * t * t * (t * (t * 6.0F - 15.0F) + 10.0F);
}
float fade_slope(float t) {
  return 30.0F * t * t * (t * (t - 2.0F) + 1.0F);
}
float mix(float a, float b, float t) {
  return a + t * (b - a);
}

}  // namespace

float gradient_noise(std::uint32_t seed, float x, float y, float z) {
  const Cell cell(seed, x, y, z);
  const auto& v = cell.dot;
  const float tx = fade(cell.x);
  const float ty = fade(cell.y);
  return mix(mix(mix(v[0], v[1], tx), mix(v[2], v[3], tx), ty),
             mix(mix(v[4], v[5], tx), mix(v[6], v[7], tx), ty), fade(cell.z));
}

NoiseSlope gradient_noise_slope(std::uint32_t seed, const core::Vec3& p, double wavelength) {
  const double f = 1.0 / wavelength;
  const Cell cell(seed, static_cast<float>(p[0] * f), static_cast<float>(p[1] * f),
                  static_cast<float>(p[2] * f));
  const std::array<float, 3> at{cell.x, cell.y, cell.z};
  std::array<std::array<float, 2>, 3> weight{};
  std::array<std::array<float, 2>, 3> change{};
  for (std::size_t a = 0; a < 3; ++a) {
    const float t = fade(at[a]);
    const float d = fade_slope(at[a]);
    weight[a] = {1.0F - t, t};
    change[a] = {-d, d};
  }
  float value = 0.0F;
  std::array<float, 3> slope{};
  for (std::size_t c = 0; c < 8; ++c) {
    const std::size_t i = c & 1U;
    const std::size_t j = (c >> 1) & 1U;
    const std::size_t k = c >> 2;
    const float w = weight[0][i] * weight[1][j] * weight[2][k];
    value += w * cell.dot[c];
    slope[0] += w * cell.edge[c][0] + change[0][i] * weight[1][j] * weight[2][k] * cell.dot[c];
    slope[1] += w * cell.edge[c][1] + weight[0][i] * change[1][j] * weight[2][k] * cell.dot[c];
    slope[2] += w * cell.edge[c][2] + weight[0][i] * weight[1][j] * change[2][k] * cell.dot[c];
  }
  return {value, {slope[0] * f, slope[1] * f, slope[2] * f}};
}

}  // namespace isoscan::phantom
