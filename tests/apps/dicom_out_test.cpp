// --dicom-out, end to end: what is written, when it is written again, and that nothing planted gets out.
#include <fstream>

#include "isoscan/config/json.hpp"
#include "isoscan/config/schema.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/io/nifti.hpp"

#include "../io/derived_series.hpp"
#include "../io/dicom_files.hpp"
#include "../io/planted_dicom.hpp"
#include "program.hpp"

namespace isoscan {
namespace {

/// The volume as a scanner would send it: whole numbers, one file a slice.
void write_as_dicom(const core::Volume& volume, const fs::path& folder, test::SliceFacts facts) {
  const core::Grid& grid = volume.grid;
  const core::Vec3 spacing = grid.spacing_mm();
  const core::Vec3 row = grid.world_from_voxel.column(0);
  const core::Vec3 column = grid.world_from_voxel.column(1);
  float high = 1.0F;
  for (const float v : volume.voxels) high = std::max(high, v);
  facts.columns = static_cast<unsigned short>(grid.size[0]);
  facts.rows = static_cast<unsigned short>(grid.size[1]);
  facts.spacing = {spacing[1], spacing[0]};
  for (std::size_t a = 0; a < 3; ++a) {
    facts.orientation[a] = row[a] / spacing[0];
    facts.orientation[3 + a] = column[a] / spacing[1];
  }
  for (int k = 0; k < grid.size[2]; ++k) {
    facts.number = k + 1;
    facts.position = grid.world_from_voxel({0.0, 0.0, static_cast<double>(k)});
    facts.value = [&, k](int y, int x) {
      return static_cast<unsigned short>(std::max(0.0F, volume.at(x, y, k)) / high * 4000.0F);
    };
    test::write_slice(folder / ("IM" + std::to_string(k + 1) + ".dcm"), facts);
  }
}

std::string scan_of(const fs::path& out) {
  for (const auto& entry : fs::directory_iterator(out / "status")) {
    const config::Json status = config::read_json(entry.path(), config::Schema::Status);
    if (status.at("scan").as_string().rfind("sub-p", 0) == 0) return status.at("scan").as_string();
  }
  return "none";
}

config::Json status_of(const fs::path& out) {
  return config::read_json(out / "status" / (scan_of(out) + ".json"), config::Schema::Status);
}

class DicomOut : public Program {
 protected:
  DicomOut() {
    const fs::path nifti = scans() / "new-hospital/sub-new01/anat/sub-new01_T1w.nii.gz";
    write_as_dicom(io::read_nifti(nifti).volume, folder / "in/DOE^JANE", {});
    core::write_file(folder / "in/sub-new01_T1w.nii.gz", core::read_file(nifti));
  }
  [[nodiscard]] Finished run(const std::string& out, const std::string& with) const {
    return isoscan_program("harmonize " + (folder / "in").string() + " --reference " +
                           (harmonized() / "reference.isoref").string() +
                           " --method two-pass --cores 2 --out " + (folder / out).string() + with);
  }
  [[nodiscard]] std::string to(const std::string& dicom) const {
    return " --dicom-out " + (folder / dicom).string();
  }
  test::TemporaryFolder folder;
};

TEST_F(DicomOut, SeriesAppearAreLeftAloneAndMadeAgain) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const Finished first = run("out", to("dicom"));
  ASSERT_EQ(first.status, 0) << first.output;
  EXPECT_TRUE(has(first.output, "1 derived DICOM series; 1 scan has none, as the source is no DICOM"))
      << first.output;
  const std::string id = scan_of(folder / "out");
  const config::Json status = status_of(folder / "out");
  const config::Json& record = status.at("derived_dicom");
  EXPECT_EQ(record.at("folder").as_string(), id + "/" + id + "_desc-harmonized");
  EXPECT_EQ(record.at("identity").as_string(), "remove");
  const fs::path series = folder / "dicom" / record.at("folder").as_string();
  const auto made = digests(folder / "dicom");
  EXPECT_EQ(made.size(), static_cast<std::size_t>(record.at("images").as_integer()));

