/// Scores the solvers on the Wasserstein-2 benchmark of Korotin et al. 2021. See --help below.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <boost/filesystem.hpp>
#include <nlohmann/json.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/transport/fit_map.hpp"
#include "isoscan/transport/gaussian.hpp"
#include "isoscan/transport/libraries.hpp"
#include "isoscan/transport/metrics.hpp"
#include "isoscan/transport/solver.hpp"
#include "isoscan/transport/step_budget.hpp"

#include "bench_main.hpp"
#include "w2_problem.hpp"
#include "w2_recipes.hpp"

namespace {

using namespace isoscan;
using core::Error;
using core::ErrorKind;
using nlohmann::json;
using transport::Rows;

constexpr const char* kHelp =
    R"(isoscan_w2_benchmark: scores optimal transport solvers where the true map is known.

  --data DIR            folder with mix3to10_<D>.safetensors
  --dims 2,4,8          dimensions to run (default: 2,4,8,16)
  --seeds N             seeds 1..N of each method (default: 1)
  --budget-minutes M    time for each fit; its steps are chosen from a short timing (default: 1)
  --steps N             steps of each fit, in place of a budget: the same N gives the same bytes
  --methods a,b         of identity, affine, gaussian, enot, enot-mlp, enot-plain (default: all but enot-plain)
  --set name=value      changes one option of the enot recipes (may be given again)
  --threads N           (default: 2)
  --target-stream NAME  random stream of the target's rows (default: w2 target); w2 source is refused
  --json OUT            the rows as JSON
  --help

L2-UVP = 100 mean |T(x) - T*(x)|^2 / Var(target), in percent, and cosine, over 65536 fixed rows that no fit
sees. Dual gap (JSON): (dual - true cost) / true cost, in percent, both on the fixed rows; the dual by the fit's
potential and map. "records" (JSON): step, dual, map cost, regulariser, violations, rows replaced by candidates;
in the solver's own coordinates. Source and target
batches come from independent streams: the program refuses equal ones. Three methods need no training:
"identity"; "affine", the closed form fitted to 65536 rows a side, the sanity row that other papers print as
"linear"; "gaussian", the library's own baseline as its user gets it (fit_map, defaults) on as many rows of
the streams that the enot methods draw from: the same formula on other rows, so the two agree but for sampling.
Exit status: 0 done, 2 wrong usage, 3 unusable data, 4 a file that cannot be read or written.
Example:
  isoscan_w2_benchmark --data w2benchmark --dims 2,16 --seeds 3 --budget-minutes 10 --json table.json
)";

constexpr std::int64_t kScoreRows = 1 << 16;

struct Flags {
  boost::filesystem::path data;
  std::vector<std::int64_t> dims{2, 4, 8, 16};
  int seeds = 1;
  double budget_minutes = 1.0;
  int steps = 0;
  int threads = 2;
  std::vector<std::string> methods{"identity", "affine", "gaussian", "enot", "enot-mlp"};
  std::vector<std::pair<std::string, double>> set;
  std::string target_stream = test::kTargetStream;
  boost::filesystem::path out;
};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, ',');) words.push_back(word);
  return words;
}

std::optional<Flags> parse(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--help" || flag == "-h") return std::nullopt;
    if (i + 1 >= argc) throw Error(ErrorKind::Config, flag + " needs a value (--help)");
    const std::string value = argv[++i];
    if (flag == "--data") {
      flags.data = value;
    } else if (flag == "--dims") {
      flags.dims.clear();
      for (const auto& word : split(value)) flags.dims.push_back(bench::whole_of(flag, word));
    } else if (flag == "--seeds") {
      flags.seeds = static_cast<int>(bench::whole_of(flag, value));
    } else if (flag == "--budget-minutes") {
      flags.budget_minutes = bench::number_of(flag, value);
    } else if (flag == "--steps") {
      flags.steps = static_cast<int>(bench::whole_of(flag, value));
    } else if (flag == "--threads") {
      flags.threads = static_cast<int>(bench::whole_of(flag, value));
    } else if (flag == "--methods") {
      flags.methods = split(value);
    } else if (flag == "--set") {
      const std::size_t equals = value.find('=');
      if (equals == std::string::npos) throw Error(ErrorKind::Config, "--set wants name=value");
      flags.set.emplace_back(value.substr(0, equals), bench::number_of(flag, value.substr(equals + 1)));
    } else if (flag == "--target-stream") {
      flags.target_stream = value;
    } else if (flag == "--json") {
      flags.out = value;
    } else {
      throw Error(ErrorKind::Config, "unknown flag " + flag + " (--help)");
    }
  }
  const std::vector<std::string> known = bench::recipe_names();
  for (const std::string& method : flags.methods) {
    if (method != "identity" && method != "affine" && method != "gaussian" &&
        std::find(known.begin(), known.end(), method) == known.end())
      throw Error(ErrorKind::Config, "--methods: there is no " + method + " (--help)");
  }
  transport::SolverOptions probe = bench::recipe("enot", 2);
  for (const auto& [name, value] : flags.set) bench::set_option(probe, name, value);
  if (flags.data.empty()) throw Error(ErrorKind::Config, "--data is missing (--help)");
  if (!(flags.budget_minutes > 0.0)) throw Error(ErrorKind::Config, "--budget-minutes must be positive");
  return flags;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The fixed rows that every method is scored on.
