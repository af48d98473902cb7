#include "bids_name.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>
#include <vector>

#include <boost/algorithm/string.hpp>

namespace isoscan::io {

namespace {

/// The entities of BIDS 1.8: other words with a hyphen ("IXI012-HH-1211") are plain names.
const std::set<std::string>& entities() {
  static const std::set<std::string> keys{
      "sub",       "ses",   "sample", "task", "tracer", "acq",   "ce",   "trc",  "stain", "rec",   "dir",
      "run",       "mod",   "echo",   "flip", "inv",    "mt",    "part", "proc", "hemi",  "space", "split",
      "recording", "chunk", "atlas",  "res",  "den",    "label", "desc", "seg",  "from",  "to",    "mode"};
  return keys;
}

/// Words that tell a contrast, in lower case.
const std::map<std::string, std::string>& contrasts() {
  static const std::map<std::string, std::string> words{{"t1w", "T1w"},
                                                        {"t1", "T1w"},
                                                        {"mprage", "T1w"},
                                                        {"spgr", "T1w"},
                                                        {"fspgr", "T1w"},
                                                        {"bravo", "T1w"},
                                                        {"t2w", "T2w"},
                                                        {"t2", "T2w"},
                                                        {"flair", "FLAIR"},
                                                        {"pdw", "PDw"},
                                                        {"pd", "PDw"},
                                                        {"pdt2", "PDT2"},
                                                        {"t2star", "T2starw"},
                                                        {"t2starw", "T2starw"},
                                                        {"swi", "swi"},
                                                        {"bold", "bold"},
                                                        {"sbref", "sbref"},
                                                        {"fmri", "bold"},
                                                        {"dwi", "dwi"},
                                                        {"dti", "dwi"},
                                                        {"asl", "asl"},
                                                        {"m0scan", "m0scan"},
                                                        {"epi", "epi"},
                                                        {"phase", "phase"},
                                                        {"phasediff", "phasediff"},
                                                        {"magnitude", "magnitude"},
                                                        {"magnitude1", "magnitude"},
                                                        {"magnitude2", "magnitude"},
                                                        {"fieldmap", "fieldmap"},
                                                        {"adc", "adc"},
                                                        {"angio", "angio"},
                                                        {"mra", "angio"},
                                                        {"t1map", "T1map"},
                                                        {"t2map", "T2map"},
                                                        {"unit1", "UNIT1"},
                                                        {"inplanet1", "inplaneT1"},
                                                        {"inplanet2", "inplaneT2"},
                                                        {"ct", "ct"},
                                                        {"pet", "pet"}};
  return words;
}

/// At the end of a name these say: a label image. Those in `anywhere` say it in any place.
bool is_label_word(const std::string& word, bool last) {
  static const std::set<std::string> at_end{
      "label", "labels", "labelmap", "seg",     "segmentation", "parc", "lesion", "lesions",
      "roi",   "rois",   "atlas",    "probmap", "wmh",          "msk",  "tissue", "tissues"};
  static const std::set<std::string> anywhere{"dseg",   "probseg",   "aseg", "aparc",    "pve",
                                              "pveseg", "mixeltype", "mask", "brainmask"};
  return anywhere.count(word) > 0 || (last && at_end.count(word) > 0);
}

/// Keeps what tells two scans of one visit apart, under its own name or as a part of acq.
void take_entity(const std::string& key, const std::string& label, ScanName& name) {
  static const std::set<std::string> elsewhere{"sub", "ses", "run", "desc", "label"};
  if (label.empty() || elsewhere.count(key) > 0) return;
  const std::vector<std::string>& kept = kept_entities();
  if (key == "acq") {
    name.acq = label + name.acq;
  } else if (std::find(kept.begin(), kept.end(), key) != kept.end()) {
    name.entities[key] = label;
  } else {
    name.acq += key + label;
  }
}

std::vector<std::string> split(const std::string& text, const char* separators) {
  std::vector<std::string> parts;
  boost::split(parts, text, boost::is_any_of(separators), boost::token_compress_on);
  parts.erase(std::remove(parts.begin(), parts.end(), ""), parts.end());
  return parts;
}

}  // namespace

std::string safe_label(std::string_view text) {
  std::string label;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 && static_cast<unsigned char>(c) < 128) label += c;
  }
  return label;
}