  // The series holds the harmonized volume, on an equal grid.
  const core::Volume volume =
      io::read_nifti(folder / "out" / status.at("outputs").items()[0].at("path").as_string()).volume;
  const core::Volume back = io::read_scan(test::as_series(series)).volume;
  ASSERT_EQ(back.grid, volume.grid);
  double off = 0.0;
  for (std::size_t n = 0; n < volume.voxels.size(); ++n)
    off =
        std::max(off, std::abs(static_cast<double>(back.voxels[n]) - static_cast<double>(volume.voxels[n])));
  EXPECT_LE(off, 0.501 * record.at("slope").as_number());
  EXPECT_EQ(test::value_of(series / "00001.dcm", DCM_PatientID), id.substr(4));

  // Again: nothing is touched. Taken away: it is made again, with the same bytes. Damaged: too.
  const auto before = fs::last_write_time(series / "00001.dcm");
  EXPECT_EQ(run("out", to("dicom")).status, 0);
  EXPECT_EQ(fs::last_write_time(series / "00001.dcm"), before);
  fs::remove_all(folder / "dicom");
  EXPECT_EQ(run("out", to("dicom")).status, 0);
  EXPECT_EQ(digests(folder / "dicom"), made);
  core::write_file(series / "00002.dcm", "damaged");
  EXPECT_EQ(run("out", to("dicom")).status, 0);
  EXPECT_EQ(digests(folder / "dicom"), made);
  EXPECT_EQ(status_of(folder / "out"), status);

  // People under their names never stand beside pseudonyms: another identity needs another folder.
  const Finished mixed = run("out", to("dicom") + " --dicom-identity keep");
  EXPECT_EQ(mixed.status, 2) << mixed.output;
  EXPECT_TRUE(has(mixed.output, "holds de-identified series (--dicom-identity remove), as in " + id))
      << mixed.output;
  core::write_file(folder / "key", "sixteen secret bytes and more");
  core::write_file(series / ".DS_Store", "not ours");
  for (const std::string flags : {" --dicom-identity keep", " --pseudonym-key "}) {
    const bool keyed = has(flags, "key");
    const Finished clash = run("out", to("dicom") + flags + (keyed ? (folder / "key").string() : ""));
    EXPECT_EQ(clash.status, 2) << clash.output;
    EXPECT_TRUE(
        has(clash.output, keyed ? "holds pseudonyms of another --pseudonym-key" : "holds de-identified"))
        << clash.output;
  }
  fs::remove(series / ".DS_Store");
  EXPECT_EQ(digests(folder / "dicom"), made);
  fs::remove_all(folder / "dicom");
  EXPECT_EQ(run("out", to("dicom") + " --dicom-identity keep").status, 0);
  EXPECT_EQ(test::value_of(series / "00001.dcm", DCM_PatientID), "Doe-4711");
  EXPECT_EQ(test::value_of(series / "00001.dcm", DCM_StudyInstanceUID), "1.2.3");
  EXPECT_EQ(status_of(folder / "out").at("derived_dicom").at("identity").as_string(), "keep");
}

TEST_F(DicomOut, ASeriesThatCannotBeWrittenIsThatScansFailure) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  ASSERT_EQ(run("out", to("dicom")).status, 0);
  const std::string id = scan_of(folder / "out");
  const fs::path series = folder / "dicom" / id / (id + "_desc-harmonized");
  fs::remove_all(series);
  core::write_file(series / "notes.txt", "mine");
  const Finished failed = run("out", to("dicom"));
  EXPECT_EQ(failed.status, 8) << failed.output;
  EXPECT_TRUE(has(failed.output, "holds what isoscan did not write")) << failed.output;
  EXPECT_EQ(core::read_file(series / "notes.txt"), "mine");
  const config::Json status = status_of(folder / "out");
  EXPECT_EQ(status.at("state").as_string(), "failed");
  EXPECT_EQ(status.at("error").at("stage").as_string(), "derive-dicom");
  EXPECT_FALSE(has(status.dump(), folder.path().string())) << status.dump();
  fs::remove_all(series);
  for (const auto& entry : fs::directory_iterator(folder / "in/DOE^JANE")) {
    DcmFileFormat format;
    ASSERT_TRUE(format.loadFile(entry.path().c_str()).good() && format.loadAllDataIntoMemory().good());
    format.getDataset()->putAndInsertString(DCM_BurnedInAnnotation, "YES");
    ASSERT_TRUE(format.saveFile(entry.path().c_str(), EXS_LittleEndianExplicit).good());
  }
  const Finished refused = run("out", to("dicom"));
  EXPECT_EQ(refused.status, 8) << refused.output;
  EXPECT_EQ(status_of(folder / "out").at("state").as_string(), "refused");
  EXPECT_FALSE(has(status_of(folder / "out").dump(), "DOE")) << status_of(folder / "out").dump();
  EXPECT_FALSE(fs::exists(series));
}

