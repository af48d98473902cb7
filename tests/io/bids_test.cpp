#include "isoscan/io/bids.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "isoscan/core/files.hpp"
#include "isoscan/core/version.hpp"
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
  EXPECT_EQ(uncertainty_path(s), "sub-01/anat/sub-01_desc-harmonized_uncertainty.nii.gz");
  EXPECT_EQ(uncertainty_path(s, ".json"), "sub-01/anat/sub-01_desc-harmonized_uncertainty.json");
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

TEST(Bids, EntitiesStandInBidsOrderAndTellScansApart) {
  ScanSource s = someone();
  s.session = "b";
  s.acq = "mprage";
  s.run = "2";
  s.entities = {{"rec", "norm"}, {"ce", "gad"},   {"echo", "1"},
                {"chunk", "3"},  {"part", "mag"}, {"task", "rest"}};
  EXPECT_EQ(s.id(), "sub-01_ses-b_task-rest_acq-mprage_ce-gad_rec-norm_run-2_echo-1_part-mag_chunk-3");
  EXPECT_EQ(harmonized_path(s), "sub-01/ses-b/anat/" + s.id() + "_desc-harmonized_T1w.nii.gz");
  EXPECT_EQ(converted_path(s), "sub-01/ses-b/anat/" + s.id() + "_T1w.nii.gz");
  s.entities = {{"space", "MNI152"}, {"res", "1mm"}};
  EXPECT_EQ(
      harmonized_path(s),
      "sub-01/ses-b/anat/sub-01_ses-b_acq-mprage_run-2_space-MNI152_res-1mm_desc-harmonized_T1w.nii.gz");
  EXPECT_EQ(converted_path(s), "sub-01/ses-b/anat/sub-01_ses-b_acq-mpragespaceMNI152res1mm_run-2_T1w.nii.gz");
  s.entities.clear();
  s.suffix = "FLAIR";
  EXPECT_EQ(s.id(), "sub-01_ses-b_acq-mprage_run-2_FLAIR");
  EXPECT_EQ(converted_path(s), "sub-01/ses-b/anat/sub-01_ses-b_acq-mprage_run-2_FLAIR.nii.gz");
}

TEST(Bids, DatasetDescriptionNamesTheProgramAndTheSource) {
  const json d = json::parse(dataset_description("Harmonized", DatasetType::Derivative,
                                                 {true, "doi:10.18112/openneuro.ds000001.v1.0.0", "CC0"}));
  EXPECT_EQ(d.at("Name"), "Harmonized");
  EXPECT_EQ(d.at("BIDSVersion"), "1.8.0");
  EXPECT_EQ(d.at("DatasetType"), "derivative");
  EXPECT_EQ(d.at("License"), "CC0");
  EXPECT_EQ(d.at("GeneratedBy").at(0).at("Name"), "Isoscan");
  EXPECT_EQ(d.at("GeneratedBy").at(0).at("Version"), core::version());
  EXPECT_TRUE(d.at("GeneratedBy").at(0).contains("CodeURL"));
  EXPECT_EQ(d.at("SourceDatasets").at(0).at("DOI"), "doi:10.18112/openneuro.ds000001.v1.0.0");
  EXPECT_EQ(d.at("DatasetLinks").at("source"), "doi:10.18112/openneuro.ds000001.v1.0.0");
  const json raw = json::parse(dataset_description("Converted", DatasetType::Raw, {}));
  EXPECT_EQ(raw.at("DatasetType"), "raw");
  EXPECT_FALSE(raw.contains("DatasetLinks") || raw.contains("License"));
}

TEST(Bids, TheSourceTellsItsDoiAndLicenceAndNothingElse) {
  const TemporaryFolder folder;
  core::write_file(
      folder / "raw/dataset_description.json",
      R"({"Name": "Anna's scans", "BIDSVersion": "1.8.0", "DatasetDOI": "10.18112/openneuro.ds1.v1",
                       "License": "CC0", "Authors": ["Anna"]})");
  core::write_file(folder / "raw/sub-01/anat/sub-01_T1w.json", "{}");
  for (const char* where : {"raw", "raw/sub-01", "raw/sub-01/anat/sub-01_T1w.json", "raw/."}) {
    const SourceDataset source = source_dataset(folder / where);
    EXPECT_TRUE(source.bids) << where;
    EXPECT_EQ(source.doi, "doi:10.18112/openneuro.ds1.v1") << where;
    EXPECT_EQ(source.license, "CC0") << where;
    EXPECT_EQ(dataset_description("x", DatasetType::Derivative, source).find("Anna"), std::string::npos);
  }
  EXPECT_FALSE(source_dataset(folder.path()).bids);
  core::write_file(folder / "odd/dataset_description.json", R"({"DatasetDOI": "see 10.1/x\nInjected"})");
  EXPECT_TRUE(source_dataset(folder / "odd").doi.empty());
  core::write_file(folder / "bad/dataset_description.json", "{ damaged");
  EXPECT_TRUE(source_dataset(folder / "bad").bids);
}

TEST(Bids, ParticipantsAreSortedAndOneLineEach) {
  EXPECT_EQ(participants_table({{"b", "GE-1.5T"}, {"a", ""}, {"c", "odd\tsite\n"}}),
            "participant_id\tsite\nsub-a\tn/a\nsub-b\tGE-1.5T\nsub-c\toddsite\n");
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
