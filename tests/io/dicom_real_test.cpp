/// @file Real series against reference conversions, in world space.
#include <cmath>
#include <cstdlib>
#include <fstream>

#include <boost/filesystem.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/test/support.hpp"

namespace isoscan::io {
namespace {

namespace fs = boost::filesystem;
using test::TemporaryFolder;
using testing::IsEmpty;
using testing::SizeIs;

void unpack(const fs::path& archive, const fs::path& folder) {
  const std::string command = "tar xzf '" + archive.string() + "' -C '" + folder.string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
}

/// The nearest voxel of a world point in RAS mm, which must lie on a voxel.
float value_at(const core::Volume& volume, double x, double y, double z) {
  const core::Vec3 at = volume.grid.world_from_voxel.inverse()({-x, -y, z});
  core::Index3 v{};
  for (std::size_t a = 0; a < 3; ++a) {
    v[a] = std::lround(at[a]);
    EXPECT_NEAR(at[a], static_cast<double>(v[a]), 2e-3) << "the point lies between voxels";
  }
  if (!volume.grid.contains(v)) {
    ADD_FAILURE() << x << " " << y << " " << z << " is outside";
    return std::nanf("");
  }
  return volume.at(v[0], v[1], v[2]);
}

class WholeHeads : public testing::TestWithParam<const char*> {};

TEST_P(WholeHeads, MatchTheReferenceConversionInWorldSpace) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const TemporaryFolder folder;
  unpack(data / "dicom" / (std::string(GetParam()) + ".tar.gz"), folder.path());
  const ScanList list = find_scans(folder.path(), core::Context{});
  ASSERT_THAT(list.scans, SizeIs(1));
  EXPECT_THAT(list.set_aside, IsEmpty());
  const core::Volume volume = read_scan(list.scans[0]).volume;

  std::ifstream in((data / "dicom-expected" / (std::string(GetParam()) + ".json")).string());
  const nlohmann::json geometry = nlohmann::json::parse(in).at("geometry");
  std::vector<std::int64_t> shape = geometry.at("shape");
  std::vector<std::int64_t> size(volume.grid.size.begin(), volume.grid.size.end());
  std::sort(shape.begin(), shape.end());
  std::sort(size.begin(), size.end());
  EXPECT_EQ(size, shape);
  std::vector<double> zooms = geometry.at("zooms");
  core::Vec3 spacing = volume.grid.spacing_mm();
  std::sort(zooms.begin(), zooms.end());
  std::sort(spacing.begin(), spacing.end());
  for (std::size_t a = 0; a < 3; ++a) EXPECT_NEAR(spacing[a], zooms[a], 1e-5);

  const auto& probes = geometry.at("probes_world_xyz_mm_value_volume0");
  ASSERT_GE(probes.size(), 64U);
  for (const auto& p : probes) {
    const double expected = p[3];
    // The reference keeps four digits behind the point.
    EXPECT_NEAR(value_at(volume, p[0], p[1], p[2]), expected, 1e-4 + 2e-7 * std::abs(expected));
  }
}

INSTANTIATE_TEST_SUITE_P(Both, WholeHeads,
                         testing::Values("siemens_prisma_xa30_t1_normalised", "philips_elitionx_t1_mprage"));

/// All files of a folder as one series, whatever find_scans thinks of it.
ScanSource as_series(const fs::path& folder) {
  ScanSource source;
  source.kind = SourceKind::DicomSeries;
  for (fs::recursive_directory_iterator at(folder), end; at != end; ++at) {
    if (fs::is_regular_file(at->path())) source.files.push_back(at->path());
  }
  std::sort(source.files.begin(), source.files.end());
  return source;
}

/// Every voxel of the reference against ours, through the world.
void expect_same(const core::Volume& ours, const core::Volume& reference) {
  ASSERT_EQ(ours.grid.voxel_count(), reference.grid.voxel_count());
  const core::Affine ours_from_reference =
      ours.grid.world_from_voxel.inverse() * reference.grid.world_from_voxel;
  std::size_t wrong = 0;
  double off = 0.0;
  for (std::int64_t k = 0; k < reference.grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < reference.grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < reference.grid.size[0]; ++i) {
        const core::Vec3 at = ours_from_reference({double(i), double(j), double(k)});
        const core::Index3 v{std::lround(at[0]), std::lround(at[1]), std::lround(at[2])};
        for (std::size_t a = 0; a < 3; ++a) off = std::max(off, std::abs(at[a] - static_cast<double>(v[a])));
        const float expected = reference.at(i, j, k);
        if (!ours.grid.contains(v) ||
            std::abs(ours.at(v[0], v[1], v[2]) - expected) > 1e-6F * std::abs(expected))
          ++wrong;
      }
    }
  }
  EXPECT_EQ(wrong, 0U);
  EXPECT_LT(off, 0.01);
}