struct Score {
  Rows x;
  Rows truth;
  double variance;
  double true_cost;  ///< mean |x - T*(x)|^2

  Score(const test::W2Problem& problem, int threads) : x(kScoreRows, problem.dim()) {
    core::Random random(20260101, "w2 score");
    problem.draw_source(random, x);
    truth = problem.map(x, true, threads);
    variance = problem.target_variance();
    true_cost = mean_squared(x, truth);
  }
  static double mean_squared(const Rows& a, const Rows& b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.values.size(); ++i) {
      const double e = static_cast<double>(a.values[i]) - static_cast<double>(b.values[i]);
      sum += e * e;
    }
    return sum / static_cast<double>(a.count);
  }
  json row(const std::string& method, std::uint64_t seed, const Rows& mapped) const {
    return {{"dim", x.dim},
            {"seed", seed},
            {"method", method},
            {"l2_uvp_percent", transport::l2_uvp(mapped, truth, variance)},
            {"cosine", transport::displacement_cosine(x, mapped, truth)},
            {"seconds", 0.0},
            {"steps_per_second", 0.0}};
  }
};

transport::AffineMap affine_of(const test::W2Problem& problem, std::uint64_t seed, int threads) {
  core::Random source(seed, "w2 affine source");
  core::Random target(seed, "w2 affine target");
  Rows x(kScoreRows, problem.dim());
  Rows y(kScoreRows, problem.dim());
  problem.draw_source(source, x);
  problem.draw_target(target, y, threads);
  return transport::fit_gaussian(x, y);
}

/// The closed form as a user of the library gets it, by fit_map and its defaults, on rows of the streams that
/// ENOT draws from.
transport::FittedMap library_baseline(const test::W2Problem& problem, std::uint64_t seed, int threads,
                                      const std::string& target_stream) {
  core::Context context;
  context.seed = seed;
  context.threads = threads;
  auto [source, target] = test::independent_samplers(problem, seed, threads, target_stream);
  return transport::fit_map({source.draw(kScoreRows), {}}, {target.draw(kScoreRows), {}},
                            transport::method_options("gaussian"), context)
      .map;
}

class Print : public core::ProgressSink {
 public:
  explicit Print(std::string what) : what_(std::move(what)) {}
  void report(double fraction, const std::string& /*label*/) override {
    if (fraction < next_) return;
    next_ += 0.1;
    std::fprintf(stderr, "  %s: %3.0f %%, %.0f s\n", what_.c_str(), 100.0 * fraction, seconds_since(start_));
  }

