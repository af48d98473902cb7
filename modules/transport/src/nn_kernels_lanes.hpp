/// @file The kernels written once, for any width of the vector unit. Each source file that includes this
/// gives its own `Lanes`: V (floats), I (unsigned of the same width), kWidth, kRows (rows of the register
/// tile), fma, root. Include after the standard headers and after the file's target pragma.
#pragma once

namespace isoscan::transport::nn {
namespace {

using std::ptrdiff_t;
using V = Lanes::V;
using I = Lanes::I;
constexpr ptrdiff_t kWidth = Lanes::kWidth;
constexpr ptrdiff_t kPanel = 2 * kWidth;
constexpr int kRows = Lanes::kRows;
// A panel of this depth and the rows it meets stay in the first cache.
constexpr ptrdiff_t kDepth = 256;

#define ISOSCAN_INLINE inline __attribute__((always_inline))

ISOSCAN_INLINE V load(const float* p) {
  V v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
ISOSCAN_INLINE void store(float* p, V v) {
  __builtin_memcpy(p, &v, sizeof v);
}
ISOSCAN_INLINE V all(float v) {
  return v - V{};
}
ISOSCAN_INLINE float total(V v) {
  float sum = 0.0F;
  for (ptrdiff_t i = 0; i < kWidth; ++i) sum += v[i];
  return sum;
}

/// work(place, number of floats) over whole vectors, then over the rest through padded copies.
template <typename Work>
ISOSCAN_INLINE void each(ptrdiff_t n, const Work& work) {
  ptrdiff_t i = 0;
  for (; i + kWidth <= n; i += kWidth)
    work(
        i, [](const float* p) { return load(p); }, [](float* p, V v) { store(p, v); });
  if (i == n) return;
  const ptrdiff_t rest = n - i;
  work(
      i,
      [rest](const float* p) {
        V v{};
        for (ptrdiff_t j = 0; j < rest; ++j) v[j] = p[j];
        return v;
      },
      [rest](float* p, V v) {
        for (ptrdiff_t j = 0; j < rest; ++j) p[j] = v[j];
      });
}

/// A whole panel of a transpose, four by four: packed[k][j] = from[j][k].
void pack_turned(const float* from, ptrdiff_t row, ptrdiff_t inner, float* packed) {
  using Four = float __attribute__((vector_size(16)));
  using Places = int __attribute__((vector_size(16)));
  ptrdiff_t k = 0;
  for (; k + 4 <= inner; k += 4) {
    for (ptrdiff_t j = 0; j < kPanel; j += 4) {
      Four r[4];
      for (int i = 0; i < 4; ++i) __builtin_memcpy(&r[i], from + (j + i) * row + k, sizeof r[i]);
      const Four low01 = __builtin_shuffle(r[0], r[1], Places{0, 4, 1, 5});
      const Four high01 = __builtin_shuffle(r[0], r[1], Places{2, 6, 3, 7});
      const Four low23 = __builtin_shuffle(r[2], r[3], Places{0, 4, 1, 5});
      const Four high23 = __builtin_shuffle(r[2], r[3], Places{2, 6, 3, 7});
      const Four turned[4] = {__builtin_shuffle(low01, low23, Places{0, 1, 4, 5}),
                              __builtin_shuffle(low01, low23, Places{2, 3, 6, 7}),
                              __builtin_shuffle(high01, high23, Places{0, 1, 4, 5}),
                              __builtin_shuffle(high01, high23, Places{2, 3, 6, 7})};
      for (int i = 0; i < 4; ++i) __builtin_memcpy(packed + (k + i) * kPanel + j, &turned[i], sizeof r[i]);
    }
  }
  for (; k < inner; ++k)
    for (ptrdiff_t j = 0; j < kPanel; ++j) packed[k * kPanel + j] = from[j * row + k];
}

void pack(const float* b, ptrdiff_t inner_stride, ptrdiff_t column_stride, ptrdiff_t inner, ptrdiff_t columns,
          const float* weight, float* packed, float* sums) {
  for (ptrdiff_t first = 0; first < columns; first += kPanel, packed += inner * kPanel) {
    const ptrdiff_t width = columns - first < kPanel ? columns - first : kPanel;
    const float* from = b + first * column_stride;
    if (width == kPanel && column_stride == 1) {
      V sum0{};
      V sum1{};
      for (ptrdiff_t k = 0; k < inner; ++k) {
        V v0 = load(from + k * inner_stride);
        V v1 = load(from + k * inner_stride + kWidth);
        if (weight != nullptr) {
          v0 *= weight[k];
          v1 *= weight[k];
        }
        sum0 += v0;
        sum1 += v1;
        store(packed + k * kPanel, v0);
        store(packed + k * kPanel + kWidth, v1);
      }
      if (sums != nullptr) {
        store(sums + first, sum0);
        store(sums + first + kWidth, sum1);
      }
      continue;
    }
    if (width == kPanel && inner_stride == 1 && weight == nullptr && sums == nullptr) {
      pack_turned(from, column_stride, inner, packed);
      continue;
    }
    for (ptrdiff_t j = 0; j < kPanel; ++j) {
      float sum = 0.0F;
      for (ptrdiff_t k = 0; k < inner; ++k) {
        float v = j < width ? from[k * inner_stride + j * column_stride] : 0.0F;
        if (weight != nullptr) v *= weight[k];
        sum += v;
        packed[k * kPanel + j] = v;
      }
      if (sums != nullptr && j < width) sums[first + j] = sum;
    }
  }
}

/// R rows by N vectors of a panel, all in registers: c = start + a b over `depth` terms.
template <int R, int N, bool kRowByRow>
ISOSCAN_INLINE void tile(const LeftFactor& a, ptrdiff_t depth, const float* b, const float* start,
                         ptrdiff_t start_row, float* c, ptrdiff_t c_row) {
  V c0[R];
  V c1[R];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    c0[r] = start != nullptr ? load(start + r * start_row) : V{};
    if (N == 2) c1[r] = start != nullptr ? load(start + r * start_row + kWidth) : V{};
  }
  const float* p = a.data;
  for (ptrdiff_t k = 0; k < depth; ++k) {
    const V b0 = load(b);
    const V b1 = N == 2 ? load(b + kWidth) : V{};
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const V v = all(kRowByRow ? p[r * a.row] : p[r]);
      c0[r] = Lanes::fma(v, b0, c0[r]);
      if (N == 2) c1[r] = Lanes::fma(v, b1, c1[r]);
    }
    p += kRowByRow ? 1 : a.inner;
    b += kPanel;
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    store(c + r * c_row, c0[r]);
    if (N == 2) store(c + r * c_row + kWidth, c1[r]);
  }
}

template <int R, int N>
void any_tile(const LeftFactor& a, ptrdiff_t depth, const float* b, const float* start, ptrdiff_t start_row,
              float* c, ptrdiff_t c_row) {
  if (a.inner == 1) {
    tile<R, N, true>(a, depth, b, start, start_row, c, c_row);
  } else {
    tile<R, N, false>(a, depth, b, start, start_row, c, c_row);
  }
}

using Tile = void (*)(const LeftFactor&, ptrdiff_t, const float*, const float*, ptrdiff_t, float*, ptrdiff_t);

template <int N, int... kLess>
Tile tile_of(int rows, std::integer_sequence<int, kLess...> /*counts*/) {
  static constexpr Tile kTiles[] = {&any_tile<kLess + 1, N>...};
  return kTiles[rows - 1];
}

void product(const LeftFactor& a, ptrdiff_t rows, ptrdiff_t inner, ptrdiff_t columns, const float* packed,
             const float* start, ptrdiff_t start_row, float* c) {
  constexpr std::make_integer_sequence<int, kRows> kCounts;
  for (ptrdiff_t k = 0; k == 0 || k < inner; k += kDepth) {
    const ptrdiff_t depth = inner - k < kDepth ? inner - k : kDepth;
    const float* from = k == 0 ? start : c;
    const ptrdiff_t from_row = k == 0 ? start_row : columns;
    for (ptrdiff_t j = 0; j < columns; j += kPanel) {
      const float* b = packed + j * inner + k * kPanel;
      const ptrdiff_t width = columns - j < kPanel ? columns - j : kPanel;
      const bool half = width <= kWidth;
      for (ptrdiff_t i = 0; i < rows; i += kRows) {
        const int high = static_cast<int>(rows - i < kRows ? rows - i : kRows);
        const LeftFactor left{a.data + i * a.row + k * a.inner, a.row, a.inner};
        const float* at = from != nullptr ? from + i * from_row + j : nullptr;
        float* to = c + i * columns + j;
        const Tile compute = half ? tile_of<1>(high, kCounts) : tile_of<2>(high, kCounts);
        if (width == kPanel || width == kWidth) {
          compute(left, depth, b, at, from_row, to, columns);
          continue;
        }
        float padded[kRows * kPanel] = {};
        for (ptrdiff_t r = 0; at != nullptr && r < high; ++r)
          for (ptrdiff_t d = 0; d < width; ++d) padded[r * kPanel + d] = at[r * from_row + d];
        compute(left, depth, b, padded, kPanel, padded, kPanel);
        for (ptrdiff_t r = 0; r < high; ++r)
          for (ptrdiff_t d = 0; d < width; ++d) to[r * columns + d] = padded[r * kPanel + d];
      }
    }
  }
}

void row_dots(ptrdiff_t rows, ptrdiff_t columns, const float* a, const float* b, float shift, float* out) {
  for (ptrdiff_t i = 0; i < rows; ++i) {
    V sum{};
    each(columns, [&](ptrdiff_t j, const auto& get, const auto&) {
      sum = Lanes::fma(get(a + i * columns + j), get(b + j), sum);
    });
    out[i] = shift + total(sum);
  }
}

void column_sums(ptrdiff_t rows, ptrdiff_t columns, const float* a, const float* weight, float* out) {
  each(columns, [&](ptrdiff_t j, const auto& get, const auto& put) {
    V sum{};
    for (ptrdiff_t i = 0; i < rows; ++i) sum = Lanes::fma(get(a + i * columns + j), all(weight[i]), sum);
    put(out + j, sum);
  });
}

/// exp(x) - 1 and exp(x) = scale + rest: Cody and Waite's reduction to |r| <= log(2) / 2 and Moshier's
/// polynomial (Cephes, expf); about one unit in the last place of max(1, |result|).
struct Exponential {
  V scale;  ///< a power of two
  V rest;   ///< exp(x) - scale
};
ISOSCAN_INLINE Exponential exponential(V x) {
  x = x < -87.0F ? all(-87.0F) : x;
  x = x > 88.0F ? all(88.0F) : x;
  constexpr float kRound = 12582912.0F;  // adding it leaves a whole number in the low bits
  const V shifted = Lanes::fma(x, all(1.44269504F), all(kRound));
  const V whole = shifted - kRound;
  V r = Lanes::fma(whole, all(-0.693359375F), x);
  r = Lanes::fma(whole, all(2.12194440e-4F), r);
  V q = all(1.9875691500e-4F);
  q = Lanes::fma(q, r, all(1.3981999507e-3F));
  q = Lanes::fma(q, r, all(8.3334519073e-3F));
  q = Lanes::fma(q, r, all(4.1665795894e-2F));
  q = Lanes::fma(q, r, all(1.6666665459e-1F));
  q = Lanes::fma(q, r, all(5.0000001201e-1F));
  const V less_one = Lanes::fma(q * r, r, r);
  const I bits = ((I)shifted << 23) + 0x3F800000U;
  const V scale = (V)bits;
  return {scale, scale * less_one};
}

void elu(ptrdiff_t n, const float* z, float* out) {
  each(n, [&](ptrdiff_t i, const auto& get, const auto& put) {
    const V x = get(z + i);
    const Exponential e = exponential(x);
    put(out + i, x > 0.0F ? x : e.rest + (e.scale - 1.0F));
  });
}

ISOSCAN_INLINE V logistic(V x) {
  const Exponential e = exponential(-x);
  return 1.0F / (1.0F + (e.scale + e.rest));
}

void silu(ptrdiff_t n, const float* z, float* out) {
  each(n, [&](ptrdiff_t i, const auto& get, const auto& put) {
    const V x = get(z + i);
    put(out + i, x * logistic(x));
  });
}

void elu_back(ptrdiff_t n, const float* upstream, const float* activated, float* out) {
  each(n, [&](ptrdiff_t i, const auto& get, const auto& put) {
    const V u = get(upstream + i);
    const V y = get(activated + i);
    put(out + i, y > 0.0F ? u : u * (y + 1.0F));
  });
}

void silu_back(ptrdiff_t n, const float* upstream, const float* linear, float* out) {
  each(n, [&](ptrdiff_t i, const auto& get, const auto& put) {
    const V x = get(linear + i);
    const V s = logistic(x);
    put(out + i, get(upstream + i) * s * (1.0F + x * (1.0F - s)));
  });
}

void add(ptrdiff_t n, const float* a, const float* b, float* out) {
  each(n, [&](ptrdiff_t i, const auto& get, const auto& put) { put(out + i, get(a + i) + get(b + i)); });
}

void add_product(ptrdiff_t n, const float* a, float factor, const float* b, const float* c, float* out) {
  each(n, [&](ptrdiff_t i, const auto& get, const auto& put) {
    const V product = factor * get(b + i) * get(c + i);
    put(out + i, a != nullptr ? get(a + i) + product : product);
  });
}

void squared_distances(ptrdiff_t rows, ptrdiff_t columns, const float* x, ptrdiff_t x_row, const float* y,
                       ptrdiff_t y_row, float factor, float* value, float* slope) {
  for (ptrdiff_t i = 0; i < rows; ++i) {
    V sum{};
    each(columns, [&](ptrdiff_t d, const auto& get, const auto& put) {
      const V e = get(y + i * y_row + d) - get(x + i * x_row + d);
      sum = Lanes::fma(e, e, sum);
      if (slope != nullptr) put(slope + i * columns + d, (2.0F * factor) * e);
    });
    value[i] = factor * total(sum);
  }
}

void adam(ptrdiff_t n, const AdamNumbers& numbers, const float* gradient, float* mean, float* square,
          float* parameters) {
  const AdamNumbers s = numbers;
  each(n, [&](ptrdiff_t i, const auto& get, const auto& put) {
    const V g = get(gradient + i);
    const V m = Lanes::fma(all(1.0F - s.beta1), g, s.beta1 * get(mean + i));
    const V q = Lanes::fma((1.0F - s.beta2) * g, g, s.beta2 * get(square + i));
    put(mean + i, m);
    put(square + i, q);
    put(parameters + i,
        get(parameters + i) - (s.rate * m) / Lanes::fma(Lanes::root(q), all(s.unbias), all(s.epsilon)));
  });
}

constexpr Kernels table(const char* name) {
  return {name, kPanel,   pack,      product, row_dots,    column_sums,       elu,
          silu, elu_back, silu_back, add,     add_product, squared_distances, adam};
}

#undef ISOSCAN_INLINE

}  // namespace
}  // namespace isoscan::transport::nn
