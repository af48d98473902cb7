#include "isoscan/report/site_effect.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "text.hpp"

namespace isoscan::report {

namespace {

struct Mean {
  double sum = 0.0;
  std::size_t count = 0;

  void add(const std::vector<std::optional<double>>& values, std::size_t column) {
    if (column >= values.size() || !values[column] || !std::isfinite(*values[column])) return;
    sum += *values[column];
    ++count;
  }
  [[nodiscard]] double value() const { return sum / static_cast<double>(count); }
};

}  // namespace

double chance_of_difference(std::size_t k, std::size_t n) {
  constexpr double kNormal95 = 1.959964;
  return kNormal95 * std::sqrt(1.0 / static_cast<double>(k) + (n > 0 ? 1.0 / static_cast<double>(n) : 0.0));
}

std::vector<SiteEffect> site_effects(const RunReport& report) {
  std::map<std::string, std::vector<const RunRow*>> sites;
  for (const RunRow& row : report.rows) sites[row.site].push_back(&row);
  std::map<std::string, const SiteFit*> fits;
  for (const SiteFit& fit : report.sites) fits[fit.site] = &fit;
  std::vector<SiteEffect> effects;
  for (const auto& [site, rows] : sites) {
    const SiteFit* fit = fits.count(site) > 0 ? fits.at(site) : nullptr;
    for (std::size_t column = 0; column < report.columns.size(); ++column) {
      const auto& mean = report.columns[column].reference_mean;
      const auto& sd = report.columns[column].reference_sd;
      if (!mean || !sd || !(*sd > 0.0)) continue;
      Mean after;
      Mean before;
      for (const RunRow* row : rows) {
        after.add(row->measures, column);
        before.add(row->before, column);
      }
      if (after.count == 0) continue;
      SiteEffect effect;
      effect.site = site;
      effect.column = column;
      effect.scans = after.count;
      effect.after = (after.value() - *mean) / *sd;
      effect.chance = chance_of_difference(
          after.count, fit == nullptr ? 0 : static_cast<std::size_t>(fit->reference_scans));
      if (before.count > 0) {
        effect.before = (before.value() - *mean) / *sd;
        if (fit != nullptr && fit->scans > 0 && !fit->learnt_here && column < fit->fitted.size() &&
            fit->fitted[column]) {
          effect.drift = (before.value() - *fit->fitted[column]) / *sd;
          effect.drift_chance = chance_of_difference(before.count, static_cast<std::size_t>(fit->scans));
        }
      }
      effects.push_back(effect);
    }
  }
  return effects;
}

std::string drift_words(const SiteFit& site) {
  if (site.scans <= 0) return {};
  if (site.learnt_here)
    return "Drift cannot be told here, as the map was learnt from these very scans: keep the site's model "
           "(sites/) and `isoscan apply` it to later ones.";
  const bool known =
      std::any_of(site.fitted.begin(), site.fitted.end(), [](const auto& v) { return v.has_value(); });
  return known
             ? std::string()
             : "Drift cannot be told, as the site's model is of an earlier version and does not say what its "
               "scans were like.";
}

std::string sample_size_words(const SiteFit& site) {
  if (site.scans <= 0) return {};
  const auto k = static_cast<std::size_t>(site.scans);
  const auto n = static_cast<std::size_t>(site.reference_scans);
  std::string words = "Learnt from " + counted(k, "scan", "scans") +
                      (n > 0 ? " against " + std::to_string(n) + " of the reference" : std::string()) +
                      ": a difference below " + number(chance_of_difference(k, n), 2) +
                      " SD between people cannot be told from chance. Twice the scans bring that to " +
                      number(chance_of_difference(2 * k, n), 2) + " SD";
  if (n > 0) words += ", any number of them to " + number(chance_of_difference(n, 0), 2);
  return words + ".";
}

}  // namespace isoscan::report
