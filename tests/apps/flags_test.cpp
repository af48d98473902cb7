// A flag is honoured or refused, and the command in a report is one that can be typed.
#include <cstdlib>

#include "isoscan/config/json.hpp"
#include "isoscan/core/files.hpp"

#include "program.hpp"

namespace isoscan {
namespace {

TEST(Flags, EachCommandListsAndTakesWhatItHonours) {
  const std::map<std::string, std::vector<std::string>> refused{
      {"demo", {"--dry-run", "--pseudonym-key x"}},
      {"evaluate travellers",
       {"--dry-run", "--bound 0.3", "--intensity source", "--work w", "--memory-mb 100", "--check",
        "--uncertainty"}},
      {"reference", {"--method enot", "--bound 0.3", "--intensity source", "--steps 5"}},
      {"adapt", {"--bound 0.3", "--intensity source", "--spacing 2", "--uncertainty"}},
      {"apply", {"--method enot", "--spacing 2", "--steps 5"}},
      {"convert", {"--dry-run", "--method enot"}},
      {"ingest", {"--dry-run", "--method enot", "--all"}},
      {"explain", {"--method enot"}},
  };
  const std::map<std::string, std::string> needed{{"demo", " --out o"},
                                                  {"evaluate travellers", " --scans s"},
                                                  {"reference", " s --out o"},
                                                  {"adapt", " s --reference r --out o"},
                                                  {"apply", " s --site t --out o"},
                                                  {"convert", " s --out o"},
                                                  {"ingest", " s --out o"},
                                                  {"explain", " o"}};
  for (const auto& [command, flags] : refused) {
    const Finished help = isoscan_program(command + " --help");
    EXPECT_EQ(help.status, 0) << command;
    for (const std::string& flag : flags) {
      const std::string name = flag.substr(0, flag.find(' '));
      EXPECT_FALSE(has(help.output, name + " ")) << command << ' ' << name;
      const Finished run = isoscan_program(command + needed.at(command) + " " + flag);
      EXPECT_EQ(run.status, 2) << command << ' ' << flag << '\n' << run.output;
      EXPECT_TRUE(has(run.output, name)) << run.output;
    }
  }
}

TEST_F(Program, WhatMeansNothingInACombinationIsAUsageError) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const test::TemporaryFolder folder;
  const std::string package = (harmonized() / "reference.isoref").string();
  const std::string ours = (scans() / "new-hospital").string();
  const std::string out = " --out " + (folder / "out").string();
  const Finished spacing =
      isoscan_program("harmonize " + ours + " --reference " + package + out + " --spacing 2");
  EXPECT_EQ(spacing.status, 2) << spacing.output;
  EXPECT_TRUE(has(spacing.output, "--spacing")) << spacing.output;
  const Finished steps =
      isoscan_program("harmonize " + ours + " --reference " + package + out + " --method two-pass --steps 5");
  EXPECT_EQ(steps.status, 2) << steps.output;
  core::write_file(folder / "bound.json", R"({"bound": 0.3})");
  const Finished config = isoscan_program("evaluate travellers --scans " + (scans() / "reference").string() +
                                          " --config " + (folder / "bound.json").string());
  EXPECT_EQ(config.status, 2) << config.output;
  EXPECT_TRUE(has(config.output, "'bound'")) << config.output;
  core::write_file(
      folder / "roles.tsv",
      "path\trole\n" + (scans() / "reference/sub-ref01/anat/sub-ref01_T1w.nii.gz").string() + "\ttest\n");
  const Finished split =
      isoscan_program("evaluate travellers --scans " + (folder / "roles.tsv").string() + " --people-site 2");
  EXPECT_EQ(split.status, 2) << split.output;
  EXPECT_FALSE(fs::exists(folder / "out"));
}

TEST(Flags, OneNameChoosesAllKernelsAndTheEnvironmentNone) {
  const Finished unknown = isoscan_program("config explain method --kernels sse9");
  EXPECT_EQ(unknown.status, 2) << unknown.output;
  EXPECT_TRUE(has(unknown.output, "sse9")) << unknown.output;
  EXPECT_TRUE(has(unknown.output, "avx2")) << unknown.output;
  EXPECT_EQ(isoscan_program("config explain method --kernels").status, 2);
  EXPECT_EQ(isoscan_program("status /no/such --kernels plain").status, 3) << "where it changes nothing, too";
  EXPECT_EQ(isoscan_program("status /no/such --kernels sse9").status, 2);
  for (const char* words : {"config explain method --kernels plain", "config --kernels=plain explain method"})
    EXPECT_EQ(isoscan_program(words).status, 0) << words;
}

TEST_F(Program, TheEnvironmentChangesNoKernel) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const std::string plan = harmonize(harmonized()) + " --dry-run";
  const Finished usual = isoscan_program(plan);
  EXPECT_EQ(usual.status, 0) << usual.output;
  ASSERT_EQ(::setenv("OPENBLAS_CORETYPE", "Core2", 1), 0);
  ASSERT_EQ(::setenv("ISOSCAN_TRANSPORT_KERNELS", "plain", 1), 0);
  const Finished changed = isoscan_program(plan);
  ::unsetenv("OPENBLAS_CORETYPE");
  ::unsetenv("ISOSCAN_TRANSPORT_KERNELS");
  EXPECT_EQ(changed.output, usual.output);  // the same keys: all is done
  // By their name they change the key of what multiplies matrices.
  EXPECT_NE(isoscan_program(plan + " --kernels plain").output, usual.output);

