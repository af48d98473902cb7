/// @file What people judged: a table that only grows, what it says now, and how far its raters agree.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "isoscan/config/json.hpp"
#include "isoscan/report/mosaic.hpp"

namespace isoscan::report {

enum class Judgement : std::uint8_t { Accept, Reject, Unsure };
[[nodiscard]] const char* name(Judgement judgement);  ///< "accept", "reject", "unsure"

struct Artefact {
  const char* name;  ///< in tables
  const char* title;
};
/// What may be ticked: MRIQC's rating widget, and what harmonizing may add.
inline constexpr std::array<Artefact, 10> kArtefacts{{
    {"motion", "Head motion"},
    {"ghosts", "Ghosts"},
    {"ringing", "Ringing"},
    {"wrap", "Wrap-around"},
    {"noise", "Noise"},
    {"bias", "Uneven brightness"},
    {"blur", "Blur"},
    {"contrast", "Wrong contrast"},
    {"structure", "Structure lost or invented"},
    {"edge", "Step at the brain's edge"},
}};

/// Where an artefact is, in voxels of the scan's grid counted from 0; both corners are inside.
struct ArtefactBox {
  std::string artefact;        ///< name of one of kArtefacts
  Plane plane = Plane::Axial;  ///< of the picture that it was drawn on: one voxel thick across it
  std::array<int, 3> low{};
  std::array<int, 3> high{};
};
inline constexpr std::size_t kMostBoxes = 20;  ///< of one rating

struct Rating {
  std::string time;  ///< UTC, "2026-11-29T07:15:00Z"
  std::string rater;
  std::string scan;
  Judgement judgement = Judgement::Unsure;
  std::vector<std::string> artefacts;  ///< names of kArtefacts
  std::string comment;
  std::string output_sha256;  ///< of the output that was looked at; "" where the scan has none
  std::vector<ArtefactBox> boxes = {};
};

inline constexpr std::string_view kRatingsHeader =
    "time\trater\tscan\trating\tartefacts\tcomment\toutput_sha256\tboxes\n";
/// Of tables that were begun before boxes could be drawn.
inline constexpr std::string_view kRatingsHeaderWithoutBoxes =
    "time\trater\tscan\trating\tartefacts\tcomment\toutput_sha256\n";

/// What a page sends. Texts are made visible and have no tab and no line break.
/// @throws core::Error(Input) saying what is wrong: no rater (1 to 64 characters), no such judgement or
/// artefact, a scan or digest that is none, a comment over 1000 characters, a box that is none or more than
/// kMostBoxes of them, an unknown key. Without "boxes" there are none.
[[nodiscard]] Rating rating_of(const config::Json& json, const std::string& time);
[[nodiscard]] config::Json to_json(const Rating& rating);

/// "ghosts:axial:40,60,72:55,61,72" with ';' between them, "n/a" where there are none.
[[nodiscard]] std::string boxes_text(const std::vector<ArtefactBox>& boxes);

/// One line of the table, with its end. Lists and texts that are empty are "n/a".
[[nodiscard]] std::string ratings_line(const Rating& rating);
/// Reads kRatingsHeader, or kRatingsHeaderWithoutBoxes, and lines; a header may come again where tables were
/// joined, a line has boxes or not whatever the header above it says, and lines may end as spreadsheets write
/// them. A last line without an end counts where it is whole and as its header says; else it was torn before
/// it was acknowledged, and is left out.
/// @throws core::Error(Input) "NAME:LINE: ..." where a line is no rating.
[[nodiscard]] std::vector<Rating> read_ratings(std::string_view table, const std::string& name);
/// Some line, or header, of it has no column for boxes.
[[nodiscard]] bool has_earlier_form(std::string_view table);

/// Who a name means: "Ann" and "ann" are one person.
[[nodiscard]] std::string person_of(const std::string& rater);

/// The last word of each person on each scan, by time and then by place, in the order of the table: tables
/// may be joined in any order.
[[nodiscard]] std::vector<Rating> latest(const std::vector<Rating>& ratings);

/// The last words on the output that is there now; what was said of an earlier one does not count.
/// @param outputs  digest of the output by scan, "" where it has none
[[nodiscard]] std::vector<Rating> current(const std::vector<Rating>& ratings,
                                          const std::map<std::string, std::string>& outputs);

/// Krippendorff's alpha for nominal data, any number of raters, not everybody rates everything: 1 all agree,
/// 0 as chance would, below 0 worse. No value where fewer than two judgements can be paired, or all are the
/// same.
/// @param units  the judgements of each scan, one a rater
[[nodiscard]] std::optional<double> krippendorff_alpha(const std::vector<std::vector<int>>& units);

struct Agreement {
  std::size_t raters = 0;
  std::size_t scans = 0;        ///< with a judgement
  std::size_t by_two = 0;       ///< scans that two or more judged
  std::size_t agreed = 0;       ///< of those, where all say the same
  std::optional<double> alpha;  ///< over all judgements
};
/// @param ratings  last words: latest or current
[[nodiscard]] Agreement agreement(const std::vector<Rating>& ratings);

/// Scans that somebody accepted and nobody rejected or was unsure of, by their last words, on the output that
/// is there now.
/// @param outputs  digest of the output by scan
[[nodiscard]] std::vector<std::string> accepted(const std::vector<Rating>& ratings,
                                                const std::map<std::string, std::string>& outputs);

}  // namespace isoscan::report
