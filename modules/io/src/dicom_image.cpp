#include "dicom_image.hpp"

#include <cmath>
#include <utility>

#include <boost/algorithm/string.hpp>
#include <boost/filesystem.hpp>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"

#include "deidentify.hpp"
#include "device.hpp"
#include "dicom_file.hpp"
#include "dicom_frame.hpp"
#include "dicom_mosaic.hpp"
#include "dicom_tags.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;

namespace {

int whole(const DicomItem& item, DicomTag which, int otherwise = 0) {
  const auto value = item.number(which);
  return value && std::abs(*value) < 2e9 ? static_cast<int>(*value) : otherwise;
}

/// Makers' names of sequences are made of these ("*tfl3d1_16ns"); a person's or a sentence is not.
bool is_code_like(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("_*#.+-:\\").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

Acquisition acquisition_of(const DicomItem& data, const Places& first) {
  Acquisition a;
  a.modality = clean_text(data.text(tag::kModality));
  a.manufacturer = clean_text(data.text(tag::kManufacturer));
  a.model = clean_text(data.text(tag::kModel));
  a.software = clean_text(data.text(tag::kSoftware));
  a.station_hash = station_hash(data.text(tag::kStation), data.text(tag::kSerial));
  for (const DicomTag which :
       {tag::kScanningSequence, tag::kSequenceVariant, tag::kSequenceName, tag::kPulseSequence}) {
    const std::string part = clean_text(known_codes(which, data.text(which)));
    if (!part.empty() && is_code_like(part)) a.sequence.append(a.sequence.empty() ? "" : "/").append(part);
  }
  a.image_type = clean_text(data.text(tag::kImageType));
  a.field_strength_t = data.number(tag::kField);
  a.repetition_time_ms = first.number(tag::kTimingSequence, tag::kRepetitionTime, tag::kRepetitionTime);
  a.echo_time_ms = first.number(tag::kEchoSequence, tag::kEffectiveEchoTime, tag::kEchoTime);
  a.inversion_time_ms = first.number(tag::kModifierSequence, tag::kInversionTimes, tag::kInversionTime);
  a.flip_angle_deg = first.number(tag::kTimingSequence, tag::kFlipAngle, tag::kFlipAngle);
  if (const auto thickness = first.numbers(tag::kMeasuresSequence, tag::kThickness, 1); !thickness.empty()) {
    a.slice_thickness_mm = thickness[0];
  }
  for (const auto& [which, value] : {std::pair{tag::kField, &a.field_strength_t},
                                     {tag::kRepetitionTime, &a.repetition_time_ms},
                                     {tag::kEchoTime, &a.echo_time_ms},
                                     {tag::kInversionTime, &a.inversion_time_ms},
                                     {tag::kFlipAngle, &a.flip_angle_deg},
                                     {tag::kThickness, &a.slice_thickness_mm}})
    *value = plausible(which, *value);
  return a;
}

/// The patient's ID never leaves: a digest stands for it; without an ID the study does.
std::string person_of(const DicomItem& data) {
  const std::string id = data.text(tag::kPatientId);
  if (!id.empty()) return core::sha256(data.text(tag::kIssuer) + '\n' + id);
  const std::string study = data.text(tag::kStudyUid);
  return core::sha256("study\n" + (study.empty() ? data.text(tag::kSeriesUid) : study));
}

void read_traits(const DicomItem& data, DicomImage& image) {
  image.words = boost::to_lower_copy(data.text(tag::kSeriesDescription) + " " + data.text(tag::kProtocol));
  image.sequence_words =
      boost::to_lower_copy(data.text(tag::kSequenceName) + " " + data.text(tag::kPulseSequence));
  image.body_part = boost::to_upper_copy(data.text(tag::kBodyPart));
  image.contrast = boost::to_upper_copy(data.text(tag::kContrast));
  std::string sequence("\\");
  sequence.append(data.text(tag::kScanningSequence)).append("\\");
  image.echo_planar = boost::contains(sequence, "\\EP\\") || data.text(tag::kEchoPlanar) == "YES" ||
                      boost::contains(image.sequence_words, "epfid") ||
                      boost::contains(image.sequence_words, "ep2d");
  image.spin_echo = boost::contains(sequence, "\\SE\\") || data.text(tag::kEchoPulse) == "SPIN";
  image.angiography = data.text(tag::kAngio) == "Y" || data.text(tag::kTimeOfFlight) == "YES";
  image.phase_contrast = data.text(tag::kPhaseContrast) == "YES";
}

/// Words for the objects that share folders with images.
std::string object_word(const std::string& modality, const std::string& sop_class) {
  if (boost::starts_with(sop_class, "1.2.840.10008.5.1.4.1.1.88.") || modality == "SR")
    return "a report (SR), not an image";
  if (boost::starts_with(sop_class, "1.2.840.10008.5.1.4.1.1.66.") || modality == "SEG")
    return "a segmentation object, not a scan";
  if (boost::starts_with(modality, "RT")) return "a radiotherapy object, not a scan";
  if (modality == "PR" || modality == "KO") return "a presentation state or key object, not a scan";
  if (sop_class == "1.2.840.10008.1.3.10") return "a DICOMDIR: an index, its images are found without it";
  return {};
}

/// What the header says must fit into the file. Sets where plain pixels begin.
void check_size(const DicomFile& file, DicomImage& image) {
  boost::system::error_code error;
  const auto file_bytes = static_cast<double>(fs::file_size(image.file, error));
  if (error) throw Error(ErrorKind::Io, image.file.string() + ": cannot be read (" + error.message() + ")");
  const double bytes = static_cast<double>(image.rows) * image.columns * image.samples * image.file_frames *
                       image.bits_allocated / 8.0;
  const std::string& syntax = image.transfer_syntax;
  const bool as_it_is =
      syntax == "1.2.840.10008.1.2" || syntax == "1.2.840.10008.1.2.1" || syntax == "1.2.840.10008.1.2.2";
  const PlainPixels plain = file.plain_pixels();
  const bool short_of = plain.offset != 0 && (static_cast<double>(plain.bytes) < bytes ||
                                              static_cast<double>(plain.offset) + bytes > file_bytes);
  // Compressed images shrink less than deflate's limit; a header that asks for more is false. A compressed
  // frame takes 8 bytes and more, so a false count of frames allocates nothing.
  if (short_of || bytes > (as_it_is ? file_bytes : 1032.0 * file_bytes) ||
      (!as_it_is && 8.0 * image.file_frames > 1032.0 * file_bytes)) {
    throw Error(ErrorKind::Input,
                image.file.string() +
                    ": its header asks for more pixels than the file holds; it is cut short or damaged");
  }
  image.pixel_offset = plain.offset;
}

}  // namespace

DicomImage read_dicom_image(const fs::path& path) {
  const DicomFile file(path, DicomFile::Part::Header);
  const DicomItem data = file.data();
  const auto bad = [&](const std::string& what) {
    return Error(ErrorKind::Input, path.string() + ": " + what);
  };
  DicomImage image;
  image.file = path;
  image.transfer_syntax = file.transfer_syntax();
  const std::string modality = data.text(tag::kModality);
  if (data.has({0x0004, 0x1220})) {
    image.no_image = "a DICOMDIR: an index, its images are found without it";
    return image;
  }
  image.no_image = object_word(modality, data.text(tag::kSopClass));
  image.series_uid = data.text(tag::kSeriesUid);
  image.sop_uid = data.text(tag::kSopInstance);
  if (!image.no_image.empty()) return image;
  image.rows = whole(data, tag::kRows);
  image.columns = whole(data, tag::kColumns);
  if (image.rows == 0 && image.columns == 0) {
    if (modality.empty() && image.sop_uid.empty())
      throw bad("holds no DICOM image (no size, no modality): it is damaged or something else");
    image.no_image = "holds no image";
    return image;
  }
  image.series_number = whole(data, tag::kSeriesNumber);
  image.instance_number = whole(data, tag::kInstanceNumber);
  image.person = person_of(data);
  // "101010" and "101010.000" are one time.
  const std::string time = data.text(tag::kStudyTime);
  image.visit = data.text(tag::kStudyDate) + time.substr(0, time.find('.')) + " " + data.text(tag::kStudyUid);
  read_traits(data, image);
  image.bits_allocated = whole(data, tag::kBitsAllocated);
  image.bits_stored = whole(data, tag::kBitsStored, image.bits_allocated);
  image.high_bit = whole(data, tag::kHighBit, image.bits_stored - 1);
  image.is_signed = whole(data, tag::kSigned) == 1;
  image.samples = whole(data, tag::kSamples, 1);
  image.photometric = boost::to_upper_copy(data.text(tag::kPhotometric));

  image.modality_lut = data.has(tag::kModalityLut);
  image.pixel_kind = file.pixel_element() == 0x9   ? PixelKind::Float64
                     : file.pixel_element() == 0x8 ? PixelKind::Float32
                                                   : PixelKind::Integer;
  image.file_frames = data.has(tag::kFrames) ? whole(data, tag::kFrames, 1) : 1;
  if (image.rows < 1 || image.columns < 1 || image.file_frames < 1)
    throw bad("has an image without size; the header is damaged");
  check_size(file, image);
  constexpr std::size_t kMostWithoutGroups = 1 << 16;
  Places places{data, data.first_item(tag::kShared), std::nullopt};
  const std::vector<DicomItem> groups = data.items(tag::kPerFrame);
  if (!groups.empty() && groups.size() < static_cast<std::size_t>(image.file_frames))
    throw bad("describes fewer frames than it says it has");
  if (groups.empty() && static_cast<std::size_t>(image.file_frames) > kMostWithoutGroups)
    throw bad("has more frames than it tells the place of");
  for (int f = 0; f < image.file_frames; ++f) {
    if (!groups.empty()) places.frame = groups[static_cast<std::size_t>(f)];
    if (f == 0) image.acquisition = acquisition_of(data, places);
    try {
      image.frames.push_back(frame_of(places, static_cast<unsigned>(f)));
    } catch (const Error& error) {
      throw bad(error.what());
    }
  }
  if (groups.empty() && image.file_frames == 1) unfold_mosaic(data, image);
  return image;
}

}  // namespace isoscan::io
