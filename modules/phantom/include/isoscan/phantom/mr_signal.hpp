/// @file Signal of a tissue in an MPRAGE scan, from its relaxation times.
#pragma once

namespace isoscan::phantom {

/// What a tissue is to the scanner.
struct Relaxation {
  double proton_density = 1.0;  ///< water is 1
  double t1_ms = 1000.0;
  double t2_star_ms = 50.0;
};

/// The usual T1w head protocol at 3 T (ADNI-like).
struct Mprage {
  double repetition_ms = 2300.0;  ///< from inversion to inversion
  double inversion_ms = 900.0;    ///< from the inversion to the centre of k-space
  double echo_ms = 3.0;
  double spacing_ms = 7.0;  ///< from one excitation to the next
  double flip_degrees = 9.0;
  int excitations = 170;  ///< in each train
  double inversion_efficiency = 0.96;
  [[nodiscard]] const char* problem() const;  ///< empty when usable
};

/// Magnitude of the signal at the centre of k-space, in units of fully relaxed water with a 90 degree pulse:
/// the longitudinal magnetisation goes through inversion, recovery, a train of small flips and recovery; all
/// four are affine maps, so the steady state is solved exactly (Deichmann et al., NeuroImage 2000; Marques et
/// al., NeuroImage 2010, appendix). Ideal spoiling. 0..1. @throws Error(Config) for an unusable protocol.
[[nodiscard]] double mprage_signal(const Relaxation& tissue, const Mprage& protocol = {});

}  // namespace isoscan::phantom
