#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <boost/algorithm/string.hpp>

#include "isoscan/core/error.hpp"

#include "candidates.hpp"
#include "device.hpp"
#include "dicom_stack.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;

namespace {

/// One entry for many files of the same fate.
std::string name_of(const fs::path& root, const std::set<fs::path>& files) {
  std::string name = name_below(root, *files.begin());
  if (files.size() > 1) name += " and " + std::to_string(files.size() - 1) + " more";
  return name;
}

/// Careless anonymisers give one UID to many: an image is a copy only where its number and place agree too.
std::string identity_of(const DicomImage& image) {
  std::string identity = image.sop_uid + '\n' + std::to_string(image.instance_number);
  if (!image.frames.empty()) {
    for (const double v : image.frames.front().position) identity += '\n' + std::to_string(v);
  }
  return identity;
}

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
                     const PlacedStack& placed) {
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
  for (const DicomFrame& f : placed.frames) {
    if (!seen.insert(f.image).second) continue;
    source.files.push_back(images[f.image].file);
    own.push_back(images[f.image]);
  }
  // A file may hold several volumes (two echoes in one Enhanced object): say which.
  const std::vector<DicomStack> parts = split_into_stacks(own);
  for (std::size_t p = 0; parts.size() > 1 && p < parts.size(); ++p) {
    const DicomFrame& here = parts[p].frames.front();
    const DicomFrame& there = stack.frames.front();
    const bool same = own[here.image].file == images[there.image].file && here.number == there.number;
    if (same) source.part = std::to_string(p + 1);
  }
  return source;
}

void sort_series(const fs::path& root, const std::vector<DicomImage>& images, Found& found) {
  const std::vector<DicomStack> stacks = split_into_stacks(images);
  const std::size_t echoes = echo_count(stacks);
  std::map<std::pair<std::string, bool>, std::set<fs::path>> left;  // reason, broken -> files
  for (const DicomStack& stack : stacks) {
    std::set<fs::path> files;
    for (const DicomFrame& f : stack.frames) files.insert(images[f.image].file);
    const std::string why = reason_not_t1w(images, stack, echoes, found.read);
    const PlacedStack placed = place(images, stack, found.read);
    if (!why.empty() || !placed.problem.empty()) {
      left[{why.empty() ? placed.problem : why, why.empty()}].insert(files.begin(), files.end());
      continue;
    }
    Candidate c;
    const DicomImage& first = images[stack.frames.front().image];
    c.source = source_of(images, stack, placed);
    if (placed.repeats > 1) {
      c.source.warnings.push_back("the first of " + std::to_string(placed.repeats) +
                                  " volumes of a series over time is taken");
    }
    c.where = name_below(root, *files.begin());
    c.person = first.person;
    c.visit = first.visit;
    c.order = first.series_number;
    found.candidates.push_back(std::move(c));
  }
  for (const auto& [fate, files] : left)
    found.set_aside.push_back({name_of(root, files), fate.first, fate.second});
}

}  // namespace

void sort_dicom_files(const fs::path& root, const std::vector<fs::path>& files, Found& found,
                      const core::Context& context) {
  std::map<std::string, std::vector<DicomImage>> series;
  std::map<std::string, std::pair<fs::path, std::string>> instances;      // image -> file, person
  std::map<std::string, std::map<std::string, std::set<fs::path>>> left;  // series -> reason -> files
  for (std::size_t f = 0; f < files.size(); ++f) {
    context.check_stop();
    context.progress.report(static_cast<double>(f) / static_cast<double>(files.size()));
    try {
      DicomImage image = read_dicom_image(files[f]);
      if (!image.sop_uid.empty()) {
        const auto [same, fresh] = instances.try_emplace(identity_of(image), files[f], image.person);
        if (!fresh) {
          if (same->second.second != image.person)
            found.shared.push_back({same->second.first, same->second.second, image.person});
          found.set_aside.push_back({name_below(root, files[f]),
                                     "the same image as " + name_below(root, same->second.first), false});
          continue;
        }
      }
      if (const std::string why = reason_not_mr(image); !why.empty()) {
        left[series_of(image)][why].insert(files[f]);
        continue;
      }
      const std::string key = series_of(image);
      series[key].push_back(std::move(image));
    } catch (const core::Error& error) {
      found.set_aside.push_back(
          {name_below(root, files[f]), reason_without_path(error.what(), files[f]), true});
    }
  }
  for (const auto& [uid, reasons] : left) {
    for (const auto& [why, of] : reasons) found.set_aside.push_back({name_of(root, of), why, false});
  }
  for (const auto& [uid, images] : series) {
    context.check_stop();
    sort_series(root, images, found);
  }
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
