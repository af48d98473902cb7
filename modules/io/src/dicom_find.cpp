#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include <boost/algorithm/string.hpp>
#include <boost/filesystem.hpp>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"

#include "candidates.hpp"
#include "device.hpp"
#include "dicom_judge.hpp"
#include "dicom_sniff.hpp"
#include "dicomdir.hpp"
#include "header_store.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;

namespace {

/// Careless anonymisers give one UID to many: an image is a copy only where its number and place agree too.
std::string identity_of(const DicomImage& image) {
  std::string identity = image.sop_uid + '\n' + std::to_string(image.instance_number);
  if (!image.frames.empty()) {
    for (const double v : image.frames.front().position) identity += '\n' + std::to_string(v);
  }
  return identity;
}

/// The first half of a SHA-256: identities of a hundred thousand images in little memory.
struct Digest {
  std::array<char, 32> hex{};
  bool operator==(const Digest&) const = default;
  explicit Digest(const std::string& text) { std::memcpy(hex.data(), core::sha256(text).data(), hex.size()); }
};
struct DigestHash {
  std::size_t operator()(const Digest& d) const {
    return std::hash<std::string_view>()(std::string_view(d.hex.data(), d.hex.size()));
  }
};

/// Series of two people are two, whatever their UIDs; without a UID the folder stands for it.
std::string series_of(const DicomImage& image) {
  return (image.series_uid.empty() ? image.file.parent_path().string() : image.series_uid) + '\n' +
         image.person;
}

std::size_t echo_count(const std::vector<DicomStack>& stacks) {
  std::set<long> echoes;
  for (const DicomStack& s : stacks) {
    if (s.frames.front().echo_time_ms) echoes.insert(std::lround(*s.frames.front().echo_time_ms * 20.0));
  }
  return std::max<std::size_t>(echoes.size(), 1);
}

ScanSource source_of(const std::vector<DicomImage>& images, const DicomStack& stack,
                     const std::vector<DicomFrame>& frames) {
  const DicomImage& first = images[stack.frames.front().image];
  ScanSource source;
  source.kind = SourceKind::DicomSeries;
  source.subject = "p" + first.person.substr(0, 8);
  source.acquisition = first.acquisition;
  source.acquisition.echo_time_ms = stack.frames.front().echo_time_ms;
  source.acquisition.inversion_time_ms = stack.frames.front().inversion_time_ms;
  source.acquisition.image_type = clean_text(stack.frames.front().image_type);
  source.site = site_of_device(first.acquisition);
  std::set<std::size_t> seen;
  std::vector<DicomImage> own;
  for (const DicomFrame& f : frames) {
    if (!seen.insert(f.image).second) continue;
    source.files.push_back(images[f.image].file);
    own.push_back(images[f.image]);
  }
  // A file may hold several volumes (two echoes in one Enhanced object): say which.
  const std::vector<DicomStack> parts = split_into_stacks(own);
  for (std::size_t p = 0; parts.size() > 1 && p < parts.size(); ++p) {
    const DicomFrame& here = parts[p].frames.front();
    const DicomFrame& there = stack.frames.front();
    const bool same = own[here.image].file == images[there.image].file && here.number == there.number &&
                      here.tile == there.tile;
    if (same) source.part = std::to_string(p + 1);
  }
  return source;
}

/// @param stamps  of each image's file
void sort_series(const fs::path& root, const std::vector<DicomImage>& images,
                 const std::vector<FileStamp>& stamps, const std::string& family, Found& found) {
  const std::vector<DicomStack> stacks = split_into_stacks(images);
  const std::size_t echoes = echo_count(stacks);
  std::map<fs::path, FileStamp> stamp_at;
  for (std::size_t n = 0; n < images.size(); ++n) stamp_at[images[n].file] = stamps[n];
  std::size_t number = 0;
  for (const DicomStack& stack : stacks) {
    const PlacedStack placed = place(images, stack);
    Candidate c;
    c.verdict = classify(images, stack, placed, echoes);
    const DicomImage& first = images[stack.frames.front().image];
    // Files in the order of the slices; all of them where it takes more than the first volume.
    const bool volume = c.verdict.no_volume.empty();
    c.source = source_of(images, stack, volume ? placed.frames : stack.frames);
    c.source.suffix = suffix_of(c.verdict.contrast);
    c.source.series = std::to_string(std::max(first.series_number, 0));
    ++number;
    if (stacks.size() > 1) c.source.series += "part" + std::to_string(number);
    std::set<std::size_t> files;
    for (const DicomFrame& f : stack.frames) files.insert(f.image);
    c.where = name_below(root, images[*files.begin()].file);
    for (const std::size_t f : files) {
      c.where = std::min(c.where, name_below(root, images[f].file));
      c.bytes += stamps[f].bytes;
    }
    for (const fs::path& file : c.source.files) c.stamps.push_back(stamp_at.at(file));
    c.person = first.person;
    c.visit = first.visit;
    c.order = first.series_number;
    c.family = family;
    if (placed.problem.empty()) {
      c.size = placed.grid.size;
      c.spacing_mm = placed.grid.spacing_mm();
    }
    found.candidates.push_back(std::move(c));
  }
}

bool same_device(const std::vector<DicomImage>& images) {
  const auto device = [](const DicomImage& image) {
    const Acquisition& a = image.acquisition;
    return std::tie(a.manufacturer, a.model, a.station_hash, a.field_strength_t);
  };
  return std::all_of(images.begin(), images.end(),
                     [&](const DicomImage& image) { return device(image) == device(images.front()); });
}

/// Slices of several people that make one volume together, evenly spaced, no place taken twice: somebody's ID
/// was changed in a part of a series. Whole heads under one careless UID lie in each other's place.
bool make_one_volume(const std::vector<DicomImage>& images) {
  constexpr std::size_t kFewest = 4;  // two or three planes are evenly spaced however they lie
  for (const DicomStack& stack : split_into_stacks(images)) {
    std::set<std::string> people;
    for (const DicomFrame& frame : stack.frames) people.insert(images[frame.image].person);
    if (people.size() < 2 || stack.frames.size() < kFewest) continue;
    const PlacedStack placed = place(images, stack);
    if (placed.problem.empty() && placed.repeats == 1) return true;
  }
  return false;
}

/// Series UIDs that stand under several patients' IDs: parts of one head are refused, whole series are said.
void judge_shared_series(const HeaderStore& headers,
                         const std::map<std::string, std::vector<std::size_t>>& series, Found& found) {
  std::map<std::string, std::vector<std::string>> families;  // UID -> families, one a person
  for (const auto& [family, of] : series) {
    if (!headers.image(of.front()).series_uid.empty())
      families[family.substr(0, family.find('\n'))].push_back(family);
  }
  std::size_t careless = 0;
  for (const auto& [uid, persons] : families) {
    if (persons.size() < 2) continue;
    std::vector<DicomImage> images;
    for (const std::string& family : persons) {
      for (const std::size_t n : series.at(family)) images.push_back(headers.image(n));
    }
    if (!same_device(images) || !make_one_volume(images)) {
      ++careless;
      continue;
    }
    for (Candidate& c : found.candidates) {
      if (std::find(persons.begin(), persons.end(), c.family) == persons.end()) continue;
      c.verdict.reason = c.verdict.no_volume =
          "slices of one head stand under " + std::to_string(persons.size()) +
          " patients' IDs: find out whose they are, and give all of them one";
      c.verdict.broken = true;
      c.verdict.needs_first_volume = c.verdict.needs_resample = false;
    }
  }
  if (careless > 0) {
    found.warnings.push_back(
        std::to_string(careless) + (careless == 1 ? " series UID stands" : " series UIDs stand") +
        " under several patients' IDs; the images of each are taken for a series of that "
        "person");
  }
}

/// "a/1.dcm and 29 more".
std::string name_of(const fs::path& root, const HeaderStore& headers, const std::vector<std::size_t>& of) {
  std::string name;
  for (const std::size_t n : of) {
    const std::string here = name_below(root, headers[n].path);
    if (name.empty() || here < name) name = here;
  }
  if (of.size() > 1) name += " and " + std::to_string(of.size() - 1) + " more";
  return name;
}

}  // namespace

