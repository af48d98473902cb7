#include "nearness.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/features/bands.hpp"
#include "isoscan/transport/metrics.hpp"

namespace isoscan::harmonize {

namespace {

constexpr std::size_t kRows = 1500;  // of each made scan
constexpr std::int64_t kCompared = 6000;
constexpr std::size_t kPlace = 3;  // head coordinates come last: the same for all

/// All columns but the place, each in units of its SD at the site.
transport::Rows scaled(const std::vector<float>& values, const domain::LevelSummary& site) {
  const std::size_t dims = site.dims();
  const std::size_t kept = dims - kPlace;
  const std::size_t count = values.size() / dims;
  transport::Rows rows(static_cast<std::int64_t>(count), static_cast<std::int64_t>(kept));
  for (std::size_t r = 0; r < count; ++r) {
    for (std::size_t c = 0; c < kept; ++c) {
      const double sd = std::max(1e-6, site.feature_sd[c]);
      rows.values[r * kept + c] =
          static_cast<float>((static_cast<double>(values[r * dims + c]) - site.feature_mean[c]) / sd);
    }
  }
  return rows;
}

}  // namespace

double distance_to_site(const domain::LevelSummary& site, std::size_t count, const PairMaker& make,
                        const core::Context& context) {
  features::BandSpace space;
  space.spacing_mm = site.spacing_mm;
  space.sd_mm = site.band_sd_mm;
  if (static_cast<std::size_t>(space.dims()) != site.dims())
    throw core::Error(core::ErrorKind::Input,
                      "the site's scans were summed up in another way: run the site's scans again");
  std::vector<std::vector<float>> parts(count);
  core::Context one = context;
  one.threads = 1;
  one.progress = {};
  core::parallel_for(
      static_cast<std::int64_t>(count), context.threads, [&](std::int64_t begin, std::int64_t end) {
        for (auto n = static_cast<std::size_t>(begin); n < static_cast<std::size_t>(end); ++n) {
          context.check_stop();
          try {
            const Pair pair = make(n, one);
            const std::uint64_t seed = core::Random(context.seed, "nearness " + std::to_string(n)).seed();
            parts[n] = features::encode_sample(pair.corrected, pair.brain, space, kRows, seed, one).values;
          } catch (const core::Error& error) {  // a made scan that cannot be used is left out
            if (error.kind() != core::ErrorKind::Input && error.kind() != core::ErrorKind::Numeric) throw;
          }
        }
      });
  const auto lost = static_cast<std::size_t>(
      std::count_if(parts.begin(), parts.end(), [](const std::vector<float>& p) { return p.empty(); }));
  if (3 * lost > count) return std::numeric_limits<double>::infinity();
  std::vector<float> made;
  for (const std::vector<float>& part : parts) made.insert(made.end(), part.begin(), part.end());
  return transport::energy_distance(scaled(made, site), scaled(site.rows, site), kCompared);
}

}  // namespace isoscan::harmonize
