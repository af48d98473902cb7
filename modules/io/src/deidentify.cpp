#include "deidentify.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

#include <boost/algorithm/string.hpp>

#include "device.hpp"

namespace isoscan::io {

namespace {

AttributeRule number(DicomTag tag, double low, double high, DicomTag group = {}, DicomTag enhanced = {}) {
  return {tag, Pass::Number, false, low, high, "", group, enhanced};
}

AttributeRule code(DicomTag tag, const char* codes) {
  return {tag, Pass::Code, false, 0.0, 0.0, codes, {}, {}};
}

AttributeRule other(DicomTag tag, Pass pass) {
  return {tag, pass, false, 0.0, 0.0, "", {}, {}};
}

AttributeRule required(AttributeRule rule) {
  rule.required = true;
  return rule;
}

constexpr DicomTag kMeasures{0x0028, 0x9110}, kTiming{0x0018, 0x9112}, kEcho{0x0018, 0x9114},
    kModifier{0x0018, 0x9115}, kAverages{0x0018, 0x9119}, kFieldOfView{0x0018, 0x9125},
    kImaging{0x0018, 0x9006};

std::vector<std::string> values_of(const std::string& text) {
  std::vector<std::string> values;
  boost::split(values, text, boost::is_any_of("\\"));
  for (std::string& value : values) boost::trim_if(value, boost::is_any_of(std::string(" \0", 2)));
  return values;
}

}  // namespace

const std::vector<AttributeRule>& attribute_rules() {
  static const std::vector<AttributeRule> kRules{
      // Patient (C.7.1.1)
      other({0x0008, 0x0005}, Pass::Absent),  // SpecificCharacterSet: what we write ourselves is ASCII
      other({0x0010, 0x0010}, Pass::Label),   // PatientName
      other({0x0010, 0x0020}, Pass::Label),   // PatientID
      other({0x0010, 0x0021}, Pass::Absent),  // IssuerOfPatientID
      other({0x0010, 0x0030}, Pass::Empty),   // PatientBirthDate
      other({0x0010, 0x0040}, Pass::Empty),   // PatientSex
      other({0x0010, 0x1010}, Pass::Absent),  // PatientAge
      other({0x0010, 0x1020}, Pass::Absent),  // PatientSize
      other({0x0010, 0x1030}, Pass::Absent),  // PatientWeight
      // Study (C.7.2.1)
      other({0x0008, 0x0020}, Pass::Empty),   // StudyDate
      other({0x0008, 0x0030}, Pass::Empty),   // StudyTime
      other({0x0008, 0x0050}, Pass::Empty),   // AccessionNumber
      other({0x0008, 0x0090}, Pass::Empty),   // ReferringPhysicianName
      other({0x0008, 0x1030}, Pass::Absent),  // StudyDescription
      other({0x0020, 0x0010}, Pass::Empty),   // StudyID
      other({0x0020, 0x000d}, Pass::Uid),     // StudyInstanceUID
      // Series, frame of reference, acquisition
      other({0x0020, 0x0052}, Pass::Uid),     // FrameOfReferenceUID
      other({0x0020, 0x1040}, Pass::Empty),   // PositionReferenceIndicator
      other({0x0008, 0x0022}, Pass::Absent),  // AcquisitionDate
      other({0x0008, 0x0032}, Pass::Absent),  // AcquisitionTime
      required(code({0x0018, 0x5100}, "\\HFP\\HFS\\HFDR\\HFDL\\FFDR\\FFDL\\FFP\\FFS\\")),  // PatientPosition
      code({0x0018, 0x0015}, "\\HEAD\\BRAIN\\SKULL\\HEADNECK\\NECK\\"),                    // BodyPartExamined
      // Equipment (C.7.5.1)
      required(other({0x0008, 0x0070}, Pass::Device)),  // Manufacturer
      other({0x0008, 0x1090}, Pass::Device),            // ManufacturerModelName
      other({0x0018, 0x1020}, Pass::Device),            // SoftwareVersions
      other({0x0008, 0x1010}, Pass::Hash),              // StationName: of it and DeviceSerialNumber
      // Contrast (C.7.6.4)
      other({0x0018, 0x0010}, Pass::Blank),  // ContrastBolusAgent
      // MR image (C.8.3.1)
      code({0x0018, 0x0020}, "\\SE\\IR\\GR\\EP\\RM\\"),                                // ScanningSequence
      code({0x0018, 0x0021}, "\\SK\\MTC\\SS\\TRSS\\SP\\MP\\OSP\\NONE\\"),              // SequenceVariant
      required(code({0x0018, 0x0022}, "\\PER\\RG\\CG\\PPG\\FC\\PFF\\PFP\\SP\\FS\\")),  // ScanOptions
      required(code({0x0018, 0x0023}, "\\2D\\3D\\")),                                  // MRAcquisitionType
      code({0x0018, 0x0025}, "\\Y\\N\\"),                                              // AngioFlag
      required(number({0x0018, 0x0050}, 0.0, 1e3, kMeasures)),                         // SliceThickness
      required(number({0x0018, 0x0080}, 0.0, 1e6, kTiming)),                           // RepetitionTime
      required(number({0x0018, 0x0081}, 0.0, 1e5, kEcho, {0x0018, 0x9082})),           // EchoTime
      number({0x0018, 0x0082}, 0.0, 1e5, kModifier, {0x0018, 0x9079}),                 // InversionTime
      number({0x0018, 0x0083}, 0.0, 1e4, kAverages),                                   // NumberOfAverages
      number({0x0018, 0x0084}, 0.0, 2e3, kImaging, {0x0018, 0x9098}),                  // ImagingFrequency
      code({0x0018, 0x0085}, "\\1H\\"),                                                // ImagedNucleus
      number({0x0018, 0x0086}, 0.0, 1e4),                                              // EchoNumbers
      number({0x0018, 0x0087}, 0.0, 2e5),                         // MagneticFieldStrength: some write gauss
      number({0x0018, 0x0088}, -1e3, 1e3, kMeasures),             // SpacingBetweenSlices
      number({0x0018, 0x0089}, 0.0, 65535.0),                     // NumberOfPhaseEncodingSteps
      required(number({0x0018, 0x0091}, 0.0, 65535.0, kTiming)),  // EchoTrainLength
      number({0x0018, 0x0093}, 0.0, 1e3, kFieldOfView),           // PercentSampling
      number({0x0018, 0x0094}, 0.0, 1e3, kFieldOfView),           // PercentPhaseFieldOfView
      number({0x0018, 0x0095}, 0.0, 1e7, kImaging),               // PixelBandwidth
      number({0x0018, 0x1060}, 0.0, 1e7),                         // TriggerTime
      number({0x0018, 0x1310}, 0.0, 65535.0),                     // AcquisitionMatrix
      code({0x0018, 0x1312}, "\\ROW\\COL\\"),                     // InPlanePhaseEncodingDirection
      number({0x0018, 0x1314}, -360.0, 360.0, kTiming),           // FlipAngle
      code({0x0018, 0x1315}, "\\Y\\N\\"),                         // VariableFlipAngleFlag
      number({0x0018, 0x1316}, 0.0, 1e3),                         // SAR
      number({0x0018, 0x1318}, 0.0, 1e4),                         // dBdt
      number({0x0020, 0x1041}, -1e4, 1e4),                        // SliceLocation
      // Geometry (C.7.6.2) and pixels: written by derived_header.cpp, under the same rules
      number({0x0020, 0x0032}, -1e4, 1e4, {0x0020, 0x9113}),  // ImagePositionPatient
      number({0x0020, 0x0037}, -1.1, 1.1, {0x0020, 0x9116}),  // ImageOrientationPatient
      number({0x0028, 0x0030}, 0.0, 1e3, kMeasures),          // PixelSpacing
      code({0x0028, 0x2110}, "\\00\\01\\"),                   // LossyImageCompression
      number({0x0028, 0x2112}, 0.0, 1e5),                     // LossyImageCompressionRatio
      code({0x0028, 0x2114}, "\\ISO_10918_1\\ISO_14495_1\\ISO_15444_1\\ISO_13818_2\\ISO_14496_10\\"),
  };
  return kRules;
}

bool is_decimal(const std::string& text) {
  const std::vector<std::string> values = values_of(text);
  return std::all_of(values.begin(), values.end(), [](const std::string& value) {
    if (value.empty() || value.find_first_not_of("0123456789+-.eE") != std::string::npos) return false;
    char* end = nullptr;
    (void)std::strtod(value.c_str(), &end);
    return end == value.c_str() + value.size();
  });
}

std::string passing_values(const AttributeRule& rule, const std::string& text) {
  if (text.empty()) return {};
  const std::vector<std::string> values = values_of(text);
  if (rule.pass == Pass::Number) {
    const bool fits = is_decimal(text) && std::all_of(values.begin(), values.end(), [&](const auto& value) {
                        const double v = std::strtod(value.c_str(), nullptr);
                        return v >= rule.low && v <= rule.high;
                      });
    return fits ? text : std::string();
  }
  std::string passing;
  for (const std::string& value : values) {
    const std::string here = rule.pass == Pass::Device ? clean_text(value) : value;
    const bool known = here.find('\\') == std::string::npos &&
                       std::string(rule.codes).find("\\" + here + "\\") != std::string::npos;
    if (here.empty() || (rule.pass == Pass::Code && !known)) continue;
    passing.append(passing.empty() ? "" : "\\").append(here);
  }
  return passing;
}

std::string known_codes(DicomTag tag, const std::string& text) {
  for (const AttributeRule& rule : attribute_rules()) {
    if (rule.tag.group == tag.group && rule.tag.element == tag.element && rule.pass == Pass::Code)
      return passing_values(rule, text);
  }
  return text;
}

std::optional<double> plausible(DicomTag tag, std::optional<double> value) {
  for (const AttributeRule& rule : attribute_rules()) {
    const bool ours = rule.tag.group == tag.group && rule.tag.element == tag.element;
    if (ours && rule.pass == Pass::Number && value && !(*value >= rule.low && *value <= rule.high))
      return std::nullopt;
  }
  return value;
}

std::string known_image_type(const std::string& text) {
  static const std::set<std::string> kWords{"ORIGINAL",
                                            "DERIVED",
                                            "PRIMARY",
                                            "SECONDARY",
                                            "OTHER",
                                            "MIXED",
                                            "NONE",
                                            "M",
                                            "P",
                                            "R",
                                            "I",
                                            "MAGNITUDE",
                                            "PHASE",
                                            "REAL",
                                            "IMAGINARY",
                                            "ND",
                                            "NORM",
                                            "DIS2D",
                                            "DIS3D",
                                            "DIST_CORR",
                                            "FIL",
                                            "FM2_1",
                                            "FM3_2",
                                            "FM4_1",
                                            "FM4_2",
                                            "FILTERED",
                                            "MFSPLIT",
                                            "COMBINED",
                                            "ADDITION",
                                            "MOSAIC",
                                            "VFRAME",
                                            "AXIAL",
                                            "LOCALIZER",
                                            "PROJECTION IMAGE",
                                            "VOLUME",
                                            "T1",
                                            "T2",
                                            "T2_STAR",
                                            "FFE",
                                            "M_FFE",
                                            "M_SE",
                                            "M_IR",
                                            "R_IR",
                                            "I_IR",
                                            "P_FFE",
                                            "P_SE",
                                            "R_FFE",
                                            "I_FFE",
                                            "M_TSE",
                                            "SE",
                                            "IR",
                                            "TSE",
                                            "DIFFUSION",
                                            "TRACEW",
                                            "ADC",
                                            "FA",
                                            "TENSOR",
                                            "EPI",
                                            "GDC",
                                            "UNSPECIFIED",
                                            "PROTON_DENSITY",
                                            "FLUID_ATTENUATED",
                                            "UNKNOWN",
                                            "INPHASE",
                                            "OUTPHASE",
                                            "WATER",
                                            "FAT",
                                            "IN_PHASE",
                                            "OUT_PHASE",
                                            "UNI",
                                            "INV1",
                                            "INV2",
                                            "MPR",
                                            "RESAMPLED",
                                            "REFORMATTED",
                                            "MAGNITUDE_SE",
                                            "NORM_OFF",
                                            "SCIC",
                                            "PURE",
                                            "SAT",
                                            "MIP",
                                            "MNIP",
                                            "SUBTRACTION",
                                            "VELOCITY MAP",
                                            "PCA",
                                            "B0",
                                            "B1",
                                            "FIELD_MAP",
                                            "PHASE MAP",
                                            "SB",
                                            "MB",
                                            "MSUM",
                                            "RMS",
                                            "SOS",
                                            "ASL",
                                            "PERFUSION",
                                            "HARMONIZED",
                                            "DENSITY MAP",
                                            "T1 MAP",
                                            "T2 MAP",
                                            "R2_STAR",
                                            "T2_STAR MAP",
                                            "CSA REPORT"};
  std::string known;
  for (const std::string& word : values_of(text)) {
    if (kWords.count(boost::to_upper_copy(word)) == 0) continue;
    known.append(known.empty() ? "" : "\\").append(word);
  }
  return known;
}

}  // namespace isoscan::io
