#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "isoscan/core/error.hpp"

#include "candidates.hpp"
#include "nifti_header.hpp"
#include "nifti_voxels.hpp"

namespace isoscan::io {

using core::Error;

namespace {

/// Digest of one file, or nothing where it cannot be read: whoever reads it next says why.
template <class Digest>
std::string digest_of(const Candidate& candidate, Digest digest) {
  try {
    return digest(read_nifti_header(candidate.source.files.front()));
  } catch (const Error&) {
    return {};
  }
}

/// Whether nothing about the header needs a person to look at it: a place in the world above all.
bool is_sound(const Candidate& candidate) {
  try {
    return read_nifti_header(candidate.source.files.front()).warnings.empty();
  } catch (const Error&) {
    return false;
  }
}

std::string place_of(const Candidate& candidate) {
  std::string place = "sub-" + candidate.source.subject;
  if (!candidate.source.session.empty()) place += "_ses-" + candidate.source.session;
  if (candidate.source.site != "unknown") place += " of site " + candidate.source.site;
  return place + " (" + candidate.where + ")";
}

/// Whether the two were given to two people, visits or sites: not merely stored twice.
bool likely_mixed_up(const Candidate& a, const Candidate& b) {
  const auto differ = [](const std::string& one, const std::string& other, const char* unknown) {
    return one != unknown && other != unknown && one != other;
  };
  return (a.named && b.named && a.source.subject != b.source.subject) ||
         differ(a.source.session, b.source.session, "") || differ(a.source.site, b.source.site, "unknown");
}

}  // namespace

void set_copies_aside(Found& found, const core::Context& context) {
  std::map<std::array<std::int64_t, 3>, std::vector<std::size_t>> by_size;
  for (std::size_t c = 0; c < found.candidates.size(); ++c) {
    const Candidate& candidate = found.candidates[c];
    if (candidate.source.kind != SourceKind::Nifti) continue;
    try {
      by_size[read_nifti_header(candidate.source.files.front()).grid.size].push_back(c);
    } catch (const Error&) {  // said by whoever reads it next
    }
  }
  std::vector<std::pair<std::size_t, std::size_t>> copies;  // which, of which
  for (auto& [size, alike] : by_size) {
    if (alike.size() < 2) continue;
    std::sort(alike.begin(), alike.end(), [&](std::size_t a, std::size_t b) {
      return found.candidates[a].where < found.candidates[b].where;
    });
    std::map<std::string, std::vector<std::size_t>> by_start;
    for (const std::size_t c : alike) {
      context.check_stop();
      const std::string start = digest_of(found.candidates[c], first_voxels_digest);
      if (!start.empty()) by_start[start].push_back(c);
    }
    for (const auto& [start, same] : by_start) {
      if (same.size() < 2) continue;
      std::map<std::string, std::vector<std::size_t>> by_voxels;
      for (const std::size_t c : same) {
        context.check_stop();
        const std::string all = digest_of(found.candidates[c], all_voxels_digest);
        if (!all.empty()) by_voxels[all].push_back(c);
      }
      for (const auto& [all, equal] : by_voxels) {
        if (equal.size() < 2) continue;
        const auto sound = std::find_if(equal.begin(), equal.end(),
                                        [&](std::size_t c) { return is_sound(found.candidates[c]); });
        const std::size_t taken = sound == equal.end() ? equal.front() : *sound;
        for (const std::size_t c : equal) {
          if (c != taken) copies.emplace_back(c, taken);
        }
      }
    }
  }
  for (const auto& [copy, of] : copies) {
    found.set_aside.push_back(
        {found.candidates[copy].where,
         "holds the same voxels as " + found.candidates[of].where + ", which is taken: one scan counts once",
         false});
    Candidate& taken = found.candidates[of];
    if (!likely_mixed_up(found.candidates[copy], taken)) continue;
    found.warnings.push_back(
        place_of(found.candidates[copy]) + " holds the same voxels as " + place_of(taken) +
        ", which is taken: the scan seems to stand under a wrong name; find out whose it "
        "is, and take the other file or row out");
    taken.source.warnings.push_back(found.warnings.back());
  }
  std::sort(copies.rbegin(), copies.rend());
  for (const auto& [copy, of] : copies)
    found.candidates.erase(found.candidates.begin() + static_cast<std::ptrdiff_t>(copy));
}

}  // namespace isoscan::io
