#include "isoscan/domain/restorer.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <stop_token>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/domain/acquisition.hpp"
#include "isoscan/test/support.hpp"

#include "made_models.hpp"

namespace isoscan::domain {
namespace {

constexpr int kDims = 6;

RestorerOptions quick() {
  RestorerOptions options;
  options.hidden = {24, 24};
  options.steps = 400;
  options.batch = 256;
  options.rate = 5e-3;
  options.average = 0.98;
  return options;
}

struct Lesson {
  std::vector<float> rows;
  std::vector<float> targets;
};

/// Correlated rows of very different scales, and what `law` makes of them.
Lesson lesson(std::uint64_t seed, int count, const std::function<double(const float*)>& law) {
  core::Random random(seed, "lesson");
  Lesson out;
  for (int n = 0; n < count; ++n) {
    const double common = random.normal();
    for (int d = 0; d < kDims; ++d) {
      const double scale = std::pow(10.0, d - 3);
      out.rows.push_back(static_cast<float>(scale * (5.0 + common + 0.5 * random.normal())));
    }
    out.targets.push_back(static_cast<float>(law(out.rows.data() + static_cast<std::ptrdiff_t>(n) * kDims)));
  }
  return out;
}

double linear(const float* row) {
  double sum = 0.3;
  for (int d = 0; d < kDims; ++d) sum += (d % 2 == 0 ? 1.0 : -0.7) * std::pow(10.0, 3 - d) * row[d];
  return 0.05 * sum;
}

std::vector<float> answers(const Restorer& restorer, const std::vector<float>& rows) {
  std::vector<float> out(rows.size() / kDims);
  RestorerFunction function(restorer);
  function(rows.data(), static_cast<std::int64_t>(out.size()), out.data());
  return out;
}

/// Mean squared error over the targets' variance.
double error_of(const std::vector<float>& answer, const std::vector<float>& truth) {
  double mean = 0.0;
  for (const float t : truth) mean += static_cast<double>(t) / static_cast<double>(truth.size());
  double error = 0.0;
  double variance = 0.0;
  for (std::size_t n = 0; n < truth.size(); ++n) {
    error += std::pow(static_cast<double>(answer[n]) - static_cast<double>(truth[n]), 2.0);
    variance += std::pow(static_cast<double>(truth[n]) - mean, 2.0);
  }
  return error / variance;
}

core::ErrorKind kind_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const core::Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "passes";
  return core::ErrorKind::Internal;
}

TEST(Restorer, LearnsALinearFunctionOfCorrelatedRows) {
  Lesson seen = lesson(1, 6000, linear);
  const Lesson unseen = lesson(2, 1000, linear);
  const RestorerFit fit = fit_restorer(seen.rows, seen.targets, kDims, quick(), {});
  EXPECT_LT(error_of(answers(fit.restorer, unseen.rows), unseen.targets), 0.005);
  ASSERT_EQ(fit.logged_steps.size(), fit.loss.size());
  EXPECT_EQ(fit.logged_steps.front(), 0);
  EXPECT_EQ(fit.logged_steps.back(), 399);
  EXPECT_LT(fit.loss.back(), 0.2 * fit.loss.front());
}

TEST(Restorer, LearnsACurvedFunctionBetterThanItsMean) {
  const auto bent = [](const float* row) {
    return std::sin(2.0 * (row[3] - 5.0)) + 0.2 * std::abs(0.1 * row[4] - 5.0);
  };
  Lesson seen = lesson(3, 6000, bent);
  const Lesson unseen = lesson(4, 1000, bent);
  RestorerOptions options = quick();
  options.steps = 1200;
  const RestorerFit fit = fit_restorer(seen.rows, seen.targets, kDims, options, {});
  EXPECT_LT(error_of(answers(fit.restorer, unseen.rows), unseen.targets), 0.1);
}

TEST(Restorer, GivesTheSameBytesOnAnyNumberOfThreadsAndOthersForAnotherSeed) {
  const Lesson given = lesson(5, 3000, linear);
  RestorerOptions options = quick();
  options.steps = 40;
  const auto fit = [&](int threads, std::uint64_t seed) {
    core::Context context;
    context.threads = threads;
    context.seed = seed;
    std::vector<float> rows = given.rows;
    return fit_restorer(rows, given.targets, kDims, options, context);
  };
  const RestorerFit one = fit(1, 0);
  const RestorerFit three = fit(3, 0);
  EXPECT_TRUE(one.restorer == three.restorer);
  EXPECT_EQ(one.loss, three.loss);
  EXPECT_FALSE(one.restorer == fit(1, 1).restorer);
}

TEST(Restorer, AnswersAfterSaveAndLoadAreBitIdentical) {
  Lesson given = lesson(6, 3000, linear);
  const Lesson unseen = lesson(7, 5000, linear);  // more than one block
  RestorerOptions options = quick();
  options.steps = 20;
  const Restorer restorer = fit_restorer(given.rows, given.targets, kDims, options, {}).restorer;
  core::TensorFile file;
  put(file, "r", restorer);
  const Restorer back = get_restorer(core::from_safetensors(core::to_safetensors(file)), "r");
  EXPECT_TRUE(back == restorer);
  const std::vector<float> all = answers(restorer, unseen.rows);
  EXPECT_EQ(answers(back, unseen.rows), all);
  // In a site model too.
  const test::TemporaryFolder folder;
  SiteModel model = site(Method::Restore);
  model.restorer = restorer;
  save(model, folder / "a.isosite");
  const SiteModel loaded = load_site(folder / "a.isosite");
  EXPECT_TRUE(loaded.restorer == restorer);
  EXPECT_EQ(loaded.acquisition, model.acquisition);
  EXPECT_EQ(loaded.patch_ball, model.patch_ball);
  EXPECT_EQ(loaded.patch_surroundings, model.patch_surroundings);
}

TEST(Restorer, AConstantTargetIsLearntAsItIs) {
  Lesson given = lesson(8, 500, [](const float*) { return 0.25; });
  RestorerOptions options = quick();
  options.steps = 10;
  const Restorer restorer = fit_restorer(given.rows, given.targets, kDims, options, {}).restorer;
  for (const float answer : answers(restorer, lesson(9, 50, linear).rows)) ASSERT_NEAR(answer, 0.25F, 1e-5F);
}

TEST(Restorer, NumbersThatAreNoneAndTooFewRowsAreRefused) {
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    for (const bool in_rows : {true, false}) {
      Lesson given = lesson(10, 300, linear);
      (in_rows ? given.rows : given.targets)[77] = bad;
      EXPECT_EQ(kind_of([&] { (void)fit_restorer(given.rows, given.targets, kDims, quick(), {}); }),
                core::ErrorKind::Numeric);
    }
  }
  Lesson few = lesson(11, 99, linear);
  EXPECT_EQ(kind_of([&] { (void)fit_restorer(few.rows, few.targets, kDims, quick(), {}); }),
            core::ErrorKind::Input);
}

