// A site's file holds what is the site's own; the rest comes from its reference package, bit by bit.
#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/domain/site_ranges.hpp"
#include "isoscan/test/support.hpp"

#include "made_models.hpp"

namespace isoscan::domain {
namespace {

/// As fit_site makes one of this package.
SiteModel fitted(Method method, const ReferencePackage& package) {
  SiteModel m = site(method);
  const ReferenceLevel& of = package.level(m.spacing_mm);
  m.reference_digest = digest(package);
  m.reference = of.pooled;
  m.reference.rows.clear();
  m.nyul_landmarks = of.nyul_landmarks;
  m.reference_ranges = of.ranges;
  m.histogram_low = of.histogram_low;
  m.histogram_high = of.histogram_high;
  if (method == Method::Restore) m.atlas = package.atlas;
  return m;
}

SiteModel told(Rung rung, const ReferencePackage& package) {
  SiteModel m = fitted(Method::Restore, package);
  m.site_code = site_code(package.shared, {{-1.0, -0.5}});
  m.site_vector = vector_of_code(package.shared, m.site_code);
  m.shared_restorer = restorer_of(package.shared, m.site_vector);
  m.reference_restorer = restorer_of(package.shared, {});
  m.shared_share = 0.5;
  m.restorer = rung == Rung::Averaged ? m.shared_restorer : Restorer{};
  return m;
}

/// Of the rung vector or weights.
SiteModel refined(Rung rung, const ReferencePackage& package) {
  SiteModel m = told(Rung::ZeroShot, package);
  m.kept_rung = rung;
  m.rung_evidence = {{"zero-shot", -4.25}, {std::string(name(rung)), -4.5}};
  for (float& v : m.site_code) v += 0.25F;
  m.site_vector = vector_of_code(package.shared, m.site_code);
  SharedRestorer copy = package.shared;
  if (rung == Rung::Weights) {
    for (float& v : copy.parameters) v *= 1.25F;
    m.shared_parameters = copy.parameters;
  }
  m.shared_restorer = restorer_of(copy, m.site_vector);
  m.reference_restorer = restorer_of(copy, {});
  return m;
}

/// Without the summaries of the site's scans that nothing reads after the fit.
std::string as_applied(SiteModel m) {
  m.site = m.site_matched = {};
  const bool reads_corrected =
      m.method == Method::TwoPassHistogramMatch || m.method == Method::Gaussian || m.method == Method::Enot;
  if (!reads_corrected) m.site_corrected = {};
  return core::content_digest(to_tensors(m));
}

SiteModel from_file(const SiteModel& m, SiteContent content) {
  return site_model(core::from_safetensors(core::to_safetensors(to_tensors(m, content))));
}

TEST(SiteContent, WhatIsLeftToThePackageComesBackBitByBit) {
  const ReferencePackage p = package();
  std::vector<SiteModel> models{told(Rung::ZeroShot, p), told(Rung::Averaged, p), refined(Rung::Vector, p),
                                refined(Rung::Weights, p)};
  for (const Method method : kMethods) models.push_back(fitted(method, p));
  for (const SiteModel& m : models) {
    SiteModel back = from_file(m, SiteContent::SiteAlone);
    EXPECT_TRUE(lacks_package(back)) << name(m.method);
    EXPECT_EQ(rung_of(back), rung_of(m));
    complete(back, p);
    EXPECT_FALSE(lacks_package(back));
    EXPECT_EQ(as_applied(back), as_applied(m)) << name(m.method);
    EXPECT_EQ(as_applied(from_file(back, SiteContent::SelfContained)), as_applied(m)) << "kept for apply";
    const std::string whole = core::content_digest(to_tensors(back));
    complete(back, p);  // nothing is lacking any more
    EXPECT_EQ(core::content_digest(to_tensors(back)), whole);
    EXPECT_FALSE(lacks_package(from_file(m, SiteContent::SelfContained)));
  }
}

TEST(SiteContent, AToldSiteIsAFewNumbersOfItsOwn) {
  const ReferencePackage p = package();
  SiteModel m = told(Rung::ZeroShot, p);
  const core::TensorFile file = to_tensors(m, SiteContent::SiteAlone);
  EXPECT_EQ(file.tensors.at("site_code").count(), 2);
  for (const char* part : {"site_vector", "atlas/prior", "plausibility/cells", "reference/quantiles",
                           "shared_restorer/parameters", "reference_restorer/parameters", "site/quantiles"})
    EXPECT_EQ(file.tensors.count(part), 0U) << part;
  // Without a code, as in models of earlier versions, the vector itself is kept.
  m.site_code.clear();
  SiteModel back = from_file(m, SiteContent::SiteAlone);
  complete(back, p);
  EXPECT_EQ(as_applied(back), as_applied(m));
}

TEST(SiteContent, ARefinedSiteSaysSoAndIsNoLargerThanItsRung) {
  const ReferencePackage p = package();
  const auto bytes = [](const SiteModel& m) {
    return core::to_safetensors(to_tensors(m, SiteContent::SiteAlone)).size();
  };
  const SiteModel vector = refined(Rung::Vector, p);
  EXPECT_LT(bytes(vector), bytes(told(Rung::ZeroShot, p)) + 500);  // two numbers and their names
  const SiteModel back = from_file(vector, SiteContent::SiteAlone);
  EXPECT_EQ(rung_of(back), Rung::Vector);
  EXPECT_EQ(back.rung_evidence, vector.rung_evidence);
  EXPECT_EQ(rung_of(from_file(refined(Rung::Weights, p), SiteContent::SelfContained)), Rung::Weights);
  EXPECT_EQ(to_tensors(vector).metadata.at("format_version"), "4");  // earlier versions do not know it
  EXPECT_EQ(to_tensors(told(Rung::ZeroShot, p)).metadata.at("format_version"), "2");
  const auto refused = [&](const std::string& rung, bool parameters) {
    core::TensorFile file = to_tensors(vector);
    file.metadata["rung"] = rung;
    if (parameters) file.tensors["shared_parameters"] = core::Tensor::of({1}, std::vector<float>{1.0F});
    EXPECT_THROW((void)site_model(file), core::Error) << rung;
  };
  refused("averaged", false);
  refused("weights", false);
  refused("vector", true);
  core::TensorFile file = to_tensors(refined(Rung::Weights, p), SiteContent::SiteAlone);
  file.tensors["shared_parameters"] = core::Tensor::of({1}, std::vector<float>{1.0F});
  SiteModel other = site_model(file);
  EXPECT_THROW(complete(other, p), core::Error);
}

TEST(SiteContent, AnotherPackageIsRefusedNamingBoth) {
  ReferencePackage other = package();
  other.seed = 1;
  SiteModel m = from_file(told(Rung::ZeroShot, package()), SiteContent::SiteAlone);
  try {
    complete(m, other);
    FAIL() << "another package was taken";
  } catch (const core::Error& error) {
    EXPECT_EQ(error.kind(), core::ErrorKind::Input);
    const std::string said = error.what();
    EXPECT_NE(said.find(digest(package())), std::string::npos) << said;
    EXPECT_NE(said.find(digest(other)), std::string::npos) << said;
    EXPECT_NE(said.find("adapt the site again"), std::string::npos) << said;
  }
  EXPECT_TRUE(lacks_package(m));
}

TEST(SiteContent, ACodeThatDoesNotFitIsRefused) {
  const ReferencePackage p = package();
  core::TensorFile file = to_tensors(told(Rung::Averaged, p), SiteContent::SiteAlone);
  file.tensors["site_code"] = core::Tensor::of({3}, std::vector<float>(3, 0.5F));
  SiteModel m = site_model(file);
  EXPECT_THROW(complete(m, p), core::Error);
  file.tensors.erase("site_code");
  file.tensors["site_vector"] = core::Tensor::of({3}, std::vector<float>(3, 0.5F));
  m = site_model(file);
  EXPECT_THROW(complete(m, p), core::Error);
  file.metadata["content"] = "other";
  EXPECT_THROW((void)site_model(file), core::Error);
}

TEST(SiteContent, RangesLieInEitherFile) {
  const test::TemporaryFolder folder;
  const SiteRanges ranges{{"gm_wm", {0.6, 0.01, 0.58, 0.63, 4}}};
  save(told(Rung::ZeroShot, package()), ranges, folder / "a.isosite", SiteContent::SiteAlone);
  EXPECT_EQ(load_site_ranges(folder / "a.isosite"), ranges);
  EXPECT_TRUE(lacks_package(load_site(folder / "a.isosite")));
}

}  // namespace
}  // namespace isoscan::domain
