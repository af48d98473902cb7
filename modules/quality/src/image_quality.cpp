#include "isoscan/quality/image_quality.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "isoscan/core/error.hpp"

#include "region.hpp"

namespace isoscan::quality {

namespace {

constexpr std::array<const char*, core::kTissueCount> kTissueNames{"csf", "gm", "wm"};

struct Value {
  std::optional<double> value;
  std::string reason;
};

Value none(std::string reason) {
  return {std::nullopt, std::move(reason)};
}

/// a / b, or the reason why not.
Value ratio(double a, double b, const char* when_zero) {
  if (!(b > 0.0)) return none(when_zero);
  return {a / b, {}};
}

/// Entropy focus criterion of the whole image, over its maximum (all voxels alike).
Value entropy_focus(const core::Volume& image) {
  double energy = 0.0;
  for (const float v : image.voxels) energy += static_cast<double>(v) * v;
  const double peak = std::sqrt(energy);
  if (!(peak > 0.0)) return none("the image is empty");
  double entropy = 0.0;
  for (const float v : image.voxels) {
    const double x = std::abs(static_cast<double>(v)) / peak;
    if (x > 0.0) entropy -= x * std::log(x);
  }
  const auto n = static_cast<double>(image.voxels.size());
  return {entropy / (std::sqrt(n) * std::log(std::sqrt(n))), {}};
}

Value energy_ratio(const core::Volume& image, const core::Mask& head, const core::Mask& air) {
  const auto median_energy = [&](const core::Mask& mask) {
    std::vector<float> values = core::values_in(image, mask);
    for (float& v : values) v = v * v;
    return core::quantile(values, 0.5);
  };
  if (head.count() == 0) return none("no head");
  return ratio(median_energy(head), median_energy(air), "the background's median is 0");
}

/// Residual partial volume error over the voxels labelled `t`.
Value residual_partial_volume(const core::TissueMaps& tissue, std::size_t t) {
  std::vector<float> p;
  for (std::size_t n = 0; n < tissue.posterior[t].voxels.size(); ++n) {
    const float v = tissue.posterior[t].voxels[n];
    bool largest = v > 0.0F;
    for (std::size_t other = 0; other < core::kTissueCount; ++other) {
      if (other != t && tissue.posterior[other].voxels[n] > v) largest = false;
    }
    if (largest && v < 1.0F) p.push_back(v);
  }
  if (p.empty()) return none("no voxel with partial volume");
  std::vector<float> sorted = p;
  const auto low = static_cast<float>(core::quantile(sorted, 0.02));
  const auto high = static_cast<float>(core::quantile(sorted, 0.98));
  double sum = 0.0;
  for (const float v : p) {
    if (v >= low && v <= high) sum += v >= 0.5F ? v : 1.0F - v;
  }
  return {sum / static_cast<double>(p.size()), {}};
}

Value white_to_maximum(const core::Volume& image, const Statistics& white, bool stripped) {
  if (stripped) return none("skull-stripped: fat and vessels, which set the maximum, are gone");
  std::vector<float> values = image.voxels;
  return ratio(white.median, core::quantile(values, 0.9995), "the image has no bright voxels");
}

/// Collects the measures in their fixed order.
class Collector {
 public:
  void add(const std::string& name, Value v) {
    if (v.value && !std::isfinite(*v.value)) v = none("not a finite number");
    quality.measures.push_back({name, v.value, std::move(v.reason)});
  }
  void add_summary(const std::string& region, const std::optional<Statistics>& s, const std::string& reason) {
    const auto put = [&](const char* what, double Statistics::*member) {
      const std::string name = "summary_" + region + "_" + what;
      add(name, s ? Value{(*s).*member, reason} : none(reason));
    };
    put("mean", &Statistics::mean);
    put("stdv", &Statistics::sd);
    put("median", &Statistics::median);
    put("mad", &Statistics::mad);
    put("p05", &Statistics::p05);
    put("p95", &Statistics::p95);
    put("n", &Statistics::count);
  }
  ImageQuality quality;
};

}  // namespace

const Measure* ImageQuality::find(const std::string& name) const {
  for (const Measure& m : measures) {
    if (m.name == name) return &m;
  }
  return nullptr;
}

ImageQuality measure_image_quality(const core::Volume& image, const core::Mask& head, const core::Mask& brain,
                                   const core::TissueMaps& tissue) {
  core::require_same_grid(image.grid, head.grid, "head mask");
  core::require_same_grid(image.grid, brain.grid, "brain mask");
  for (const core::Volume& p : tissue.posterior) core::require_same_grid(image.grid, p.grid, "tissue maps");

  std::array<Region, core::kTissueCount> region;
  for (std::size_t t = 0; t < region.size(); ++t) region[t] = pure_region(tissue.posterior[t]);
  const Background background = air_of(image, head, brain);

  core::Volume scaled = image;
  const auto white_level = statistics(image, region[2].mask);
  if (white_level && white_level->median > 0.0) {
    const auto scale = static_cast<float>(1000.0 / white_level->median);
    for (float& v : scaled.voxels) v *= scale;
  }
  std::array<std::optional<Statistics>, core::kTissueCount> s;
  for (std::size_t t = 0; t < s.size(); ++t) s[t] = statistics(scaled, region[t].mask);
  std::optional<Statistics> air;
  std::string no_air = background.reason;
  if (no_air.empty()) {
    air = statistics(scaled, background.air);
    if (!air) no_air = "no air around the head";
  }

  Collector out;
  const bool contrast = s[1] && s[2];
  const char* no_contrast = "no pure grey or white matter";
  const double step = contrast ? std::abs(s[2]->median - s[1]->median) : 0.0;
  out.add("cjv", contrast ? ratio(s[2]->mad + s[1]->mad, step, "grey and white matter have the same median")
                          : none(no_contrast));
  if (contrast && air) {
    out.add("cnr", ratio(step, std::hypot(air->sd, s[2]->sd, s[1]->sd), "no variation at all"));
  } else {
    out.add("cnr", none(contrast ? no_air : no_contrast));
  }
  out.add("cnr_tissue",
          contrast ? ratio(step, std::hypot(s[2]->sd, s[1]->sd), "no variation at all") : none(no_contrast));

  // Totals are means over the three tissues, and need all of them.
  const auto add_snr = [&](const std::string& prefix, const auto& of_tissue) {
    double total = 0.0;
    bool complete = true;
    std::string why;
    for (std::size_t t = 0; t < s.size(); ++t) {
      const Value v = s[t] ? of_tissue(*s[t]) : none(std::string("no pure ") + kTissueNames[t]);
      if (v.value) {
        total += *v.value / static_cast<double>(s.size());
      } else {
        complete = false;
        why = v.reason;
      }
      out.add(prefix + kTissueNames[t], v);
    }
    out.add(prefix + "total", complete ? Value{total, {}} : none(why));
  };
  add_snr("snr_", [](const Statistics& t) {
    return ratio(t.median, t.sd * std::sqrt(t.count / (t.count - 1.0)), "no variation at all");
  });
  add_snr("snrd_", [&](const Statistics& t) {
    if (!air) return none(no_air);
    return ratio(t.median, air->mad * std::sqrt(2.0 / (4.0 - std::numbers::pi)),
                 "the background does not vary");
  });

  out.add("wm2max", s[2] ? white_to_maximum(scaled, *s[2], background.stripped) : none("no pure wm"));
  out.add("efc", air ? entropy_focus(scaled) : none(no_air));
  out.add("fber", air ? energy_ratio(scaled, head, background.air) : none(no_air));
  std::array<double, core::kTissueCount> volume{};
  double brain_volume = 0.0;
  for (std::size_t t = 0; t < volume.size(); ++t) {
    for (const float p : tissue.posterior[t].voxels) volume[t] += p;
    brain_volume += volume[t];
  }
  for (std::size_t t = 0; t < volume.size(); ++t) {
    out.add(std::string("rpve_") + kTissueNames[t], residual_partial_volume(tissue, t));
  }
  for (std::size_t t = 0; t < volume.size(); ++t) {
    out.add(std::string("icvs_") + kTissueNames[t], ratio(volume[t], brain_volume, "no brain"));
  }
  for (std::size_t t = 0; t < s.size(); ++t) {
    const std::string limit = region[t].eroded ? "" : "the region is too thin to be eroded";
    out.add_summary(kTissueNames[t], s[t], s[t] ? limit : std::string("no pure ") + kTissueNames[t]);
  }
  out.add_summary("bg", air, no_air);
  return std::move(out.quality);
}

}  // namespace isoscan::quality
