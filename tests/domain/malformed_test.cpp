// Files with the right digest and the wrong insides, as a program or a hand may make them: whatever stands in
// them, the reader says what is wrong with the file (Error(Input)) or gives a model that is safe to use.
#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/transport/fitted_map.hpp"

#include "made_models.hpp"

namespace isoscan::domain {
namespace {

using core::Tensor;
using core::TensorFile;
using Reader = std::function<void(const TensorFile&)>;

Tensor zeros(core::DType dtype, std::vector<std::int64_t> shape) {
  Tensor tensor;
  tensor.dtype = dtype;
  tensor.shape = std::move(shape);
  const std::size_t size = dtype == core::DType::F32 ? 4 : dtype == core::DType::U8 ? 1 : 8;
  tensor.bytes.assign(size * static_cast<std::size_t>(tensor.count()), 0);
  return tensor;
}

constexpr int kTensorChanges = 13;

/// The n-th way to spoil a tensor; the result is always a well-formed safetensors entry.
void spoil(TensorFile& file, const std::string& name, int way) {
  Tensor& tensor = file.tensors.at(name);
  const std::vector<std::int64_t> shape = tensor.shape;
  const std::int64_t count = tensor.count();
  const auto with_first = [&](double value) {
    std::vector<double> values = tensor.doubles();
    if (values.empty()) values.push_back(0.0);
    values.front() = value;
    if (tensor.dtype == core::DType::F32) {
      tensor = Tensor::of({static_cast<std::int64_t>(values.size())},
                          std::vector<float>(values.begin(), values.end()));
    } else {
      tensor = Tensor::of({static_cast<std::int64_t>(values.size())}, values);
    }
    if (count > 0) tensor.shape = shape;
  };
  switch (way) {
    case 0:
      file.tensors.erase(name);
      return;
    case 1:
      tensor = zeros(tensor.dtype, {0});
      return;
    case 2:
      tensor = zeros(tensor.dtype, {count + 1});
      return;
    case 3:
      tensor = zeros(tensor.dtype, {count > 0 ? count - 1 : 2});
      return;
    case 4:
      tensor.shape.insert(tensor.shape.begin(), 1);
      return;
    case 5:
      tensor.shape = {count};
      return;
    case 6:
      tensor = zeros(tensor.dtype, {});
      return;
    case 7:
      tensor = zeros(core::DType::U8, shape);
      return;
    case 8:
      std::reverse(tensor.shape.begin(), tensor.shape.end());
      return;
    case 9:
      return with_first(std::numeric_limits<double>::quiet_NaN());
    case 10:
      return with_first(-1e30);
    case 11:
      return with_first(1e30);
    default:
      return with_first(0.0);
  }
}

constexpr const char* kWords[] = {"",  "0",    "1",         "-1",   "2",  "65536", "99999999999999999999",
                                  "x", "1e99", "nan",       "8,,8", "8,", "8,8,8", "1,1,1,1,1,1,1,1,1,1,1,1",
                                  " ", "true", "potential", "enot", "\"", "silu",  "chain"};

void expect_input_or_success(const TensorFile& file, const Reader& read, const std::string& what) {
  try {
    read(core::from_safetensors(core::to_safetensors(file)));
  } catch (const core::Error& error) {
    EXPECT_EQ(error.kind(), core::ErrorKind::Input) << what << ": " << error.what();
    EXPECT_GT(std::string(error.what()).size(), 10U) << what;
  } catch (const std::exception& error) {
    ADD_FAILURE() << what << ": a foreign exception, " << error.what();
  }
}

void expect_refused(const TensorFile& file, const Reader& read, const std::string& tensor) {
  try {
    read(file);
    ADD_FAILURE() << tensor << ": passes";
  } catch (const core::Error& error) {
    EXPECT_EQ(error.kind(), core::ErrorKind::Input);
    EXPECT_NE(std::string(error.what()).find(tensor), std::string::npos) << tensor << ": " << error.what();
  }
}

void spoil_all(const TensorFile& good, const Reader& read) {
  ASSERT_NO_THROW(read(good));
  for (const auto& [name, tensor] : good.tensors) {
    for (int way = 0; way < kTensorChanges; ++way) {
      TensorFile file = good;
      spoil(file, name, way);
      expect_input_or_success(file, read, name + ", way " + std::to_string(way));
    }
  }
  for (const auto& [key, value] : good.metadata) {
    TensorFile file = good;
    file.metadata.erase(key);
    expect_input_or_success(file, read, key + ", gone");
    for (const char* word : kWords) {
      file.metadata[key] = word;
      expect_input_or_success(file, read, key + " = " + word);
    }
  }
  // Several at once: faults that hide each other.
  core::Random random(11, "malformed");
  for (int trial = 0; trial < 300; ++trial) {
    TensorFile file = good;
    for (int change = 0; change < 3; ++change) {
      if (random.below(3) == 0) {
        auto at = file.metadata.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(random.below(file.metadata.size())));
        at->second = kWords[random.below(std::size(kWords))];
      } else {
        auto at = file.tensors.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(random.below(file.tensors.size())));
        const std::string name = at->first;
        spoil(file, name, static_cast<int>(random.below(kTensorChanges)));
      }
    }
    expect_input_or_success(file, read, "trial " + std::to_string(trial));
  }
}

