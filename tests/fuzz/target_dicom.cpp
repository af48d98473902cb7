#include "isoscan/io/bids.hpp"
#include "isoscan/io/scan.hpp"

#include "dicom_image.hpp"
#include "judge.hpp"
#include "targets.hpp"

namespace isoscan::fuzz {

namespace {

void read_all(io::ScanSource source) {
  source.kind = io::SourceKind::DicomSeries;
  for (const char* part : {"", "1", "2"}) {
    source.part = part;
    judged([&] { check_volume(io::read_scan(source).volume); });
  }
  source.part.clear();
  source.read = {io::Scaling::Stored, true, true};
  judged([&] { check_volume(io::read_scan(source).volume); });
}

}  // namespace

void dicom(std::string_view bytes) {
  static const Scratch scratch;
  const auto file = scratch.put("image.dcm", bytes);
  judged([&] {
    const io::DicomImage image = io::read_dicom_image(file);
    require(!image.no_image.empty() || !image.frames.empty(), "an image without frames");
    (void)io::acquisition_json(image.acquisition);
  });
  io::ScanSource source;
  source.files = {file};
  read_all(source);
}

void dicom_series(std::string_view bytes) {
  static const Scratch folder;
  constexpr std::size_t kMostFiles = 64;
  io::ScanSource source;
  while (source.files.size() < kMostFiles) {
    const std::size_t end = bytes.find(kFileMark);
    source.files.push_back(folder.put(std::to_string(source.files.size()) + ".dcm", bytes.substr(0, end)));
    if (end == std::string_view::npos) break;
    bytes.remove_prefix(end + kFileMark.size());
  }
  judged([&] {
    for (const io::ScanSource& scan : io::find_scans(folder.path(), {}).scans) {
      require(!io::converted_path(scan).empty() && !io::acquisition_json(scan.acquisition).empty(),
              "a scan without a name");
      judged([&] { check_volume(io::read_scan(scan).volume); });
    }
  });
  read_all(source);
  for (const auto& file : source.files) boost::filesystem::remove(file);
}

}  // namespace isoscan::fuzz
