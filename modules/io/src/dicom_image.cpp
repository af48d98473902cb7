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

namespace isoscan::io {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;
using core::Vec3;

namespace {

namespace tag {
constexpr DicomTag kImageType{0x0008, 0x0008}, kSopClass{0x0008, 0x0016}, kSopInstance{0x0008, 0x0018},
    kStudyDate{0x0008, 0x0020}, kStudyTime{0x0008, 0x0030}, kModality{0x0008, 0x0060},
    kManufacturer{0x0008, 0x0070}, kStation{0x0008, 0x1010}, kSeriesDescription{0x0008, 0x103e},
    kModel{0x0008, 0x1090}, kFrameType{0x0008, 0x9007}, kComplex{0x0008, 0x9208}, kContrast{0x0008, 0x9209},
    kPatientId{0x0010, 0x0020}, kIssuer{0x0010, 0x0021}, kBodyPart{0x0018, 0x0015},
    kScanningSequence{0x0018, 0x0020}, kSequenceVariant{0x0018, 0x0021}, kSequenceName{0x0018, 0x0024},
    kAngio{0x0018, 0x0025}, kThickness{0x0018, 0x0050}, kRepetitionTime{0x0018, 0x0080},
    kEchoTime{0x0018, 0x0081}, kInversionTime{0x0018, 0x0082}, kField{0x0018, 0x0087},
    kSerial{0x0018, 0x1000}, kSoftware{0x0018, 0x1020}, kProtocol{0x0018, 0x1030}, kFlipAngle{0x0018, 0x1314},
    kPulseSequence{0x0018, 0x9005}, kEchoPulse{0x0018, 0x9008}, kPhaseContrast{0x0018, 0x9014},
    kTimeOfFlight{0x0018, 0x9015}, kEchoPlanar{0x0018, 0x9018}, kInversionTimes{0x0018, 0x9079},
    kEffectiveEchoTime{0x0018, 0x9082}, kBValue{0x0018, 0x9087}, kTimingSequence{0x0018, 0x9112},
    kEchoSequence{0x0018, 0x9114}, kModifierSequence{0x0018, 0x9115}, kDiffusionSequence{0x0018, 0x9117},
    kFrameTypeSequence{0x0018, 0x9226}, kStudyUid{0x0020, 0x000d}, kSeriesUid{0x0020, 0x000e},
    kSeriesNumber{0x0020, 0x0011}, kInstanceNumber{0x0020, 0x0013}, kPosition{0x0020, 0x0032},
    kOrientation{0x0020, 0x0037}, kPositionSequence{0x0020, 0x9113}, kOrientationSequence{0x0020, 0x9116},
    kSamples{0x0028, 0x0002}, kPhotometric{0x0028, 0x0004}, kFrames{0x0028, 0x0008}, kRows{0x0028, 0x0010},
    kColumns{0x0028, 0x0011}, kPixelSpacing{0x0028, 0x0030}, kBitsAllocated{0x0028, 0x0100},
    kBitsStored{0x0028, 0x0101}, kHighBit{0x0028, 0x0102}, kSigned{0x0028, 0x0103},
    kIntercept{0x0028, 0x1052}, kSlope{0x0028, 0x1053}, kMeasuresSequence{0x0028, 0x9110},
    kValueSequence{0x0028, 0x9145}, kPhilipsCreator{0x2005, 0x0010}, kPhilipsScale{0x2005, 0x100e},
    kPhilipsFrame{0x2005, 0x140f}, kShared{0x5200, 0x9229}, kPerFrame{0x5200, 0x9230};
}  // namespace tag

int whole(const DicomItem& item, DicomTag which, int otherwise = 0) {
  const auto value = item.number(which);
  return value && std::abs(*value) < 2e9 ? static_cast<int>(*value) : otherwise;
}

/// Where an attribute of one frame stands: the classic data set, or functional groups of the frame and shared
/// by all.
struct Places {
  DicomItem data;
  std::optional<DicomItem> shared;
  std::optional<DicomItem> frame;

