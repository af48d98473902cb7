/// What is refused as no T1w scan of a head, by kind: isoscan_gate [WORD=VALUE...] ROLE=[KIND:]FILE...
/// ROLE: reference (people that the bounds come from), genuine (heads that should pass), foreign (what should
/// not), made (a head that all kinds of test/foreign.hpp are made of). Words, before the files: cache=FOLDER
/// keeps portraits between runs; spacing=MM (default 2); people=N takes the first N of the reference; all=1
/// prints each scan.
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/tensor_file.hpp"
#include "isoscan/harmonize/plausibility.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/preprocess/prepare.hpp"
#include "isoscan/test/foreign.hpp"

#include "bench_main.hpp"

namespace {

using namespace isoscan;
namespace fs = boost::filesystem;

struct Case {
  std::string role;
  std::string kind;
  std::string id;
  std::string refused;                      ///< by preparation, and why
  std::vector<domain::Portrait> portraits;  ///< of a reference's scan with its views
};

struct Settings {
  fs::path cache;
  double spacing = 2.0;
  std::size_t people = 1 << 20;
  bool all = false;
};

std::string stem(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.substr(0, name.find('.'));
}

void take(Case& one, const Settings& settings, const std::function<core::Volume()>& volume) {
  const fs::path file = settings.cache / (one.role + "_" + one.kind + "_" + one.id + ".safetensors");
  if (!settings.cache.empty() && fs::exists(file)) {
    const core::TensorFile content = core::read_tensor_file(file);
    one.refused = content.metadata.at("refused");
    for (int n = 0; content.tensors.count("p" + std::to_string(n) + "/cells") > 0; ++n)
      one.portraits.push_back(domain::get_portrait(content, "p" + std::to_string(n)));
    return;
  }
  try {
    const preprocess::Prepared prepared =
        preprocess::prepare(volume(), {}, {.working_spacing_mm = settings.spacing}, {});
    one.portraits = one.role == "reference"
                        ? harmonize::take_portraits(prepared, {}, {})
                        : std::vector<domain::Portrait>{harmonize::take_portrait(prepared, {})};
  } catch (const core::Error& error) {
    one.refused = error.what();
  }
  if (settings.cache.empty()) return;
  core::TensorFile content;
  content.metadata["refused"] = one.refused;
  for (std::size_t n = 0; n < one.portraits.size(); ++n)
    domain::put(content, "p" + std::to_string(n), one.portraits[n]);
  core::write_tensor_file(file, content);
}

core::Volume first_volume(const fs::path& file) {
  io::ReadChoices choices;
  choices.first_volume = true;
  return io::read_nifti(file, choices).volume;
}

void report(const std::vector<Case>& cases, const domain::Plausibility& bounds, bool all) {
  struct Row {
    int scans = 0, prepared = 0, judged = 0;
    std::string passing;
  };
  std::map<std::string, Row> rows;
  for (const Case& one : cases) {
    if (one.role == "reference") continue;
    Row& row = rows[one.role + " " + one.kind];
    row.scans++;
    const auto verdict = one.refused.empty() ? harmonize::judge(one.portraits.front(), bounds)
                                             : harmonize::PlausibilityVerdict{};
    const bool judged = !verdict.problem.empty();
    row.prepared += one.refused.empty() ? 0 : 1;
    row.judged += judged ? 1 : 0;
    if (one.refused.empty() && judged == (one.role == "genuine")) {
      char text[160];
      std::snprintf(text, sizeof text, " %s (%s %.2f)", one.id.c_str(), verdict.measure.c_str(),
                    verdict.distance);
      row.passing += text;
    }
    if (all)
      std::printf("%s\t%s\t%s\t%s\t%.2f\t%s\n", one.role.c_str(), one.kind.c_str(), one.id.c_str(),
                  verdict.measure.c_str(), verdict.distance, one.refused.c_str());
  }
  std::printf("%-26s %5s %12s %9s %7s   wrong\n", "kind", "scans", "preparation", "this gate", "passing");
  for (const auto& entry : rows) {
    const Row& row = entry.second;
    std::printf("%-26s %5d %12d %9d %7d  %s\n", entry.first.c_str(), row.scans, row.prepared, row.judged,
                row.scans - row.prepared - row.judged, row.passing.c_str());
  }
}

int run(int argc, char** argv) {
  Settings settings;
  std::vector<Case> cases;
  for (int n = 1; n < argc; ++n) {
    const std::string word = argv[n];
    const std::size_t equals = word.find('=');
    const std::string key = word.substr(0, equals);
    std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
    if (key == "cache") {
      settings.cache = value;
    } else if (key == "spacing") {
      settings.spacing = bench::number_of(key, value);
    } else if (key == "people") {
      settings.people = static_cast<std::size_t>(bench::whole_of(key, value));
    } else if (key == "all") {
      settings.all = bench::whole_of(key, value, 0) > 0;
    } else if (key == "made") {
      for (const std::string& kind : test::foreign_kinds()) {
        cases.push_back({"foreign", kind, stem(value), "", {}});
        take(cases.back(), settings, [&] { return test::make_foreign(kind, first_volume(value)); });
      }
    } else {
      const std::size_t colon = value.find(':');
      const fs::path file = colon == std::string::npos ? value : value.substr(colon + 1);
      cases.push_back({key, colon == std::string::npos ? "-" : value.substr(0, colon), stem(file), "", {}});
      take(cases.back(), settings, [&] { return first_volume(file); });
    }
  }
  std::vector<std::vector<domain::Portrait>> people;
  for (const Case& one : cases) {
    if (one.role == "reference" && one.refused.empty() && people.size() < settings.people)
      people.push_back(one.portraits);
  }
  const domain::Plausibility bounds = harmonize::fit_plausibility(people, {}, {});
  for (const domain::Bound& b : bounds.bounds)
    std::printf("%-16s mean %6.3f  sd %.3f  from %.3f to %.4g\n", b.measure.c_str(), b.mean, b.sd, b.low,
                b.high);
  report(cases, bounds, settings.all);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return isoscan::bench::guarded(argc, argv, run);
}
