/// @file The record of one scan, and its page: what a reader needs to decide in half a minute whether to use
/// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "isoscan/core/volume.hpp"
#include "isoscan/report/histogram.hpp"
#include "isoscan/report/mosaic.hpp"

namespace isoscan::report {

/// In the order in which an index shows them: what needs a person first.
enum class Verdict : std::uint8_t {
  Failed,         ///< the program could not do it: an error
  Refused,        ///< it could, and chose not to: the scan lies outside what the method may touch
  PassedThrough,  ///< nothing to change: the output is the input
  Harmonized,
};
[[nodiscard]] const char* name(Verdict verdict);  ///< "failed", "refused", "passed through", "harmonized"

/// lo..hi of what is usual at the reference.
struct Range {
  double low = 0.0;
  double high = 0.0;
  bool operator==(const Range&) const = default;
};

/// Which way of a measure is good.
enum class Direction : std::uint8_t {
  Higher,
  Lower,
  Near,     ///< nearer to the reference (of a table of outcomes: to OutcomeMetric::aim)
  Neither,  ///< says something only beside other measures: nobody wins or loses by it
};

struct Measure {
  std::string name;
  std::optional<double> value;     ///< of the output (of the input where there is no output)
  std::optional<double> before;    ///< of the input, where a comparison says something
  std::string not_applicable;      ///< why there is no value: never a -1
  std::string unit;                ///< "" for a ratio
  std::optional<Range> reference;  ///< usual at the reference; outside is marked; none of too few people
  std::string explanation;         ///< one line: the definition
  Direction direction = Direction::Neither;
  std::optional<double> reference_mean = std::nullopt;  ///< over the reference's people
  std::optional<double> reference_sd = std::nullopt;    ///< between the reference's people
  std::optional<double> fitted = std::nullopt;  ///< mean over the scans that the site's map was learnt from
  std::optional<double> fitted_sd = std::nullopt;  ///< between them
  std::optional<Range> site = std::nullopt;        ///< usual among them before: `before` belongs there
  int reference_people = 0;    ///< that the reference's range, mean and SD are of; 0: not known
  bool cannot_change = false;  ///< told from the input's tissue classes alone, before and after
};

/// Forms of records below measured `before`, and a scan that passed through, with the receive field, which
/// the reference's people were measured without.
constexpr int kMeasuredAlikeForm = 3;
/// Forms below do not say which measures cannot change: these count among those left over.
constexpr int kUnchangeableForm = 4;
constexpr int kRecordForm = 4;

/// A reference of fewer people has no range: what they show is no measure of what is unusual.
constexpr int kFewestPeople = 8;
/// Share of people that lies outside a range by chance, on both sides together.
constexpr double kOutsideByChance = 0.01;

/// Volumes on the scale white matter = 1. They may lie on different grids; slices follow the grid of
/// `before`.
struct ScanImages {
  core::Volume before;
  std::optional<core::Volume> after;       ///< absent: refused or failed
  std::optional<core::Volume> change;      ///< absent with an `after` on the grid of `before`: after - before
  core::Mask brain;                        ///< empty (no voxels): the whole grid is shown
  std::optional<core::TissueMaps> tissue;  ///< of `before`
  std::optional<double> bound;             ///< largest change of a voxel that the method allows
  /// 5 % and 95 % of the receive field that was divided out of `after` in the brain, of its mean; absent:
  /// none
  std::optional<Range> receive_field;
  std::optional<core::Volume> half_width;      ///< how far a voxel of `after` may be off; absent: not stated
  double coverage = 0.9;                       ///< share of the brain's voxels whose error `half_width` holds
  std::optional<TissueBands> reference_bands;  ///< for the histograms
  std::optional<core::Volume> reference_like;  ///< how a typical brain of the reference looks, in this place
  int reference_people = 0;                    ///< that it is the average of
  std::string reference_like_missing;          ///< why there is none
};

struct Provenance {
  std::string pseudonym;
  std::string site;
  int site_scans = 0;        ///< that the site's map was learnt from; 0: not known
  int site_people = 0;       ///< whose scans these are; 0: not known
  int reference_scans = 0;   ///< people of the reference; 0: not known
  bool learnt_here = false;  ///< the site's map was learnt from the scans of this run
  std::string input_sha256;
  std::string output_sha256;                                  ///< "" without an output
  std::vector<std::pair<std::string, std::string>> models;    ///< name, digest: reference package, site model
  std::vector<std::pair<std::string, std::string>> versions;  ///< name, version: isoscan, torch, blas kernel
  std::string method;                                         ///< "transport map in band space"
  std::string options;                                        ///< canonical options, JSON or text
  std::optional<std::uint64_t> seed;                          ///< absent: none was used
  std::optional<double> white_matter_before;                  ///< how bright it is in the input's units
  std::optional<double> white_matter_after;                   ///< in the output's units
  std::vector<std::pair<std::string, std::string>>
      more;  ///< further facts: threads, acquisition, stored type
};

struct ScanReport {
  std::string id;  ///< "sub-01_ses-1"
  Verdict verdict = Verdict::Failed;
  std::string reason;                ///< in words, for every verdict
  std::optional<ScanImages> images;  ///< absent where nothing could be read
  std::vector<Measure> measures;
  std::vector<std::string> warnings;
  Provenance provenance;
  std::string methods_text;               ///< ready to paste into a paper
  std::vector<std::string> citations;     ///< one reference each, plain text with DOI
  std::string index_page = "index.html";  ///< where "all scans" leads, relative; "" for no link
  int form = kRecordForm;                 ///< of the record that it was read from
};

struct ScanPageOptions {
  MosaicOptions mosaic;
  GreyWindow window;
  double change_scale = 0.0;  ///< colours saturate here; 0: 0.05, 0.1, 0.2, 0.5 or 1, past 99 % of the brain
  std::size_t limit_bytes = 1'900'000;  ///< pictures get coarser until the page fits

  /// The first thing wrong, or empty.
  [[nodiscard]] std::string problem() const;
};

/// scan_page(scan_record(report, options)): see scan_record.hpp.
/// @throws core::Error(Config) on options; core::Error(Geometry) on unusable grids.
[[nodiscard]] std::string scan_page(const ScanReport& report, const ScanPageOptions& options = {});

/// The change that the page shows: `change` where given, else after - before; nothing without one.
/// @throws core::Error(Geometry) where before and after lie on different grids and no change is given.
[[nodiscard]] std::optional<core::Volume> change_of(const ScanImages& images);

/// Measures whose value lies outside their reference range.
[[nodiscard]] std::size_t measures_outside(const std::vector<Measure>& measures);
/// How many of these measures would lie outside by chance: of those with a value and a range of known people.
[[nodiscard]] double outside_by_chance(const std::vector<Measure>& measures);
/// One sentence: how many lie outside and how many would by chance, or why none is marked.
[[nodiscard]] std::string outside_words(const std::vector<Measure>& measures);

}  // namespace isoscan::report
