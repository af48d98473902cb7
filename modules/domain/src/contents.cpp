#include "isoscan/domain/contents.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"
#include "isoscan/domain/plausibility.hpp"
#include "isoscan/domain/scan_summary.hpp"

#include "content_texts.hpp"

namespace isoscan::domain {

namespace {

using core::DType;
using Wanted = bool (*)(std::string_view);

constexpr std::int64_t kFew = 64;           // of a list with a handful of entries
constexpr std::int64_t kColumns = 4096;     // of features, channels, statistics
constexpr std::int64_t kMany = 100'000;     // people, virtual sites, draws
constexpr std::int64_t kNetwork = 500'000;  // the widest has 30 thousand
constexpr std::int64_t kRows = 800'000;     // feature rows of a level: 40 thousand of 13 columns
constexpr std::int64_t kAtlasCells = 3LL * 32 * 64 * 64;  // half of 64 cells an axis; 40 are made
constexpr std::int64_t kHistograms = core::kTissueCount * kHistogramBins;
constexpr std::int64_t kPortrait = 4 * static_cast<std::int64_t>(kPortraitCells);
constexpr std::int64_t kTaps = 17LL * 17 * 17;
constexpr int kFewestAtlasPeople = 4;

struct Allowed {
  std::string_view name;  ///< '*' is one part of a name without '/'
  DType type;
  std::int64_t most;  ///< numbers
};

constexpr Allowed kLevel[] = {
    {"spacing_mm", DType::F64, 1},
    {"quantiles", DType::F64, kQuantileCount},
    {"mean", DType::F64, 1},
    {"sd", DType::F64, 1},
    {"tissue_mean", DType::F64, core::kTissueCount},
    {"tissue_share", DType::F64, core::kTissueCount},
    {"tissue_histograms", DType::F64, kHistograms},
    {"band_sd_mm", DType::F64, kFew},
    {"feature_mean", DType::F64, kFew},
    {"feature_sd", DType::F64, kFew},
    {"rows", DType::F32, kRows},
};

constexpr Allowed kBoth[] = {
    {"spacing_mm", DType::F64, 1},
    {"band_sd_mm", DType::F64, kFew},
    {"atlas/shape", DType::F64, 3},
    {"atlas/prior", DType::F32, kAtlasCells},
    {"atlas/log_mean", DType::F32, kAtlasCells},
    {"atlas/log_sd", DType::F32, kAtlasCells},
    {"plausibility/counts", DType::F64, 3},
    {"plausibility/cells", DType::F32, kPortrait},
    {"plausibility/bounds", DType::F64, 4 * kFew},
};

constexpr Allowed kPackage[] = {
    {"alpha", DType::F64, 1},
    {"level*/nyul_landmarks", DType::F64, kLandmarkCount},
    {"level*/range/*", DType::F64, 5},
    {"level*/null/*", DType::F64, 1000},
    {"level*/histogram_low", DType::F64, kHistograms},
    {"level*/histogram_high", DType::F64, kHistograms},
    {"shared/hidden", DType::F64, kFew},
    {"shared/patch_ball", DType::F64, 1},
    {"shared/patch_surroundings", DType::F64, kFew},
    {"shared/row_mean", DType::F64, kColumns},
    {"shared/row_scale", DType::F64, kColumns},
    {"shared/turn", DType::F32, kNetwork},
    {"shared/parameters", DType::F32, kNetwork},
    {"shared/reference", DType::F64, kColumns},
    {"shared/spread", DType::F64, kColumns},
    {"shared/hyper_hidden", DType::F64, kFew},
    {"shared/hyper_parameters", DType::F32, kNetwork},
    {"shared/directions", DType::F32, kNetwork},
    {"shared/known_distances", DType::F64, kMany},
    {"shared/known_factor", DType::F64, kNetwork},
    {"shared/people", DType::F32, kMany},
    {"shared/made_statistics", DType::F32, kNetwork},
    {"shared/made_gradient_correlation", DType::F64, kMany},
    {"shared/made_change", DType::F64, kMany},
    {"shared/numbers", DType::F64, 4},
};

constexpr Allowed kSite[] = {
    {"nyul_landmarks", DType::F64, kLandmarkCount},
    {"reference_range/*", DType::F64, 5},
    {"site_range/*", DType::F64, 5},
    {"made_range/*", DType::F64, 5},
    {"histogram_low", DType::F64, kHistograms},
    {"histogram_high", DType::F64, kHistograms},
    {"shrinkage", DType::F64, 1},
    {"distance_before/*", DType::F64, 1},
    {"distance_after/*", DType::F64, 1},
    {"look_mean", DType::F64, kFew},
    {"look_sd", DType::F64, kFew},
    {"reference_look_mean", DType::F64, kFew},
    {"by_atlas", DType::F64, 1},
    {"acquisition", DType::F64, 14},
    {"acquisition/detail", DType::F64, kTaps},
    {"acquisition/noise_colour", DType::F64, kTaps},
    {"acquisition/finer", DType::F64, 3},
    {"patch_ball", DType::F64, 1},
    {"patch_surroundings", DType::F64, kFew},
    {"site_code", DType::F32, kColumns},
    {"site_vector", DType::F32, 2 * kColumns* kFew},
    {"shared_share", DType::F64, 1},
    {"shared_parameters", DType::F32, kNetwork},
    {"rung_evidence/*", DType::F64, 1},
    {"detail_gain", DType::F64, 1},
    {"surprise", DType::F64, 1},
    {"null_surprise", DType::F64, 1000},
    {"made_people", DType::F64, 1},
    {"errors/coverage", DType::F64, 1},
    {"errors/branches", DType::F64, kFew},
    {"errors/edges", DType::F64, kMany},
    {"errors/half_width", DType::F64, kMany},
    {"errors/held_out", DType::F64, kMany},
};

constexpr Allowed kRestorer[] = {
    {"hidden", DType::F64, kFew}, {"row_mean", DType::F64, 65536}, {"row_scale", DType::F64, 65536},
    {"mean", DType::F64, 1},      {"scale", DType::F64, 1},        {"parameters", DType::F32, kNetwork},
};

struct Text {
  std::string_view name;
  Wanted fits;
};

constexpr Text kTexts[] = {
    {"kind", is_plain_words},   {"format_version", is_number},
    {core::kSealKey, is_hex},   {"software", is_software},
    {"seed", is_number},        {"scans", is_number},
    {"warning/*", is_sentence}, {"plausibility/measure/*", is_word},
};
constexpr Text kPackageTexts[] = {
    {"source_digest", is_hex}, {"levels", is_number}, {"shared/statistic/*", is_word}};
constexpr Text kSiteTexts[] = {
    {"method", is_word},           {"reference_digest", is_hex},
    {"no_change_needed", is_word}, {"content", is_plain_words},
    {"map_column/*", is_word},     {"look_name/*", is_word},
    {"people", is_number},         {"rung", is_word},
};

/// '*' stands for a word.
bool matches(std::string_view pattern, std::string_view name) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == name;
  if (!name.starts_with(pattern.substr(0, star))) return false;
  name.remove_prefix(star);
  const auto end = name.find('/');
  const std::string_view word = name.substr(0, end);
  const std::string_view rest = end == std::string_view::npos ? std::string_view() : name.substr(end);
  return is_word(word) && matches(pattern.substr(star + 1), rest);
}

const Allowed* find(std::string_view name, const Allowed* begin, const Allowed* end) {
  const Allowed* found = std::find_if(begin, end, [&](const Allowed& a) { return matches(a.name, name); });
  return found == end ? nullptr : found;
}

template <std::size_t N>
const Allowed* find(std::string_view name, const Allowed (&list)[N]) {
  return find(name, list, list + N);
}

/// In a list under "prefix/".
template <std::size_t N>
const Allowed* find_under(std::string_view name, std::string_view prefix, const Allowed (&list)[N]) {
  if (!name.starts_with(prefix) || name.size() <= prefix.size() || name[prefix.size()] != '/') return nullptr;
  return find(name.substr(prefix.size() + 1), list);
}

const Allowed* allowed(std::string_view name, FileKind kind) {
  if (const Allowed* found = find(name, kBoth)) return found;
  if (kind == FileKind::ReferencePackage) {
    if (const Allowed* found = find(name, kPackage)) return found;
    const auto level = name.find('/');
    if (level == std::string_view::npos || !matches("level*", name.substr(0, level))) return nullptr;
    return find_under(name.substr(level + 1), "pooled", kLevel);
  }
  if (const Allowed* found = find(name, kSite)) return found;
  for (const std::string_view level : {"site", "site_corrected", "site_matched", "reference"}) {
    if (const Allowed* found = find_under(name, level, kLevel)) return found;
  }
  for (const std::string_view restorer : {"restorer", "shared_restorer", "reference_restorer"}) {
    if (const Allowed* found = find_under(name, restorer, kRestorer)) return found;
  }
  return nullptr;
}

bool is_map(std::string_view name, FileKind kind) {
  return kind == FileKind::SiteModel && name.starts_with("map/") && name.size() <= 100 &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return is_setting({&c, 1}) || c == '/';
         });
}

