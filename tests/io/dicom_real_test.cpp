/// @file Real series against reference conversions, in world space.
#include "dcmtk/config/osconfig.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <set>

#include <boost/algorithm/string.hpp>
#include <boost/filesystem.hpp>
#include <dcmtk/dcmdata/dctk.h>
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

/// What read_nifti says when it refuses.
std::string read_nifti_error(const fs::path& file) {
  try {
    (void)read_nifti(file);
  } catch (const core::Error& error) {
    return error.what();
  }
  return {};
}

/// Files of a case of dicom/: a folder, or an archive that is unpacked.
class Series {
 public:
  Series(const fs::path& data, const std::string& name) : at_(data / "dicom" / name) {
    if (fs::is_directory(at_)) return;
    unpack(data / "dicom" / (name + ".tar.gz"), folder_.path());
    at_ = folder_.path();
  }
  [[nodiscard]] const fs::path& path() const { return at_; }

  /// All of them as one series, whatever find_scans thinks of it.
  [[nodiscard]] ScanSource source() const {
    ScanSource source;
    source.kind = SourceKind::DicomSeries;
    for (fs::recursive_directory_iterator at(at_), end; at != end; ++at) {
      if (fs::is_regular_file(at->path()) && at->path().extension() != ".nii")
        source.files.push_back(at->path());
    }
    std::sort(source.files.begin(), source.files.end());
    return source;
  }

 private:
  TemporaryFolder folder_;
  fs::path at_;
};

/// Every voxel of the reference against ours, through the world.
/// @param slack  absolute, beside the rounding of float32
void expect_same(const core::Volume& ours, const core::Volume& reference, float slack = 0.0F) {
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
            std::abs(ours.at(v[0], v[1], v[2]) - expected) > slack + 1e-6F * std::abs(expected))
          ++wrong;
      }
    }
  }
  EXPECT_EQ(wrong, 0U);
  EXPECT_LT(off, 0.01);
}

/// Shape, voxel size and 64 values of the reference.
void expect_geometry(const core::Volume& volume, const nlohmann::json& geometry) {
  std::vector<std::int64_t> shape = geometry.at("shape");
  std::vector<double> zooms = geometry.at("zooms");
  shape.resize(3);
  zooms.resize(3);
  std::vector<std::int64_t> size(volume.grid.size.begin(), volume.grid.size.end());
  std::sort(shape.begin(), shape.end());
  std::sort(size.begin(), size.end());
  EXPECT_EQ(size, shape);
  core::Vec3 spacing = volume.grid.spacing_mm();
  std::sort(zooms.begin(), zooms.end());
  std::sort(spacing.begin(), spacing.end());
  for (std::size_t a = 0; a < 3; ++a) EXPECT_NEAR(spacing[a], zooms[a], 1e-4);  // positions have 5 digits
  const auto& probes = geometry.at("probes_world_xyz_mm_value_volume0");
  ASSERT_GE(probes.size(), 64U);
  for (const auto& p : probes) {
    const double expected = p[3];
    // The reference keeps four digits behind the point.
    EXPECT_NEAR(value_at(volume, p[0], p[1], p[2]), expected, 1e-4 + 2e-7 * std::abs(expected));
  }
}

/// Philips phase in radians. The reference's slope is the difference of two float32 numbers near pi (a
/// multiple of 2^-22, which the true slope 1/ScaleSlope is not), so that its values are off by up to 4e-4
/// rad, a quarter of a step. What can be equal is the stored integers: ours, with the slope and intercept
/// that the reference uses, which its smallest and largest value tell. That slope must be the true one but
/// for that rounding.
core::Volume with_slope_of_reference(ScanSource source, double smallest, double largest) {
  source.read.scaling = Scaling::Philips;
  const core::Volume floating = read_scan(source).volume;
  source.read.scaling = Scaling::Stored;
  core::Volume volume = read_scan(source).volume;
  const auto [low, high] = std::minmax_element(volume.voxels.begin(), volume.voxels.end());
  const auto [least, most] = std::minmax_element(floating.voxels.begin(), floating.voxels.end());
  const double steps = static_cast<double>(*high) - static_cast<double>(*low);
  const double slope = (largest - smallest) / steps;
  EXPECT_NEAR(slope, (static_cast<double>(*most) - static_cast<double>(*least)) / steps,
              std::ldexp(1.0, -22));
  EXPECT_NEAR(smallest, *least, 1e-6);
  const double lowest = *low;
  for (float& v : volume.voxels) v = static_cast<float>(smallest + slope * (static_cast<double>(v) - lowest));
  return volume;
}

