#include "scan_words.hpp"

#include <array>
#include <cctype>
#include <set>
#include <utility>
#include <vector>

#include <boost/algorithm/string.hpp>

namespace isoscan::io {

namespace {

using Word = std::pair<const char*, const char*>;  // what to look for, what it means

/// In a description these end the matter, "t1" or not.
constexpr std::array<Word, 32> kNeverAScan{{{"localizer", "a localizer"},
                                            {"localiser", "a localizer"},
                                            {"scout", "a localizer"},
                                            {"survey", "a localizer"},
                                            {"3-plane", "a localizer"},
                                            {"3plane", "a localizer"},
                                            {"smartbrain", "a localizer"},
                                            {"aahead", "a localizer"},
                                            {"calibration", "a calibration scan"},
                                            {"field map", "a field map"},
                                            {"field_map", "a field map"},
                                            {"fieldmap", "a field map"},
                                            {"field mapping", "a field map"},
                                            {"gre_field", "a field map"},
                                            {"b0map", "a field map"},
                                            {"b0 map", "a field map"},
                                            {"t1map", "a T1 map"},
                                            {"t1 map", "a T1 map"},
                                            {"t1_map", "a T1 map"},
                                            {"t1rho", "a T1rho image"},
                                            {"r2*", "an R2* map"},
                                            {"angio", "an angiogram"},
                                            {"venogra", "an angiogram"},
                                            {"phoenix", "a report of the device"},
                                            {"spectro", "spectroscopy"},
                                            {"perfusion", "a perfusion image"},
                                            {"diffusion", "a diffusion image"},
                                            {"fmri", "a functional series"},
                                            {"phase contrast", "a flow image"},
                                            {"projection", "a projection"},
                                            {"subtraction", "a subtraction"},
                                            {"screen save", "a screen copy"}}};

/// The same as whole words.
constexpr std::array<Word, 14> kNeverAScanWords{{{"loc", "a localizer"},
                                                 {"tof", "an angiogram"},
                                                 {"mra", "an angiogram"},
                                                 {"mrv", "an angiogram"},
                                                 {"mip", "a projection"},
                                                 {"dwi", "a diffusion image"},
                                                 {"dti", "a diffusion image"},
                                                 {"adc", "a diffusion map"},
                                                 {"bold", "a functional series"},
                                                 {"asl", "a perfusion image"},
                                                 {"swi", "susceptibility-weighted"},
                                                 {"swan", "susceptibility-weighted"},
                                                 {"mrs", "spectroscopy"},
                                                 {"cal", "a calibration scan"}}};

/// Tokens of ImageType that say: computed, or not the magnitude.
constexpr std::array<Word, 31> kImageTypes{{{"LOCALIZER", "a localizer"},
                                            {"PHASE", "a phase image"},
                                            {"PHASE MAP", "a phase image"},
                                            {"P", "a phase image"},
                                            {"REAL", "a real-part image; the magnitude is needed"},
                                            {"R", "a real-part image; the magnitude is needed"},
                                            {"IMAGINARY", "an imaginary-part image; the magnitude is needed"},
                                            {"I", "an imaginary-part image; the magnitude is needed"},
                                            {"MIXED", "a mix of magnitude and phase"},
                                            {"VELOCITY MAP", "a flow image"},
                                            {"PCA", "a flow image"},
                                            {"B0", "a field map"},
                                            {"B1", "a field map"},
                                            {"FIELD_MAP", "a field map"},
                                            {"ADC", "a diffusion map"},
                                            {"FA", "a diffusion map"},
                                            {"TRACEW", "a diffusion map"},
                                            {"TENSOR", "a diffusion map"},
                                            {"DIFFUSION", "a diffusion image"},
                                            {"T1 MAP", "a T1 map"},
                                            {"T1_MAP", "a T1 map"},
                                            {"T2 MAP", "a T2 map"},
                                            {"T2_MAP", "a T2 map"},
                                            {"T2_STAR MAP", "a T2* map"},
                                            {"R2_STAR", "an R2* map"},
                                            {"PROJECTION IMAGE", "a projection"},
                                            {"MIP", "a projection"},
                                            {"MNIP", "a projection"},
                                            {"SUBTRACTION", "a subtraction"},
                                            {"PERFUSION", "a perfusion image"},
                                            {"CSA REPORT", "a report of the device"}}};

}  // namespace

bool has_word(const std::string& text, const std::string& word) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const auto letter = [&](std::size_t where) {
      return where < text.size() && std::isalnum(static_cast<unsigned char>(text[where])) != 0;
    };
    if ((at == 0 || !letter(at - 1)) && !letter(at + word.size())) return true;
  }
  return false;
}

/// "t2" in "sT2W" and "3dT2", not in "test2": at most one letter in front.
bool has_contrast(const std::string& text, const std::string& word) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    std::size_t letters = 0;
    while (letters < at && std::isalpha(static_cast<unsigned char>(text[at - 1 - letters])) != 0) ++letters;
    if (letters <= 1) return true;
  }
  return false;
}

std::string never_a_scan(const std::string& description) {
  for (const auto& [word, meaning] : kNeverAScan) {
    if (boost::contains(description, word)) return meaning;
  }
  for (const auto& [word, meaning] : kNeverAScanWords) {
    if (has_word(description, word)) return meaning;
  }
  return {};
}

std::string image_type_reason(const std::string& image_type) {
  std::vector<std::string> parts;
  boost::split(parts, image_type, boost::is_any_of("\\"));
  for (std::size_t p = 0; p < parts.size(); ++p) {
    for (const auto& [token, meaning] : kImageTypes) {
      if (p >= 2 && boost::trim_copy(parts[p]) == token) return meaning;
    }
  }
  if (parts.size() > 1 && parts[0] == "DERIVED" && parts[1] == "SECONDARY")
    return "a derived image, not as acquired";
  return {};
}

std::string body_part_reason(const std::string& part) {
  static const std::set<std::string> elsewhere{
      "ABDOMEN",  "KIDNEY", "LIVER",    "PELVIS",    "CHEST", "HEART", "KNEE",   "SPINE",   "CSPINE",
      "TSPINE",   "LSPINE", "SHOULDER", "HIP",       "ANKLE", "WRIST", "HAND",   "FOOT",    "BREAST",
      "PROSTATE", "LEG",    "ARM",      "EXTREMITY", "ELBOW", "THIGH", "UTERUS", "PANCREAS"};
  if (elsewhere.count(part) > 0)
    return "a scan of another part of the body (" + boost::to_lower_copy(part) + ")";
  return {};
}

}  // namespace isoscan::io
