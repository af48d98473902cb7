#include "isoscan/io/bids.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "isoscan/core/files.hpp"
#include "isoscan/io/convert.hpp"
#include "isoscan/test/support.hpp"

namespace isoscan::io {
namespace {

TEST(AcquisitionJson, TimesKeepTheDigitsThatTheDeviceWrote) {
  Acquisition a;
  for (const auto& [ms, text] :
       {std::pair{2.93, "0.00293"}, std::pair{2.98, "0.00298"}, std::pair{4.6, "0.0046"},
        std::pair{2300.0, "2.3"}, std::pair{1.0 / 3.0, "0.000333333333333"}}) {
    a.echo_time_ms = ms;
    EXPECT_NE(acquisition_json(a).find(std::string("\"EchoTime\": ") + text + "\n"), std::string::npos)
        << acquisition_json(a);
  }
}

using nlohmann::json;
using test::TemporaryFolder;

ScanSource someone() {
  ScanSource s;
  s.subject = "01";
  s.acquisition.manufacturer = "SIEMENS";
  s.acquisition.model = "Prisma";
  s.acquisition.software = "XA30";
  s.acquisition.station_hash = "0123456789abcdef";
  s.acquisition.sequence = "GR/SP";
  s.acquisition.image_type = "ORIGINAL\\PRIMARY\\M";
  s.acquisition.field_strength_t = 3.0;
  s.acquisition.repetition_time_ms = 2300.0;
  s.acquisition.echo_time_ms = 2.98;
  s.acquisition.flip_angle_deg = 9.0;
  return s;
}

TEST(Bids, Paths) {
  ScanSource s = someone();
  EXPECT_EQ(harmonized_path(s), "sub-01/anat/sub-01_desc-harmonized_T1w.nii.gz");
  s.session = "b";
  s.run = "2";
  EXPECT_EQ(harmonized_path(s, ".json"), "sub-01/ses-b/anat/sub-01_ses-b_run-2_desc-harmonized_T1w.json");
  EXPECT_EQ(converted_path(s), "sub-01/ses-b/anat/sub-01_ses-b_run-2_T1w.nii.gz");
}

TEST(Bids, AcquisitionHasBidsNamesAndUnitsAndOnlyWhatIsKnown) {
  const json a = json::parse(acquisition_json(someone().acquisition));
  EXPECT_DOUBLE_EQ(a.at("RepetitionTime"), 2.3);
  EXPECT_DOUBLE_EQ(a.at("EchoTime"), 0.00298);
  EXPECT_DOUBLE_EQ(a.at("MagneticFieldStrength"), 3.0);
  EXPECT_EQ(a.at("ManufacturersModelName"), "Prisma");
  EXPECT_EQ(a.at("ImageType"), json::array({"ORIGINAL", "PRIMARY", "M"}));
  EXPECT_FALSE(a.contains("InversionTime"));
  EXPECT_EQ(acquisition_json(Acquisition{}), "{}");
}

TEST(Bids, DatasetDescription) {
  const json d = json::parse(dataset_description("Harmonized", "0.1.0", {{"raw", "file:///raw"}}));
  EXPECT_EQ(d.at("Name"), "Harmonized");
  EXPECT_EQ(d.at("BIDSVersion"), "1.8.0");
  EXPECT_EQ(d.at("DatasetType"), "derivative");
  EXPECT_EQ(d.at("GeneratedBy").at(0).at("Name"), "Isoscan");
  EXPECT_EQ(d.at("GeneratedBy").at(0).at("Version"), "0.1.0");
  EXPECT_EQ(d.at("DatasetLinks").at("raw"), "file:///raw");
}

TEST(Convert, KeepsVoxelsPlacesAndDeviceAndReadsBackAsTheSameScan) {
  const TemporaryFolder folder;
  core::Grid grid;
  grid.size = {9, 10, 11};
  grid.world_from_voxel = {{0, 0, -1.5, 1, 0, 0, 0, 1, 0}, {3, 4, 5}};
  core::Volume volume(grid);
  for (std::size_t v = 0; v < volume.voxels.size(); ++v) volume.voxels[v] = static_cast<float>(v);
  ScanSource source = someone();
  source.files = {folder / "in.nii"};
  write_nifti(folder / "in.nii", volume, NiftiType::Int16);
  const ConvertedScan whole = convert_scan(source, folder / "out");
  EXPECT_EQ(whole.type, NiftiType::Int16);
  EXPECT_EQ(whole.volume, "sub-01/anat/sub-01_T1w.nii.gz");
  const LoadedScan back = read_nifti(folder / "out" / whole.volume);
  EXPECT_TRUE(back.volume.grid == grid);
  EXPECT_EQ(back.volume.voxels, volume.voxels);
  EXPECT_EQ(back.stored_as, "int16");

  const ScanList list = find_scans(folder / "out", core::Context{});
  ASSERT_EQ(list.scans.size(), 1U);
  EXPECT_EQ(list.scans[0].id(), source.id());
  EXPECT_EQ(list.scans[0].site, "SIEMENS-Prisma-3T");
  EXPECT_EQ(acquisition_json(list.scans[0].acquisition), acquisition_json(source.acquisition));
  const json sidecar = json::parse(core::read_file(folder / "out" / whole.sidecar));
  EXPECT_EQ(sidecar.at("Grid").at("Size"), json::array({9, 10, 11}));
  EXPECT_EQ(sidecar.at("Grid").at("RasFromVoxel").at(1), json::array({-1.0, 0.0, 0.0, -4.0}));

  volume.voxels[0] = 0.5F;
  write_nifti(folder / "in.nii", volume);
  EXPECT_EQ(convert_scan(source, folder / "out").type, NiftiType::Float32);
  EXPECT_EQ(read_nifti(folder / "out" / whole.volume).volume.voxels, volume.voxels);
}

}  // namespace
}  // namespace isoscan::io
