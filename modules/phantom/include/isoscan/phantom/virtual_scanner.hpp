/// @file Scanners with known truth: the degradations of a real or synthetic head, in a fixed order.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::phantom {

/// How the receive field is made.
enum class BiasKind : std::uint8_t {
  Polynomial,  ///< "polynomial": second order, in head coordinates
  Coils,       ///< "coils": the sum of squares of loops around the head
};
/// "polynomial", "coils".
[[nodiscard]] std::string_view name(BiasKind kind);
/// @throws Error(Config) naming these.
[[nodiscard]] BiasKind bias_kind_named(std::string_view name);

/// Parameters of one acquisition; the defaults change nothing but gain.
struct VirtualScanner {
  std::string name = "identity";
  std::array<double, 4> contrast{1, 1, 1, 1};    ///< factor on CSF, grey, white, deep grey matter
  double gamma = 1.0;                            ///< image^gamma, white matter stays 1
  double bias = 0.0;                             ///< 98th percentile of the absolute log receive field
  std::array<double, 3> psf_sd_voxels{0, 0, 0};  ///< Gaussian point spread along the voxel axes
  int thick_slices = 1;  ///< mean of this many slices along z, back by linear interpolation
  double noise = 0.0;    ///< Rician, SD in units of white matter

  BiasKind bias_kind = BiasKind::Polynomial;
  double slice_gap_voxels = 0.0;           ///< along z, not measured, after each slice (of thick_slices)
  std::array<double, 3> ringing{0, 0, 0};  ///< share 0..1 of k-space truncation, along each voxel axis
  double kspace_kept = 0.7;                ///< share of k-space that the truncation keeps
  double noise_correlation_voxels = 0.0;   ///< SD of the Gaussian that colours the noise; 0 is white noise
  double ghost = 0.0;                      ///< strength of the ghost, as a factor on the image
  int ghost_axis = 1;                      ///< 0, 1, 2: the voxel axis of phase encoding
  double ghost_shift = 0.5;                ///< of the field of view along ghost_axis
  int median_radius = 0;                   ///< median over (2 r + 1)^3 voxels, after the noise
  double sharpening = 0.0;                 ///< unsharp mask after the noise: v + sharpening (v - smooth v)
  double sharpening_sd_voxels = 1.0;       ///< of that smoothing

  [[nodiscard]] std::string problem() const;  ///< the first value out of range, in words; empty when usable
  bool operator==(const VirtualScanner&) const = default;
};

/// "mild", "medium", "hard", "identity"; outside the plain physics "ringing" (with coloured noise), "ghosts"
/// (with sharpening), "gaps" (between slices, with a median filter). @throws Error(Config) naming the known
/// ones.
[[nodiscard]] VirtualScanner preset(const std::string& name);

/// A scanner from JSON text: an object with a "name" and any of the other keys that to_json writes; what is
/// not given keeps its default. The same rules as data_schemas/virtual_scanner.schema.json.
/// @throws Error(Config) naming an unknown key, a value of the wrong type, or what `problem` says.
[[nodiscard]] VirtualScanner scanner_from_json(const std::string& text);
/// All parameters: scanner_from_json(to_json(s)) == s. Keys: name, contrast (CSF, grey, white, deep grey),
/// gamma, bias, psf_sd_voxels (three numbers), thick_slices, noise; and, where they differ from their
/// defaults, the others by the names of VirtualScanner's members.
[[nodiscard]] std::string to_json(const VirtualScanner& scanner);

struct VirtualScan {
  core::Volume image;     ///< in scanner units (white matter near 400 exp(0.4 N))
  core::Volume log_bias;  ///< the true receive field
  double gain = 1.0;
};

/// What `scanner` would have made of a head. In this order:
///  1. contrast: R * sum_k p_k r_k. The factor of grey matter goes from cortical to deep with the weight
///     exp(-d^2 / 2 s^2): d is the distance to the brain's centre, s a third of the radius of the ball of the
///     brain's volume. Outside the brain the factor goes smoothly to 1 within a few mm;
///  2. gamma;
///  3. point spread;
///  4. thick slices: mean over thick_slices voxels, then a gap of slice_gap_voxels that nobody measures, and
///     so on; back by linear interpolation between the slices' centres;
///  5. Gibbs ringing: along each axis (1 - share) v + share (h * v), h the ideal low-pass that keeps
///     `kspace_kept` of k-space (a sinc of 32 voxels' reach, sum 1), then the magnitude;
///  6. receive field exp(bias * f), f scaled so that the 98th percentile of |f| in the brain is 1.
///     Polynomial: f = 0.6 scanner + 0.5 person. Each is a second-order polynomial without
///     constant, coefficients standard normal, in head coordinates (0 at the brain's centre, 1 at the
///     ellipsoid of its moments, bounded softly beyond 1.25 where a polynomial would run away).
///     Coils: f = log sqrt(sum_c (g_c s_c)^2) less its mean in the brain, ten loops on an ellipsoid around
///     the head, each falling off as the field on a loop's axis, s = (1 + (d / radius)^2)^(-3/2); their
///     places and gains are the scanner's, the head's place in the coil and its load (gains again) the
///     person's;
///  7. ghost: v(x) + ghost v(x + shift), circular along ghost_axis, as uneven lines of k-space give it;
///  8. Rician noise in every voxel, air included; coloured noise has the same SD in each voxel;
///  9. median filter (inside the image), unsharp mask (values below 0 become 0): what vendors do;
/// 10. gain 400 exp(0.4 N).
/// A caller who wants a skull-stripped scan back multiplies by the brain mask.
/// @param head      bias-corrected, white matter = 1
/// @param tissue    posteriors on the same grid (smoothed by half a voxel, as classify_tissue gives them)
/// @param scanner_seed  shared by all scans of one scanner (its part of the receive field)
/// @param person_seed   this scan: the person's part of the field, noise, gain
/// @throws Error(Geometry) where grids differ, Error(Config) for an unusable scanner, Error(Input) for an
/// empty brain.
[[nodiscard]] VirtualScan scan_with(const VirtualScanner& scanner, const core::Volume& head,
                                    const core::Mask& brain, const core::TissueMaps& tissue,
                                    std::uint64_t scanner_seed, std::uint64_t person_seed,
                                    const core::Context& context);

}  // namespace isoscan::phantom
