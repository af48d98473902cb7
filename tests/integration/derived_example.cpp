// Writes a made-up head of 24 slices and the derived series of it: derived_example FOLDER [remove|keep]
#include <iostream>

#include "isoscan/core/error.hpp"

#include "../io/derived_series.hpp"
#include "../io/dicom_files.hpp"

namespace {

int run(const boost::filesystem::path& folder, bool keep) {
  using namespace isoscan;
  test::SliceFacts facts;
  facts.rows = 96;
  facts.columns = 80;
  facts.orientation = {0, 1, 0, 0, 0, -1};
  test::write_series(folder / "source", facts, 24, 1.5, [](int s, test::SliceFacts& f) {
    f.value = [s](int row, int column) {
      return static_cast<unsigned short>((row * 37 + column * 91 + s * 53) % 4000);
    };
  });
  const io::ScanSource source = test::as_series(folder / "source");
  const core::Volume volume = test::changed(io::read_scan(source).volume);
  const io::DicomIdentity identity = keep ? io::DicomIdentity::Keep : io::DicomIdentity::Remove;
  const io::DerivedSeries series = io::write_derived_dicom(source, volume, test::derivation_facts(),
                                                           {identity, "a secret"}, folder / "derived");
  std::cout << series.series_uid << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 2) throw isoscan::core::Error(isoscan::core::ErrorKind::Config, "FOLDER is missing");
    return run(argv[1], argc > 2 && std::string(argv[2]) == "keep");
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