  [[nodiscard]] std::optional<DicomItem> group(DicomTag sequence) const {
    if (frame) {
      if (auto item = frame->first_item(sequence)) return item;
    }
    return shared ? shared->first_item(sequence) : std::nullopt;
  }
  [[nodiscard]] std::vector<double> numbers(DicomTag sequence, DicomTag which, std::size_t count) const {
    if (const auto item = group(sequence)) {
      if (auto values = item->numbers(which, count); !values.empty()) return values;
    }
    return data.numbers(which, count);
  }
  [[nodiscard]] std::optional<double> number(DicomTag sequence, DicomTag which, DicomTag classic) const {
    if (const auto item = group(sequence)) {
      if (const auto value = item->number(which)) return value;
    }
    return data.number(classic);
  }
};

std::optional<double> philips_scale(const Places& places) {
  const auto in = [](const DicomItem& item) -> std::optional<double> {
    if (!boost::istarts_with(item.text(tag::kPhilipsCreator), "Philips")) return std::nullopt;
    const auto value = item.number(tag::kPhilipsScale);
    if (!value || *value == 0.0) return std::nullopt;
    return value;
  };
  if (const auto item = places.group(tag::kPhilipsFrame)) {
    if (const auto value = in(*item)) return value;
  }
  return in(places.data);
}

bool unit_vector(Vec3& v) {
  const double length = std::hypot(v[0], v[1], v[2]);
  if (!(length > 0.9 && length < 1.1)) return false;
  for (double& x : v) x /= length;
  return true;
}

DicomFrame frame_of(const Places& places, unsigned number) {
  DicomFrame f;
  f.number = number;
  const auto position = places.numbers(tag::kPositionSequence, tag::kPosition, 3);
  const auto orientation = places.numbers(tag::kOrientationSequence, tag::kOrientation, 6);
  const auto spacing = places.numbers(tag::kMeasuresSequence, tag::kPixelSpacing, 2);
  if (!position.empty() && !orientation.empty() && !spacing.empty() && spacing[0] > 0.0 && spacing[1] > 0.0) {
    f.position = {position[0], position[1], position[2]};
    f.along_row = {orientation[0], orientation[1], orientation[2]};
    f.along_column = {orientation[3], orientation[4], orientation[5]};
    f.row_spacing_mm = spacing[0];
    f.column_spacing_mm = spacing[1];
    const double skew = f.along_row[0] * f.along_column[0] + f.along_row[1] * f.along_column[1] +
                        f.along_row[2] * f.along_column[2];
    f.placed = unit_vector(f.along_row) && unit_vector(f.along_column) && std::abs(skew) < 1e-2;
  }
  f.slope = places.number(tag::kValueSequence, tag::kSlope, tag::kSlope).value_or(1.0);
  f.intercept = places.number(tag::kValueSequence, tag::kIntercept, tag::kIntercept).value_or(0.0);
  f.philips_scale = philips_scale(places);
  f.echo_time_ms = places.number(tag::kEchoSequence, tag::kEffectiveEchoTime, tag::kEchoTime);
  f.inversion_time_ms = places.number(tag::kModifierSequence, tag::kInversionTimes, tag::kInversionTime);
  f.b_value = places.number(tag::kDiffusionSequence, tag::kBValue, tag::kBValue);
  f.image_type = places.data.text(tag::kImageType);
  if (const auto type = places.group(tag::kFrameTypeSequence)) {
    if (const std::string own = type->text(tag::kFrameType); !own.empty()) f.image_type = own;
    if (const std::string complex = type->text(tag::kComplex); !complex.empty())
      f.image_type += "\\" + complex;
  }
  boost::to_upper(f.image_type);
  return f;
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
    if (!part.empty()) a.sequence.append(a.sequence.empty() ? "" : "/").append(part);
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
  image.visit = data.text(tag::kStudyDate) + data.text(tag::kStudyTime) + " " + data.text(tag::kStudyUid);
  read_traits(data, image);
  image.bits_allocated = whole(data, tag::kBitsAllocated);
  image.bits_stored = whole(data, tag::kBitsStored, image.bits_allocated);
  image.high_bit = whole(data, tag::kHighBit, image.bits_stored - 1);
  image.is_signed = whole(data, tag::kSigned) == 1;
  image.samples = whole(data, tag::kSamples, 1);
  image.photometric = boost::to_upper_copy(data.text(tag::kPhotometric));

  const int frames = data.has(tag::kFrames) ? whole(data, tag::kFrames, 1) : 1;
  if (image.rows < 1 || image.columns < 1 || frames < 1)
    throw bad("has an image without size; the header is damaged");
  const double bytes =
      static_cast<double>(image.rows) * image.columns * frames * image.samples * image.bits_allocated / 8.0;
  const auto file_bytes = static_cast<double>(fs::file_size(path));
  const bool plain = image.transfer_syntax == "1.2.840.10008.1.2" ||
                     boost::starts_with(image.transfer_syntax, "1.2.840.10008.1.2.1") ||
                     image.transfer_syntax == "1.2.840.10008.1.2.2";
  const bool deflated = image.transfer_syntax == "1.2.840.10008.1.2.1.99";
  // Compressed images shrink less than deflate's limit; a header that asks for more is false.
  if (bytes > (plain && !deflated ? file_bytes : 1032.0 * file_bytes)) {
    throw bad("its header asks for more pixels than the file holds; it is cut short or damaged");
  }
  Places places{data, data.first_item(tag::kShared), std::nullopt};
  const std::vector<DicomItem> groups = data.items(tag::kPerFrame);
  if (!groups.empty() && groups.size() < static_cast<std::size_t>(frames))
    throw bad("describes fewer frames than it says it has");
  for (int f = 0; f < frames; ++f) {
    if (!groups.empty()) places.frame = groups[static_cast<std::size_t>(f)];
    if (f == 0) image.acquisition = acquisition_of(data, places);
    image.frames.push_back(frame_of(places, static_cast<unsigned>(f)));
  }
  return image;
}

}  // namespace isoscan::io