/// A series, and the reference conversion that it must equal.
struct Case {
  const char* series;
  const char* expected;  ///< stem in dicom-expected/
  const char* part = "";
  bool first_volume = false;
  Scaling scaling = Scaling::Auto;
  bool rounded_slope = false;  ///< with_slope_of_reference
};

/// dcm2niix writes Philips' floating values; dicom2nifti, which made the *_anat4 and philips_achieva_enh_fmri
/// files, the rescaled ones.
const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"siemens_prisma_xa30_t1_normalised", "siemens_prisma_xa30_t1_normalised"},
      {"philips_elitionx_t1_mprage", "philips_elitionx_t1_mprage", "", false, Scaling::Philips},
      {"philips_achieva15t_brainix_flair", "philips_achieva15t_brainix_flair"},
      {"siemens_trio_uncompressed", "siemens_trio_uncompressed"},
      {"siemens_trio_rle", "siemens_trio_rle"},
      {"siemens_trio_jpegls", "siemens_trio_jpegls"},
      {"siemens_trio_jpeglossless", "siemens_trio_jpeglossless"},
      {"siemens_trio_j2k", "siemens_trio_j2k"},
      {"ge_mr750_anat4", "ge_mr750_anat4"},
      {"hitachi_echelon_anat4", "hitachi_echelon_anat4"},
      {"philips_intera_anat4", "philips_intera_anat4", "", false, Scaling::Rescale},
      {"siemens_trio_mosaic_ax_asc35", "siemens_trio_mosaic_ax_asc35", "", true},
      {"siemens_trio_mosaic_cor_int36", "siemens_trio_mosaic_cor_int36", "", true},
      {"siemens_trio_mosaic_jpeglossless", "siemens_trio_mosaic_jpeglossless", "", true},
      {"siemens_skyra_epi_ap", "siemens_skyra_epi_ap", "", true},
      {"siemens_vida_xa10_enh_epi", "siemens_vida_xa10_enh_epi", "", true},
      {"uih_umr770_dti_rot", "uih_umr770_dti_rot", "", true},
      {"canon_galan_dti_enhanced_sagittal", "canon_galan_dti_enhanced_sagittal", "", true},
      {"ge_mr750_epi_interleaved", "ge_mr750_epi_interleaved", "", true},
      {"ge_mr750_r2star_kidney", "ge_mr750_r2star_kidney_e1", "1"},
      {"philips_achieva_fmri", "philips_achieva_fmri", "", true, Scaling::Philips},
      {"philips_achieva_enh_fmri", "philips_achieva_enh_fmri", "", true, Scaling::Rescale},
      {"philips_elitionx_fieldmap_classic", "philips_elitionx_fieldmap_classic_e1", "1"},
      {"philips_elitionx_fieldmap_classic", "philips_elitionx_fieldmap_classic_e1_ph", "3", false,
       Scaling::Philips, true},
      {"philips_elitionx_fieldmap_classic", "philips_elitionx_fieldmap_classic_e2", "2"},
      {"philips_elitionx_fieldmap_classic", "philips_elitionx_fieldmap_classic_e2_ph", "4", false,
       Scaling::Philips, true},
      {"philips_elitionx_fieldmap_enhanced", "philips_elitionx_fieldmap_enhanced_e1", "1"},
      {"philips_elitionx_fieldmap_enhanced", "philips_elitionx_fieldmap_enhanced_e1_ph", "3", false,
       Scaling::Philips, true},
      {"philips_elitionx_fieldmap_enhanced", "philips_elitionx_fieldmap_enhanced_e2", "2"},
      {"philips_elitionx_fieldmap_enhanced", "philips_elitionx_fieldmap_enhanced_e2_ph", "4", false,
       Scaling::Philips, true},
  };
  return all;
}

class Expected : public testing::TestWithParam<Case> {};

