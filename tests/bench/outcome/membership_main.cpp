/// Can somebody who holds a person's scan tell from a reference package that the person is in it?
/// isoscan_membership OUT.json [members=8] [draws=12] [spacing=1.5] [seed=1] [threads=2] person=ID:FILE...
/// again=ID:FILE... Packages are made of `members` people drawn from all, again and again; each attack scores
/// every person (`again`: by another scan of the same person). Rows: AUC (0.5: it tells nothing), its 95 %
/// interval over people (bootstrap), and the advantage (true less false positives at the best threshold).

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/features/bands.hpp"
#include "isoscan/harmonize/harmonize.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/preprocess/prepare.hpp"

#include "bench_main.hpp"

namespace {

using namespace isoscan;
using config::Json;

struct Scan {
  std::string id;
  domain::ScanSummary summary;
  std::vector<float> rows;  ///< of every voxel of the brain
  std::vector<double> averages, atlas;
  std::set<double> measures;
  std::vector<std::size_t> held;                              ///< whole_key of each row, rising
  std::vector<std::pair<std::size_t, std::size_t>> by_place;  ///< place_key and where the row begins, rising
};

Scan scan_of(const std::string& word, double spacing, const core::Context& context) {
  const auto colon = word.find(':');
  if (colon == std::string::npos) throw core::Error(core::ErrorKind::Config, word + ": is not ID:FILE");
  Scan scan;
  scan.id = word.substr(0, colon);
  const auto prepared = preprocess::prepare(io::read_nifti(word.substr(colon + 1)).volume, std::nullopt,
                                            {.working_spacing_mm = spacing}, context);
  const harmonize::FitOptions options;
  scan.summary = harmonize::summarize(prepared, {spacing}, options, context);
  const domain::LevelSummary& level = scan.summary.levels.at(0);
  features::BandSpace space;
  space.spacing_mm = spacing;
  space.sd_mm = level.band_sd_mm;
  scan.rows = features::encode(prepared.image, prepared.brain, space, context).values;
  for (const auto& [name, value] : domain::measures(level)) scan.measures.insert(value);
  return scan;
}

/// What a package says on the average, as a scan's own numbers or the package's.
std::vector<double> averages_of(const domain::LevelSummary& level) {
  std::vector<double> all = level.quantiles;
  all.insert(all.end(), level.tissue_histograms.begin(), level.tissue_histograms.end());
  all.insert(all.end(), level.feature_mean.begin(), level.feature_mean.end());
  all.insert(all.end(), level.feature_sd.begin(), level.feature_sd.end());
  all.insert(all.end(), level.tissue_mean.begin(), level.tissue_mean.end());
  all.insert(all.end(), level.tissue_share.begin(), level.tissue_share.end());
  return all;
}

std::vector<double> cells_of(const preprocess::Atlas& atlas) {
  std::vector<double> all;
  for (const auto* lists : {&atlas.prior, &atlas.log_mean}) {
    for (const std::vector<float>& list : *lists) all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

/// How much nearer the package's mean is than that of other people, in variances between them (after Homer et
/// al., PLoS Genetics 4, 2008).
double nearer_to_package(const std::vector<double>& own, const std::vector<double>& package,
                         const std::vector<const std::vector<double>*>& others) {
  double sum = 0.0;
  const auto count = static_cast<double>(others.size());
  for (std::size_t n = 0; n < own.size(); ++n) {
    double mean = 0.0;
    double square = 0.0;
    for (const auto* other : others) {
      mean += (*other)[n] / count;
      square += (*other)[n] * (*other)[n] / count;
    }
    const double variance = square - mean * mean;
    if (!(variance > 1e-9)) continue;
    sum += (std::pow(own[n] - mean, 2.0) - std::pow(own[n] - package[n], 2.0)) / variance;
  }
  return sum / static_cast<double>(own.size());
}

/// A row in every column but for rounding.
std::size_t whole_key(const float* row, std::size_t dims) {
  std::string text;
  for (std::size_t d = 0; d < dims; ++d)
    text += std::to_string(std::lround(1e4 * static_cast<double>(row[d]))) + ' ';
  return std::hash<std::string>{}(text);
}

/// Where a row lies, in cells of 1.5 to 2 mm.
std::size_t place_key(const float* row, std::size_t dims) {
  constexpr double kCell = 0.05;  // head coordinates
  std::int64_t key = 0;
  for (std::size_t a = dims - 3; a < dims; ++a)
    key = key * 4096 + std::lround(static_cast<double>(row[a]) / kCell) + 2048;
  return static_cast<std::size_t>(key);
}

void index_rows(Scan& scan, std::size_t dims) {
  for (std::size_t n = 0; n + dims <= scan.rows.size(); n += dims) {
    scan.held.push_back(whole_key(scan.rows.data() + n, dims));
    scan.by_place.emplace_back(place_key(scan.rows.data() + n, dims), n);
  }
  std::sort(scan.held.begin(), scan.held.end());
  std::sort(scan.by_place.begin(), scan.by_place.end());
}

/// The share of a package's rows that the scan holds.
double share_found(const std::vector<float>& sample, const Scan& scan, std::size_t dims) {
  double found = 0.0;
  for (std::size_t n = 0; n + dims <= sample.size(); n += dims)
    found += std::binary_search(scan.held.begin(), scan.held.end(), whole_key(sample.data() + n, dims)) ? 1.0
                                                                                                        : 0.0;
  return found / (static_cast<double>(sample.size()) / static_cast<double>(dims));
}

/// How near a package's rows come to the scan's voxels of the same place: less the 10 % quantile of the
/// distances, each to the nearest voxel.
double near_rows(const std::vector<float>& sample, const Scan& scan, std::size_t dims) {
  constexpr std::size_t kEvery = 5;  // row of the package
  const std::size_t own = dims - 3;
  std::vector<double> nearest;
  for (std::size_t n = 0; n + dims <= sample.size(); n += kEvery * dims) {
    const std::size_t key = place_key(sample.data() + n, dims);
    double least = 1e300;
    for (auto at =
             std::lower_bound(scan.by_place.begin(), scan.by_place.end(), std::pair{key, std::size_t{0}});
         at != scan.by_place.end() && at->first == key; ++at) {
      double square = 0.0;
      for (std::size_t d = 0; d < own; ++d)
        square += std::pow(static_cast<double>(scan.rows[at->second + d] - sample[n + d]), 2.0);
      least = std::min(least, square);
    }
    if (least < 1e300) nearest.push_back(std::sqrt(least));
  }
  if (nearest.empty()) return -1e300;
  const auto low = nearest.begin() + static_cast<std::ptrdiff_t>(nearest.size() / 10);
  std::nth_element(nearest.begin(), low, nearest.end());
  return -*low;
}

struct Score {
  std::size_t draw = 0;
  std::size_t person = 0;
  bool member = false;
  double value = 0.0;
};

/// Mean over the draws of the weighted chance that a member scores above another.
double auc(const std::vector<Score>& scores, std::size_t draws, const std::vector<double>& weight) {
  double sum = 0.0;
  double used = 0.0;
  for (std::size_t d = 0; d < draws; ++d) {
    double won = 0.0;
    double pairs = 0.0;
    for (const Score& m : scores) {
      if (m.draw != d || !m.member) continue;
      for (const Score& o : scores) {
        if (o.draw != d || o.member || o.person == m.person) continue;
        const double w = weight[m.person] * weight[o.person];
        pairs += w;
        won += w * (m.value > o.value ? 1.0 : m.value == o.value ? 0.5 : 0.0);
      }
    }
    if (pairs <= 0.0) continue;
    sum += won / pairs;
    used += 1.0;
  }
  return used > 0.0 ? sum / used : 0.5;
}

double advantage(std::vector<Score> scores) {
  std::sort(scores.begin(), scores.end(), [](const Score& a, const Score& b) { return a.value > b.value; });
  double members = 0.0;
  double others = 0.0;
  for (const Score& s : scores) (s.member ? members : others) += 1.0;
  double best = 0.0;
  double true_positives = 0.0;
  double false_positives = 0.0;
  for (std::size_t n = 0; n < scores.size(); ++n) {
    (scores[n].member ? true_positives : false_positives) += 1.0;
    if (n + 1 < scores.size() && scores[n + 1].value == scores[n].value) continue;
    best = std::max(best, true_positives / members - false_positives / others);
  }
  return best;
}

Json row_of(const std::string& attack, const std::vector<Score>& scores, std::size_t people,
            std::size_t draws) {
  std::vector<double> weight(people, 1.0);
  const double found = auc(scores, draws, weight);
  std::vector<double> again;
  core::Random random(7, "membership bootstrap");
  for (int n = 0; n < 300; ++n) {
    std::fill(weight.begin(), weight.end(), 0.0);
    for (std::size_t p = 0; p < people; ++p) weight[random.below(people)] += 1.0;
    again.push_back(auc(scores, draws, weight));
  }
  std::sort(again.begin(), again.end());
  const double low = again[7];
  const double high = again[292];
  const double gain = advantage(scores);
  std::printf("%-44s AUC %.3f [%.3f, %.3f], advantage %.3f\n", attack.c_str(), found, low, high, gain);
  return Json(
      Json::Object{{"attack", attack}, {"auc", found}, {"low", low}, {"high", high}, {"advantage", gain}});
}

int run(const std::string& out, const std::map<std::string, std::vector<std::string>>& words) {
  const auto number = [&](const std::string& key, double otherwise) {
    const auto found = words.find(key);
    return found == words.end() ? otherwise : bench::number_of(key, found->second.back());
  };
  const auto members = static_cast<std::size_t>(number("members", 8));
  const auto draws = static_cast<std::size_t>(number("draws", 12));
  const double spacing = number("spacing", 1.5);
  core::Context context;
  context.seed = static_cast<std::uint64_t>(number("seed", 1));
  context.threads = static_cast<int>(number("threads", 2));
  std::vector<Scan> people;
  std::vector<Scan> again;
  for (const auto& [key, to] : {std::pair{"person", &people}, {"again", &again}}) {
    const auto found = words.find(key);
    if (found == words.end()) continue;
    for (const std::string& word : found->second) to->push_back(scan_of(word, spacing, context));
  }
  if (people.size() < members + 2)
    throw core::Error(core::ErrorKind::Config, "too few people for so many members");
  const auto dims = people.front().summary.levels.at(0).dims();
  for (std::vector<Scan>* scans : {&people, &again}) {
    for (Scan& scan : *scans) {
      index_rows(scan, dims);
      scan.averages = averages_of(scan.summary.levels.at(0));
      scan.atlas = cells_of(preprocess::finish_atlas(scan.summary.atlas, context));
    }
  }
  std::map<std::string, std::vector<Score>> scores;
  for (std::size_t d = 0; d < draws; ++d) {
    core::Random random(context.seed, "membership draw " + std::to_string(d));
    std::vector<std::size_t> order(people.size());
    for (std::size_t n = 0; n < order.size(); ++n) order[n] = n;
    for (std::size_t n = order.size(); n > 1; --n) std::swap(order[n - 1], order[random.below(n)]);
    const std::set<std::size_t> in(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(members));
    std::vector<domain::ScanSummary> summaries;
    for (const std::size_t n : in) summaries.push_back(people[n].summary);
    const domain::ReferencePackage package = harmonize::fit_reference(summaries, {}, context);
    const domain::ReferenceLevel& level = package.levels.at(0);
    const std::vector<double> averages = averages_of(level.pooled);
    const std::vector<double> atlas = cells_of(package.atlas);
    const auto score = [&](const Scan& scan, std::size_t person, const std::string& suffix) {
      std::vector<const std::vector<double>*> other_averages;
      std::vector<const std::vector<double>*> other_atlases;
      for (std::size_t n = 0; n < people.size(); ++n) {
        if (in.count(n) > 0 || n == person) continue;
        other_averages.push_back(&people[n].averages);
        other_atlases.push_back(&people[n].atlas);
      }
      const auto add = [&](const std::string& attack, double value) {
        scores[attack + suffix].push_back({d, person, in.count(person) > 0, value});
      };
      add("averages", nearer_to_package(scan.averages, averages, other_averages));
      add("atlas", nearer_to_package(scan.atlas, atlas, other_atlases));
      add("feature sample, near", near_rows(level.pooled.rows, scan, dims));
      add("feature sample, equal", share_found(level.pooled.rows, scan, dims));
      double ends = 0.0;
      for (const auto& [name, range] : level.ranges)
        ends += static_cast<double>(scan.measures.count(range.min) + scan.measures.count(range.max));
      add("ends of ranges", ends);
    };
    for (std::size_t n = 0; n < people.size(); ++n) score(people[n], n, ", the very scan");
    for (const Scan& scan : again) {
      const auto person =
          std::find_if(people.begin(), people.end(), [&](const Scan& p) { return p.id == scan.id; });
      if (person == people.end())
        throw core::Error(core::ErrorKind::Config, scan.id + ": is nobody's first scan");
      score(scan, static_cast<std::size_t>(person - people.begin()), ", another scan");
    }
  }
  Json::Array rows;
  for (auto& [attack, list] : scores) {
    std::vector<Score> judged = list;
    if (attack.ends_with(", another scan")) {
      // Against people who are in no package, by their one scan.
      const std::string first = attack.substr(0, attack.find(", another scan")) + ", the very scan";
      for (const Score& s : scores.at(first)) {
        if (!s.member) judged.push_back(s);
      }
    }
    rows.push_back(row_of(attack, judged, people.size(), draws));
  }
  config::write_json(out, Json(Json::Object{{"members", members},
                                            {"people", people.size()},
                                            {"draws", draws},
                                            {"spacing_mm", spacing},
                                            {"rows", Json(std::move(rows))}}));
  return 0;
}

int run_words(int argc, char** argv) {
  if (argc < 2)
    throw core::Error(core::ErrorKind::Config,
                      "usage: isoscan_membership OUT.json [WORD=...] person=ID:FILE... again=ID:FILE...");
  std::map<std::string, std::vector<std::string>> words;
  for (int n = 2; n < argc; ++n) {
    const std::string word = argv[n];
    const auto equals = word.find('=');
    if (equals == std::string::npos) throw core::Error(core::ErrorKind::Config, word + ": WORD=VALUE wanted");
    words[word.substr(0, equals)].push_back(word.substr(equals + 1));
  }
  return run(argv[1], words);
}

}  // namespace

int main(int argc, char** argv) {
  return isoscan::bench::guarded(argc, argv, run_words);
}
