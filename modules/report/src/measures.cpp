#include "measures.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "text.hpp"

namespace isoscan::report {
namespace {

constexpr std::size_t kMeasureLimit = 100;
constexpr std::size_t kNameLimit = 120;
constexpr std::size_t kLineLimit = 300;

bool sound(const std::optional<Range>& range) {
  return range && std::isfinite(range->low) && std::isfinite(range->high) && range->low <= range->high;
}

bool known(const std::optional<double>& value) {
  return value && std::isfinite(*value);
}

/// The reference's range as a bar, the input as a ring, the output as a dot.
std::string spark(const Measure& measure) {
  if (!sound(measure.reference) || !known(measure.value)) return {};
  double low = std::min(measure.reference->low, *measure.value);
  double high = std::max(measure.reference->high, *measure.value);
  if (known(measure.before)) {
    low = std::min(low, *measure.before);
    high = std::max(high, *measure.before);
  }
  const double room = high > low ? high - low : 1.0;
  const auto x = [&](double value) { return fixed(10 + 130 * (value - low) / room, 1); };
  const double band_start = 10 + 130 * (measure.reference->low - low) / room;
  const double band_width = std::max(2.0, 130 * (measure.reference->high - measure.reference->low) / room);
  std::string svg =
      R"(<svg class="spark" viewBox="0 0 150 18" aria-hidden="true"><line x1="4" x2="146" y1="9" y2="9"/>)";
  svg += "<rect class=\"band\" x=\"" + fixed(band_start, 1) + "\" y=\"4\" width=\"" + fixed(band_width, 1) +
         "\" height=\"10\"/>";
  if (known(measure.before)) {
    svg += "<circle class=\"dot-before\" cx=\"" + x(*measure.before) + "\" cy=\"9\" r=\"4\"/>";
  }
  svg += "<circle class=\"dot-after\" cx=\"" + x(*measure.value) + "\" cy=\"9\" r=\"4.5\"/></svg>";
  return svg;
}

/// Where a value lies among the scans of `whose`, in words.
std::string place(const std::optional<double>& value, const std::optional<Range>& range, const char* whose) {
  if (!known(value) || !sound(range)) return "\xE2\x80\x93";
  return *value < range->low    ? std::string("below the ") + whose
         : *value > range->high ? std::string("above the ") + whose
                                : "as usual";
}

std::string range_words(const std::optional<Range>& range) {
  return sound(range) ? number(range->low) + " to " + number(range->high) : std::string("\xE2\x80\x93");
}

bool of_few(const Measure& measure) {
  return !measure.reference && measure.reference_people > 0 && measure.reference_people < kFewestPeople;
}

std::string people_words(int people) {
  return "Reference of " + counted(static_cast<std::size_t>(people), "person", "people") +
         ": too few to call a scan unusual";
}

Fields fields_of(const Measure& measure) {
  Fields fields;
  const bool applies = known(measure.value);
  std::string why = measure.not_applicable;
  if (!applies && why.empty()) why = measure.value ? "the value is not a number" : "no reason was recorded";
  fields.set("name", clipped(measure.name, kNameLimit));
  fields.set("explanation", clipped(measure.explanation, kLineLimit));
  static constexpr std::array<const char*, 4> kBetter{"Higher is better", "Lower is better",
                                                      "Near the reference is better", ""};
  fields.set("better", std::string(kBetter.at(static_cast<std::size_t>(measure.direction))));
  fields.set("cannot_change", measure.cannot_change);
  fields.set("has_better", measure.direction != Direction::Neither);
  fields.set("before", known(measure.before) ? number(*measure.before) : std::string("\xE2\x80\x93"));
  fields.set("applies", applies);
  fields.set("not_applicable", clipped(why, kLineLimit));
  fields.set("value", applies ? number(*measure.value) : std::string());
  fields.set("unit", clipped(measure.unit, 40));
  fields.set("range", of_few(measure) ? "too few people" : range_words(measure.reference));
  fields.set("spark", spark(measure));
  fields.set("place", place(measure.value, measure.reference, "reference"));
  fields.set("outside", lies_outside(measure.value, measure.reference, measure.direction));
  fields.set("site_range", range_words(measure.site));
  fields.set("site_place", place(measure.before, measure.site, "site"));
  fields.set("off_site", known(measure.before) && sound(measure.site) &&
                             (*measure.before < measure.site->low || *measure.before > measure.site->high));
  return fields;
}

}  // namespace

std::string unchangeable_words() {
  return "Records of this version do not say which measures harmonizing cannot change (shares of tissue, "
         "partial volume): these are counted like all others, also among what is left over.";
}

bool lies_outside(const std::optional<double>& value, const std::optional<Range>& reference,
                  Direction direction) {
  return known(value) && sound(reference) &&
         ((*value < reference->low && direction != Direction::Lower) ||
          (*value > reference->high && direction != Direction::Higher));
}

std::size_t measures_outside(const std::vector<Measure>& measures) {
  return static_cast<std::size_t>(std::count_if(measures.begin(), measures.end(), [](const Measure& measure) {
    return lies_outside(measure.value, measure.reference, measure.direction);
  }));
}

double outside_by_chance(const std::vector<Measure>& measures) {
  double count = 0.0;
  for (const Measure& measure : measures) {
    if (!known(measure.value) || !sound(measure.reference) || measure.reference_people == 0) continue;
    const bool one_side = measure.direction == Direction::Higher || measure.direction == Direction::Lower;
    count += one_side ? 0.5 * kOutsideByChance : kOutsideByChance;
  }
  return count;
}

std::string outside_words(const std::vector<Measure>& measures) {
  std::size_t compared = 0;
  int few = 0;
  for (const Measure& measure : measures) {
    compared += known(measure.value) && sound(measure.reference) ? 1 : 0;
    if (known(measure.value) && of_few(measure)) few = std::max(few, measure.reference_people);
  }
  if (compared == 0 && few > 0) return people_words(few) + ".";
  if (compared == 0) return "No measure could be held against the reference.";
  const double chance = outside_by_chance(measures);
  const std::string by_chance =
      chance > 0.0 ? " (by chance alone about " + number(chance, 1) + " would)" : std::string();
  if (const std::size_t outside = measures_outside(measures); outside > 0)
    return std::to_string(outside) + " of " + counted(compared, "measure", "measures") +
           (outside == 1 ? " lies" : " lie") + " outside the reference's range" + by_chance + ".";
  return compared == 1 ? "The one measure that could be compared lies in the reference's range."
                       : "All " + std::to_string(compared) + " measures lie in the reference's range.";
}

void set_measures(const std::vector<Measure>& measures, bool has_output, Fields& page) {
  std::vector<Fields> rows;
  for (std::size_t n = 0; n < std::min(measures.size(), kMeasureLimit); ++n)
    rows.push_back(fields_of(measures[n]));
  const auto any = [&](auto&& holds) { return std::any_of(measures.begin(), measures.end(), holds); };
  page.set("has_measures", !measures.empty());
  page.set("has_reference", any([](const Measure& m) { return sound(m.reference) && known(m.value); }));
  int people = 0;
  for (const Measure& measure : measures)
    people = std::max(people, of_few(measure) ? measure.reference_people : 0);
  page.set("few_people", people > 0 ? people_words(people) + ": no value is marked." : std::string());
  const bool has_site = any([](const Measure& m) { return sound(m.site) && known(m.before); });
  page.set("has_site_ranges", has_site);
  page.set("span", std::string(has_site ? "7" : "5"));
  page.set("has_before_values", any([](const Measure& m) { return known(m.before); }));
  page.set("value_word", std::string(has_output ? "after" : "this scan"));
  page.set("value_title", std::string(has_output ? "After" : "Value"));
  page.set("measures", list_of(std::move(rows)));
}

}  // namespace isoscan::report
