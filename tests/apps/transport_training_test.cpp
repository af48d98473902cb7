// The neural solver from the command line: its options, its checkpoints, and what is left when it fails.
#include <cmath>

#include "isoscan/config/json.hpp"
#include "isoscan/core/tensor_file.hpp"

#include "transport_command.hpp"

namespace isoscan {
namespace {

/// Small enough for a second.
const std::string kSmall = " --hidden 12,12 --batch 64 --threads 1 ";

class TransportTraining : public TransportCommand {
 protected:
  [[nodiscard]] std::string map_bytes(const std::string& options) const {
    const Finished run = fit("trial.safetensors", kSmall + "--steps 50 " + options);
    EXPECT_EQ(run.status, 0) << options << '\n' << run.output;
    return bytes("trial.safetensors");
  }
  [[nodiscard]] double energy_after(const std::string& map, const std::string& from,
                                    const std::string& to) const {
    return config::Json::parse(
               data_of("transport score --map " + at(map) + " --source " + at(from) + " --target " + at(to)),
               "score")
        .at("energy_distance")
        .at("after")
        .as_number();
  }
};

TEST_F(TransportTraining, EachOptionReachesTheSolver) {
  const std::string plain = map_bytes("");
  EXPECT_EQ(map_bytes(""), plain);
  for (const std::string option :
       {"--steps 51", "--map-steps 2", "--batch 65", "--hidden 12,13", "--quadratic", "--settings strong",
        "--potential-side source", "--correct", "--rate 0.001", "--expectile 0.9", "--expectile-weight 0.5",
        "--cost-power 1.5", "--cost-weights 1,9", "--context 1", "--seed 1", "--held-out 0.3"}) {
    std::string arguments =
        "transport fit" + pair() + " --out " + at("trial.safetensors") + " --threads 1 " + option;
    for (const std::string usual : {"--hidden 12,12", "--batch 64", "--steps 50"}) {
      const std::string flag = usual.substr(0, usual.find(' '));
      if (!option.starts_with(flag + " ")) arguments += " " + usual;
    }
    const Finished run = isoscan_program(arguments);
    ASSERT_EQ(run.status, 0) << option << '\n' << run.output;
    EXPECT_NE(bytes("trial.safetensors"), plain) << option;
  }
  EXPECT_TRUE(has(fit("trial.safetensors", kSmall + "--steps 2000 --stop-tolerance 1").output, "settled"));
}

TEST_F(TransportTraining, OptionsOutOfRangeAreNamed) {
  for (const auto& [option, words] : std::vector<std::pair<std::string, std::string>>{
           {"--steps 0", "--steps"},
           {"--batch 1", "--batch"},
           {"--hidden 8,0", "--hidden"},
           {"--potential-side left", "--potential-side"},
           {"--expectile 0.4", "--expectile"},
           {"--cost-power 1", "--cost-power"},
           {"--cost-weights 1,0", "--cost-weights"},
           {"--cost-weights 1,1,1", "--cost-weights has 3 numbers for 2 moved columns"},
           {"--context 1 --cost-weights 1,1", "--cost-weights has 2 numbers for 1 moved columns"},
           {"--context -1", "--context"},
           {"--budget-minutes 0", "--budget-minutes"},
           {"--budget-minutes 1 --steps 10", "--steps"},
           {"--save-every 10", "--checkpoint"},
           {"--seed -1", "--seed"},
           {"--seed 99999999999999999999", "below 2^64"},
           {"--held-out nan", "--held-out"},
           {"--budget-minutes nan", "--budget-minutes"},
           {"--rate nan", "--rate"},
           {"--cost-power 3 --settings strong", "--settings strong needs the squared cost"},
           {"--settings wild", "--settings"},
           {"--cost-power 3 --correct", "--correct needs the squared cost"},
           {"--cost-power 3 --potential-side source", "--potential-side source needs the squared cost"},
           {"--inverse " + at("i.safetensors"), "--potential-side source"},
           {"--method entropic --inverse " + at("i.safetensors"), "--inverse is for"},
           {"--method gaussian --hidden 8", "--hidden is for the method enot"},
           {"--method columns --cost-weights 1,1",
            "--cost-weights is for the method enot, gaussian, entropic"},
           {"--method gaussian --correct", "--correct is for the method enot"}}) {
    const Finished run = fit("map.safetensors", option);
    EXPECT_EQ(run.status, 2) << option << '\n' << run.output;
    EXPECT_TRUE(has(run.output, words)) << option << '\n' << run.output;
  }
  EXPECT_EQ(entries(), 3U);
}

TEST_F(TransportTraining, HelpSaysUnitRangeDefaultAndExamples) {
  const std::string help = isoscan_program("transport fit --help").output;
  for (const std::string words :
       {"0.5 to 1 (default 0.99)", "(default 2000)", "64,64,64", "minutes", "examples:", "Exit status: 6"})
    EXPECT_TRUE(has(help, words)) << words;
  for (const std::string command : {"fit", "apply", "score"})
    EXPECT_TRUE(
        has(isoscan_program("transport " + command + " --help").output, "isoscan transport " + command));
}

TEST_F(TransportTraining, TheInverseLeadsBack) {
  for (const std::string how : {"--method gaussian", "--potential-side source --steps 150 --hidden 24,24"}) {
    const Finished run = fit("map.safetensors", how + " --threads 1 --inverse " + at("back.safetensors"));
    ASSERT_EQ(run.status, 0) << run.output;
    EXPECT_TRUE(has(run.output, "there and back misses by")) << run.output;
    EXPECT_LT(energy_after("map.safetensors", "x.npy", "y.npy"), 0.1) << how;
    EXPECT_LT(energy_after("back.safetensors", "y.npy", "x.npy"), 0.1) << how;
    const std::string apply = "transport apply --overwrite --map ";
    ASSERT_EQ(isoscan_program(apply + at("map.safetensors") + " --rows " + at("x.npy") + " --out " +
                              at("there.npy"))
                  .status,
              0);
    ASSERT_EQ(isoscan_program(apply + at("back.safetensors") + " --rows " + at("there.npy") + " --out " +
                              at("again.npy"))
                  .status,
              0);
    const auto x = core::read_npy(folder_ / "x.npy").floats();
    const auto again = core::read_npy(folder_ / "again.npy").floats();
    double sum = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += std::pow(static_cast<double>(x[i] - again[i]), 2);
    EXPECT_LT(std::sqrt(sum / static_cast<double>(x.size())), how == "--method gaussian" ? 1e-4 : 0.3) << how;
  }
}

TEST_F(TransportTraining, AnInterruptedFitGoesOnToTheSameBytes) {
  const std::string options = kSmall + "--steps 6000 --seed 3";
  ASSERT_EQ(fit("whole.safetensors", options).status, 0);
  const std::string kept = " --checkpoint " + at("c.safetensors") + " --save-every 50 ";
  const pid_t child = start("transport fit" + pair() + " --out " + at("map.safetensors") + options + kept);
  ASSERT_GT(child, 0);
  ASSERT_TRUE(appears(folder_ / "c.safetensors"));
  ASSERT_EQ(interrupt(child), 130);
  EXPECT_FALSE(fs::exists(folder_ / "map.safetensors"));
  ASSERT_EQ(entries(), 5U);  // the inputs, the whole map, the checkpoint: nothing half-written

  // What it does not belong to is refused, and the checkpoint stays.
  const std::string checkpoint = bytes("c.safetensors");
  const auto refused = [&](const std::string& other, int status, const std::string& words) {
    const Finished run = fit("map.safetensors", other + kept);
    EXPECT_EQ(run.status, status) << run.output;
    EXPECT_TRUE(has(run.output, words)) << run.output;
    EXPECT_TRUE(has(run.output, "c.safetensors")) << run.output;
    EXPECT_EQ(bytes("c.safetensors"), checkpoint);
    EXPECT_FALSE(fs::exists(folder_ / "map.safetensors"));
  };
  refused(kSmall + "--steps 7000 --seed 3", 2, "is the checkpoint of a fit of 6000 steps");
  refused(kSmall + "--steps 6000 --seed 4", 2, "other rows, --held-out or --seed");
  refused(kSmall + "--steps 6000 --seed 3 --expectile 0.9", 2, "another fit");
  std::string damaged = checkpoint;
  damaged[damaged.size() - 3] = static_cast<char>(damaged[damaged.size() - 3] ^ 1);
  core::write_file(folder_ / "c.safetensors", damaged);
  EXPECT_EQ(fit("map.safetensors", options + kept).status, 3);
  core::write_file(folder_ / "c.safetensors", checkpoint);

  // Without --steps, and with another number of threads.
  const Finished run = fit("map.safetensors", " --hidden 12,12 --batch 64 --threads 2 --seed 3" + kept);
  ASSERT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(has(run.output, "going on from step ")) << run.output;
  EXPECT_EQ(bytes("map.safetensors"), bytes("whole.safetensors"));
  EXPECT_FALSE(fs::exists(folder_ / "c.safetensors"));
}

TEST_F(TransportTraining, ABudgetChoosesTheSteps) {
  const Finished run = fit("map.safetensors", "--hidden 12,12 --batch 64 --threads 1 --budget-minutes 0.03");
  ASSERT_EQ(run.status, 0) << run.output;
  const std::size_t at_word = run.output.find("--steps ");
  ASSERT_NE(at_word, std::string::npos) << run.output;
  const int steps = std::stoi(run.output.substr(at_word + 8));
  EXPECT_GE(steps, 100);
  EXPECT_TRUE(has(run.output, "ran all " + std::to_string(steps) + " steps")) << run.output;
  const std::string budget = bytes("map.safetensors");
  ASSERT_EQ(fit("map.safetensors", kSmall + "--steps " + std::to_string(steps)).status, 0);
  EXPECT_EQ(bytes("map.safetensors"), budget);
}

TEST_F(TransportTraining, AFitThatDivergesLeavesWhatWasThere) {
  ASSERT_EQ(fit("map.safetensors", "--method gaussian").status, 0);
  const std::string before = bytes("map.safetensors");
  const Finished run =
      fit("map.safetensors", kSmall + "--steps 500 --rate 1e6 --checkpoint " + at("c.safetensors") +
                                 " --save-every 50 --picture " + at("p.svg"));
  EXPECT_EQ(run.status, 6) << run.output;
  EXPECT_TRUE(has(run.output, "diverged")) << run.output;
  EXPECT_TRUE(has(run.output, "no map is written")) << run.output;
  EXPECT_EQ(bytes("map.safetensors"), before);
  EXPECT_EQ(entries(), 4U);  // the inputs and the earlier map
}

}  // namespace
}  // namespace isoscan
