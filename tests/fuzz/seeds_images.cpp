// Small images as scanners and converters write them: every datatype, every transfer syntax.
#include "dcmtk/config/osconfig.h"

#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmdata/dcrleerg.h>
#include <dcmtk/dcmdata/dcrlerp.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpeg/djencode.h>
#include <dcmtk/dcmjpeg/djrplol.h>
#include <dcmtk/dcmjpls/djencode.h>
#include <dcmtk/dcmjpls/djrparam.h>
#include <gdcmImageChangeTransferSyntax.h>
#include <gdcmImageReader.h>
#include <gdcmImageWriter.h>
#include <gdcmTrace.h>

#include "isoscan/core/files.hpp"
#include "isoscan/io/nifti.hpp"

#include "../io/dicom_files.hpp"
#include "../io/nifti_files.hpp"
#include "dicom_image.hpp"
#include "header_record.hpp"
#include "judge.hpp"
#include "seeds.hpp"

namespace isoscan::fuzz {

namespace {

namespace fs = boost::filesystem;

template <typename Header>
std::string by_hand(const Scratch& scratch, std::vector<int> sizes, int datatype, int bits) {
  const auto file = scratch.path() / "hand.nii";
  std::size_t bytes = static_cast<std::size_t>(bits) / 8;
  for (const int s : sizes) bytes *= static_cast<std::size_t>(s);
  std::string voxels(bytes, '\0');
  for (std::size_t v = 0; v < voxels.size(); ++v) voxels[v] = static_cast<char>(v * 7 % 64);
  test::write_by_hand(file, test::header_by_hand<Header>(sizes, datatype, bits), voxels);
  return core::read_file(file);
}

/// Packs the file's pixels anew; the file keeps its name. @returns false where the syntax cannot hold them.
bool repack(const fs::path& file, E_TransferSyntax syntax) {
  DcmFileFormat format;
  if (format.loadFile(file.c_str()).bad()) return false;
  format.loadAllDataIntoMemory();
  const DJ_RPLossless jpeg;
  const DJLSRepresentationParameter jpeg_ls(2, syntax == EXS_JPEGLSLossless);
  const DcmRLERepresentationParameter rle;
  const DcmRepresentationParameter* how = nullptr;
  if (syntax == EXS_JPEGProcess14 || syntax == EXS_JPEGProcess14SV1) how = &jpeg;
  if (syntax == EXS_JPEGLSLossless || syntax == EXS_JPEGLSLossy) how = &jpeg_ls;
  if (syntax == EXS_RLELossless) how = &rle;
  DcmDataset& data = *format.getDataset();
  return data.chooseRepresentation(syntax, how).good() && data.canWriteXfer(syntax) &&
         format.saveFile(file.c_str(), syntax).good();
}

bool repack_jpeg2000(const fs::path& file) {
  gdcm::Trace::WarningOff();
  gdcm::ImageReader reader;
  reader.SetFileName(file.c_str());
  if (!reader.Read()) return false;
  gdcm::ImageChangeTransferSyntax change;
  change.SetTransferSyntax(gdcm::TransferSyntax::JPEG2000Lossless);
  change.SetInput(reader.GetImage());
  if (!change.Change()) return false;
  gdcm::ImageWriter writer;
  writer.SetFile(reader.GetFile());
  writer.SetImage(change.GetOutput());
  writer.SetFileName(file.c_str());
  return writer.Write();
}

/// The same planes as one Enhanced MR object: shared orientation and spacing, a position a frame.
std::string enhanced(const Scratch& scratch) {
  const auto file = scratch.path() / "enhanced.dcm";
  test::SliceFacts facts;
  facts.rows = 24;  // three frames of 8 rows, one after another
  facts.columns = 8;
  test::write_slice(file, facts);
  DcmFileFormat format;
  format.loadFile(file.c_str());
  format.loadAllDataIntoMemory();
  DcmDataset& d = *format.getDataset();
  d.putAndInsertString(DCM_SOPClassUID, UID_EnhancedMRImageStorage);
  d.putAndInsertUint16(DCM_Rows, 8);
  d.putAndInsertString(DCM_NumberOfFrames, "3");
  for (const DcmTagKey& key : {DCM_ImagePositionPatient, DCM_ImageOrientationPatient, DCM_PixelSpacing,
                               DCM_RescaleSlope, DCM_EchoTime})
    d.findAndDeleteElement(key);
  const auto item = [](DcmItem& in, const DcmTagKey& sequence, long number = 0) -> DcmItem& {
    DcmItem* made = nullptr;
    in.findOrCreateSequenceItem(sequence, made, number);
    return *made;
  };
  DcmItem& shared = item(d, DCM_SharedFunctionalGroupsSequence);
  item(shared, DCM_PlaneOrientationSequence)
      .putAndInsertString(DCM_ImageOrientationPatient, "1\\0\\0\\0\\1\\0");
  item(shared, DCM_PixelMeasuresSequence).putAndInsertString(DCM_PixelSpacing, "1\\1.5");
  item(shared, DCM_MREchoSequence).putAndInsertFloat64(DCM_EffectiveEchoTime, 3.0);
  for (int f = 0; f < 3; ++f) {
    DcmItem& frame = item(d, DCM_PerFrameFunctionalGroupsSequence, f);
    item(frame, DCM_PlanePositionSequence)
        .putAndInsertString(DCM_ImagePositionPatient, ("0\\0\\" + std::to_string(2 * f)).c_str());
    DcmItem& values = item(frame, DCM_PixelValueTransformationSequence);
    values.putAndInsertString(DCM_RescaleSlope, "2");
    values.putAndInsertString(DCM_RescaleIntercept, "-1");
    item(frame, DCM_MRImageFrameTypeSequence).putAndInsertString(DCM_FrameType, "ORIGINAL\\PRIMARY\\M\\NONE");
  }
  format.saveFile(file.c_str(), EXS_LittleEndianExplicit);
  return core::read_file(file);
}

std::string slice_in(const Scratch& scratch, E_TransferSyntax syntax) {
  const auto file = scratch.path() / "slice.dcm";
  test::SliceFacts facts;
  facts.rows = facts.columns = 8;
  test::write_slice(file, facts);
  return repack(file, syntax) ? core::read_file(file) : std::string();
}

}  // namespace

std::vector<Seed> nifti_seeds() {
  const Scratch scratch;
  std::vector<Seed> seeds;
  constexpr std::pair<int, int> kTypes[] = {{DT_UINT8, 8},    {DT_INT8, 8},    {DT_UINT16, 16},
                                            {DT_INT16, 16},   {DT_UINT32, 32}, {DT_INT32, 32},
                                            {DT_UINT64, 64},  {DT_INT64, 64},  {DT_FLOAT32, 32},
                                            {DT_FLOAT64, 64}, {DT_RGB24, 24},  {DT_COMPLEX64, 64}};
  for (const auto& [type, bits] : kTypes)
    seeds.push_back({"type" + std::to_string(type), by_hand<nifti_1_header>(scratch, {3, 4, 9}, type, bits)});
  seeds.push_back({"two", by_hand<nifti_2_header>(scratch, {3, 4, 9}, DT_INT16, 16)});
  seeds.push_back({"time", by_hand<nifti_1_header>(scratch, {3, 4, 2, 3}, DT_UINT8, 8)});
  core::Volume volume(core::Grid{{4, 3, 9}, {}}, 0.0F);
  for (std::size_t v = 0; v < volume.voxels.size(); v += 3) volume.voxels[v] = 1.0F;
  for (const char* name : {"ours.nii", "ours.nii.gz"}) {
    io::write_nifti(scratch.path() / name, volume, io::NiftiType::Int16);
    seeds.push_back({name, core::read_file(scratch.path() / name)});
  }
  return seeds;
}

std::vector<Seed> dicom_seeds() {
  DJEncoderRegistration::registerCodecs();
  DJLSEncoderRegistration::registerCodecs();
  DcmRLEEncoderRegistration::registerCodecs();
  const Scratch scratch;
  std::vector<Seed> seeds;
  for (const E_TransferSyntax syntax :
       {EXS_LittleEndianImplicit, EXS_LittleEndianExplicit, EXS_BigEndianExplicit,
        EXS_DeflatedLittleEndianExplicit, EXS_JPEGProcess14, EXS_JPEGProcess14SV1, EXS_JPEGLSLossless,
        EXS_JPEGLSLossy, EXS_RLELossless}) {
    const std::string bytes = slice_in(scratch, syntax);
    require(!bytes.empty(), "a seed cannot be packed");
    seeds.push_back({DcmXfer(syntax).getXferID(), bytes});
  }
  const std::string plain = slice_in(scratch, EXS_LittleEndianExplicit);
  const auto file = scratch.put("j2k.dcm", plain);
  require(repack_jpeg2000(file), "a seed cannot be packed as JPEG 2000");
  seeds.push_back({"1.2.840.10008.1.2.4.90", core::read_file(file)});
  seeds.push_back({"enhanced", enhanced(scratch)});
  DcmFileFormat bare;
  bare.loadFile(scratch.put("bare.dcm", plain).c_str());
  bare.getDataset()->saveFile((scratch.path() / "bare2.dcm").c_str(), EXS_LittleEndianImplicit);
  seeds.push_back({"bare", core::read_file(scratch.path() / "bare2.dcm")});
  return seeds;
}

std::vector<Seed> record_seeds() {
  const Scratch scratch;
  std::vector<Seed> seeds;
  for (const Seed& seed : dicom_seeds()) {
    const io::HeaderRecord record = io::record_of(io::read_dicom_image(scratch.put("image.dcm", seed.bytes)));
    seeds.push_back({seed.name, record.common + std::string(kFileMark) + record.own});
  }
  return seeds;
}

std::vector<Seed> dicom_series_seeds() {
  const Scratch scratch;
  const auto joined = [&](const test::SliceFacts& facts, int count, double step,
                          const std::function<void(int, test::SliceFacts&)>& change) {
    boost::system::error_code ignored;
    fs::remove_all(scratch.path() / "s", ignored);
    test::write_series(scratch.path() / "s", facts, count, step, change);
    std::string all;
    for (const auto& entry : fs::directory_iterator(scratch.path() / "s"))
      all.append(all.empty() ? std::string_view() : kFileMark).append(core::read_file(entry.path()));
    return all;
  };
  const test::SliceFacts facts;
  return {
      {"whole", joined(facts, 18, 4.0, nullptr)},
      {"three", joined(facts, 3, 1.0, nullptr)},
      {"gap", joined(facts, 4, 1.0, [](int s, test::SliceFacts& f) { f.position[2] += s > 1 ? 1.0 : 0.0; })},
      {"tilt", joined(facts, 4, 1.0, [](int s, test::SliceFacts& f) { f.position[1] += 0.4 * s; })},
      {"twice", joined(facts, 4, 1.0, [](int s, test::SliceFacts& f) { f.position[2] = s / 2; })},
      {"echoes", joined(facts, 4, 1.0, [](int s, test::SliceFacts& f) { f.echo_time = 3.0 + s % 2; })}};
}

}  // namespace isoscan::fuzz
