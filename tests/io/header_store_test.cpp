// Headers as few bytes, in a file that may be cut anywhere.
#include "header_store.hpp"

#include <fstream>

#include <boost/filesystem.hpp>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/test/support.hpp"

#include "dicom_files.hpp"
#include "header_record.hpp"
#include "nifti_files.hpp"
#include "pieces.hpp"

namespace isoscan::io {
namespace {

namespace fs = boost::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

/// Every field of every struct holds what no default holds.
DicomImage filled() {
  DicomImage image;
  image.file = "/a/b";
  image.no_image = "nothing";
  image.sop_uid = "1.2";
  image.series_uid = "1.3";
  image.series_number = 7;
  image.instance_number = -8;
  image.person = "who";
  image.visit = "when";
  image.words = "t1 \xfc";  // no UTF-8: as a device may write it
  image.sequence_words = "tfl";
  image.body_part = "BRAIN";
  image.contrast = "T1";
  image.echo_planar = image.angiography = image.phase_contrast = image.spin_echo = image.is_signed = true;
  image.rows = 2;
  image.columns = 3;
  image.tiles_across = 4;
  image.tiles_down = 5;
  image.layout_warnings = {"guessed"};
  image.pixel_kind = PixelKind::Float32;
  image.modality_lut = true;
  image.pixel_offset = 1234;
  image.file_frames = 6;
  image.bits_allocated = 16;
  image.bits_stored = 12;
  image.high_bit = 11;
  image.samples = 3;
  image.photometric = "RGB";
  image.transfer_syntax = "1.2.840";
  image.acquisition = {"MR", "M", "P", "S", "0123", "GR", "ORIGINAL", 3.0, 2300.5, 2.98, 900.0, 9.0, 1.1};
  DicomFrame frame;
  frame.image = 4;
  frame.number = 5;
  frame.tile = 6;
  frame.real_world = RealWorldMapping{2.0, 3.0, 4.0, 5.0, true, 2, "ms"};
  frame.temporal_position = 2;
  frame.acquired_s = 3600.5;
  frame.placed = true;
  frame.position = {1.5, -2.25, 1e-300};
  frame.along_row = {0.1, 0.2, 0.3};
  frame.along_column = {0.4, 0.5, 0.6};
  frame.column_spacing_mm = 0.7;
  frame.row_spacing_mm = 0.8;
  frame.slope = 1.0 / 3.0;
  frame.intercept = -1024.0;
  frame.philips_scale = 0.1;
  frame.echo_time_ms = 3.0;
  frame.inversion_time_ms = 4.0;
  frame.b_value = 1000.0;
  frame.image_type = "ORIGINAL\\PRIMARY";
  image.frames = {frame, DicomFrame{}};
  return image;
}

TEST(HeaderRecord, EveryFieldSurvives) {
  const DicomImage image = filled();
  const HeaderRecord record = record_of(image);
  EXPECT_EQ(image_of(record.common, record.own, image.file), image);
  const HeaderRecord bare = record_of(DicomImage{});
  EXPECT_EQ(image_of(bare.common, bare.own, ""), DicomImage{});
}

/// A field that `filled` forgets would make the test above true of nothing.
TEST(HeaderRecord, TheTestFillsEveryField) {
  DicomImage image = filled();
  image.frames.resize(1);
  DicomImage bare;
  bare.frames.resize(1);
  bare.frames[0].real_world.emplace();
  const HeaderRecord all = record_of(image);
  const HeaderRecord none = record_of(bare);
  const auto equal = [](const std::string& a, const std::string& b) {
    const auto full = nlohmann::json::from_cbor(a);
    const auto empty = nlohmann::json::from_cbor(b);
    EXPECT_EQ(full.size(), empty.size());
    std::size_t count = 0;
    for (std::size_t n = 0; n < full.size(); ++n) count += full[n] == empty[n] ? 1 : 0;
    return count;
  };
  EXPECT_EQ(equal(all.common, none.common), 0U);
  EXPECT_EQ(equal(all.own, none.own), 2U) << "the number of frames, and that there is a mapping, alone";
}

TEST(HeaderRecord, SlicesOfASeriesShareTheirCommonPart) {
  const test::TemporaryFolder folder;
  test::write_series(folder.path(), test::SliceFacts{}, 20, 3.0);
  std::set<std::string> commons;
  for (fs::directory_iterator at(folder.path()), end; at != end; ++at) {
    const HeaderRecord record = record_of(read_dicom_image(at->path()));
    commons.insert(record.common);
    EXPECT_LT(record.own.size(), 150U);
  }
  EXPECT_EQ(commons.size(), 1U);
}

TEST(HeaderRecord, OtherBytesAreAnError) {
  const HeaderRecord record = record_of(filled());
  for (std::size_t cut = 0; cut < record.own.size(); ++cut)
    EXPECT_THROW((void)image_of(record.common, record.own.substr(0, cut), ""), core::Error);
  EXPECT_THROW((void)image_of(record.own, record.common, ""), core::Error);
}

TEST(Pieces, ACutOrAFlipEndsThemAndAFalseLengthAllocatesNothing) {
  const std::vector<std::string> parts{"one", "", std::string(3'000'000, 'x'), "four"};
  std::string bytes;
  std::vector<std::size_t> ends;
  for (const std::string& part : parts) {
    bytes += piece(part);
    ends.push_back(bytes.size());
  }
  std::vector<std::string> found;
  const auto take = [&](std::string_view part) {
    found.emplace_back(part);
    return true;
  };
  EXPECT_EQ(each_piece(bytes, take), bytes.size());
  EXPECT_EQ(found, parts);
  for (const std::size_t cut :
       {std::size_t{0}, std::size_t{5}, ends[0], ends[1] + 3, ends[2] - 1, ends[3] - 1}) {
    found.clear();
    std::size_t expected = 0;
    for (const std::size_t end : ends) expected = end <= cut ? end : expected;
    EXPECT_EQ(each_piece(std::string_view(bytes).substr(0, cut), take), expected) << cut;
  }
  std::string flipped = bytes;
  flipped[ends[1] + 100] ^= 1;
  EXPECT_EQ(each_piece(flipped, take), ends[1]);
  EXPECT_EQ(each_piece(std::string_view("\xff\xff\xff\x3f\0\0\0\0abc", 11), take), 0U);
}

class Journal : public testing::Test {
 protected:
  Journal() {
    test::SliceFacts f;
    test::write_series(folder / "a", f, 40, 3.0);
    f.series = "1.2.3.5";
    test::write_series(folder / "b", f, 40, 3.0);
    test::write_fast(folder / "b/broken.dcm", "no DICOM");
    test::write_fast(folder / "b/text", "something else");
    for (const char* part : {"a", "b"}) {
      for (fs::directory_iterator at(folder / part), end; at != end; ++at) files.push_back(at->path());
    }
    std::sort(files.begin(), files.end());
  }
  static std::vector<std::string> facts(const HeaderStore& store) {
    std::vector<std::string> all;
    for (std::size_t n = 0; n < store.size(); ++n) {
      std::string text = store[n].path + std::to_string(static_cast<int>(store[n].state)) + store[n].own;
      if (store[n].state == HeaderState::Image) text += record_of(store.image(n)).common;
      all.push_back(text);
    }
    return all;
  }
  [[nodiscard]] fs::path journal() const { return folder / "journal"; }

