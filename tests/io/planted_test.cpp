/// @file De-identification: plants in every attribute; none comes out.
#include <gmock/gmock.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/io/convert.hpp"
#include "isoscan/test/support.hpp"

#include "derived_series.hpp"
#include "dicom_files.hpp"
#include "planted_dicom.hpp"

namespace isoscan::io {
namespace {

namespace fs = boost::filesystem;

using test::kPlantedDate;
using test::kPlantedNumber;
using test::kPlantedTime;
using test::kPlantedUid;
using testing::IsEmpty;

/// What is kept of the device, so that a site can be told: maker, model, software (docs/derived-dicom.md).
const std::set<std::string> kDevice{"PL00080070", "PL00081090", "PL00181020"};
/// Sidecars name the pulse sequence too.
const std::set<std::string> kSidecar{"PL00080070", "PL00081090", "PL00181020", "PL00180024", "PL00189005"};

const std::string kHostile =
    "\n<script>alert(1)</script>\x1b$B\xff\xfe\t\r\\..\\'\"; " + std::string(300, 'x');

class Planted : public testing::Test {
 protected:
  Planted() {
    test::write_series(folder / "in", {}, 20, 4.0);
    int least = 1 << 30;
    for (fs::directory_iterator at(folder / "in"), end; at != end; ++at)
      least = std::min(least, test::plant_everywhere(at->path(), kHostile));
    EXPECT_GT(least, 4000);  // the dictionary has about 4700
  }
  test::TemporaryFolder folder;
};

TEST_F(Planted, NothingComesOutOfADerivedSeries) {
  const ScanSource source = test::as_series(folder / "in");
  const core::Volume volume = read_scan(source).volume;
  const DerivedSeries series =
      write_derived_dicom(source, volume, test::derivation_facts(), {}, folder / "out");
  ASSERT_EQ(series.files.size(), 20U);
  for (const DerivedFile& file : series.files) {
    const std::string bytes = core::read_file(folder / "out" / file.name);
    EXPECT_THAT(test::plants_in(bytes, kDevice), IsEmpty()) << file.name;
    EXPECT_EQ(bytes.find(std::string(80, 'x')), std::string::npos);
    EXPECT_EQ(bytes.find("\nalert"), std::string::npos);
    DcmFileFormat format;
    ASSERT_TRUE(format.loadFile((folder / "out" / file.name).c_str()).good());
    DcmStack stack;
    while (format.getDataset()->nextObject(stack, true).good()) {
      const DcmTagKey tag = stack.top()->getTag();
      EXPECT_FALSE(tag.isPrivate()) << tag.toString();
      EXPECT_FALSE(tag.getGroup() >= 0x5000 && tag.getGroup() < 0x7000) << tag.toString();
    }
  }
  test::expect_round_trip(volume, folder / "out", series);
}

TEST_F(Planted, KeptIdentityIsThePatientsAndTheStudysAlone) {
  const ScanSource source = test::as_series(folder / "in");
  const DerivedSeries series = write_derived_dicom(source, read_scan(source).volume, test::derivation_facts(),
                                                   {DicomIdentity::Keep, ""}, folder / "out");
  std::set<std::string> known = kDevice;
  known.insert({"PL00100010", "PL00100020", "PL00100021", "PL00100040", "PL00080050", "PL00080090",
                "PL00081030", "PL00200010", "PL00201040", "PL00080005", kPlantedDate});
  for (const DerivedFile& file : series.files) {
    std::set<std::string> found = test::plants_in(core::read_file(folder / "out" / file.name), known);
    for (const std::string& of_study :
         {std::string(kPlantedDate), std::string(kPlantedTime), std::string(kPlantedUid), std::string("097Y"),
          std::string("\x1b$B"), std::string("\xff\xfe"), std::string(kPlantedNumber)})
      found.erase(of_study);  // birth and study date, UIDs, age, weight; text as the archive has it
    EXPECT_THAT(found, IsEmpty());
  }
}

TEST_F(Planted, NothingComesOutOfListsVolumesAndSidecars) {
  const ScanList list = find_scans(folder / "in", core::Context{});
  ASSERT_EQ(list.scans.size(), 1U) << list.set_aside.at(0).reason;
  const ConvertedScan converted = convert_scan(list.scans[0], folder / "bids");
  std::string words = list.scans[0].id() + list.scans[0].site;
  for (const auto& text : {list.warnings, list.scans[0].warnings, converted.notes, converted.warnings}) {
    for (const std::string& line : text) words += line + "\n";
  }
  words += core::read_file(folder / "bids" / converted.sidecar);
  words += core::read_file(folder / "bids" / converted.volume);
  EXPECT_THAT(test::plants_in(words, kSidecar), IsEmpty());
}

}  // namespace
}  // namespace isoscan::io
