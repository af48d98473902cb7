/// @file Something that must never get out, in every attribute of DCMTK's dictionary.
#pragma once

#include "dcmtk/config/osconfig.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <boost/filesystem.hpp>
#include <dcmtk/dcmdata/dcdicent.h>
#include <dcmtk/dcmdata/dctk.h>
#include <gtest/gtest.h>

namespace isoscan::test {

/// Words that a plant is found by: "PL" and the tag in capitals, and values of kinds that hold no words.
inline constexpr const char* kPlantedDate = "19470123";
inline constexpr const char* kPlantedNumber = "1867530942";
inline constexpr const char* kPlantedUid = "1.2.826.0.1.99.";
inline constexpr const char* kPlantedTime = "031415.9265";

inline constexpr Uint16 kPrivateGroups[] = {0x0009, 0x0011, 0x0029, 0x2005, 0x7fe1};

inline std::string planted_word(const DcmTagKey& tag) {
  char text[32];
  std::snprintf(text, sizeof text, "PL%04X%04X", tag.getGroup(), tag.getElement());
  return text;
}

/// What images and series are known by: with another value there it would not be this series any more.
inline bool is_needed(const DcmTagKey& tag) {
  static const std::set<DcmTagKey> needed{DCM_SOPClassUID,
                                          DCM_Modality,
                                          DCM_ImageType,
                                          DCM_Rows,
                                          DCM_Columns,
                                          DCM_BitsAllocated,
                                          DCM_BitsStored,
                                          DCM_HighBit,
                                          DCM_PixelRepresentation,
                                          DCM_SamplesPerPixel,
                                          DCM_PhotometricInterpretation,
                                          DCM_NumberOfFrames,
                                          DCM_PixelData,
                                          DCM_FloatPixelData,
                                          DCM_DoubleFloatPixelData,
                                          DCM_ImagePositionPatient,
                                          DCM_ImageOrientationPatient,
                                          DCM_PixelSpacing,
                                          DCM_RescaleSlope,
                                          DCM_RescaleIntercept,
                                          DCM_InstanceNumber,
                                          DCM_PixelPaddingValue,
                                          DCM_PlanarConfiguration,
                                          DCM_EchoTime,
                                          DCM_DiffusionBValue,
                                          DCM_InversionTime,
                                          DCM_RepetitionTime,
                                          DCM_AngioFlag,
                                          DCM_ScanningSequence,
                                          DCM_TransferSyntaxUID,
                                          DCM_SeriesDescription,
                                          DCM_ModalityLUTSequence,
                                          DCM_RealWorldValueMappingSequence,
                                          DcmTagKey(0x5200, 0x9229),
                                          DcmTagKey(0x5200, 0x9230),
                                          DcmTagKey(0x0008, 0x0001)};
  return needed.count(tag) > 0 || tag.getGroup() < 8 || tag.getGroup() == 0xfffe || tag.getElement() == 0;
}

/// @param hostile  newlines, markup, escape codes, bytes that are no UTF-8 and great length where the VR
///   can hold them
inline void plant(DcmItem& to, const DcmTag& tag, const std::string& hostile) {
  const std::string word = planted_word(tag);
  const auto text = [&](const std::string& value) {
    (void)to.putAndInsertString(tag, value.c_str(), static_cast<Uint32>(value.size()));
  };
  switch (tag.getEVR()) {
    case EVR_AE:
    case EVR_CS:
    case EVR_SH:
      return text(word);
    case EVR_AS:
      return text("097Y");
    case EVR_DA:
      return text(kPlantedDate);
    case EVR_TM:
      return text(kPlantedTime);
    case EVR_DT:
      return text(std::string(kPlantedDate) + kPlantedTime);
    case EVR_DS:
    case EVR_IS:
      return text(kPlantedNumber);
    case EVR_UI:
      return text(kPlantedUid + std::to_string(tag.getGroup()) + "." + std::to_string(tag.getElement()));
    case EVR_PN:
    case EVR_LO:
    case EVR_ST:
    case EVR_LT:
    case EVR_UT:
    case EVR_UC:
    case EVR_UR:
      return text(word + hostile);
    case EVR_SQ: {
      DcmItem* item = nullptr;
      if (to.findOrCreateSequenceItem(tag, item, -2).bad() || item == nullptr) return;
      for (const DcmTagKey& inner :
           {DCM_PatientName, DCM_PatientID, DCM_StudyDate, DCM_SeriesDescription, DCM_CodeMeaning,
            DCM_ReferencedSOPInstanceUID, DCM_TextValue, DCM_PersonName, DCM_UnformattedTextValue})
        plant(*item, DcmTag(inner), hostile);
      return;
    }
    case EVR_OB:
    case EVR_OW:
    case EVR_ox:
    case EVR_UN:
    case EVR_px: {
      const std::string bytes = word + word;
      if (tag.getEVR() == EVR_OW || tag.getEVR() == EVR_ox || tag.getEVR() == EVR_px) {
        (void)to.putAndInsertUint16Array(tag, reinterpret_cast<const Uint16*>(bytes.data()),
                                         bytes.size() / 2);
      } else {
        (void)to.putAndInsertUint8Array(tag, reinterpret_cast<const Uint8*>(bytes.data()), bytes.size());
      }
      return;
    }
    case EVR_US:
    case EVR_xs:
      (void)to.putAndInsertUint16(tag, 30583);
      return;
    case EVR_FD:
      (void)to.putAndInsertFloat64(tag, 1867530942.0);
      return;
    default:
      return;  // binary numbers hold no words
  }
}

/// Plants in a file that is there. @returns how many attributes.
inline int plant_everywhere(const boost::filesystem::path& file, const std::string& hostile) {
  DcmFileFormat format;
  if (format.loadFile(file.c_str()).bad() || format.loadAllDataIntoMemory().bad()) return 0;
  DcmDataset& data = *format.getDataset();
  std::vector<DcmTag> tags;
  {
    DcmDataDictionary& dictionary = dcmDataDict.wrlock();
    for (DcmHashDictIterator at(dictionary.normalBegin()); at != dictionary.normalEnd(); ++at) {
      if ((*at)->getPrivateCreator() == nullptr) tags.emplace_back((*at)->getKey(), DcmVR((*at)->getEVR()));
    }
    DcmDictEntryListIterator repeat(dictionary.repeatingBegin());
    const DcmDictEntryListIterator end(dictionary.repeatingEnd());
    for (; repeat != end; ++repeat) {  // overlays 60xx, curves 50xx
      if ((*repeat)->getPrivateCreator() == nullptr && (*repeat)->getGroup() >= 0x5000)
        tags.emplace_back((*repeat)->getKey(), DcmVR((*repeat)->getEVR()));
    }
    dcmDataDict.wrunlock();
  }
  int planted = 0;
  for (const DcmTag& tag : tags) {
    if (is_needed(tag)) continue;
    plant(data, tag, hostile);
    ++planted;
  }
  for (const Uint16 group : kPrivateGroups) {
    (void)data.putAndInsertString(DcmTag(group, 0x0010, EVR_LO), "PLANTED PRIVATE");
    for (const Uint16 element : {0x1001, 0x1008, 0x10ff}) {
      const DcmTagKey key(group, element);
      (void)data.putAndInsertString(DcmTag(key, EVR_LO), (planted_word(key) + hostile).c_str());
    }
  }
  EXPECT_TRUE(format.saveFile(file.c_str(), EXS_LittleEndianExplicit).good());
  return planted;
}

/// Whether DCMTK knows the tag or it is one of the private ones below: pictures in a page hold any ten
/// letters by chance.
inline bool is_planted(const std::string& word) {
  const DcmTagKey key(static_cast<Uint16>(std::stoul(word.substr(2, 4), nullptr, 16)),
                      static_cast<Uint16>(std::stoul(word.substr(6, 4), nullptr, 16)));
  if (std::find(std::begin(kPrivateGroups), std::end(kPrivateGroups), key.getGroup()) !=
      std::end(kPrivateGroups))
    return true;
  const bool known = dcmDataDict.rdlock().findEntry(key, nullptr) != nullptr;
  dcmDataDict.rdunlock();
  return known;
}

/// Plants that the text holds, but for those in `known`.
/// @param binary  voxels hold any few bytes by chance: only longer plants count
inline std::set<std::string> plants_in(const std::string& text, const std::set<std::string>& known,
                                       bool binary = false) {
  std::set<std::string> found;
  for (std::size_t at = text.find("PL"); at != std::string::npos; at = text.find("PL", at + 1)) {
    const std::string word = text.substr(at, 10);
    if (word.size() == 10 && word.find_first_not_of("0123456789ABCDEF", 2) == std::string::npos &&
        known.count(word) == 0 && is_planted(word))
      found.insert(word);
  }
  for (const std::string word : {kPlantedDate, kPlantedNumber, kPlantedUid, kPlantedTime, "097Y",
                                 "PLANTED PRIVATE", "\x1b$B", "\xff\xfe"}) {
    if (binary && word.size() < 8) continue;
    if (text.find(word) != std::string::npos) found.insert(word);
  }
  return found;
}

}  // namespace isoscan::test