TEST_P(Expected, EqualsTheReferenceConversionInWorldSpace) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const Case& c = GetParam();
  const Series series(data, c.series);
  ScanSource source = series.source();
  source.part = c.part;
  source.read = {c.scaling, c.first_volume, false};
  const fs::path whole = data / "dicom-expected" / (std::string(c.expected) + ".nii.gz");
  const fs::path facts = data / "dicom-expected" / (std::string(c.expected) + ".json");
  nlohmann::json geometry;
  if (fs::exists(facts)) {
    std::ifstream in(facts.string());
    geometry = nlohmann::json::parse(in).value("geometry", nlohmann::json());
  }
  ASSERT_TRUE(fs::exists(whole) || geometry.is_object()) << "nothing to compare with";
  core::Volume reference;
  if (fs::exists(whole)) reference = read_nifti(whole, {Scaling::Auto, true, false}).volume;
  core::Volume volume;
  if (!c.rounded_slope) {
    volume = read_scan(source).volume;
  } else if (geometry.is_object()) {
    volume = with_slope_of_reference(source, geometry.at("min"), geometry.at("max"));
  } else {
    const auto [low, high] = std::minmax_element(reference.voxels.begin(), reference.voxels.end());
    volume = with_slope_of_reference(source, *low, *high);
  }
  if (fs::exists(whole)) expect_same(volume, reference, c.rounded_slope ? 5e-7F : 0.0F);
  if (geometry.is_object()) expect_geometry(volume, geometry);
}

INSTANTIATE_TEST_SUITE_P(All, Expected, testing::ValuesIn(cases()),
                         [](const testing::TestParamInfo<Case>& one) { return one.param.expected; });

TEST(DicomReal, EveryReferenceConversionIsCompared) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  std::set<std::string> compared{"rgb_map"};  // ColourIsRefused
  for (const Case& c : cases()) compared.insert(c.expected);
  for (fs::directory_iterator at(data / "dicom-expected"), end; at != end; ++at) {
    const std::string name = at->path().filename().string();
    if (boost::ends_with(name, ".bval") || boost::ends_with(name, ".bvec") || fs::is_directory(at->path()))
      continue;
    EXPECT_EQ(compared.count(name.substr(0, name.find('.'))), 1U) << name;
  }
}

/// dcm2niix and dicom2nifti write RGB24; a colour map is no scan to harmonize, so it is refused by name.
TEST(DicomReal, ColourIsRefused) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const Series series(data, "rgb_map");
  const ScanList list = find_scans(series.path(), core::Context{});
  EXPECT_THAT(list.scans, IsEmpty());
  ASSERT_THAT(list.set_aside, SizeIs(1));
  EXPECT_THAT(list.set_aside[0].reason, testing::HasSubstr("colour"));
  EXPECT_THAT(read_nifti_error(data / "dicom-expected/rgb_map.nii.gz"), testing::HasSubstr("colours"));
  EXPECT_THROW((void)read_scan(series.source()), core::Error);
}

/// In all series over time: how many volumes there are is said, and without the flag none is taken.
TEST(DicomReal, SeriesOverTimeAreCountedAndNotTakenUnasked) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  for (const auto& [name, volumes] :
       std::vector<std::pair<const char*, const char*>>{{"siemens_trio_mosaic_ax_asc35", "2 volumes"},
                                                        {"siemens_vida_xa10_enh_epi", "4 volumes"},
                                                        {"uih_umr770_dti_rot", "17 volumes"},
                                                        {"canon_galan_dti_enhanced_sagittal", "13 volumes"},
                                                        {"ge_mr750_epi_interleaved", "10 volumes"},
                                                        {"philips_achieva_fmri", "3 volumes"},
                                                        {"philips_achieva_enh_fmri", "4 volumes"}}) {
    const Series series(data, name);
    ScanSource source = series.source();
    try {
      (void)read_scan(source);
      ADD_FAILURE() << name << " was read";
    } catch (const core::Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(volumes)) << name;
    }
    source.read.first_volume = true;
    EXPECT_THAT(read_scan(source).notes, testing::Contains(testing::HasSubstr("the first of "))) << name;
  }
}

