#include <algorithm>

#include "isoscan/io/bids.hpp"
#include "isoscan/io/scan.hpp"

#include "dicom_image.hpp"
#include "dicomdir.hpp"
#include "header_record.hpp"
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
    const io::HeaderRecord record = io::record_of(image);
    require(io::record_of(io::image_of(record.common, record.own, file)) == record,
            "a header does not go round");
  });
  judged([&] { (void)io::read_dicomdir(file); });
  io::ScanSource source;
  source.files = {file};
  read_all(source);
}

void record(std::string_view bytes) {
  const std::size_t mark = std::min(bytes.find(kFileMark), bytes.size());
  const std::string common(bytes.substr(0, mark));
  const std::string own(bytes.substr(std::min(mark + kFileMark.size(), bytes.size())));
  judged([&] { (void)io::record_of(io::image_of(common, own, "image.dcm")); });
}

void dicom_series(std::string_view bytes) {
  static const Scratch folder;
  io::ScanSource source;
  source.files = put_files(folder, bytes);
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
