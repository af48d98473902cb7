#include "isoscan/io/derived_dicom.hpp"
#include "isoscan/io/scan.hpp"

#include "judge.hpp"
#include "targets.hpp"

namespace isoscan::fuzz {

void derived(std::string_view bytes) {
  static const Scratch folder;
  io::ScanSource source;
  source.kind = io::SourceKind::DicomSeries;
  source.subject = "p1";
  source.files = put_files(folder, bytes);
  judged([&] {
    const core::Volume volume = io::read_scan(source).volume;
    for (const auto identity : {io::DicomIdentity::Remove, io::DicomIdentity::Keep}) {
      judged([&] {
        const auto out = folder.path() / "out";
        const io::DerivedSeries series =
            io::write_derived_dicom(source, volume, {"0", "none", "", "nothing"}, {identity, "key"}, out);
        io::ScanSource again;
        again.kind = io::SourceKind::DicomSeries;
        for (const io::DerivedFile& file : series.files) again.files.push_back(out / file.name);
        require(io::read_scan(again).volume.voxels.size() == volume.voxels.size(),
                "a derived series has lost voxels");
      });
    }
  });
  for (const auto& file : source.files) boost::filesystem::remove(file);
  boost::filesystem::remove_all(folder.path() / "out");
}

}  // namespace isoscan::fuzz
