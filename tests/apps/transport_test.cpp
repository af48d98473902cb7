// The solvers from the command line, on tables of numbers.
#include <cmath>

#include "isoscan/config/json.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/npy.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/core/tensor_file.hpp"

#include "transport_command.hpp"

namespace isoscan {
namespace {

using core::Tensor;

TEST_F(TransportCommand, EachMethodFitsMovesAndScores) {
  for (const std::string method : {"gaussian", "columns", "entropic", "enot --steps 40"}) {
    const Finished fitted = fit("map.safetensors", "--method " + method);
    ASSERT_EQ(fitted.status, 0) << fitted.output;
    EXPECT_TRUE(has(fitted.output, "source 480 rows, target 480 rows, 2 columns; held out 120 and 120"))
        << fitted.output;
    EXPECT_TRUE(has(fitted.output, "energy distance")) << fitted.output;
    EXPECT_TRUE(has(fitted.output, "sliced Wasserstein-2")) << fitted.output;
    if (method.starts_with("en")) {
      EXPECT_TRUE(has(fitted.output, "scaling:")) << fitted.output;
      EXPECT_TRUE(has(fitted.output, "final dual")) << fitted.output;
    }
    const config::Json score = config::Json::parse(
        data_of("transport score --map " + at("map.safetensors") + pair() + " --truth " + at("truth.npy")),
        "score");
    const auto& energy = score.at("energy_distance");
    EXPECT_LT(energy.at("after").as_number(), 0.05 * energy.at("before").as_number()) << method;
    EXPECT_LT(score.at("l2_uvp_percent").as_number(), 10.0) << method;
    EXPECT_GT(score.at("cosine").as_number(), 0.95) << method;
    EXPECT_LT(score.at("batch_wasserstein2").at("after").as_number(),
              0.3 * score.at("batch_wasserstein2").at("before").as_number());
  }
}

TEST_F(TransportCommand, ApplyMovesRowsInEitherFormat) {
  ASSERT_EQ(fit("map.safetensors", "--method gaussian").status, 0);
  const std::string apply = "transport apply --map " + at("map.safetensors") + " --rows ";
  ASSERT_EQ(isoscan_program(apply + at("x.npy") + " --out " + at("moved.npy")).status, 0);
  const Tensor moved = core::read_npy(folder_ / "moved.npy");
  EXPECT_EQ(moved.shape, (std::vector<std::int64_t>{kRows, 2}));
  EXPECT_EQ(moved.dtype, core::DType::F32);
  EXPECT_NE(moved.bytes, core::read_npy(folder_ / "x.npy").bytes);

  core::TensorFile several;
  several.tensors["rows"] = core::read_npy(folder_ / "x.npy");
  several.tensors["more"] = Tensor::of({3}, std::vector<float>{1, 2, 3});
  core::write_tensor_file(folder_ / "in.safetensors", several);
  ASSERT_EQ(isoscan_program(apply + at("in.safetensors") + ":rows --threads 3 --out " + at("out.safetensors"))
                .status,
            0);
  EXPECT_EQ(core::read_tensor_file(folder_ / "out.safetensors").at("rows").bytes, moved.bytes);
  const Finished which = isoscan_program(apply + at("in.safetensors") + " --out " + at("o.npy"));
  EXPECT_EQ(which.status, 3);
  EXPECT_TRUE(has(which.output, "FILE.safetensors:NAME: more, rows")) << which.output;
}

TEST_F(TransportCommand, TheSameSeedGivesTheSameBytesForEveryThreadCount) {
  for (const std::string method : {"entropic", "enot --steps 30"}) {
    ASSERT_EQ(fit("a.safetensors", "--seed 3 --threads 1 --method " + method).status, 0);
    ASSERT_EQ(fit("b.safetensors", "--seed 3 --threads 3 --method " + method).status, 0);
    ASSERT_EQ(fit("c.safetensors", "--seed 4 --threads 1 --method " + method).status, 0);
    const std::string a = core::read_file(folder_ / "a.safetensors");
    EXPECT_EQ(a, core::read_file(folder_ / "b.safetensors")) << method;
    EXPECT_NE(a, core::read_file(folder_ / "c.safetensors")) << method;
  }
}

TEST_F(TransportCommand, WeightsAndContextAreHonoured) {
  // Rows of weight zero are far away; what is left is the plain problem.
  std::vector<float> y = core::read_npy(folder_ / "y.npy").floats();
  std::vector<float> weights(kRows, 1.0F);
  for (std::size_t i = 0; i < weights.size(); i += 2) {
    weights[i] = 0.0F;
    y[2 * i] = 1000.0F;
  }
  core::write_npy(folder_ / "far.npy", Tensor::of({kRows, 2}, y));
  core::write_npy(folder_ / "w.npy", Tensor::of({kRows}, weights));
  const std::string far = "transport fit --source " + at("x.npy") + " --target " + at("far.npy") +
                          " --method gaussian --out " + at("map.safetensors");
  ASSERT_EQ(isoscan_program(far + " --target-weights " + at("w.npy")).status, 0);
  const std::string score = "transport score --map " + at("map.safetensors") + pair();
  EXPECT_LT(config::Json::parse(data_of(score), "score").at("energy_distance").at("after").as_number(), 0.1);
  ASSERT_EQ(isoscan_program(far).status, 0);
  EXPECT_GT(config::Json::parse(data_of(score), "score").at("energy_distance").at("after").as_number(),
            100.0);

  ASSERT_EQ(fit("map.safetensors", "--method entropic --context 1").status, 0);
  ASSERT_EQ(isoscan_program("transport apply --map " + at("map.safetensors") + " --rows " + at("x.npy") +
                            " --out " + at("moved.npy"))
                .status,
            0);
  const auto before = core::read_npy(folder_ / "x.npy").floats();
  const auto after = core::read_npy(folder_ / "moved.npy").floats();
  for (std::size_t i = 0; i < before.size(); i += 2) {
    ASSERT_NE(after[i], before[i]);
    ASSERT_EQ(after[i + 1], before[i + 1]);
  }
}

TEST_F(TransportCommand, ThePictureIsTheSameSvgEachTime) {
  ASSERT_EQ(fit("map.safetensors", "--method gaussian --picture " + at("one.svg")).status, 0);
  const std::string svg = core::read_file(folder_ / "one.svg");
  EXPECT_TRUE(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
  EXPECT_TRUE(has(svg, "before: energy distance"));
  EXPECT_FALSE(has(svg, "nan"));
  EXPECT_LT(svg.size(), 200'000U);
  ASSERT_EQ(fit("map.safetensors", "--method gaussian --picture " + at("two.svg")).status, 0);
  EXPECT_EQ(svg, core::read_file(folder_ / "two.svg"));
  const Finished png = fit("map2.safetensors", "--picture " + at("x.png"));
  EXPECT_EQ(png.status, 2);
  EXPECT_TRUE(has(png.output, ".svg")) << png.output;
  EXPECT_FALSE(fs::exists(folder_ / "map2.safetensors"));
}

TEST_F(TransportCommand, WhatCannotBeUsedIsNamedAndNothingIsWritten) {
  std::vector<float> rows = core::read_npy(folder_ / "x.npy").floats();
  rows[7] = NAN;
  core::write_npy(folder_ / "nan.npy", Tensor::of({kRows, 2}, rows));
  core::write_npy(folder_ / "empty.npy", Tensor::of({0, 2}, std::vector<float>{}));
  core::write_npy(folder_ / "three.npy", Tensor::of({2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6}));
  core::write_npy(folder_ / "short.npy", Tensor::of({3}, std::vector<float>{1, 2, 3}));
  core::write_file(folder_ / "text.npy", "1,2\n3,4\n");
  core::write_file(folder_ / "x.csv", "1,2\n3,4\n");
  const auto refused = [&](const std::string& arguments, int status, const std::string& words) {
    const Finished run = isoscan_program("transport fit --out " + at("map.safetensors") + " " + arguments);
    EXPECT_EQ(run.status, status) << arguments << '\n' << run.output;
    EXPECT_TRUE(has(run.output, words)) << arguments << '\n' << run.output;
    EXPECT_FALSE(fs::exists(folder_ / "map.safetensors"));
  };
  const std::string target = " --target " + at("y.npy");
  refused("--source " + at("nan.npy") + target, 3, "nan.npy: row 3, column 1");
  refused("--source " + at("empty.npy") + target, 3, "empty.npy: 0 rows");
  refused("--source " + at("text.npy") + target, 3, "text.npy: not a usable .npy file");
  refused("--source " + at("missing.npy") + target, 4, "missing.npy");
  refused("--source " + at("x.csv") + target, 2, "numpy.save");
  refused("--source " + at("three.npy") + target, 3, "three.npy has 3 columns");
  refused(pair() + " --source-weights " + at("short.npy"), 3, "3 weights for 600 rows");
  refused(pair() + " --method gaussian --steps 5", 2, "--steps is for the method enot");
  refused(pair() + " --epsilon 0.1", 2, "--epsilon is for the method entropic");
  refused(pair() + " --context 2", 2, "--context 2 leaves no column");
  refused(pair() + " --method best", 2, "--method");
  refused(pair() + " --held-out 0.001", 2, "--held-out");
  refused(pair() + " --bound 0.3", 2, "--bound");
  EXPECT_EQ(isoscan_program("transport fit" + pair() + " --out " + at("map.npy")).status, 2);
  EXPECT_EQ(isoscan_program("transport").status, 2);

  const std::string before = core::read_file(folder_ / "x.npy");
  const Finished map_is_rows = isoscan_program("transport apply --map " + at("x.npy") + " --rows " +
                                               at("x.npy") + " --out " + at("o.npy"));
  EXPECT_EQ(map_is_rows.status, 3) << map_is_rows.output;
  ASSERT_EQ(fit("good.safetensors", "--method gaussian").status, 0);
  const std::string apply = "transport apply --map " + at("good.safetensors") + " --rows ";
  const Finished over_itself = isoscan_program(apply + at("x.npy") + " --out " + at("x.npy"));
  EXPECT_EQ(over_itself.status, 2) << over_itself.output;
  EXPECT_EQ(core::read_file(folder_ / "x.npy"), before);
  EXPECT_EQ(isoscan_program(apply + at("three.npy") + " --out " + at("o.npy")).status, 3);
  // One byte of the map flipped on the way: noticed.
  std::string damaged = core::read_file(folder_ / "good.safetensors");
  damaged[damaged.size() - 3] = static_cast<char>(damaged[damaged.size() - 3] ^ 1);
  core::write_file(folder_ / "good.safetensors", damaged);
  const Finished bad = isoscan_program(apply + at("x.npy") + " --out " + at("o.npy"));
  EXPECT_EQ(bad.status, 3);
  EXPECT_TRUE(has(bad.output, "damaged")) << bad.output;
  EXPECT_FALSE(fs::exists(folder_ / "o.npy"));
}

TEST_F(TransportCommand, CtrlCStopsSoonAndLeavesNothing) {
  const pid_t child = start("transport fit" + pair() + " --steps 1000000 --out " + at("map.safetensors"));
  ASSERT_GT(child, 0);
  ::usleep(2'500'000);  // in the middle of a million steps, or on the way there: the promise is the same
  EXPECT_EQ(interrupt(child), 130);
  EXPECT_EQ(entries(), 3U);  // the inputs
}

}  // namespace
}  // namespace isoscan
