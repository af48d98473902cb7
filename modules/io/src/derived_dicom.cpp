#include "isoscan/io/derived_dicom.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>
#include <vector>

#include <boost/filesystem.hpp>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"

#include "derived_header.hpp"
#include "derived_pixels.hpp"
#include "dicom_file.hpp"
#include "dicom_read.hpp"
#include "dicom_sniff.hpp"
#include "dicom_uid.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;

namespace {

constexpr std::size_t kNameDigits = 5;

std::string file_name(std::size_t slice) {
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "%05zu.dcm", slice + 1);
  return name.data();
}

/// Each slice of the volume must be the source's own plane: what was resampled has none.
void check_planes(const std::string& name, const DicomSlices& source, const core::Grid& grid) {
  const auto& frames = source.placed.frames;
  bool same = grid == source.placed.grid && frames.size() == static_cast<std::size_t>(grid.size[2]);
  const core::Vec3 spacing = grid.spacing_mm();
  for (std::size_t k = 0; same && k < frames.size(); ++k) {
    const core::Vec3 at = grid.world_from_voxel({0.0, 0.0, static_cast<double>(k)});
    const double off = std::hypot(at[0] - frames[k].position[0], at[1] - frames[k].position[1],
                                  at[2] - frames[k].position[2]);
    same = off <= 0.5 * std::min(spacing[0], spacing[1]);
  }
  if (!same) {
    throw Error(ErrorKind::Geometry,
                name +
                    ": the volume does not lie on the slices of its DICOM source (it was resampled): it "
                    "can go out as NIfTI, not as DICOM");
  }
}

/// The same bytes have the same UID, others another: a digest of all that they are made from.
std::string series_digest(const DicomSlices& source, const core::Volume& volume, const SeriesTexts& series) {
  core::Sha256 digest;
  const auto add = [&](const std::string& text) { digest.update(text).update(std::string_view("\n", 1)); };
  add("isoscan derived series 1");
  for (const DicomFrame& frame : source.placed.frames)
    add(source.images[frame.image].sop_uid + " " + std::to_string(frame.number));
  add(source.images[source.placed.frames.front().image].series_uid);
  for (const std::string& text : {series.facts.version, series.facts.method, series.facts.model_sha256,
                                  series.facts.description, series.subject, series.suffix})
    add(text);
  add(series.options.identity == DicomIdentity::Keep ? "keep" : "remove");
  digest.update(volume.voxels.data(), volume.voxels.size() * sizeof(float));
  return digest.hex();
}

void put_pixels(const StoredVoxels& voxels, const core::Grid& grid, std::size_t slice, DcmItem& to) {
  const auto columns = static_cast<std::size_t>(grid.size[0]);
  const auto rows = static_cast<std::size_t>(grid.size[1]);
  const auto number = [&](const DcmTagKey& tag, std::size_t value) {
    if (to.putAndInsertUint16(tag, static_cast<Uint16>(value)).bad())
      throw Error(ErrorKind::Internal, "DCMTK refuses a number");
  };
  number(DCM_SamplesPerPixel, 1);
  put(to, DCM_PhotometricInterpretation, "MONOCHROME2");
  number(DCM_Rows, rows);
  number(DCM_Columns, columns);
  number(DCM_BitsAllocated, 16);
  number(DCM_BitsStored, 16);
  number(DCM_HighBit, 15);
  number(DCM_PixelRepresentation, voxels.is_signed ? 1 : 0);
  put(to, DCM_RescaleIntercept, "0");
  put(to, DCM_RescaleSlope, voxels.slope_text);
  put(to, DCM_RescaleType, "US");
  // LINEAR (the default) has no width below 1 (PS3.3 C.11.2.1.2).
  const double width = voxels.window_high - voxels.window_low;
  put(to, DCM_WindowCenter, ds_text(0.5 * (voxels.window_high + voxels.window_low)));
  put(to, DCM_WindowWidth, ds_text(width > 0.0 ? width : 1.0));
  if (width > 0.0 && width < 1.0) put(to, DCM_VOILUTFunction, "LINEAR_EXACT");
  if (to.putAndInsertUint16Array(DCM_PixelData, voxels.stored.data() + slice * rows * columns,
                                 static_cast<unsigned long>(rows * columns))
          .bad())
    throw Error(ErrorKind::Internal, "DCMTK takes no pixels");
}

void save(DcmFileFormat& format, const fs::path& file, const fs::path& shown) {
  const OFCondition saved = format.saveFile(file.c_str(), EXS_LittleEndianExplicit, EET_ExplicitLength,
                                            EGL_recalcGL, EPD_noChange, 0, 0, EWM_fileformat);
  if (saved.good()) return;
  boost::system::error_code error;
  const fs::space_info space = fs::space(file.parent_path(), error);
  const bool full = !error && space.available < (1U << 20);
  throw Error(full ? ErrorKind::Resource : ErrorKind::Io,
              shown.string() + ": cannot be written (" + (full ? "the disk is full" : saved.text()) + ")");
}

}  // namespace

std::string digest_of_series(const fs::path& folder) {
  std::vector<fs::path> files;
  boost::system::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    files.push_back(at->path());
  if (error)
    throw core::Error(core::ErrorKind::Io, folder.string() + ": cannot be read (" + error.message() + ")");
  std::sort(files.begin(), files.end());
  core::Sha256 lines;
  for (const fs::path& image : files)
    lines.update(image.filename().string() + " " + core::sha256_file(image) + "\n");
  return lines.hex();
}

