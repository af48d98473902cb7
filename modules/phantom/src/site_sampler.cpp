#include "isoscan/phantom/site_sampler.hpp"

#include <cmath>
#include <cstdio>
#include <utility>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"

namespace isoscan::phantom {

namespace {

double within(const Interval& i, core::Random& random) {
  return random.uniform(i.low, i.high);
}

double factor(const Interval& i, core::Random& random) {
  return std::exp(random.uniform(std::log(i.low), std::log(i.high)));
}

}  // namespace

std::string SiteRanges::problem() const {
  const std::pair<const char*, const Interval*> factors[] = {
      {"csf", &csf}, {"grey", &grey}, {"deep_grey", &deep_grey}, {"gamma", &gamma}};
  for (const auto& [name, i] : factors) {
    if (!(i->low > 0.0 && i->low <= i->high && i->high <= 10.0))
      return std::string(name) + " must rise within 0..10, above 0";
  }
  const std::pair<const char*, const Interval*> amounts[] = {
      {"bias", &bias},       {"blur", &blur},     {"axis_blur", &axis_blur},
      {"noise", &noise},     {"colour", &colour}, {"ghost", &ghost},
      {"ringing", &ringing}, {"gap", &gap},       {"sharpening", &sharpening}};
  for (const auto& [name, i] : amounts) {
    if (!(i->low >= 0.0 && i->low <= i->high && i->high <= 2.0))
      return std::string(name) + " must rise within 0..2";
  }
  const std::pair<const char*, double> shares[] = {{"coils_share", coils_share},
                                                   {"blur_share", blur_share},
                                                   {"axis_blur_share", axis_blur_share},
                                                   {"thick_share", thick_share},
                                                   {"noise_share", noise_share},
                                                   {"coloured_share", coloured_share},
                                                   {"ringing_share", ringing_share},
                                                   {"ghost_share", ghost_share},
                                                   {"gap_share", gap_share},
                                                   {"median_share", median_share},
                                                   {"sharpening_share", sharpening_share}};
  for (const auto& [name, share] : shares) {
    if (!(share >= 0.0 && share <= 1.0)) return std::string(name) + " must lie in 0..1";
  }
  return {};
}

VirtualScanner draw_site(const SiteRanges& ranges, std::uint64_t seed, std::uint64_t number) {
  if (const std::string problem = ranges.problem(); !problem.empty())
    throw core::Error(core::ErrorKind::Config, "virtual sites: " + problem);
  core::Random random(seed, "phantom.site " + std::to_string(number));
  const auto has = [&](double share) { return random.uniform() < share; };
  VirtualScanner site;
  char name[32];
  std::snprintf(name, sizeof name, "site-%04llu", static_cast<unsigned long long>(number));
  site.name = name;
  const double grey = factor(ranges.grey, random);
  site.contrast = {factor(ranges.csf, random), grey, 1.0, grey * factor(ranges.deep_grey, random)};
  site.gamma = factor(ranges.gamma, random);
  site.bias = within(ranges.bias, random);
  if (has(ranges.coils_share)) site.bias_kind = BiasKind::Coils;
  if (has(ranges.blur_share)) site.psf_sd_voxels.fill(within(ranges.blur, random));
  if (has(ranges.axis_blur_share)) {
    double& sd = site.psf_sd_voxels.at(random.below(3));
    sd = std::hypot(sd, within(ranges.axis_blur, random));
  }
  if (has(ranges.thick_share)) site.thick_slices = has(0.25) ? 3 : 2;
  if (has(ranges.noise_share)) site.noise = within(ranges.noise, random);
  if (has(ranges.coloured_share)) site.noise_correlation_voxels = within(ranges.colour, random);
  if (has(ranges.ringing_share)) {
    for (double& share : site.ringing) share = has(0.6) ? within(ranges.ringing, random) : 0.0;
    site.kspace_kept = random.uniform(0.6, 0.85);
  }
  if (has(ranges.ghost_share)) {
    site.ghost = within(ranges.ghost, random);
    site.ghost_axis = static_cast<int>(random.below(2));
    site.ghost_shift = random.uniform(0.3, 0.5);
  }
  if (has(ranges.gap_share)) site.slice_gap_voxels = within(ranges.gap, random);
  if (has(ranges.median_share)) site.median_radius = 1;
  if (has(ranges.sharpening_share)) {
    site.sharpening = within(ranges.sharpening, random);
    site.sharpening_sd_voxels = random.uniform(0.8, 1.4);
  }
  return site;
}

}  // namespace isoscan::phantom