  test::TemporaryFolder folder;
  std::vector<fs::path> files;
};

TEST_F(Journal, GoesOnWhereverItWasCut) {
  std::vector<std::string> expected;
  {
    HeaderStore store(journal());
    store.read(files, core::Context{});
    expected = facts(store);
    EXPECT_EQ(store.reused(), 0U);
  }
  EXPECT_THAT(expected.back(), HasSubstr("text2"));
  const std::string whole = core::read_file(journal());
  for (std::size_t cut = 0; cut <= whole.size(); cut += 211) {
    core::write_file(journal(), whole.substr(0, cut));
    {
      HeaderStore store(journal());
      store.read(files, core::Context{});
      EXPECT_EQ(facts(store), expected) << cut;
      store.tidy();
    }
    EXPECT_EQ(core::read_file(journal()), whole) << cut;
  }
}

TEST_F(Journal, IsTheSameForEveryNumberOfThreads) {
  HeaderStore one;
  one.read(files, core::Context{});
  core::Context many;
  many.threads = 5;
  HeaderStore five;
  five.read(files, many);
  EXPECT_EQ(facts(one), facts(five));
}

TEST_F(Journal, ReadsAgainWhatChangedAndForgetsWhatIsGone) {
  {
    HeaderStore store(journal());
    store.read(files, core::Context{});
  }
  test::SliceFacts f;
  f.patient = "Roe-12";
  test::write_slice(files[3], f);
  const fs::path gone = files[10];
  fs::remove(gone);
  files.erase(files.begin() + 10);
  HeaderStore fresh;
  fresh.read(files, core::Context{});
  {
    HeaderStore store(journal());
    store.read(files, core::Context{});
    EXPECT_EQ(facts(store), facts(fresh));
    EXPECT_EQ(store.reused(), files.size() - 2);  // the changed and the broken one
    store.tidy();
  }
  EXPECT_EQ(core::read_file(journal()).find(gone.string()), std::string::npos);
}

TEST_F(Journal, OfAnotherLayoutIsStartedAnew) {
  core::write_file(journal(), piece("isoscan-headers-0 of long ago") + piece("Fxx"));
  HeaderStore store(journal());
  store.read(files, core::Context{});
  EXPECT_EQ(store.reused(), 0U);
  EXPECT_EQ(store.size(), files.size());
}

}  // namespace
}  // namespace isoscan::io