/// Of few people it would be a picture of them.
void check_atlas(const core::TensorFile& file) {
  const auto found = file.tensors.find("atlas/shape");
  if (found == file.tensors.end() || found->second.count() != 3) return;
  if (const double people = found->second.doubles().at(2); people < kFewestAtlasPeople)
    throw core::Error(core::ErrorKind::Input, "tensor \"atlas/shape\" is of an atlas of fewer than " +
                                                  std::to_string(kFewestAtlasPeople) + " people");
}

[[noreturn]] void refuse(const std::string& what, const std::string& name, const std::string& why) {
  throw core::Error(core::ErrorKind::Input, core::printable(what + " \"" + name + "\" " + why));
}

template <std::size_t N>
const Text* find(std::string_view name, const Text (&list)[N]) {
  const Text* found = std::find_if(list, list + N, [&](const Text& t) { return matches(t.name, name); });
  return found == list + N ? nullptr : found;
}

void check_text(const std::string& name, const std::string& text, FileKind kind) {
  const Text* found = find(name, kTexts);
  if (found == nullptr)
    found = kind == FileKind::SiteModel ? find(name, kSiteTexts) : find(name, kPackageTexts);
  const Wanted fits = found != nullptr ? found->fits : is_map(name, kind) ? &is_setting : nullptr;
  if (fits == nullptr) refuse("entry", name, "is not on the list of what such a file may hold");
  if (!fits(text)) refuse("entry", name, "is a text that such a file may not hold");
}

}  // namespace

void check_contents(const core::TensorFile& file, FileKind kind) {
  for (const auto& [name, text] : file.metadata) check_text(name, text, kind);
  for (const auto& [name, tensor] : file.tensors) {
    const Allowed* entry = allowed(name, kind);
    if (entry == nullptr && !is_map(name, kind))
      refuse("tensor", name, "is not on the list of what such a file may hold");
    const std::int64_t most = entry != nullptr ? entry->most : kNetwork;
    if (entry != nullptr && tensor.dtype != entry->type)
      refuse("tensor", name, "is of another type than such a file may hold");
    if (tensor.count() > most)
      refuse("tensor", name,
             "holds " + std::to_string(tensor.count()) + " numbers, and may hold " + std::to_string(most));
  }
  check_atlas(file);
}

std::vector<ContentPart> parts_of(const core::TensorFile& file) {
  std::map<std::string, std::size_t> bytes;
  for (const auto& [name, tensor] : file.tensors)
    bytes[name.substr(0, name.find('/'))] += tensor.bytes.size();
  std::vector<ContentPart> parts;
  for (const auto& [name, count] : bytes) parts.push_back({name, count});
  std::stable_sort(parts.begin(), parts.end(),
                   [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
  return parts;
}

}  // namespace isoscan::domain
