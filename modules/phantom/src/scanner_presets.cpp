#include "isoscan/core/error.hpp"
#include "isoscan/phantom/virtual_scanner.hpp"

namespace isoscan::phantom {

std::string_view name(BiasKind kind) {
  return kind == BiasKind::Coils ? "coils" : "polynomial";
}

BiasKind bias_kind_named(std::string_view name) {
  if (name == "polynomial") return BiasKind::Polynomial;
  if (name == "coils") return BiasKind::Coils;
  throw core::Error(core::ErrorKind::Config,
                    "unknown bias_kind \"" + std::string(name) + "\": choose polynomial or coils");
}

std::string VirtualScanner::problem() const {
  if (name.empty() || name.size() > 100) return "name must have 1..100 characters";
  const auto within = [](double v, double low, double high) {
    return v >= low && v <= high;
  };  // false for NaN
  for (const double r : contrast) {
    if (!within(r, 0.1, 10.0)) return "contrast: each factor must lie in 0.1..10";
  }
  if (!within(gamma, 0.2, 5.0)) return "gamma must lie in 0.2..5";
  if (!within(bias, 0.0, 2.0)) return "bias must lie in 0..2";
  for (const double sd : psf_sd_voxels) {
    if (!within(sd, 0.0, 10.0)) return "psf_sd_voxels: each must lie in 0..10";
  }
  if (thick_slices < 1 || thick_slices > 20) return "thick_slices must lie in 1..20";
  if (!within(noise, 0.0, 1.0)) return "noise must lie in 0..1";
  if (!within(slice_gap_voxels, 0.0, 20.0)) return "slice_gap_voxels must lie in 0..20";
  for (const double share : ringing) {
    if (!within(share, 0.0, 1.0)) return "ringing: each share must lie in 0..1";
  }
  if (!within(kspace_kept, 0.2, 1.0)) return "kspace_kept must lie in 0.2..1";
  if (!within(noise_correlation_voxels, 0.0, 10.0)) return "noise_correlation_voxels must lie in 0..10";
  if (!within(ghost, 0.0, 1.0)) return "ghost must lie in 0..1";
  if (ghost_axis < 0 || ghost_axis > 2) return "ghost_axis must be 0, 1 or 2";
  if (!within(ghost_shift, 0.0, 1.0)) return "ghost_shift must lie in 0..1";
  if (median_radius < 0 || median_radius > 3) return "median_radius must lie in 0..3";
  if (!within(sharpening, 0.0, 5.0)) return "sharpening must lie in 0..5";
  if (!within(sharpening_sd_voxels, 0.1, 10.0)) return "sharpening_sd_voxels must lie in 0.1..10";
  return {};
}

VirtualScanner preset(const std::string& name) {
  VirtualScanner scanner;
  scanner.name = name;
  if (name == "identity") return scanner;
  if (name == "mild") {
    scanner.contrast = {1.00, 1.05, 1.00, 1.02};
    scanner.bias = 0.20;
    scanner.noise = 0.02;
  } else if (name == "medium") {
    scanner.contrast = {0.75, 0.90, 1.00, 0.94};
    scanner.gamma = 1.08;
    scanner.bias = 0.30;
    scanner.psf_sd_voxels = {0.35, 0.35, 0.60};
    scanner.noise = 0.03;
  } else if (name == "hard") {
    scanner.contrast = {1.35, 1.14, 1.00, 1.03};
    scanner.gamma = 0.85;
    scanner.bias = 0.40;
    scanner.psf_sd_voxels = {0.45, 0.45, 0.45};
    scanner.thick_slices = 2;
    scanner.noise = 0.05;
  } else if (name == "ringing") {
    scanner.contrast = {0.85, 0.95, 1.00, 0.97};
    scanner.bias = 0.25;
    scanner.ringing = {0.6, 0.6, 0.3};
    scanner.noise = 0.035;
    scanner.noise_correlation_voxels = 0.8;
  } else if (name == "ghosts") {
    scanner.contrast = {1.10, 1.05, 1.00, 1.01};
    scanner.gamma = 0.95;
    scanner.bias = 0.25;
    scanner.ghost = 0.08;
    scanner.ghost_shift = 0.3;
    scanner.noise = 0.02;
    scanner.sharpening = 0.7;
  } else if (name == "gaps") {
    scanner.contrast = {0.90, 0.96, 1.00, 0.98};
    scanner.gamma = 1.05;
    scanner.bias = 0.25;
    scanner.thick_slices = 2;
    scanner.slice_gap_voxels = 0.5;
    scanner.noise = 0.03;
    scanner.median_radius = 1;
  } else {
    throw core::Error(core::ErrorKind::Config, "no virtual scanner \"" + name +
                                                   "\": use mild, medium, hard, ringing, ghosts, gaps, "
                                                   "identity or a JSON file");
  }
  return scanner;
}

}  // namespace isoscan::phantom