/// Loads, and uses what was loaded as harmonize does.
void use_site(const TensorFile& file) {
  const SiteModel model = site_model(file);
  (void)distances(model.site, model.reference);
  (void)measures(model.reference);
  if (model.method == Method::Restore) {
    EXPECT_EQ(model.atlas.empty() ? "" : model.atlas.problem(), "");
    EXPECT_FALSE(model.restorer.empty() && model.shared_restorer.empty());
    for (const Restorer* restorer : {&model.restorer, &model.shared_restorer, &model.reference_restorer}) {
      if (restorer->empty()) continue;
      const RestorerFunction function(*restorer);
      const std::vector<float> rows(3 * static_cast<std::size_t>(restorer->dims), 0.5F);
      std::vector<float> answer(3);
      function(rows.data(), 3, answer.data());
    }
    const std::vector<float> features(model.errors.branches.size(), 0.5F);
    if (!model.errors.empty()) (void)model.errors.half_width.at(model.errors.leaf(features.data()));
  }
  if (model.method != Method::Gaussian && model.method != Method::Enot) return;
  const transport::FittedMap map = transport::FittedMap::from_tensors(model.map);
  transport::Rows rows(4, static_cast<std::int64_t>(model.map_columns.size()), 0.5F);
  (void)map.displacement(rows);
}

void use_reference(const TensorFile& file) {
  const ReferencePackage reference = reference_package(file);
  const ReferenceLevel& level = reference.level(working_spacing_mm(reference, 1.25));
  (void)distances(level.pooled, level.pooled);
  (void)pool({&level.pooled}, 10, 0);
  if (reference.shared.empty()) return;
  const std::vector<std::vector<double>> scans{std::vector<double>(reference.shared.reference.size(), 0.25)};
  const Restorer of_site = restorer_of(reference.shared, site_vector(reference.shared, scans));
  const RestorerFunction function(of_site);
  const std::vector<float> row(static_cast<std::size_t>(of_site.dims), 0.5F);
  float answer = 0.0F;
  function(row.data(), 1, &answer);
  (void)site_distance(reference.shared, scans);
  (void)null_site_distances(reference.shared, 1, 0);
  (void)nearest_made(reference.shared, scans);
}

/// A site of "restore" with both restorers, or with the shared one's answer alone.
SiteModel shared_site(Rung rung) {
  SiteModel model = site(Method::Restore);
  const SharedRestorer shared = shared_restorer();
  const std::vector<std::vector<double>> scans{std::vector<double>(shared.reference.size(), 0.25)};
  model.site_vector = site_vector(shared, scans);
  model.shared_restorer = restorer_of(shared, model.site_vector);
  model.reference_restorer = restorer_of(shared, {});
  model.shared_share = 0.5;
  model.restorer = rung == Rung::Averaged ? model.shared_restorer : Restorer{};  // reads the same rows
  if (rung == Rung::Weights) {
    model.kept_rung = rung;
    model.site_code = site_code(shared, scans);
    model.shared_parameters = shared.parameters;
    model.rung_evidence = {{"zero-shot", -4.0}, {"weights", -4.5}};
  }
  return model;
}

