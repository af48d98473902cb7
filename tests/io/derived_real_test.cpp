/// @file Real series out as derived DICOM: the round trip and the validator.
#include <iostream>

#include <gmock/gmock.h>

#include "isoscan/core/error.hpp"
#include "isoscan/test/support.hpp"

#include "derived_series.hpp"

namespace isoscan::io {
namespace {

namespace fs = boost::filesystem;

using testing::IsEmpty;

/// Every volume that can be read of a folder: by parts where the series holds several.
std::vector<ScanSource> volumes_of(const fs::path& folder) {
  std::vector<ScanSource> found;
  ScanSource source = test::as_series(folder);
  const auto readable = [](const ScanSource& s) {
    try {
      return !read_scan(s).volume.voxels.empty();
    } catch (const core::Error&) {
      return false;
    }
  };
  if (readable(source)) return {source};
  for (const char* part : {"1", "2", "3", "4"}) {
    source.part = part;
    if (readable(source)) found.push_back(source);
  }
  if (!found.empty()) return found;
  source.part.clear();
  for (const fs::path& file : source.files) {
    ScanSource one = source;
    one.files = {file};
    if (readable(one)) found.push_back(one);
    if (found.size() == 2) break;
  }
  return found;
}

TEST(DerivedReal, EveryReadableVolumeComesBackAndIsValid) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const test::TemporaryFolder folder;
  const bool judge = test::have_dciodvfy();
  if (!judge) std::cout << "dciodvfy is not there (Debian package dicom3tools): not asked\n";
  int volumes = 0;
  std::size_t errors = 0;
  std::size_t source_errors = 0;
  for (fs::directory_iterator at(data / "dicom"), end; at != end; ++at) {
    const std::string name = at->path().filename().string();
    fs::path files = at->path();
    if (!fs::is_directory(files)) {
      files = folder / "in";
      fs::create_directories(files);
      const std::string command = "tar xzf '" + at->path().string() + "' -C '" + files.string() + "'";
      ASSERT_EQ(std::system(command.c_str()), 0);
    }
    for (const ScanSource& source : volumes_of(files)) {
      const core::Volume volume = test::changed(read_scan(source).volume);
      for (const DicomIdentity identity : {DicomIdentity::Remove, DicomIdentity::Keep}) {
        const DerivedSeries series =
            write_derived_dicom(source, volume, test::derivation_facts(), {identity, "k"}, folder / "out");
        SCOPED_TRACE(name + " " + source.part);
        if (identity == DicomIdentity::Remove) test::expect_round_trip(volume, folder / "out", series);
        if (judge) {
          EXPECT_THAT(test::new_errors(source, folder / "out", series), IsEmpty());
          errors += test::dciodvfy_errors(folder / "out" / series.files[0].name).size();
          source_errors += test::dciodvfy_errors(source.files[0]).size();
        }
      }
      std::cout << name << " part '" << source.part << "': " << volume.grid.size[2] << " slices\n";
      ++volumes;
    }
    fs::remove_all(folder / "in");
  }
  std::cout << volumes << " volumes, each de-identified and kept; dciodvfy finds " << errors
            << " errors in the first derived images, " << source_errors << " in their sources\n";
  EXPECT_GE(volumes, 12);
}

}  // namespace
}  // namespace isoscan::io