 private:
  std::string what_;
  double next_ = 0.1;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

json fit_row(const Flags& flags, const test::W2Problem& problem, const Score& score,
             const std::string& method, std::uint64_t seed) {
  transport::SolverOptions options = bench::recipe(method, problem.dim());
  for (const auto& [name, value] : flags.set) bench::set_option(options, name, value);
  const auto start = std::chrono::steady_clock::now();
  if (method != "enot-plain") options.start = affine_of(problem, seed, flags.threads);
  core::Context context;
  context.seed = seed;
  context.threads = flags.threads;
  const auto [source, target] = test::independent_samplers(problem, seed, flags.threads, flags.target_stream);
  if (flags.steps > 0) {
    options.steps = flags.steps;
  } else {
    const double left = 60.0 * flags.budget_minutes - seconds_since(start);
    options.steps = transport::steps_within(left, source, target, options, context);
  }
  context.progress = core::Progress(std::make_shared<Print>(method + " D=" + std::to_string(problem.dim()) +
                                                            " seed " + std::to_string(seed)));
  const transport::Fit fit = transport::fit_enot(source, target, options, context);
  const double seconds = seconds_since(start);
  json row = score.row(method, seed, fit.map.apply(score.x, flags.threads));
  row["seconds"] = seconds;
  row["steps"] = fit.summary.steps;
  row["threads"] = flags.threads;
  row["libraries"] = transport::libraries();
  row["steps_per_second"] = fit.summary.steps_per_second;
  row["ended"] = fit.summary.ended;
  for (const transport::StepRecord& r : fit.summary.log)
    row["records"].push_back({r.step, r.dual, r.map_cost, r.regulariser, r.violation, r.replaced});
  // In the caller's cost, whatever coordinates the fit was solved in. The rows of the two sides are paired
  // here to judge with little noise; nothing is fitted on them.
  const bool on_source = options.potential_side == transport::PotentialSide::Source;
  const auto& potential = on_source ? fit.source_potential : fit.target_potential;
  if (potential) {
    const double dual = transport::dual_value(*potential, on_source ? *fit.inverse : fit.map,
                                              on_source ? score.truth : score.x,
                                              on_source ? score.x : score.truth, flags.threads);
    row["dual_gap_percent"] = 100.0 * (dual - score.true_cost) / score.true_cost;
  }
  for (const transport::Refinement& refinement : fit.summary.refinements)
    row["exact_conjugate"].push_back(refinement.why);
  return row;
}

void print(const json& row) {
  std::printf("%4d  %-11s %4d  %9.4f  %8.5f  %8.1f  %8.1f\n", row["dim"].get<int>(),
              row["method"].get<std::string>().c_str(), row["seed"].get<int>(),
              row["l2_uvp_percent"].get<double>(), row["cosine"].get<double>(), row["seconds"].get<double>(),
              row["steps_per_second"].get<double>());
  if (row.contains("ended") && row["ended"].get<std::string>().rfind("ran all", 0) != 0)
    std::printf("      %s\n", row["ended"].get<std::string>().c_str());
  std::fflush(stdout);
}

void check_probes(const test::W2Problem& problem) {
  const Rows mapped = problem.map(problem.probe_x);
  const Rows single = problem.map(problem.probe_x, false);
  for (std::size_t i = 0; i < mapped.values.size(); ++i) {
    if (std::abs(mapped.values[i] - problem.probe_map.values[i]) > 1e-5F ||
        std::abs(single.values[i] - problem.probe_map.values[i]) > 1e-3F)
      throw Error(ErrorKind::Input,
                  "D = " + std::to_string(problem.dim()) +
                      ": the map does not meet the data's own probes: not the benchmark's file");
  }
}

int run(const Flags& flags) {
  json rows = json::array();
  std::printf("   D  method      seed  L2-UVP %%    cosine   seconds   steps/s\n");
  for (const std::int64_t dim : flags.dims) {
    const test::W2Problem problem(flags.data, dim);
    check_probes(problem);
    const Score score(problem, flags.threads);
    for (const std::string& method : flags.methods) {
      const int seeds = method == "identity" ? 1 : flags.seeds;
      for (int seed = 1; seed <= seeds; ++seed) {
        const auto s = static_cast<std::uint64_t>(seed);
        const auto start = std::chrono::steady_clock::now();
        if (method == "identity") {
          rows.push_back(score.row(method, s, score.x));
        } else if (method == "affine") {
          rows.push_back(
              score.row(method, s, affine_of(problem, s, flags.threads).apply(score.x, flags.threads)));
          rows.back()["seconds"] = seconds_since(start);
        } else if (method == "gaussian") {
          rows.push_back(score.row(method, s,
                                   library_baseline(problem, s, flags.threads, flags.target_stream)
                                       .apply(score.x, flags.threads)));
          rows.back()["seconds"] = seconds_since(start);
        } else {
          rows.push_back(fit_row(flags, problem, score, method, s));
        }
        print(rows.back());
        if (!flags.out.empty()) core::write_file(flags.out, rows.dump(1) + "\n");
      }
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return isoscan::bench::guarded(argc, argv, [](int count, char** words) {
    const auto flags = parse(count, words);
    if (flags) return run(*flags);
    std::fputs(kHelp, stdout);
    return 0;
  });
}
