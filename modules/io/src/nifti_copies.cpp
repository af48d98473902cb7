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
  }
  std::sort(copies.rbegin(), copies.rend());
  for (const auto& [copy, of] : copies)
    found.candidates.erase(found.candidates.begin() + static_cast<std::ptrdiff_t>(copy));
}

}  // namespace isoscan::io
