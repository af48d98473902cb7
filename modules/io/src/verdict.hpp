/// @file What a scan shows, and whether it can be harmonized: one value for DICOM and NIfTI.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace isoscan::io {

enum class Contrast : std::uint8_t { T1w, T2w, Flair, Other };

struct Verdict {
  Contrast contrast = Contrast::T1w;
  std::string what = "T1-weighted";  ///< "FLAIR", "a localizer", ...
  std::string reason;                ///< why it cannot be harmonized, in words; empty where it can
  bool broken = false;               ///< the reason is damage: slices are missing, shifted
  std::string no_volume;             ///< why it is not one volume, in words; empty where it is
  std::int64_t volumes = 1;          ///< on one grid (a series over time)
  // What would make a whole of it, where nothing else is wrong:
  bool needs_first_volume = false;  ///< several volumes on one grid: ReadChoices::first_volume
  bool needs_resample = false;      ///< tilted or uneven slices: ReadChoices::resample
  bool no_head = false;             ///< too few slices, a slab: a volume it may be, a head it is not
  bool operator==(const Verdict&) const = default;
};

constexpr double kLongestT1EchoMs = 35.0;     ///< MPRAGE 2-5, spin echo 8-20; T2 and FLAIR from 80
constexpr double kShortestT2EchoMs = 50.0;    ///< between the two: proton density
constexpr double kFlairInversionMs = 1400.0;  ///< water is nulled; MPRAGE 600-1200, STIR 150-250

/// Verdict::what of a T1w where nothing says so, and nothing says another contrast.
constexpr const char* kTakenForT1w = "taken for T1-weighted: no other contrast is said";

/// Why several volumes on one grid are no scan, and the flag that takes the first.
[[nodiscard]] std::string several_volumes(std::int64_t volumes);

/// What an echo beyond kLongestT1EchoMs shows, where no word says more.
[[nodiscard]] Contrast contrast_of_late_echo(double echo_ms, const std::optional<double>& inversion_ms);

/// "T1w", "T2w", "FLAIR", "other": BIDS' words where it has one.
[[nodiscard]] const char* suffix_of(Contrast contrast);

/// "T1w": can be harmonized. "unusable": an anatomical contrast, and something prevents it. Else the
/// contrast's suffix.
[[nodiscard]] const char* class_of(const Verdict& verdict);

}  // namespace isoscan::io
