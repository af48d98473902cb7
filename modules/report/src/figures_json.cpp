#include <array>
#include <cmath>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/report/scan_record.hpp"

#include "json_fields.hpp"
#include "page.hpp"

namespace isoscan::report {

using config::Json;

namespace {

constexpr const char* kFormat = "isoscan-scan-figures-3";

Json bins_json(const Bins& bins) {
  return Json(Json::Object{{"low", bins.low}, {"high", bins.high}, {"count", bins.count}});
}

Bins bins_of(const Json& json) {
  return {json.at("low").as_number(), json.at("high").as_number(),
          static_cast<int>(json.at("count").as_integer())};
}

Json histograms_json(const std::optional<TissueHistograms>& histograms) {
  if (!histograms) return {};
  Json::Array list;
  for (const Histogram& each : *histograms)
    list.emplace_back(Json::Object{{"bins", bins_json(each.bins)}, {"density", Json::array(each.density)}});
  return Json(std::move(list));
}

/// As many values as there are bins: the drawing counts on it.
std::vector<double> values_of(const Json& json, const Bins& bins, const std::string& name) {
  std::vector<double> values = numbers_of(json);
  if (!bins.problem().empty() || values.size() != static_cast<std::size_t>(bins.count))
    throw core::Error(core::ErrorKind::Input, name + ": a histogram has other bins than values");
  return values;
}

std::optional<TissueHistograms> histograms_of(const Json& json, const std::string& name) {
  if (json.is_null()) return std::nullopt;
  TissueHistograms histograms;
  for (std::size_t t = 0; t < histograms.size(); ++t) {
    const Json& each = json.items().at(t);
    histograms.at(t).bins = bins_of(each.at("bins"));
    histograms.at(t).density = values_of(each.at("density"), histograms.at(t).bins, name);
  }
  return histograms;
}

Json bands_json(const std::optional<TissueBands>& bands) {
  if (!bands) return {};
  Json::Array list;
  for (const HistogramBand& each : *bands) {
    list.emplace_back(Json::Object{
        {"bins", bins_json(each.bins)}, {"low", Json::array(each.low)}, {"high", Json::array(each.high)}});
  }
  return Json(std::move(list));
}

std::optional<TissueBands> bands_of(const Json& json, const std::string& name) {
  if (json.is_null()) return std::nullopt;
  TissueBands bands;
  for (std::size_t t = 0; t < bands.size(); ++t) {
    const Json& each = json.items().at(t);
    bands.at(t).bins = bins_of(each.at("bins"));
    bands.at(t).low = values_of(each.at("low"), bands.at(t).bins, name);
    bands.at(t).high = values_of(each.at("high"), bands.at(t).bins, name);
  }
  return bands;
}

Json voxels_json(const std::optional<std::array<core::Vec3, 3>>& voxels) {
  if (!voxels) return {};
  Json::Array list;
  for (const core::Vec3& each : *voxels) {
    // A millionth of a voxel: what lies beyond is rounding of the two grids.
    for (const double v : each) list.emplace_back(std::round(v * 1e6) / 1e6 + 0.0);
  }
  return Json(std::move(list));
}

std::optional<std::array<core::Vec3, 3>> voxels_of(const Json* json) {
  if (json == nullptr || json->is_null()) return std::nullopt;
  std::array<core::Vec3, 3> voxels{};
  for (std::size_t n = 0; n < 9; ++n) voxels[n / 3][n % 3] = json->items().at(n).as_number();
  return voxels;
}

Json tile_json(const Tile& tile) {
  return Json(Json::Object{
      {"width", tile.slice.width},
      {"height", tile.slice.height},
      {"marks", Json(Json::Array{tile.slice.left, tile.slice.right, tile.slice.top, tile.slice.bottom})},
      {"position", tile.slice.position},
      {"before", tile.before},
      {"after", tile.after},
      {"change", tile.change},
      {"half_width", tile.half_width},
      {"contours", tile.contours},
      {"reference", tile.reference},
      {"voxels", voxels_json(tile.voxels)}});
}

Tile tile_of(const Json& json, Plane plane) {
  Tile tile;
  tile.slice.plane = plane;
  tile.slice.width = static_cast<int>(json.at("width").as_integer());
  tile.slice.height = static_cast<int>(json.at("height").as_integer());
  const std::vector<std::string> marks = strings_of(json.at("marks"));
  tile.slice.left = marks.at(0);
  tile.slice.right = marks.at(1);
  tile.slice.top = marks.at(2);
  tile.slice.bottom = marks.at(3);
  tile.slice.position = json.at("position").as_string();
  tile.before = json.at("before").as_string();
  tile.after = json.at("after").as_string();
  tile.change = json.at("change").as_string();
  tile.half_width = json.at("half_width").as_string();
  tile.contours = json.at("contours").as_string();
  tile.reference = text_or_none(json, "reference");
  tile.voxels = voxels_of(json.find("voxels"));
  return tile;
}

}  // namespace

Json figures_json(const ScanFigures& figures) {
  Json::Array rows;
  for (const TileRow& row : figures.rows) {
    Json::Array tiles;
    for (const Tile& tile : row.tiles) tiles.push_back(tile_json(tile));
    rows.emplace_back(Json::Object{{"plane", name(row.plane)}, {"tiles", Json(std::move(tiles))}});
  }
  Json change;
  if (figures.change) {
    change = Json(Json::Object{{"typical", figures.change->typical},
                               {"p99", figures.change->p99},
                               {"largest", figures.change->largest},
                               {"at_bound", figures.change->at_bound}});
  }
  return Json(Json::Object{{"format", kFormat},
                           {"rows", Json(std::move(rows))},
                           {"has_output", figures.has_output},
                           {"has_after", figures.has_after},
                           {"has_contours", figures.has_contours},
                           {"has_reference", figures.has_reference},
                           {"reference_people", figures.reference_people},
                           {"reference_missing", figures.reference_missing},
                           {"window", Json(Json::Array{figures.window.low, figures.window.high})},
                           {"bound", optional_json(figures.bound)},
                           {"receive_field", range_json(figures.receive_field)},
                           {"change", change},
                           {"change_scale", figures.change_scale},
                           {"coverage", figures.coverage},
                           {"half_width", optional_json(figures.half_width)},
                           {"half_width_scale", figures.half_width_scale},
                           {"histograms_before", histograms_json(figures.histograms.before)},
                           {"histograms_after", histograms_json(figures.histograms.after)},
                           {"histograms_reference", bands_json(figures.histograms.reference)},
                           {"histograms_missing", figures.histograms_missing}});
}

ScanFigures figures_of(const Json& json, const std::string& name) {
  config::validate(json, config::Schema::ScanFigures, name, core::ErrorKind::Input);
  ScanFigures figures;
  for (const Json& row : json.at("rows").items()) {
    TileRow made;
    for (const Plane plane : kPlanes) {
      if (row.at("plane").as_string() == report::name(plane)) made.plane = plane;
    }
    for (const Json& tile : row.at("tiles").items()) made.tiles.push_back(tile_of(tile, made.plane));
    figures.rows.push_back(std::move(made));
  }
  figures.has_output = json.at("has_output").as_bool();
  figures.has_after = json.at("has_after").as_bool();
  figures.has_contours = json.at("has_contours").as_bool();
  if (const Json* has = json.find("has_reference"); has != nullptr) {
    figures.has_reference = has->as_bool();
    figures.reference_people = static_cast<int>(json.at("reference_people").as_integer());
    figures.reference_missing = json.at("reference_missing").as_string();
  } else {
    figures.reference_missing = "the record is of an earlier version";
  }
  figures.window = {json.at("window").items().at(0).as_number(), json.at("window").items().at(1).as_number()};
  figures.bound = optional_number(json, "bound");
  figures.receive_field = optional_range(json, "receive_field");
  if (const Json& change = json.at("change"); !change.is_null()) {
    figures.change = ChangeSummary{change.at("typical").as_number(), change.at("p99").as_number(),
                                   change.at("largest").as_number(), change.at("at_bound").as_number()};
  }
  figures.change_scale = json.at("change_scale").as_number();
  figures.coverage = json.at("coverage").as_number();
  figures.half_width = optional_number(json, "half_width");
  figures.half_width_scale = json.at("half_width_scale").as_number();
  figures.histograms.before = histograms_of(json.at("histograms_before"), name);
  figures.histograms.after = histograms_of(json.at("histograms_after"), name);
  figures.histograms.reference = bands_of(json.at("histograms_reference"), name);
  figures.histograms_missing = json.at("histograms_missing").as_string();
  return figures;
}

}  // namespace isoscan::report