TEST(Restorer, OptionsSayWhatIsWrongAndStopIsHeeded) {
  EXPECT_EQ(RestorerOptions{}.problem(), "");
  const auto refused = [](const std::function<void(RestorerOptions&)>& change, const std::string& word) {
    RestorerOptions options = quick();
    change(options);
    EXPECT_NE(options.problem().find(word), std::string::npos) << word;
    Lesson given = lesson(12, 200, linear);
    EXPECT_EQ(kind_of([&] { (void)fit_restorer(given.rows, given.targets, kDims, options, {}); }),
              core::ErrorKind::Config);
  };
  refused([](RestorerOptions& o) { o.hidden.clear(); }, "hidden");
  refused([](RestorerOptions& o) { o.hidden = {8, 0}; }, "hidden");
  refused([](RestorerOptions& o) { o.steps = 0; }, "steps");
  refused([](RestorerOptions& o) { o.batch = 3; }, "batch");
  refused([](RestorerOptions& o) { o.rate = std::nan(""); }, "rate");
  refused([](RestorerOptions& o) { o.basis_every = -1; }, "basis_every");
  refused([](RestorerOptions& o) { o.average = 1.0; }, "average");
  std::stop_source source;
  source.request_stop();
  core::Context stopped;
  stopped.stop = source.get_token();
  Lesson given = lesson(13, 200, linear);
  EXPECT_EQ(kind_of([&] { (void)fit_restorer(given.rows, given.targets, kDims, quick(), stopped); }),
            core::ErrorKind::Cancelled);
}

