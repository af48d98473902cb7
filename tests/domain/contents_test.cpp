// No image block, no name: what is not on the list of a package's or a site's contents is neither written nor
// read.
#include "isoscan/domain/contents.hpp"

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/test/support.hpp"

#include "made_models.hpp"

namespace isoscan::domain {
namespace {

std::string refusal(const core::TensorFile& file, FileKind kind) {
  try {
    check_contents(file, kind);
    return {};
  } catch (const core::Error& error) {
    EXPECT_EQ(error.kind(), core::ErrorKind::Input);
    return error.what();
  }
}

std::vector<std::pair<core::TensorFile, FileKind>> every_file() {
  std::vector<std::pair<core::TensorFile, FileKind>> files{
      {to_tensors(package()), FileKind::ReferencePackage}};
  for (const Method method : kMethods) {
    for (const SiteContent content : {SiteContent::SelfContained, SiteContent::SiteAlone})
      files.emplace_back(to_tensors(site(method), content), FileKind::SiteModel);
  }
  return files;
}

TEST(Contents, EveryTensorHasATypeAndAGreatestSize) {
  constexpr std::int64_t kAScan = 88 * 104 * 88;  // voxels of a head at 2 mm
  for (const auto& [good, kind] : every_file()) {
    EXPECT_EQ(refusal(good, kind), "");
    for (const auto& [name, tensor] : good.tensors) {
      core::TensorFile file = good;
      core::Tensor& spoilt = file.tensors[name];
      spoilt.shape = {kAScan};
      EXPECT_NE(refusal(file, kind).find(name), std::string::npos) << name;
      if (name.starts_with("map/")) continue;
      spoilt = tensor;
      spoilt.dtype = core::DType::U8;
      EXPECT_NE(refusal(file, kind).find(name), std::string::npos) << name;
    }
  }
}

TEST(Contents, WhatIsNotOnTheListIsRefused) {
  for (const auto& [good, kind] : every_file()) {
    for (const char* name : {"image", "voxels", "level0/pooled/image", "level0/image", "atlas/scan", "rows2",
                             "site/x", "plausibility/cells/1", "level0/range/a/b"}) {
      core::TensorFile file = good;
      file.tensors[name] = core::Tensor::of({1}, std::vector<double>{1.0});
      EXPECT_NE(refusal(file, kind).find(name), std::string::npos) << name;
    }
    for (const char* name : {"patient", "path", "warning", "map", "look_name/0000/x"}) {
      core::TensorFile file = good;
      file.metadata[name] = "a";
      EXPECT_NE(refusal(file, kind).find(name), std::string::npos) << name;
    }
  }
}

TEST(Contents, TextsAreThoseOfTheProgram) {
  core::TensorFile file = to_tensors(package());
  const auto with = [&](const std::string& entry, const std::string& text) {
    core::TensorFile other = file;
    other.metadata[entry] = text;
    return refusal(other, FileKind::ReferencePackage);
  };
  for (const char* warning : {"learnt from 3 scans: a reference should hold at least 4, better 20",
                              "the site's scans are further from the reference (6.7) than all that the "
                              "shared restorer was taught (6.4)",
                              "scans are not judged by their look (a foreign contrast, half a head): the "
                              "reference was made by an older "
                              "Isoscan or of fewer than three people; make it again of three or more with "
                              "`isoscan reference`, and adapt "
                              "the site again"})
    EXPECT_EQ(with("warning/0000", warning), "") << warning;
  for (const char* warning :
       {"DOE^JANE", "scan of Jane", "born 1950", "sub-0012", "/data/x", "a@b.c", "1.2.840.1", "", "\xc3\xa4"})
    EXPECT_NE(with("warning/0000", warning).find("warning/0000"), std::string::npos) << warning;
  EXPECT_NE(with("source_digest", "Jane").find("source_digest"), std::string::npos);
  EXPECT_NE(with("software", "isoscan Jane").find("software"), std::string::npos);
  EXPECT_NE(with("seed", "1950-01-02").find("seed"), std::string::npos);
}

TEST(Contents, AnAtlasOfFewPeopleIsAPictureOfThem) {
  ReferencePackage p = package();
  p.atlas.people = 3;
  EXPECT_NE(refusal(to_tensors(p), FileKind::ReferencePackage).find("atlas"), std::string::npos);
}

TEST(Contents, HoldWhereFilesAreWrittenAndRead) {
  const test::TemporaryFolder folder;
  ReferencePackage named = package();
  named.warnings = {"DOE^JANE"};
  EXPECT_THROW(save(named, folder / "a.isoref"), core::Error);
  EXPECT_FALSE(boost::filesystem::exists(folder / "a.isoref"));
  core::TensorFile file = to_tensors(package());
  file.tensors["image"] = core::Tensor::of({1}, std::vector<float>{1.0F});
  core::seal(file);
  core::write_tensor_file(folder / "b.isoref", file);
  EXPECT_THROW((void)load_reference(folder / "b.isoref"), core::Error);
  SiteModel model = site(Method::Restore);
  model.warnings = {"DOE^JANE"};
  EXPECT_THROW(save(model, folder / "a.isosite", SiteContent::SiteAlone), core::Error);
  file = to_tensors(site(Method::Restore));
  file.tensors["image"] = core::Tensor::of({1}, std::vector<float>{1.0F});
  core::seal(file);
  core::write_tensor_file(folder / "b.isosite", file);
  EXPECT_THROW((void)load_site(folder / "b.isosite"), core::Error);
}

TEST(Contents, PartsAreCountedInBytes) {
  core::TensorFile file;
  file.tensors["a/x"] = core::Tensor::of({2}, std::vector<double>(2));
  file.tensors["a/y"] = core::Tensor::of({1}, std::vector<double>(1));
  file.tensors["b"] = core::Tensor::of({3}, std::vector<float>(3));
  const std::vector<ContentPart> parts = parts_of(file);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].name, "a");
  EXPECT_EQ(parts[0].bytes, 24U);
  EXPECT_EQ(parts[1].bytes, 12U);
}

}  // namespace
}  // namespace isoscan::domain