/// The header's own factors lead from one choice of scaling to the other.
TEST(DicomReal, PhilipsScalingsAreOneAnotherByTheFactorsOfTheHeader) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const Series series(data, "philips_achieva_fmri");
  ScanSource source = series.source();
  DcmFileFormat file;
  ASSERT_TRUE(file.loadFile(source.files.front().c_str()).good());
  Float64 slope = 0.0;
  Float64 intercept = 0.0;
  Float32 scale = 0.0F;
  ASSERT_TRUE(file.getDataset()->findAndGetFloat64(DCM_RescaleSlope, slope).good());
  ASSERT_TRUE(file.getDataset()->findAndGetFloat64(DCM_RescaleIntercept, intercept).good());
  ASSERT_TRUE(file.getDataset()->findAndGetFloat32(DcmTagKey(0x2005, 0x100e), scale).good());
  const auto read = [&](Scaling scaling) {
    source.read = {scaling, true, false};
    return read_scan(source);
  };
  const LoadedScan stored = read(Scaling::Stored);
  const LoadedScan rescaled = read(Scaling::Rescale);
  const LoadedScan floating = read(Scaling::Philips);
  EXPECT_EQ(read(Scaling::Auto).volume.voxels, floating.volume.voxels);
  EXPECT_NE(slope, 1.0);
  for (std::size_t v = 0; v < stored.volume.voxels.size(); ++v) {
    const double displayed = stored.volume.voxels[v] * slope + intercept;
    ASSERT_FLOAT_EQ(rescaled.volume.voxels[v], static_cast<float>(displayed));
    ASSERT_FLOAT_EQ(floating.volume.voxels[v], static_cast<float>(displayed / (slope * scale)));
  }
  EXPECT_THAT(stored.notes, testing::Contains(testing::HasSubstr("stored values")));
  EXPECT_THAT(rescaled.notes, testing::Contains(testing::HasSubstr("rescale slope and intercept")));
  EXPECT_THAT(floating.notes, testing::Contains(testing::HasSubstr("Philips scaling")));
}

/// A file of the WG04 set as a series of two equal slices; its compressed bytes stay as they are.
core::Volume stored_volume(const fs::path& file, const TemporaryFolder& folder) {
  ScanSource source;
  source.kind = SourceKind::DicomSeries;
  source.read.scaling = Scaling::Stored;
  for (int slice = 0; slice < 2; ++slice) {
    DcmFileFormat format;
    EXPECT_TRUE(format.loadFile(file.c_str()).good()) << file;
    DcmDataset& d = *format.getDataset();
    d.putAndInsertString(DCM_ImagePositionPatient, ("0\\0\\" + std::to_string(slice)).c_str());
    d.putAndInsertString(DCM_ImageOrientationPatient, "1\\0\\0\\0\\1\\0");
    d.putAndInsertString(DCM_PixelSpacing, "1\\1");
    source.files.push_back(folder / (file.filename().string() + std::to_string(slice)));
    EXPECT_TRUE(format.saveFile(source.files.back().c_str(), d.getOriginalXfer()).good());
  }
  return read_scan(source).volume;
}

class Codec : public testing::TestWithParam<const char*> {};

TEST_P(Codec, DecodesEveryStoredInteger) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const std::string name = GetParam();
  const TemporaryFolder folder;
  const fs::path plain = folder / "plain.dcm";
  const std::string command =
      "gunzip -c '" + (data / "dicom-expected/codec_wg04" / (name.substr(0, 3) + "_UNC.dcm.gz")).string() +
      "' > '" + plain.string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  const core::Volume expected = stored_volume(plain, folder);
  const core::Volume decoded = stored_volume(data / "dicom/codec_wg04" / (name + ".dcm"), folder);
  EXPECT_GT(expected.grid.voxel_count(), 2U * 256 * 256);
  EXPECT_EQ(decoded.voxels, expected.voxels);
}

INSTANTIATE_TEST_SUITE_P(All, Codec,
                         testing::Values("CT1_J2KR", "CT1_JLSL", "CT1_JPLL", "CT1_RLE", "MR1_J2KR",
                                         "MR1_JLSL", "MR1_JPLL", "MR1_RLE"));

/// Four slices tilted by 14 degrees (dcm2niix says so too): not sheared, not taken unasked.
TEST(DicomReal, GantryTiltIsRefusedOrResampled) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const Series series(data, "ct_siemens_gantry_tilt");
  ScanSource source = series.source();
  try {
    (void)read_scan(source);
    ADD_FAILURE() << "it was read";
  } catch (const core::Error& error) {
    EXPECT_EQ(error.kind(), core::ErrorKind::Geometry);
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("gantry tilt of 14 degrees"),
                                             testing::HasSubstr("--resample")));
  }
  source.read.resample = true;
  const LoadedScan scan = read_scan(source);
  EXPECT_THAT(scan.warnings, testing::Contains(testing::HasSubstr("gantry tilt of 14 degrees")));
  const core::Grid& grid = scan.volume.grid;
  for (int a = 0; a < 3; ++a) {
    const core::Vec3 x = grid.world_from_voxel.column(a);
    const core::Vec3 y = grid.world_from_voxel.column((a + 1) % 3);
    EXPECT_NEAR(x[0] * y[0] + x[1] * y[1] + x[2] * y[2], 0.0, 1e-4) << "right angles";
  }
}

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
