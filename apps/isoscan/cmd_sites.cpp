#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/printable.hpp"
#include "isoscan/domain/look.hpp"
#include "isoscan/domain/site.hpp"

#include "commands.hpp"
#include "output_files.hpp"
#include "sites_picture.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;

namespace {

constexpr double kChance = 0.05;
constexpr int kSomeFailed = 8;
constexpr const char* kHeader =
    "site\tmethod\trung\tscans\tfrom_reference_sd\tp_reference\tnearest_site\tnearest_sd\tp_nearest\tx_sd\ty_"
    "sd\n";

struct Flags {
  std::vector<std::string> places;
  std::string map, tsv;
};

struct Site {
  std::string name;
  domain::SiteModel model;
  domain::LookDifference from_reference;
  std::size_t nearest = 0;  ///< itself where it is the only one
  domain::LookDifference from_nearest;
  std::array<double, 2> at{};
};

/// Folders give the models in them, at any depth but in hidden folders; in the order of their names.
std::vector<fs::path> files_of(const std::vector<std::string>& places) {
  std::vector<fs::path> files;
  for (const std::string& place : places) {
    if (!fs::exists(place))
      throw core::Error(
          core::ErrorKind::Io,
          core::printable(place) + ": is not there; name site models (.isosite) or folders of them");
    if (!fs::is_directory(place)) {
      files.emplace_back(place);
      continue;
    }
    std::vector<fs::path> found;
    fs::recursive_directory_iterator entry(place, fs::directory_options::skip_permission_denied);
    for (; entry != fs::recursive_directory_iterator(); ++entry) {
      const fs::path& path = entry->path();
      // A run's work folder holds models too, each a second time.
      if (path.filename().string().starts_with(".")) {
        entry.disable_recursion_pending();
      } else if (path.extension() == ".isosite" && fs::is_regular_file(path)) {
        found.push_back(path);
      }
    }
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  if (files.empty()) throw core::Error(core::ErrorKind::Input, "no site model (.isosite) was found there");
  return files;
}

/// The file's name, or as much of its path as tells it from the others.
std::vector<std::string> names_of(const std::vector<fs::path>& files) {
  std::map<std::string, int> count;
  for (const fs::path& file : files) ++count[file.stem().string()];
  std::vector<std::string> names;
  for (const fs::path& file : files) {
    std::string name = file.stem().string();
    if (count[name] > 1) name = fs::path(file).replace_extension().string();
    names.push_back(core::printable(name));
  }
  return names;
}

struct Found {
  std::vector<Site> sites;  ///< of one reference, comparable
  int left_out = 0;         ///< each said on stderr
};

Found load(const std::vector<fs::path>& files) {
  Found found;
  const auto leave_out = [&](const fs::path& file, const std::string& why) {
    std::cerr << core::printable(file.string()) << ": " << why << '\n';
    ++found.left_out;
  };
  const std::vector<std::string> names = names_of(files);
  std::vector<Site> all;
  std::vector<fs::path> of;
  std::map<std::string, int> references;
  const auto group = [](const domain::SiteModel& model) {
    char spacing[32];
    std::snprintf(spacing, sizeof spacing, " %.3f", model.spacing_mm);
    return model.reference_digest + spacing;
  };
  for (std::size_t n = 0; n < files.size(); ++n) {
    try {
      Site site{names[n], domain::load_site(files[n]), {}, 0, {}, {}};
      if (site.model.look.empty()) {
        leave_out(files[n],
                  "made by an earlier version, which did not keep how its scans look; adapt the site again");
        continue;
      }
      ++references[group(site.model)];
      all.push_back(std::move(site));
      of.push_back(files[n]);
    } catch (const core::Error& error) {
      std::cerr << core::printable(error.what()) << '\n';
      ++found.left_out;
    }
  }
  if (all.empty()) throw core::Error(core::ErrorKind::Input, "no site model there can be compared");
  const auto most = std::max_element(references.begin(), references.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  for (std::size_t n = 0; n < all.size(); ++n) {
    if (group(all[n].model) == most->first) {
      found.sites.push_back(std::move(all[n]));
    } else {
      leave_out(of[n], "fitted to another reference, or at another spacing, than most of the sites");
    }
  }
  return found;
}

double compare(std::vector<Site>& sites) {
  std::vector<domain::Look> looks;
  for (const Site& site : sites) looks.push_back(site.model.look);
  const domain::LookSpread spread = domain::spread_within(looks);
  const domain::SiteModel& first = sites.front().model;
  domain::Look reference =
      first.reference_look.empty() ? domain::look_of({&first.reference}) : first.reference_look;
  reference.scans = 1'000'000;  // its mean counts as known
  const domain::LookPlane plane = domain::look_plane(looks, reference, spread);
  for (std::size_t n = 0; n < sites.size(); ++n) {
    sites[n].at = plane.at[n];
    sites[n].from_reference = domain::difference(looks[n], reference, spread);
    sites[n].nearest = n;
    for (std::size_t m = 0; m < sites.size(); ++m) {
      if (m == n) continue;
      const domain::LookDifference d = domain::difference(looks[n], looks[m], spread);
      if (sites[n].nearest != n && d.distance >= sites[n].from_nearest.distance) continue;
      sites[n].nearest = m;
      sites[n].from_nearest = d;
    }
  }
  return plane.shown;
}

std::string rung_word(const domain::SiteModel& model) {
  return model.method == domain::Method::Restore ? std::string(domain::name(domain::rung_of(model))) : "-";
}

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string table(const std::vector<Site>& sites) {
  std::string text = kHeader;
  for (std::size_t n = 0; n < sites.size(); ++n) {
    const Site& s = sites[n];
    const bool alone = s.nearest == n;
    text += s.name + '\t' + std::string(domain::name(s.model.method)) + '\t' + rung_word(s.model) + '\t' +
            std::to_string(s.model.scans) + '\t' + fixed(s.from_reference.distance, 3) + '\t' +
            fixed(s.from_reference.p, 5) + '\t' + (alone ? "-" : sites[s.nearest].name) + '\t' +
            (alone ? "-" : fixed(s.from_nearest.distance, 3)) + '\t' +
            (alone ? "-" : fixed(s.from_nearest.p, 5)) + '\t' + fixed(s.at[0], 3) + '\t' + fixed(s.at[1], 3) +
            '\n';
  }
  return text;
}

std::string verdict(const domain::LookDifference& d) {
  return fixed(d.distance, 1) + (d.p < kChance ? "" : " (chance)");
}

/// The same for eyes: furthest from the reference first.
void print(const std::vector<Site>& sites) {
  std::vector<std::size_t> order(sites.size());
  for (std::size_t n = 0; n < order.size(); ++n) order[n] = n;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return sites[a].from_reference.distance > sites[b].from_reference.distance;
  });
  std::vector<std::array<std::string, 6>> rows{
      {"site", "method", "scans", "from the reference", "nearest site", "from it"}};
  for (const std::size_t n : order) {
    const Site& s = sites[n];
    const std::string rung = rung_word(s.model);
    rows.push_back({s.name, std::string(domain::name(s.model.method)) + (rung == "-" ? "" : " " + rung),
                    std::to_string(s.model.scans), verdict(s.from_reference),
                    s.nearest == n ? "-" : sites[s.nearest].name,
                    s.nearest == n ? "-" : verdict(s.from_nearest)});
  }
  std::array<std::size_t, 6> width{};
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) width[c] = std::max(width[c], row[c].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c)
      line += row[c] + std::string(width[c] + 2 - row[c].size(), ' ');
    while (line.ends_with(' ')) line.pop_back();
    std::cout << line << '\n';
  }
}

