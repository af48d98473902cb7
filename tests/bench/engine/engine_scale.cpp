// What the engine itself costs a scan: isoscan_engine_scale SCANS FOLDER [THREADS]
// A chain like that of `isoscan apply`, whose stages write a few bytes. Prints one line a run: first, and
// again; and how large and slow what is one file, or one look, for all scans becomes: plan, batch, status,
// manifest, proof.
#include <chrono>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

#include <boost/filesystem.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/engine/batch.hpp"
#include "isoscan/engine/cohort_file.hpp"
#include "isoscan/engine/manifest.hpp"
#include "isoscan/engine/plan.hpp"
#include "isoscan/engine/proof.hpp"
#include "isoscan/engine/run.hpp"

#include "batch_file.hpp"
#include "batch_progress.hpp"

namespace {

namespace fs = boost::filesystem;
using namespace isoscan;

struct Nothing final : pipeline::Stage {
  pipeline::StageSpec the_spec;
  Nothing(const std::string& name, std::vector<std::string> inputs) {
    the_spec.name = name;
    the_spec.inputs = std::move(inputs);
    the_spec.outputs = {"out.txt"};
  }
  [[nodiscard]] const pipeline::StageSpec& spec() const noexcept override { return the_spec; }
  [[nodiscard]] std::string canonical_options() const override { return "{}"; }
  void run(const pipeline::StageIo& io, const core::Context&) const override {
    std::ofstream(io.output("out.txt").string())
        << the_spec.name << io.items(the_spec.inputs.front()).front().digest;
  }
};

double peak_mb() {
  std::ifstream in("/proc/self/status");
  std::string line;
  while (std::getline(in, line)) {
    if (line.rfind("VmHWM:", 0) == 0) return std::stod(line.substr(6)) / 1024.0;
  }
  return 0.0;
}

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double mb(const fs::path& file) {
  return static_cast<double>(fs::file_size(file)) / 1e6;
}

/// A batch of all scans whose tasks have all come to their end.
void show_batch(const pipeline::Chain& chain, const pipeline::Cohort& cohort, pipeline::Store& store,
                const fs::path& folder) {
  auto start = Clock::now();
  pipeline::Plan plan = pipeline::plan(chain, cohort, store, 0);
  std::cout << "plan: " << seconds_since(start) << " s where all is done, peak " << peak_mb() << " MB\n";
  for (pipeline::PlannedStep& step : plan.steps) step.verdict = pipeline::Verdict::Run;
  app::Batch batch;
  batch.work = folder / "store";
  batch.folder = app::new_batch_folder(batch.work, app::kBatches);
  batch.executor = "local";
  start = Clock::now();
  batch.segments = pipeline::segments_of(chain, plan, store, "run", 1, {});
  app::save(batch);
  core::write_file(batch.folder / "cohort.json", pipeline::to_json(cohort, batch.work).dump());
  std::size_t tasks = 0;
  app::TaskReport report;
  report.state = app::TaskState::Ended;
  report.attempt = 1;
  for (const auto& segment : batch.segments) {
    for (std::size_t task = 0; task < segment.tasks.size(); ++task, ++tasks)
      app::save(batch, segment.name, task, report);
  }
  std::cout << "batch: " << tasks << " tasks, made in " << seconds_since(start) << " s, plan.json "
            << mb(batch.folder / "plan.json") << " MB, its scans " << mb(batch.folder / "cohort.json")
            << " MB\n";
  start = Clock::now();
  (void)app::progress_of(app::load_batch(batch.folder));
  std::cout << "status: " << seconds_since(start) << " s\n";
}

/// What collecting writes for all scans together, and what `isoscan verify` reads of it.
void show_proof(const pipeline::Chain& chain, const pipeline::Cohort& cohort,
                const pipeline::RunResult& result, const pipeline::Store& store, const fs::path& out) {
  auto start = Clock::now();
  std::vector<pipeline::OutputFile> outputs;
  for (const pipeline::Unit& unit : cohort.units)
    outputs.push_back(pipeline::export_output(store, *result.find("page", unit.id), "out.txt", out,
                                              "sub-" + unit.id + "/page.txt", pipeline::ExportMode::Link));
  std::cout << "export: " << seconds_since(start) << " s\n";
  start = Clock::now();
  core::write_file(out / "manifest.json",
                   pipeline::manifest(config::Json(config::Json::Object{}),
                                      {pipeline::manifest_chain(chain, result)}, outputs)
                       .dump_pretty());
  std::cout << "manifest: " << seconds_since(start) << " s, " << mb(out / "manifest.json") << " MB, peak "
            << peak_mb() << " MB\n";
  start = Clock::now();
  pipeline::write_proof(out, store, [](const std::string&) { return std::vector<std::string>(); }, {});
  std::cout << "proof: " << seconds_since(start) << " s, index " << mb(out / "provenance/index.json")
            << " MB, peak " << peak_mb() << " MB\n";
  start = Clock::now();
  const pipeline::Verification found = pipeline::verify_proof(out, &store, {{"run", cohort}}, {});
  std::cout << "verify: " << seconds_since(start) << " s, " << found.stored << " results, "
            << found.broken.size() << " broken links, peak " << peak_mb() << " MB\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: isoscan_engine_scale SCANS FOLDER [THREADS]\n";
    return 2;
  }
  const std::size_t scans = std::stoul(argv[1]);
  const fs::path folder = argv[2];
  pipeline::Chain chain{std::make_shared<Nothing>("prepare", std::vector<std::string>{"source/scan"}),
                        std::make_shared<Nothing>("apply", std::vector<std::string>{"prepare/out.txt"}),
                        std::make_shared<Nothing>("page", std::vector<std::string>{"apply/out.txt"})};
  pipeline::Cohort cohort;
  for (std::size_t n = 0; n < scans; ++n) {
    const std::string id = "s" + std::to_string(n);
    const fs::path file = folder / "sources" / id;
    if (!fs::exists(file)) {
      fs::create_directories(file.parent_path());
      std::ofstream(file.string()) << id;
    }
    cohort.units.push_back({id, "site", {{"scan", pipeline::Source{{file}, ""}}}});
  }
  for (const char* which : {"first", "again"}) {
    pipeline::Store store(folder / "store");
    core::Context context;
    context.threads = argc > 3 ? std::stoi(argv[3]) : 1;
    const auto start = Clock::now();
    pipeline::RunOptions options;
    options.name = "run";
    const auto result = pipeline::run(chain, cohort, store, options, context);
    const double seconds = seconds_since(start);
    std::cout << which << ": " << scans << " scans, " << chain.size() << " stages, " << seconds << " s, "
              << 1000.0 * seconds / static_cast<double>(scans) << " ms a scan, "
              << result.count(pipeline::StepState::Ran) << " steps ran, peak " << peak_mb() << " MB\n";
    if (result.exit_status() != 0) return 1;
    if (std::string_view(which) == "again") {
      show_batch(chain, cohort, store, folder);
      show_proof(chain, cohort, result, store, folder / "out");
    }
  }
  return 0;
}
