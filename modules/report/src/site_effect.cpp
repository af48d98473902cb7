#include "isoscan/report/site_effect.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "isoscan/core/scan_name.hpp"
#include "isoscan/core/student.hpp"

#include "site_references.hpp"
#include "text.hpp"

namespace isoscan::report {

namespace {

constexpr double kBeyondChance = 0.05;
constexpr std::size_t kVeryMany = std::numeric_limits<std::size_t>::max();

/// Over people, each by the mean of its scans.
struct Mean {
  std::map<std::string, std::pair<double, double>> people;  ///< sum, scans

  void add(const RunRow& row, const std::vector<std::optional<double>>& values, std::size_t column) {
    if (column >= values.size() || !values[column] || !std::isfinite(*values[column])) return;
    auto& [sum, scans] = people[core::person_of_scan(row.id)];
    sum += *values[column];
    scans += 1.0;
  }
  [[nodiscard]] std::size_t count() const { return people.size(); }
  [[nodiscard]] double value() const {
    double sum = 0.0;
    for (const auto& [person, of] : people) sum += of.first / of.second;
    return sum / static_cast<double>(people.size());
  }
};

std::size_t known(int count) {
  return static_cast<std::size_t>(std::max(0, count));
}

std::string beyond_words(std::size_t beyond, std::size_t all) {
  return std::to_string(beyond) + " of " + std::to_string(all) + " (about " +
         number(kBeyondChance * static_cast<double>(all), 2) + " by chance alone)";
}

}  // namespace

std::size_t learnt_from(const SiteFit& fit) {
  return known(fit.people > 0 ? fit.people : fit.scans);
}

std::optional<double> chance_of_difference(std::size_t k, std::size_t n, std::size_t reference) {
  if (k == 0 || n == 0 || reference < 2) return std::nullopt;
  return core::student_quantile(0.5 * kBeyondChance, static_cast<double>(reference - 1)) *
         std::sqrt(1.0 / static_cast<double>(k) + 1.0 / static_cast<double>(n));
}

std::vector<SiteEffect> site_effects(const RunReport& report) {
  std::map<std::string, std::vector<const RunRow*>> sites;
  for (const RunRow& row : report.rows) sites[row.site].push_back(&row);
  std::map<std::string, const SiteFit*> fits;
  for (const SiteFit& fit : report.sites) fits[fit.site] = &fit;
  const SiteReferences references(report);
  std::vector<SiteEffect> effects;
  for (const auto& [site, rows] : sites) {
    const SiteFit* fit = fits.count(site) > 0 ? fits.at(site) : nullptr;
    for (std::size_t column = 0; column < report.columns.size(); ++column) {
      const SiteReference reference = references.of(site, column);
      if (!reference.mean || !reference.sd || !(*reference.sd > 0.0)) continue;
      Mean after;
      Mean before;
      for (const RunRow* row : rows) {
        after.add(*row, row->measures, column);
        before.add(*row, row->before, column);
      }
      if (after.count() == 0) continue;
      const std::size_t people = known(reference.people);
      SiteEffect effect;
      effect.site = site;
      effect.column = column;
      effect.people = after.count();
      effect.cannot_change = report.columns[column].cannot_change;
      effect.after = (after.value() - *reference.mean) / *reference.sd;
      effect.chance = chance_of_difference(after.count(), people, people);
      if (before.count() > 0) {
        effect.before = (before.value() - *reference.mean) / *reference.sd;
        if (fit != nullptr && learnt_from(*fit) > 0 && !fit->learnt_here && column < fit->fitted.size() &&
            fit->fitted[column]) {
          effect.drift = (before.value() - *fit->fitted[column]) / *reference.sd;
          effect.drift_chance = chance_of_difference(before.count(), learnt_from(*fit), people);
        }
      }
      effects.push_back(effect);
    }
  }
  return effects;
}

std::string chance_words(const std::vector<SiteEffect>& effects) {
  std::size_t before = 0;
  std::size_t all_before = 0;
  std::size_t after = 0;
  std::size_t all_after = 0;
  std::size_t unknown = 0;
  std::size_t kept = 0;
  for (const SiteEffect& effect : effects) {
    if (!effect.chance) {
      ++unknown;
      continue;
    }
    if (effect.cannot_change) {
      ++kept;
    } else {
      ++all_after;
      after += std::abs(effect.after) > *effect.chance ? 1 : 0;
    }
    if (!effect.before) continue;
    ++all_before;
    before += std::abs(*effect.before) > *effect.chance ? 1 : 0;
  }
  std::string words;
  if (all_before > 0) words += "Beyond chance lie, before, " + beyond_words(before, all_before) + "; ";
  if (all_after > 0)
    words +=
        (all_before > 0 ? "after, " : "Beyond chance lie, after, ") + beyond_words(after, all_after) + ".";
  if (kept > 0)
    words += std::string(words.empty() ? "" : " ") + "Of " + counted(kept, "difference", "differences") +
             " that the input's tissue classes alone tell (volumes, partial volume) nothing is left over or "
             "mended: harmonizing cannot change them, and they are not counted after.";
  if (unknown > 0)
    words += std::string(words.empty() ? "" : " ") + "Of " + counted(unknown, "difference", "differences") +
             " the chance is not known: the record does not say how many people the reference is of.";
  return words;
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

std::string few_people_words(const SiteFit& site) {
  int most = 0;
  for (const SiteReference& each : site.reference) {
    if (each.range) return {};
    most = std::max(most, each.people);
  }
  return most == 0 || most >= kFewestPeople ? std::string()
                                            : "Reference of " + counted(known(most), "person", "people") +
                                                  ": too few to call a scan unusual, so no value is marked.";
}

std::string sample_size_words(const SiteFit& site) {
  if (site.scans <= 0) return {};
  const std::size_t k = learnt_from(site);
  const std::size_t n = known(site.reference_scans);
  std::string words = "Learnt from " + counted_scans(site.scans, site.people);
  const std::optional<double> now = chance_of_difference(k, n, n);
  if (!now) return words + ": how many people the reference is of is not known, and so no chance.";
  words += " against " + counted(n, "person", "people") + " of the reference: a difference below " +
           number(*now, 2) + " SD between people cannot be told from chance.";
  return words + " Twice the people bring that to " + number(*chance_of_difference(2 * k, n, n), 2) +
         " SD, any number of them to " + number(*chance_of_difference(kVeryMany, n, n), 2) + ".";
}

}  // namespace isoscan::report