int sites_command(const Flags& flags) {
  const std::vector<fs::path> files = files_of(flags.places);
  std::vector<std::string> inputs;
  for (const fs::path& file : files) inputs.push_back(file.string());
  const auto is_table = [](const fs::path& file) {
    return core::read_file(file, 1 << 26).starts_with(kHeader);
  };
  require_outputs({{"--map", flags.map, is_sites_picture}, {"--tsv", flags.tsv, is_table}}, inputs, false);
  Found found = load(files);
  const double shown = compare(found.sites);
  if (!flags.tsv.empty()) core::write_file(flags.tsv, table(found.sites));
  if (!flags.map.empty()) {
    std::vector<SiteDot> dots;
    for (const Site& s : found.sites) {
      dots.push_back({s.name, s.at[0], s.at[1], s.from_reference.p < kChance,
                      s.name + ": " + std::to_string(s.model.scans) + " scans, " + verdict(s.from_reference) +
                          " from the reference"});
    }
    core::write_file(flags.map, sites_picture(dots, shown));
  }
  print(found.sites);
  std::cerr << "distances: root mean square over contrast and structure, in SDs between scans of one site; "
               "(chance): not told apart at 5 %\n";
  return found.left_out > 0 ? kSomeFailed : 0;
}

}  // namespace

void add_sites(CLI::App& program, Action& chosen) {
  auto* command = program.add_subcommand(
      "sites", "Compare site models: how far from the reference, which is nearest, has one drifted");
  const auto flags = std::make_shared<Flags>();
  command->add_option("PLACES", flags->places, "Site models (.isosite), or folders that hold them")
      ->required();
  command->add_option("--map", flags->map, "Draw the sites about their reference (SVG)");
  command->add_option("--tsv", flags->tsv, "Write the table, with coordinates of the map");
  command->footer(
      "Models must be of one reference; of several, the reference of most is taken and the others are "
      "named.\n"
      "A site that was fitted again later is one more model: where the two are \"(chance)\" apart, "
      "nothing says that it has drifted.\n\n"
      "examples:\n  isoscan sites study/sites --map sites.svg\n  isoscan sites x-2024.isosite "
      "x-2026.isosite\n\n"
      "Exit status: 8 where a model could not be read or compared, the others are shown.");
  command->callback(
      [flags, &chosen] { chosen = [flags](std::stop_token) { return sites_command(*flags); }; });
}

}  // namespace isoscan::app