bool has_nifti_name(const boost::filesystem::path& file) {
  const std::string name = boost::to_lower_copy(file.filename().string());
  for (const char* ending : {".nii", ".nii.gz", ".hdr", ".hdr.gz"}) {
    if (boost::ends_with(name, ending)) return true;
  }
  return false;
}

std::string stem_of(const boost::filesystem::path& file) {
  std::string name = file.filename().string();
  if (boost::iends_with(name, ".gz")) name.resize(name.size() - 3);
  for (const char* ending : {".nii", ".hdr", ".img"}) {
    if (boost::iends_with(name, ending)) name.resize(name.size() - 4);
  }
  return name;
}

BidsName parse_bids_name(const std::string& stem) {
  std::vector<std::string> tokens;
  boost::split(tokens, stem, boost::is_any_of("_"));
  BidsName name;
  for (std::size_t t = 0; t + 1 < tokens.size(); ++t) {
    const std::size_t hyphen = tokens[t].find('-');
    if (hyphen == std::string::npos) return {};
    const std::string key = tokens[t].substr(0, hyphen);
    const std::string value = tokens[t].substr(hyphen + 1);
    if (key.empty() || value.empty() || safe_label(key) != key || safe_label(value) != value) return {};
    name.entities.emplace_back(key, value);
  }
  if (safe_label(tokens.back()) == tokens.back()) name.suffix = tokens.back();
  return name;
}

std::string entities_text(const ScanSource& scan) {
  static const std::array<const char*, 12> order{"sub", "ses",  "task", "acq",   "ce",    "rec",
                                                 "run", "echo", "part", "space", "chunk", "res"};
  std::map<std::string, std::string> entities = scan.entities;
  entities["sub"] = scan.subject;
  entities["ses"] = scan.session;
  entities["acq"] = scan.acq;
  entities["run"] = scan.run;
  std::string text;
  for (const char* key : order) {
    const auto found = entities.find(key);
    if (found == entities.end() || found->second.empty()) continue;
    text.append(text.empty() ? "" : "_").append(key).append("-").append(found->second);
  }
  return text;
}

ScanName parse_scan_name(const std::string& stem) {
  ScanName name;
  std::vector<std::string> subject_parts;
  std::vector<std::string> base_parts;
  const std::vector<std::string> tokens = split(stem, "_");
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    const std::string& token = tokens[t];
    const std::size_t hyphen = token.find('-');
    const std::string key = token.substr(0, hyphen);
    if (hyphen != std::string::npos && hyphen + 1 < token.size() && entities().count(key) > 0) {
      const std::string value = token.substr(hyphen + 1);
      if (key == "sub") {
        name.has_sub = true;
        name.raw_subject = value;
      }
      if (key == "ses") name.session = safe_label(value);
      if (key == "run") name.run = safe_label(value);
      take_entity(key, safe_label(value), name);
      if (key == "desc" && value == "harmonized") name.harmonized = true;
      if (!((key == "desc" || key == "label") && value == "brain")) base_parts.push_back(token);
      continue;
    }
    const std::vector<std::string> words = split(token, "-+. ");
    std::string kept;
    for (std::size_t w = 0; w < words.size(); ++w) {
      const bool last = t + 1 == tokens.size() && w + 1 == words.size();
      const std::string lower = boost::to_lower_copy(words[w]);
      const auto contrast = contrasts().find(lower);
      if (contrast != contrasts().end()) {
        // "study_t2_T1w": the time point must not hide the contrast.
        if (name.suffix != "T1w") name.suffix = contrast->second;
        continue;
      }
      if (is_label_word(lower, last)) {
        name.label_word = lower;
        if (lower == "mask" || lower == "brainmask") {
          name.brain_mask = true;
          continue;
        }
      }
      if (lower == "brain" && t > 0) {
        name.brain_only = last;
        continue;
      }
      kept += words[w];
      base_parts.push_back(words[w]);
    }
    if (!kept.empty()) subject_parts.push_back(kept);
  }
  if (!name.has_sub) name.raw_subject = boost::join(subject_parts, "_");
  name.subject = safe_label(name.raw_subject);
  name.base = boost::join(base_parts, "_");
  return name;
}

}  // namespace isoscan::io