class SmallSeries : public testing::TestWithParam<const char*> {};

TEST_P(SmallSeries, EqualsItsReferenceVoxelByVoxel) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const std::string name = GetParam();
  TemporaryFolder folder;
  fs::path files = data / "dicom" / name;
  if (!fs::is_directory(files)) {
    unpack(data / "dicom" / (name + ".tar.gz"), folder.path());
    files = folder.path();
  }
  expect_same(read_scan(as_series(files)).volume,
              read_nifti(data / "dicom-expected" / (name + ".nii.gz")).volume);
}

INSTANTIATE_TEST_SUITE_P(All, SmallSeries,
                         testing::Values("siemens_trio_uncompressed", "siemens_trio_rle",
                                         "siemens_trio_jpegls", "siemens_trio_jpeglossless",
                                         "siemens_trio_j2k", "ge_mr750_anat4", "hitachi_echelon_anat4",
                                         "philips_intera_anat4", "philips_achieva15t_brainix_flair"));

/// An Enhanced object without functional groups: its planes could lie anywhere.
TEST(DicomReal, EnhancedFileWithoutPositionsIsRefused) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  ScanSource source;
  source.kind = SourceKind::DicomSeries;
  source.files = {data / "dicom/enhanced_small/emri_small.dcm"};
  try {
    (void)read_scan(source);
    ADD_FAILURE() << "it was read";
  } catch (const core::Error& error) {
    EXPECT_EQ(error.kind(), core::ErrorKind::Geometry);
    EXPECT_THAT(error.what(), testing::HasSubstr("no usable position"));
  }
}

/// Magnitude of both echoes of the Enhanced field map: two volumes in one file, told apart by `part`.
TEST(DicomReal, EnhancedFileWithSeveralVolumesIsReadByPart) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const TemporaryFolder folder;
  unpack(data / "dicom/philips_elitionx_fieldmap_enhanced.tar.gz", folder.path());
  ScanSource source = as_series(folder.path());
  EXPECT_THROW((void)read_scan(source), core::Error);
  const core::Volume magnitude =
      read_nifti(data / "dicom-expected/philips_elitionx_fieldmap_enhanced_e1.nii.gz").volume;
  int matches = 0;
  for (const char* part : {"1", "2", "3", "4"}) {
    source.part = part;
    const core::Volume volume = read_scan(source).volume;
    ASSERT_EQ(volume.grid.voxel_count(), magnitude.grid.voxel_count());
    const auto sum = [](const core::Volume& v) {
      double total = 0.0;
      for (const float x : v.voxels) total += x;
      return total;
    };
    if (std::abs(sum(volume) - sum(magnitude)) < 1e-6 * sum(magnitude)) {
      expect_same(volume, magnitude);
      ++matches;
    }
  }
  EXPECT_EQ(matches, 1);
}

TEST(DicomReal, EveryCaseIsReadOrSetAsideWithAReason) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const TemporaryFolder folder;
  for (fs::directory_iterator at(data / "dicom"), end; at != end; ++at) {
    const std::string name = at->path().filename().string();
    fs::path files = at->path();
    if (!fs::is_directory(files)) {
      files = folder / name;
      fs::create_directories(files);
      unpack(at->path(), files);
    }
    const ScanList list = find_scans(files, core::Context{});
    EXPECT_GE(list.scans.size() + list.set_aside.size(), 1U) << name;
    for (const SetAside& s : list.set_aside) {
      EXPECT_FALSE(s.reason.empty());
      EXPECT_FALSE(s.broken) << name << ": " << s.reason;
    }
    EXPECT_EQ(list.scans.size(), name.find("t1_") == std::string::npos ? 0U : 1U) << name;
  }
  const ScanList bad = find_scans(data / "bad", core::Context{});
  for (const ScanSource& s : bad.scans) {
    EXPECT_THAT(s.id(), testing::HasSubstr("ixi"));
  }
  for (fs::directory_iterator at(data / "bad"), end; at != end; ++at) {
    ScanSource source;
    source.kind = SourceKind::DicomSeries;
    source.files = {at->path()};
    EXPECT_THROW((void)read_scan(source), core::Error) << at->path();  // none holds a volume
  }
}

}  // namespace
}  // namespace isoscan::io