/// Right digest, wrong insides.
TEST(MalformedRestorer, IsRefusedByName) {
  const auto refused = [](const std::string& tensor, const std::function<void(core::TensorFile&)>& change) {
    core::TensorFile file;
    put(file, "r", restorer());
    ASSERT_NO_THROW((void)get_restorer(file, "r"));
    change(file);
    try {
      (void)get_restorer(file, "r");
      ADD_FAILURE() << tensor << ": passes";
    } catch (const core::Error& error) {
      EXPECT_EQ(error.kind(), core::ErrorKind::Input);
      EXPECT_NE(std::string(error.what()).find("r/" + tensor), std::string::npos) << error.what();
    }
  };
  const auto set = [](const std::string& tensor, std::vector<double> values) {
    return [=](core::TensorFile& file) {
      file.tensors["r/" + tensor] = core::Tensor::of({static_cast<std::int64_t>(values.size())}, values);
    };
  };
  refused("hidden", set("hidden", {}));
  refused("hidden", set("hidden", {4.5}));
  refused("hidden", set("hidden", {-4}));
  refused("hidden", set("hidden", {1e9}));
  refused("hidden", set("hidden", std::vector<double>(65, 1.0)));
  refused("row_mean", set("row_mean", {}));
  refused("row_scale", set("row_scale", {1.0}));
  refused("scale", set("scale", {-1.0}));
  refused("scale", set("scale", {0.0}));
  refused("mean", set("mean", {1e9}));
  refused("parameters", set("hidden", {4096, 4096}));                      // would be 16 million numbers
  refused("parameters", set("parameters", std::vector<double>(53, 0.0)));  // of another type
  refused("parameters", [](core::TensorFile& file) {
    std::vector<float> values = restorer().parameters;
    values[7] = std::nanf("");
    file.tensors["r/parameters"] = core::Tensor::of({static_cast<std::int64_t>(values.size())}, values);
  });
  Restorer odd = restorer();
  odd.parameters.pop_back();
  EXPECT_EQ(kind_of([&] { (void)RestorerFunction(odd); }), core::ErrorKind::Input);
}

TEST(Acquisition, RoundTripIsExactAndTheDefaultIsTheReference) {
  core::TensorFile file;
  put(file, "a", acquisition());
  put(file, "same", Acquisition{});
  put(file, "e", evidence());
  const core::TensorFile back = core::from_safetensors(core::to_safetensors(file));
  EXPECT_EQ(get_acquisition(back, "a"), acquisition());
  EXPECT_EQ(get_acquisition(back, "same"), Acquisition{});
  EXPECT_EQ(get_acquisition_evidence(back, "e"), evidence());
}

TEST(MalformedAcquisition, IsRefusedByName) {
  const auto refused = [](const std::function<void(Acquisition&)>& change) {
    Acquisition a = acquisition();
    change(a);
    core::TensorFile file;
    put(file, "how", a);
    try {
      (void)get_acquisition(file, "how");
      ADD_FAILURE() << "passes";
    } catch (const core::Error& error) {
      EXPECT_EQ(error.kind(), core::ErrorKind::Input);
      EXPECT_NE(std::string(error.what()).find("how"), std::string::npos) << error.what();
    }
  };
  refused([](Acquisition& a) { a.contrast[1].value = 0.0; });
  refused([](Acquisition& a) { a.contrast[0].value = 21.0; });
  refused([](Acquisition& a) { a.contrast[2].sd = -0.1; });
  refused([](Acquisition& a) { a.blur[0].value = std::nan(""); });
  refused([](Acquisition& a) { a.blur[2].value = 101.0; });
  refused([](Acquisition& a) { a.noise_variance.value = -1e-9; });
  refused([](Acquisition& a) { a.noise_variance.sd = std::numeric_limits<double>::infinity(); });
  refused([](Acquisition& a) { a.detail.pop_back(); });
  refused([](Acquisition& a) { a.detail.assign(8, 0.1); });
  refused([](Acquisition& a) { a.detail[3] = std::nan(""); });
  refused([](Acquisition& a) { a.noise_colour = {1e6}; });
  refused([](Acquisition& a) { a.noise_colour.assign(19 * 19 * 19, 0.0); });
  refused([](Acquisition& a) { a.finer[1] = 0.1; });
  core::TensorFile file;
  AcquisitionEvidence dark = evidence();
  dark.tissue_mean[0] = 0.0;
  put(file, "e", dark);
  EXPECT_EQ(kind_of([&] { (void)get_acquisition_evidence(file, "e"); }), core::ErrorKind::Input);
  AcquisitionEvidence torn = evidence();
  torn.edge_structure.pop_back();
  put(file, "t", torn);
  EXPECT_EQ(kind_of([&] { (void)get_acquisition_evidence(file, "t"); }), core::ErrorKind::Input);
}

}  // namespace
}  // namespace isoscan::domain