TEST_F(DicomOut, WrongFoldersAndFlagsAreUsageErrors) {
  const std::string in = (folder / "in").string();
  for (const std::string& flags :
       {std::string(" --dicom-identity keep"), to("out"), to("in"), to("dicom") + " --dicom-identity both",
        to("in/DOE^JANE/IM1.dcm"), to("in/derived")}) {
    const Finished run_ = run("out", flags);
    EXPECT_EQ(run_.status, 2) << flags << '\n' << run_.output;
  }
  EXPECT_FALSE(fs::exists(folder / "dicom"));
}

TEST_F(DicomOut, NothingPlantedGetsOutOfTheProgram) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const std::string hostile =
      "\n<script>alert(1)</script>\x1b$B\xff\xfe\t\r\\..\\'\"; " + std::string(300, 'x');
  for (const auto& entry : fs::directory_iterator(folder / "in/DOE^JANE"))
    ASSERT_GT(test::plant_everywhere(entry.path(), hostile), 4000);
  const Finished done = run("out", to("dicom"));
  ASSERT_EQ(done.status, 0) << done.output;
  ASSERT_TRUE(has(done.output, "1 derived DICOM series")) << done.output;
  const Finished converted =
      isoscan_program("convert " + (folder / "in").string() + " --out " + (folder / "bids").string());
  ASSERT_EQ(converted.status, 0) << converted.output;
  // Maker, model, software and the pulse sequence's name are what a site is told by.
  const std::set<std::string> device{"PL00080070", "PL00081090", "PL00181020", "PL00180024", "PL00189005"};
  std::size_t files = 0;
  for (const char* of : {"out", "dicom", "bids"}) {
    for (fs::recursive_directory_iterator at(folder / of), end; at != end; ++at) {
      if (at->path().filename() == ".isoscan") at.disable_recursion_pending();  // private to this machine
      if (!fs::is_regular_file(at->path())) continue;
      std::string text = core::read_file(at->path());
      if (at->path().extension() == ".gz") {
        const std::string plain = (folder / "plain").string();
        ASSERT_EQ(std::system(("gunzip -c '" + at->path().string() + "' >'" + plain + "'").c_str()), 0);
        text += core::read_file(plain);
      }
      const std::string name = fs::relative(at->path(), folder.path()).string();
      const std::string kind = at->path().extension().string();
      const bool binary = kind == ".gz" || kind == ".dcm" || kind == ".isoref" || kind == ".isosite";
      for (const std::string& plant : test::plants_in(name + text, device, binary))
        ADD_FAILURE() << name << " holds " << plant;
      EXPECT_FALSE(has(text, "<script>alert(1)") && at->path().extension() == ".html") << name;
      EXPECT_FALSE(has(text, "DOE^JANE")) << name;
      EXPECT_FALSE(has(text, folder.path().string())) << name;
      ++files;
    }
  }
  EXPECT_GT(files, 100U);
}

}  // namespace
}  // namespace isoscan
