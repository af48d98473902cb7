#include "isoscan/report/ratings.hpp"

#include <algorithm>
#include <set>

#include "isoscan/core/error.hpp"

#include "text.hpp"

namespace isoscan::report {

using config::Json;

namespace {

constexpr std::size_t kRaterLimit = 64;
constexpr std::size_t kCommentLimit = 1000;
constexpr int kFurthestVoxel = 32767;
constexpr std::size_t kColumns = 8;
constexpr std::size_t kColumnsWithoutBoxes = 7;

core::Error wrong(const std::string& what) {
  return {core::ErrorKind::Input, what};
}

/// One field of the table.
std::string flat(const std::string& text) {
  std::string safe = made_visible(text);
  std::replace_if(
      safe.begin(), safe.end(), [](char c) { return c == '\t' || c == '\n'; }, ' ');
  const std::size_t from = safe.find_first_not_of(' ');
  return from == std::string::npos ? std::string() : safe.substr(from, safe.find_last_not_of(' ') - from + 1);
}

Judgement judgement_named(const std::string& word) {
  for (const Judgement judgement : {Judgement::Accept, Judgement::Reject, Judgement::Unsure}) {
    if (word == name(judgement)) return judgement;
  }
  throw wrong("a rating is accept, reject or unsure, not \"" + clipped(made_visible(word), 40) + "\"");
}

std::string artefact_named(const std::string& word) {
  for (const Artefact& artefact : kArtefacts) {
    if (word == artefact.name) return word;
  }
  throw wrong("there is no artefact \"" + clipped(made_visible(word), 40) + "\"");
}

bool all_of_set(const std::string& text, const char* allowed) {
  return text.find_first_not_of(allowed) == std::string::npos;
}

std::string scan_named(const std::string& scan) {
  if (scan.empty() || scan.size() > 200 ||
      !all_of_set(scan, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-"))
    throw wrong("\"" + clipped(made_visible(scan), 40) + "\" is no name of a scan");
  return scan;
}

std::string digest_of(const std::string& text) {
  if (!text.empty() && (text.size() != 64 || !all_of_set(text, "0123456789abcdef")))
    throw wrong("output_sha256 is no SHA-256");
  return text;
}

std::string rater_of(const std::string& text) {
  std::string rater = flat(text);
  if (rater.empty() || clipped(rater, kRaterLimit) != rater)
    throw wrong("a rater has a name of 1 to 64 characters");
  return rater;
}

std::string comment_of(const std::string& text) {
  std::string comment = flat(text);
  if (clipped(comment, kCommentLimit) != comment) throw wrong("a comment has at most 1000 characters");
  return comment;
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == at) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

int voxel_of(const std::string& text) {
  if (text.empty() || text.size() > 5 || !all_of_set(text, "0123456789") || std::stoi(text) > kFurthestVoxel)
    throw wrong("\"" + clipped(made_visible(text), 40) + "\" is no voxel");
  return std::stoi(text);
}

Plane plane_named(const std::string& word) {
  for (const Plane plane : kPlanes) {
    if (word == name(plane)) return plane;
  }
  throw wrong("there is no plane \"" + clipped(made_visible(word), 40) + "\"");
}

void require_box(const ArtefactBox& box) {
  for (std::size_t a = 0; a < 3; ++a) {
    if (box.low[a] > box.high[a]) throw wrong("a box begins beyond its end");
  }
}

std::string corner(const std::array<int, 3>& voxel) {
  return std::to_string(voxel[0]) + "," + std::to_string(voxel[1]) + "," + std::to_string(voxel[2]);
}

std::array<int, 3> corner_of(const std::string& text) {
  const std::vector<std::string> parts = split(text, ',');
  if (parts.size() != 3) throw wrong("the corner of a box is three voxels");
  return {voxel_of(parts[0]), voxel_of(parts[1]), voxel_of(parts[2])};
}

std::array<int, 3> corner_of(const Json& json) {
  const Json::Array& items = json.items();
  if (items.size() != 3) throw wrong("the corner of a box is three voxels");
  std::array<int, 3> corner{};
  for (std::size_t a = 0; a < 3; ++a) {
    const std::int64_t voxel = items[a].as_integer();
    if (voxel < 0 || voxel > kFurthestVoxel) throw wrong(std::to_string(voxel) + " is no voxel");
    corner[a] = static_cast<int>(voxel);
  }
  return corner;
}

std::vector<ArtefactBox> boxes_of(const Json& json) {
  static const std::set<std::string> kKeys{"artefact", "plane", "low", "high"};
  std::vector<ArtefactBox> boxes;
  for (const Json& each : json.items()) {
    for (const auto& [key, value] : each.members()) {
      if (kKeys.count(key) == 0) throw wrong("a box has no \"" + clipped(made_visible(key), 40) + "\"");
    }
    boxes.push_back({artefact_named(each.at("artefact").as_string()),
                     plane_named(each.at("plane").as_string()), corner_of(each.at("low")),
                     corner_of(each.at("high"))});
    require_box(boxes.back());
    if (boxes.size() > kMostBoxes)
      throw wrong("a rating has at most " + std::to_string(kMostBoxes) + " boxes");
  }
  return boxes;
}

std::vector<ArtefactBox> boxes_in(const std::string& field) {
  std::vector<ArtefactBox> boxes;
  if (field.empty()) return boxes;
  for (const std::string& text : split(field, ';')) {
    const std::vector<std::string> parts = split(text, ':');
    if (parts.size() != 4) throw wrong("\"" + clipped(made_visible(text), 60) + "\" is no box");
    boxes.push_back(
        {artefact_named(parts[0]), plane_named(parts[1]), corner_of(parts[2]), corner_of(parts[3])});
    require_box(boxes.back());
  }
  return boxes;
}

std::string or_none(const std::string& text) {
  return text.empty() ? "n/a" : text;
}

std::string none_or(const std::string& field) {
  return field == "n/a" ? std::string() : field;
}

/// "2026-11-29T07:15:00Z": of one form, so that the order of texts is that of times.
std::string time_of(const std::string& text) {
  static constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:ddZ";
  static constexpr std::array<std::array<int, 3>, 5> kParts{
      {{5, 1, 12}, {8, 1, 31}, {11, 0, 23}, {14, 0, 59}, {17, 0, 60}}};  // where, least, most
  bool good = text.size() == kForm.size();
  for (std::size_t n = 0; good && n < kForm.size(); ++n)
    good = kForm[n] == 'd' ? text[n] >= '0' && text[n] <= '9' : text[n] == kForm[n];
  for (const auto& [at, least, most] : kParts) {
    if (!good) break;
    const int part = std::stoi(text.substr(static_cast<std::size_t>(at), 2));
    good = part >= least && part <= most;
  }
  if (!good)
    throw wrong("\"" + clipped(made_visible(text), 40) + "\" is no time like 2026-11-29T07:15:00Z (UTC)");
  return text;
}

std::string without_return(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return std::string(line);
}

Rating rating_in(const std::string& line) {
  const std::vector<std::string> fields = split(line, '\t');
  if (fields.size() != kColumns && fields.size() != kColumnsWithoutBoxes)
    throw wrong("has " + std::to_string(fields.size()) + " columns, not " + std::to_string(kColumns));
  Rating rating;
  rating.time = time_of(fields[0]);
  rating.rater = rater_of(unguarded(fields[1]));
  rating.scan = scan_named(fields[2]);
  rating.judgement = judgement_named(fields[3]);
  if (!none_or(fields[4]).empty()) {
    for (const std::string& word : split(fields[4], ',')) rating.artefacts.push_back(artefact_named(word));
  }
  rating.comment = none_or(unguarded(fields[5]));
  rating.output_sha256 = digest_of(none_or(fields[6]));
  if (fields.size() == kColumns) {
    if (fields[7].empty()) throw wrong("ends early");
    rating.boxes = boxes_in(none_or(fields[7]));
  }
  return rating;
}

}  // namespace

const char* name(Judgement judgement) {
  switch (judgement) {
    case Judgement::Accept:
      return "accept";
    case Judgement::Reject:
      return "reject";
    case Judgement::Unsure:
      return "unsure";
  }
  return "unsure";
}

Rating rating_of(const Json& json, const std::string& time) {
  static const std::set<std::string> kKeys{"rater",   "scan",          "rating", "artefacts",
                                           "comment", "output_sha256", "boxes"};
  Rating rating;
  try {
    for (const auto& [key, value] : json.members()) {
      // The browser's own clock is not asked.
      if (kKeys.count(key) == 0) throw wrong("a judgement has no \"" + clipped(made_visible(key), 40) + "\"");
    }
    rating.time = time;
    rating.rater = rater_of(json.at("rater").as_string());
    rating.scan = scan_named(json.at("scan").as_string());
    rating.judgement = judgement_named(json.at("rating").as_string());
    std::set<std::string> ticked;
    for (const Json& artefact : json.at("artefacts").items())
      ticked.insert(artefact_named(artefact.as_string()));
    for (const Artefact& artefact : kArtefacts) {
      if (ticked.count(artefact.name) > 0) rating.artefacts.emplace_back(artefact.name);
    }
    rating.comment = comment_of(json.at("comment").as_string());
    rating.output_sha256 = digest_of(json.at("output_sha256").as_string());
    if (const Json* boxes = json.find("boxes"); boxes != nullptr) rating.boxes = boxes_of(*boxes);
  } catch (const core::Error& error) {
    throw wrong(error.what());
  }
  return rating;
}

Json to_json(const Rating& rating) {
  Json::Array boxes;
  for (const ArtefactBox& box : rating.boxes) {
    boxes.emplace_back(Json::Object{{"artefact", box.artefact},
                                    {"plane", name(box.plane)},
                                    {"low", Json::array(box.low)},
                                    {"high", Json::array(box.high)}});
  }
  return Json(Json::Object{{"time", rating.time},
                           {"rater", rating.rater},
                           {"scan", rating.scan},
                           {"rating", name(rating.judgement)},
                           {"artefacts", Json::array(rating.artefacts)},
                           {"comment", rating.comment},
                           {"output_sha256", rating.output_sha256},
                           {"boxes", Json(std::move(boxes))}});
}

std::string boxes_text(const std::vector<ArtefactBox>& boxes) {
  std::string text;
  for (const ArtefactBox& box : boxes) {
    text += (text.empty() ? "" : ";") + box.artefact + ":" + name(box.plane) + ":" + corner(box.low) + ":" +
            corner(box.high);
  }
  return or_none(text);
}

std::string ratings_line(const Rating& rating) {
  std::string artefacts;
  for (const std::string& artefact : rating.artefacts) artefacts += (artefacts.empty() ? "" : ",") + artefact;
  return rating.time + "\t" + table_field(rating.rater) + "\t" + rating.scan + "\t" + name(rating.judgement) +
         "\t" + or_none(artefacts) + "\t" + or_none(table_field(rating.comment)) + "\t" +
         or_none(rating.output_sha256) + "\t" + boxes_text(rating.boxes) + "\n";
}

std::vector<Rating> read_ratings(std::string_view table, const std::string& name) {
  std::vector<Rating> ratings;
  std::size_t number = 1;
  std::size_t columns = kColumns;
  for (std::size_t at = 0; at < table.size(); ++number) {
    const std::size_t end = table.find('\n', at);
    const bool ended = end != std::string_view::npos;
    const std::string line = without_return(table.substr(at, ended ? end - at : end));
    at = ended ? end + 1 : table.size();
    try {
      if (line + "\n" == kRatingsHeader) {
        columns = kColumns;
      } else if (line + "\n" == kRatingsHeaderWithoutBoxes) {
        columns = kColumnsWithoutBoxes;
      } else if (number == 1) {
        throw wrong("is no header of a table of judgements");
      } else if (!ended && split(line, '\t').size() != columns) {
        throw wrong("ends early");
      } else {
        ratings.push_back(rating_in(line));
      }
    } catch (const core::Error& error) {
      if (!ended) break;  // torn: the power went before the judgement was acknowledged
      throw wrong(name + ":" + std::to_string(number) + ": " + error.what() +
                  "; mend or remove that line, or move the file away");
    }
  }
  return ratings;
}

bool has_earlier_form(std::string_view table) {
  for (std::size_t at = 0; at < table.size();) {
    const std::size_t end = std::min(table.find('\n', at), table.size());
    const std::string_view line = table.substr(at, end - at);
    const bool ended = end < table.size();
    if (ended &&
        static_cast<std::size_t>(std::count(line.begin(), line.end(), '\t')) + 1 == kColumnsWithoutBoxes)
      return true;
    at = end + 1;
  }
  return false;
}

std::string person_of(const std::string& rater) {
  std::string person = rater;
  for (char& c : person) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return person;
}

std::vector<Rating> latest(const std::vector<Rating>& ratings) {
  std::map<std::pair<std::string, std::string>, std::size_t> last;
  for (std::size_t n = 0; n < ratings.size(); ++n) {
    const auto [found, fresh] = last.try_emplace({person_of(ratings[n].rater), ratings[n].scan}, n);
    if (!fresh && ratings[n].time >= ratings[found->second].time) found->second = n;
  }
  std::vector<Rating> kept;
  for (std::size_t n = 0; n < ratings.size(); ++n) {
    if (last.at({person_of(ratings[n].rater), ratings[n].scan}) == n) kept.push_back(ratings[n]);
  }
  return kept;
}

std::vector<Rating> current(const std::vector<Rating>& ratings,
                            const std::map<std::string, std::string>& outputs) {
  std::vector<Rating> kept = latest(ratings);
  const auto stale = [&](const Rating& rating) {
    const auto output = outputs.find(rating.scan);
    return output == outputs.end() || output->second != rating.output_sha256;
  };
  kept.erase(std::remove_if(kept.begin(), kept.end(), stale), kept.end());
  return kept;
}

std::optional<double> krippendorff_alpha(const std::vector<std::vector<int>>& units) {
  // Coincidences: each ordered pair of values within a unit counts 1 / (m - 1), m the values of the unit.
  std::map<int, double> total;
  double pairable = 0.0;
  double disagreeing = 0.0;
  for (const std::vector<int>& unit : units) {
    if (unit.size() < 2) continue;
    const auto m = static_cast<double>(unit.size());
    pairable += m;
    std::map<int, double> counts;
    for (const int value : unit) {
      counts[value] += 1.0;
      total[value] += 1.0;
    }
    for (const auto& [value, count] : counts) disagreeing += count * (m - count) / (m - 1.0);
  }
  double expected = 0.0;
  for (const auto& [value, count] : total) expected += count * (pairable - count);
  if (!(expected > 0.0)) return std::nullopt;
  return 1.0 - (pairable - 1.0) * disagreeing / expected;
}

Agreement agreement(const std::vector<Rating>& ratings) {
  std::map<std::string, std::vector<int>> units;
  std::set<std::string> raters;
  for (const Rating& rating : ratings) {
    units[rating.scan].push_back(static_cast<int>(rating.judgement));
    raters.insert(person_of(rating.rater));
  }
  Agreement found;
  found.raters = raters.size();
  found.scans = units.size();
  std::vector<std::vector<int>> values;
  for (const auto& [scan, unit] : units) {
    values.push_back(unit);
    if (unit.size() < 2) continue;
    ++found.by_two;
    found.agreed += std::set<int>(unit.begin(), unit.end()).size() == 1 ? 1 : 0;
  }
  found.alpha = krippendorff_alpha(values);
  return found;
}

std::vector<std::string> accepted(const std::vector<Rating>& ratings,
                                  const std::map<std::string, std::string>& outputs) {
  std::map<std::string, bool> verdicts;
  for (const Rating& rating : current(ratings, outputs)) {
    if (rating.output_sha256.empty()) continue;
    const bool accepts = rating.judgement == Judgement::Accept;
    const auto [found, fresh] = verdicts.try_emplace(rating.scan, accepts);
    if (!fresh) found->second = found->second && accepts;
  }
  std::vector<std::string> scans;
  for (const auto& [scan, accepts] : verdicts) {
    if (accepts) scans.push_back(scan);
  }
  return scans;
}

}  // namespace isoscan::report