  // `explain` looks with those that the run was told to take.
  std::map<fs::path, std::string> before;
  for (fs::directory_iterator at(harmonized() / ".isoscan/outputs"), end; at != end; ++at) {
    if (at->path().extension() != ".json") continue;
    before[at->path()] = core::read_file(at->path());
    config::Json request = config::read_json(at->path());
    EXPECT_EQ(request.at("kernels").as_string(), "");
    request["kernels"] = "plain";
    core::write_file(at->path(), request.dump());
  }
  EXPECT_FALSE(before.empty());
  const Finished plain = isoscan_program("explain " + harmonized().string());
  for (const auto& [file, text] : before) core::write_file(file, text);
  EXPECT_EQ(plain.status, 0) << plain.output;
  EXPECT_TRUE(has(plain.output, "would run")) << plain.output;
}

TEST_F(Program, AnyOptionCanBeSet) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const test::TemporaryFolder folder;
  const std::string plan = harmonize(folder / "out") + " --dry-run";
  EXPECT_EQ(isoscan_program(plan + " --set restore.scans=24 --set transport.expectile=0.9").status, 0);
  for (const char* wrong :
       {"restore.scanz=24", "restore.scans=many", "restore.scans=1", "scans", "seed.x=1"}) {
    const Finished run = isoscan_program(plan + " --set " + wrong);
    EXPECT_EQ(run.status, 2) << wrong << '\n' << run.output;
  }
}

std::string command_in(const fs::path& out) {
  const std::string page = core::read_file(out / "reports/index.html");
  const auto at = page.find("isoscan harmonize ");
  if (at == std::string::npos) return {};
  std::string text = page.substr(at, page.find('<', at) - at);
  for (auto entity = text.find("&#39;"); entity != std::string::npos; entity = text.find("&#39;"))
    text.replace(entity, 5, "'");
  return text;
}

TEST_F(Program, TheCommandInTheReportGivesTheSameResultWhenTyped) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  EXPECT_EQ(command_in(harmonized()),
            "isoscan harmonize SCANS --reference REFERENCE_SCANS --out OUT --method two-pass --bound 0.4 "
            "--seed 0");
  const test::TemporaryFolder folder;
  const std::string scan = core::read_file(scans() / "new-hospital/sub-new01/anat/sub-new01_T1w.nii.gz");
  core::write_file(folder / "new ward/sub-new01_T1w.nii.gz", scan);
  fs::copy_file(harmonized() / "reference.isoref", folder / "ours.isoref");
  core::write_file(folder / "options.json",
                   R"({"intensity_scale": "reference", "bound": 0.3, "transport": {"rows_per_scan": 5000}})");
  const std::string at = "cd " + folder.path().string() + " && " + ISOSCAN_PROGRAM + " ";
  const auto shell = [](const std::string& line) { return std::system((line + " >/dev/null 2>&1").c_str()); };
  for (const char* out : {"one", "OUT"}) with_results(folder / out);
  ASSERT_EQ(shell(at + "harmonize 'new ward' --reference ours.isoref --out one --config options.json "
                       "--bound 0.2 --method gaussian --seed 7 --cores 2"),
            0);
  const std::string typed = command_in(folder / "one");
  EXPECT_EQ(typed,
            "isoscan harmonize SCANS --reference REFERENCE.isoref --out OUT --config CONFIG.json --method "
            "gaussian --bound 0.2 --intensity reference --seed 7 --scaling auto");
  ASSERT_TRUE(typed.starts_with("isoscan "));
  std::string filled = typed.substr(8);
  for (const auto& [word, file] :
       {std::pair{"SCANS", "'new ward'"}, std::pair{"REFERENCE.isoref", "ours.isoref"},
        std::pair{"CONFIG.json", "options.json"}})
    filled.replace(filled.find(word), std::string(word).size(), file);
  ASSERT_EQ(shell(at + filled), 0);
  EXPECT_EQ(digests(folder / "OUT"), digests(folder / "one"));
}

}  // namespace
}  // namespace isoscan
