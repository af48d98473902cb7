#include <algorithm>
#include <cmath>

#include "isoscan/report/ratings.hpp"
#include "isoscan/report/scan_record.hpp"

#include "measures.hpp"
#include "page.hpp"
#include "scan_figures.hpp"
#include "text.hpp"

namespace isoscan::report {
namespace {

// A page is read by people and must stay small whatever a file says: longer texts are cut with a mark.
constexpr std::size_t kNameLimit = 200;
constexpr std::size_t kLineLimit = 600;
constexpr std::size_t kTextLimit = 12000;
constexpr std::size_t kListLimit = 60;

std::string title(Verdict verdict) {
  std::string word = name(verdict);
  word.front() = static_cast<char>(word.front() - 'a' + 'A');
  return word;
}

Fields fact(const std::string& term, const std::string& value, const std::string& note) {
  Fields fields;
  fields.set("term", term);
  fields.set("value", value);
  fields.set("note", note);
  return fields;
}

std::string percent(double share) {
  return share < 1e-4 ? "less than 0.01 %" : number(100.0 * share, 2) + " %";
}

Fields headline_facts(const ScanReport& report, const ScanFigures& figures) {
  std::vector<Fields> facts;
  if (figures.change && figures.has_after) {
    const std::optional<double>& bound = figures.bound;
    facts.push_back(
        fact("Typical change", number(figures.change->typical, 2), "of white matter, after bias correction"));
    facts.push_back(fact("Largest change", number(figures.change->largest, 2),
                         bound ? "of " + number(*bound, 2) + " allowed" : "no bound given"));
  }
  std::size_t compared = 0;
  for (const Measure& measure : report.measures) compared += measure.value && measure.reference ? 1 : 0;
  if (compared > 0) {
    const std::size_t inside = compared - measures_outside(report.measures);
    const double chance = outside_by_chance(report.measures);
    facts.push_back(fact("Measures as usual", std::to_string(inside) + " / " + std::to_string(compared),
                         chance > 0.0 ? "at the reference; about " + number(chance, 1) + " outside by chance"
                                      : "at the reference"));
  }
  if (report.verdict != Verdict::Failed) {
    facts.push_back(fact("Warnings", std::to_string(report.warnings.size()),
                         report.warnings.empty() ? "none" : "read below"));
  }
  return list_of(std::move(facts));
}

std::string field_words(const std::optional<Range>& field) {
  if (!field) return {};
  return "The receive field that was divided out first runs from " + number(field->low, 2) + " to " +
         number(field->high, 2) + " of its mean in the brain (5 to 95 % of voxels).";
}

std::string change_words(const ChangeSummary& change, const std::optional<double>& bound, double scale) {
  std::string words = "To half of the brain less than " + number(change.typical, 2) +
                      " was added or taken away, to 99 % less than " + number(change.p99, 2) +
                      ", to no voxel more than " + number(change.largest, 2) + ". ";
  if (bound) {
    words += change.at_bound > 0 ? "The bound of " + number(*bound, 2) + " held back " +
                                       percent(change.at_bound) + " of the brain. "
                                 : "The bound of " + number(*bound, 2) + " was not reached. ";
  } else {
    words += "The method states no bound. ";
  }
  return words + "Colours saturate at " + number(scale, 2) + ".";
}

const char* plane_title(Plane plane) {
  switch (plane) {
    case Plane::Axial:
      return "Axial, from below to above";
    case Plane::Coronal:
      return "Coronal, from front to back";
    case Plane::Sagittal:
      return "Sagittal, from right to left";
  }
  return "";
}

/// Where the picture lies in the scan's voxels, for boxes that a rater draws: nine numbers, or nothing.
std::string voxels_text(const Tile& tile) {
  std::string text;
  if (!tile.voxels) return text;
  for (const core::Vec3& each : *tile.voxels) {
    for (const double v : each) text += (text.empty() ? "" : " ") + fixed(v, 4);
  }
  return text;
}

Fields rows_of(const ScanFigures& figures) {
  std::vector<Fields> rows;
  for (const TileRow& row : figures.rows) {
    std::vector<Fields> tiles;
    for (const Tile& tile : row.tiles) {
      Fields fields;
      fields.set("before", tile.before);
      fields.set("after", tile.after);
      fields.set("change", tile.change);
      fields.set("half_width", tile.half_width);
      fields.set("reference", tile.reference);
      fields.set("voxels", voxels_text(tile));
      fields.set("contours", tile.contours);
      fields.set("width", std::to_string(tile.slice.width));
      fields.set("height", std::to_string(tile.slice.height));
      fields.set("left", tile.slice.left);
      fields.set("right", tile.slice.right);
      fields.set("top", tile.slice.top);
      fields.set("bottom", tile.slice.bottom);
      fields.set("position", tile.slice.position);
      tiles.push_back(std::move(fields));
    }
    Fields fields;
    fields.set("plane", std::string(name(row.plane)));
    fields.set("plane_title", std::string(plane_title(row.plane)));
    fields.set("tiles", list_of(std::move(tiles)));
    rows.push_back(std::move(fields));
  }
  return list_of(std::move(rows));
}

Fields provenance_of(const Provenance& source) {
  std::vector<Fields> lines;
  const auto line = [&](const std::string& term, const std::string& value, bool mono) {
    if (value.empty()) return;
    Fields fields;
    fields.set("term", clipped(term, kNameLimit));
    fields.set("value", clipped(value, kTextLimit));
    fields.set("mono", mono);
    lines.push_back(std::move(fields));
  };
  const auto pairs = [&](const std::vector<std::pair<std::string, std::string>>& list, const char* prefix,
                         bool mono) {
    for (std::size_t n = 0; n < std::min(list.size(), kListLimit); ++n) {
      line(prefix + list[n].first, clipped(list[n].second, kLineLimit), mono);
    }
    if (list.size() > kListLimit) line(prefix, std::to_string(list.size() - kListLimit) + " more", false);
  };
  line("Pseudonym", source.pseudonym, false);
  line("Site", source.site, false);
  line("Input SHA-256", source.input_sha256, true);
  line("Output SHA-256", source.output_sha256, true);
  pairs(source.models, "Model: ", true);
  line("Method", source.method, false);
  line("Options", source.options, true);
  if (source.seed) line("Seed", std::to_string(*source.seed), true);
  pairs(source.versions, "Version: ", true);
  pairs(source.more, "", false);
  return list_of(std::move(lines));
}

std::string methods_block(const ScanReport& report) {
  std::string text = clipped(report.methods_text, kTextLimit);
  for (std::size_t n = 0; n < std::min(report.citations.size(), kListLimit); ++n) {
    text += n == 0 ? (text.empty() ? "" : "\n\nReferences\n") : "\n";
    text += "[" + std::to_string(n + 1) + "] " + clipped(report.citations[n], kLineLimit);
  }
  return text;
}

void set_warnings(const std::vector<std::string>& warnings, Fields& page) {
  std::vector<Fields> items;
  for (std::size_t n = 0; n < std::min(warnings.size(), kListLimit); ++n) {
    items.push_back(Fields("text", clipped(warnings[n], kLineLimit)));
  }
  if (warnings.size() > kListLimit) {
    items.push_back(Fields("text", "and " + std::to_string(warnings.size() - kListLimit) + " more"));
  }
  page.set("has_warnings", !warnings.empty());
  page.set("warning_count", counted(warnings.size(), "warning", "warnings"));
  page.set("warnings", list_of(std::move(items)));
}

void set_half_width(const ScanFigures& figures, Fields& page) {
  if (figures.half_width_scale <= 0 || !figures.half_width) return;
  page.set("half_width_bar", half_width_bar(figures.half_width_scale));
  page.set("half_width_words",
           "The truth should lie within the harmonized value plus or minus this in " +
               number(100.0 * figures.coverage, 2) +
               " % of the brain's voxels, as made scans with known truth tell. Its median "
               "is " +
               number(*figures.half_width, 2) + " of white matter. Colours saturate at " +
               number(figures.half_width_scale, 2) + ".");
}

/// What only a served page has: its neighbours, worst first.
void set_use(const PageUse& use, Fields& page) {
  page.set("served", use.served);
  page.set("has_next", !use.next.empty());
  page.set("next", relative_link(use.next));
  page.set("has_previous", !use.previous.empty());
  page.set("previous", relative_link(use.previous));
}

std::string site_words(const Provenance& from) {
  return "Site: usual among the " + counted_scans(from.site_scans, from.site_people) +
         ", before harmonizing, that the site's map was learnt from" +
         (from.learnt_here ? " (this scan is one of them: its range is that of the others)" : "") +
         "; the value before belongs there.";
}

std::string measured_words(Verdict verdict, int form) {
  if (form < kMeasuredAlikeForm) {
    const std::string words = "This record is of an earlier version, whose values are not measured alike: ";
    return words +
           (verdict == Verdict::PassedThrough
                ? "the scan was measured with its receive field, the reference's people without theirs."
                : "those before were measured with the scan's receive field, those after and those of the "
                  "reference's people without.") +
           " " + unchangeable_words() + " Run the scan again to have them alike.";
  }
  return (verdict == Verdict::PassedThrough
              ? "Measured after bias correction, as the reference's people are; the output itself is the "
                "scan as it came, with its receive field."
              : "Measured after bias correction, before and after alike, as the reference's people are.") +
         (form < kUnchangeableForm ? " This record is of an earlier version. " + unchangeable_words()
                                   : std::string());
}

Fields artefact_fields() {
  std::vector<Fields> list;
  for (const Artefact& artefact : kArtefacts) {
    Fields fields;
    fields.set("name", std::string(artefact.name));
    fields.set("title", std::string(artefact.title));
    list.push_back(std::move(fields));
  }
  return list_of(std::move(list));
}

std::vector<std::string> scripts_of(const PageUse& use) {
  return use.served ? std::vector<std::string>{"ratings.js", "server.js", "order.js", "boxes.js",
                                               "rate.js",    "viewer.js", "scan.js"}
                    : std::vector<std::string>{"ratings.js", "order.js", "boxes.js", "rate.js", "scan.js"};
}

}  // namespace

const char* name(Verdict verdict) {
  switch (verdict) {
    case Verdict::Failed:
      return "failed";
    case Verdict::Refused:
      return "refused";
    case Verdict::PassedThrough:
      return "passed through";
    case Verdict::Harmonized:
      return "harmonized";
  }
  return "failed";
}

std::string scan_page(const ScanRecord& record, const PageUse& use) {
  const ScanReport& report = record.facts;
  Fields page;
  page.set("id", clipped(report.id, kNameLimit));
  page.set("verdict", title(report.verdict));
  page.set("verdict_class", std::string(css_class(report.verdict)));
  page.set("verdict_icon", verdict_icon(report.verdict));
  page.set("reason", clipped(report.reason, kLineLimit));
  page.set("no_output", report.verdict == Verdict::Failed || report.verdict == Verdict::Refused);
  page.set("has_site", !report.provenance.site.empty());
  page.set("site", clipped(report.provenance.site, kNameLimit));
  page.set("has_method", !report.provenance.method.empty());
  page.set("method", clipped(report.provenance.method, kNameLimit));
  page.set("has_index", !report.index_page.empty());
  page.set("index_link", relative_link(report.index_page));
  page.set("output_sha256", clipped(report.provenance.output_sha256, kNameLimit));
  set_use(use, page);
  page.set("artefacts", artefact_fields());
  set_warnings(report.warnings, page);
  const ScanFigures figures = record.figures.value_or(ScanFigures{});
  set_measures(report.measures, figures.has_output, page);
  page.set("provenance", provenance_of(report.provenance));
  const std::string methods = methods_block(report);
  page.set("has_methods", !methods.empty());
  page.set("methods_text", methods);
  page.set("has_images", record.figures.has_value());
  page.set("has_after", figures.has_after);
  page.set("has_contours", figures.has_contours);
  page.set("has_change", figures.change_scale > 0);
  page.set("has_reference", figures.has_reference);
  page.set("has_views", figures.has_after || figures.has_reference);
  page.set("reference_people", std::to_string(figures.reference_people));
  page.set("reference_missing", clipped(figures.reference_missing, kLineLimit));
  page.set("site_words", site_words(report.provenance));
  page.set("measured_words", measured_words(report.verdict, report.form));
  page.set("has_half_width", figures.half_width_scale > 0);
  if (record.figures) {
    page.set("input_word", std::string(figures.has_after ? "before" : "input"));
    page.set("input_title", std::string(figures.has_after ? "Before" : "This scan"));
    page.set("pictures_title", std::string(figures.has_after    ? "Before and after"
                                           : figures.has_output ? "The scan: output equals input"
                                                                : "The scan as it came"));
    page.set("window_low", number(figures.window.low, 2));
    page.set("window_high", number(figures.window.high, 2));
    page.set("rows", rows_of(figures));
    HistogramFigure drawn = figures.histograms;
    drawn.reference_people = report.provenance.reference_scans;
    const std::string histograms = histogram_svg(drawn);
    page.set("has_histograms", !histograms.empty());
    page.set("histograms", histograms);
    page.set("histograms_missing", figures.histograms_missing);
    if (figures.change_scale > 0 && figures.change) {
      page.set("colour_bar", colour_bar(figures.change_scale, figures.bound));
      page.set("field_words", field_words(figures.receive_field));
      page.set("change_words", change_words(*figures.change, figures.bound, figures.change_scale));
    }
  }
  set_half_width(figures, page);
  page.set("facts", headline_facts(report, figures));
  return render_page("scan", page, scripts_of(use), use.served);
}

}  // namespace isoscan::report
