// What the engine itself costs a scan: isoscan_engine_scale SCANS FOLDER [THREADS]
// A chain like that of `isoscan apply`, whose stages write a few bytes. Prints one line a run: first, and
// again.
#include <chrono>
#include <fstream>
#include <iostream>
#include <string>

#include <boost/filesystem.hpp>

#include "isoscan/core/files.hpp"
#include "isoscan/engine/run.hpp"

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
    const auto start = std::chrono::steady_clock::now();
    const auto result = pipeline::run(chain, cohort, store, {}, context);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::cout << which << ": " << scans << " scans, " << chain.size() << " stages, " << seconds << " s, "
              << 1000.0 * seconds / static_cast<double>(scans) << " ms a scan, "
              << result.count(pipeline::StepState::Ran) << " steps ran, peak " << peak_mb() << " MB\n";
    if (result.exit_status() != 0) return 1;
  }
  return 0;
}