TEST(MalformedSharedSite, IsAnInputErrorOrASafeModel) {
  for (const Rung rung : {Rung::ZeroShot, Rung::Averaged, Rung::Weights}) {
    const TensorFile good = to_tensors(shared_site(rung));
    EXPECT_EQ(rung_of(site_model(good)), rung);
    spoil_all(good, use_site);
    for (const char* name :
         {"site_vector", "shared_restorer/parameters", "reference_restorer/parameters", "shared_share"}) {
      for (const int way : {0, 1, 2, 7}) {
        TensorFile file = good;
        spoil(file, name, way);
        expect_refused(file, use_site, name);
      }
    }
  }
  for (const Rung rung :
       {Rung::ZeroShot, Rung::Averaged, Rung::Weights})  // the file that leaves the rest to its package
    spoil_all(to_tensors(shared_site(rung), SiteContent::SiteAlone),
              [](const TensorFile& alone) { (void)site_model(alone); });
  TensorFile file = to_tensors(shared_site(Rung::Averaged));
  std::erase_if(file.tensors, [](const auto& entry) { return entry.first == "restorer/hidden"; });
  expect_refused(file, use_site, "restorer/hidden");  // part of it is there: no zero-shot site
}

class MalformedSite : public ::testing::TestWithParam<Method> {};

TEST_P(MalformedSite, IsAnInputErrorOrASafeModel) {
  spoil_all(to_tensors(site(GetParam())), use_site);
}

TEST_P(MalformedSite, LacksNothingThatItsMethodReads) {
  const TensorFile good = to_tensors(site(GetParam()));
  std::vector<std::string> needed{"reference/quantiles", "nyul_landmarks", "reference/rows", "histogram_low",
                                  "shrinkage"};
  const bool reads_corrected = GetParam() == Method::TwoPassHistogramMatch ||
                               GetParam() == Method::Gaussian || GetParam() == Method::Enot;
  if (reads_corrected) needed.push_back("site_corrected/quantiles");
  if (GetParam() == Method::Restore)
    needed.insert(needed.end(), {"acquisition", "patch_ball", "restorer/hidden", "restorer/row_scale",
                                 "restorer/mean", "restorer/scale", "restorer/parameters", "atlas/shape",
                                 "atlas/prior", "atlas/log_mean", "atlas/log_sd"});
  for (const std::string& name : needed) {
    for (const int way : {0, 1, 2, 7}) {
      TensorFile file = good;
      spoil(file, name, way);
      expect_refused(file, use_site, name);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Methods, MalformedSite, ::testing::ValuesIn(kMethods),
                         [](const ::testing::TestParamInfo<Method>& method) {
                           std::string word(name(method.param));
                           std::erase(word, '-');
                           return word;
                         });

TEST(MalformedSiteMap, EveryTensorOfTheMapHasItsShape) {
  for (const Method method : {Method::Gaussian, Method::Enot}) {
    const TensorFile good = to_tensors(site(method));
    int tensors = 0;
    for (const auto& [name, tensor] : good.tensors) {
      if (!name.starts_with("map/")) continue;
      ++tensors;
      for (const int way : {0, 1, 2, 3, 4, 7, 9}) {
        TensorFile file = good;
        spoil(file, name, way);
        expect_refused(file, use_site, name.substr(4));
      }
    }
    EXPECT_GE(tensors, 3);
  }
}

TEST(MalformedSiteMap, OtherNumbersOfColumnsAreRefused) {
  SiteModel model = site(Method::Enot);
  model.map_columns.push_back("head_x");
  expect_refused(to_tensors(model), use_site, "map_column");
  model = site(Method::Enot);
  model.map_columns.pop_back();
  expect_refused(to_tensors(model), use_site, "map_column");
  model = site(Method::Gaussian);
  std::swap(model.map_columns[0], model.map_columns[1]);
  expect_refused(to_tensors(model), use_site, "map_column");
  model = site(Method::Gaussian);
  model.band_sd_mm = {1.0};
  expect_refused(to_tensors(model), use_site, "band_sd_mm");
}

TEST(MalformedReference, IsAnInputErrorOrASafePackage) {
  spoil_all(to_tensors(package()), use_reference);
}

TEST(MalformedSummary, IsAnInputErrorOrASafeSummary) {
  ScanSummary summary;
  summary.levels = {level(1.0, 1), level(1.5, 2)};
  summary.corrected = {level(1.5, 4, 0)};
  summary.matched = {level(1.5, 5)};
  summary.acquisition = {evidence()};
  summary.portraits = {portrait()};
  summary.atlas = atlas_sums();
  spoil_all(to_tensors(summary), [](const TensorFile& file) {
    const ScanSummary back = scan_summary(file);
    for (const LevelSummary& one : back.levels) (void)pool({&one}, 10, 0);
  });
}

}  // namespace
}  // namespace isoscan::domain
