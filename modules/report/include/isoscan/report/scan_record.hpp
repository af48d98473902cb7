/// @file What is kept of one scan's report: its facts and its pictures. The page is made of them, now or
/// later, without any volume.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "isoscan/config/json.hpp"
#include "isoscan/report/mosaic.hpp"
#include "isoscan/report/scan_report.hpp"

namespace isoscan::report {

/// One place in the brain, as data URLs of PNG; what is absent is empty.
struct Tile {
  Slice slice;  ///< of a record that was read: labels, position and size alone
  std::string before, after, change, half_width, contours, reference;
  /// Voxel of the scan's grid (that of `before`) at the centre of the top left pixel, and the steps to its
  /// right neighbour and to the one below; nothing in records of earlier versions.
  std::optional<std::array<core::Vec3, 3>> voxels;
};

struct TileRow {
  Plane plane = Plane::Axial;
  std::vector<Tile> tiles;
};

/// How much changed, inside the brain (or the whole grid without a mask), in units of white matter.
struct ChangeSummary {
  double typical = 0.0;   ///< median of |change|
  double p99 = 0.0;       ///< 99 % of voxels changed by less
  double largest = 0.0;   ///< of |change|
  double at_bound = 0.0;  ///< share of voxels that the bound held back; 0 without a bound
};

struct ScanFigures {
  std::vector<TileRow> rows;
  bool has_output = false;
  bool has_after = false;  ///< an output that differs from the input: there is something to compare
  bool has_contours = false;
  bool has_reference = false;     ///< Tile::reference
  int reference_people = 0;       ///< ScanImages::reference_people
  std::string reference_missing;  ///< why there is none
  GreyWindow window;
  std::optional<double> bound;          ///< ScanImages::bound
  std::optional<Range> receive_field;   ///< ScanImages::receive_field
  std::optional<ChangeSummary> change;  ///< where there is an output
  double change_scale = 0.0;            ///< colours saturate here; 0: no change map
  double coverage = 0.9;                ///< ScanImages::coverage
  std::optional<double> half_width;     ///< median in the brain, where it is stated
  double half_width_scale = 0.0;        ///< colours saturate here; 0: no map of it
  HistogramFigure histograms;           ///< empty where `histograms_missing` says why
  std::string histograms_missing;
  std::string thumbnail_png;  ///< of the output, else the input
};

struct ScanRecord {
  ScanReport facts;                    ///< without images
  std::optional<ScanFigures> figures;  ///< absent where nothing could be read
};

/// Draws the pictures. They get coarser until the page fits options.limit_bytes.
/// @throws core::Error(Config) on options; core::Error(Geometry) on unusable grids.
[[nodiscard]] ScanRecord scan_record(ScanReport report, const ScanPageOptions& options = {});

/// How a page is opened.
struct PageUse {
  bool served = false;  ///< by `isoscan review`: judgements go to the server, and only there
  std::string next;     ///< served: the scan after this one, relative; "" for none
  std::string previous;
};

/// A self-contained HTML page: no request leaves it (a served one: none but to its own server), text from
/// files is escaped, the same record gives the same bytes.
[[nodiscard]] std::string scan_page(const ScanRecord& record, const PageUse& use = {});

/// Facts by data_schemas/scan_report.schema.json, figures by scan_figures.schema.json.
[[nodiscard]] config::Json facts_json(const ScanReport& facts);
[[nodiscard]] config::Json figures_json(const ScanFigures& figures);
/// @param name  the file, for messages  @throws core::Error(Input) where it is not valid by its schema.
[[nodiscard]] ScanReport facts_of(const config::Json& json, const std::string& name);
[[nodiscard]] ScanFigures figures_of(const config::Json& json, const std::string& name);

[[nodiscard]] config::Json to_json(const Measure& measure);
/// @throws core::Error(Config) where a part is missing.
[[nodiscard]] Measure measure_of(const config::Json& json);

}  // namespace isoscan::report