void sort_dicom_files(const fs::path& root, const std::vector<fs::path>& files, const Look& look,
                      Found& found, const core::Context& context) {
  HeaderStore& headers = *look.headers;
  const std::size_t begin = headers.read(files, context.slice(0.0, 0.9, "headers"));
  const std::size_t end = headers.size();
  std::map<std::string, std::vector<std::size_t>> series;
  std::unordered_map<Digest, std::size_t, DigestHash> instances;                // image -> its first file
  std::map<std::string, std::map<std::string, std::vector<std::size_t>>> left;  // series -> reason -> files
  for (std::size_t n = begin; n < end; ++n) {
    if (n % 4096 == 0) context.check_stop();
    const fs::path file = headers[n].path;
    if (headers[n].state == HeaderState::Broken) {
      found.set_aside.push_back({name_below(root, file), headers[n].own, true});
      continue;
    }
    if (headers[n].state == HeaderState::Other) {
      found.set_aside.push_back(left_file(root, file));
      continue;
    }
    const DicomImage image = headers.image(n);
    if (boost::iequals(file.filename().string(), "DICOMDIR")) {
      if (auto lost = missing_from(file)) {
        found.set_aside.push_back({name_below(root, file), *lost, true});
        continue;
      }
    }
    if (!image.sop_uid.empty()) {
      const auto [same, fresh] = instances.try_emplace(Digest(identity_of(image)), n);
      if (!fresh) {
        const DicomImage taken = headers.image(same->second);
        if (taken.person != image.person) found.shared.push_back({taken.file, taken.person, image.person});
        found.set_aside.push_back(
            {name_below(root, file), "the same image as " + name_below(root, taken.file), false});
        continue;
      }
    }
    if (const std::string why = reason_not_mr(image); !why.empty()) {
      left[series_of(image)][why].push_back(n);
    } else {
      series[series_of(image)].push_back(n);
    }
  }
  instances.clear();
  for (const auto& [uid, reasons] : left) {
    for (const auto& [why, of] : reasons) found.set_aside.push_back({name_of(root, headers, of), why, false});
  }
  std::size_t done = 0;
  const core::Context sorting = context.slice(0.9, 1.0, "sort series into volumes");
  for (const auto& [family, of] : series) {
    context.check_stop();
    sorting.progress.report(static_cast<double>(done++) / static_cast<double>(series.size()));
    std::vector<DicomImage> images;
    std::vector<FileStamp> stamps;
    for (const std::size_t n : of) {
      images.push_back(headers.image(n));
      stamps.push_back(headers[n].stamp);
    }
    sort_series(root, images, stamps, family, found);
  }
  judge_shared_series(headers, series, found);
}

void warn_of_shared_images(Found& found, const std::function<std::string(const std::string&)>& label_of) {
  std::map<std::pair<std::string, std::string>, std::set<fs::path>> shared;  // persons -> files taken
  for (const SharedImage& image : found.shared) shared[{image.person, image.other}].insert(image.taken);
  for (const auto& [persons, files] : shared) {
    // No paths: folders of DICOM may be named after people.
    const std::string text =
        std::to_string(files.size()) + " DICOM images stand under two patients' IDs: those of sub-" +
        label_of(persons.first) + " are taken, the same under sub-" + label_of(persons.second) +
        " set aside; find out whose they are, and take the other copy out";
    found.warnings.push_back(text);
    for (Candidate& c : found.candidates) {
      const bool holds = std::any_of(c.source.files.begin(), c.source.files.end(),
                                     [&, &of = files](const fs::path& file) { return of.count(file) > 0; });
      if (holds) c.source.warnings.push_back(text);
    }
  }
}

}  // namespace isoscan::io