bool is_derived_folder(const fs::path& folder) {
  boost::system::error_code error;
  if (!fs::is_directory(fs::symlink_status(folder, error))) return false;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    const bool ours = name.size() == kNameDigits + 4 && name.ends_with(".dcm") &&
                      name.find_first_not_of("0123456789") == kNameDigits &&
                      fs::is_regular_file(fs::symlink_status(at->path(), error));
    if (!ours) return false;
  }
  return !error;
}

namespace {

/// What a DICOM file is that series of these options must not stand beside; empty where they may.
/// @throws Error(Input|Io) where it cannot be read
std::string clash_of(const fs::path& file, const DerivedDicomOptions& options) {
  const DicomFile image(file, DicomFile::Part::Header);
  const std::string removed = image.data().text({0x0012, 0x0062});
  if (options.identity == DicomIdentity::Keep)
    return removed == "YES" ? "de-identified series (--dicom-identity remove)" : "";
  if (removed != "YES") return "images that are not de-identified";
  const std::string method = image.data().text({0x0012, 0x0063});
  const bool ours = method.starts_with("Isoscan ");
  return ours && method != deidentification_method(options.key) ? "pseudonyms of another --pseudonym-key"
                                                                : "";
}

}  // namespace

std::string clash_with(const fs::path& folder, const DerivedDicomOptions& options) {
  boost::system::error_code error;
  std::set<fs::path> known;  // folders of which one image was looked at
  fs::recursive_directory_iterator at(folder, error);
  for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
    const fs::path& file = at->path();
    if (!fs::is_regular_file(file) || known.count(file.parent_path()) > 0) continue;
    try {
      if (!looks_like_dicom(file)) continue;
      const std::string clash = clash_of(file, options);
      known.insert(file.parent_path());
      if (!clash.empty()) return clash + ", as in " + file.parent_path().lexically_relative(folder).string();
    } catch (const Error&) {  // damaged: the next one tells
    }
  }
  if (error && fs::exists(folder))
    throw Error(ErrorKind::Io, folder.string() + ": cannot be looked through (" + error.message() + ")");
  return {};
}

DerivedSeries write_derived_dicom(const ScanSource& source, const core::Volume& volume,
                                  const DerivationFacts& facts, const DerivedDicomOptions& options,
                                  const fs::path& folder) {
  if (source.kind != SourceKind::DicomSeries || source.files.empty())
    throw Error(ErrorKind::Input, source.id() + ": is no DICOM: no DICOM can be derived from it");
  const std::string name = source.files.front().string();
  const DicomSlices slices = dicom_slices(source);
  if (!slices.placed.places_mm.empty()) {
    throw Error(ErrorKind::Geometry,
                name +
                    ": was resampled (--resample): the volume does not lie on its source's slices, so no "
                    "DICOM can be derived from it");
  }
  check_planes(name, slices, volume.grid);
  if (volume.grid.size[0] > 65535 || volume.grid.size[1] > 65535 || volume.grid.size[2] > 99999)
    throw Error(ErrorKind::Geometry, name + ": is too large for DICOM slices");
  boost::system::error_code error;
  if (fs::exists(fs::symlink_status(folder, error)) && !is_derived_folder(folder)) {
    throw Error(ErrorKind::Io, folder.string() +
                                   ": holds what isoscan did not write; choose another --dicom-out, or take "
                                   "it away");
  }
  const StoredVoxels voxels = stored_voxels(volume);
  SeriesTexts series{facts, options, source.subject, source.suffix, ""};
  const std::string digest = series_digest(slices, volume, series);
  series.series_uid = uid_of(options.key, "isoscan series\n" + digest);

  DerivedSeries derived;
  derived.series_uid = series.series_uid;
  derived.slope = voxels.slope;
  derived.largest_error = voxels.largest_error;
  core::write_folder_with(folder, [&](const fs::path& staging) {
    SourceFrames from(slices.images);
    for (std::size_t k = 0; k < slices.placed.frames.size(); ++k) {
      const DicomFrame& frame = slices.placed.frames[k];
      from.go_to(frame);
      if (options.identity == DicomIdentity::Remove && from.text({0x0028, 0x0301}) == "YES") {
        throw Error(ErrorKind::Input,
                    from.image().file.string() +
                        ": says that text is burned into its pixels (BurnedInAnnotation): it cannot be "
                        "de-identified; --dicom-identity keep takes it as it is");
      }
      DcmFileFormat format;
      DcmDataset& to = *format.getDataset();
      take_over(from, series, to);
      put_plane(from, frame, to);
      describe_derivation(from, frame, series, to);
      put(to, DCM_SOPClassUID, UID_MRImageStorage);
      put(to, DCM_SOPInstanceUID,
          uid_of(options.key, "isoscan image\n" + digest + "\n" + std::to_string(k + 1)));
      put(to, DCM_InstanceNumber, std::to_string(k + 1));
      put_pixels(voxels, volume.grid, k, to);
      if (k == 0) {
        OFString study;
        (void)to.findAndGetOFString(DCM_StudyInstanceUID, study);
        derived.study_uid = study.c_str();
      }
      save(format, staging / file_name(k), folder);
      derived.files.push_back({file_name(k), core::sha256_file(staging / file_name(k))});
    }
  });
  return derived;
}

}  // namespace isoscan::io
